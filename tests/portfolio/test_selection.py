"""Positions: so many at most or at least, nothing or at least so much, scored enough; the nearest, or named."""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "limits"))
from limit_makers import asset, compiled, limit, mandate, random_problem, risk, universe

from portfolio.constraints import LEAST_POSITION, compile_constraints
from portfolio.limits import FEWEST, MOST, SMALLEST, ConstraintSet, PositionLimits, ScalarLimit
from portfolio.mandate import AssetBound
from portfolio.market import Floats
from portfolio.projection import Infeasible, project
from portfolio.risk_manager import decide
from portfolio.selection import ScoreRule, Selection, invested, nearest_many, select, with_minimum_score
from portfolio.support import NoSupportError, SupportSearch, on_support
from portfolio.support_bound import Boxes, lagrangian_bound, prices_of
from portfolio.universe import Universe
from portfolio.violations import position_violations, violations


def positions(most: int | None = None, fewest: int | None = None, smallest: float | None = None) -> PositionLimits:
    if fewest is not None and smallest is None:
        smallest = LEAST_POSITION

    def of(name: str, bound: float | None) -> ScalarLimit | None:
        return None if bound is None else ScalarLimit(name, bound, f"the test asks for {name} {bound:g}")

    return PositionLimits(of(MOST, most), of(FEWEST, fewest), of(SMALLEST, smallest))


def random_positions(seed: int, size: int) -> PositionLimits:
    rng = np.random.default_rng(seed + 10_000)
    most = int(rng.integers(1, size + 1)) if rng.random() < 0.7 else None
    fewest = int(rng.integers(1, size)) if rng.random() < 0.4 else None
    smallest = float(rng.choice([0.02, 0.05, 0.12])) if rng.random() < 0.6 or most is None else None
    return positions(most, fewest, smallest)


def nearest_of_all(target: Floats, constraints: ConstraintSet) -> float | None:
    """Distance of the nearest weights over every support there is; None where no support has any."""
    limits, size = constraints.positions, constraints.size - 1
    assert limits is not None
    best: float | None = None
    for count in range(size + 1):
        if limits.most is not None and count > limits.most.bound:
            break
        if limits.fewest is not None and count < limits.fewest.bound:
            continue
        for members in itertools.combinations(range(size), count):
            held = np.zeros(size, dtype=bool)
            held[list(members)] = True
            try:
                distance = project(target, on_support(constraints, held)).distance
            except Infeasible:
                continue
            best = distance if best is None else min(best, distance)
    return best


def chosen(target: Floats, constraints: ConstraintSet) -> Selection | None:
    """None where it is proved that there is no choice."""
    try:
        return select(target, constraints)
    except NoSupportError as error:
        assert error.proved
        return None


def shares(count: int) -> Universe:
    return Universe(name="test", assets=tuple(asset(f"A{i}", "share", f"S{i % 5}") for i in range(count)))


def twenty(seed: int = 0, **limits: object) -> tuple[Floats, ConstraintSet]:
    """Twenty shares, a mandate as clients have them, and a proposal near to equal weight."""
    covariance, scenarios = risk(20, 300, seed)
    rules = mandate(volatility=0.14, cvar=0.3, cash=0.05, share=0.12, group=0.35)
    constraints = compile_constraints(rules, shares(20), covariance=covariance, scenarios=scenarios)
    target = np.append(0.75 * np.random.default_rng(seed).dirichlet(np.full(20, 3.0)), 0.25)
    return target, replace(constraints, positions=positions(**limits))  # type: ignore[arg-type]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_the_choice_is_the_nearest_of_all_supports_there_are(seed: int) -> None:
    target, constraints = random_problem(seed)
    constraints = replace(constraints, positions=random_positions(seed, constraints.size - 1))
    best, found = nearest_of_all(target, constraints), chosen(target, constraints)
    assert (best is None) == (found is None)
    if best is not None and found is not None:
        assert found.proved and found.gap == 0.0
        assert found.projection.distance == pytest.approx(best, abs=1e-6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_every_weight_is_exactly_zero_or_at_least_the_smallest_position(seed: int) -> None:
    target, constraints = random_problem(seed)
    constraints = replace(constraints, positions=random_positions(seed, constraints.size - 1))
    found = chosen(target, constraints)
    if found is None:
        return
    weights, limits = found.projection.weights, constraints.positions
    assert limits is not None and position_violations(weights, constraints) == {}
    assert all(w == 0.0 or w >= limits.floor for w in weights[:-1].tolist())
    assert max(violations(weights, constraints).values(), default=0.0) <= 1e-8
    assert (weights[:-1] > 0.0).tolist() == found.held.tolist()


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_no_support_beats_the_lagrangian_bound(seed: int) -> None:
    target, constraints = random_problem(seed)
    limits = random_positions(seed, constraints.size - 1)
    constraints = replace(constraints, positions=limits)
    best = nearest_of_all(target, constraints)
    if best is None:
        return
    size = constraints.size - 1
    lower = np.maximum(constraints.lower, np.append(np.full(size, limits.floor), 0.0))
    boxes = Boxes(lower, np.maximum(constraints.upper, lower))
    fewest = 0 if limits.fewest is None else int(limits.fewest.bound)
    most = size if limits.most is None else int(limits.most.bound)
    prices = prices_of(project(target, replace(constraints, positions=None)), constraints)
    forced = constraints.lower[:-1] > 0.0
    struck = constraints.upper[:-1] < max(limits.floor, 1e-10)
    bound, _ = lagrangian_bound(target, prices, boxes, forced, struck & ~forced, fewest, most)
    assert bound <= best**2 + 1e-7


def test_ten_of_twenty_are_chosen_and_proved_the_nearest() -> None:
    target, constraints = twenty(most=10, smallest=0.02)
    found = select(target, constraints)
    assert found.proved and int(found.held.sum()) == 10 and found.nodes < 100
    plain = project(target, replace(constraints, positions=None))
    largest = np.zeros(20, dtype=bool)
    largest[np.argsort(-plain.weights[:-1])[:10]] = True
    assert found.projection.distance <= project(target, on_support(constraints, largest)).distance + 1e-9


def test_an_ended_search_says_how_much_nearer_another_choice_could_be() -> None:
    target, constraints = twenty(seed=0, smallest=0.04)
    best, short = select(target, constraints), select(target, constraints, nodes=0)
    assert best.proved and not short.proved
    assert short.gap > 0.0
    assert short.projection.distance - short.gap <= best.projection.distance + 1e-9
    assert position_violations(short.projection.weights, constraints) == {}


def test_a_hundred_assets_get_a_choice_near_to_the_best() -> None:
    covariance, scenarios = risk(100, 200, 0)
    rules = mandate(volatility=0.14, cvar=0.3, cash=0.05, share=0.12, group=0.35)
    constraints = compile_constraints(rules, shares(100), covariance=covariance, scenarios=scenarios)
    constraints = replace(constraints, positions=positions(most=12, smallest=0.02))
    target = np.append(0.75 * np.random.default_rng(0).dirichlet(np.full(100, 2.0)), 0.25)
    found = select(target, constraints)
    assert position_violations(found.projection.weights, constraints) == {}
    assert found.gap <= 0.05 * found.projection.distance


def test_a_proposal_that_obeys_the_limits_stays_to_the_bit() -> None:
    constraints = replace(compiled(mandate(), universe(6)), positions=positions(3, 2, 0.1))
    target = np.array([0.3, 0.0, 0.2, 0.0, 0.1, 0.0, 0.4])
    found = select(target, constraints)
    assert found.projection.weights.tolist() == target.tolist() and found.nodes == 1


def test_few_positions_do_not_mean_more_cash() -> None:
    """The nearest weights let cash take what has no place; the decision shares it among the positions instead."""
    target, constraints = twenty(most=8, smallest=0.02)
    found = select(target, constraints)
    after = invested(target, found)
    assert found.projection.weights[-1] > target[-1] + 0.02
    assert target[-1] - 1e-9 <= after.weights[-1] < found.projection.weights[-1]
    assert position_violations(after.weights, constraints) == {}
    assert max(violations(after.weights, constraints).values(), default=0.0) <= 1e-8
    assert after.distance == pytest.approx(float(np.linalg.norm(after.weights - target)))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_sharing_among_the_positions_breaks_no_limit(seed: int) -> None:
    target, constraints = random_problem(seed)
    constraints = replace(constraints, positions=random_positions(seed, constraints.size - 1))
    found = chosen(target, constraints)
    if found is not None:
        weights = invested(target, found).weights
        assert position_violations(weights, constraints) == {}
        assert max(violations(weights, constraints).values(), default=0.0) <= 1e-8


def test_many_targets_get_the_positions_that_each_would_get_alone() -> None:
    target, constraints = twenty(most=8)
    other = np.append(0.75 * np.random.default_rng(9).dirichlet(np.full(20, 3.0)), 0.25)
    made = nearest_many(np.stack([target, other]), constraints)
    for one, wanted in zip(made, (target, other), strict=True):
        assert position_violations(one, constraints) == {}
        assert one.tolist() == invested(wanted, select(wanted, constraints, nodes=0)).weights.tolist()
    plain = replace(constraints, positions=None)
    assert nearest_many(target[None], plain)[0].tolist() == project(target, plain).weights.tolist()


def test_limits_that_are_absent_never_bind() -> None:
    target, constraints = random_problem(4)
    assert constraints.positions is None
    free = replace(constraints, positions=positions())
    assert select(target, free).projection.weights.tolist() == project(target, constraints).weights.tolist()


def test_a_wish_for_at_least_so_many_without_a_size_counts_no_dust() -> None:
    rules = mandate().model_copy(update={"fewest_positions": limit(4)})
    decision = decide({"A0": 0.5, "CASH": 0.5}, compiled(rules, universe(6)))
    assert decision.weights is not None
    held = [weight for symbol, weight in decision.weights.items() if symbol != "CASH" and weight > 0]
    assert len(held) == 4 and min(held) >= LEAST_POSITION


def test_the_mandates_limits_on_positions_reach_the_decision() -> None:
    rules = mandate(share=0.3).model_copy(update={"most_positions": limit(2, "few"), "smallest_position": limit(0.1)})
    proposal = {"A0": 0.3, "A1": 0.25, "A2": 0.2, "A3": 0.05, "CASH": 0.2}
    decision = decide(proposal, compiled(rules, universe(6)))
    assert decision.feasible and decision.weights is not None
    held = {symbol: weight for symbol, weight in decision.weights.items() if symbol != "CASH" and weight > 0}
    assert set(held) == {"A0", "A1"} and decision.max_violation is not None and decision.max_violation <= 1e-8
    (count,) = [item for item in decision.binding if item.name == MOST]
    assert (count.bound, count.value, count.dual, count.reason) == (2.0, 2.0, 0.0, "few")
    assert not any(item.name.startswith("not held") for item in decision.binding)
    assert any("No other choice" in note for note in decision.notes)


def test_a_position_held_up_by_its_floor_is_told_with_its_price() -> None:
    rules = mandate(cash=0.1).model_copy(
        update={
            "smallest_position": limit(0.2, "no crumbs"),
            "asset_bounds": (AssetBound(symbol="A0", floor=0.01, reason="wanted"),),
        }
    )
    decision = decide({"A0": 0.05, "A1": 0.45, "CASH": 0.5}, compiled(rules, universe(6)))
    assert decision.weights is not None and 0.2 <= decision.weights["A0"] <= 0.2 + 1e-12
    (floor,) = [item for item in decision.binding if item.name == f"{SMALLEST}: A0"]
    assert floor.dual > 0 and floor.reason == "no crumbs"


def test_violations_name_what_positions_break() -> None:
    constraints = replace(compiled(mandate(), universe(4)), positions=positions(2, 2, 0.1))
    assert violations(np.array([0.25, 0.25, 0.25, 0.0, 0.25]), constraints) == {MOST: 1}
    broken = violations(np.array([0.04, 0.0, 0.0, 0.0, 0.96]), constraints)
    assert broken == {FEWEST: 1.0, f"{SMALLEST}: A0": pytest.approx(0.06)}


@pytest.mark.parametrize(
    ("limits", "cash_cap", "share", "named", "needed"),
    [
        (positions(fewest=6, smallest=0.2), 1.0, 1.0, {FEWEST, SMALLEST}, {FEWEST: 5.0, SMALLEST: 0.166}),
        (positions(most=2), 0.1, 0.3, {MOST, "share cap", "stated cap: CASH"}, {MOST: 3.0}),
        (positions(most=2, fewest=4), 1.0, 1.0, {MOST, FEWEST}, {MOST: 4.0, FEWEST: 2.0}),
        (positions(smallest=0.4), 0.1, 0.3, {SMALLEST, "share cap", "stated cap: CASH"}, {SMALLEST: 0.3}),
    ],
)
def test_limits_that_cannot_hold_together_are_named_with_the_nearest_that_can(
    limits: PositionLimits, cash_cap: float, share: float, named: set[str], needed: dict[str, float]
) -> None:
    rules = mandate(share=share, assets=(AssetBound(symbol="CASH", cap=cash_cap, reason="invest it"),))
    constraints = replace(compiled(rules, shares(6)), positions=limits)
    decision = decide({"CASH": 1.0}, constraints)
    assert not decision.feasible and decision.weights is None
    assert set(decision.conflict) == named
    assert {item.limit: item.needed for item in decision.relaxations} == pytest.approx(needed)
    assert any("cannot hold together" in note for note in decision.notes)


def test_convex_limits_that_conflict_by_themselves_are_named_without_the_positions() -> None:
    rules = mandate(cash=0.6, assets=(AssetBound(symbol="A0", floor=0.5, reason="wanted"),))
    decision = decide({"CASH": 1.0}, replace(compiled(rules, universe(6)), positions=positions(most=2)))
    assert not decision.feasible and not set(decision.conflict) & {MOST, FEWEST, SMALLEST}


def test_an_asset_scored_under_the_minimum_is_not_held_and_neither_is_one_without_a_score() -> None:
    rule = ScoreRule(6.0, {"A0": 8.0, "A1": 5.9, "A2": None, "A3": 6.0}, "A house rule.")
    proposal = {"A0": 0.2, "A1": 0.2, "A2": 0.2, "A3": 0.2, "CASH": 0.2}
    decision = decide(proposal, compiled(mandate(), universe(5)), rule)
    assert decision.weights is not None
    assert [s for s, w in decision.weights.items() if w > 0 and s != "CASH"] == ["A0", "A3"]
    struck = with_minimum_score(compiled(mandate(), universe(5)), rule)
    reasons = {row.name: row.reason for row in struck.rows if "scored under" in row.name}
    assert len(reasons) == 3 and any("A1 scores 5.90 of 10" in reason for reason in reasons.values())
    assert any("A2 has no score" in reason for reason in reasons.values())


def test_a_minimum_score_that_forbids_a_wanted_asset_is_named() -> None:
    rules = mandate(assets=(AssetBound(symbol="A1", floor=0.1, reason="wanted"),))
    rule = ScoreRule(6.0, {f"A{i}": 3.0 for i in range(5)}, "A house rule.")
    decision = decide({"CASH": 1.0}, compiled(rules, universe(5)), rule)
    assert not decision.feasible
    assert set(decision.conflict) == {"excluded: scored under 6 of 10", "stated floor: A1"}


def test_positions_already_held_count_within_the_turnover_cap() -> None:
    """Six positions now, at most two wanted, and hardly any trade allowed: that cannot be, and says so."""
    current = {**{f"A{i}": 0.15 for i in range(6)}, "CASH": 0.1}
    rules = mandate(turnover=0.1).model_copy(update={"most_positions": limit(2)})
    decision = decide(current, compiled(rules, universe(6), current=current))
    assert not decision.feasible and set(decision.conflict) == {MOST, "turnover cap"}


def test_the_same_twice_to_the_bit() -> None:
    one, two = (select(*twenty(seed=3, most=7, fewest=4, smallest=0.03)) for _ in range(2))
    assert one.projection.weights.tobytes() == two.projection.weights.tobytes() and one.nodes == two.nodes


def test_a_least_number_without_a_size_is_refused() -> None:
    with pytest.raises(ValueError, match="what counts as one"):
        PositionLimits(fewest=ScalarLimit(FEWEST, 3, "r"))
    with pytest.raises(ValueError, match="finite"):
        select(np.full(7, np.nan), replace(compiled(mandate(), universe(6)), positions=positions(2)))
    with pytest.raises(ValueError, match="no limits on positions"):
        SupportSearch(np.zeros(7), compiled(mandate(), universe(6)))
