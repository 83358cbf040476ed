"""Financial terms spelled out in the words that statements use, from reference/financial_terms.csv.

An analyst asks for "capex" or "the quick ratio"; a report has "purchases of property and equipment" and "total current
liabilities". Each term has one or more lines, each naming the statement and the entries where it is found.
"""

import csv
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

MOST_LINES = 8
"""Lines of one question; a question with more terms than that is about everything."""


class Term(NamedTuple):
    """`names` are what a term is called, longest first, as one pattern; `lines` are what to look for."""

    names: re.Pattern[str]
    lines: tuple[str, ...]


def spelled_out(question: str) -> tuple[str, ...]:
    """The lines to look for, in the order in which the question names their terms; none where it names no term.

    A longer name hides a shorter one that it contains: "cash flow statement" is not "cash flow".
    """
    found: list[tuple[int, int, int]] = []
    text = question.lower()
    for number, term in enumerate(_terms()):
        found += [(match.start(), -match.end(), number) for match in term.names.finditer(text)]
    lines: dict[str, None] = {}
    reached = 0
    for _, end, number in sorted(found):
        if -end > reached:
            lines.update(dict.fromkeys(_terms()[number].lines))
            reached = max(reached, -end)
    return tuple(lines)[:MOST_LINES]


@cache
def _terms() -> tuple[Term, ...]:
    text = resources.files("tools").joinpath("reference/financial_terms.csv").read_text(encoding="utf-8")
    out = []
    for row in csv.DictReader(text.splitlines()):
        names = sorted(row["terms"].split("|"), key=lambda name: (-len(name), name))
        pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names)
        out.append(Term(re.compile(pattern), tuple(row["lines"].split(";"))))
    return tuple(out)
