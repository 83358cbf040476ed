"""Strategies at the same realised volatility: what changes, and what cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.matched_volatility import match_realised_volatility
from portfolio.metrics import sharpe_ratio, volatility


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_all_have_swung_alike_none_is_levered_and_no_sharpe_ratio_changes(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    bills = rng.uniform(0.0, 2e-4, 300)
    returns = bills[:, None] + rng.normal(3e-4, rng.uniform(0.002, 0.03, count), (300, count))
    made = match_realised_volatility(returns, bills, 252.0)
    assert made.shares.max() == pytest.approx(1.0)
    for place in range(count):
        assert volatility(made.returns[:, place] - bills, 252.0) == pytest.approx(made.volatility)
        before = sharpe_ratio(returns[:, place], bills, 252.0)
        assert sharpe_ratio(made.returns[:, place], bills, 252.0) == pytest.approx(before)
        m2 = bills.mean() * 252.0 + before * made.volatility  # Modigliani and Modigliani 1997  # type: ignore[operator]
        assert made.returns[:, place].mean() * 252.0 == pytest.approx(m2)


def test_a_lower_volatility_may_be_asked_for_and_a_higher_one_needs_borrowing() -> None:
    rng = np.random.default_rng(0)
    returns, bills = rng.normal(0.0, [0.01, 0.02], (100, 2)), np.zeros(100)
    calmest = match_realised_volatility(returns, bills, 252.0).volatility
    half = match_realised_volatility(returns, bills, 252.0, calmest / 2.0)
    assert half.shares[0] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="borrowing"):
        match_realised_volatility(returns, bills, 252.0, calmest * 1.1)


def test_cash_stays_cash_and_alone_has_nothing_to_match() -> None:
    rng = np.random.default_rng(0)
    bills = np.full(50, 1e-4)
    made = match_realised_volatility(np.column_stack([bills, rng.normal(0.0, 0.01, 50)]), bills, 252.0)
    np.testing.assert_allclose(made.returns[:, 0], bills)
    with pytest.raises(ValueError, match="no strategy moves"):
        match_realised_volatility(bills[:, None], bills, 252.0)
    with pytest.raises(ValueError, match="finite"):
        match_realised_volatility(np.full((50, 1), np.nan), bills, 252.0)
    with pytest.raises(ValueError, match="same two periods"):
        match_realised_volatility(np.zeros((50, 1)), bills[:10], 252.0)
