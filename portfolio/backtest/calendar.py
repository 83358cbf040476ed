"""Which rows of a panel are decision days: by calendar period, always with its year, or every so many rows."""

from typing import Literal

import numpy as np

from portfolio.backtest.records import Ints
from portfolio.market import Dates

Frequency = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]

_MONDAY = np.datetime64("1969-12-29", "D")


def decision_rows(dates: Dates, every: Frequency, at: Literal["first", "last"] = "last") -> Ints:
    """Rows that are the first or the last of their period, in order.

    Weeks run from Monday to Sunday and are counted from a fixed Monday, so that week 1 of two years are two weeks
    and a week across New Year is one. The last row of the panel counts as `last` only for `daily`: whether the period
    went on is not known there. The first row counts as `first`.

    Parameters
    ----------
    dates : (T,) datetime64[D], strictly increasing
    """
    days = dates.astype("datetime64[D]")
    if every == "daily":
        return np.arange(len(days), dtype=np.int64)
    period = _periods(days, every)
    change = np.flatnonzero(np.diff(period) != 0)
    rows = change if at == "last" else np.concatenate([[0], change + 1])
    return np.asarray(rows, dtype=np.int64)


def every_rows(length: int, step: int, first: int = 0) -> Ints:
    """Rows first, first + step, ... below `length`: for phases, so that no lucky day of the month decides."""
    if step < 1 or first < 0:
        raise ValueError(f"a step of {step} from row {first} is no schedule; give step >= 1 and first >= 0")
    return np.arange(first, length, step, dtype=np.int64)


def rows_of(dates: Dates, days: Dates) -> Ints:
    """Rows of `days` in `dates`; raises ValueError for a day that is not a row."""
    rows = np.searchsorted(dates, days)
    known = rows < len(dates)
    known[known] = dates[rows[known]] == days[known]
    if not bool(known.all()):
        missing = days[~known][0]
        raise ValueError(f"{missing} is not a day of the prices; decide on a day that has a row")
    return np.asarray(rows, dtype=np.int64)


def _periods(days: Dates, every: Frequency) -> Ints:
    if every == "weekly":
        return np.asarray((days - _MONDAY).astype(np.int64) // 7, dtype=np.int64)
    months = days.astype("datetime64[M]").astype(np.int64)
    length = {"monthly": 1, "quarterly": 3, "yearly": 12}[every]
    return np.asarray(months // length, dtype=np.int64)
