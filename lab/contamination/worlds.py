"""All that the committee reads of the world, in hand: prices, assets, earnings reports, documents; and as a folder that
the ordinary live path reads.

A folder of prices alone would lose what the bundled history has beside them, so they are carried over as the folder's
own files: sectors and themes (`universe.csv`), earnings reports, the bill rate, the index level. What is lost: the
words in which a source is called.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from portfolio.market import Floats, MarketPanel
from portfolio.universe import Universe
from tools.documents.earnings import earnings_document
from tools.documents.records import Document
from tools.earnings import EarningsRecord, earnings_records
from tools.market.facts import FACTS_FILE
from tools.market.records import MarketData
from tools.market.side_files import BILLS_FILE, EARNINGS_FILE, INDEX_FILE, read_earnings
from tools.market.source import open_market
from tools.settings import Settings
from tools.store import DocumentStore

PRICES, HOME = "prices", "home"


@dataclass(frozen=True, eq=False)
class Content:
    """Attributes
    ----------
    panel : prices, bill rate and index; its signals are left to the reports
    universe : in the panel's order
    earnings : reports of these assets, by symbol and date
    documents : news and filings; the passages on earnings are made when the world is written
    passages : the reports that those passages tell, where they are others than `earnings`
    """

    panel: MarketPanel
    universe: Universe
    earnings: tuple[EarningsRecord, ...]
    documents: tuple[Document, ...] = ()
    passages: tuple[EarningsRecord, ...] | None = None


def content_of(settings: Settings, documents: Sequence[Document] = ()) -> Content:
    """What the settings name: the bundled history, or a folder with what lies beside its prices."""
    return content_from(open_market(settings), settings.prices, documents)


def content_from(data: MarketData, folder: Path | None = None, documents: Sequence[Document] = ()) -> Content:
    """The same of data that are open; `folder` is where they came from, for its own reports."""
    own = None if folder is None else read_earnings(folder)
    told = earnings_records() if own is None else own
    wanted = set(data.universe.symbols)
    return Content(
        panel=data.panel,
        universe=data.universe,
        earnings=tuple(record for record in told if record.symbol in wanted),
        documents=tuple(documents),
    )


def some_assets(content: Content, symbols: Sequence[str]) -> Content:
    """The world with these assets alone, for what is dear an asset."""
    kept = tuple(name for name in content.universe.symbols if name in set(symbols))
    assets = tuple(content.universe.asset(name) for name in kept)
    return replace(
        content,
        panel=content.panel.select(kept),
        universe=content.universe.model_copy(update={"assets": assets}),
        earnings=tuple(record for record in content.earnings if record.symbol in kept),
        documents=tuple(item for item in content.documents if item.symbol is None or item.symbol in kept),
    )


def write_world(
    content: Content,
    folder: Path,
    settings: Settings,
    read: Sequence[tuple[date, date]] | None = None,
) -> Settings:
    """The world below `folder`, and the settings that read it: `quorum advise --prices` and `--home` do so too.

    `read` are the spans of days whose documents will be read; documents of other days are left out, for embedding them
    takes longer than all the rest. None keeps all.
    """
    prices, home = folder / PRICES, folder / HOME
    prices.mkdir(parents=True, exist_ok=True)
    _write_prices(content, prices)
    _write_facts(content.universe, prices / FACTS_FILE)
    rows = [(item.symbol, item.date.isoformat(), repr(item.surprise)) for item in content.earnings]
    _write(prices / EARNINGS_FILE, ("symbol", "date", "surprise"), rows)
    _write_series(content.panel, content.panel.cash_rate, prices / BILLS_FILE, "rate")
    _write_series(content.panel, content.panel.index, prices / INDEX_FILE, "level")
    told = content.earnings if content.passages is None else content.passages
    every = (*(earnings_document(record) for record in told), *content.documents)
    kept = [item for item in every if read is None or any(first <= item.published <= last for first, last in read)]
    if kept:
        DocumentStore(home / "store").add(kept)
    return settings.model_copy(update={"prices": prices, "home": home})


def _write_prices(content: Content, folder: Path) -> None:
    import pandas as pd

    panel = content.panel
    days = pd.DatetimeIndex(panel.dates.astype("datetime64[ns]"))
    for column, symbol in enumerate(panel.symbols):
        close = panel.close[:, column]
        known = np.isfinite(close)
        frame = pd.DataFrame({"symbol": symbol, "date": days[known], "adj_close": close[known]})
        frame.to_parquet(folder / f"asset-{column:04d}.parquet", index=False)


def _write_facts(universe: Universe, path: Path) -> None:
    rows = [
        (item.symbol, item.name, item.asset_class, item.group, item.currency, " ".join(item.tags))
        for item in universe.assets
    ]
    _write(path, ("symbol", "name", "asset_class", "group", "currency", "tags"), rows)


def _write_series(panel: MarketPanel, values: Floats | None, path: Path, name: str) -> None:
    if values is None:
        return
    days = [str(day) for day in panel.dates.astype("datetime64[D]")]
    rows = [(day, repr(float(value)) if np.isfinite(value) else "") for day, value in zip(days, values, strict=True)]
    _write(path, ("date", name), rows)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
