"""One asset's file to one clean series of adjusted prices, with a finding for everything that is wrong in it.

Nothing is filled: a day without a usable price stays without one.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

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
LARGE_MOVE = 2.0
"""From one price to the next, up or down: named, for it is an error more often than a market."""
LONG_GAP_DAYS = 10
"""Calendar days between two prices from which a gap is named by itself."""
STALE_ROWS = 15
"""Rows in a row with the very same price from which it is called stale."""

MONTHS = "(?i)jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
DATE_REMEDY = "Write dates as 2024-01-31."
NUMBER_REMEDY = "Write prices as 1234.56, without separators of thousands, a decimal comma or a currency's sign."


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


def read_dates(values: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """Calendar days as the exchange's clock showed them; NaT for what cannot be told.

    Read are dates of every kind of column, 2024-01-31, 2024/01/31 and 20240131 with or without a time, and month names;
    01/02/2024 is not, for nobody can tell whether it is of January or of February.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[pd.Timestamp] = values.dt.tz_localize(None).dt.normalize()
        return days
    text = values.astype(str).str.strip().str.removesuffix(".0")
    # The day stands first: what follows is a time and an offset, and turning it into UTC would move it to another day.
    first = text.str.extract(r"^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?$")
    dates = pd.to_datetime(first[0] + first[1] + first[2], format="%Y%m%d", errors="coerce")
    named = dates.isna() & text.str.contains(MONTHS, regex=True)
    if named.any():
        spelt = pd.to_datetime(text.where(named), format="mixed", errors="coerce", utc=True).dt.tz_localize(None)
        dates = dates.where(~named, spelt)
    return dates.dt.normalize()


def _unusable(symbol: str, frame: "pd.DataFrame") -> DataFinding | None:
    """What is wrong with a frame's columns, if it cannot be read at all."""
    if frame.empty:
        return DataFinding(
            kind="empty", subject=symbol, text=f"{symbol} has no rows.", remedy="Fill or remove the file."
        )
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        text = f"{symbol} has two columns named {twice[0]}, so it is not clear which one to read."
        return DataFinding(kind="unreadable", subject=symbol, text=text, remedy="Rename or remove one of them.")
    if column(frame, DATE_NAMES) is None:
        text = f"{symbol} has no date column; its columns are {', '.join(map(str, frame.columns[:8]))}."
        remedy = "Name the column of dates “date”, and separate columns by commas."
        return DataFinding(kind="no_dates", subject=symbol, text=text, remedy=remedy)
    if column(frame, ADJUSTED_NAMES + CLOSE_NAMES) is None:
        text = f"{symbol} has no price column; its columns are {', '.join(map(str, frame.columns[:8]))}."
        return DataFinding(kind="no_prices", subject=symbol, text=text, remedy="Name the column of prices “close”.")
    return None


def clean(symbol: str, frame: "pd.DataFrame") -> Series | DataFinding:
    """A frame with plain column names to a series, or the finding that says why it is unusable."""
    import pandas as pd

    fault = _unusable(symbol, frame)
    if fault is not None:
        return fault
    when = column(frame, DATE_NAMES) or ""
    dates = read_dates(frame[when])
    series = Series(symbol, pd.Series(dtype=float))
    if dates.isna().all():
        text = f"{symbol} has no readable date; the first one is {str(frame[when].iloc[0])[:30]!r}."
        return DataFinding(kind="no_dates", subject=symbol, text=text, remedy=DATE_REMEDY)
    bad = dates.isna()
    if bad.any():
        series.note(
            "no_dates",
            f"{int(bad.sum())} rows of {symbol} have no readable date and were left out.",
            remedy=DATE_REMEDY,
        )
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
        why = " ".join(["", *(item.text for item in series.findings)])
        text = f"{symbol} has no usable price.{why}"
        return DataFinding(kind="no_prices", subject=symbol, text=text, remedy=NUMBER_REMEDY)
    _describe(series)
    return series


def _prices(series: Series, frame: "pd.DataFrame") -> "pd.Series[float]":
    """Adjusted prices: the adjusted close, else rebuilt from the exchange's own previous close, else the close."""
    import pandas as pd

    symbol = series.symbol
    adjusted, close, previous = (column(frame, n) for n in (ADJUSTED_NAMES, CLOSE_NAMES, PREVIOUS_NAMES))
    name = adjusted or close
    raw = pd.to_numeric(frame[name], errors="coerce").astype(float)
    odd = raw.isna() & frame[name].notna()
    if odd.any():
        example = str(frame[name][odd].iloc[0])[:20]
        text = f"{symbol} has {int(odd.sum())} prices that are not plain numbers ({example!r}); they count as missing."
        series.note("unreadable", text, raw.index[odd], NUMBER_REMEDY)
    bad = raw.index[(raw <= 0) | np.isinf(raw)]
    if len(bad):
        series.note(
            "not_positive", f"{symbol} has {len(bad)} prices that are zero or negative; they count as missing.", bad
        )
    raw = raw.where((raw > 0) & ~np.isinf(raw))
    if adjusted is not None:
        _large_moves(series, raw)
        return raw
    if previous is not None:
        before = pd.to_numeric(frame[previous], errors="coerce")
        chained = _chain(series, raw, before.where((before > 0) & ~np.isinf(before)))
        _large_moves(series, chained)
        return chained
    _large_moves(series, raw, unadjusted=True)
    series.note(
        "unadjusted",
        f"{symbol} has no adjusted close: its prices are taken as they are, dividends and splits left out.",
        remedy="Add a column “adj_close”, or “previous” with the exchange's adjusted previous close.",
    )
    return raw


def _chain(series: Series, raw: "pd.Series[float]", before: "pd.Series[float]") -> "pd.Series[float]":
    """A price index that starts at the first close and grows by close / previous, missing where the close is.

    Where `previous` is missing, or rows of more than `LONG_GAP_DAYS` are, the step is from the last close there is: a
    previous close of yesterday says nothing of the month before it. Such steps are reported.
    """
    close = raw.dropna()
    last = close.shift(1)
    before = before.reindex(close.index)
    gap = _days_between(close) > LONG_GAP_DAYS
    own = (before.isna() | (gap & (before != last))) & last.notna()
    if own.any():
        text = f"{series.symbol} has {int(own.sum())} returns taken from its own closes, for want of a previous close."
        series.note("unadjusted", text, close.index[own], "Check these days for splits.")
    steps = (close / before.where(~own, last)).to_numpy(dtype=float).copy()
    if len(steps):
        steps[0] = close.iloc[0]
    out = raw.copy()
    out[close.index] = np.cumprod(steps)
    return out


def _large_moves(series: Series, prices: "pd.Series[float]", *, unadjusted: bool = False) -> None:
    """Findings about moves from one price to the next by a factor that is a split's, or that no market makes often."""
    import pandas as pd

    known = prices.dropna()
    ratio = (known / known.shift(1)).dropna()
    factor = ratio.where(ratio >= 1.0, 1.0 / ratio)
    splits = np.array(SPLIT_RATIOS)
    for day, value in factor[factor >= SPLIT_RATIOS[0] * (1.0 - SPLIT_TOLERANCE)].items():
        split = unadjusted and bool((np.abs(value / splits - 1.0) <= SPLIT_TOLERANCE).any())
        if split:
            text = (
                f"{series.symbol} moved by a factor of {value:.2f} on {_day(day)}: a split that was not adjusted for?"
            )
            series.note("suspected_split", text, pd.Index([day]), "Adjust the prices, or give an adjusted close.")
        elif value >= LARGE_MOVE:
            text = f"{series.symbol} moved by a factor of {value:.2f} on {_day(day)}; it was kept."
            series.note("large_move", text, pd.Index([day]), "Check the price against another source.")


def _days_between(prices: "pd.Series[float]") -> "pd.Series[float]":
    """Calendar days since the price before."""
    days: pd.Series[float] = prices.index.to_series().diff().dt.days
    return days


def _describe(series: Series) -> None:
    """Findings about gaps and prices that stand still."""
    prices = series.prices.dropna()
    steps = _days_between(prices)
    wide = steps.index[steps > LONG_GAP_DAYS]
    if len(wide):
        gaps = "a gap" if len(wide) == 1 else f"{len(wide)} gaps"
        text = f"{series.symbol} has {gaps} of more than {LONG_GAP_DAYS} days; nothing was filled in."
        series.note("long_gap", text, wide)
    run = (prices != prices.shift()).cumsum()
    lengths = run.map(run.value_counts())
    still = prices.index[lengths >= STALE_ROWS]
    if len(still):
        text = f"{series.symbol} shows the same price for {int(lengths.max())} rows in a row at most."
        series.note("stale", text, still, "Check whether it was suspended or the feed stood still.")
