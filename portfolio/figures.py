"""Figures in prose, and whether a claim's figures stand in the passages that it cites. Pure; used on live findings.

"1,250.5 million", "$1.25 billion" in another passage, "(12)", "-12" and "12 %" are read as numbers. A figure is
supported when a passage has the same number, up to the rounding in which the claim states it, its sign left aside (a
statement writes an outflow in brackets), at its own scale or at the scale that a statement's column leaves out.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from portfolio.records import Record

_SCALES = {"thousand": 3, "million": 6, "mn": 6, "mm": 6, "billion": 9, "bn": 9, "trillion": 12}
_NUMBER = re.compile(
    r"(?<![\w.])(?P<open>\()?\s?(?P<minus>[-−–](?=[$€£]?\d))?[$€£]?\s?(?P<digits>\d[\d,]*(?:\.\d+)?|\.\d+)"
    r"(?P<shut>\))?\s?(?P<percent>%|per\s?cent\b|percent\b)?\s?(?P<scale>thousand|million|billion|trillion|mn\b|mm\b|bn\b)?"
    r"(?P<close>\))?",
    re.I,
)
_UNSAID = (0, 3, 6, 9)
"""Powers of ten by which a passage's figures may be stated in its head only: "(in millions)"."""


class Figure(Record):
    """One figure: `value` in units (a percentage stays 12.5), `places` the power of ten of its last stated digit."""

    text: str
    value: Decimal
    places: int
    percent: bool
    scaled: bool
    """Whether a word ("million") states its scale."""


def figures_in(text: str) -> tuple[Figure, ...]:
    """Every figure of a text in order. A figure in brackets, "(12)", is negative."""
    found = []
    for match in _NUMBER.finditer(text):
        digits = match["digits"].replace(",", "")
        power = _SCALES.get((match["scale"] or "").lower(), 0)
        below = len(digits.partition(".")[2])
        value = Decimal(digits).scaleb(power)
        negative = bool(match["minus"]) or bool(match["open"] and (match["shut"] or match["close"]))
        found.append(
            Figure(
                text=match[0].strip(),
                value=-value if negative else value,
                places=power - below,
                percent=match["percent"] is not None,
                scaled=power > 0,
            )
        )
    return tuple(found)


def unsupported(claim: str, passages: Iterable[str]) -> tuple[Figure, ...]:
    """The claim's figures that no cited passage has; none of them where the citation holds."""
    given: Sequence[Figure] = [figure for passage in passages for figure in figures_in(passage)]
    return tuple(figure for figure in figures_in(claim) if not any(_same(figure, other) for other in given))


def _same(claimed: Figure, given: Figure) -> bool:
    # Only where exactly one of the two names its scale may the other's have been left to the head of its table.
    powers = _UNSAID if claimed.scaled != given.scaled and not (claimed.percent or given.percent) else (0,)
    sought, half = abs(claimed.value), Decimal(1).scaleb(claimed.places) / 2
    for power in powers:
        value = abs(given.value).scaleb(power if claimed.scaled else -power)
        finest = given.places + (power if claimed.scaled else -power)
        near = abs(value - sought) <= half if finest < claimed.places else value == sought
        if near:
            return True
    return False
