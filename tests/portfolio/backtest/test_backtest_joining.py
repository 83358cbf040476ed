"""Panels of different calendars as one, point in time, on real shares, funds and coins."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from portfolio.backtest import Costs, Rules, backtest_panel, decision_rows, join, on_days
from portfolio.market import MarketPanel

PRICES = Path(__file__).parents[4] / "shared" / "data" / "prices"
COINS = ("BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD")


def panel(first: str, closes: list[float], symbol: str, weekdays: bool) -> MarketPanel:
    start = np.datetime64(first)
    dates = (
        np.busday_offset(start, np.arange(len(closes)), roll="forward")
        if weekdays
        else start + np.arange(len(closes)).astype("timedelta64[D]")
    )
    return MarketPanel(dates=dates, symbols=(symbol,), close=np.array(closes)[:, None], source=symbol)


def test_a_share_has_no_price_on_a_day_that_only_coins_know() -> None:
    share = panel("2021-01-07", [10.0, 11.0, 12.0], "S", weekdays=True)  # Thursday, Friday, Monday
    coin = panel("2021-01-07", [1.0, 2.0, 3.0, 4.0, 5.0], "C", weekdays=False)
    both = join([share, coin])
    assert both.symbols == ("S", "C")
    assert len(both.dates) == 5
    np.testing.assert_array_equal(np.isnan(both.close[:, 0]), [False, False, True, True, False])
    np.testing.assert_array_equal(both.close[:, 1], [1.0, 2.0, 3.0, 4.0, 5.0])
    back = on_days(both, share.dates)
    np.testing.assert_array_equal(back.close, [[10.0, 1.0], [11.0, 2.0], [12.0, 5.0]])


def test_a_bill_rate_holds_until_the_next_and_a_signal_stands_on_its_own_days_alone() -> None:
    share = replace(
        panel("2021-01-08", [10.0, 11.0], "S", weekdays=True),
        cash_rate=np.array([0.01, np.nan]),
        cash_rate_source="bills",
        signals={"volume": np.array([[5.0], [6.0]])},
        index=np.array([100.0, 101.0]),
    )
    both = join([panel("2021-01-07", [1.0] * 5, "C", weekdays=False), share])
    assert both.cash_rate is not None and both.index is not None
    np.testing.assert_array_equal(both.cash_rate, [np.nan, 0.01, 0.01, 0.01, np.nan])
    np.testing.assert_array_equal(both.signals["volume"][:, 1], [np.nan, 5.0, np.nan, np.nan, 6.0])
    assert np.isnan(both.signals["volume"][:, 0]).all()
    np.testing.assert_array_equal(np.isnan(both.index), [True, False, True, True, False])
    assert both.cash_rate_source == "bills"


def test_one_asset_in_two_panels_is_refused() -> None:
    one = panel("2021-01-07", [1.0], "S", weekdays=True)
    with pytest.raises(ValueError, match="S stand in two"):
        join([one, one])
    with pytest.raises(ValueError, match="no panel"):
        join([])
    with pytest.raises(ValueError, match="none of the"):
        on_days(one, np.array(["1999-01-01"], dtype="datetime64[D]"))


@pytest.mark.skipif(not PRICES.is_dir(), reason="../shared/data/prices is not beside this checkout")
def test_real_shares_funds_and_coins_are_dealt_in_on_their_own_days() -> None:
    from tools.market.folder import load_folder

    shares = load_folder(PRICES / "us_crypto").panel
    coins = load_folder(PRICES / "us_crypto", only=COINS).panel
    funds = load_folder(PRICES / "etf", only=("SPY", "GLD", "TLT")).panel
    shares = shares.select(tuple(name for name in shares.symbols if name not in COINS))
    both = join([shares, coins, funds])
    both = both.window(int(np.searchsorted(both.dates, np.datetime64("2021-01-01"))), len(both.dates))
    weekend = (both.dates.astype(np.int64) + 3) % 7 >= 5
    of_coins = np.isin(both.symbols, COINS)
    assert np.isfinite(both.close[weekend][:, of_coins]).mean() > 0.99
    assert np.isnan(both.close[weekend][:, ~of_coins]).all()
    # On days of shares it is what a folder of all of them holds.
    whole = load_folder(PRICES / "us_crypto").panel
    same = on_days(both.select(whole.symbols), whole.dates)
    kept = np.isin(whole.dates, same.dates)
    np.testing.assert_array_equal(same.close, whole.close[kept])

    fridays = np.flatnonzero(weekend & ~np.roll(weekend, 1))[1:] - 1
    target = np.append(np.full(len(both.symbols), 0.95 / len(both.symbols)), 0.05)
    plan = {int(fridays[20]): target}
    made = backtest_panel(both, plan, costs=Costs(commission=0.001))
    bought = made.ledger.rows[0]
    assert (made.dates[bought] - both.dates[fridays[20]]).astype(int) == 1
    held = made.units[bought] > 0.0
    np.testing.assert_array_equal(held, of_coins)  # on Saturday the coins
    on_monday = made.units[made.ledger.rows[1]] > 0.0
    assert on_monday.all()  # and the rest when their exchange opens
    reference = backtest_panel(both, plan, costs=Costs(commission=0.001), engine="reference")
    np.testing.assert_allclose(made.wealth, reference.wealth, rtol=1e-9)
    rows = decision_rows(both.dates, "monthly")
    monthly = backtest_panel(
        both, dict.fromkeys(rows.tolist(), target), costs=Costs(commission=0.001), rules=Rules(lot=0.01)
    )
    assert np.isfinite(monthly.wealth).all() and (monthly.cash >= 0.0).all()


@pytest.mark.skipif(not PRICES.is_dir(), reason="../shared/data/prices is not beside this checkout")
def test_later_days_of_one_calendar_change_no_earlier_row_of_the_joined_panel() -> None:
    from tools.market.folder import load_folder

    coins = load_folder(PRICES / "us_crypto", only=COINS).panel
    funds = load_folder(PRICES / "etf", only=("SPY", "BIL")).panel
    cut = np.datetime64("2021-06-30")
    whole = join([funds, coins])
    early = join([panel.until(cut.astype(object)) for panel in (funds, coins)])
    rows = len(early.dates)
    np.testing.assert_array_equal(whole.dates[:rows], early.dates)
    np.testing.assert_array_equal(whole.close[:rows], early.close)
    np.testing.assert_array_equal(whole.cash_rate[:rows], early.cash_rate)  # type: ignore[index]
