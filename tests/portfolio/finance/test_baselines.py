"""The portfolios to beat, held to their definitions and to skfolio."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio import baselines
from portfolio.market import Floats


def covariance_of(seed: int, assets: int) -> Floats:
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 0.1, (assets, 3))
    return np.asarray(factors @ factors.T + np.diag(rng.uniform(0.005, 0.08, assets)))


CASES = {"seed": st.integers(0, 10_000), "assets": st.integers(2, 30)}


@given(**CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_baseline_is_long_only_and_sums_to_one(seed: int, assets: int) -> None:
    covariance = covariance_of(seed, assets)
    means = np.random.default_rng(seed).normal(0.05, 0.1, assets)
    for weights in (
        baselines.equal_weight(covariance),
        baselines.inverse_volatility(covariance),
        baselines.risk_parity(covariance),
        baselines.min_variance(covariance),
        baselines.max_sharpe(means, covariance),
        baselines.hierarchical_risk_parity(covariance),
        baselines.max_diversification(covariance),
    ):
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-9)


@given(**CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_risk_parity_contributes_equally_or_by_its_budget(seed: int, assets: int) -> None:
    covariance = covariance_of(seed, assets)
    for budget in (np.full(assets, 1 / assets), np.arange(1.0, assets + 1)):
        weights = baselines.risk_parity(covariance, budget)
        share = weights * (covariance @ weights) / (weights @ covariance @ weights)
        assert np.allclose(share, budget / budget.sum(), atol=1e-7)


@given(cap=st.floats(0.01, 1.0), **CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_minimum_variance_is_calmer_than_equal_weight_and_keeps_its_cap(seed: int, assets: int, cap: float) -> None:
    covariance = covariance_of(seed, assets)
    weights, equal = baselines.min_variance(covariance, cap), baselines.equal_weight(covariance)
    assert weights @ covariance @ weights <= equal @ covariance @ equal + 1e-9
    assert weights.max() <= max(cap, 1 / assets) + 1e-8


@given(cap=st.floats(0.01, 1.0), **CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_tangency_portfolio_has_the_best_ratio_and_keeps_its_cap(seed: int, assets: int, cap: float) -> None:
    covariance = covariance_of(seed, assets)
    means = np.random.default_rng(seed).normal(0.08, 0.05, assets)
    weights = baselines.max_sharpe(means, covariance, cap, shrinkage=0.0)
    equal = baselines.equal_weight(covariance)
    assert weights.max() <= max(cap, 1 / assets) + 1e-7
    if means.mean() > 0:
        ratio = (means @ weights) / (weights @ covariance @ weights) ** 0.5
        assert ratio >= (means @ equal) / (equal @ covariance @ equal) ** 0.5 - 1e-7


def test_without_a_positive_mean_the_tangency_portfolio_is_the_calmest() -> None:
    covariance = covariance_of(1, 8)
    weights = baselines.max_sharpe(np.full(8, -0.01), covariance)
    assert np.array_equal(weights, baselines.min_variance(covariance))


def test_minimum_variance_and_risk_parity_agree_with_skfolio() -> None:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting

    rng = np.random.default_rng(3)
    returns = rng.normal(0, 0.01, (600, 8)) @ rng.uniform(0.2, 1.0, (8, 8))
    covariance = np.cov(returns.T)
    calmest = MeanRisk(objective_function=ObjectiveFunction.MINIMIZE_RISK, risk_measure=RiskMeasure.VARIANCE)
    assert np.allclose(baselines.min_variance(covariance), calmest.fit(returns).weights_, atol=2e-3)
    even = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE).fit(returns)
    assert np.allclose(baselines.risk_parity(covariance), even.weights_, atol=2e-3)


def test_hierarchical_risk_parity_and_maximum_diversification_agree_with_skfolio() -> None:
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import PearsonDistance
    from skfolio.optimization import HierarchicalRiskParity, MaximumDiversification
    from skfolio.seriation import HierarchicalSeriation

    rng = np.random.default_rng(4)
    returns = rng.normal(0, 0.01, (600, 9)) @ rng.uniform(0.2, 1.0, (9, 9)) + rng.normal(0, 0.01, (600, 9))
    covariance = np.cov(returns.T)
    single = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    order = HierarchicalSeriation(hierarchical_clustering_estimator=single)
    theirs = HierarchicalRiskParity(distance_estimator=PearsonDistance(), seriation_estimator=order)
    assert np.allclose(baselines.hierarchical_risk_parity(covariance), theirs.fit(returns).weights_, atol=1e-6)
    spread = MaximumDiversification().fit(returns)
    assert np.allclose(baselines.max_diversification(covariance), spread.weights_, atol=2e-3)


@given(target=st.floats(0.0, 0.6), **CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_risk_targeting_meets_the_target_and_never_levers(seed: int, assets: int, target: float) -> None:
    covariance = covariance_of(seed, assets)
    sleeve = baselines.inverse_volatility(covariance)
    weights = baselines.risk_targeted(sleeve, covariance, target)
    own = (sleeve @ covariance @ sleeve) ** 0.5
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights[-1] >= -1e-12
    risky = weights[:-1]
    assert (risky @ covariance @ risky) ** 0.5 == pytest.approx(min(target, own), abs=1e-12)


def test_a_negative_target_is_an_error() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        baselines.risk_targeted(np.ones(1), np.eye(1), -0.1)
