"""What every reader of files returns: text and table blocks in the order of the page."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

BlockKind = Literal["text", "table"]

_SPACE = re.compile(r"[\s\u00a0\u200b\ufeff]+")
_PAGE_FURNITURE = re.compile(
    r"(?:page\s*)?[-–—]?\s*(?:[ivxl]{1,6}|\d{1,3}|F-\d{1,3})\s*[-–—]?|table of contents|\(continued\)", re.I
)
_JOINS_LEFT = re.compile(r"[)%]+|x|bps|pts?")
_JOINS_RIGHT = re.compile(r"[$€£¥(]|\(\$|\$\s*\(")


class Block(NamedTuple):
    """A paragraph, or a table whose rows are lines and whose cells are parted by ` | `."""

    kind: BlockKind
    text: str


def squeeze(text: str) -> str:
    """One space in the place of every run of blanks, line ends and invisible characters."""
    return _SPACE.sub(" ", text).strip()


def is_furniture(text: str) -> bool:
    """Whether a line is a page number or a link back to the contents: part of the paper, not of the report."""
    return _PAGE_FURNITURE.fullmatch(text) is not None


def join_cells(cells: Sequence[str]) -> list[str]:
    """Filings give a currency sign, a bracket and a percent sign cells of their own; put them back on the number."""
    out: list[str] = []
    glue = False
    for cell in cells:
        if out and (glue or _JOINS_LEFT.fullmatch(cell)):
            out[-1] += cell
        else:
            out.append(cell)
        glue = _JOINS_RIGHT.fullmatch(cell) is not None
    return out
