"""PDF to blocks: lines joined to paragraphs, rows of figures kept as rows, running heads and page numbers dropped.

Pages are read in pypdf's layout mode: it sets each word where it stands on the page, so labels stay on the line of
their figures; in the plain mode many annual reports give a balance sheet's labels and figures one line apart.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tools.documents.blocks import Block, is_furniture, join_cells, squeeze
from tools.documents.items import ITEM_HEADING, PART_HEADING
from tools.errors import DocumentError

if TYPE_CHECKING:
    from pypdf import PageObject

_GAP = re.compile(r"\s{3,}")
_FIGURE = re.compile(r"[($€£-]*\s?\d[\d,.]*\s?[)%]*|[—–-]|[$€£]")
_FULL = 0.72
"""A line shorter than this share of the document's long lines ends its paragraph."""
_EDGE = 3
"""Lines at the top and bottom of a page that may be running heads."""
_LEAST_TEXT = 20
"""Characters a page, on average, below which a PDF is a set of pictures."""


def read_pdf(data: bytes) -> tuple[Block, ...]:
    """Blocks of a PDF. Raises DocumentError when it is broken, locked, or holds pictures of text only."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # its repairs of slightly broken files are not news to a person
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("the PDF is locked with a password", "save an unlocked copy")
        pages = [_page_lines(page) for page in reader.pages]
    except DocumentError:
        raise
    # pypdf raises whatever its parsing stumbles on, down to RecursionError; none of it is worth more than the cause.
    except (
        PyPdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
        OSError,
    ) as e:
        raise DocumentError(f"it is not a readable PDF: {squeeze(str(e)) or type(e).__name__}") from e
    if sum(len(line) for lines in pages for line in lines) < _LEAST_TEXT * max(1, len(pages)):
        raise DocumentError("the PDF holds pictures, not text", "run text recognition on it first")
    return tuple(_paragraphs(_without_running_heads(pages)))


def _page_lines(page: "PageObject") -> list[str]:
    try:
        text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        text = page.extract_text()  # a page without usable fonts has no layout; its words are still there
    return [line.replace("\u00a0", " ").strip() for line in text.splitlines() if line.strip()]


def _without_running_heads(pages: Sequence[Sequence[str]]) -> list[str]:
    edges = Counter(_masked(line) for lines in pages for line in {*lines[:_EDGE], *lines[-_EDGE:]})
    running = {text for text, count in edges.items() if count > max(3, len(pages) // 4)}
    out = []
    for lines in pages:
        for i, line in enumerate(lines):
            on_edge = i < _EDGE or i >= len(lines) - _EDGE
            if is_furniture(squeeze(line)) or (on_edge and _masked(line) in running):
                continue
            out.append(line)
    return out


def _masked(line: str) -> str:
    return re.sub(r"\d+", "#", squeeze(line).lower())


def _paragraphs(lines: Iterable[str]) -> list[Block]:
    rows: list[list[str]] = []
    words: list[str] = []
    out: list[Block] = []
    lines = list(lines)
    told = sorted(len(squeeze(line)) for line in lines if not _cells(line))
    full = _FULL * told[int(0.9 * (len(told) - 1))] if told else 0.0

    def close() -> None:
        if words:
            out.append(Block("text", squeeze(" ".join(words))))
            words.clear()
        if rows:
            alone = len(rows) == 1
            out.append(Block("text", " ".join(rows[0])) if alone else Block("table", "\n".join(map(" | ".join, rows))))
            rows.clear()

    for line in lines:
        text = squeeze(line)
        cells = _cells(line)
        opens = ITEM_HEADING.fullmatch(text) or PART_HEADING.fullmatch(text)
        if bool(cells) != bool(rows) or opens:
            close()
        if cells and not opens:
            rows.append(cells)
            continue
        words.append(text)
        if len(text) < full:
            close()
    close()
    return out


def _cells(line: str) -> list[str]:
    """The cells of a row of figures; none for a line of prose, whose wide gaps part words rather than figures."""
    cells = [squeeze(cell) for cell in _GAP.split(line.strip())]
    if len(cells) < 2 or not any(_FIGURE.fullmatch(cell) for cell in cells[1:]):
        return []
    return join_cells(cells)
