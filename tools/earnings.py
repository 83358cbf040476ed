"""Dated earnings reports of 161 US companies, from the package `HistoricalEarningsData` (MIT).

Its figures per share are adjusted for later splits, so their level contains the future. The surprise is a ratio and
does not; it is the one figure that may be used or spoken of.
"""

import csv
import importlib.util
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from portfolio.market import Dates, Floats
from portfolio.records import Record

SOURCE = "HistoricalEarningsData 0.3"


class EarningsRecord(Record):
    """One report. `surprise` is (actual - estimate) / |estimate| as a fraction."""

    symbol: str
    date: date
    """The day of the report; it may come after the close, so it is usable from the next trading day on."""
    surprise: float


@lru_cache(maxsize=1)
def earnings_records() -> tuple[EarningsRecord, ...]:
    """All reports with a surprise, by symbol and date; empty when the package is not installed."""
    spec = importlib.util.find_spec("HistoricalEarningsData")
    if spec is None or spec.origin is None:
        return ()
    path = Path(spec.origin).parent / "data" / "aggregated_earnings_data_with_iv.csv"
    found = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            surprise = _number(row["surprise"])
            if surprise is not None:
                record = EarningsRecord(
                    symbol=row["symbol"], date=date.fromisoformat(row["earnings_date"]), surprise=surprise / 100.0
                )
                found[record.symbol, record.date] = record
    return tuple(found[key] for key in sorted(found))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def earnings_signals(
    dates: Dates, symbols: tuple[str, ...], records: Sequence[EarningsRecord] | None = None
) -> dict[str, Floats]:
    """Signals "earnings_surprise" and "earnings_age", (T, N) each; empty where no symbol has a report in the dates.

    `records` are by symbol and date; None takes the package's.

    A surprise, clipped to [-1, 1] (a tiny estimate makes a meaningless ratio), stands from the first trading day after
    the report until the next report. Age counts calendar days since the report. NaN before the first one.
    """
    shape = (len(dates), len(symbols))
    surprise, age = np.full(shape, np.nan), np.full(shape, np.nan)
    column = {symbol: j for j, symbol in enumerate(symbols)}
    for record in earnings_records() if records is None else records:
        j = column.get(record.symbol)
        if j is None:
            continue
        told = np.datetime64(record.date, "D")
        start = int(np.searchsorted(dates, told, side="right"))
        surprise[start:, j] = min(1.0, max(-1.0, record.surprise))
        age[start:, j] = (dates[start:] - told).astype(float)
    if not np.isfinite(surprise).any():
        return {}
    return {"earnings_surprise": surprise, "earnings_age": age}
