"""What taxes leave of a backtest: its ledger replayed through a book of tax lots.

    taxed = after_tax(result, TaxRates(ordinary=0.35, long=0.15), order="hifo", since=row)
    taxed.before, taxed.after, taxed.after_liquidation, taxed.taxes

Taxes of a year are paid on the first day from 15 April of the next by selling a little of everything; a tax that is
negative (a loss set against ordinary income) buys a little of everything. From then on the account is the backtest's
own, smaller or larger by one factor, so any strategy can be replayed without running it again. In a backtest of several
currencies all prices are in the base currency already, and so is every lot's basis at the rate of its own day, which is
what the law asks for (IRC 988 and 1012, Rev. Rul. 54-105).
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from portfolio.backtest.records import BacktestResult, Ints
from portfolio.market import Floats
from portfolio.taxes.book import TaxBook
from portfolio.taxes.rates import TaxRates, YearTax
from portfolio.taxes.records import LotOrder, Sale

TAX_DAY = (4, 15)
"""Month and day on which the tax of the year before is paid."""

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class AfterTax:
    """A backtest's account after taxes, over S days from `since` on. Yearly figures are compound rates, as fractions.

    Attributes
    ----------
    initial : money at the start
    wealth : (S,) money after the taxes paid so far
    factor : (S,) share of the backtest's own account that is left
    years : the tax of every year, the last one as if it ended with the data
    paid : money of taxes paid within the data
    owed : money of taxes on what was realised and not yet paid
    liquidation : money left if everything were sold on the last day and all taxes paid
    harvested : losses realised that count for tax, positive
    disallowed : losses disallowed by wash sales
    before : yearly return before taxes
    after : yearly return after taxes paid and owed on what was realised
    after_liquidation : yearly return after those on unrealised gains too
    sales : every sale of a lot, in the order of sale
    marked : (K,) what `liquidation` would have been on each of the rows `marks`
    """

    initial: float
    wealth: Floats
    factor: Floats
    years: dict[int, YearTax]
    paid: float
    owed: float
    liquidation: float
    harvested: float
    disallowed: float
    before: float
    after: float
    after_liquidation: float
    sales: tuple[Sale, ...] = ()
    marked: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def drag(self) -> float:
        """Yearly return that taxes took."""
        return self.before - self.after

    @property
    def taxes(self) -> float:
        """Money of all taxes on what was realised within the data, paid or still owed; negative is money saved."""
        return self.paid + self.owed


def after_tax(
    result: BacktestResult,
    rates: TaxRates,
    *,
    order: LotOrder = "hifo",
    recovery: float = 1.0,
    since: int = 0,
    marks: Ints | None = None,
) -> AfterTax:
    """Replay a backtest's ledger with taxes.

    Parameters
    ----------
    result : of `portfolio.backtest`. Dividends that it was given apart are income of their day; those within adjusted
        closes are taxed as gains when sold, later and cheaper than in life
    order : which lots are sold
    recovery : what a delisted holding paid of its last close, as in the backtest's `Rules.delisting`
    since : row of the result on which the client begins (the first of a test window): what is held then counts as
        bought at that close, with no gain or loss from before
    marks : (K,) rows of the result, from `since` on, on which the account's value after all taxes is wanted too; see
        `AfterTax.marked`

    Raises ValueError when cash came in that the ledger does not explain (another recovery), fewer than two days are
    left, or taxes take the whole account.
    """
    if not 0 <= since < len(result.dates) - 1:
        raise ValueError(f"row {since} leaves fewer than two of {len(result.dates)} days; begin earlier")
    _check_cash(result, recovery)
    replay = _Replay(result, rates, order, recovery, since)
    wanted = frozenset(() if marks is None else marks.tolist())
    marked = []
    for row in range(since, len(result.dates)):
        replay.step(row)
        if row in wanted:
            marked.append(replay.liquidation(row))
    return replay.summary(np.array(marked))


class _Replay:
    """The book of lots beside the backtest's account, day by day."""

    def __init__(self, result: BacktestResult, rates: TaxRates, order: LotOrder, recovery: float, since: int) -> None:
        self.result, self.order, self.recovery, self.since = result, order, recovery, since
        self.book = TaxBook(rates)
        self.prices = result.prices
        self.days: list[date] = result.dates.astype("datetime64[D]").astype(object).tolist()
        self.place = {int(row): place for place, row in enumerate(result.ledger.rows)}
        self.units = np.zeros(result.closes.shape[1])
        self.rate = result.ledger.rates.sum(axis=0)
        self.factor, self.paid, self.settled = 1.0, 0.0, self.days[since].year - 1
        self.factors = np.ones(len(self.days))

    def step(self, row: int) -> None:
        day = self.days[row]
        if row > self.since:
            self.book.earn(self.factor * self.result.cash[row - 1] * self.result.cash_returns[row - 1], day)
            if len(self.result.dividends):
                self.book.receive(self.factor * float(self.units @ self.result.dividends[row]), day)
        if row == self.since > 0:
            self._begin(row, day)
        elif row in self.place:
            self._deal(self.place[row], row, day)
        if (day.month, day.day) >= TAX_DAY and self.settled < day.year - 1:
            self._pay(row, day)
        self.factors[row] = self.factor

    def liquidation(self, row: int) -> float:
        """Money left if everything were sold on the day of `row` and all taxes paid."""
        day = self.days[row]
        prices = {str(asset): float(price) for asset, price in enumerate(self.prices[row])}
        unpaid = sum(tax.tax for year, tax in self.book.years(day.year - 1).items() if year > self.settled)
        return self.book.liquidation_value(prices, self.factor * float(self.result.cash[row]) - unpaid, day)

    def summary(self, marked: Floats) -> AfterTax:
        result, last = self.result, self.days[-1]
        years = self.book.years(last.year)
        owed = sum(tax.tax for year, tax in years.items() if year > self.settled)
        initial = float(result.wealth[self.since]) if self.since else result.initial
        wealth = (self.factors * result.wealth)[self.since :]
        liquid = self.liquidation(len(self.days) - 1)
        span = (last - self.days[self.since]).days / DAYS_PER_YEAR

        def yearly(final: float) -> float:
            return float((max(final, 0.0) / initial) ** (1.0 / span)) - 1.0

        return AfterTax(
            initial=initial,
            wealth=wealth,
            factor=self.factors[self.since :],
            years=years,
            paid=self.paid,
            owed=owed,
            liquidation=liquid,
            harvested=sum(max(-sale.recognised, 0.0) for sale in self.book.sales),
            disallowed=sum(sale.disallowed for sale in self.book.sales),
            before=yearly(float(result.wealth[-1])),
            after=yearly(float(wealth[-1]) - owed),
            after_liquidation=yearly(liquid),
            sales=tuple(self.book.sales),
            marked=marked,
        )

    def _begin(self, row: int, day: date) -> None:
        """What is held at the close counts as bought at it."""
        self.units = self.result.units[row].copy()
        for asset in np.flatnonzero(self.units > 0.0).tolist():
            self.book.buy(str(asset), float(self.units[asset]), float(self.prices[row, asset]), day)

    def _deal(self, place: int, row: int, day: date) -> None:
        ledger = self.result.ledger
        target, traded = ledger.units[place], ledger.traded[place]
        impact = ledger.impact[place] if len(ledger.impact) else np.zeros(len(target))
        for asset in np.flatnonzero(target != self.units).tolist():
            change, size = float(target[asset] - self.units[asset]), abs(float(traded[asset]))
            price = float(self.prices[row, asset])
            if size == 0.0:
                self._trade(asset, change, price * self.recovery, 0.0, day)
                continue
            # a missing impact is not a number where nothing was traded, and is left alone there
            cost = self.rate[asset] * size + float(impact[asset]) * size * size**0.5 + ledger.order_fee
            self._trade(asset, change, price, cost, day)
        self.units = target.copy()

    def _trade(self, asset: int, change: float, price: float, cost: float, day: date) -> None:
        """Trade `change` units of the backtest's account, times the factor."""
        symbol, units = str(asset), abs(change) * self.factor
        if change > 0.0:
            self.book.buy(symbol, units, price, day, cost * self.factor)
            return
        held = sum(lot.units for lot in self.book.held(symbol))
        if held > 0.0:  # a crumb that is round-off has left the book with its lot
            self.book.sell(symbol, min(units, held), price, day, cost * self.factor, self.order)

    def _pay(self, row: int, day: date) -> None:
        due = sum(tax.tax for year, tax in self.book.years(day.year - 1).items() if year > self.settled)
        self.settled, self.paid = day.year - 1, self.paid + due
        if due == 0.0:
            return
        value = np.where(self.units > 0.0, self.units * self.prices[row], 0.0)
        fees = float(self.rate @ value)
        change = -due / (float(self.result.wealth[row]) - fees if due > 0.0 else float(self.result.wealth[row]) + fees)
        if change <= -self.factor:
            raise ValueError(f"the taxes of {day.year - 1} take the whole account; trade less, or check the rates")
        for asset in np.flatnonzero(value > 0.0).tolist():
            units, price = change / self.factor * float(self.units[asset]), float(self.prices[row, asset])
            self._trade(asset, units, price, abs(units) * price * float(self.rate[asset]), day)
        self.factor += change


def _check_cash(result: BacktestResult, recovery: float) -> None:
    """Every movement of cash must be interest, a dividend, a trade, a cost or a payout of a delisted holding."""
    ledger, prices = result.ledger, result.prices
    flows = np.zeros(len(result.cash))
    before = np.vstack([np.zeros((1, ledger.units.shape[1])), ledger.units])[:-1]
    gone = np.where((ledger.traded == 0.0) & (before > ledger.units), before - ledger.units, 0.0)
    payouts = np.where(gone > 0.0, gone * prices[ledger.rows], 0.0).sum(axis=1) * recovery
    flows[ledger.rows] = payouts - ledger.traded.sum(axis=1) - ledger.costs
    if len(result.dividends):
        flows[1:] += (result.units[:-1] * result.dividends[1:]).sum(axis=1)
    expected = np.append(result.initial, result.cash[:-1] * (1.0 + result.cash_returns)) + flows
    off = np.abs(expected - result.cash) / np.maximum(result.wealth, 1e-9)
    if off.max() > 1e-6:
        raise ValueError(
            f"cash moved on {result.dates[int(off.argmax())]} for a reason that the ledger does not have; give "
            "the backtest's recovery for delisted holdings"
        )
