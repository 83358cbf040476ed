"""Do scores mean what they say? Stated probabilities against what happened, and Brier's score taken apart.

A score s in [-1, 1] is read as the probability (1 + s) / 2 of beating the cross-section's median: the plainest
reading, and the one that makes s = 0 a coin. `recalibrated` reads scores as their own past says instead, point in time.
"""

import numpy as np

from portfolio.calibration_fit import logistic
from portfolio.market import Dates, Floats
from portfolio.records import Record, UnitInterval

BINS = 10
FEWEST_POINTS = 100
"""Outcomes without which no curve is fitted, as in `portfolio.calibration`."""


class CurveBin(Record):
    """Scores of like probability: what was stated against what happened."""

    low: UnitInterval
    high: UnitInterval
    n: int
    stated: UnitInterval
    """Mean stated probability of beating the median."""
    happened: UnitInterval
    """Share that beat it, a half for exactly the median."""


class BrierParts(Record):
    """Brier's score and what it is made of: brier = reliability - resolution + uncertainty + within.

    Murphy (1973) for forecasts that take few values; `within` is what is left where a bin holds several (Stephenson,
    Coelho and Jolliffe 2008), near zero for narrow bins.
    """

    n: int
    brier: float
    """mean((p - y) ** 2) (Brier 1950)."""
    reliability: float
    """Mean squared gap between stated and happened over bins: 0 is calibrated."""
    resolution: float
    """Mean squared gap between what happened in a bin and the base rate: 0 tells nothing apart."""
    uncertainty: float
    """Variance of the outcome: the score of always stating the base rate."""
    within: float
    base_rate: float
    skill: float | None
    """1 - brier / uncertainty: above 0 is better than always stating the base rate. None where nothing varied."""


def stated_probability(score: Floats) -> Floats:
    """(1 + score) / 2, NaN where the score is missing."""
    return np.asarray((1.0 + score) / 2.0)


def beaten(excess: Floats) -> Floats:
    """1 above the cross-section's median, 0 below, a half at it; NaN unknown."""
    return np.where(np.isfinite(excess), (1.0 + np.sign(excess)) / 2.0, np.nan)


def calibration_bins(probability: Floats, happened: Floats, bins: int = BINS) -> tuple[CurveBin, ...]:
    """Equal bins of stated probability that hold at least one pair; pairs with a NaN are left out.

    Raises ValueError for shapes that differ or a probability outside [0, 1].
    """
    stated, outcome = _pairs(probability, happened)
    place = _places(stated, bins)
    return tuple(
        CurveBin(
            low=number / bins,
            high=(number + 1) / bins,
            n=int(mine.sum()),
            stated=float(stated[mine].mean()),
            happened=float(outcome[mine].mean()),
        )
        for number in range(bins)
        if (mine := place == number).any()
    )


def brier_parts(probability: Floats, happened: Floats, bins: int = BINS) -> BrierParts | None:
    """The score and its parts over equal bins of probability; None without a pair. Raises as `calibration_bins`."""
    stated, outcome = _pairs(probability, happened)
    if not len(stated):
        return None
    place = _places(stated, bins)
    count = np.bincount(place, minlength=bins).astype(np.float64)
    filled = np.maximum(count, 1.0)
    forecast = np.bincount(place, weights=stated, minlength=bins) / filled
    share = np.bincount(place, weights=outcome, minlength=bins) / filled
    base, total = float(outcome.mean()), float(len(stated))
    brier = float(((stated - outcome) ** 2).mean())
    reliability = float(count @ (forecast - share) ** 2) / total
    resolution = float(count @ (share - base) ** 2) / total
    uncertainty = float(((outcome - base) ** 2).mean())
    return BrierParts(
        n=len(stated),
        brier=brier,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within=brier - (reliability - resolution + uncertainty),
        base_rate=base,
        skill=1.0 - brier / uncertainty if uncertainty > 0.0 else None,
    )


def recalibrated(score: Floats, excess: Floats, opened: Dates, known: Dates) -> Floats:
    """(R, N) probability of beating the median as the scores' own past says, NaN before there is enough of it.

    Platt's (1999) logistic curve with a slope of zero or more, fitted anew in each calendar year to the outcomes known
    before its first score: a probability never rests on its own or a later outcome.
    """
    stated, happened = stated_probability(score), beaten(excess)
    out = np.full(score.shape, np.nan)
    years = opened.astype("datetime64[Y]")
    for year in np.unique(years[~np.isnat(opened)]):
        now = years == year
        past = (known < opened[now].min()) & ~np.isnat(known)
        pairs = np.isfinite(stated[past]) & np.isfinite(happened[past])
        if int(pairs.sum()) < FEWEST_POINTS:
            continue
        told, truth = stated[past][pairs], happened[past][pairs]
        knots, curve = logistic(told, truth, np.ones(len(told)))
        out[now] = np.where(np.isfinite(stated[now]), np.interp(stated[now], knots, curve), np.nan)
    return out


def brier_gains(probability: Floats, happened: Floats, base: float = 0.5) -> Floats:
    """(R,) how much lower the Brier score of each date is than that of always stating `base`; NaN without a pair."""
    both = np.isfinite(probability) & np.isfinite(happened)
    count = both.sum(axis=1)
    gain = np.where(both, (base - happened) ** 2 - (probability - happened) ** 2, 0.0).sum(axis=1)
    return np.where(count > 0, gain / np.maximum(count, 1), np.nan)


def _pairs(probability: Floats, happened: Floats) -> tuple[Floats, Floats]:
    if probability.shape != happened.shape:
        raise ValueError(f"probabilities are {probability.shape} and outcomes {happened.shape}; each needs its own")
    both = np.isfinite(probability) & np.isfinite(happened)
    stated, outcome = probability[both], happened[both]
    if bool(((stated < 0.0) | (stated > 1.0) | (outcome < 0.0) | (outcome > 1.0)).any()):
        raise ValueError("a probability or an outcome lies outside 0 .. 1; check its scale")
    return stated, outcome


def _places(stated: Floats, bins: int) -> np.ndarray:
    return np.minimum((stated * bins).astype(np.int64), bins - 1)
