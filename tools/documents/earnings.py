"""Earnings records as documents: short true sentences about the one figure that is free of hindsight, the surprise."""

from collections.abc import Sequence
from datetime import date, timedelta

from tools.documents.records import Document
from tools.earnings import SOURCE, EarningsRecord, earnings_records
from tools.store import DocumentStore

LOOK_BACK = timedelta(days=730)
"""How far before `as_of` an earnings report still speaks."""


def earnings_document(record: EarningsRecord) -> Document:
    """A report as a passage, usable from the next weekday after it: it may have come after the close."""
    size = abs(record.surprise) * 100
    if record.surprise == 0:
        told = "met analysts' estimates exactly"
    else:
        told = f"{'beat' if record.surprise > 0 else 'missed'} analysts' estimates by {size:.2f} %"
    return Document(
        source=SOURCE,
        published=_next_weekday(record.date),
        symbol=record.symbol,
        kind="earnings",
        text=f"{record.symbol} reported earnings on {record.date} that {told}.",
    )


def _next_weekday(day: date) -> date:
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))


def surprise_of(text: str) -> float | None:
    """The surprise that a passage made by `earnings_document` tells, as a fraction; None for any other text."""
    words = text.rstrip(".").split()
    if "exactly" in words[-1:]:
        return 0.0
    if words[-1:] != ["%"] or "estimates" not in words:
        return None
    size = float(words[-2]) / 100
    return size if "beat" in words else -size


def ensure_earnings(store: DocumentStore, symbols: Sequence[str], as_of: date) -> int:
    """Put the reports of the last two years before `as_of` into the store; returns how many were new.

    Idempotent: what is there already is neither embedded nor written again.
    """
    wanted = set(symbols)
    fresh = [
        earnings_document(record)
        for record in earnings_records()
        if record.symbol in wanted and as_of - LOOK_BACK <= record.date < as_of
    ]
    return store.add(fresh)
