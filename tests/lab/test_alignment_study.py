"""The re-test of L-PPR: the live path's own weights, no look-ahead, limits kept, an answer that opens the page."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from graph.advisor import Advisor
from lab.alignment import arms
from lab.alignment.accounts import _others, carry
from lab.alignment.clients import Person, average_mandate, people, read_written, truth_of
from lab.alignment.deciding import Decided, Rows, decide, decide_job, from_bytes
from lab.alignment.ground import SMALL, Stage, Windows, shipped_stage, trained_stage, world_of
from lab.alignment.money import figures
from lab.alignment.page import full_page
from lab.alignment.records import Result
from lab.alignment.register import trials_of
from lab.alignment.scale import cronbach_alpha, measure_scale
from lab.alignment.study import Measured, Plan, average_numbers, decided_on, measured, misread
from lab.backtest.seen import World
from lab.evaluation.profiles import TODAY
from lab.spread import SERIAL, quiet
from portfolio import metrics
from portfolio.constraints import compile_constraints
from portfolio.violations import max_violation
from rl.baseline import eligible_assets, risk_of
from tools.errors import DataError
from tools.settings import Settings

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
AS_OF = date(2021, 6, 30)
PLAN = Plan(draws=40)


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(None)


@pytest.fixture(scope="module")
def some(world: World) -> tuple[Person, ...]:
    """Four clients: two who exclude something, one bold, one careful."""
    written, _ = read_written()
    return people([written[place] for place in (40, 48, 3, 2)], world.universe)


@pytest.fixture(scope="module")
def stage(world: World, some: tuple[Person, ...]) -> Stage:
    return shipped_stage(world, some, 2021, 2022)


@pytest.fixture(scope="module")
def decided(stage: Stage) -> Decided:
    rows = tuple(row for _, part in stage.parts for row in part)
    return decide(stage.ground, rows, "shipped")


@pytest.fixture(scope="module")
def one_span(stage: Stage, decided: Decided, some: tuple[Person, ...]) -> Measured:
    return measured("main", "2021 to 2022", stage, decided, some, PLAN)


def row_of(world: World, day: date) -> int:
    return int(np.searchsorted(world.panel.dates, np.datetime64(day)))


@pytest.mark.parametrize(
    ("use", "arm"),
    [
        ("always", arms.PROFILE_POLICY),
        pytest.param("never", arms.PROFILE_BASELINE, marks=pytest.mark.slow),
    ],
)
def test_a_client_gets_the_weights_that_the_live_advisor_gives(
    use: str, arm: str, stage: Stage, some: tuple[Person, ...], world: World, tmp_path: Path
) -> None:
    mine = decide(stage.ground, [row_of(world, AS_OF)], "shipped").weights[arm][0]
    with Advisor(Settings(home=tmp_path), today=TODAY, as_of=AS_OF, use_policy=use) as advisor:  # type: ignore[arg-type]
        turn = advisor.say(advisor.open(), some[0].written.text, insist=True)
    assert turn.decision is not None and turn.decision.weights is not None
    live = np.array([turn.decision.weights[symbol] for symbol in (*world.universe.symbols, "CASH")])
    assert np.abs(mine[0] - live).max() < 1e-9


def test_no_later_price_moves_any_arm(stage: Stage, world: World, some: tuple[Person, ...]) -> None:
    from agents.personas import load_personas, score_history

    row = row_of(world, AS_OF)
    rng = np.random.default_rng(7)
    closes = world.panel.close.copy()
    closes[row + 1 :] *= rng.uniform(0.2, 5.0, closes[row + 1 :].shape)
    index = None if world.panel.index is None else world.panel.index.copy()
    if index is not None:
        index[row + 1 :] *= 3.0
    panel = replace(world.panel, close=closes, index=index)
    changed = replace(stage.ground, world=World(panel, world.universe, score_history(load_personas(), panel)))
    before, after = (decide(ground, [row], "shipped").weights for ground in (stage.ground, changed))
    for name in before:
        assert np.array_equal(before[name], after[name]), name


def test_every_arm_with_a_profile_keeps_the_limits_that_were_heard(
    stage: Stage, decided: Decided, world: World, some: tuple[Person, ...]
) -> None:
    row = decided.rows[5]
    panel = world.panel.window(0, row + 1)
    eligible = eligible_assets(panel)
    for place, person in enumerate(some):
        limits = compile_constraints(
            person.heard_mandate.model_copy(
                update={"cvar_cap": person.heard_mandate.cvar_cap.model_copy(update={"value": 1.0})}
            ),
            world.universe,
            covariance=risk_of(panel, eligible),
            scenarios=np.zeros((0, len(world.universe.symbols))),
            tradable=eligible,
        )
        for name in (arms.PROFILE_POLICY, arms.PROFILE_BASELINE, arms.LIMITS_POLICY, arms.PROFILE_MVO):
            assert max_violation(decided.weights[name][5, place], limits) < 1e-9, name


def test_weights_of_every_arm_are_long_and_sum_to_one(decided: Decided) -> None:
    for name, weights in decided.weights.items():
        assert (weights >= -1e-12).all() and np.allclose(weights.sum(axis=-1), 1.0), name
    assert decided.weights[arms.EQUAL][0, 0, -1] == pytest.approx(0.0)


def test_a_job_decides_the_same_bytes_every_time(stage: Stage, decided: Decided) -> None:
    job = Rows(rows=decided.rows[:2], policy="shipped")
    first, second = decide_job(stage.ground, job), decide_job(stage.ground, job)
    assert first == second
    made = from_bytes([first])
    assert made.rows == decided.rows[:2]
    for name in made.weights:
        assert np.array_equal(made.weights[name], decided.weights[name][:2])


def test_finished_decisions_of_other_days_are_never_taken_up(stage: Stage, decided: Decided, tmp_path: Path) -> None:
    for first in (0, 1):
        asked = replace(stage, parts=(("shipped", decided.rows[first : first + 1]),))
        made = decided_on(asked, folder=tmp_path, workers=SERIAL, progress=quiet)
        assert made.rows == decided.rows[first : first + 1]


def test_a_client_is_judged_by_who_they_are_not_by_what_was_heard(stage: Stage, decided: Decided) -> None:
    written, _ = read_written()
    missed = next(one for one in written if "Never Walmart" in one.text)
    universe = stage.ground.world.universe
    (person,) = people([missed], universe)
    assert person.needs.excluded == (universe.symbols.index("WMT"),)
    assert person.needs.excluded and truth_of(missed).exclusions is not None


def test_the_average_mandate_lies_among_its_members_and_excludes_nothing(some: tuple[Person, ...]) -> None:
    mandates = [person.true_mandate for person in some]
    made = average_mandate(mandates)
    caps = [mandate.volatility_cap.value for mandate in mandates]
    assert min(caps) <= made.volatility_cap.value <= max(caps)
    assert made.exclusions == () and sum(made.objective_mix.values()) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="one or more clients"):
        average_mandate([])


def test_the_placebo_never_gives_a_client_their_own_account() -> None:
    others = _others(11, seed=4)
    assert others.shape == (6, 11)
    assert (others != np.arange(11)).all()
    assert all(len(set(column)) == 6 for column in others.T.tolist())
    assert all(sorted(row) == list(range(11)) for row in others.tolist())


def test_figures_of_many_accounts_are_those_of_each(one_span: Measured) -> None:
    accounts = one_span.accounts
    mvo, equal = (int(accounts.columns[name][0]) for name in (arms.MVO, arms.EQUAL))
    made = figures(accounts.returns, accounts.bills, accounts.periods, mvo, equal)
    column = int(accounts.columns[arms.PROFILE_POLICY][1])
    own, other = accounts.returns[:, column], accounts.returns[:, mvo]
    assert made["annual_return"][column] == pytest.approx(metrics.annual_return(own, accounts.periods))
    assert made["max_drawdown"][column] == pytest.approx(metrics.max_drawdown(own)[0])
    assert made["ratio"][column] == pytest.approx(metrics.sharpe_ratio(own, accounts.bills, accounts.periods))
    assert made["information_mvo"][column] == pytest.approx(metrics.information_ratio(own, other, accounts.periods))
    assert made["return_to_mvo"][mvo] == pytest.approx(0.0)
    assert made["matched_gain_equal"][equal] == pytest.approx(0.0)


def test_at_the_same_volatility_a_strategy_beside_its_own_half_is_no_better() -> None:
    rng = np.random.default_rng(0)
    market = rng.normal(0.0005, 0.01, 800)
    bills = np.full(800, 0.0001)
    half = bills + 0.5 * (market - bills)
    made = figures(np.column_stack([half, market]), bills, 252.0, 1, 1)
    assert made["return_to_mvo"][0] < -0.1
    assert made["matched_return_to_mvo"][0] == pytest.approx(0.0, abs=1e-9)
    assert made["matched_drawdown_to_mvo"][0] == pytest.approx(0.0, abs=1e-9)


def test_a_placebo_needs_another_client(world: World, decided: Decided, some: tuple[Person, ...]) -> None:
    with pytest.raises(ValueError, match="another client"):
        carry(world.panel, decided, [some[0].needs], basis_points=10.0, seed=0)


def test_the_long_walk_forward_trains_on_earlier_years_alone() -> None:
    plan = Windows(first=1997, last=2022, years=3)
    assert plan.starts[0] == 1997 and plan.starts[-1] == 2021
    assert all(b - a == 3 for a, b in zip(plan.starts, plan.starts[1:], strict=False))


@pytest.mark.slow
def test_a_policy_of_the_long_walk_forward_never_saw_its_test_years(tmp_path: Path, some: tuple[Person, ...]) -> None:
    from agents.personas import load_personas, score_history

    world = world_of(None, shares_only=True)
    plan = Windows(first=2020, years=3, seeds=(0,), config=SMALL.model_copy(update={"updates": 1}))
    row = int(np.searchsorted(world.panel.dates, np.datetime64("2020-01-01")))
    closes = world.panel.close.copy()
    closes[row:] *= np.random.default_rng(3).uniform(0.2, 5.0, closes[row:].shape)
    panel = replace(world.panel, close=closes)
    scrambled = World(panel, world.universe, score_history(load_personas(), panel))
    made = [
        trained_stage(one, some, plan, folder=tmp_path, workers=SERIAL, progress=quiet) for one in (world, scrambled)
    ]
    weights = [stage.ground.policies["2020"].members[0].state_dict() for stage in made]
    assert all(bool((weights[0][name] == weights[1][name]).all()) for name in weights[0])
    first = made[0].parts[0][1][0]
    assert decide(made[0].ground, [first], "2020").weights[arms.PROFILE_POLICY].shape == (1, len(some), 21)
    assert date(2019, 12, 15) < world.panel.dates[first].astype(object) <= date(2019, 12, 31)


def result_of(one: Measured, stage: Stage, some: tuple[Person, ...]) -> Result:
    return Result(
        command="a test",
        seed=0,
        draws=PLAN.draws,
        level=PLAN.level,
        basis_points=PLAN.basis_points,
        sources=(),
        average=average_numbers(stage),
        misread=misread(some),
        spans=(one.span,),
    )


def test_the_page_opens_with_the_answer_and_prints_the_papers_figures(
    one_span: Measured, stage: Stage, some: tuple[Person, ...]
) -> None:
    page = full_page(result_of(one_span, stage, some))
    opening = page.split("\n\n")[2]
    assert opening.startswith("**Knowing the client") and "the trained policy" in opening
    assert "+73.8" in page and "-33.2" in page and "1.45" in page and "0.78" in page and "0.89" in page
    assert "no public definition" in page and all(arm.title in page for arm in arms.ARMS)
    assert max(len(line) for line in page.splitlines()) < 1500


def test_the_same_run_tells_the_same_bytes(
    one_span: Measured, stage: Stage, decided: Decided, some: tuple[Person, ...]
) -> None:
    again = measured("main", "2021 to 2022", stage, decided, some, PLAN)
    assert again.span.model_dump_json() == one_span.span.model_dump_json()
    json.loads(result_of(again, stage, some).model_dump_json())


def test_every_arm_is_registered_as_a_trial(one_span: Measured) -> None:
    trials = trials_of([one_span], PLAN, date(2026, 11, 21))
    assert len(trials) == len(arms.DECIDED) and len({trial.key for trial in trials}) == len(trials)


def test_the_reliability_of_items_that_agree_is_one() -> None:
    person = np.arange(20.0)
    assert cronbach_alpha(np.stack([person, person, person], axis=1)) == pytest.approx(1.0)


def test_a_folder_without_the_scale_is_named(tmp_path: Path, world: World) -> None:
    with pytest.raises(DataError, match="grable_lytton"):
        measure_scale(tmp_path, world.universe, sheets=10, seed=0, level=0.9)


@pytest.mark.slow
def test_the_scale_is_read_from_the_users_file(world: World) -> None:
    if not (SHARED / "risk").is_dir():
        pytest.skip("the psychometric scale is not in ../shared/data/risk")
    part = measure_scale(SHARED, world.universe, sheets=10, seed=0, level=0.9)
    assert 13 <= part.points_mean <= 47 and 0.4 < part.alpha < 0.95
    assert all(0.0 <= item.read <= 1.0 for item in part.readings)
