"""Prices from Yahoo through yfinance, kept on disk, so that a run without network still has what it once read.

A fresh answer replaces the kept one; when Yahoo cannot be reached the kept one is used and called stale; when there is
neither, DataError says so. Files are those of `load_folder`, one CSV an asset.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import DataError
from tools.market.folder import load_folder
from tools.market.records import DataFinding, MarketData

if TYPE_CHECKING:
    import pandas as pd

Download = Callable[[str, date, date], "pd.DataFrame"]
PAUSE_SECONDS = 0.5
"""Between two requests: Yahoo turns away those who ask faster for long."""
TRIES = 3
SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.=^-]*")
"""Letters, digits and the signs that Yahoo uses; nothing that could leave the folder."""


def kept_folder(folder: Path, start: date, end: date) -> Path:
    """Where the files of a range are kept: a folder that `load_folder` reads."""
    return folder / f"{start}_{end}"


def load_yahoo(
    symbols: Sequence[str],
    start: date,
    end: date,
    folder: Path,
    *,
    download: Download | None = None,
    pause: float = PAUSE_SECONDS,
) -> MarketData:
    """Daily prices of `symbols` from `start` to `end` (both included), kept in `folder`/<start>_<end>.

    Raises DataError when a symbol can neither be downloaded nor is kept from before, naming it.
    """
    fetch = download or _download
    for symbol in symbols:
        if not SYMBOL.fullmatch(symbol):
            raise DataError(f"{symbol!r} is no symbol of Yahoo's", "write it as Yahoo does, for example BRK-B or ^GSPC")
    kept = kept_folder(folder, start, end)
    kept.mkdir(parents=True, exist_ok=True)
    stale: list[DataFinding] = []
    for symbol in sorted(set(symbols)):
        path = kept / f"{symbol}.csv"
        try:
            frame = _try(fetch, symbol, start, end, pause)
        except DataError as error:
            if not path.is_file():
                raise
            text = f"{symbol} is the copy kept from an earlier day: {error.message}"
            stale.append(DataFinding(kind="stale", subject=symbol, text=text, remedy=error.remedy))
            continue
        part = path.with_suffix(".part")
        frame.to_csv(part)
        part.replace(path)
    data = load_folder(kept, only=frozenset(symbols))
    source = f"Yahoo, {start} to {end}" + (" (stale)" if stale else "")
    report = data.report.model_copy(update={"source": source, "findings": (*stale, *data.report.findings)})
    return MarketData(
        panel=replace(data.panel, source=source),
        universe=data.universe.model_copy(update={"name": "Yahoo"}),
        report=report,
    )


def _try(fetch: Download, symbol: str, start: date, end: date, pause: float) -> "pd.DataFrame":
    last = ""
    for attempt in range(TRIES):
        if pause:
            time.sleep(pause * 2**attempt)
        try:
            frame = fetch(symbol, start, end)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            last = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
            continue
        if len(frame):
            return frame
        last = "no rows"
    raise DataError(
        f"Yahoo gave no prices for {symbol} ({last})",
        "check the symbol and the network, or name a folder of price files with --prices",
    )


def _download(symbol: str, start: date, end: date) -> "pd.DataFrame":
    import logging
    from datetime import timedelta

    import yfinance
    from yfinance.exceptions import YFException

    logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # its errors reach the person through ours
    last = (end + timedelta(days=1)).isoformat()
    try:
        ticker = yfinance.Ticker(symbol)
        frame: pd.DataFrame = ticker.history(start=start.isoformat(), end=last, auto_adjust=False, raise_errors=True)
    except YFException as error:
        raise OSError(str(error)) from error
    return frame
