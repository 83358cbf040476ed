"""A persona in Python: above its average price of 200 days, good; below it, bad (Faber 2007).

Make it known to Quorum in your package's `pyproject.toml`:

    [project.entry-points."quorum.personas"]
    trend_follower = "trend_follower:TrendFollower"
"""

import numpy as np
from numpy.typing import NDArray

from agents.personas import PersonaSpec
from portfolio.market import Floats, MarketPanel

DAYS = 200


class TrendFollower:
    """Scores tanh of the distance to the average, in units of a tenth."""

    spec = PersonaSpec(
        name="trend_follower",
        version=1,
        purpose="price against its average of 200 days",
        factor="trend_follower:TrendFollower",
        horizon_days=63,
        inputs=("close",),
        lookback=DAYS,
        origin="docs/examples/personas/trend_follower.py",
        fingerprint="trend_follower 1",
    )

    def history(self, panel: MarketPanel) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """score, confidence and mask, each (T, N); row t from rows t-199 to t."""
        close = panel.close
        total, count = np.zeros_like(close), np.zeros_like(close)
        for lag in range(min(DAYS, len(close))):  # one elementwise step a lag: the same bits wherever the panel ends
            then = close[: len(close) - lag]
            total[lag:] += np.where(np.isnan(then), 0.0, then)
            count[lag:] += ~np.isnan(then)
        mask = ~np.isnan(close) & (count >= 0.9 * DAYS)
        distance = np.where(mask, np.where(mask, close, 1.0) * count / np.where(mask, total, 1.0) - 1.0, 0.0)
        return np.tanh(10.0 * distance), np.where(mask, 0.5 * count / DAYS, 0.0), mask
