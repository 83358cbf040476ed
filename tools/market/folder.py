"""A folder of price files (CSV, gzipped CSV, parquet) to market data; any OHLCV panel will do.

One file an asset, named by its symbol, or long files with a symbol column. A `universe.csv` with the columns symbol,
name, asset_class, group, currency, tags tells what the assets are; without it, only well-known symbols have a sector.
Earnings, bill rate and index level may lie beside the prices (`tools.market.side_files`), and exchange rates, by which
all prices are then told in one currency (`tools.market.rates`).

Calendar: the days on which at least half of the assets traded of late were traded. Coins, which trade every day, have a
say only where nothing else is traded; what they did at weekends is in Monday's return.
"""

import zlib
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from portfolio.market import Floats, MarketPanel
from portfolio.records import CASH
from portfolio.universe import UNKNOWN_GROUP, Asset, Universe
from tools.earnings import earnings_signals
from tools.errors import DataError
from tools.market.bundled import ranges
from tools.market.facts import FACTS_FILE, YIELD, AssetFacts, facts_of, read_universe
from tools.market.frames import SYMBOL_NAMES, Series, clean, column, plain_columns
from tools.market.rates import coin_currency, convert, read_rates
from tools.market.records import DataFinding, DataReport, MarketData
from tools.market.side_files import BILLS_FILE, INDEX_FILE, SIDE_FILES, read_earnings, read_series

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".csv.gz", ".parquet")
BILL_FUNDS = ("BIL", "SGOV", "SHV")
"""Funds of Treasury bills, the shortest first: the first one there is the bill rate."""
CASH_LIKE = (*BILL_FUNDS, "SHY")
"""Held as cash, not as risky assets, where a fund of bills tells what cash earns."""
BILL_WINDOW = 63
"""Trading days of a bill fund's return that make its yearly rate."""
SHORT_HISTORY = 252
UNTOLD_CURRENCY = "USD"
"""In which an asset is taken to be priced where nobody told and nothing is converted; the report says so."""
ALIVE_ROWS = 10
"""An asset counts for the calendar of a day when it was traded on that day or one of the few before it."""


def load_folder(folder: Path, *, currency: str | None = None, only: Collection[str] | None = None) -> MarketData:
    """Read a folder. Raises DataError when nothing in it is usable, or a file beside the prices cannot be read in full;
    everything else is a line of the report.

    `currency` is that of assets which neither `universe.csv` nor the house knows; `only` leaves other symbols out. With
    a `rates.csv` the panel and the universe are in its base currency.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder", "name a folder that holds one CSV or parquet file per asset")
    facts, findings = read_universe(folder / FACTS_FILE)
    series: dict[str, Series] = {}
    for path in sorted(item for item in folder.iterdir() if _is_prices(item)):
        for item in _read(path):
            if isinstance(item, DataFinding):
                findings.append(item)
            elif only is not None and item.symbol not in only:
                continue
            elif item.symbol in series:
                text = f"{item.symbol} stands in two files; {path.name} was left out."
                findings.append(DataFinding(kind="duplicate_dates", subject=path.name, text=text, remedy="Keep one."))
            else:
                series[item.symbol] = item
                findings += item.findings
    if not series:
        why = f": {findings[0].text}" if findings else ""
        raise DataError(
            f"no price file of {folder} could be used{why}",
            "each file needs a column of dates and one of closing prices; its name is the symbol",
        )
    for symbol in sorted(set(facts) - set(series)):
        text = f"{FACTS_FILE} names {symbol}, of which there are no usable prices."
        findings.append(DataFinding(kind="unknown_facts", subject=symbol, text=text, remedy="Check the spelling."))
    return _assemble(folder, series, facts, findings, currency)


def _is_prices(path: Path) -> bool:
    aside = path.name in (FACTS_FILE, *SIDE_FILES) or path.name[0] == "."
    return path.is_file() and path.name.lower().endswith(ENDINGS) and not aside


def _read(path: Path) -> list[Series | DataFinding]:
    import pandas as pd

    ending = next(item for item in ENDINGS if path.name.lower().endswith(item))
    symbol = path.name[: -len(ending)]
    again = "Export it again as CSV (UTF-8)."
    try:
        if ending == ".parquet":
            frame = pd.read_parquet(path)
            if frame.index.names != [None]:
                frame = frame.reset_index()
        else:
            frame = pd.read_csv(path, compression="gzip" if ending.endswith(".gz") else None)
    except pd.errors.EmptyDataError:
        text = f"{path.name} is empty."
        return [DataFinding(kind="empty", subject=path.name, text=text, remedy="Fill or remove it.")]
    except (OSError, ValueError, EOFError, zlib.error) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0][:120]
        text = f"{path.name} could not be read: {why}"
        return [DataFinding(kind="unreadable", subject=path.name, text=text, remedy=again)]
    frame = plain_columns(frame)
    names = column(frame, SYMBOL_NAMES)
    if names is None or frame.empty or frame.columns.duplicated().any():
        return [_named(symbol, frame)]
    out: list[Series | DataFinding] = []
    nameless = frame[names].isna()
    if nameless.any():
        text = f"{int(nameless.sum())} rows of {path.name} name no symbol and were left out."
        out.append(DataFinding(kind="unreadable", subject=path.name, count=int(nameless.sum()), text=text))
    labels = frame[names].where(nameless, frame[names].astype(str).str.strip())
    return out + [_named(str(name), part) for name, part in frame.groupby(labels, sort=True)]


def _named(symbol: str, frame: "pd.DataFrame") -> Series | DataFinding:
    if symbol == CASH:
        text = f"{CASH} is always there and may not be an asset; it was left out."
        return DataFinding(kind="unreadable", subject=symbol, text=text, remedy="Rename the file, if it is an asset.")
    if YIELD.fullmatch(symbol):
        text = f"{symbol} is a yield and no price: a bond falls when its yield rises; it was left out."
        remedy = "Give prices of a fund of these bonds; rename the file, if it is an asset."
        return DataFinding(kind="no_prices", subject=symbol, text=text, remedy=remedy)
    return clean(symbol, frame)


def _assemble(
    folder: Path,
    series: dict[str, Series],
    facts: dict[str, AssetFacts],
    findings: list[DataFinding],
    currency: str | None,
) -> MarketData:
    import pandas as pd

    rates = read_rates(folder)
    wide = pd.DataFrame({name: series[name].prices for name in sorted(series)}).sort_index()
    coins = {name for name in series if (facts.get(name) or facts_of(name)[0]).asset_class == "crypto"}
    wide = _common_calendar(wide, coins, findings)
    dates = wide.index.to_numpy().astype("datetime64[D]")
    quoted = {name: _quoted(name, facts.get(name), currency) for name in sorted(series)}
    foreign = set() if rates is None else {name for name in quoted if quoted[name] != rates.base}
    rate, rate_source, wide = _bills(wide, findings, foreign)
    told = read_series(folder / BILLS_FILE, "rate", dates)
    if told is not None:
        rate, rate_source = told, f"{BILLS_FILE} of the folder {folder.name}"
    symbols = tuple(str(name) for name in wide.columns)
    close: Floats = wide.to_numpy(dtype=float)
    panel = MarketPanel(
        dates=dates,
        symbols=symbols,
        close=close,
        source=f"folder {folder.name}",
        signals=earnings_signals(dates, symbols, read_earnings(folder)),
        cash_rate=rate,
        cash_rate_source=rate_source,
        index=read_series(folder / INDEX_FILE, "level", dates),
    )
    if rates is not None:
        panel, told_rates = convert(panel, rates, [quoted[name] for name in symbols])
        findings += told_rates
    assets = []
    for item in ranges(panel):
        known = facts.get(item.symbol)
        fact, certain = (known, True) if known else facts_of(item.symbol, currency)
        priced = (fact.currency or UNTOLD_CURRENCY) if rates is None else rates.base
        if not certain:
            text = f"Nobody told what {item.symbol} is: it counts as a share of unknown sector, in {priced}."
            remedy = f"Add it to {FACTS_FILE} in the folder (symbol, name, asset_class, group, currency, tags)."
            findings.append(DataFinding(kind="unknown_facts", subject=item.symbol, text=text, remedy=remedy))
        if item.missing:
            text = f"{item.symbol} has no price on {item.missing} of the panel's days; nothing was filled in."
            findings.append(DataFinding(kind="missing_days", subject=item.symbol, count=item.missing, text=text))
        if item.days < SHORT_HISTORY:
            text = f"{item.symbol} has only {item.days} days of prices."
            findings.append(DataFinding(kind="short_history", subject=item.symbol, count=item.days, text=text))
        if known and known.currency is None and rates is None:
            text = f"{FACTS_FILE} names no currency of {item.symbol}: it counts as priced in {priced}."
            findings.append(DataFinding(kind="unknown_facts", subject=item.symbol, text=text, remedy="Fill it in."))
        assets.append(
            Asset(**(fact.model_dump() | {"currency": priced}), first_date=item.first_date, last_date=item.last_date)
        )
    for symbol in sorted(set(symbols) - {asset.symbol for asset in assets}):
        none = "was never traded" if rates is None else f"has no price in {rates.base}"
        text = f"{symbol} {none} on a day of the panel and was left out."
        findings.append(DataFinding(kind="off_calendar", subject=symbol, text=text))
    currencies = sorted({asset.currency for asset in assets})
    if len(currencies) > 1:
        text = f"The assets are priced in {', '.join(currencies)}; returns are each in its own currency."
        findings.append(DataFinding(kind="currency", subject=folder.name, count=len(currencies), text=text))
    universe = Universe(name=f"folder {folder.name}", assets=tuple(assets))
    notes = [f"{sum(a.group == UNKNOWN_GROUP for a in assets)} of {len(assets)} assets have no known sector."]
    report = DataReport(
        source=panel.source,
        first_date=panel.first_date,
        last_date=panel.last_date,
        assets=ranges(panel),
        findings=tuple(findings),
        notes=tuple(notes),
    )
    return MarketData(panel=panel.select(universe.symbols), universe=universe, report=report)


def _quoted(symbol: str, known: AssetFacts | None, currency: str | None) -> str | None:
    """The currency of an asset's prices: the folder's word, the house's, its name's, the caller's; None if untold."""
    if known is not None and known.currency is not None:
        return known.currency
    fact, _ = facts_of(symbol, coin_currency(symbol) or currency)
    return fact.currency


def _common_calendar(wide: "pd.DataFrame", coins: Collection[str], findings: list[DataFinding]) -> "pd.DataFrame":
    import pandas as pd

    known = wide.notna()
    # Trailing, so that later rows of a file cannot decide whether an earlier day is a day of the panel.
    alive = known.rolling(ALIVE_ROWS, min_periods=1).max() > 0
    others = [name for name in wide.columns if name not in coins]
    traded, voters = known[others].sum(axis=1), alive[others].sum(axis=1)
    traded, voters = traded.where(voters > 0, known.sum(axis=1)), voters.where(voters > 0, alive.sum(axis=1))
    common = ((traded > 0) & (traded * 2 >= voters)).to_numpy()
    dropped = wide.index[~common]
    if len(dropped):
        lost = wide.columns[wide.loc[dropped].notna().any()]
        text = (
            f"{len(dropped)} days on which too few of the assets were traded are not days of the panel "
            f"(traded then: {', '.join(map(str, lost[:6]))}{', …' if len(lost) > 6 else ''}); their moves are in the "
            "next day's return."
        )
        findings.append(
            DataFinding(
                kind="off_calendar",
                subject="calendar",
                count=len(dropped),
                first=dropped[0].date(),
                last=dropped[-1].date(),
                text=text,
            )
        )
    kept: pd.DataFrame = wide.loc[common]
    return kept


def _bills(
    wide: "pd.DataFrame", findings: list[DataFinding], foreign: Collection[str]
) -> "tuple[Floats | None, str | None, pd.DataFrame]":
    """The bill rate from a fund of bills, point in time; such funds then leave the risky assets.

    `foreign` ones stay: their rate is no rate of the base currency, and in it they move with the exchange rate.
    """
    away = [name for name in CASH_LIKE if name in wide.columns and name in foreign]
    if away:
        text = f"{', '.join(away)}: not bills of the base currency, so held as risky assets, and cash does not earn it."
        remedy = f"Give the base currency's own bill rate as {BILLS_FILE}, if it is not there."
        findings.append(
            DataFinding(kind="cash_like", subject=", ".join(away), count=len(away), text=text, remedy=remedy)
        )
    fund = next((name for name in BILL_FUNDS if name in wide.columns and name not in away), None)
    if fund is None:
        return None, None, wide
    gone = [name for name in CASH_LIKE if name in wide.columns and name not in away]
    if len(gone) == wide.shape[1]:
        return None, None, wide
    rate = ((wide[fund] / wide[fund].shift(BILL_WINDOW)) ** (252 / BILL_WINDOW) - 1.0).to_numpy(dtype=float)
    text = (
        f"{', '.join(gone)}: held as cash, not as risky assets; cash earns what {fund} earned over {BILL_WINDOW} days."
    )
    findings.append(DataFinding(kind="cash_like", subject=", ".join(gone), count=len(gone), text=text))
    dated = wide.index[np.isfinite(rate)]
    if not len(dated):
        return None, None, wide.drop(columns=gone)
    name = f"trailing {BILL_WINDOW}-day return of {fund}, yearly, {dated[0].date()} to {dated[-1].date()}"
    return rate, name, wide.drop(columns=gone)
