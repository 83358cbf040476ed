"""What reading a broker's file gives: transactions, and everything that is not one, with the reason."""

from typing import Literal

from portfolio.records import Record
from portfolio.transactions import Transaction

Format = Literal[
    "fidelity_history",
    "fidelity_all_accounts",
    "schwab_brokerage",
    "schwab_bank",
    "schwab_lots",
    "portfolio_list",
    "plain",
    "ofx",
]


class LeftOut(Record):
    """A row that became no transaction. `understood`: known to be none (a total, a disclaimer); else not read."""

    line: int
    text: str
    """The row itself, cut at 160 characters, without control characters."""
    reason: str
    understood: bool


class History(Record):
    """One file, read. Every row with something in it is either a transaction or left out with a reason."""

    format: Format
    source: str
    """The file's name, without its folder."""
    sha256: str
    transactions: tuple[Transaction, ...]
    """By day, then by line."""
    left_out: tuple[LeftOut, ...]
    rows: int
    """Rows with something in them, the header's excluded; of OFX, transactions of every kind."""
    notes: tuple[str, ...] = ()
    """What the whole file cannot tell."""

    @property
    def not_understood(self) -> tuple[LeftOut, ...]:
        return tuple(row for row in self.left_out if not row.understood)
