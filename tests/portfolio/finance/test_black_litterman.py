"""Views move means by how sure they are, and speak about what moves with their asset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.black_litterman import TAU, posterior_means, score_views
from portfolio.market import Floats


def market(seed: int = 0, assets: int = 6) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    factors = rng.normal(0.1, 0.1, (assets, 3))
    covariance = np.asarray(factors @ factors.T + np.diag(rng.uniform(0.01, 0.05, assets)))
    return covariance, np.asarray(2.5 * covariance @ np.full(assets, 1.0 / assets))


def test_no_views_leave_the_implied_means_to_the_bit() -> None:
    covariance, implied = market()
    none = score_views(np.full(6, np.nan), np.ones(6), covariance, implied, information_coefficient=0.05)
    assert np.array_equal(posterior_means(covariance, implied, *none), implied)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 5000), st.floats(-1.0, 1.0), st.floats(0.01, 0.99))
def test_one_view_goes_as_far_as_it_is_sure(seed: int, score: float, confidence: float) -> None:
    covariance, implied = market(seed)
    scores = np.full(6, np.nan)
    scores[2] = score
    made = score_views(scores, np.full(6, confidence), covariance, implied, information_coefficient=0.05)
    moved = posterior_means(covariance, implied, *made) - implied
    assert moved[2] == pytest.approx(confidence * 0.05 * np.sqrt(covariance[2, 2]) * score, abs=1e-9)
    # What moves with the asset is moved by its beta on it.
    assert np.allclose(moved, moved[2] * covariance[:, 2] / covariance[2, 2], atol=1e-9)


def test_it_agrees_with_skfolio() -> None:
    from skfolio.prior import BlackLitterman, EmpiricalPrior

    rng = np.random.default_rng(1)
    returns = rng.normal(0.0004, 0.01, (500, 3)) @ rng.uniform(0.3, 1.0, (3, 3))
    import pandas as pd

    frame = pd.DataFrame(returns, columns=["A", "B", "C"])
    theirs = BlackLitterman(["A == 0.001", "B - C == 0.0005"], tau=TAU, prior_estimator=EmpiricalPrior()).fit(frame)
    prior = EmpiricalPrior().fit(frame).return_distribution_
    picks = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -1.0]])
    uncertainty = np.diag(picks @ (TAU * prior.covariance) @ picks.T)
    ours = posterior_means(prior.covariance, prior.mu, picks, np.array([0.001, 0.0005]), uncertainty)
    assert np.allclose(ours, theirs.return_distribution_.mu, atol=1e-10)


def test_a_view_without_variance_is_an_error() -> None:
    covariance, implied = market()
    with pytest.raises(ValueError, match="above zero"):
        posterior_means(covariance, implied, np.eye(6)[:1], np.array([0.1]), np.zeros(1))
