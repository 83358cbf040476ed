"""One asset's file to one clean series of adjusted prices, with a finding for everything that is wrong in it.

Nothing is filled: a day without a usable price stays without one.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tools.market.records import DataFinding, FindingKind

if TYPE_CHECKING:
    import pandas as pd

DATE_NAMES = ("date", "datetime", "timestamp", "day", "time")
ADJUSTED_NAMES = ("adj_close", "adjclose", "adjusted_close", "close_adj", "adjusted")
CLOSE_NAMES = ("close", "last", "price", "closing_price", "settle")
PREVIOUS_NAMES = ("previous", "previous_close", "prev_close")
SYMBOL_NAMES = ("symbol", "ticker", "asset", "code")
SPLIT_RATIOS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 25.0, 50.0)
SPLIT_TOLERANCE = 0.04
"""A one-day ratio this close to a whole split ratio, in a series that nobody adjusted, is suspected to be a split."""
LONG_GAP_DAYS = 10
"""Calendar days between two prices from which a gap is named by itself."""
STALE_ROWS = 15
"""Rows in a row with the very same price from which it is called stale."""


@dataclass
class Series:
    """What one file gave: dates and prices in order, and what was found on the way."""

    symbol: str
    prices: "pd.Series[float]"
    findings: list[DataFinding] = field(default_factory=list)

    def note(self, kind: FindingKind, text: str, days: "pd.Index | None" = None, remedy: str = "") -> None:
        """Add a finding about some days of this asset."""
        first = last = None
        if days is not None and len(days):
            first, last = _day(days[0]), _day(days[-1])
        count = 1 if days is None else len(days)
        self.findings.append(
            DataFinding(kind=kind, subject=self.symbol, count=count, first=first, last=last, text=text, remedy=remedy)
        )


def _day(stamp: object) -> date:
    import pandas as pd

    return pd.Timestamp(stamp).date()  # type: ignore[arg-type]


def column(frame: "pd.DataFrame", names: tuple[str, ...]) -> str | None:
    """The first of `names` that the frame has."""
    return next((name for name in names if name in frame.columns), None)


def plain_columns(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Column names in lower case with underscores: "Adj Close" and "adj_close" are one."""
    return frame.rename(columns=lambda name: str(name).strip().lower().replace(" ", "_").replace(".", "_"))


def clean(symbol: str, frame: "pd.DataFrame") -> Series | DataFinding:
    """A frame with plain column names to a series, or the finding that says why it is unusable."""
    import pandas as pd

    if frame.empty:
        return DataFinding(
            kind="empty", subject=symbol, text=f"{symbol} has no rows.", remedy="Fill or remove the file."
        )
    when = column(frame, DATE_NAMES)
    if when is None:
        text = f"{symbol} has no date column; its columns are {', '.join(map(str, frame.columns[:8]))}."
        return DataFinding(kind="no_dates", subject=symbol, text=text, remedy="Name the column of dates “date”.")
    if column(frame, ADJUSTED_NAMES + CLOSE_NAMES) is None:
        text = f"{symbol} has no price column; its columns are {', '.join(map(str, frame.columns[:8]))}."
        return DataFinding(kind="no_prices", subject=symbol, text=text, remedy="Name the column of prices “close”.")
    dates = pd.to_datetime(frame[when], errors="coerce", utc=True).dt.tz_localize(None).dt.normalize()
    series = Series(symbol, pd.Series(dtype=float))
    bad = dates.isna()
    if bad.any():
        series.note("no_dates", f"{int(bad.sum())} rows of {symbol} have no readable date and were left out.")
    frame = frame.loc[~bad].set_axis(pd.DatetimeIndex(dates[~bad], name="date"), axis=0)
    if not frame.index.is_monotonic_increasing:
        series.note("unsorted", f"{symbol} was not in order of dates; it was sorted.")
        frame = frame.sort_index(kind="stable")
    repeated = frame.index.duplicated(keep="last")
    if repeated.any():
        days = frame.index[repeated]
        series.note("duplicate_dates", f"{symbol} has {len(days)} dates twice; the later row of each was kept.", days)
        frame = frame.loc[~repeated]
    series.prices = _prices(series, frame)
    if series.prices.notna().sum() == 0:
        return DataFinding(kind="no_prices", subject=symbol, text=f"{symbol} has no usable price.", remedy="Check it.")
    _describe(series)
    return series


def _prices(series: Series, frame: "pd.DataFrame") -> "pd.Series[float]":
    """Adjusted prices: the adjusted close, else rebuilt from the exchange's own previous close, else the close."""
    import pandas as pd

    symbol = series.symbol
    adjusted, close, previous = (column(frame, n) for n in (ADJUSTED_NAMES, CLOSE_NAMES, PREVIOUS_NAMES))
    name = adjusted or close
    raw = pd.to_numeric(frame[name], errors="coerce")
    bad = raw.index[(raw <= 0) | np.isinf(raw)]
    if len(bad):
        series.note(
            "not_positive", f"{symbol} has {len(bad)} prices that are zero or negative; they count as missing.", bad
        )
    raw = raw.where((raw > 0) & ~np.isinf(raw))
    if adjusted is not None:
        return raw
    if previous is not None:
        before = pd.to_numeric(frame[previous], errors="coerce")
        growth = (raw / before.where(before > 0)).where(raw.notna())
        return _chain(raw, growth)
    _suspect_splits(series, raw)
    series.note(
        "unadjusted",
        f"{symbol} has no adjusted close: its prices are taken as they are, dividends and splits left out.",
        remedy="Add a column “adj_close”, or “previous” with the exchange's adjusted previous close.",
    )
    return raw


def _chain(raw: "pd.Series[float]", growth: "pd.Series[float]") -> "pd.Series[float]":
    """A price index that starts at the first close and grows by close / previous, missing where the close is."""
    known = raw.notna()
    first = raw[known].iloc[0] if known.any() else np.nan
    steps = growth[known].fillna(1.0).to_numpy().copy()
    if len(steps):
        steps[0] = 1.0
    out = raw.copy()
    out[known] = first * np.cumprod(steps)
    return out


def _suspect_splits(series: Series, raw: "pd.Series[float]") -> None:
    prices = raw.dropna()
    ratio = (prices.shift(1) / prices).dropna()
    for day, value in ratio.items():
        larger = max(value, 1.0 / value)
        nearest = min(SPLIT_RATIOS, key=lambda r: abs(larger / r - 1.0))
        if abs(larger / nearest - 1.0) <= SPLIT_TOLERANCE:
            import pandas as pd

            text = (
                f"{series.symbol} moved by a factor of {larger:.2f} on {_day(day)}: a split that was not adjusted for?"
            )
            series.note("suspected_split", text, pd.Index([day]), "Adjust the prices, or give an adjusted close.")


def _describe(series: Series) -> None:
    """Findings about gaps and prices that stand still."""
    prices = series.prices.dropna()
    steps = prices.index.to_series().diff().dt.days
    wide = steps.index[steps > LONG_GAP_DAYS]
    if len(wide):
        text = f"{series.symbol} has {len(wide)} gaps of more than {LONG_GAP_DAYS} days; nothing was filled in."
        series.note("long_gap", text, wide)
    run = (prices != prices.shift()).cumsum()
    lengths = run.map(run.value_counts())
    still = prices.index[lengths >= STALE_ROWS]
    if len(still):
        text = f"{series.symbol} shows the same price for {int(lengths.max())} rows in a row at most."
        series.note("stale", text, still, "Check whether it was suspended or the feed stood still.")
