"""The checker measures weights without asking a solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_makers import compiled, mandate, random_problem, universe

from portfolio.limits import MONTHS_ROOT
from portfolio.violations import max_violation, monthly_cvar, tail, turnover, violations, volatility

CASH_ONLY = np.array([0.0, 0.0, 1.0])


def test_all_cash_has_neither_volatility_nor_loss():
    constraints = compiled(mandate(), universe(2))
    assert volatility(CASH_ONLY, constraints) == 0.0
    assert monthly_cvar(CASH_ONLY, constraints.scenarios) == 0.0
    assert violations(CASH_ONLY, constraints) == {}


def test_the_excess_over_each_limit_is_named():
    constraints = compiled(mandate(cash=0.3, share=0.5, volatility=0.01, cvar=0.01), universe(2))
    found = violations(np.array([0.9, 0.0, 0.1]), constraints)
    assert found["cash floor"] == pytest.approx(0.2)
    assert found["share cap: A0"] == pytest.approx(0.4)
    assert {"volatility cap", "CVaR cap"} <= set(found)


def test_weights_that_do_not_sum_to_one_or_are_negative_are_violations():
    constraints = compiled(mandate(), universe(2))
    found = violations(np.array([-0.25, 0.0, 1.0]), constraints)
    assert found["long only"] == pytest.approx(0.25)
    assert found["sum to one"] == pytest.approx(0.25)
    assert max_violation(np.array([-0.25, 0.0, 1.0]), constraints) == pytest.approx(0.25)


def test_turnover_counts_cash_and_each_trade_once():
    assert turnover(np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])) == pytest.approx(0.5)


def test_cvar_of_twenty_scenarios_is_the_worst_one():
    scenarios = np.linspace(-0.2, 0.18, 20)[:, None]
    assert monthly_cvar(np.array([1.0, 0.0]), scenarios) == pytest.approx(0.2)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.integers(1, 90), st.integers(0, 1000))
def test_the_tail_is_a_probability_that_no_other_tail_beats(count: int, seed: int):
    losses = np.random.default_rng(seed).normal(size=count)
    weights = tail(losses)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= 0.0
    assert weights.max() <= 1.0 / (0.05 * count) + 1e-12
    # Rockafellar and Uryasev: CVaR is the least value of VaR + excess / 5 % over all levels; it is reached at a loss.
    least = min(level + np.maximum(losses - level, 0.0).sum() / (0.05 * count) for level in losses)
    assert float(weights @ losses) == pytest.approx(least)


def test_the_yearly_cap_is_held_on_the_21_day_scale():
    constraints = compiled(mandate(cvar=0.2, volatility=5.0), universe(1))
    weights = np.array([1.0, 0.0])
    excess = violations(weights, constraints)["CVaR cap"]
    assert excess == pytest.approx(monthly_cvar(weights, constraints.scenarios) - 0.2 / MONTHS_ROOT)


def test_a_weight_that_is_not_finite_is_refused():
    constraints = compiled(mandate(), universe(1))
    with pytest.raises(ValueError, match="finite"):
        violations(np.array([np.nan, 1.0]), constraints)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.integers(0, 10**6))
def test_the_largest_violation_is_the_largest_of_the_named_ones(seed: int):
    target, constraints = random_problem(seed)
    named = violations(target, constraints)
    assert max_violation(target, constraints) == pytest.approx(max(named.values(), default=0.0), abs=1e-15)
