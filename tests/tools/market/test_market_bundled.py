"""The bundled history: its facts are its data's, and nothing in it is known before its day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import tools.earnings as earnings
from tools.earnings import EarningsRecord, earnings_signals
from tools.errors import DataError
from tools.market.bills import bill_rate
from tools.market.bundled import bundled_universe, load_bundled
from tools.market.records import MarketData
from tools.market.source import check_as_of, market_at, tradable_at, universe_at


@pytest.fixture(scope="module")
def data() -> MarketData:
    return load_bundled()


def test_the_universe_that_is_told_without_prices_is_the_universe_of_the_prices(data: MarketData) -> None:
    told = {asset.symbol: (asset.first_date, asset.last_date) for asset in bundled_universe().assets}
    assert told == {item.symbol: (item.first_date, item.last_date) for item in data.report.assets}
    assert bundled_universe().symbols == data.panel.symbols == data.universe.symbols


def test_every_bundled_asset_has_a_sector(data: MarketData) -> None:
    assert "Unknown" not in data.universe.groups


def test_the_bill_rate_ends_with_its_table_and_is_never_extrapolated(data: MarketData) -> None:
    rate, months = data.panel.cash_rate, data.panel.dates.astype("datetime64[M]")
    assert rate is not None and data.panel.cash_rate_source is not None
    assert "2018-11" in data.panel.cash_rate_source
    last = np.datetime64("2018-11")
    assert np.isfinite(rate[months <= last]).all()
    assert np.isnan(rate[months > last]).all()


def test_a_bill_rate_wholly_after_its_table_is_none() -> None:
    assert bill_rate(np.array(["2021-01-04", "2021-01-05"], dtype="datetime64[D]")) == (None, None)


def test_a_bill_rate_is_a_yearly_fraction_and_one_number_a_month(data: MarketData) -> None:
    rate = data.panel.cash_rate
    assert rate is not None and np.nanmin(rate) >= 0.0 and np.nanmax(rate) < 0.15
    march = rate[data.panel.dates.astype("datetime64[M]") == np.datetime64("2000-03")]
    assert len(set(march.tolist())) == 1


def test_a_surprise_may_be_used_from_the_next_trading_day_only(monkeypatch: pytest.MonkeyPatch) -> None:
    friday = EarningsRecord(symbol="A", date=date(2020, 1, 3), surprise=0.2)
    monkeypatch.setattr(earnings, "earnings_records", lambda: (friday,))
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], dtype="datetime64[D]")
    signals = earnings_signals(days, ("A", "B"))
    np.testing.assert_array_equal(signals["earnings_surprise"][:, 0], [np.nan, np.nan, 0.2, 0.2])
    np.testing.assert_array_equal(signals["earnings_age"][:, 0], [np.nan, np.nan, 3.0, 4.0])
    assert np.isnan(signals["earnings_surprise"][:, 1]).all()


def test_what_is_reported_later_changes_no_signal_of_before(data: MarketData, monkeypatch: pytest.MonkeyPatch) -> None:
    then = date(2015, 6, 15)
    known = tuple(item for item in earnings.earnings_records() if item.date <= then)
    assert 0 < len(known) < len(earnings.earnings_records())
    monkeypatch.setattr(earnings, "earnings_records", lambda: known)
    again = earnings_signals(data.panel.dates, data.panel.symbols)
    stop = len(data.panel.until(then).dates)
    for name, values in data.panel.until(then).signals.items():
        np.testing.assert_array_equal(values, again[name][:stop])


def test_the_panel_until_a_date_holds_nothing_later(data: MarketData) -> None:
    then = date(2013, 12, 31)
    past = market_at(data, then)
    assert past.panel.last_date <= then
    assert "MTUM" not in past.universe.symbols
    assert past.panel.symbols == past.universe.symbols
    assert all(asset.last_date <= then for asset in past.universe.assets)


@pytest.mark.parametrize("when", [date(1989, 12, 31), date(2022, 12, 29), date(2050, 1, 1)])
def test_a_date_outside_the_data_is_refused_with_the_range(data: MarketData, when: date) -> None:
    with pytest.raises(DataError) as caught:
        check_as_of(data, when)
    told = str(caught.value)
    assert "1990-01-02" in told or "2022-12-28" in told
    assert caught.value.remedy


def test_no_date_means_the_last_day(data: MarketData) -> None:
    assert check_as_of(data, None) == date(2022, 12, 28)


def test_a_universe_before_every_asset_is_an_error(data: MarketData) -> None:
    with pytest.raises(DataError, match="no asset was traded"):
        universe_at(data, date(1980, 1, 1))


def test_an_asset_with_little_history_or_an_old_price_may_not_be_held(data: MarketData) -> None:
    window = data.panel.until(date(2014, 3, 3))
    mask, causes = tradable_at(window)
    assert {item.symbol for item in causes} == {"MTUM", "QUAL", "SIZE", "USMV", "VLUE"}
    assert mask.sum() == 20
    close = window.close.copy()
    close[-10:, 0] = np.nan
    mask, causes = tradable_at(replace(window, close=close))
    assert not mask[0]
    assert "days old" in next(item.cause for item in causes if item.symbol == "AAPL")
