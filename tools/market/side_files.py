"""What may lie beside the prices in a folder, each in the bundled source's place: earnings reports, bills, the index.

Contract
--------
- `earnings.csv` (symbol, date, surprise as a fraction) is the only source of surprises then, known symbols included.
- `bill_rate.csv` (date, rate: yearly, as a fraction) and `index_level.csv` (date, level) speak of the days that they
  name and of no other; a blank is unknown. Nothing is carried forward, so nothing is extrapolated.
- A file that cannot be read in full is a DataError: half a rate would move decisions in silence.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from portfolio.market import Dates, Floats
from tools.earnings import EarningsRecord
from tools.errors import DataError

EARNINGS_FILE, BILLS_FILE, INDEX_FILE = "earnings.csv", "bill_rate.csv", "index_level.csv"
RATES_FILE = "rates.csv"
"""Exchange rates, read by `tools.market.rates`."""
SIDE_FILES = (EARNINGS_FILE, BILLS_FILE, INDEX_FILE, RATES_FILE)


def read_earnings(folder: Path) -> tuple[EarningsRecord, ...] | None:
    """The folder's own reports, by symbol and date; None where it has no such file. Raises DataError."""
    path = folder / EARNINGS_FILE
    if not path.is_file():
        return None
    found = {}
    for number, row in read_rows(path, ("symbol", "date", "surprise")):
        with told_by_line(path, number):
            record = EarningsRecord(
                symbol=row["symbol"], date=date.fromisoformat(row["date"]), surprise=float(row["surprise"])
            )
        found[record.symbol, record.date] = record
    return tuple(found[key] for key in sorted(found))


def read_series(path: Path, column: str, dates: Dates) -> Floats | None:
    """(T,) the file's figures on these dates, NaN where it has none; None without the file. Raises DataError."""
    if not path.is_file():
        return None
    known: dict[date, float] = {}
    for number, row in read_rows(path, ("date", column)):
        with told_by_line(path, number):
            known[date.fromisoformat(row["date"])] = float(row[column]) if row[column].strip() else np.nan
    days: list[date] = dates.astype("datetime64[D]").astype(object).tolist()
    return np.array([known.get(day, np.nan) for day in days], dtype=np.float64)


@contextmanager
def told_by_line(path: Path, number: int) -> Iterator[None]:
    """A value that cannot be read becomes a DataError with its line."""
    try:
        yield
    except ValueError as error:
        raise _fault(path, number, str(error)) from error


def _fault(path: Path, number: int, why: str) -> DataError:
    return DataError(
        f"line {number} of {path.name} cannot be read: {why}", "write dates as 2024-01-31, numbers as 0.05"
    )


def header(path: Path) -> tuple[str, ...]:
    """The names of a file's columns, as they are written. Raises DataError."""
    return tuple(csv.DictReader(_lines(path)).fieldnames or ())


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row. Raises DataError where a column is missing or a row is too short."""
    reader = csv.DictReader(_lines(path))
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise DataError(f"{path.name} has no column {', '.join(missing)}", f"its columns are {', '.join(columns)}")
    for number, row in enumerate(reader, start=2):
        if any(row[name] is None for name in columns):
            raise _fault(path, number, "it is too short")
        yield number, {name: row[name] for name in columns}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} cannot be read: {error}", "save it as CSV (UTF-8)") from error
