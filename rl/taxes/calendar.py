"""Calendar facts of day ordinals (days since 1970-01-01) by table, exact for leap years and 29 February."""

import numpy as np
import torch

_FIRST, _LAST = np.datetime64("1900-01-01", "D"), np.datetime64("2200-01-01", "D")
_DAYS = np.arange(_FIRST, _LAST)
_OFFSET = -int(_FIRST.astype(np.int64))
_YEARS = _DAYS.astype("datetime64[Y]")


def _first_long_days() -> np.ndarray:
    """The first day on which shares bought on each day are long-term.

    The holding period begins the day after the purchase and must be longer than a year, so that a sale on or after
    that day's next anniversary is long-term. A period that begins on 29 February ends a year with 28 February.
    """
    begins = _DAYS + np.timedelta64(1, "D")
    months = begins.astype("datetime64[M]")
    anniversary = (months + np.timedelta64(12, "M")).astype("datetime64[D]") + (begins - months)
    return np.asarray(anniversary.astype(np.int64))


_YEAR = torch.from_numpy(_YEARS.astype(np.int64) + 1970)
_DUE = torch.from_numpy(((_YEARS.astype("datetime64[M]") + 3).astype("datetime64[D]") + 14).astype(np.int64))
_FIRST_LONG = torch.from_numpy(_first_long_days())


def year_of(day: torch.Tensor) -> torch.Tensor:
    """The calendar year."""
    return _look_up(_YEAR, day)


def tax_day_of(day: torch.Tensor) -> torch.Tensor:
    """15 April of the day's year: when the year before is paid."""
    return _look_up(_DUE, day)


def first_long_day(start: torch.Tensor) -> torch.Tensor:
    """The first day on which a sale of shares bought on `start` is long-term."""
    return _look_up(_FIRST_LONG, start)


def _look_up(table: torch.Tensor, day: torch.Tensor) -> torch.Tensor:
    return table.to(day.device)[day + _OFFSET]
