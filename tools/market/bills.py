"""The bill rate of the bundled history: Kenneth French's one-month Treasury bill (Ibbotson), monthly, in the package
`arch`. Read from the package's file, so nothing heavy is imported."""

import csv
import gzip
import importlib.util
from datetime import date
from pathlib import Path

import numpy as np

from portfolio.market import Dates, Floats, MarketPanel, day_of

MONTHS_PER_YEAR = 12


def bill_rate(dates: Dates) -> tuple[Floats | None, str | None]:
    """(T,) yearly rate for each date and the source's name with its dates; (None, None) without the package.

    A month's rate is that of the bill bought when the month began, so it is known on every day of that month. After
    the table's last month the rate is NaN: unknown, not extrapolated.
    """
    spec = importlib.util.find_spec("arch")
    if spec is None or spec.origin is None:
        return None, None
    path = Path(spec.origin).parent / "data" / "frenchdata" / "frenchdata.csv.gz"
    if not path.is_file():
        return None, None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        table = {row["Date"]: float(row["RF"]) / 100.0 * MONTHS_PER_YEAR for row in csv.DictReader(lines)}
    months = [str(day)[:7].replace("-", "") for day in dates]
    rate = np.array([table.get(month, np.nan) for month in months])
    known = sorted(table)
    name = f"one-month US Treasury bill, Fama/French, monthly, {_month(known[0])} to {_month(known[-1])} (package arch)"
    return (rate, name) if np.isfinite(rate).any() else (None, None)


def rate_known_to(panel: MarketPanel) -> date | None:
    """Last day of the panel on which its bill rate is known; None where it is known on none."""
    if panel.cash_rate is None or not np.isfinite(panel.cash_rate).any():
        return None
    return day_of(panel.dates[np.isfinite(panel.cash_rate)][-1])


def _month(key: str) -> str:
    return f"{key[:4]}-{key[4:]}"
