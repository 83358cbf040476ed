"""Indonesian shares from the exchange's own files, which are not adjusted for splits.

A day's return is `close / previous - 1`, where `previous` is the exchange's own reference close, set anew when a share
is split; the level is the product of these returns from 100. Dividends are not in it. `open_price` is 0 on a twelfth
of the rows and is not read. A row without a positive close and previous close has no return: its price is missing.
"""

from datetime import date
from pathlib import Path

import numpy as np

from portfolio.market import Floats, MarketPanel
from portfolio.universe import UNKNOWN_GROUP, Asset, Universe
from tools.errors import DataError

START = 100.0
NEEDED = ("date", "previous", "close")


def load_idx(folder: Path) -> tuple[MarketPanel, Universe]:
    """Every `*.csv.gz` of the folder, one file an asset; days on which at least half of those listed have a price.

    Raises DataError when there is no such file, or one lacks a column.
    """
    import pandas as pd

    files = sorted(folder.glob("*.csv.gz"))
    if not files:
        raise DataError(f"{folder} holds no price file of the Indonesian exchange", "name the folder `prices/idx_lq45`")
    levels = {}
    for path in files:
        frame = pd.read_csv(path)
        missing = [name for name in NEEDED if name not in frame.columns]
        if missing:
            raise DataError(f"{path.name} has no column {', '.join(missing)}", "export it again from the exchange")
        days = pd.to_datetime(frame["date"], format="ISO8601").dt.normalize()
        frame = frame.assign(date=days).drop_duplicates("date").sort_values("date")
        level = chained(frame["previous"].to_numpy(dtype=float), frame["close"].to_numpy(dtype=float))
        levels[path.name.removesuffix(".csv.gz")] = pd.Series(level, index=frame["date"])
    wide = pd.DataFrame(levels).sort_index()
    listed = wide.ffill().notna().sum(axis=1)
    wide = wide.loc[wide.notna().sum(axis=1) * 2 >= listed]
    symbols = tuple(str(name) for name in wide.columns)
    panel = MarketPanel(
        dates=wide.index.to_numpy().astype("datetime64[D]"),
        symbols=symbols,
        close=wide.to_numpy(dtype=float),
        source="folder idx_lq45",
    )
    return panel, Universe(name="Indonesian shares", assets=tuple(_asset(symbol, wide[symbol]) for symbol in symbols))


def chained(previous: Floats, close: Floats) -> Floats:
    """(T,) level from 100 that moves by `close / previous`, NaN where a row gives no return.

    A missing row leaves the level where it was: the next row's own `previous` starts from there.
    """
    known = np.isfinite(previous) & np.isfinite(close) & (previous > 0.0) & (close > 0.0)
    growth = np.divide(close, previous, out=np.ones_like(close), where=known)
    return np.where(known, START * np.cumprod(growth), np.nan)


def _asset(symbol: str, levels: "object") -> Asset:
    import pandas as pd

    assert isinstance(levels, pd.Series)
    known = levels.dropna().index
    first: date = known[0].date()
    last: date = known[-1].date()
    return Asset(
        symbol=symbol,
        name=symbol,
        asset_class="share",
        group=UNKNOWN_GROUP,
        currency="IDR",
        first_date=first,
        last_date=last,
    )
