"""From weights to money: every strategy's account over the whole history, and its part of any span."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.backtest.execution import Execution
from lab.backtest.resample import Dealing
from lab.backtest.seen import World
from lab.backtest.weights import Decided
from portfolio.backtest import BacktestResult, backtest
from portfolio.market import Dates, Floats
from portfolio.metrics import Metrics, certainty_equivalent, periods_per_year, sharpe_ratio, summary, with_taxes
from portfolio.taxes import AfterTax, LotOrder, TaxRates, after_tax

COST_LADDER = (0.0, 5.0, 10.0, 25.0, 50.0)
"""Basis points of the value traded."""
PLAIN = Execution()


@dataclass(frozen=True, eq=False)
class Accounts:
    """Daily accounts on the same days; S days, from the first decision to the last price.

    dates (S,), cash (S - 1,) what bills paid, results by name.
    """

    dates: Dates
    cash: Floats
    results: Mapping[str, BacktestResult]
    periods: float

    def returns(self, name: str, start: int = 0) -> Floats:
        """(S - 1 - start,) net returns from the close of row `start` on."""
        return np.asarray(self.results[name].returns[start:])


def bill_rate(world: World, test: int) -> tuple[Floats | None, str]:
    """(T,) the rate that cash earns, or None, and the words for it: half a rate is no rate."""
    rate = world.panel.cash_rate
    if rate is not None and bool(np.isfinite(rate[test:]).all()):
        return rate, f"Cash earns {world.panel.cash_rate_source}; every ratio is over that rate."
    if rate is None:
        return None, "No bill rate is known: cash earns nothing here, for every strategy alike."
    known = world.panel.dates[np.flatnonzero(np.isfinite(rate))[-1]]
    return None, (
        f"The bill rate is known to {known} only, which is not the whole test: cash earns nothing here, for every "
        "strategy alike, and the ratio is return over volatility. End the test there (--last) for Sharpe ratios over "
        "bills."
    )


def carry(
    world: World,
    decided: Decided,
    rate: Floats | None,
    basis_points: float,
    execution: Execution = PLAIN,
    holding: Collection[str] = (),
) -> Accounts:
    """Every strategy through the prices with drift and costs, dealt at the close after the decision.

    Parameters
    ----------
    rate : (T,) what cash earns a year, or None for nothing
    basis_points : commission, of the value traded
    execution : how orders are dealt beside that
    holding : strategies whose drift is nobody's business between their decisions
    """
    closes = world.closes()
    results = {
        name: backtest(
            closes,
            world.panel.dates,
            weights,
            costs=execution.costs(basis_points),
            cash_rate=rate,
            initial=execution.money,
            rules=execution.holding if name in holding else execution.rules,
        )
        for name, weights in decided.weights.items()
    }
    one = next(iter(results.values()))
    return Accounts(one.dates, one.cash_returns, results, periods_per_year(one.dates))


def metrics_of(
    accounts: Accounts, name: str, start: int, baseline: str, risk_aversion: float, taxed: AfterTax | None = None
) -> Metrics:
    """All figures from the close of row `start` on."""
    result = accounts.results[name]
    net, cash = accounts.returns(name, start), accounts.cash[start:]
    benchmark = None if name == baseline else accounts.returns(baseline, start)
    made = summary(net, cash, accounts.periods, benchmark=benchmark, risk_aversion=risk_aversion)
    years = len(net) / accounts.periods
    gross = float(np.prod(1.0 + result.gross_returns[start:]) ** (1.0 / years)) - 1.0
    made = made if taxed is None else with_taxes(made, taxed)
    return made.model_copy(
        update={
            "turnover": float(result.turnover[start + 1 :].sum()) / years,
            "trades": int(result.orders[start + 1 :].sum()),
            "cost_drag": gross - made.annual_return,
        }
    )


def tax(accounts: Accounts, start: int, rates: TaxRates, lots: LotOrder, account: float | None) -> dict[str, AfterTax]:
    """Every strategy's account after taxes, from the close of row `start`, where all lots count as bought.

    `account` is the client's money then, and the limit on what losses save is brought to the backtest's own scale;
    None: what the backtest's account holds is the client's money.
    """
    out = {}
    for name, result in accounts.results.items():
        scale = 1.0 if account is None else float(result.wealth[start]) / account
        scaled = rates.model_copy(update={"ordinary_loss_limit": scale * rates.ordinary_loss_limit})
        taxed = after_tax(result, scaled, order=lots, since=start)
        power = accounts.periods / (len(taxed.wealth) - 1)  # a year as in every other figure of the account
        finals = (float(result.wealth[-1]), float(taxed.wealth[-1]) - taxed.owed, taxed.liquidation)
        before, after, sold = ((max(final, 0.0) / taxed.initial) ** power - 1.0 for final in finals)
        out[name] = replace(taxed, before=before, after=after, after_liquidation=sold)
    return out


def taxed_returns(taxed: AfterTax) -> Floats:
    """(L,) daily returns after taxes paid, what is still owed at the end taken from the last day."""
    wealth = taxed.wealth.copy()
    wealth[-1] -= taxed.owed
    return np.asarray(wealth[1:] / np.append(taxed.initial, wealth[1:-1]) - 1.0)


def dealing_of(accounts: Accounts, names: Sequence[str], start: int, taxed: Mapping[str, AfterTax] | None) -> Dealing:
    """Turnover, gross and after-tax returns of the days after row `start`, one column a strategy."""
    results = [accounts.results[name] for name in names]
    return Dealing(
        turnover=np.column_stack([result.turnover[start + 1 :] for result in results]),
        gross=np.column_stack([result.gross_returns[start:] for result in results]),
        after_tax=None if taxed is None else np.column_stack([taxed_returns(taxed[name]) for name in names]),
    )


@dataclass(frozen=True)
class CostRow:
    """One strategy's figures in the test window at each cost of `COST_LADDER`."""

    name: str
    sharpe: tuple[float | None, ...]
    certainty_equivalent: tuple[float | None, ...]


def cost_ladder(
    carried: Callable[[Decided, float], Accounts],
    decided: Decided,
    accounts: Accounts,
    start: int,
    names: Sequence[str],
    risk_aversion: float,
    basis_points: float,
    *,
    whole: bool = False,
) -> tuple[CostRow, ...]:
    """The same weights at other costs in the test window; at the plan's own, `basis_points`, from its own accounts.

    Only prices from the last decision before the test are gone through, after which a strategy that decides each time
    holds what it would hold anyway; one that decides seldom is carried from its beginning. With `whole`, all are: where
    the size of the account or what was held before matters (`Execution.plain` is false).

    Parameters
    ----------
    carried : decisions and basis points -> accounts, as `carry` with all else of the run
    """
    begin = decided.rows[0] + start
    sharpe: dict[str, list[float | None]] = {name: [] for name in names}
    sure: dict[str, list[float | None]] = {name: [] for name in names}
    for points in COST_LADDER:
        other = points != basis_points
        some = carried(decided if whole else _late(decided, begin), points) if other else accounts
        for name in names:
            net = some.results[name].returns[-(len(accounts.dates) - 1 - start) :]
            sharpe[name].append(sharpe_ratio(net, accounts.cash[start:], accounts.periods))
            sure[name].append(certainty_equivalent(net, risk_aversion, accounts.periods))
    return tuple(CostRow(name, tuple(sharpe[name]), tuple(sure[name])) for name in names)


def _late(decided: Decided, begin: int) -> Decided:
    """Without the decisions before the last one that was dealt by row `begin`."""
    weights = {}
    for name, table in decided.weights.items():
        dealt = [row for row in table if row < begin]
        weights[name] = {row: held for row, held in table.items() if not dealt or row >= dealt[-1]}
    return replace(decided, weights=weights)
