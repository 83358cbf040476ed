"""The risk manager: what binds and why, or what conflicts and what would help."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_makers import asset, compiled, excluded, mandate, random_problem, universe

from portfolio.infeasibility import conflict, holds_together
from portfolio.limits import ConstraintSet
from portfolio.mandate import AssetBound, GroupBound
from portfolio.projection.quadratic import NoWeightsError, Quadratic
from portfolio.risk_manager import decide
from portfolio.universe import Universe
from portfolio.violations import max_violation, volatility


def floor(symbol: str, weight: float) -> AssetBound:
    return AssetBound(symbol=symbol, floor=weight, reason=f"you want {symbol}")


def is_minimal(names: tuple[str, ...], constraints: ConstraintSet) -> None:
    assert not holds_together(constraints, names)
    for name in names:
        assert holds_together(constraints, [other for other in names if other != name])


def test_a_feasible_proposal_comes_back_with_what_binds_and_why():
    constraints = compiled(mandate(cash=0.2, share=0.3, group=0.45), universe(4))
    decision = decide({"A0": 0.6, "A1": 0.4}, constraints)
    assert decision.feasible
    assert decision.weights is not None
    assert sum(decision.weights.values()) == pytest.approx(1.0, abs=1e-12)
    binding = {item.name: item for item in decision.binding}
    assert binding["cash floor"].reason == "cash to hand"
    assert binding["share cap: A0"].value == pytest.approx(0.3)
    assert binding["share cap: A0"].dual > 0
    assert decision.distance == pytest.approx(np.sqrt(0.09 + 0.01 + 0.2**2 + 0.2**2), abs=0.1)
    assert decision.max_violation is not None
    assert decision.max_violation <= 1e-8


def test_volatility_and_cvar_are_measured_on_the_weights():
    constraints = compiled(mandate(volatility=0.1, cvar=0.12), universe(5))
    decision = decide({"A0": 0.5, "A1": 0.5}, constraints)
    assert decision.volatility is not None
    assert decision.cvar is not None
    assert decision.weights is not None
    assert decision.volatility == volatility(constraints.vector(decision.weights), constraints)
    assert decision.volatility <= 0.1 + 1e-8
    assert decision.cvar <= 0.12 + 1e-7
    assert {"volatility cap", "CVaR cap"} & {item.name for item in decision.binding}


def test_an_excluded_asset_is_named_where_the_proposal_wanted_it():
    constraints = compiled(mandate(exclusions=(excluded("A0", "A1"),)), universe(3))
    decision = decide({"A0": 0.5, "CASH": 0.5}, constraints)
    prices = {item.name: item.dual for item in decision.binding}
    # What A0 may not have would go to all others alike, A1 among them, but A0 is wanted most.
    assert set(prices) == {"excluded: A0", "excluded: A1"}
    assert prices["excluded: A0"] > 2 * prices["excluded: A1"]
    assert decision.weights is not None
    assert decision.weights["A0"] == 0.0


def test_a_proposal_that_obeys_all_limits_is_not_moved():
    decision = decide({"A0": 0.25, "CASH": 0.75}, compiled(mandate(cash=0.1), universe(2)))
    assert decision.distance == 0.0
    assert decision.weights == {"A0": 0.25, "A1": 0.0, "CASH": 0.75}


def test_cash_floor_and_group_floors_above_one_conflict_and_each_way_out_is_priced():
    groups = (
        GroupBound(kind="group", key="Energy", floor=0.5, reason="energy"),
        GroupBound(kind="group", key="Technology", floor=0.4, reason="technology"),
    )
    constraints = compiled(mandate(cash=0.2, groups=groups), universe(3))
    decision = decide({"CASH": 1.0}, constraints)
    assert not decision.feasible
    assert decision.weights is None
    assert set(decision.conflict) == {"cash floor", "stated floor: group Energy", "stated floor: group Technology"}
    needed = {item.limit: item.needed for item in decision.relaxations}
    assert needed["cash floor"] == pytest.approx(0.1, abs=1e-5)
    assert needed["stated floor: group Energy"] == pytest.approx(0.4, abs=1e-5)
    assert needed["stated floor: group Technology"] == pytest.approx(0.3, abs=1e-5)


def test_a_floor_on_an_excluded_asset_names_both_wishes():
    constraints = compiled(mandate(assets=(floor("A0", 0.1),), exclusions=(excluded("A0"),)), universe(3))
    decision = decide({"CASH": 1.0}, constraints)
    assert set(decision.conflict) == {"stated floor: A0", "excluded: oil"}
    needed = {item.limit: item.needed for item in decision.relaxations}
    assert needed["stated floor: A0"] == pytest.approx(0.0, abs=1e-5)
    assert needed["excluded: oil"] == pytest.approx(0.1, abs=1e-5)


def test_a_relaxation_reads_as_a_sentence_and_rounds_to_the_generous_side():
    floors = GroupBound(kind="group", key="Energy", floor=0.1, reason="you want energy")
    assets = Universe(name="t", assets=tuple(asset(symbol) for symbol in ("X", "Y", "Z")))
    constraints = compiled(mandate(groups=(floors,), exclusions=(excluded("X", "Y", "Z"),)), assets)
    reasons = {item.limit: item.reason for item in decide({"CASH": 1.0}, constraints).relaxations}
    wish = "Allow up to 3.34 % in each asset that is excluded: oil, everything else as it is. (no oil)"
    assert reasons["excluded: oil"] == wish
    assert reasons["stated floor: group Energy"].startswith("Lower the stated floor: group Energy from 10 % to 0 %, ")


def test_a_turnover_cap_too_small_to_reach_the_cash_floor_is_named():
    constraints = compiled(mandate(cash=0.5, turnover=0.2), universe(2), current={"A0": 0.6, "A1": 0.4})
    decision = decide({"CASH": 1.0}, constraints)
    assert set(decision.conflict) == {"cash floor", "turnover cap"}
    needed = {item.limit: item.needed for item in decision.relaxations}
    assert needed["turnover cap"] == pytest.approx(0.5, abs=1e-5)
    assert needed["cash floor"] == pytest.approx(0.2, abs=1e-5)


def test_a_floor_against_a_volatility_cap_of_zero_is_named():
    constraints = compiled(mandate(volatility=0.0, assets=(floor("A0", 0.1),)), universe(2))
    decision = decide({"CASH": 1.0}, constraints)
    assert set(decision.conflict) == {"volatility cap", "stated floor: A0"}
    needed = {item.limit: item.needed for item in decision.relaxations}
    risky = 0.1 * float(np.sqrt(constraints.covariance[0, 0]))
    assert needed["volatility cap"] <= risky + 1e-5


def test_a_fact_of_the_market_is_named_and_never_offered_for_change():
    assets = Universe(name="t", assets=(asset("SPX", "index"), asset("A")))
    decision = decide({"CASH": 1.0}, compiled(mandate(assets=(floor("SPX", 0.1),)), assets))
    assert set(decision.conflict) == {"not holdable", "stated floor: SPX"}
    assert [item.limit for item in decision.relaxations] == ["stated floor: SPX"]
    assert any("index" in note for note in decision.notes)


def test_a_floor_on_a_group_without_assets_conflicts_with_itself():
    bound = GroupBound(kind="theme", key="unicorns", floor=0.2, reason="you asked")
    decision = decide({"CASH": 1.0}, compiled(mandate(groups=(bound,)), universe(2)))
    assert decision.conflict == ("stated floor: theme unicorns",)
    assert decision.relaxations[0].needed == pytest.approx(0.0, abs=1e-5)


def test_two_conflicts_at_once_are_relaxed_together():
    rules = mandate(
        assets=(floor("A0", 0.1), floor("A1", 0.2)), exclusions=(excluded("A0"), excluded("A1", key="coal"))
    )
    constraints = compiled(rules, universe(3))
    decision = decide({"CASH": 1.0}, constraints)
    is_minimal(decision.conflict, constraints)
    assert len(decision.conflict) == 2
    assert any("together" in note for note in decision.notes)
    changed = constraints.relaxed({item.limit: item.needed for item in decision.relaxations})
    assert decide({"CASH": 1.0}, changed).feasible


def test_caps_that_sum_below_one_leave_the_rest_in_cash():
    decision = decide({"A0": 0.5, "A1": 0.5}, compiled(mandate(share=0.1), universe(2)))
    assert decision.weights is not None
    assert decision.weights["CASH"] == pytest.approx(0.8)


def test_everything_excluded_is_all_cash_and_says_so():
    decision = decide({"A0": 1.0}, compiled(mandate(exclusions=(excluded("A0"),)), universe(1)))
    assert decision.weights == {"A0": 0.0, "CASH": 1.0}
    assert any("everything stays in cash" in note for note in decision.notes)


def test_a_cap_on_cash_below_what_the_assets_may_carry_conflicts():
    bound = AssetBound(symbol="CASH", cap=0.1, reason="no idle money")
    decision = decide({"CASH": 1.0}, compiled(mandate(assets=(bound,), share=0.2), universe(3)))
    assert set(decision.conflict) == {"stated cap: CASH", "share cap"}
    needed = {item.limit: item.needed for item in decision.relaxations}
    assert needed["stated cap: CASH"] == pytest.approx(0.4, abs=1e-5)
    assert needed["share cap"] == pytest.approx(0.3, abs=1e-5)


def test_when_the_fast_solver_gives_up_clarabel_answers_and_the_decision_says_so(monkeypatch: pytest.MonkeyPatch):
    constraints = compiled(mandate(share=0.3, cash=0.2, volatility=0.1, cvar=0.12), universe(5))
    proposal = {"A0": 0.6, "A1": 0.4}
    fast = decide(proposal, constraints)

    def gives_up(*_: object) -> None:
        raise NoWeightsError("a test says so")

    monkeypatch.setattr(Quadratic, "solve", gives_up)
    slow = decide(proposal, constraints)
    assert (fast.solver, slow.solver) == ("piqp", "clarabel")
    assert any("Clarabel" in note for note in slow.notes)
    assert slow.max_violation is not None
    assert slow.max_violation <= 1e-8
    assert fast.weights is not None
    assert slow.weights is not None
    assert [slow.weights[name] for name in fast.weights] == pytest.approx(list(fast.weights.values()), abs=1e-6)
    assert {item.name for item in slow.binding} == {item.name for item in fast.binding}


def test_a_proposal_outside_the_universe_is_refused():
    with pytest.raises(ValueError, match="XYZ"):
        decide({"XYZ": 1.0}, compiled(mandate(), universe(1)))


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.integers(0, 10**6))
def test_each_conflict_is_minimal_and_each_relaxation_is_enough(seed: int):
    _, constraints = random_problem(seed)
    cash = {"CASH": 1.0}
    decision = decide(cash, constraints)
    if decision.feasible:
        assert conflict(constraints) == ()
        assert decision.weights is not None
        assert max_violation(constraints.vector(decision.weights), constraints) <= 1e-8
        return
    is_minimal(decision.conflict, constraints)
    together = any("together" in note for note in decision.notes)
    ways = (
        [{item.limit: item.needed for item in decision.relaxations}]
        if together
        else [{item.limit: item.needed} for item in decision.relaxations]
    )
    assert ways
    for way in ways:
        assert decide(cash, constraints.relaxed(way)).feasible
    if not together:
        for item in decision.relaxations:
            # A tenth of a percent less of change is not enough: the relaxation is the smallest.
            less = item.current + 0.999 * (item.needed - item.current) - np.sign(item.needed - item.current) * 2e-6
            if (less - item.current) * (item.needed - item.current) > 0:
                assert not decide(cash, constraints.relaxed({item.limit: float(less)})).feasible


def test_advice_never_waits_for_cvxpy():
    script = (
        "import sys, portfolio.constraints, portfolio.risk_manager, portfolio.orders;"
        "print(sorted({'cvxpy', 'pandas', 'torch', 'skfolio'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root, env=environment
    )
    assert done.stdout.strip() == "[]"
