"""One figure of how a client trades, and all of them together."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

from portfolio.behaviour_lots import ClosedLot, Ledger
from portfolio.records import Record

Unit = Literal["days", "share", "per_year", "count"]
MOST_SHOWN = 6
"""Trades that are shown as evidence of one figure; the figure itself counts all."""


class Figure(Record):
    """One figure. `value` is None where it cannot be known, and `said` tells why."""

    name: str
    value: float | None
    unit: Unit
    formula: str
    said: str
    """The figure as a sentence with its counts."""
    usual: float | None = None
    """What the figure would be if the client did not care: the season's share of a year, how often prices are low."""
    count: int = 0
    """Lots, purchases or sales that it was made of."""
    trades: tuple[str, ...] = ()
    """Trades that show it, with their lines in the source."""


class Behaviour(Record):
    """All figures of one history."""

    first: date
    last: date
    purchases: int
    sales: int
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    def figure(self, name: str) -> Figure:
        """Raises KeyError for a name that no figure has."""
        for item in self.figures:
            if item.name == name:
                return item
        raise KeyError(name)


def told(lot: ClosedLot) -> str:
    """One closed lot in words."""
    gain = lot.gain
    since = "by transfer" if lot.acquired is None else f"bought {lot.acquired}"
    held = "" if lot.days is None else f", held {lot.days} days"
    result = "" if gain is None else f", {'gain' if gain >= 0 else 'loss'} {abs(gain):,.2f}"
    return (
        f"{lot.units:g} {lot.symbol} {since}, sold {lot.sold}{held}{result} (lines {lot.bought_line}, {lot.sold_line})"
    )


def shown(lots: Sequence[ClosedLot], size: Callable[[ClosedLot], float]) -> tuple[str, ...]:
    return tuple(told(lot) for lot in sorted(lots, key=lambda lot: (-size(lot), lot.sold, lot.sold_line))[:MOST_SHOWN])


def gains_of(ledger: Ledger) -> list[tuple[ClosedLot, float]]:
    """Closed lots of known day and cost, each with its gain; a loss is negative."""
    return [(lot, gain) for lot in ledger.closed if (gain := lot.gain) is not None and lot.acquired is not None]
