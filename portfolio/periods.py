"""Named stretches of history and market regimes: when a strategy is looked at apart.

The stress windows are known in hindsight, so they describe and never decide. The regime of a day is known in advance:
it is read from closes before that day alone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Dates, Floats

Regime = Literal["rising and calm", "rising and rough", "falling and calm", "falling and rough", "unknown"]

REGIMES: tuple[Regime, ...] = ("rising and calm", "rising and rough", "falling and calm", "falling and rough")
TREND_DAYS = 200
"""The market rises when its last close is above the mean of so many (Faber 2007)."""
ROUGH_DAYS = 63
"""Its swings of so many days, against the median of all such swings before, tell calm from rough."""
FEWEST_DAYS = 252


@dataclass(frozen=True)
class Window:
    """Closes from `first` to `last`, both included."""

    name: str
    first: date
    last: date


STRESS_WINDOWS: tuple[Window, ...] = (
    Window("2000-02, the dot-com fall", date(2000, 3, 24), date(2002, 10, 9)),
    Window("2008, the banks", date(2007, 10, 9), date(2009, 3, 9)),
    Window("2011, the euro and the US rating", date(2011, 4, 29), date(2011, 10, 3)),
    Window("2015, China and oil", date(2015, 7, 20), date(2016, 2, 11)),
    Window("2018Q4, rates", date(2018, 9, 20), date(2018, 12, 24)),
    Window("2020, the pandemic", date(2020, 2, 19), date(2020, 3, 23)),
    Window("2022, inflation", date(2022, 1, 3), date(2022, 10, 12)),
    Window("2023, long rates", date(2023, 7, 31), date(2023, 10, 27)),
)
"""From peak to trough of the S&P 500 at the close."""


def within(dates: Dates, window: Window, slack: int = 7) -> slice | None:
    """The rows of the window, or None where the dates miss more than `slack` calendar days of either end."""
    first, last = np.datetime64(window.first), np.datetime64(window.last)
    start, stop = int(np.searchsorted(dates, first)), int(np.searchsorted(dates, last, side="right"))
    near = np.timedelta64(slack, "D")
    if stop - start < 2 or dates[start] - first > near or last - dates[stop - 1] > near:
        return None
    return slice(start, stop)


def regimes(level: Floats) -> NDArray[np.int64]:
    """(T,) place in `REGIMES` of each day of a market's level (T,), or -1 where too little was known before it.

    Day t is read from closes up to t - 1. Missing closes are carried. Rising: the last close above its `TREND_DAYS`
    mean. Rough: the deviation of the last `ROUGH_DAYS` returns above the median of that deviation so far.
    """
    rows = np.maximum.accumulate(np.where(np.isfinite(level), np.arange(len(level)), 0))
    closes = level[rows]
    out = np.full(len(level), -1, dtype=np.int64)
    if len(level) <= FEWEST_DAYS:
        return out
    moves = np.full(len(level), np.nan)
    moves[1:] = closes[1:] / closes[:-1] - 1.0
    swings = np.full(len(level), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(moves, ROUGH_DAYS)
    swings[ROUGH_DAYS - 1 :] = windows.std(axis=1)
    trend = np.full(len(level), np.nan)
    trend[TREND_DAYS - 1 :] = np.lib.stride_tricks.sliding_window_view(closes, TREND_DAYS).mean(axis=1)
    for day in range(FEWEST_DAYS, len(level)):
        known = swings[:day][np.isfinite(swings[:day])]
        if len(known) < FEWEST_DAYS - ROUGH_DAYS or not np.isfinite(trend[day - 1]):
            continue
        falling = int(closes[day - 1] <= trend[day - 1])
        rough = int(swings[day - 1] > np.median(known))
        out[day] = 2 * falling + rough
    return out
