"""How little one window of fourteen days says: all of them, and where the paper's one stands among them."""

from math import ceil
from statistics import NormalDist

import numpy as np

from lab.objectives.records import Windows
from portfolio.market import Dates, Floats
from portfolio.statistics import block_bootstrap

DAYS = 14
"""Calendar days: ten trading days, but for holidays."""
PAPER = {"policy": -0.0515, "policy less equal weight": 0.0292, "policy less index": -0.0232}
"""arXiv 2606.30997's one window: the policy's return, equal weight worse by 2.92 points, SPY better by 2.32."""
SIGNIFICANCE, POWER = 0.05, 0.80
BLOCK = 10
"""Trading days that two neighbouring windows share."""


def window_returns(dates: Dates, daily: Floats) -> Floats:
    """(K,) returns of every window of `DAYS` calendar days that ends within the data; overlapping, one from each day.

    dates (S,), daily (S - 1,) simple returns from each day to the next.
    """
    wealth = np.append(1.0, np.cumprod(1.0 + daily))
    days = dates.astype("datetime64[D]")
    ends = np.searchsorted(days, days + np.timedelta64(DAYS, "D"), side="right") - 1
    whole = days + np.timedelta64(DAYS, "D") <= days[-1]
    found: Floats = wealth[ends[whole]] / wealth[np.flatnonzero(whole)] - 1.0
    return found


def windows_of(what: str, moves: Floats, paper: float, *, seed: int, draws: int, level: float) -> Windows:
    """The distribution of windows (K,) and the paper's figure in it."""
    below = (moves < paper).astype(np.float64)
    lowest, tenth, median, ninetieth, highest = (float(q) for q in np.quantile(moves, [0.0, 0.1, 0.5, 0.9, 1.0]))
    mean, deviation = float(moves.mean()), float(moves.std(ddof=1))
    return Windows(
        what=what,
        paper=paper,
        percentile=block_bootstrap(below, seed=seed, block=min(4 * BLOCK, len(below)), draws=draws, level=level),
        count=len(moves),
        mean=mean,
        deviation=deviation,
        lowest=lowest,
        tenth=tenth,
        median=median,
        ninetieth=ninetieth,
        highest=highest,
        needed=needed_windows(mean, deviation),
    )


def needed_windows(mean: float, deviation: float) -> int | None:
    """Separate windows for a two-sided test of the mean at 5 % to see it four times in five:
    ((z_0.975 + z_0.8) deviation / mean)^2 (Cohen 1988)."""
    if mean == 0.0:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf(1.0 - SIGNIFICANCE / 2.0) + normal.inv_cdf(POWER)
    return ceil((reach * deviation / mean) ** 2)
