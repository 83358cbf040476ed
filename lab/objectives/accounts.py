"""One account: dealt with costs by the house's engine, then taxed lot by lot for each client's rates."""

from dataclasses import dataclass

import numpy as np

from lab.objectives.records import Config
from portfolio.backtest import BacktestResult, Costs, backtest
from portfolio.market import Dates, Floats
from portfolio.metrics import summary
from portfolio.records import Record
from portfolio.taxes import AfterTax, TaxRates, after_tax


class Taxed(Record):
    """What taxes left; see `portfolio.taxes.AfterTax`. Money as a share of the start; months as in `Account`."""

    after: float
    liquidated: float
    paid: float
    harvested: float
    washed: float
    """Losses disallowed by wash sales, which join the replacement's basis."""
    carried: float
    """Losses still carried forward at the end."""
    value: tuple[float, ...]
    """(M + 1,) the account's value if it were sold and all taxes paid, at each month's end."""
    losses: tuple[float, ...]
    """(M,) losses realised in the month that count for tax, positive, as a share of the account before tax."""
    gains: tuple[float, ...]
    """(M,) gains realised in the month."""
    long_gains: tuple[float, ...]
    """(M,) of them, long-term."""


class Account(Record):
    """Daily and monthly figures of one strategy. A month runs from one decision to the next, the last to the end.

    daily : (S - 1,) net returns ; wealth : (M + 1,) before tax at each month's end, as a share of the start
    """

    annual_return: float
    volatility: float
    sharpe: float | None
    certainty_equivalent: float
    max_drawdown: float
    turnover: float
    daily: tuple[float, ...]
    wealth: tuple[float, ...]
    typical: Taxed
    high: Taxed | None = None
    dear: Taxed | None = None


@dataclass(frozen=True, eq=False)
class Market:
    """What every account of a universe shares: closes (T, M), dates (T,), the bill rate (T,) or None, and the rows of
    the decisions."""

    closes: Floats
    dates: Dates
    rate: Floats | None
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Order:
    """One job: decided weights (R, M + 1) on `rows`, and which of the dearer figures are wanted."""

    universe: str
    rows: tuple[int, ...]
    weights: Floats
    high: bool
    dear: bool


@dataclass(frozen=True, eq=False)
class Shared:
    """What the jobs of all universes share."""

    config: Config
    markets: dict[str, Market]


def work(shared: Shared, order: Order) -> bytes:
    """The account as JSON: for `lab.spread`."""
    market = shared.markets[order.universe]
    return account_of(market, order, shared.config).model_dump_json().encode()


def account_of(market: Market, order: Order, config: Config) -> Account:
    """Deal and tax. Raises ValueError as the engine and the replay do."""
    result = dealt(market, order.rows, order.weights, config.basis_points)
    figures = summary(result, risk_aversion=config.risk_aversion)
    sure = figures.certainty_equivalent
    return Account(
        annual_return=figures.annual_return,
        volatility=figures.volatility,
        sharpe=figures.sharpe,
        certainty_equivalent=-1.0 if sure is None else sure,
        max_drawdown=figures.max_drawdown,
        turnover=figures.turnover or 0.0,
        daily=tuple(result.returns.tolist()),
        wealth=tuple(_at_months(result, market, result.wealth)),
        typical=taxed(result, market, config.rates),
        high=taxed(result, market, config.high_rates) if order.high else None,
        dear=taxed(dealt(market, order.rows, order.weights, config.dear_basis_points), market, config.rates)
        if order.dear
        else None,
    )


def dealt(market: Market, rows: tuple[int, ...], weights: Floats, basis_points: float) -> BacktestResult:
    """The account of weights decided on rows and dealt at the next close."""
    return backtest(
        market.closes,
        market.dates,
        weights,
        decisions=np.asarray(rows, dtype=np.int64),
        costs=Costs(commission=basis_points / 10_000.0),
        cash_rate=market.rate,
    )


def month_ends(result: BacktestResult, market: Market) -> np.ndarray:
    """(M + 1,) rows of the result on which a month ends: the market's decision rows and the last day."""
    first = len(market.dates) - len(result.dates)
    rows = np.asarray(market.rows, dtype=np.int64) - first
    return np.unique(np.append(rows[rows >= 0], len(result.dates) - 1))


def taxed(result: BacktestResult, market: Market, rates: TaxRates) -> Taxed:
    """The replay of the lots, highest basis first, with what was realised month by month."""
    ends = month_ends(result, market)
    made = after_tax(result, rates, order="hifo", marks=ends)
    last = made.years[max(made.years)]
    losses, gains, long_gains = _realised(made, result, ends)
    before = result.wealth[ends[:-1]] * made.factor[ends[:-1]]
    start = result.initial
    return Taxed(
        after=made.after,
        liquidated=made.after_liquidation,
        paid=(made.paid + made.owed) / start,
        harvested=made.harvested / start,
        washed=made.disallowed / start,
        carried=(last.carry_short + last.carry_long) / start,
        value=tuple((made.marked / start).tolist()),
        losses=tuple((losses / before).tolist()),
        gains=tuple((gains / start).tolist()),
        long_gains=tuple((long_gains / start).tolist()),
    )


def _realised(made: AfterTax, result: BacktestResult, ends: np.ndarray) -> tuple[Floats, Floats, Floats]:
    """(M,) each: losses that count for tax, gains, and long-term gains, by the month of the sale."""
    days = result.dates[ends]
    out = np.zeros((3, len(ends) - 1))
    for sale in made.sales:
        month = int(np.searchsorted(days, np.datetime64(sale.sold))) - 1
        gain = sale.recognised
        if gain < 0.0:
            out[0, month] -= gain
        else:
            out[1, month] += gain
            out[2, month] += gain if sale.is_long else 0.0
    return out[0], out[1], out[2]


def _at_months(result: BacktestResult, market: Market, wealth: Floats) -> list[float]:
    ends = month_ends(result, market)
    found: list[float] = (wealth[ends] / result.initial).tolist()
    return found
