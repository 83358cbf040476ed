"""The four scores of an asset and what they come to: fundamental, momentum, sentiment and risk, from 1 to 10.

"LLM Portfolio Construction" (chapter 74, RESEARCH.md) combines them by 0.30, 0.25, 0.25 and 0.20, risk inverted: a
high risk score is bad. A score that is unknown counts nowhere: neither above nor below the line of the mean.
"""

from typing import Annotated

from pydantic import Field

from portfolio.records import Record

LOWEST, HIGHEST = 1.0, 10.0
MIDDLE, HALF_RANGE = (LOWEST + HIGHEST) / 2.0, (HIGHEST - LOWEST) / 2.0
WEIGHTS = (("fundamental", 0.30), ("momentum", 0.25), ("sentiment", 0.25), ("risk", 0.20))
"""Part -> its weight in the combined score, in the chapter's order; they sum to one."""
PARTS = tuple(name for name, _ in WEIGHTS)

TenPoints = Annotated[float, Field(ge=LOWEST, le=HIGHEST)]


class FourScores(Record):
    """One asset's scores from 1 to 10; None is unknown."""

    fundamental: TenPoints | None = None
    momentum: TenPoints | None = None
    sentiment: TenPoints | None = None
    risk: TenPoints | None = None
    """10 is the riskiest."""

    def part(self, name: str) -> float | None:
        """A part as it is read for the asset: 10 is the best, so risk comes inverted. Raises KeyError."""
        if name not in PARTS:
            raise KeyError(f"there is no score {name!r}; known: {', '.join(PARTS)}")
        value: float | None = getattr(self, name)
        return LOWEST + HIGHEST - value if name == "risk" and value is not None else value

    @property
    def combined(self) -> float | None:
        """Weighted mean of the known parts from 1 to 10, 10 the best; None when nothing is known."""
        known = [(weight, value) for name, weight in WEIGHTS if (value := self.part(name)) is not None]
        total = sum(weight for weight, _ in known)
        if not known:
            return None
        return min(HIGHEST, max(LOWEST, sum(weight * value for weight, value in known) / total))

    @property
    def known_weight(self) -> float:
        """Share of the weights that known parts carry, in [0, 1]."""
        return min(1.0, sum(weight for name, weight in WEIGHTS if self.part(name) is not None))

    @property
    def unit(self) -> float | None:
        """The combined score on the committee's scale, in [-1, 1]; None when nothing is known."""
        return None if self.combined is None else to_unit(self.combined)


def to_unit(points: float) -> float:
    """1..10 -> -1..1. Raises ValueError outside 1..10."""
    if not LOWEST <= points <= HIGHEST:
        raise ValueError(f"a score of {points} is not between {LOWEST:g} and {HIGHEST:g}; check its scale")
    return min(1.0, max(-1.0, (points - MIDDLE) / HALF_RANGE))


def to_points(unit: float) -> float:
    """-1..1 -> 1..10. Raises ValueError outside -1..1."""
    if not -1.0 <= unit <= 1.0:
        raise ValueError(f"a score of {unit} is not between -1 and 1; check its scale")
    return min(HIGHEST, max(LOWEST, MIDDLE + HALF_RANGE * unit))
