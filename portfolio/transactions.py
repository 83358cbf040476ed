"""What happened in a client's account, one record an event, whoever the broker is.

Signs are the account's: units that come in are positive, money that comes in is positive. Text from outside is data:
it is shown, never obeyed.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from portfolio.records import Record

TransactionKind = Literal["buy", "sell", "dividend", "reinvest", "transfer", "split", "fee", "interest"]
KINDS: tuple[TransactionKind, ...] = (
    "buy",
    "sell",
    "dividend",
    "reinvest",
    "transfer",
    "split",
    "fee",
    "interest",
)
Instrument = Literal["security", "option", "debt"]
"""A share or a fund; an option, of which one unit is one contract; a bond, whose price is per 100 of face value."""


class Transaction(Record):
    """One event.

    Attributes
    ----------
    day : the trade date
    kind : a transfer moves money or units without a trade; a reinvestment is a purchase out of a distribution
    symbol, cusip : what it is about; both None for money alone
    units : signed change of units; of a split the units that were added (negative in a reverse split)
    price : per unit, in `currency`
    amount : signed change of cash; None where the source does not say
    fees : paid within `amount`, at least zero
    account : the source's own name of the account, shortened to its last four characters
    line : of the source, counted from 1
    note : the source's own words, cut at 120 characters
    """

    day: date
    kind: TransactionKind
    symbol: str | None = None
    cusip: str | None = None
    units: float | None = None
    price: float | None = Field(default=None, ge=0)
    amount: float | None = None
    fees: float = Field(default=0.0, ge=0)
    account: str = ""
    currency: str = "USD"
    instrument: Instrument = "security"
    line: int = Field(ge=1)
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind in ("buy", "sell", "reinvest", "split") and (self.name is None or not self.units):
            raise ValueError(f"a {self.kind} needs a symbol and a quantity")
        if self.kind in ("buy", "reinvest") and self.units is not None and self.units < 0:
            raise ValueError("a purchase brings units in; its quantity cannot be negative")
        if self.kind == "sell" and self.units is not None and self.units > 0:
            raise ValueError("a sale takes units out; its units are negative")
        return self

    @property
    def name(self) -> str | None:
        """Symbol, else CUSIP, else None."""
        return self.symbol or self.cusip

    @property
    def value(self) -> float | None:
        """What changed hands in a purchase or sale, fees included, at least zero; None where it cannot be known."""
        if self.amount is not None:
            return abs(self.amount)
        if self.units is None or self.price is None:
            return None
        gross = abs(self.units) * self.price * (100.0 if self.instrument == "option" else 1.0)
        gross = gross / 100.0 if self.instrument == "debt" else gross
        return max(gross + self.fees if self.units > 0 else gross - self.fees, 0.0)
