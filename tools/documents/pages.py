"""A page of text that was taken out of a PDF elsewhere: its statements become tables again, the rest paragraphs.

Such text has one line for each row of a statement ("Cost of sales 36,386 40,121 36,689") and no mark of where a table
begins, so rows are told by the figures that they end in.
"""

import re
from collections.abc import Sequence

from tools.documents.blocks import Block, is_furniture, squeeze

_FIGURE = r"(?:[$€£]?\s?\(?[$€£]?\s?\d[\d,]*(?:\.\d+)?\s?%?\)?\s?%?|[—–-]|N/?M|[$€£])"
_ROW = re.compile(rf"(?P<label>.*?)(?P<figures>(?:(?:^|\s+){_FIGURE}(?=\s|$))+)", re.S)
_DAY = re.compile(r"\s*\d{1,2},\s+\d{4}")
_ROW_WITH_LABEL = re.compile(r"[A-Za-z]{3}.*?\s[$(]?\s?\d")
_LONGEST_LABEL = 220
"""Characters of a row's label: "Accounts receivable, net of allowances of $132 and $190, at December 31, ..."."""
_LONGEST_TITLE = 110
"""Characters of a title; a longer line is prose."""
_HEADING = 120
_LEAST_ROWS = 2
_PROSE_END = (".", ";", ",")


def read_page(text: str) -> tuple[Block, ...]:
    """Tables (rows are lines, their heading and column heads one first line) and paragraphs, in the order of the page.

    An empty page has no blocks. Page numbers and links to the contents are dropped.
    """
    lines = [line for line in map(squeeze, text.splitlines()) if line and not is_furniture(line)]
    out: list[Block] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and (_is_row(lines[end]) or _is_title(lines[end])):
            end += 1
        run = lines[at:end]
        if sum(map(_is_row, run)) >= _LEAST_ROWS:
            out.append(Block("table", _table(run)))
            at = end
            continue
        stop = max(end, at + 1)
        while stop < len(lines) and not _is_row(lines[stop]) and not _is_title(lines[stop]):
            stop += 1
        out.append(Block("text", squeeze(" ".join(lines[at:stop]))))
        at = stop
    return tuple(out)


def heading(text: str) -> str:
    """The first words of a page, at most about 120 characters: what it is called, where it has a title."""
    told = ""
    for line in (line for line in map(squeeze, text.splitlines()) if line and not is_furniture(line)):
        if told and len(told) + len(line) > _HEADING:
            break
        told = f"{told} {line}" if told else line[:_HEADING]
    return told


def _is_row(line: str) -> bool:
    found = _ROW.fullmatch(line)
    if found is None or len(found["label"]) > _LONGEST_LABEL:
        return False
    if _DAY.fullmatch(found["figures"]):  # "for the fiscal year ended June 30, 2023"
        return False
    return len(found["figures"].split()) >= 2 or re.search(r"[$%(]|\d,\d{3}\b", found["figures"]) is not None


def _is_title(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and not line.endswith(_PROSE_END)


def _table(run: Sequence[str]) -> str:
    """The lines above the first row that has a label are the table's head: its title, its units, its columns."""
    first = next((i for i, line in enumerate(run) if _is_row(line) and _ROW_WITH_LABEL.search(line)), 0)
    # A label without figures directly above the first row ("Revenues:") belongs to the rows.
    if first and run[first - 1].endswith(":"):
        first -= 1
    return "\n".join([" ".join(run[:first]), *run[first:]] if first else run)
