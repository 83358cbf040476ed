"""What harvesting losses was worth, as told."""

from datetime import date

from lab.tax_harvest.account import Offset
from portfolio.records import Record
from portfolio.taxes import TaxRates


class Row(Record):
    """One account; yearly rates as fractions. What it adds is beside the account that harvests nothing at that cost."""

    offset: Offset
    cost: float
    harvests: bool
    washes: bool
    before: float
    after: float
    drag_saved: float
    """What taxes took less."""
    added: float
    """The whole difference after tax."""
    added_liquidated: float
    """The same after everything is sold at the end."""


class Result(Record):
    """`quorum evaluate tax-harvest --json`."""

    command: str
    source: str
    assets: int
    first: date
    last: date
    rates: TaxRates
    threshold: float
    rows: tuple[Row, ...]
