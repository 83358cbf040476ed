"""The history that comes with the package skfolio: 20 US shares, five factor funds, the S&P 500 index.

Adjusted closes, 1990-01-02 to 2022-12-28 (funds from 2014-01-02). The files are read as they lie in the package:
importing skfolio itself would take longer than the whole answer may.
"""

import csv
import gzip
import importlib.util
from datetime import date
from pathlib import Path

import numpy as np

from portfolio.market import Dates, Floats, MarketPanel
from portfolio.universe import Asset, Universe
from tools.earnings import earnings_signals
from tools.errors import DataError
from tools.market.bills import bill_rate
from tools.market.facts import known_facts
from tools.market.records import AssetRange, DataFinding, DataReport, MarketData

FIRST, LAST, FUNDS_FROM = date(1990, 1, 2), date(2022, 12, 28), date(2014, 1, 2)
SHARES = (
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO",
    "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM",
)  # fmt: skip
FUNDS = ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")
NAME = "bundled US history"
SURVIVORS = (
    "These 20 shares are companies that still stood in 2022: the history leaves out those that failed, so past returns "
    "of this universe look better than an investor's could have been."
)


def bundled_universe() -> Universe:
    """The assets of the bundled history, without reading a price."""
    facts = known_facts()
    assets = [
        Asset(
            **facts[symbol].model_dump(),
            first_date=FIRST if symbol in SHARES else FUNDS_FROM,
            last_date=LAST,
        )
        for symbol in (*SHARES, *FUNDS)
    ]
    return Universe(name=NAME, assets=tuple(assets))


def load_bundled() -> MarketData:
    """Prices, signals, bill rate and report. Raises DataError when skfolio's files are not where they should be."""
    dates, shares, closes = _read("sp500_dataset.csv.gz")
    fund_dates, funds, fund_closes = _read("factors_dataset.csv.gz")
    index_dates, _, levels = _read("sp500_index.csv.gz")
    universe = bundled_universe()
    if shares + funds != universe.symbols:
        raise DataError(
            "the bundled price files hold other symbols than expected", "install the skfolio that constraints.txt names"
        )
    close = np.full((len(dates), len(universe.symbols)), np.nan)
    close[:, : len(shares)] = closes
    close[np.searchsorted(dates, fund_dates), len(shares) :] = fund_closes
    index = np.full(len(dates), np.nan)
    index[np.searchsorted(dates, index_dates)] = levels[:, 0]
    rate, rate_source = bill_rate(dates)
    panel = MarketPanel(
        dates=dates,
        symbols=universe.symbols,
        close=close,
        source=f"bundled history to {LAST} (skfolio)",
        signals=earnings_signals(dates, universe.symbols),
        cash_rate=rate,
        cash_rate_source=rate_source,
        index=index,
    )
    return MarketData(panel=panel, universe=universe, report=_report(panel))


def _read(name: str) -> tuple[Dates, tuple[str, ...], Floats]:
    spec = importlib.util.find_spec("skfolio")
    path = Path(spec.origin).parent / "datasets" / "data" / name if spec and spec.origin else Path(name)
    if not path.is_file():
        raise DataError(
            f"the bundled prices are missing: the package skfolio has no {name}",
            "reinstall with the constraints file, or name a folder of prices with --prices",
        )
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        body = list(rows)
    dates = np.array([row[0] for row in body], dtype="datetime64[D]")
    values = np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in body])
    return dates, tuple(header[1:]), values


def _report(panel: MarketPanel) -> DataReport:
    findings = [
        DataFinding(kind="survivorship", subject="20 shares", count=len(SHARES), text=SURVIVORS),
        DataFinding(
            kind="short_history",
            subject="5 factor funds",
            count=len(FUNDS),
            first=FUNDS_FROM,
            text=f"The factor funds begin on {FUNDS_FROM}; before that only the shares are there.",
        ),
    ]
    return DataReport(
        source=panel.source,
        first_date=panel.first_date,
        last_date=panel.last_date,
        assets=ranges(panel),
        findings=tuple(findings),
        notes=(
            "Prices are adjusted for later splits and dividends: their level means nothing, so orders are amounts of "
            "money, and no ratio of a price to a figure per share is used.",
        ),
    )


def ranges(panel: MarketPanel) -> tuple[AssetRange, ...]:
    """First and last day, days with a price and days without one in between, per asset that has any price."""
    out = []
    for j, symbol in enumerate(panel.symbols):
        rows = np.flatnonzero(np.isfinite(panel.close[:, j]))
        if len(rows):
            out.append(
                AssetRange(
                    symbol=symbol,
                    first_date=panel.dates[rows[0]].astype(object),
                    last_date=panel.dates[rows[-1]].astype(object),
                    days=len(rows),
                    missing=int(rows[-1] - rows[0] + 1 - len(rows)),
                )
            )
    return tuple(out)
