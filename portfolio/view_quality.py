"""How good scores were, date by date: hits, rank and plain correlation with what followed, agreement of two scorers.

Every figure is made for each date across its assets and then averaged over dates with `portfolio.standings`'s interval,
because assets of one day share their market and horizons that overlap share their outcome. A score that is missing is
left out; it is never a score of zero.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Dates, Floats, MarketPanel
from portfolio.records import Record
from portfolio.scoreboard import FEWEST_ASSETS, excess_returns
from portfolio.standings import Interval, mean_interval

HORIZONS = (5, 21, 63, 126, 252)
"""Trading days: a week, a month, a quarter, half a year, a year."""
MEMORY_DAYS = 365
"""Calendar days over which scores themselves persist; agreement on dates that are closer is one and the same."""

Bools = NDArray[np.bool_]
_PAIRS = 4_000_000
"""Comparisons of two assets at a time, so that memory stays small."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """One voice's scores on R dates, and what followed over one horizon.

    Attributes
    ----------
    score : (R, N) in [-1, 1], NaN where the voice was silent
    excess : (R, N) return over the horizon less the cross-section's median, NaN where unknown
    opened, known : (R,) the first close after the score, and the close at which the outcome was known; NaT too young
    """

    score: Floats
    excess: Floats
    opened: Dates
    known: Dates

    def on(self, dates: Bools) -> "Judgement":
        """The dates for which the mask (R,) holds."""
        return Judgement(self.score[dates], self.excess[dates], self.opened[dates], self.known[dates])


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What followed R dates over one horizon, whoever scored: (R, N) excess, (R,) opened and known."""

    days: int
    excess: Floats
    opened: Dates
    known: Dates

    def judge(self, score: Floats) -> Judgement:
        """These outcomes beside scores (R, N)."""
        if score.shape != self.excess.shape:
            raise ValueError(f"scores are {score.shape} and outcomes {self.excess.shape}; the same dates x assets both")
        return Judgement(score, self.excess, self.opened, self.known)


class Quality(Record):
    """One voice over one horizon."""

    n: int
    """Scores with an outcome."""
    dates: int
    hit_rate: Interval | None
    """Share of scores on the right side of the cross-section's median, a half for neither. A coin has one half."""
    rank_correlation: Interval | None
    """Spearman's, of scores with excess returns across the assets of a date."""
    correlation: Interval | None
    """Pearson's: the plain information coefficient (Grinold and Kahn), which large moves decide."""


def outcomes_after(panel: MarketPanel, rows: NDArray[np.int64], days: int) -> Outcomes:
    """What followed the close of each row over `days` trading days, dealt at the next close."""
    never = np.datetime64("NaT", "D")
    end = len(panel.dates)
    dates = panel.dates.astype("datetime64[D]")
    young = rows + 1 + days >= end
    return Outcomes(
        days=days,
        excess=excess_returns(panel, rows.tolist(), days),
        opened=np.where(rows + 1 < end, dates[np.minimum(rows + 1, end - 1)], never),
        known=np.where(young, never, dates[np.minimum(rows + 1 + days, end - 1)]),
    )


def quality(judged: Judgement) -> Quality:
    """All figures with their intervals."""
    both = np.isfinite(judged.score) & np.isfinite(judged.excess)
    return Quality(
        n=int(both.sum()),
        dates=int(both.any(axis=1).sum()),
        hit_rate=over_dates(hit_rates(judged.score, judged.excess), judged),
        rank_correlation=over_dates(rank_correlations(judged.score, judged.excess), judged),
        correlation=over_dates(correlations(judged.score, judged.excess), judged),
    )


def right(score: Floats, excess: Floats) -> Floats:
    """1 where the score's sign is the outcome's, 0 where it is the other, a half where the outcome is exactly the
    median; NaN where the score is missing or zero, which takes no side, or the outcome unknown."""
    sided = np.isfinite(score) & (score != 0.0) & np.isfinite(excess)
    return np.where(sided, (1.0 + np.sign(score) * np.sign(excess)) / 2.0, np.nan)


def hit_rates(score: Floats, excess: Floats) -> Floats:
    """(R,) share of right sides on each date; NaN where no score took one."""
    hits = right(score, excess)
    count = np.isfinite(hits).sum(axis=1)
    return np.where(count > 0, np.nansum(hits, axis=1) / np.maximum(count, 1), np.nan)


def correlations(score: Floats, excess: Floats) -> Floats:
    """(R,) Pearson correlation across the assets of each date; NaN with fewer than three, or where all are alike."""
    both = np.isfinite(score) & np.isfinite(excess)
    count = np.maximum(both.sum(axis=1), 1)[:, None]
    x, y = np.where(both, score, 0.0), np.where(both, excess, 0.0)
    x = np.where(both, x - x.sum(axis=1, keepdims=True) / count, 0.0)
    y = np.where(both, y - y.sum(axis=1, keepdims=True) / count, 0.0)
    wide = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    enough = (both.sum(axis=1) >= FEWEST_ASSETS) & (wide > 1e-300)
    return np.where(enough, (x * y).sum(axis=1) / np.where(enough, wide, 1.0), np.nan)


def rank_correlations(score: Floats, excess: Floats) -> Floats:
    """(R,) Spearman correlation across the assets of each date, as `portfolio.statistics.information_coefficients` of
    a date at a time, but for all dates at once."""
    both = np.isfinite(score) & np.isfinite(excess)
    return correlations(*(_ranks(np.where(both, values, np.nan)) for values in (score, excess)))


def _ranks(values: Floats) -> Floats:
    """(R, N) rank of each asset on its date from 1, ties sharing the mean of theirs, NaN where the value is missing."""
    out = np.full(values.shape, np.nan)
    step = max(1, _PAIRS // max(1, values.shape[1] ** 2))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        below = (part[:, :, None] > part[:, None, :]).sum(axis=2)
        equal = (part[:, :, None] == part[:, None, :]).sum(axis=2)
        out[start : start + step] = np.where(np.isfinite(part), below + (equal + 1) / 2.0, np.nan)
    return out


def over_dates(series: Floats, judged: Judgement) -> Interval | None:
    """The mean of (R,) figures over the dates that have one, with Newey and West's interval; None of nothing.

    The lag is the most later dates that open before an earlier one's outcome is known, counted from the dates.
    """
    return mean_over(series, judged.opened, judged.known)


def mean_over(series: Floats, opened: Dates, known: Dates) -> Interval | None:
    """As `over_dates`, of figures that open and become known on the given days."""
    there = np.isfinite(series) & ~np.isnat(opened) & ~np.isnat(known)
    return mean_interval(
        [
            (first.astype(object), last.astype(object), float(value))
            for first, last, value in zip(opened[there], known[there], series[there], strict=True)
        ]
    )


def agreement(scores: Floats) -> Floats:
    """(K, R) Spearman correlation of each pair of scorers on each date, from scores (P, R, N).

    Pairs in the order (0, 1), (0, 2), ... of `itertools.combinations`. NaN where fewer than three assets have both.
    """
    if scores.ndim != 3:
        raise ValueError(f"scores are {scores.shape}; scorers x dates x assets expected")
    pairs = [rank_correlations(scores[i], scores[j]) for i, j in combinations(range(len(scores)), 2)]
    return np.array(pairs, dtype=np.float64).reshape(len(pairs), scores.shape[1])


def agreement_interval(series: Floats, dates: Dates) -> Interval | None:
    """The mean over dates (R,) of agreement; scores remember a year, so that dates within one count as overlapping."""
    return mean_over(series, dates, dates + np.timedelta64(MEMORY_DAYS, "D"))


def masked(score: Floats, mask: Bools) -> Floats:
    """Scores with NaN where the mask says that nobody spoke."""
    return np.where(mask, score, np.nan)
