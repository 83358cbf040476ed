"""The tangency portfolio where the cap leaves none: a crisis in which too few assets have a positive mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.baselines import max_sharpe, min_variance


def covariance(count: int, seed: int) -> np.ndarray:
    factors = np.random.default_rng(seed).normal(size=(count, 2 * count))
    return np.asarray(factors @ factors.T / (2 * count) * 0.04 + 0.01 * np.eye(count))


def test_one_winner_among_losers_leaves_the_minimum_variance_under_a_cap() -> None:
    means = np.array([0.05, -0.4, -0.4, -0.4, -0.4, -0.4])
    cov = covariance(6, 0)
    assert max_sharpe(means, cov, cap=0.25, shrinkage=0.0) == pytest.approx(min_variance(cov, 0.25), abs=1e-9)
    assert max_sharpe(means, cov, shrinkage=0.0)[0] == pytest.approx(1.0, abs=1e-6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10_000), cap=st.floats(0.05, 1.0), level=st.floats(-0.3, 0.3))
def test_any_means_under_any_cap_give_weights(seed: int, cap: float, level: float) -> None:
    means = level + np.random.default_rng(seed).normal(0.0, 0.2, 8)
    weights = max_sharpe(means, covariance(8, seed), cap)
    assert weights.sum() == pytest.approx(1.0) and weights.min() >= 0.0
    assert weights.max() <= max(cap, 1.0 / 8.0) + 1e-6
