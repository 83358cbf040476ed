"""Plain text to blocks, and EDGAR's submission files (SGML) to the documents inside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.documents.blocks import Block, squeeze
from tools.errors import DocumentError

_HEADER = re.compile(r"<(?:SEC|IMS)-HEADER>(.*?)</(?:SEC|IMS)-HEADER>", re.S | re.I)
_DOCUMENT = re.compile(r"<DOCUMENT>(.*?)(?:</DOCUMENT>|\Z)", re.S | re.I)
_TYPE = re.compile(r"<TYPE>\s*([^\s<]+)", re.I)
_TEXT = re.compile(r"<TEXT>(.*?)(?:</TEXT>|\Z)", re.S | re.I)
_READ = re.compile(r"(?:10-[KQ]|20-F|40-F|6-K|8-K)\S*|EX-99\S*", re.I)
_COLUMNS = re.compile(r"\S\s{3,}\S.*\d|\.{4,}")


@dataclass(frozen=True)
class Part:
    """One document of a submission: its type ("10-K", "EX-99.1") and its content."""

    kind: str
    content: bytes


@dataclass(frozen=True)
class Submission:
    """Attributes
    ----------
    header : lines "FIELD: value" of the SGML header, upper case field names
    parts : the reports and press releases; graphics, data files and contracts are left out
    """

    header: Mapping[str, str]
    parts: tuple[Part, ...]


def decode(data: bytes) -> str:
    """UTF-8, else Windows-1252. Raises DocumentError for binary data."""
    if b"\x00" in data[:4096]:
        raise DocumentError("it is not a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("windows-1252", errors="replace")


def split_submission(text: str) -> Submission | None:
    """The parts of an EDGAR submission or of a document cut out of one; None for any other text."""
    if "<DOCUMENT>" not in text[:20_000].upper():
        return None
    found = _HEADER.search(text)
    pairs = [line.split(":", 1) for line in (found[1] if found else text[:5_000]).splitlines() if ":" in line]
    header: dict[str, str] = {}
    for name, value in pairs:
        header.setdefault(name.strip().upper(), value.strip())
    parts = []
    for document in _DOCUMENT.finditer(text):
        kind, content = _TYPE.search(document[1]), _TEXT.search(document[1])
        if kind and content and _READ.fullmatch(kind[1]):
            parts.append(Part(kind[1].upper(), content[1].encode()))
    return Submission(header, tuple(parts))


def looks_like_html(data: bytes) -> bool:
    """Whether mark-up, not prose, begins the data."""
    return re.search(rb"<(?:html|body|div|table|p|font|\?xml)\b", data[:4096], re.I) is not None


def read_text(data: bytes) -> tuple[Block, ...]:
    """Paragraphs parted by blank lines; lines in columns are tables. Raises DocumentError when there is no text."""
    blocks = []
    for paragraph in re.split(r"\n\s*\n", decode(data).replace("\r\n", "\n")):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        if not lines:
            continue
        if len(lines) > 1 and sum(_COLUMNS.search(line) is not None for line in lines) * 2 > len(lines):
            rows = (" | ".join(squeeze(cell) for cell in re.split(r"\s{3,}|\.{4,}", line.strip())) for line in lines)
            blocks.append(Block("table", "\n".join(rows)))
            continue
        first = squeeze(lines[0])
        if re.match(r"(?:item\s+\d|part\s+[iv]+\b)", first, re.I) and len(lines) > 1 and first.endswith("."):
            blocks.append(Block("text", first))
            lines = lines[1:]
        blocks.append(Block("text", squeeze(" ".join(lines))))
    if not blocks:
        raise DocumentError("it holds no text")
    return tuple(blocks)
