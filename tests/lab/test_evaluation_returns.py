"""Sentiment against later returns: no look into the past or the future, and errors that agree with statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from lab.evaluation.returns import HORIZONS, Ticker, clustered_slope, pairs_of, survivors


def ticker(days: int = 400, seed: int = 0) -> Ticker:
    rng = np.random.default_rng(seed)
    closes = 50.0 * np.cumprod(1.0 + rng.normal(0, 0.02, days))
    sentiment = np.where(rng.random(days) < 0.7, rng.uniform(1, 5, days), np.nan)
    dates = np.datetime64("2015-01-01") + np.arange(days)
    return Ticker("X", dates, sentiment, closes * (1.0 + rng.normal(0, 0.005, days)), closes)


@pytest.mark.parametrize("horizon", [h for h in HORIZONS if not h.same_day], ids=lambda h: h.name)
def test_a_forecast_never_reads_a_price_before_its_day_is_over(horizon) -> None:  # type: ignore[no-untyped-def]
    plain = ticker()
    day = 100
    closes, opens = plain.closes.copy(), plain.opens.copy()
    closes[:day] *= np.linspace(0.9, 1.1, day)
    opens[: day + 1] *= 1.03
    other = pairs_of(replace(plain, closes=closes, opens=opens), horizon)
    base = pairs_of(plain, horizon)
    later = base.dates >= plain.dates[day]
    assert later.sum() > 100
    assert np.array_equal(base.later[later], other.later[later])


def test_a_week_from_the_open_is_bought_at_the_next_open_and_sold_at_the_fifth_close() -> None:
    plain = ticker()
    week = next(h for h in HORIZONS if h.from_open and h.days == 5)
    found = pairs_of(plain, week)
    place = int(np.flatnonzero(plain.dates == found.dates[7])[0])
    assert found.later[7] == pytest.approx(plain.closes[place + 5] / plain.opens[place + 1] - 1.0)


def test_days_without_news_and_returns_across_an_unadjusted_split_are_left_out() -> None:
    plain = ticker()
    closes = plain.closes.copy()
    closes[200:] *= 8.0
    broken = replace(plain, closes=closes, opens=plain.opens * np.where(np.arange(400) >= 200, 8.0, 1.0))
    for horizon in HORIZONS:
        found = pairs_of(broken, horizon)
        assert np.isfinite(plain.sentiment[np.isin(plain.dates, found.dates)]).all()
        assert np.abs(found.later).max() < 1.0


@pytest.mark.parametrize("lags", [0, 4])
def test_the_pooled_error_is_statsmodels_clustered_by_date_with_newey_west_over_dates(lags: int) -> None:
    rng = np.random.default_rng(4)
    dates = np.repeat(np.datetime64("2015-01-01") + np.arange(120), 6)
    shared = np.repeat(rng.normal(size=120), 6)
    x = rng.normal(size=720) + shared
    y = 0.1 * x + rng.normal(size=720) + shared
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    slope, error = clustered_slope(x, y, dates, lags)
    fitted = sm.OLS(y, x).fit(
        cov_type="nw-groupsum",
        cov_kwds={
            "time": np.repeat(np.arange(120), 6),
            "maxlags": lags,
            "use_correction": False,
            "df_correction": False,
        },
    )
    assert slope == pytest.approx(float(fitted.params[0]))
    assert error == pytest.approx(float(fitted.bse[0]), rel=0.02)


def test_the_false_discovery_rate_lets_stand_what_benjamini_and_hochberg_let_stand() -> None:
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    assert survivors([*published, 0.7590, 1.0]) == 4  # Benjamini and Hochberg 1995, section 3.2
    assert survivors([0.5, 0.9]) == 0
