"""What a market source returns: prices as arrays, the assets, and a report on what is wrong with them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe

FindingKind = Literal[
    "unreadable", "empty", "no_dates", "no_prices", "duplicate_dates", "unsorted", "not_positive", "missing_days",
    "long_gap", "suspected_split", "large_move", "stale", "short_history", "unadjusted", "off_calendar",
    "unknown_facts", "cash_like", "survivorship", "currency",
]  # fmt: skip


class DataFinding(Record):
    """One thing about the data that a person should know."""

    kind: FindingKind
    subject: str
    """The symbol or the file it is about."""
    count: int = 1
    first: date | None = None
    """The first day concerned."""
    last: date | None = None
    text: str
    remedy: str = ""


class AssetRange(Record):
    """What there is of one asset."""

    symbol: str
    first_date: date
    last_date: date
    days: int
    """Days with a price."""
    missing: int
    """Days of the panel between first and last without one."""


class DataReport(Record):
    """What a source holds and what is wrong with it; nothing in it was mended silently."""

    source: str
    first_date: date
    last_date: date
    assets: tuple[AssetRange, ...]
    findings: tuple[DataFinding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MarketData:
    """Prices, assets (in the same order) and the report."""

    panel: MarketPanel
    universe: Universe
    report: DataReport
