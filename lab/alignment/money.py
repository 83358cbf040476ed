"""Figures of many accounts at once, and their medians over clients in draws of days and clients.

Formulas as in `portfolio.metrics`. A draw takes days in blocks and clients one by one, the same for every arm, so that
every difference is a paired one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from lab.alignment.accounts import Accounts
from lab.alignment.arms import EQUAL, MVO
from lab.alignment.records import Figure
from portfolio.market import Floats
from portfolio.metrics import FLAT
from portfolio.statistics import optimal_block

FIGURES = (
    "annual_return",
    "volatility",
    "ratio",
    "max_drawdown",
    "information_mvo",
    "information_equal",
    "return_to_mvo",
    "drawdown_to_mvo",
    "matched_return_to_mvo",
    "matched_drawdown_to_mvo",
    "matched_gain_equal",
)
MONTH = 21


@dataclass(frozen=True, eq=False)
class Money:
    """Figures (K,) as the days were, and medians over clients by arm and figure in every draw (D,).

    differences : (arm, arm) -> figure -> (D,) medians over clients of the difference
    """

    point: Mapping[str, Floats]
    columns: Mapping[str, np.ndarray]
    medians: Mapping[str, Mapping[str, Floats]]
    differences: Mapping[tuple[str, str], Mapping[str, Floats]]
    block: int
    level: float

    def figure(self, arm: str, name: str) -> Figure:
        """The median over clients."""
        return self._figure(_median(self.point[name][self.columns[arm]]), self.medians[arm][name])

    def difference(self, first: str, second: str, name: str) -> Figure:
        """The median over clients of the first arm's figure less the second's."""
        own, other = (self.point[name][self.columns[arm]] for arm in (first, second))
        return self._figure(_median(own - other), self.differences[first, second][name])

    def _figure(self, point: float, drawn: Floats) -> Figure:
        known = drawn[np.isfinite(drawn)]
        if not np.isfinite(point) or not len(known):
            return Figure(value=None)
        low, high = np.quantile(known, [(1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0])
        return Figure(value=point, low=float(low), high=float(high))


def money_of(accounts: Accounts, pairs: tuple[tuple[str, str], ...], *, draws: int, seed: int, level: float) -> Money:
    """All figures of all arms, and of the differences of `pairs`."""
    returns, bills = accounts.returns, accounts.bills
    mvo, equal = (int(accounts.columns[name][0]) for name in (MVO, EQUAL))
    length, clients = len(returns), len(next(iter(accounts.columns.values())))
    block = max(MONTH, *(optimal_block(returns[:, at] - bills) for at in (mvo, equal)))
    rng = np.random.default_rng(seed)
    medians = {arm: {name: np.empty(draws) for name in FIGURES} for arm in accounts.columns}
    apart = {pair: {name: np.empty(draws) for name in FIGURES} for pair in pairs}
    for draw in range(draws):
        starts = rng.integers(0, length, ceil(length / block))
        days = ((starts[:, None] + np.arange(block)) % length).reshape(-1)[:length]
        who = rng.integers(0, clients, clients)
        made = figures(returns[days], bills[days], accounts.periods, mvo, equal)
        for name, values in made.items():
            for arm, columns in accounts.columns.items():
                medians[arm][name][draw] = _median(values[columns[who]])
            for first, second in pairs:
                one, two = (values[accounts.columns[arm][who]] for arm in (first, second))
                apart[first, second][name][draw] = _median(one - two)
    point = figures(returns, bills, accounts.periods, mvo, equal)
    return Money(point, accounts.columns, medians, apart, block, level)


def figures(returns: Floats, bills: Floats, periods: float, mvo: int, equal: int) -> dict[str, Floats]:
    """Each of `FIGURES` (K,) of net returns (L, K); `mvo` and `equal` are the columns of the two references."""
    length = len(returns)
    excess = returns - bills[:, None]
    deviation = returns.std(axis=0, ddof=1)
    growth, depth = _grown(returns, periods)
    out = {
        "annual_return": growth,
        "volatility": deviation * sqrt(periods),
        "ratio": _over(excess.mean(axis=0) * sqrt(periods), excess.std(axis=0, ddof=1)),
        "max_drawdown": depth,
        "return_to_mvo": _ratio(growth, growth[mvo]),
        "drawdown_to_mvo": _ratio(depth, depth[mvo]),
    }
    for name, place in (("information_mvo", mvo), ("information_equal", equal)):
        active = returns - returns[:, [place]]
        out[name] = _over(active.mean(axis=0) * sqrt(periods), active.std(axis=0, ddof=1))
    own, other = _matched(returns, bills, deviation, mvo, periods)
    out["matched_return_to_mvo"] = _ratio(own[0], other[0])
    out["matched_drawdown_to_mvo"] = _ratio(own[1], other[1])
    own, other = _matched(returns, bills, deviation, equal, periods)
    out["matched_gain_equal"] = own[0] - other[0]
    if length < 2:
        raise ValueError("figures need two returns or more")
    return out


def _matched(
    returns: Floats, bills: Floats, deviation: Floats, place: int, periods: float
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Growth and drawdown of each account and of the reference, the wilder of the two mixed daily with bills down to
    the volatility of the calmer one."""
    low = np.minimum(deviation, deviation[place])
    shares = _over(low, deviation), np.where(deviation[place] > FLAT, low / max(deviation[place], FLAT), np.nan)
    cash = bills[:, None]
    own = cash + np.nan_to_num(shares[0]) * (returns - cash)
    other = cash + np.nan_to_num(shares[1]) * (returns[:, [place]] - cash)
    return _grown(own, periods), _grown(other, periods)


def _grown(returns: Floats, periods: float) -> tuple[Floats, Floats]:
    """Yearly growth and the deepest fall from a peak, the start counting as one, (K,) each."""
    path = np.cumsum(np.log1p(returns), axis=0)
    peak = np.maximum(np.maximum.accumulate(path, axis=0), 0.0)
    return np.expm1(path[-1] * periods / len(returns)), 1.0 - np.exp((path - peak).min(axis=0))


def _over(above: Floats, below: Floats) -> Floats:
    out: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > FLAT)
    return out


def _ratio(own: Floats, other: Floats | float) -> Floats:
    """own / other - 1; not defined where the reference is not above zero."""
    reference = np.broadcast_to(np.asarray(other, dtype=np.float64), own.shape)
    return _over(own, reference) - 1.0


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
