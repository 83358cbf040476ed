"""One draw of days for all strategies and all figures, so that every difference is a paired one.

The same circular block bootstrap as `portfolio.statistics.block_bootstrap`, seed for seed; only that a whole table is
drawn at once, which is what makes an interval for each figure of twenty strategies a matter of seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from portfolio.market import Floats
from portfolio.statistics import Interval, optimal_block

FIGURES = ("annual_return", "volatility", "sharpe", "sortino", "max_drawdown", "cvar", "certainty_equivalent")
"""As in `portfolio.metrics`: `cvar` is `conditional_value_at_risk`."""
TAIL = 0.05
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Draws:
    """Figures of the days as they were, (K,), and of every draw, (D, K), by name."""

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
    returns: Floats, cash: Floats, periods: float, *, risk_aversion: float, draws: int, level: float, seed: int
) -> Draws:
    """Draw days in blocks and take every figure of `FIGURES` each time.

    Parameters
    ----------
    returns : (L, K) net simple returns of K strategies on the same days
    cash : (L,) what bills paid

    The block is the longest that `optimal_block` asks for among the strategies' returns over bills.
    """
    length, count = returns.shape
    if length < 30 or not np.isfinite(returns).all():
        raise ValueError(f"{length} days are too few to doubt a figure; give a longer test window")
    excess = returns - cash[:, None]
    block = max(optimal_block(excess[:, place]) for place in range(count))
    rng = np.random.default_rng(seed)
    parts: list[dict[str, Floats]] = []
    size = max(1, _CHUNK // returns.size)
    for first in range(0, draws, size):
        starts = rng.integers(0, length, size=(min(size, draws - first), ceil(length / block)))
        picks = ((starts[:, :, None] + np.arange(block)) % length).reshape(len(starts), -1)[:, :length]
        parts.append(_figures(returns[picks], excess[picks], periods, risk_aversion))
    point = _figures(returns[None], excess[None], periods, risk_aversion)
    return Draws(
        point={name: point[name][0] for name in FIGURES},
        drawn={name: np.concatenate([part[name] for part in parts]) for name in FIGURES},
        block=block,
        level=level,
    )


def _figures(returns: Floats, excess: Floats, periods: float, risk_aversion: float) -> dict[str, Floats]:
    """Each (D, K) of draws (D, L, K); the formulas of `portfolio.metrics`, a flat draw's ratio counting as zero."""
    length = returns.shape[1]
    logs = np.log1p(np.maximum(returns, -0.999999))
    path = np.cumsum(logs, axis=1)
    peak = np.maximum(np.maximum.accumulate(path, axis=1), 0.0)
    mean, deviation = excess.mean(axis=1), excess.std(axis=1, ddof=1)
    downside = np.sqrt((np.minimum(excess, 0.0) ** 2).mean(axis=1))
    root = float(np.sqrt(periods))
    if abs(risk_aversion - 1.0) < 1e-9:
        sure = logs.mean(axis=1)
    else:
        power = 1.0 - risk_aversion
        sure = np.log(np.exp(power * logs).mean(axis=1)) / power
    whole = int(TAIL * length)
    worst = np.sort(np.partition(returns, whole, axis=1)[:, : whole + 1], axis=1)
    tail = -(worst[:, :whole].sum(axis=1) + (TAIL * length - whole) * worst[:, whole]) / (TAIL * length)
    return {
        "annual_return": np.expm1(path[:, -1] * periods / length),
        "volatility": returns.std(axis=1, ddof=1) * root,
        "sharpe": _over(mean * root, deviation),
        "sortino": _over(mean * root, downside),
        "max_drawdown": 1.0 - np.exp((path - peak).min(axis=1)),
        "cvar": tail,
        "certainty_equivalent": np.expm1(sure * periods),
    }


def _over(above: Floats, below: Floats) -> Floats:
    out: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 1e-14)
    return out
