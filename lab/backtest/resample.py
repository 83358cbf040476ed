"""One draw of days for all strategies and all figures, so that every difference is a paired one.

The same circular block bootstrap as `portfolio.statistics.block_bootstrap`, seed for seed; only that a whole table is
drawn at once, which is what makes an interval for each figure of twenty strategies a matter of seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from lab.backtest.figures import (
    against_figures,
    dealing_figures,
    matched_figures,
    path_figures,
    spread_figures,
    taxed_figures,
)
from portfolio.market import Floats
from portfolio.statistics import Interval, optimal_block

_CHUNK = 400_000
"""Numbers drawn at a time: few enough for a processor's own memory."""


@dataclass(frozen=True, eq=False)
class Dealing:
    """What else happened on the same days, (L, K): turnover, returns before costs, and after taxes where they count."""

    turnover: Floats
    gross: Floats
    after_tax: Floats | None = None


@dataclass(frozen=True, eq=False)
class Draws:
    """Figures of the days as they were, (K,), and of every draw, (D, K), by the names of `portfolio.metrics.Metrics`.

    Beside them are `matched_return` (`lab.backtest.figures.matched_figures`) and, with taxes, `after_tax_equivalent`,
    the certainty-equivalent return after tax.
    """

    point: Mapping[str, Floats]
    drawn: Mapping[str, Floats]
    block: int
    level: float

    def interval(self, figure: str, place: int) -> Interval:
        """Of one strategy's figure."""
        return self._interval(float(self.point[figure][place]), self.drawn[figure][:, place])

    def difference(self, figure: str, first: int, second: int) -> Interval:
        """Of the first strategy's figure less the second's, on the same days in every draw."""
        table = self.drawn[figure]
        point = float(self.point[figure][first] - self.point[figure][second])
        return self._interval(point, table[:, first] - table[:, second])

    def _interval(self, point: float, drawn: Floats) -> Interval:
        low, high = np.quantile(drawn, [(1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0])
        beyond = min(int((drawn <= 0.0).sum()), int((drawn >= 0.0).sum()))
        return Interval(
            estimate=point,
            low=float(low),
            high=float(high),
            level=self.level,
            p_value=min(1.0, 2.0 * (beyond + 1) / (len(drawn) + 1)),
            block=self.block,
            draws=len(drawn),
        )


def resample(
    returns: Floats,
    cash: Floats,
    periods: float,
    *,
    risk_aversion: float,
    draws: int,
    level: float,
    seed: int,
    base: int = 0,
    dealing: Dealing | None = None,
) -> Draws:
    """Draw days in blocks and take every figure each time.

    Parameters
    ----------
    returns : (L, K) net simple returns of K strategies on the same days
    cash : (L,) what bills paid
    base : place of the strategy that the others are compared with
    dealing : gives intervals of turnover, costs and taxes too

    The block is the longest that `optimal_block` asks for among the strategies' returns over bills.
    """
    length, count = returns.shape
    if length < 30 or not np.isfinite(returns).all():
        raise ValueError(f"{length} days are too few to doubt a figure; give a longer test window")
    excess = returns - cash[:, None]
    block = max(optimal_block(excess[:, place]) for place in range(count))
    rng = np.random.default_rng(seed)

    def figures(picks: np.ndarray) -> dict[str, Floats]:
        net = returns[picks]
        out = path_figures(net, periods, risk_aversion)
        out |= spread_figures(net, excess[picks], periods)
        out |= matched_figures(excess[picks], cash[picks], periods)
        out |= against_figures(net, cash[picks], base, periods)
        if dealing is not None:
            out |= dealing_figures(dealing.turnover[picks], net, dealing.gross[picks], periods)
            if dealing.after_tax is not None:
                out |= taxed_figures(dealing.after_tax[picks], periods, risk_aversion)
        return out

    parts: list[dict[str, Floats]] = []
    size = max(1, _CHUNK // returns.size)
    for first in range(0, draws, size):
        starts = rng.integers(0, length, size=(min(size, draws - first), ceil(length / block)))
        picks = ((starts[:, :, None] + np.arange(block)) % length).reshape(len(starts), -1)[:, :length]
        parts.append(figures(picks))
    point = figures(np.arange(length)[None])
    return Draws(
        point={name: values[0] for name, values in point.items()},
        drawn={name: np.concatenate([part[name] for part in parts]) for name in point},
        block=block,
        level=level,
    )
