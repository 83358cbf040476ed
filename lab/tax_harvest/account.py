"""An account that harvests its losses, or does not, with or without the wash-sale rule.

An account buys the shares in equal parts and rebalances them to equal parts every year. The harvesting account does
the same, and at every month's end sells each lot that has lost more than a threshold. Without the rule it buys the same
shares back at once. With it, it leaves alone what was bought within 31 days, and the money waits 31 days in cash,
without interest, before it comes back into the same share: the plainest way to keep the rule, needing no substitute.

Both are measured by their tax drag: the yearly return before taxes less the one after. What harvesting adds is the
difference, so that what the harvesting account happened to hold is no merit of taxes. Taxes are paid, or saved money is
invested, in April by a change of the account's size.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from portfolio.backtest import decision_rows
from portfolio.market import MarketPanel
from portfolio.taxes import TaxBook, TaxRates, year_tax

RATES = TaxRates(ordinary=0.35, long=0.15)
"""The rates of the literature that the figures are set beside (Chaudhuri, Burnham and Lo 2020)."""
THRESHOLD = 0.05
START = 100_000.0
WINDOW = 31
DAYS_PER_YEAR = 365.25

Offset = Literal["gains elsewhere", "own gains and $3,000"]
"""What a loss may be set against: gains that the client has elsewhere, each character at its own rate, or only the
account's own gains, $3,000 of ordinary income, and later years."""


@dataclass(frozen=True)
class Harvest:
    """One account. Yearly compound rates as fractions; losses are money on a start of 100,000.

    before, after, liquidated : before taxes, after taxes on what was realised, after selling everything at the end
    losses, disallowed : realised losses that counted, and losses that wash sales disallowed
    """

    before: float
    after: float
    liquidated: float
    losses: float
    disallowed: float

    @property
    def drag(self) -> float:
        return self.before - self.after

    @property
    def drag_liquidated(self) -> float:
        return self.before - self.liquidated


@dataclass(frozen=True)
class Rule:
    """harvests: whether losses are looked for; washes: whether the wash-sale rule holds; cost: of each unit traded."""

    harvests: bool
    washes: bool
    offset: Offset
    cost: float = 0.0
    threshold: float = THRESHOLD


def run(panel: MarketPanel, rule: Rule, rates: TaxRates = RATES) -> Harvest:
    """Hold the panel's assets from its first month's end to its last under a rule. Every close must be there."""
    if not np.isfinite(panel.close).all():
        raise ValueError("harvesting is measured on assets that trade on every day; choose others or another span")
    ends = decision_rows(panel.dates, "monthly")
    month_ends, first_row, last_row = set(ends.tolist()), int(ends[0]), int(ends[-1])
    account = _Account(panel.symbols, rule, rates)
    factor, settled = 1.0, 0
    days: list[date] = panel.dates.astype(object).tolist()
    for row in range(first_row, last_row + 1):
        day, prices = days[row], dict(zip(panel.symbols, panel.close[row].tolist(), strict=True))
        account.come_back(prices, day)
        if row not in month_ends:
            continue
        if row == first_row or day.month == 12:
            account.to_equal(prices, day)
        if rule.harvests and row > first_row:
            account.harvest(prices, day)
        if day.month == 4 and settled < day.year - 1 and row > first_row:
            settled = day.year - 1
            factor *= 1.0 - _tax(account.book, rates, settled, rule.offset) / account.value(prices)
    book, value = account.book, account.value(prices)
    owed = sum(_tax(book, rates, year, rule.offset) for year in range(settled + 1, day.year + 1))
    on_rest = _tax_on_rest(book, rates, prices, day, rule.offset)
    span = (day - days[first_row]).days / DAYS_PER_YEAR

    def yearly(final: float) -> float:
        return float((final / START) ** (1.0 / span) - 1.0)

    return Harvest(
        before=yearly(value),
        after=yearly(factor * (value - owed)),
        liquidated=yearly(factor * (value - owed - on_rest)),
        losses=sum(max(-sale.recognised, 0.0) for sale in book.sales),
        disallowed=sum(sale.disallowed for sale in book.sales),
    )


class _Account:
    """Shares in a book of lots, and money that waits to come back into the share that it was taken out of."""

    def __init__(self, symbols: tuple[str, ...], rule: Rule, rates: TaxRates) -> None:
        self.symbols, self.rule = symbols, rule
        self.book = TaxBook(rates.model_copy(update={"wash_sales": rule.washes}))
        self.waiting = dict.fromkeys(symbols, 0.0)
        self.waiting[symbols[0]] = START
        self.sold = dict.fromkeys(symbols, date.min)

    def value(self, prices: dict[str, float]) -> float:
        """Money in all."""
        return sum(self._held(symbol, prices) + self.waiting[symbol] for symbol in self.symbols)

    def come_back(self, prices: dict[str, float], day: date) -> None:
        """Buy what has waited long enough."""
        for symbol in self.symbols:
            if self.waiting[symbol] > 0.0 and self._may_buy(symbol, day):
                price = prices[symbol]
                units = self.waiting[symbol] / price / (1.0 + self.rule.cost)
                self.book.buy(symbol, units, price, day, self.rule.cost * units * price)
                self.waiting[symbol] = 0.0

    def to_equal(self, prices: dict[str, float], day: date) -> None:
        """Every share, with the money that waits for it, to an equal part; lots of the highest basis are sold first."""
        goal = self.value(prices) / len(self.symbols)
        freed = 0.0
        short: dict[str, float] = {}
        for symbol in self.symbols:
            held, waits = self._held(symbol, prices), self.waiting[symbol]
            extra = held + waits - goal
            idle = min(max(extra, 0.0), waits)
            self.waiting[symbol] -= idle
            freed += idle
            if extra - idle > 1e-9 * goal:
                freed += self._sell(symbol, (extra - idle) / prices[symbol], prices[symbol], day, None)
            elif extra < 0.0:
                short[symbol] = -extra
        for symbol, part in short.items():
            self.waiting[symbol] += freed * part / sum(short.values())
        self.come_back(prices, day)

    def harvest(self, prices: dict[str, float], day: date) -> None:
        """Sell the lots that have lost enough. With the rule, shares bought within the window are left alone."""
        for symbol in self.symbols:
            lots, price = self.book.held(symbol), prices[symbol]
            if self.rule.washes and any((day - lot.bought).days < WINDOW for lot in lots):
                continue
            losers = {lot.number: lot.units for lot in lots if price < lot.unit_basis * (1.0 - self.rule.threshold)}
            if losers:
                self.waiting[symbol] += self._sell(symbol, sum(losers.values()), price, day, losers)
        self.come_back(prices, day)

    def _sell(self, symbol: str, units: float, price: float, day: date, named: dict[int, float] | None) -> float:
        money = units * price
        sales = self.book.sell(symbol, units, price, day, self.rule.cost * money, named=named)
        if any(sale.gain < 0.0 for sale in sales):
            self.sold[symbol] = day
        return money * (1.0 - self.rule.cost)

    def _may_buy(self, symbol: str, day: date) -> bool:
        return not (self.rule.harvests and self.rule.washes) or (day - self.sold[symbol]).days >= WINDOW

    def _held(self, symbol: str, prices: dict[str, float]) -> float:
        return prices[symbol] * sum(lot.units for lot in self.book.held(symbol))


def _tax(book: TaxBook, rates: TaxRates, year: int, offset: Offset) -> float:
    if offset == "gains elsewhere":
        short, long = book.realised(year)
        return short * rates.on_short + long * rates.on_long
    years = book.years(year)
    return years[year].tax if year in years else 0.0


def _tax_on_rest(book: TaxBook, rates: TaxRates, prices: dict[str, float], day: date, offset: Offset) -> float:
    short, long = book.unrealised(prices, day)
    if offset == "gains elsewhere":
        return short * rates.on_short + long * rates.on_long
    done, before = book.realised(day.year), book.years(day.year - 1)[day.year - 1]
    carried = before.carry_short, before.carry_long
    both = year_tax(rates, done[0] + short, done[1] + long, *carried).tax
    return both - year_tax(rates, *done, *carried).tax
