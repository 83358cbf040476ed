"""The fast path: exact, nearest, the same as the reference, and the same bytes each time."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_makers import compiled, excluded, mandate, random_problem, universe

from portfolio.limits import ConstraintSet
from portfolio.market import Floats
from portfolio.projection import Infeasible, Projection, Projector, conic, project, project_many
from portfolio.reference import Reference, ReferenceFailedError, Shape, shape_of
from portfolio.violations import max_violation

REFERENCES: dict[Shape, Reference] = {}
"""Compiled once a shape: that is what its parameters are for."""


def reference(constraints: ConstraintSet) -> Reference:
    shape = shape_of(constraints)
    if shape not in REFERENCES:
        REFERENCES[shape] = Reference(constraints)
    return REFERENCES[shape]


def is_exact(projection: Projection, constraints: ConstraintSet) -> None:
    weights = projection.weights
    assert max_violation(weights, constraints) <= 1e-8
    assert abs(weights.sum() - 1.0) <= 1e-12
    assert weights.min() >= 0.0
    assert (weights[constraints.upper == 0.0] == 0.0).all()


def agree(seed: int) -> None:
    target, constraints = random_problem(seed)
    try:
        projection = project(target, constraints)
    except Infeasible as error:
        assert error.excess > 1e-8
        with pytest.raises(ReferenceFailedError):
            reference(constraints).solve(target, constraints)
        return
    is_exact(projection, constraints)
    answer = reference(constraints).solve(target, constraints)
    np.testing.assert_allclose(projection.weights, answer.weights, atol=1e-6, rtol=0.0)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@settings(deadline=None, derandomize=True, max_examples=2000)
@given(st.integers(0, 10**6))
def test_limits_hold_and_weights_agree_with_the_reference_for_any_proposal_and_mandate(seed: int):
    agree(seed)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
def test_two_thousand_more_problems_agree_with_the_reference():
    for seed in range(10**7, 10**7 + 2000):
        agree(seed)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(0, 10**6), st.integers(8, 40))
def test_limits_hold_in_larger_universes(seed: int, size: int):
    target, constraints = random_problem(seed, size=size, scenarios=200)
    try:
        projection = project(target, constraints)
    except Infeasible:
        return
    is_exact(projection, constraints)
    answer = conic.nearest(target, constraints)
    # Beside the cone an interior-point method of this size is itself off by a few millionths: never nearer, never far.
    assert projection.distance**2 <= np.sum((answer.weights - target) ** 2) + 1e-9
    np.testing.assert_allclose(projection.weights, answer.weights, atol=1e-5, rtol=0.0)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.integers(0, 10**6))
def test_a_price_is_the_fall_of_the_squared_distance_as_its_limit_gives(seed: int):
    target, constraints = random_problem(seed)
    try:
        projection = project(target, constraints)
    except Infeasible:
        return
    limit_of = {row.name: row.limit for row in constraints.rows}
    prices: dict[str, float] = {}
    for name, price in projection.duals.items():
        limit = limit_of.get(name, name)
        prices[limit] = prices.get(limit, 0.0) + price
    for limit, price in prices.items():
        step = 1e-6 * (-1.0 if constraints.is_floor(limit) else 1.0)
        wider = project(target, constraints.relaxed({limit: constraints.bound_of(limit) + step}))
        fall = projection.distance**2 - wider.distance**2
        # Convexity: the fall over a step is at most price x step.
        assert fall <= price * 1e-6 + 1e-11


def test_prices_agree_with_the_reference_where_they_are_unique():
    constraints = compiled(mandate(share=0.3, cash=0.2, volatility=0.1), universe(3))
    target = np.array([0.9, 0.1, 0.0, 0.0])
    fast, slow = project(target, constraints), reference(constraints).solve(target, constraints)
    assert "volatility cap" in fast.duals
    for name, price in fast.duals.items():
        assert price == pytest.approx(slow.duals[name], abs=1e-5)


def test_a_proposal_that_obeys_everything_stays_to_the_bit():
    constraints = compiled(mandate(cash=0.1), universe(3))
    target = np.array([0.2, 0.1, 0.1, 0.6])
    projection = project(target, constraints)
    assert (projection.weights == target).all()
    assert (projection.solver, projection.distance, projection.duals) == ("none", 0.0, {})


def test_projecting_twice_changes_nothing():
    for seed in range(40):
        target, constraints = random_problem(seed)
        try:
            once = project(target, constraints).weights
        except Infeasible:
            continue
        np.testing.assert_allclose(project(once, constraints).weights, once, atol=1e-7)


def test_many_targets_give_the_bytes_of_one_at_a_time():
    for seed in (3, 5, 8, 13):
        _, constraints = random_problem(seed)
        targets = np.random.default_rng(seed).dirichlet(np.ones(constraints.size), 8)
        try:
            together = project_many(targets, constraints)
        except Infeasible:
            continue
        alone = np.array([project(target, constraints).weights for target in targets])
        assert together.tobytes() == alone.tobytes()
        assert project_many(targets[::-1], constraints)[::-1].tobytes() == alone.tobytes()


SCRIPT = """
import numpy as np
from limit_makers import random_problem
from portfolio.projection import Infeasible, project
for seed in range(60):
    target, constraints = random_problem(seed)
    try:
        print(seed, project(target, constraints).weights.tobytes().hex())
    except Infeasible as error:
        print(seed, error)
"""


def test_two_processes_print_the_same_bytes():
    here = Path(__file__).parent
    root = here.parents[2]
    outputs = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}{os.pathsep}{here}"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, cwd=root, check=True
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == 60


def test_a_volatility_cap_of_zero_leaves_cash():
    constraints = compiled(mandate(volatility=0.0), universe(3))
    projection = project(np.array([0.5, 0.5, 0.0, 0.0]), constraints)
    assert projection.weights.tolist() == [0.0, 0.0, 0.0, 1.0]
    little = project(np.array([0.5, 0.5, 0.0, 0.0]), constraints.relaxed({"volatility cap": 1e-3}))
    fall = projection.distance**2 - little.distance**2
    assert projection.duals["volatility cap"] == pytest.approx(fall / 1e-3, rel=0.02)


def test_a_cvar_cap_of_zero_is_obeyed():
    constraints = compiled(mandate(cvar=0.0), universe(3))
    is_exact(project(np.array([0.5, 0.5, 0.0, 0.0]), constraints), constraints)


def test_limits_that_leave_a_single_point_are_met():
    constraints = compiled(mandate(cash=0.4, share=0.2), universe(3))
    np.testing.assert_allclose(project(np.array([1.0, 0, 0, 0]), constraints).weights, [0.2, 0.2, 0.2, 0.4], atol=1e-9)


def test_a_universe_of_one_asset_is_projected():
    constraints = compiled(mandate(share=0.2), universe(1))
    np.testing.assert_allclose(project(np.array([0.9, 0.1]), constraints).weights, [0.2, 0.8], atol=1e-12)


def test_when_nothing_may_be_held_all_is_cash():
    constraints = compiled(mandate(exclusions=(excluded("A0", "A1"),)), universe(2))
    assert project(np.array([0.5, 0.5, 0.0]), constraints).weights.tolist() == [0.0, 0.0, 1.0]
    assert any("cash" in note for note in constraints.notes)


def test_the_turnover_left_is_spent_where_it_brings_most():
    constraints = compiled(mandate(turnover=0.1), universe(2), current={"CASH": 1.0})
    projection = project(np.array([1.0, 0.0, 0.0]), constraints)
    np.testing.assert_allclose(projection.weights, [0.1, 0.0, 0.9], atol=1e-9)
    assert projection.duals["turnover cap"] > 0


def test_an_answer_that_breaks_a_limit_by_rounding_is_drawn_inwards_not_clipped():
    constraints = compiled(mandate(share=0.3, cash=0.2, volatility=0.1), universe(3))
    target = np.array([0.9, 0.1, 0.0, 0.0])
    projector = Projector(constraints)
    weights = projector.project(target).weights
    outside = weights + 1e-7 * (target - weights)
    before = max_violation(outside, constraints)
    drawn = projector._inwards(outside, before)
    assert before > 1e-10
    assert max_violation(drawn, constraints) <= 1e-10
    assert np.abs(drawn - outside).max() < 1e-4


@pytest.mark.parametrize("target", [np.array([np.nan, 1.0]), np.ones(5)])
def test_a_target_of_the_wrong_shape_or_with_nan_is_refused(target: Floats):
    with pytest.raises(ValueError, match="finite"):
        project(target, compiled(mandate(), universe(1)))


def test_a_reference_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="compiled for"):
        Reference(compiled(mandate(), universe(2))).solve(np.ones(4) / 4, compiled(mandate(), universe(3)))
