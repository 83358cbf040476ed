"""Numbers of the metadata vector that are made of earnings reports: those already told, none that is only planned."""

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel
from rl.branches.metadata_prices import Known
from rl.branches.metadata_table import FROM_SIGNALS
from rl.features import YEAR

MOST_REPORTS = 8
"""Reports of the last year that are looked at, the latest first; companies give four."""

_SCALE = {number.name: number.scale for number in FROM_SIGNALS}


def earnings_numbers(panel: MarketPanel) -> dict[str, Known]:
    """Surprises, the last report's age, and when the next is usually due, on every day.

    Reads the signals "earnings_surprise" (standing from the day on which it could be known until the next) and
    "earnings_age" (calendar days since the report). Reports are told apart by their day, so without an age only the
    last surprise is known. A report counts for a year; the usual gap is the median of those between a year's
    reports, so that three months after the first report of a history nothing is said of the second.
    """
    shape = panel.close.shape
    surprise = panel.signals.get("earnings_surprise")
    age = panel.signals.get("earnings_age")
    found: dict[str, Known] = {}
    if surprise is not None:
        found["earnings_surprise"] = _known(surprise)
    if age is None:
        return found
    found["earnings_age"] = _known(age / _SCALE["earnings_age"])
    mean, due = np.full(shape, np.nan), np.full(shape, np.nan)
    days = panel.dates.astype("datetime64[D]").astype(np.float64)
    for j in range(shape[1]):
        own = None if surprise is None else surprise[:, j]
        _of_asset(days, age[:, j], own, mean[:, j], due[:, j])
    found["earnings_due"] = _known(due / _SCALE["earnings_due"])
    if surprise is not None:
        found["earnings_surprise_mean"] = _known(mean)
    return found


def _known(values: Floats) -> Known:
    known = np.isfinite(values)
    return Known(np.where(known, values, 0.0), known)


def _of_asset(days: Floats, age: Floats, surprise: Floats | None, mean: Floats, due: Floats) -> None:
    """Fill one asset's mean surprise and days until the usual report, where there are any."""
    rows = np.flatnonzero(np.isfinite(age))
    if not len(rows):
        return
    told = np.rint(days[rows] - age[rows])
    fresh = np.flatnonzero(np.concatenate([[True], told[1:] != told[:-1]]))
    report = told[fresh]
    ends = rows[np.concatenate([fresh[1:] - 1, [len(rows) - 1]])]
    latest = np.repeat(np.arange(len(fresh)), np.diff(np.append(fresh, len(rows))))
    # A report counts while it stood on some day of the last year: then a panel cut to the lookback shows it too.
    oldest = np.searchsorted(ends, rows - YEAR + 1, side="left")
    gaps = _spread(latest, oldest + 1, report - np.concatenate([[np.nan], report[:-1]]))
    counted = np.isfinite(gaps).sum(axis=1)
    some = counted > 0
    usual = np.full(len(rows), np.nan)
    usual[some] = np.nanmedian(gaps[some], axis=1)
    due[rows] = usual - age[rows]
    if surprise is None:
        return
    # An earlier report's surprise is what stood on its last day; the latest one's is what stands today.
    earlier = _spread(latest - 1, oldest, surprise[ends])
    values = np.concatenate([surprise[rows][:, None], earlier], axis=1)
    known = np.isfinite(values)
    total = np.cumsum(np.where(known, values, 0.0), axis=1)[:, -1]
    mean[rows] = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _spread(newest: NDArray[np.int64], oldest: NDArray[np.int64], values: Floats) -> Floats:
    """(R, MOST_REPORTS) the reports' values from `newest` back to `oldest`, NaN beyond."""
    place = newest[:, None] - np.arange(MOST_REPORTS)
    return np.where(place >= np.maximum(oldest, 0)[:, None], values[np.maximum(place, 0)], np.nan)
