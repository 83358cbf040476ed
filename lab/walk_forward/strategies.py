"""Strategies that learn nothing, on the policy's own decision days and with its own covariance.

A sleeve is a place in the risky part of a portfolio; `at_risk` mixes it with cash to the client's volatility, so that
all are compared at the same risk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lab.walk_forward.universes import INDEX, StudyUniverse
from portfolio import baselines
from portfolio.market import Floats
from portfolio.risk import LONG_WINDOW, volatilities
from rl.environment import Market
from rl.features import YEAR, carried, daily_moves

EQUAL_WEIGHT, BUY_AND_HOLD = "equal weight", "buy and hold"
Rule = Callable[[Floats, Floats], Floats]
"""(covariance (K, K), means over bills (K,)) of the assets held -> sleeve (K,)."""

RULES: Mapping[str, Rule] = {
    EQUAL_WEIGHT: lambda cov, _means: baselines.equal_weight(cov),
    "risk parity": lambda cov, _means: baselines.risk_parity(cov),
    "inverse volatility": lambda cov, _means: baselines.inverse_volatility(cov),
    "min-variance": lambda cov, _means: baselines.min_variance(cov),
    "max-Sharpe": lambda cov, means: baselines.max_sharpe(means, cov),
    "HRP": lambda cov, _means: baselines.hierarchical_risk_parity(cov),
}


@dataclass(frozen=True, eq=False)
class Sleeves:
    """One strategy on D decision days.

    Attributes
    ----------
    weights : (D, N + 1) over the assets and the index, rows summing to one, or all zero where nothing can be held
    risk : (D,) yearly volatility that the covariance of the day expects of it, 0 where nothing is held
    """

    weights: Floats
    risk: Floats

    def at_risk(self, volatility: float) -> Floats:
        """(D, N + 2) weights mixed with cash, which stands last, down to the volatility; never levered up."""
        share = np.divide(volatility, self.risk, out=np.ones_like(self.risk), where=self.risk > 0.0)
        risky = self.weights * np.minimum(share, 1.0)[:, None]
        return np.column_stack([risky, 1.0 - risky.sum(axis=1)])


def sleeves_of(universe: StudyUniverse, market: Market) -> dict[str, Sleeves]:
    """Every strategy of the study on the universe's decision days, in the order of the tables."""
    panel = universe.panel
    rows = np.searchsorted(panel.dates, market.dates)
    closes = carried(panel.close)
    moves = daily_moves(closes)
    rate = np.zeros(len(panel.dates)) if panel.cash_rate is None else np.nan_to_num(panel.cash_rate)
    covariance, eligible = market.covariance.double().numpy(), market.eligible.numpy()
    days, assets = eligible.shape
    made = {name: np.zeros((days, assets + 1)) for name in RULES}
    for day in range(days):
        held = eligible[day]
        if not held.any():
            continue
        cov = covariance[day][np.ix_(held, held)]
        seen = moves[max(1, rows[day] - YEAR + 1) : rows[day] + 1, held]
        means = np.nan_to_num(seen).mean(axis=0) * YEAR - rate[rows[day]]
        for name, rule in RULES.items():
            made[name][day, :-1][held] = rule(cov, means)
    made[BUY_AND_HOLD] = _bought_and_held(closes[rows], eligible)
    out = {name: on_covariance(weights, covariance) for name, weights in made.items()}
    if universe.balanced is not None:
        shares, bonds = (panel.symbols.index(symbol) for symbol in universe.balanced)
        both = eligible[:, shares] & eligible[:, bonds]
        out["60/40"] = on_covariance(_fixed(both, {shares: 0.6, bonds: 0.4}, assets), covariance)
    if universe.market == INDEX and panel.index is not None:
        out["index"] = _index(panel.index, rows, assets)
    elif universe.market is not None and universe.market != INDEX:
        place = panel.symbols.index(universe.market)
        out["index"] = on_covariance(_fixed(eligible[:, place], {place: 1.0}, assets), covariance)
    return out


def on_covariance(weights: Floats, covariance: Floats) -> Sleeves:
    """Sleeves (D, N + 1) of assets alone, with the risk that the days' covariances (D, N, N) see in them."""
    held = weights[:, :-1]
    variance = np.einsum("dn,dnm,dm->d", held, covariance, held)
    return Sleeves(weights, np.sqrt(np.maximum(variance, 0.0)))


def _fixed(days: np.ndarray, places: Mapping[int, float], assets: int) -> Floats:
    weights = np.zeros((len(days), assets + 1))
    for place, share in places.items():
        weights[days, place] = share
    return weights


def _bought_and_held(closes: Floats, eligible: np.ndarray) -> Floats:
    """(D, N + 1) an equal share of each asset, bought when it was first eligible and never sold: a newcomer gets the
    mean of what the others have come to, an asset that is gone is spread over them."""
    value = np.zeros(closes.shape[1])
    out = np.zeros((len(closes), closes.shape[1] + 1))
    for day in range(len(closes)):
        if day > 0:
            grown = closes[day] / closes[day - 1]
            value = np.where(np.isfinite(grown), value * grown, value)
        held = eligible[day]
        old = held & (value > 0.0)
        value = np.where(held & ~old, value[old].mean() if old.any() else 1.0, np.where(held, value, 0.0))
        if held.any():
            out[day, :-1] = value / value.sum()
    return out


def _index(level: Floats, rows: np.ndarray, assets: int) -> Sleeves:
    moves = daily_moves(carried(level[:, None]))
    weights, risk = np.zeros((len(rows), assets + 1)), np.zeros(len(rows))
    for day, row in enumerate(rows.tolist()):
        seen = moves[max(1, row - LONG_WINDOW + 1) : row + 1]
        if int(np.isfinite(seen).sum()) >= YEAR // 4:
            weights[day, -1], risk[day] = 1.0, float(volatilities(seen)[0])
    return Sleeves(weights, risk)
