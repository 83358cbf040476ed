"""The built-in factors: a market panel in, one score for each day and asset out, point in time.

Score: rank among the assets with data on that day, mapped evenly into (-1, 1). A rank has no outliers and keeps one
distribution over regimes and universes, which is what the allocator trains on. Fewer than `FEWEST` assets cannot be
ranked against each other: all are masked out.

Confidence: coverage x spread / (spread + usual spread) x n / (n + FEWEST), where coverage is the share of days of
the look-back with a price, spread the distance between the day's third and first quartile of the figure, and n the
number of assets compared. When all assets look alike, or few are there, a rank says little.

Nothing reads a row after t for row t, and no statistic runs over the whole panel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from agents.personas.windows import FILL_DAYS, known, lag, quartile_spread, rank_score, window_max, window_sum
from portfolio.market import Floats, MarketPanel

FEWEST = 3
DAY, MONTH, YEAR = 1, 21, 252
DRIFT_HALF_LIFE, DRIFT_ENDS = 30.0, 90.0
"""Days: the drift after an earnings surprise fades over about a quarter (Bernard and Thomas 1989)."""


@dataclass(frozen=True, eq=False)
class Scored:
    """score, confidence (T, N), 0 where masked out; mask (T, N) bool; figure (T, N) as told to people, NaN unknown."""

    score: Floats
    confidence: Floats
    mask: NDArray[np.bool_]
    figure: Floats


@dataclass(frozen=True)
class Factor:
    """A named scorer.

    Attributes
    ----------
    name, formula : the formula with its source, for people
    lookback : rows that the last row depends on; more change nothing
    needs : days of prices without which an asset is masked out, for people
    signals : further inputs that it blends in where the panel has them
    tell : the figure as a clause for people
    compute : the scorer
    """

    name: str
    formula: str
    lookback: int
    needs: int
    signals: tuple[str, ...]
    tell: Callable[[float], str]
    compute: Callable[[MarketPanel], Scored]


def value(panel: MarketPanel) -> Scored:
    """Five-year reversal: log of the average price of 4.5 to 5.5 years ago over today's price.

    Asness, Moskowitz and Pedersen (2013), "Value and Momentum Everywhere", their measure where no book value is
    had; needs five years of prices. Where the panel has a point-in-time "earnings_yield", its rank counts half
    (Basu 1977): total-return prices alone cannot tell cheap from merely fallen.
    """
    price = known(panel.close)
    logs = np.log(price)
    total, count = np.zeros_like(price), np.zeros_like(price)
    for months in range(54, 67):  # monthly closes, as in the paper
        then = lag(logs, months * MONTH)
        count += np.isfinite(then)
        total += np.where(np.isfinite(then), then, 0.0)
    # Seven of the thirteen months: the nearer half, so a history of exactly five years is enough.
    mean = np.where(count >= 7, total / np.maximum(count, 1.0), np.nan)
    cheap = mean - logs
    score = rank_score(cheap)
    if "earnings_yield" in panel.signals:
        other = rank_score(panel.signals["earnings_yield"])
        score = np.where(np.isfinite(other), 0.5 * score + 0.5 * other, score)
    return _scored(panel, score, cheap, price / np.exp(mean) - 1.0, width=5 * YEAR, usual=0.6)


def momentum(panel: MarketPanel) -> Scored:
    """12-1 months: return from a year to a month before (Jegadeesh and Titman 1993), the last month left out.

    Where the panel has "earnings_surprise" and "earnings_age", the drift after the last report (Bernard and Thomas
    1989), tanh(surprise) x 0.5^(age / 30 days), counts a quarter for 90 days.
    """
    price = known(panel.close)
    gain = lag(price, MONTH) / lag(price, YEAR) - 1.0
    # Today's price must be known too: an asset that is gone has no momentum.
    gain = np.where(np.isfinite(price), gain, np.nan)
    score = rank_score(gain)
    if "earnings_surprise" in panel.signals and "earnings_age" in panel.signals:
        surprise, age = panel.signals["earnings_surprise"], panel.signals["earnings_age"]
        fresh = np.isfinite(surprise) & (age >= 0.0) & (age <= DRIFT_ENDS)
        drift = np.tanh(np.where(fresh, surprise, 0.0)) * 0.5 ** (np.where(fresh, age, 0.0) / DRIFT_HALF_LIFE)
        score = np.where(fresh, 0.75 * score + 0.25 * drift, score)
    return _scored(panel, score, gain, gain, width=YEAR, usual=0.25)


def risk(panel: MarketPanel) -> Scored:
    """Calm: half the rank of low yearly volatility, a quarter each of low beta and of a small drawdown, over a year.

    Ang, Hodrick, Xing and Zhang (2006) for volatility, Frazzini and Pedersen (2014) for beta. The market is the
    panel's index, or the mean of its assets. Needs half a year of returns.
    """
    price = known(panel.close)
    before = lag(price, 1)
    ret = np.where(np.isfinite(price) & np.isfinite(before), price / before - 1.0, np.nan)
    there = np.isfinite(ret)
    count = window_sum(there.astype(float), YEAR)
    enough = (count >= YEAR // 2) & np.isfinite(price)
    filled, size = np.where(there, ret, 0.0), np.maximum(count, 2.0)
    total = window_sum(filled, YEAR)
    variance = np.maximum(window_sum(filled * filled, YEAR) - total * total / size, 0.0) / (size - 1.0)
    volatility = np.where(enough, np.sqrt(YEAR * variance), np.nan)
    market = _market_return(panel, ret)
    both = there & np.isfinite(market)
    own, wide = np.where(both, ret, 0.0), np.where(both, market, 0.0)
    pairs = np.maximum(window_sum(both.astype(float), YEAR), 2.0)
    wide_sum = window_sum(wide, YEAR)
    shared = window_sum(own * wide, YEAR) - window_sum(own, YEAR) * wide_sum / pairs
    width = window_sum(wide * wide, YEAR) - wide_sum * wide_sum / pairs
    beta = np.where(enough & (width > 0.0), shared / np.where(width > 0.0, width, 1.0), np.nan)
    top = window_max(price, YEAR)
    drawdown = np.where(enough, price / np.where(top > 0.0, top, 1.0) - 1.0, np.nan)
    calm, loose, high = rank_score(-volatility), rank_score(-beta), rank_score(drawdown)
    score = 0.5 * calm + 0.25 * np.where(np.isfinite(loose), loose, calm) + 0.25 * high
    return _scored(panel, score, volatility, volatility, width=YEAR, usual=0.1)


def contrarian(panel: MarketPanel) -> Scored:
    """One-month reversal, from prices alone: last month's losers first (Jegadeesh 1990, Lehmann 1990)."""
    price = known(panel.close)
    gain = price / lag(price, MONTH) - 1.0
    return _scored(panel, rank_score(-gain), gain, gain, width=MONTH, usual=0.08)


def _market_return(panel: MarketPanel, ret: Floats) -> Floats:
    """(T, 1) the index's daily return, or the mean over assets; NaN where unknown."""
    if panel.index is not None:
        level = known(panel.index[:, None])
        return level / lag(level, 1) - 1.0
    total, count = np.zeros((len(ret), 1)), np.zeros((len(ret), 1))
    for column in range(ret.shape[1]):  # one fixed order of addition, whatever the panel's length
        one = ret[:, column : column + 1]
        count += np.isfinite(one)
        total += np.where(np.isfinite(one), one, 0.0)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _scored(panel: MarketPanel, score: Floats, raw: Floats, figure: Floats, *, width: int, usual: float) -> Scored:
    """Mask, confidence and zeroed gaps around a score; `usual` is the spread at which dispersion counts half."""
    there = np.isfinite(score) & np.isfinite(raw)
    count = there.sum(axis=1)[:, None]
    mask = there & (count >= FEWEST)
    coverage = window_sum((np.isfinite(panel.close) & (panel.close > 0.0)).astype(float), width) / width
    spread = quartile_spread(np.where(there, raw, np.nan))
    confidence = np.minimum(coverage, 1.0) * spread / (spread + usual) * count / (count + FEWEST)
    clipped = np.clip(score, -1.0, 1.0)
    return Scored(np.where(mask, clipped, 0.0), np.where(mask, confidence, 0.0), mask, np.where(there, figure, np.nan))


def _moved(figure: float, over: str) -> str:
    return f"{'up' if figure >= 0 else 'down'} {abs(figure):.0%} {over}".replace("%", " %")


FACTORS: Mapping[str, Factor] = MappingProxyType(
    {
        "value": Factor(
            "value",
            "log(mean price 4.5-5.5 years ago / price); Asness, Moskowitz and Pedersen 2013",
            66 * MONTH + FILL_DAYS + 1,
            5 * YEAR + 1,
            ("earnings_yield",),
            lambda figure: _moved(figure, "against its price of five years ago"),
            value,
        ),
        "momentum": Factor(
            "momentum",
            "price 1 month ago / price 12 months ago - 1; Jegadeesh and Titman 1993",
            YEAR + FILL_DAYS + 1,
            YEAR + 1,
            ("earnings_surprise", "earnings_age"),
            lambda figure: _moved(figure, "over the year before the last month"),
            momentum,
        ),
        "risk": Factor(
            "risk",
            "low volatility, beta and drawdown of a year; Ang et al. 2006, Frazzini and Pedersen 2014",
            2 * YEAR + FILL_DAYS + 1,
            YEAR // 2 + 1,
            (),
            lambda figure: f"volatility {figure * 100:.0f} % a year",
            risk,
        ),
        "contrarian": Factor(
            "contrarian",
            "-(price / price 1 month ago - 1); Jegadeesh 1990",
            MONTH + FILL_DAYS + 1,
            MONTH + 1,
            (),
            lambda figure: _moved(figure, "over the last month"),
            contrarian,
        ),
    }
)
"""Every built-in factor by name, in the committee's order."""
