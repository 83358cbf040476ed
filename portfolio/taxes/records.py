"""A tax lot, a sale of one, and the order in which lots are sold."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from portfolio.records import Record
from portfolio.taxes.calendar import is_long_term

LotOrder = Literal["hifo", "fifo", "lifo"]
"""Which lot is sold first: the one with the highest basis per unit, the oldest, the newest. FIFO is the law's default;
any other must be named at the sale."""

Amount = Annotated[float, Field(gt=0.0)]


class Lot(Record):
    """Shares bought together and still held.

    Attributes
    ----------
    number : the lot's own number in its book; pieces split off get new ones
    purchase : number of the purchase that the shares come from, the same for all its pieces
    units, basis : shares, and money paid for them, with dealing costs and disallowed losses
    bought : day of the purchase
    start : `bought`, moved back by the holding periods tacked on by wash sales
    used : True where these shares have already replaced shares of a wash sale
    origin : "purchase", or "wash sale" where a disallowed loss is in the basis
    """

    number: int
    purchase: int
    symbol: str
    units: Amount
    basis: float
    bought: date
    start: date
    used: bool = False
    origin: Literal["purchase", "wash sale"] = "purchase"

    def is_long(self, day: date) -> bool:
        """Whether a sale on `day` is long-term."""
        return is_long_term(self.start, day)

    @property
    def unit_basis(self) -> float:
        """Money per unit."""
        return self.basis / self.units


class Sale(Record):
    """Shares of one lot sold on one day.

    Attributes
    ----------
    proceeds : money received, after dealing costs
    disallowed : loss carried into a replacement's basis; grows when a replacement is bought later
    lost : loss disallowed for ever because a retirement account bought the replacement
    unmatched : units sold at a loss that no purchase has replaced
    """

    lot: int
    purchase: int
    symbol: str
    units: Amount
    proceeds: float
    basis: float
    start: date
    sold: date
    disallowed: float = 0.0
    lost: float = 0.0
    unmatched: float = 0.0

    @property
    def gain(self) -> float:
        """Proceeds less basis, whatever counts for tax."""
        return self.proceeds - self.basis

    @property
    def recognised(self) -> float:
        """The gain or loss that counts for tax."""
        return self.gain + self.disallowed + self.lost

    @property
    def is_long(self) -> bool:
        return is_long_term(self.start, self.sold)


def in_order(lots: Sequence[Lot], order: LotOrder) -> list[Lot]:
    """Lots in the order of sale; a tie goes to the earlier purchase. `lots` come in the order of purchase."""
    if order == "hifo":
        return sorted(lots, key=lambda lot: -lot.unit_basis)
    if order == "lifo":
        return sorted(lots, key=lambda lot: lot.bought, reverse=True)
    return sorted(lots, key=lambda lot: lot.bought)
