"""Windows are point in time, know no level, date or ticker, and say what is unknown."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import MarketPanel
from rl.branches.windows import BOUND, CHANNELS, LOOKBACK, WINDOW, series_of, windows


def with_volume(panel: MarketPanel) -> MarketPanel:
    volume = np.random.default_rng(8).lognormal(10, 1, panel.close.shape)
    volume[50:60, 0] = np.nan
    return replace(panel, signals={"volume": volume})


@pytest.mark.parametrize("row", [LOOKBACK - 1, 701, 905, 1001, 1205, 1599])
def test_a_window_needs_the_lookback_only_to_the_bit(market_panel: MarketPanel, row: int) -> None:
    panel = with_volume(market_panel)
    whole, part = series_of(panel), series_of(panel.window(row + 1 - LOOKBACK, row + 1))
    np.testing.assert_array_equal(
        windows(whole, np.array([row])).tobytes(), windows(part, np.array([LOOKBACK - 1])).tobytes()
    )
    np.testing.assert_array_equal(whole.known[row], part.known[-1])


@settings(deadline=None, derandomize=True, max_examples=10)
@given(row=st.integers(10, 1590), size=st.floats(0.1, 5.0))
def test_no_later_price_volume_or_index_moves_a_day(market_panel: MarketPanel, row: int, size: float) -> None:
    panel = with_volume(market_panel)
    assert panel.index is not None
    close, volume, index = panel.close.copy(), panel.signals["volume"].copy(), panel.index.copy()
    close[row + 1 :] *= size
    volume[row + 1 :] = 1.0
    index[row + 1 :] *= 1.0 + size
    later = series_of(replace(panel, close=close, signals={"volume": volume}, index=index))
    now = series_of(panel)
    assert later.values[: row + 1].tobytes() == now.values[: row + 1].tobytes()
    assert (later.known[: row + 1] == now.known[: row + 1]).all()


def test_the_level_of_a_price_and_the_dates_do_not_enter(market_panel: MarketPanel) -> None:
    other = replace(market_panel, close=market_panel.close * 8.0, dates=market_panel.dates + np.timedelta64(999, "D"))
    assert series_of(other).values.tobytes() == series_of(market_panel).values.tobytes()


def test_an_unknown_volume_is_masked_not_average(market_panel: MarketPanel) -> None:
    flag = CHANNELS.index("volume_observed")
    assert not series_of(market_panel).values[..., flag].any()
    told = series_of(with_volume(market_panel)).values
    assert not told[50:60, 0, flag].any() and told[300:, 0, flag].all()
    assert (np.abs(told[..., CHANNELS.index("relative_volume")]) <= 1).all()


def test_days_before_the_panel_or_the_listing_are_unknown(market_panel: MarketPanel) -> None:
    made = series_of(market_panel)
    first = windows(made, np.array([5]))
    assert not first[:, :, : WINDOW - 6].any()
    assert not made.known[:563, 1].any() and made.known[800, 1], "listed on day 500"
    assert not made.known[1210:, 2].any(), "delisted on day 1200"
    assert np.isfinite(made.values).all() and np.abs(made.values).max() <= BOUND


def test_a_row_outside_the_panel_is_refused(market_panel: MarketPanel) -> None:
    with pytest.raises(ValueError, match="within the panel"):
        windows(series_of(market_panel), np.array([1600]))
