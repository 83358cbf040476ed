"""From weights to money and to alignment: every client's account under every arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lab.alignment.arms import DECIDED, EQUAL, PROFILE_POLICY, SWAPPED_POLICY
from lab.alignment.deciding import Decided
from portfolio.alignment import Lived, Needs, served, volatility_kept
from portfolio.backtest import BacktestResult, Costs, backtest
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.metrics import annual_turnover, periods_per_year

TOLERANCE = 0.15
"""Of the volatility cap, in the tolerant score: the tolerance of `rl.risk_levels`."""
SWAPS = 6
"""Placebos a client: others whose accounts they are judged by, the mean of whose values counts."""


@dataclass(frozen=True, eq=False)
class Accounts:
    """C clients under all arms over the same S closes.

    Attributes
    ----------
    dates : (S,)
    returns : (S - 1, K) net daily returns of the K accounts that differ
    columns : arm -> (C,) the column of each client; one column for all where the arm knows nobody
    values : arm -> (C, R, P) what `portfolio.alignment.served` gives
    tolerant : arm -> (C, R, P) the same with the volatility forgiven up to `TOLERANCE`
    turnover : arm -> median over clients, one-way a year
    bills : (S - 1,) what cash earned
    billed : whether a bill rate is known throughout
    """

    dates: Dates
    returns: Floats
    columns: Mapping[str, np.ndarray]
    values: Mapping[str, Floats]
    tolerant: Mapping[str, Floats]
    turnover: Mapping[str, float]
    bills: Floats
    billed: bool
    periods: float

    def of(self, arm: str) -> Floats:
        """(S - 1, C) each client's returns."""
        return np.asarray(self.returns[:, self.columns[arm]])


def carry(panel: MarketPanel, decided: Decided, needs: Sequence[Needs], *, basis_points: float, seed: int) -> Accounts:
    """Every account with drift and costs, dealt at the close after each decision; `seed` draws the placebo's pairs."""
    if len(needs) < 2:
        raise ValueError("a placebo needs another client; give two or more")
    start = decided.rows[0]
    rate = panel.cash_rate
    billed = rate is not None and bool(np.isfinite(rate[start:]).all())
    costs = Costs(commission=basis_points / 10_000.0)
    decisions = np.array(decided.rows, dtype=np.int64)

    def account(weights: Floats) -> BacktestResult:
        earned = rate if billed else None
        return backtest(panel.close, panel.dates, weights, costs=costs, decisions=decisions, cash_rate=earned)

    even = account(decided.weights[EQUAL][:, 0])
    periods = periods_per_year(even.dates)
    columns: dict[str, np.ndarray] = {}
    values: dict[str, Floats] = {}
    tolerant: dict[str, Floats] = {}
    turnover: dict[str, float] = {}
    returns: list[Floats] = []
    for arm in DECIDED:
        first, turned = len(returns), []
        lived: list[Lived] = []
        for weights in decided.weights[arm.name].swapaxes(0, 1):
            made = account(weights)
            lived.append(Lived(made.returns, made.weights, made.decided, weights, even.returns, made.cash_returns))
            returns.append(made.returns)
            turned.append(annual_turnover(made, periods))
        own = np.arange(len(needs)) if len(lived) > 1 else np.zeros(len(needs), dtype=np.int64)
        columns[arm.name] = first + own
        values[arm.name], tolerant[arm.name] = _judged(needs, [lived[place] for place in own.tolist()])
        turnover[arm.name] = float(np.median(turned))
        if arm.name == PROFILE_POLICY:
            others = _others(len(needs), seed)
            swapped = [_judged(needs, [lived[place] for place in row]) for row in others.tolist()]
            values[SWAPPED_POLICY] = np.mean([one for one, _ in swapped], axis=0)
            tolerant[SWAPPED_POLICY] = np.mean([one for _, one in swapped], axis=0)
            columns[SWAPPED_POLICY], turnover[SWAPPED_POLICY] = first + others[0], turnover[arm.name]
    return Accounts(
        dates=even.dates,
        returns=np.column_stack(returns),
        columns=columns,
        values=values,
        tolerant=tolerant,
        turnover=turnover,
        bills=even.cash_returns,
        billed=billed,
        periods=periods,
    )


def _judged(needs: Sequence[Needs], lived: Sequence[Lived]) -> tuple[Floats, Floats]:
    """(C, R, P) values of each client's account, and the same with the volatility forgiven."""
    values = np.stack([served(need, life) for need, life in zip(needs, lived, strict=True)])
    forgiven = values.copy()
    forgiven[:, :, 0] = [volatility_kept(need, life, TOLERANCE) for need, life in zip(needs, lived, strict=True)]
    return values, forgiven


def _others(clients: int, seed: int) -> np.ndarray:
    """(K, C) for each client K different others: everybody one to K places further round a shuffled table."""
    table = np.random.default_rng(seed).permutation(clients)
    seats = np.argsort(table)
    return np.stack([table[(seats + step) % clients] for step in range(1, min(SWAPS, clients - 1) + 1)])
