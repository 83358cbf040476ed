"""A small made-up market for the tests of backtests and reports: six assets in three sectors, and an index."""

from datetime import date

import numpy as np
import pytest

from lab.backtest.plan import Plan
from portfolio.market import Floats, MarketPanel
from portfolio.universe import Asset, Universe
from tools.market.records import DataReport, MarketData

SECTORS = {"AAA": "Energy", "BBB": "Energy", "CCC": "Health Care", "DDD": "Health Care", "EEE": "Utilities"}


def made_up(years: int = 6, seed: int = 5, drift: float = 0.0003) -> MarketData:
    """Business days from 2012 on; no asset is better than another but by chance."""
    rng = np.random.default_rng(seed)
    dates = np.arange(np.datetime64("2012-01-02"), np.datetime64(f"{2012 + years}-01-01"))
    dates = dates[np.is_busday(dates)]
    symbols = (*SECTORS, "FFF")
    moves = drift + rng.normal(0, 0.006, (len(dates), 1)) + rng.normal(0, 0.009, (len(dates), len(symbols)))
    close: Floats = 40.0 * np.cumprod(1.0 + moves, axis=0)
    panel = MarketPanel(
        dates=dates,
        symbols=symbols,
        close=close,
        source="made up for a test",
        cash_rate=np.full(len(dates), 0.01),
        cash_rate_source="one percent, made up",
        index=100.0 * np.cumprod(1.0 + moves.mean(axis=1)),
    )
    first, last = panel.first_date, panel.last_date
    assets = tuple(
        Asset(
            symbol=one,
            name=one,
            asset_class="share",
            group=SECTORS.get(one, "Energy"),
            first_date=first,
            last_date=last,
        )
        for one in symbols
    )
    report = DataReport(source="made up", first_date=first, last_date=last, assets=())
    return MarketData(panel, Universe(name="made up", assets=assets), report)


@pytest.fixture(scope="session")
def backtest_data() -> MarketData:
    return made_up()


@pytest.fixture(scope="session")
def backtest_plan() -> Plan:
    return Plan(every="quarterly", test_from=date(2015, 1, 1), draws=200, cap=0.5)
