"""What taxes leave of a backtest: its ledger replayed through a book of tax lots.

Taxes of a year are paid on the first day from 15 April of the next by selling a little of everything; a tax that is
negative (a loss set against ordinary income) buys a little of everything. From then on the account is the backtest's
own, smaller or larger by one factor, so any strategy can be replayed without running it again.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from portfolio.backtest.records import BacktestResult, carried
from portfolio.market import Floats
from portfolio.taxes.book import TaxBook
from portfolio.taxes.rates import TaxRates, YearTax
from portfolio.taxes.records import LotOrder

TAX_DAY = (4, 15)
"""Month and day on which the tax of the year before is paid."""

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class AfterTax:
    """A backtest's account after taxes, over S days. Yearly figures are compound rates, as fractions.

    Attributes
    ----------
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
    """

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

    @property
    def drag(self) -> float:
        """Yearly return that taxes took."""
        return self.before - self.after


def after_tax(result: BacktestResult, rates: TaxRates, *, order: LotOrder = "hifo", recovery: float = 1.0) -> AfterTax:
    """Replay a backtest's ledger with taxes.

    Parameters
    ----------
    result : of `portfolio.backtest`, on closes that are adjusted for dividends
    order : which lots are sold
    recovery : what a delisted holding paid of its last close, as in the backtest's `Rules.delisting`

    Raises ValueError when cash came in that the ledger does not explain (dividends, or another recovery), or taxes
    take the whole account.
    """
    _check_cash(result, recovery)
    replay = _Replay(result, rates, order, recovery)
    for row in range(len(result.dates)):
        replay.step(row)
    return replay.summary()


class _Replay:
    """The book of lots beside the backtest's account, day by day."""

    def __init__(self, result: BacktestResult, rates: TaxRates, order: LotOrder, recovery: float) -> None:
        self.result, self.order, self.recovery = result, order, recovery
        self.book = TaxBook(rates)
        self.prices = carried(result.closes)
        self.days: list[date] = result.dates.astype("datetime64[D]").astype(object).tolist()
        self.place = {int(row): place for place, row in enumerate(result.ledger.rows)}
        self.units = np.zeros(result.closes.shape[1])
        self.rate = result.ledger.rates.sum(axis=0)
        self.factor, self.paid, self.settled = 1.0, 0.0, self.days[0].year - 1
        self.factors = np.ones(len(self.days))

    def step(self, row: int) -> None:
        day = self.days[row]
        if row:
            self.book.earn(self.factor * self.result.cash[row - 1] * self.result.cash_returns[row - 1], day)
        if row in self.place:
            self._deal(self.place[row], row, day)
        if (day.month, day.day) >= TAX_DAY and self.settled < day.year - 1:
            self._pay(row, day)
        self.factors[row] = self.factor

    def summary(self) -> AfterTax:
        result, last = self.result, self.days[-1]
        years = self.book.years(last.year)
        owed = sum(tax.tax for year, tax in years.items() if year > self.settled)
        wealth = self.factors * result.wealth
        prices = {str(asset): float(price) for asset, price in enumerate(self.prices[-1])}
        earlier = sum(tax.tax for year, tax in years.items() if self.settled < year < last.year)
        liquid = self.book.liquidation_value(prices, self.factor * float(result.cash[-1]) - earlier, last)
        span = max((last - self.days[0]).days, 1) / DAYS_PER_YEAR

        def yearly(final: float) -> float:
            return float((max(final, 0.0) / result.initial) ** (1.0 / span)) - 1.0

        return AfterTax(
            wealth=wealth,
            factor=self.factors,
            years=years,
            paid=self.paid,
            owed=owed,
            liquidation=liquid,
            harvested=sum(max(-sale.recognised, 0.0) for sale in self.book.sales),
            disallowed=sum(sale.disallowed for sale in self.book.sales),
            before=yearly(float(result.wealth[-1])),
            after=yearly(float(wealth[-1]) - owed),
            after_liquidation=yearly(liquid),
        )

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
    """Every movement of cash must be interest, a trade, a cost or a payout of a delisted holding."""
    ledger, prices = result.ledger, carried(result.closes)
    flows = np.zeros(len(result.cash))
    before = np.vstack([np.zeros((1, ledger.units.shape[1])), ledger.units])[:-1]
    gone = np.where((ledger.traded == 0.0) & (before > ledger.units), before - ledger.units, 0.0)
    payouts = np.where(gone > 0.0, gone * prices[ledger.rows], 0.0).sum(axis=1) * recovery
    flows[ledger.rows] = payouts - ledger.traded.sum(axis=1) - ledger.costs
    expected = np.append(result.initial, result.cash[:-1] * (1.0 + result.cash_returns)) + flows
    off = np.abs(expected - result.cash) / np.maximum(result.wealth, 1e-9)
    if off.max() > 1e-6:
        raise ValueError(
            f"cash moved on {result.dates[int(off.argmax())]} for a reason that the ledger does not have; use closes "
            "adjusted for dividends, and give the backtest's recovery for delisted holdings"
        )
