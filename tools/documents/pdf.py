"""PDF to blocks: lines joined to paragraphs, rows of figures kept as rows, running heads and page numbers dropped."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tools.documents.blocks import Block, is_furniture, squeeze
from tools.documents.items import ITEM_HEADING, PART_HEADING
from tools.errors import DocumentError

_CELL = re.compile(r"\s{2,}|\t")
_FIGURE = re.compile(r"\(?[$€£]?\s?\d[\d,]*(?:\.\d+)?\)?\s?%?|[—–-]")
_FULL_LINE = 60
"""A line shorter than this ends its paragraph."""
_EDGE = 3
"""Lines at the top and bottom of a page that may be running heads."""


def read_pdf(data: bytes) -> tuple[Block, ...]:
    """Blocks of a PDF. Raises DocumentError when it is broken, locked, or holds pictures of text only."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # its repairs of slightly broken files are not news to a person
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("the PDF is locked with a password", "save an unlocked copy")
        pages = [page.extract_text() for page in reader.pages]
    except DocumentError:
        raise
    # pypdf raises whatever its parsing stumbles on, down to RecursionError; none of it is worth more than the cause.
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise DocumentError(f"it is not a readable PDF: {squeeze(str(error)) or type(error).__name__}") from error
    if sum(len(text) for text in pages) < 20 * max(1, len(pages)):
        raise DocumentError("the PDF holds pictures, not text", "run text recognition on it first")
    return tuple(_paragraphs(_lines(pages)))


def _lines(pages: Sequence[str]) -> list[str]:
    split = [[line.replace("\u00a0", " ").strip() for line in text.splitlines() if line.strip()] for text in pages]
    edges = Counter(_masked(line) for lines in split for line in {*lines[:_EDGE], *lines[-_EDGE:]})
    running = {text for text, count in edges.items() if count > max(3, len(pages) // 4)}
    out = []
    for lines in split:
        for i, line in enumerate(lines):
            on_edge = i < _EDGE or i >= len(lines) - _EDGE
            if is_furniture(squeeze(line)) or (on_edge and _masked(line) in running):
                continue
            out.append(line)
    return out


def _masked(line: str) -> str:
    return re.sub(r"\d+", "#", squeeze(line).lower())


def _paragraphs(lines: Iterable[str]) -> list[Block]:
    out: list[Block] = []
    words: list[str] = []
    rows: list[str] = []

    def close(table: bool) -> None:
        if table and rows:
            out.append(Block("table", "\n".join(rows)) if len(rows) > 1 else Block("text", rows[0]))
            rows.clear()
        if not table and words:
            out.append(Block("text", squeeze(" ".join(words))))
            words.clear()

    for line in lines:
        text = squeeze(line)
        if _is_row(line):
            close(table=False)
            rows.append(_row(line))
            continue
        close(table=True)
        if ITEM_HEADING.fullmatch(text) or PART_HEADING.fullmatch(text):
            close(table=False)
        words.append(text)
        if len(text) < _FULL_LINE or (text.endswith((".", ":", "?")) and len(text) < _FULL_LINE + 30):
            close(table=False)
    close(table=True)
    close(table=False)
    return out


def _is_row(line: str) -> bool:
    figures = _FIGURE.findall(line)
    return len(figures) >= 2 and sum(map(len, figures)) > 0.25 * len(squeeze(line)) and len(line) < 200


def _row(line: str) -> str:
    cells = [squeeze(cell) for cell in _CELL.split(line) if cell.strip()]
    if len(cells) > 1:
        return " | ".join(cells)
    # pypdf has put one blank between columns: part the label from the figures, and the figures from each other.
    found = re.match(r"(.*?[A-Za-z.)])\s+((?:\(?[$]?\s?[\d,.]+\)?%?\s*|[—–-]\s*)+)$", squeeze(line))
    if found is None:
        return squeeze(line)
    return " | ".join([found[1], *re.findall(r"\(?\$?\s?[\d,.]+\)?%?|[—–-]", found[2])])
