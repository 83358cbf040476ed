"""Which purchase each sale ended: first in, first out, within one account.

First in, first out is the default of US brokers where the client names no lot (Treas. Reg. 1.1012-1(c)); a client who
names lots has other gains than these, and the page that shows them says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portfolio.records import Record
from portfolio.transactions import Transaction

SMALLEST = 1e-6
"""Units below which a lot is used up: brokers round to the fourth place or so."""


class ClosedLot(Record):
    """Units that were bought together and sold together. Unknown cost or day: they came by transfer."""

    symbol: str
    acquired: date | None
    sold: date
    units: float
    cost: float | None
    proceeds: float | None
    bought_line: int
    sold_line: int

    @property
    def gain(self) -> float | None:
        """Proceeds less cost; None where either is unknown."""
        return None if self.cost is None or self.proceeds is None else self.proceeds - self.cost

    @property
    def days(self) -> int | None:
        return None if self.acquired is None else (self.sold - self.acquired).days

    @property
    def long_term(self) -> bool | None:
        """Held for more than one year (IRC 1222): sold after the day a year on."""
        return None if self.acquired is None else self.sold > a_year_on(self.acquired)


class OpenLot(Record):
    """Units that are still held."""

    symbol: str
    acquired: date | None
    units: float
    cost: float | None
    line: int


class Ledger(Record):
    """Every sale matched to its purchases, what is left, and sales of units that the history never saw come in."""

    closed: tuple[ClosedLot, ...]
    open: tuple[OpenLot, ...]
    unmatched: tuple[Transaction, ...]


@dataclass(frozen=True)
class _Lot:
    acquired: date | None
    units: float
    cost: float | None
    line: int

    def part(self, units: float) -> "_Lot":
        share = units / self.units
        return replace(self, units=units, cost=None if self.cost is None else self.cost * share)


def a_year_on(day: date) -> date:
    """The same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)


def traded(transactions: Sequence[Transaction]) -> tuple[Transaction, ...]:
    """What moves shares and funds: by day, purchases before sales. Options and bonds are left to others."""
    moves = [
        item
        for item in transactions
        if item.instrument == "security"
        and item.units
        and item.kind in ("buy", "sell", "reinvest", "split", "transfer")
    ]
    return tuple(sorted(moves, key=lambda item: (item.day, (item.units or 0.0) < 0, item.line)))


def ledger_of(transactions: Sequence[Transaction]) -> Ledger:
    """Match sales to purchases, first in first out, account by account."""
    lots: dict[tuple[str, str], list[_Lot]] = {}
    closed: list[ClosedLot] = []
    unmatched: list[Transaction] = []
    for item in traded(transactions):
        name, units = item.name, item.units
        if name is None or units is None:
            continue
        held = lots.setdefault((item.account, name), [])
        if item.kind == "split":
            before = sum(lot.units for lot in held)
            if before > SMALLEST and before + units > SMALLEST:
                held[:] = [replace(lot, units=lot.units * (before + units) / before) for lot in held]
        elif units > 0:
            known = item.kind != "transfer"
            cost = item.value if known else None
            held.append(_Lot(item.day if known else None, units, cost, item.line))
        else:
            taken, short = _take(held, -units)
            if item.kind == "sell":
                sale = [_closed(name, item, lot, -units) for lot in taken]
                closed += sale
                if short > SMALLEST:
                    unmatched.append(item)
    still = [
        OpenLot(symbol=name, acquired=lot.acquired, units=lot.units, cost=lot.cost, line=lot.line)
        for (_, name), held in sorted(lots.items())
        for lot in held
    ]
    return Ledger(closed=tuple(closed), open=tuple(still), unmatched=tuple(unmatched))


def _take(held: list[_Lot], units: float) -> tuple[list[_Lot], float]:
    """Take units from the front of `held`, in place; returns what was taken, and how many units were missing."""
    taken: list[_Lot] = []
    while units > SMALLEST and held:
        first = held[0]
        if first.units <= units + SMALLEST:
            taken.append(held.pop(0))
            units -= first.units
        else:
            taken.append(first.part(units))
            held[0] = first.part(first.units - units)
            units = 0.0
    return taken, max(units, 0.0)


def _closed(name: str, sale: Transaction, lot: _Lot, sold: float) -> ClosedLot:
    value = sale.value
    return ClosedLot(
        symbol=name,
        acquired=lot.acquired,
        sold=sale.day,
        units=lot.units,
        cost=lot.cost,
        proceeds=None if value is None else value * min(lot.units / sold, 1.0),
        bought_line=lot.line,
        sold_line=sale.line,
    )
