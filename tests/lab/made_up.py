"""A made-up market for the tests of the walk-forward: six assets, one listed late, a bill rate and an index."""

from dataclasses import replace

import numpy as np

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory


def panel(days: int = 1300, seed: int = 8) -> MarketPanel:
    """Business days from 2010-01-01."""
    random = np.random.default_rng(seed)
    moves = random.normal(0.0004, 0.007, (days, 1)) + random.normal(0.0, 0.01, (days, 6))
    close = 20.0 * np.cumprod(1.0 + moves, axis=0)
    close[:200, 5] = np.nan
    dates = np.busday_offset(np.datetime64("2010-01-01"), np.arange(days), roll="forward")
    made = MarketPanel(dates=dates, symbols=tuple("ABCDEF"), close=close, source="made up for a test")
    rate = np.full(days, 0.02)
    return replace(made, cash_rate=rate, cash_rate_source="a made-up bill", index=np.cumprod(1.0 + moves.mean(axis=1)))


def scores(made: MarketPanel) -> ScoreHistory:
    """Two personas who guess."""
    score = np.random.default_rng(9).uniform(-1, 1, (2, *made.close.shape))
    return ScoreHistory(("value", "momentum"), score, np.full(score.shape, 0.5), np.ones(score.shape, dtype=np.bool_))
