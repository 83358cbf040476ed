"""One function makes the features, and no row of them knows what came after it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import MarketPanel
from rl.features import ASSET_FEATURES, LOOKBACK, MARKET_FEATURES, MarketFeatures, features, latest

DAYS = (0, 1, 20, 63, 252, 256, 257, 300, 502, 560, 701, 704, 910, 1001, 1203, 1206, 1599)


def same_bits(left: MarketFeatures, right: MarketFeatures) -> bool:
    return all(
        getattr(left, name).tobytes() == getattr(right, name).tobytes()
        for name in ("asset", "market", "tradable", "eligible")
    )


def row(made: MarketFeatures, day: int) -> MarketFeatures:
    at = slice(day, day + 1)
    return MarketFeatures(made.asset[at], made.market[at], made.tradable[at], made.eligible[at])


@pytest.mark.parametrize("day", DAYS)
def test_training_and_live_features_of_a_day_are_the_same_bits(market_panel: MarketPanel, day: int) -> None:
    assert same_bits(row(features(market_panel), day), latest(market_panel.window(0, day + 1)))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(day=st.integers(1, 1500), seed=st.integers(0, 99))
def test_changing_every_later_price_leaves_a_row_as_it_was(market_panel: MarketPanel, day: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    close, index = market_panel.close.copy(), np.asarray(market_panel.index).copy()
    close[day + 1 :] = np.where(random.random(close[day + 1 :].shape) < 0.2, np.nan, 1000 * random.random())
    index[day + 1 :] *= 7.0
    changed = features(replace(market_panel, close=close, index=index))
    original = features(market_panel)
    for name in ("asset", "market", "tradable", "eligible"):
        assert getattr(changed, name)[: day + 1].tobytes() == getattr(original, name)[: day + 1].tobytes()


def test_rows_beyond_the_lookback_do_not_matter(market_panel: MarketPanel) -> None:
    whole, short = features(market_panel), features(market_panel.window(1000 - LOOKBACK, 1001))
    assert same_bits(row(whole, 1000), row(short, LOOKBACK))


def test_the_order_of_assets_does_not_change_an_assets_features(market_panel: MarketPanel) -> None:
    swapped = features(market_panel.select(market_panel.symbols[::-1]))
    np.testing.assert_allclose(swapped.asset[:, ::-1], features(market_panel).asset, atol=1e-5)


def test_features_have_no_level_of_price_and_no_nan(market_panel: MarketPanel) -> None:
    made = features(market_panel)
    scaled = features(replace(market_panel, close=market_panel.close * 1000.0))
    assert np.isfinite(made.asset).all() and np.isfinite(made.market).all()
    np.testing.assert_allclose(scaled.asset, made.asset, atol=1e-4)
    assert made.asset.shape[2] == len(ASSET_FEATURES) and made.market.shape[1] == len(MARKET_FEATURES)


def test_an_asset_is_held_only_while_it_trades_and_its_risk_is_known(market_panel: MarketPanel) -> None:
    made = features(market_panel)
    assert not made.eligible[540, 1], "41 returns are too few to know its risk"
    assert made.eligible[600, 1]
    assert made.tradable[1203, 2] and not made.tradable[1210, 2], "delisted: carried four days, then gone"
    assert made.tradable[701, 3], "a three-day hole is carried"
    assert not made.tradable[910, 4], "a missing month is not"
    assert made.tradable[1000, 5], "a zero price is a gap, not a price"


def test_a_universe_of_one_asset_that_never_moved_has_finite_features() -> None:
    dates = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + 300)
    flat = MarketPanel(dates=dates, symbols=("X",), close=np.ones((300, 1)), source="flat")
    made = features(flat)
    assert np.isfinite(made.asset).all() and np.isfinite(made.market).all() and made.eligible[-1, 0]
