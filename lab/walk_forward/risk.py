"""Does one checkpoint follow the client's risk level? Realised volatility and drawdown by target, out of sample."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lab.walk_forward.records import RiskYear
from portfolio.records import Record

TOLERANCE = 1.15
"""Realised yearly volatility may be this many times the target."""
WANTED = 0.85
"""In this share of the years."""


class RiskLevel(Record):
    """All test years of one universe at one target."""

    target: float
    realised: float
    """Mean over the years."""
    max_drawdown: float
    """The deepest of the years."""
    years: int
    """That count: all but those of which `short` speaks."""
    within: float | None
    """Share of them with at most `TOLERANCE` x target; None where no year counts."""
    short: int
    """Years fully invested at every decision and still below target: a never-levered portfolio can do no more."""


def levels(risk: Sequence[RiskYear]) -> tuple[RiskLevel, ...]:
    """One row a target, the lowest first."""
    out = []
    for target in sorted({one.target for one in risk}):
        years = [one for one in risk if one.target == target]
        short = [one for one in years if one.invested >= 1.0 and one.realised < target]
        counted = [one for one in years if one not in short]
        kept = [one.realised <= TOLERANCE * target for one in counted]
        out.append(
            RiskLevel(
                target=target,
                realised=float(np.mean([one.realised for one in years])),
                max_drawdown=max(one.max_drawdown for one in years),
                years=len(counted),
                within=float(np.mean(kept)) if kept else None,
                short=len(short),
            )
        )
    return tuple(out)


def rising(rows: Sequence[RiskLevel]) -> bool:
    """Realised volatility and drawdown never fall as the target rises."""
    return all(a.realised <= b.realised and a.max_drawdown <= b.max_drawdown for a, b in pairwise(rows))


def rising_years(risk: Sequence[RiskYear]) -> tuple[int, int]:
    """In how many of the years realised volatility rose with every step of the target, and how many there are."""
    years = sorted({one.year for one in risk})
    rose = 0
    for year in years:
        steps = [one.realised for one in sorted(risk, key=lambda one: one.target) if one.year == year]
        rose += all(a <= b for a, b in pairwise(steps))
    return rose, len(years)
