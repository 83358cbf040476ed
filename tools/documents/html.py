"""HTML to blocks: paragraphs and tables as readable rows; the tagged facts of inline XBRL beside them.

EDGAR pages differ by decade: old ones are <P> and <FONT> with tables for layout, new ones nested <div>s with inline
XBRL. Both are walked the same way: block elements part paragraphs, tables of one row are lines of text, tables
inside tables are unwrapped, and what a browser would hide (`ix:header`, scripts, `display:none`) is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.documents.blocks import Block, is_furniture, join_cells, squeeze
from tools.errors import DocumentError

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_BREAKS = frozenset(
    """address article aside blockquote body br caption center dd div dl document dt fieldset figure footer form h1 h2
    h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody td text tfoot th thead title tr ul""".split()  # noqa: SIM905
)
_HIDDEN = frozenset({"script", "style", "noscript", "head", "ix:header", "ix:hidden", "template"})
_INVISIBLE = re.compile(r"display\s*:\s*none", re.I)


@dataclass(frozen=True)
class Page:
    """Attributes
    ----------
    blocks : in reading order
    facts : inline XBRL `dei:` facts without their prefix ("DocumentType"), the first of each name
    """

    blocks: tuple[Block, ...]
    facts: Mapping[str, str]


def read_html(data: bytes) -> Page:
    """Blocks and tagged facts of a page. Raises DocumentError when there is no text in it."""
    from lxml import etree  # type: ignore[import-untyped]
    from lxml import html as lxml_html

    # The page's own declaration decides the encoding; where bytes are not UTF-8 and nothing is declared, old
    # filings are Windows-1252.
    parser = lxml_html.HTMLParser(encoding=_encoding(data), huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"it is not readable HTML: {squeeze(str(error))}") from error
    facts: dict[str, str] = {}
    for node in root.iter("ix:nonnumeric", "ix:nonfraction"):
        prefix, _, name = str(node.get("name", "")).partition(":")
        value = squeeze("".join(node.itertext()))
        if prefix == "dei" and value:
            facts.setdefault(name, value)
    blocks = tuple(_blocks(root))
    if not blocks:
        raise DocumentError("it holds no text")
    return Page(blocks, facts)


def text_of_html(fragment: str) -> str:
    """A feed entry's summary as one line of plain text."""
    if not fragment.strip():
        return ""
    try:
        return " ".join(block.text for block in read_html(fragment.encode()).blocks)
    except DocumentError:
        return ""  # a fragment of nothing but mark-up has no text; that is an answer, not a failure


def _encoding(data: bytes) -> str:
    declared = re.search(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_-]+)""", data[:4096])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    for candidate in ("utf-8" if name in {"ascii", "us-ascii"} else name, "utf-8"):
        try:
            data.decode(candidate)
        except (LookupError, UnicodeDecodeError):
            continue
        return candidate
    return "windows-1252"


def _blocks(root: "HtmlElement") -> Iterator[Block]:
    """Depth-first, by an explicit stack: filings nest deeper than Python's recursion limit."""
    words: list[str] = []
    skip_until: HtmlElement | None = None

    def flushed() -> Iterator[Block]:
        text = squeeze("".join(words))
        words.clear()
        if text and not is_furniture(text):
            yield Block("text", text)

    for event, node in _events(root):
        if skip_until is not None:
            if event == "end" and node is skip_until:
                skip_until = None
                words.append(node.tail or "")
            continue
        tag = node.tag if isinstance(node.tag, str) else "comment"
        if event == "start":
            if tag in _HIDDEN or tag == "comment" or _INVISIBLE.search(node.get("style") or ""):
                skip_until = node
                continue
            if tag in _BREAKS:
                yield from flushed()
            if tag == "table" and node.find(".//table") is None:
                yield from _table(node)
                skip_until = node
                continue
            words.append(node.text or "")
        else:
            if tag in _BREAKS:
                yield from flushed()
            words.append((node.tail or "") if node is not root else "")
    yield from flushed()


def _events(root: "HtmlElement") -> Iterator[tuple[str, "HtmlElement"]]:
    from lxml import etree

    yield from etree.iterwalk(root, events=("start", "end"))


def _table(table: "HtmlElement") -> Iterator[Block]:
    rows = []
    for row in table.iter("tr"):
        cells = [squeeze(_cell_text(cell)) for cell in row.iterchildren("td", "th")]
        joined = join_cells([cell for cell in cells if cell])
        if joined:
            rows.append(joined)
    if not rows:
        return
    widest = max(len(row) for row in rows)
    if len(rows) == 1 or widest == 1:
        for row in rows:
            text = " ".join(row)
            if not is_furniture(text):
                yield Block("text", text)
        return
    yield Block("table", "\n".join(" | ".join(row) for row in rows))


def _cell_text(cell: "HtmlElement") -> str:
    parts = []
    for node in cell.iter():
        if not isinstance(node.tag, str):
            parts.append(node.tail or "")
            continue
        if node.tag in _BREAKS and node is not cell:
            parts.append(" ")
        parts.append(node.text or "")
        if node is not cell:
            parts.append(node.tail or "")
    return "".join(parts)
