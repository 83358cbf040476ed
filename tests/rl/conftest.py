"""A small made-up market for the tests of `rl`: eight assets, some of them late, gone or with holes."""

from datetime import date

import numpy as np
import pytest

from portfolio.mandate import Limit, Mandate
from portfolio.market import MarketPanel
from portfolio.profile import Objective
from portfolio.universe import Asset, Universe
from portfolio.views import ScoreHistory

SYMBOLS = tuple("ABCDEFGH")


@pytest.fixture(scope="session")
def market_panel() -> MarketPanel:
    random = np.random.default_rng(3)
    days = 1600
    moves = 0.0003 + random.normal(0, 0.008, (days, 1)) + random.normal(0, 0.012, (days, len(SYMBOLS)))
    close = 50.0 * np.cumprod(1.0 + moves, axis=0)
    close[:500, 1] = np.nan  # listed late
    close[1200:, 2] = np.nan  # delisted
    close[700:703, 3] = np.nan  # a short hole
    close[900:921, 4] = np.nan  # a missing month
    close[1000, 5] = 0.0  # a zero price
    index = 100.0 * np.cumprod(1.0 + moves.mean(axis=1))
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-01-01") + days)
    return MarketPanel(dates=dates, symbols=SYMBOLS, close=close, source="made up for a test", index=index)


@pytest.fixture(scope="session")
def score_history(market_panel: MarketPanel) -> ScoreHistory:
    random = np.random.default_rng(4)
    shape = (3, *market_panel.close.shape)
    mask = (random.random(shape) < 0.8) & np.isfinite(market_panel.close)
    score = np.where(mask, random.uniform(-1, 1, shape), 0.0)
    return ScoreHistory(("value", "momentum", "risk"), score, np.where(mask, 0.6, 0.0), mask)


@pytest.fixture(scope="session")
def universe() -> Universe:
    first, last = date(2010, 1, 1), date(2014, 5, 19)
    return Universe(
        name="made up",
        assets=tuple(
            Asset(symbol=s, name=s, asset_class="share", group="Any", first_date=first, last_date=last) for s in SYMBOLS
        ),
    )


@pytest.fixture(scope="session")
def mandate() -> Mandate:
    numbers = {
        "volatility_cap": 0.12,
        "cvar_cap": 0.25,
        "cash_floor": 0.05,
        "risk_asset_cap": 0.9,
        "share_cap": 0.2,
        "fund_cap": 0.5,
        "single_shares_cap": 1.0,
        "complex_cap": 0.1,
        "group_cap": 0.5,
        "turnover_cap": 1.0,
        "risk_aversion": 5.0,
    }
    limits = {name: Limit(value=value, reason="made up for a test") for name, value in numbers.items()}
    return Mandate(**limits, objective_mix={Objective.LONG_TERM_GAIN: 0.7, Objective.CAPITAL_PRESERVATION: 0.3})
