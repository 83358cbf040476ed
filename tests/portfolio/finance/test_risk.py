"""Covariance and loss scenarios: sound for any pattern of missing days, never reading further than they are given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import Floats
from portfolio.risk import LONG_WINDOW, correlation, covariance, loss_scenarios, volatilities
from tools.market.bundled import SHARES, load_bundled


def market(seed: int, days: int = 900, assets: int = 6, gaps: float = 0.0) -> Floats:
    """Returns with one common factor; a share `gaps` of the days is missing."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.008, (days, 1))
    out = common + rng.normal(0, 0.004 + 0.002 * np.arange(assets), (days, assets))
    out[rng.random((days, assets)) < gaps] = np.nan
    return np.asarray(out)


@given(seed=st.integers(0, 10_000), gaps=st.floats(0, 0.6), start=st.integers(0, 800))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_covariance_is_positive_semidefinite_whatever_is_missing(seed: int, gaps: float, start: int) -> None:
    returns = market(seed, gaps=gaps)
    returns[:start, 0] = np.nan
    found = covariance(returns)
    assert np.isfinite(found).all()
    assert np.allclose(found, found.T)
    assert np.linalg.eigvalsh(found)[0] >= -1e-12


def test_only_the_last_rows_are_read() -> None:
    returns = market(1, days=LONG_WINDOW + 300)
    assert np.array_equal(covariance(returns), covariance(returns[-LONG_WINDOW:]))


def test_a_young_asset_is_taken_to_be_riskier_than_most() -> None:
    returns = market(2)
    returns[:-20, 0] = np.nan
    found = volatilities(returns)
    assert found[0] >= np.median(found[1:])


def test_volatility_is_the_larger_of_recent_and_long() -> None:
    returns = market(3)
    calm_now = returns.copy()
    calm_now[-63:] *= 0.1
    wild_now = returns.copy()
    wild_now[-63:] *= 3.0
    assert np.allclose(volatilities(calm_now), calm_now.std(axis=0, ddof=1) * 252**0.5)
    assert np.allclose(volatilities(wild_now), wild_now[-63:].std(axis=0, ddof=1) * 252**0.5)


def test_correlations_shrink_towards_their_mean_and_less_with_more_days() -> None:
    def spread(days: int) -> float:
        returns = market(4, days=days)
        away = ~np.eye(6, dtype=bool)
        raw, shrunk = np.corrcoef(returns.T)[away], correlation(returns)[away]
        assert shrunk.std() <= raw.std() + 1e-12
        return float(shrunk.std() / raw.std())

    assert spread(80) < spread(2000)


def test_no_history_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="later as-of date"):
        covariance(np.full((100, 3), np.nan))


def test_a_ten_percent_target_is_kept_in_most_years() -> None:
    """Monthly risk targeting of equal weight at 10 %; realised volatility at most 1.15 x in 85 % of 1996-2015."""
    panel = load_bundled().panel.select(SHARES)
    returns = panel.returns()
    years = panel.dates.astype("datetime64[Y]").astype(int) + 1970
    months = panel.dates.astype("datetime64[M]")
    first_rows = np.flatnonzero(months[1:] != months[:-1]) + 1
    sleeve = np.full(len(SHARES), 1 / len(SHARES))
    daily = np.full(len(panel.dates), np.nan)
    for start, stop in zip(first_rows, [*first_rows[1:], len(panel.dates)], strict=True):
        if years[start] < 1996 or years[start] > 2015:
            continue
        expected = float(sleeve @ covariance(returns[:start]) @ sleeve) ** 0.5
        daily[start:stop] = min(1.0, 0.10 / expected) * (returns[start:stop] @ sleeve)
    kept = [np.nanstd(daily[years == year]) * 252**0.5 <= 1.15 * 0.10 for year in range(1996, 2016)]
    assert np.mean(kept) >= 0.85


def test_scenarios_are_overlapping_compounded_returns_that_end_on_the_last_day() -> None:
    returns = market(5, days=100)
    found = loss_scenarios(returns, horizon=21, count=1000)
    assert found.shape == (80, 6)
    assert np.allclose(found[-1], np.prod(1 + returns[-21:], axis=0) - 1)
    assert np.allclose(found[0], np.prod(1 + returns[:21], axis=0) - 1)


def test_an_asset_that_was_not_there_falls_as_hard_as_its_risk_says() -> None:
    returns = market(6, days=2500)
    whole = loss_scenarios(returns)
    young = returns.copy()
    young[:1500, 3] = np.nan
    filled = loss_scenarios(young)
    before = slice(0, 250)
    assert filled[before, 3].std() == pytest.approx(whole[before, 3].std(), rel=0.35)
    assert np.corrcoef(filled[before, 3], whole[before, :3].mean(axis=1))[0, 1] > 0.5


def test_too_few_days_for_a_scenario_is_an_error() -> None:
    with pytest.raises(ValueError, match="22 days"):
        loss_scenarios(market(7, days=21))
