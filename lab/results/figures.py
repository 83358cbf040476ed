"""Figures of the studies' pages in one style, and the level of their intervals as the pages tell it."""

import re
from collections.abc import Sequence

_CODE = re.compile(r"(`[^`]*`)")
_MINUS = re.compile(r"(?<![\w.,)\]-])-(?=\d)")
_PERCENT = re.compile(r"(?<=\d)%")
_RANGE = re.compile(r"[\[(][−+-]?\d[^\[\]()|]*?(?:, | to )[−+-]?\d[^\[\]()|]*[\])]|\binterval\b")
"""A range in brackets, "[-0.1, +0.2]" or "(-0.1% to +0.2%)", or a column of that name."""
_LEVEL = re.compile(
    r"\b([89]\d) ?% (?:[^.|%]{0,40} )?intervals?\b|\bintervals?\b[^.|%]{0,20}?\b([89]\d) ?%", re.IGNORECASE
)


def one_style(line: str) -> str:
    """A line of Markdown with a true minus before a negative number and a space before the sign of percent.

    Code, dates, names and hyphens between words stay as they are.
    """
    parts = _CODE.split(line)
    parts[::2] = [_PERCENT.sub(" %", _MINUS.sub("−", part)) for part in parts[::2]]
    return "".join(parts)


def levels(page: str) -> tuple[int, ...]:
    """The levels of intervals that a page tells, in percent, ascending."""
    told = {first or second for first, second in _LEVEL.findall(" ".join(page.split()))}
    return tuple(sorted(int(level) for level in told))


def level_told(page: str, table: Sequence[str]) -> str:
    """One sentence and a space on the ranges of a table; nothing for a table that has none."""
    if not any(_RANGE.search(line) for line in table):
        return ""
    found = levels(page)
    if len(found) != 1:
        return "What its ranges are, the page tells. "
    return f"Intervals of {found[0]} %. "
