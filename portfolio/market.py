"""Prices as arrays: the one shape in which market data reaches finance and learning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]


def day_of(value: np.datetime64) -> date:
    """A panel's day as a date of the calendar."""
    day: date = value.astype("datetime64[D]").astype(object)
    return day


@dataclass(frozen=True, eq=False)
class MarketPanel:
    """Daily prices of N assets over T days, NaN where an asset was not traded.

    Attributes
    ----------
    dates : (T,) datetime64[D], strictly increasing
    symbols : N symbols, in the universe's order
    close : (T, N) prices adjusted for splits and dividends (total return), NaN where missing
    source : where it came from, for people
    signals : name -> (T, N) further point-in-time series, already lagged to the day on which they could be
        traded on ("earnings_surprise", "earnings_yield", "sentiment", "volume"); absent means not available
    cash_rate : (T,) yearly bill rate as a fraction, NaN where unknown; None when no source has one
    cash_rate_source : the rate's name and dates, for people; None when there is none
    index : (T,) level of a broad index for market-wide features, or None; never an asset to hold
    """

    dates: Dates
    symbols: tuple[str, ...]
    close: Floats
    source: str
    signals: Mapping[str, Floats] = field(default_factory=dict)
    cash_rate: Floats | None = None
    cash_rate_source: str | None = None
    index: Floats | None = None

    def __post_init__(self) -> None:
        days, assets = len(self.dates), len(self.symbols)
        if self.close.shape != (days, assets):
            raise ValueError(f"close is {self.close.shape}; {days} dates x {assets} symbols expected")
        if days > 1 and not bool((np.diff(self.dates) > np.timedelta64(0, "D")).all()):
            raise ValueError("dates must increase strictly; sort them and drop duplicates first")
        for name, values in self.signals.items():
            if values.shape != (days, assets):
                raise ValueError(f"signal {name} is {values.shape}; {(days, assets)} expected")

    @property
    def first_date(self) -> date:
        return day_of(self.dates[0])

    @property
    def last_date(self) -> date:
        return day_of(self.dates[-1])

    def returns(self) -> Floats:
        """(T, N) simple close-to-close returns; row 0, and any day without both closes, is NaN."""
        out = np.full_like(self.close, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[1:] = self.close[1:] / self.close[:-1] - 1.0
        return out

    def until(self, as_of: date) -> "MarketPanel":
        """The panel as it was known at the close of `as_of`: every later row is gone.

        Raises ValueError when `as_of` lies before the first day.
        """
        stop = int(np.searchsorted(self.dates, np.datetime64(as_of, "D"), side="right"))
        if stop == 0:
            raise ValueError(f"no prices on or before {as_of}: the data begin on {self.first_date}")
        return self.window(0, stop)

    def window(self, start: int, stop: int) -> "MarketPanel":
        """Rows `start` (inclusive) to `stop` (exclusive)."""
        return MarketPanel(
            dates=self.dates[start:stop],
            symbols=self.symbols,
            close=self.close[start:stop],
            source=self.source,
            signals={name: values[start:stop] for name, values in self.signals.items()},
            cash_rate=None if self.cash_rate is None else self.cash_rate[start:stop],
            cash_rate_source=self.cash_rate_source,
            index=None if self.index is None else self.index[start:stop],
        )

    def select(self, symbols: tuple[str, ...]) -> "MarketPanel":
        """The same days for some of the assets, in the order asked for."""
        columns = [self.symbols.index(symbol) for symbol in symbols]
        return MarketPanel(
            dates=self.dates,
            symbols=symbols,
            close=self.close[:, columns],
            source=self.source,
            signals={name: values[:, columns] for name, values in self.signals.items()},
            cash_rate=self.cash_rate,
            cash_rate_source=self.cash_rate_source,
            index=self.index,
        )
