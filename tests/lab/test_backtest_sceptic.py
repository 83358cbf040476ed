"""The three that a sceptic brings: a persona that leaks, a strategy chosen out of many, and noise."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.personas import load_personas
from agents.personas.spec import Arrays, Persona, PersonaSpec
from lab.backtest.judge import Judgement, judge
from lab.backtest.look_ahead import check_look_ahead
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.register import trials_of
from lab.backtest.run import Study, run, world_of
from lab.backtest.seen import Seen
from lab.backtest.strategies import Strategy
from lab.register import Register
from lab.report.make import report_of
from portfolio.backtest import Costs, backtest, decision_rows
from portfolio.market import Floats, MarketPanel
from portfolio.views import ScoreHistory
from tests.lab.conftest import made_up
from tools.market.records import MarketData

TRIED = 200
SEARCHED = 25


def quiet(*_: object) -> None:
    return None


def silent(data: MarketData) -> ScoreHistory:
    shape = (0, *data.panel.close.shape)
    return ScoreHistory((), np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool))


@dataclass(frozen=True)
class Leaking:
    """A persona that scores an asset by what it will do over the next five days."""

    spec: PersonaSpec

    def history(self, panel: MarketPanel) -> Arrays:
        score = np.zeros_like(panel.close)
        score[:-5] = np.nan_to_num(np.sign(panel.close[5:] - panel.close[:-5]))
        return score, np.full_like(score, 0.9), np.ones(score.shape, dtype=bool)


def leaking() -> Persona:
    return Leaking(
        PersonaSpec(
            name="oracle", version=1, purpose="knows", factor="Leaking", horizon_days=5, inputs=("close",),
            origin="this test", fingerprint="0",
        )
    )  # fmt: skip


def noise(seed: int) -> Strategy:
    """Other random weights at every decision."""

    def decide(seen: Seen) -> Floats:
        rng = np.random.default_rng([seed, seen.row])
        raw = np.where(seen.eligible, rng.exponential(size=len(seen.eligible)), 0.0)
        return np.asarray(raw / raw.sum())

    return Strategy("noise", "noise", "random weights", "rule", decide)


def test_a_leaking_persona_is_caught_and_named(backtest_data: MarketData, backtest_plan: Plan) -> None:
    plan = backtest_plan.model_copy(update={"strategies": ("hrp", "blended-scores", "black-litterman")})
    honest = check_look_ahead(backtest_data, load_personas(), plan, quiet)
    assert honest.leaks == () and len(honest.cuts) == 4
    assert honest.sentence.startswith("Nothing looks ahead")
    found = check_look_ahead(backtest_data, (*load_personas(), leaking()), plan, quiet)
    assert {(leak.kind, leak.name) for leak in found.leaks} == {("persona", "oracle")}
    assert all(leak.day <= leak.cut for leak in found.leaks)
    assert "the persona oracle" in found.sentence


def test_a_strategy_that_reads_beyond_its_day_is_caught_and_named(
    backtest_data: MarketData, backtest_plan: Plan
) -> None:
    def decide(seen: Seen) -> Floats:
        whole = seen.panel.close
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        ahead = whole[min(seen.row + 21, len(whole) - 1)] / whole[seen.row]
        best = np.zeros(len(ahead))
        best[int(np.nanargmax(ahead))] = 1.0
        return best

    thief = Strategy("thief", "thief", "reads the array behind the view", "rule", decide)
    plan = backtest_plan.model_copy(update={"strategies": ("thief",)})
    found = check_look_ahead(backtest_data, (), plan, quiet, extra=(thief,))
    assert {(leak.kind, leak.name) for leak in found.leaks} == {("strategy", "thief")}


@pytest.mark.slow
def test_a_deliberately_overfitted_strategy_is_caught_by_every_test_of_the_choosing() -> None:
    panel = made_up(seed=4).panel
    rows = decision_rows(panel.dates, "monthly")[12:]
    tried = []
    for seed in range(TRIED):
        rng = np.random.default_rng(seed)
        raw = rng.exponential(size=(len(rows), len(panel.symbols))) ** 2
        targets = np.column_stack([raw / raw.sum(axis=1, keepdims=True), np.zeros(len(rows))])
        tried.append(backtest(panel.close, panel.dates, targets, decisions=rows, costs=Costs()).returns)
    even = np.append(np.full(len(panel.symbols), 1.0 / len(panel.symbols)), 0.0)
    base = backtest(panel.close, panel.dates, np.tile(even, (len(rows), 1)), decisions=rows, costs=Costs()).returns
    table = np.column_stack([base, *tried])
    ratios = table.mean(axis=0) / table.std(axis=0, ddof=1)
    best = 1 + int(np.argmax(ratios[1:]))
    names = (BASELINE, *(f"random {seed}" for seed in range(TRIED)))
    plan = Plan(draws=200)
    cash = np.zeros(len(base))
    alone = judge((BASELINE, names[best]), table[:, [0, best]], cash, 252.0, plan, baseline=BASELINE,
                  trial_sharpes=ratios[[best]])  # fmt: skip
    assert alone.of(names[best]).word == "better", "the trap is set: with the trials hidden it passes"
    others = np.delete(table, [0, best], axis=1)
    judged = judge((BASELINE, names[best]), table[:, [0, best]], cash, 252.0, plan, baseline=BASELINE,
                   trial_sharpes=ratios, tried=others)  # fmt: skip
    doubt = judged.of(names[best])
    assert doubt.word == "no better"
    assert doubt.gain is not None and doubt.gain.low > 0.0, "its own interval does not see it"
    assert judged.trials == TRIED + 1
    assert doubt.deflated_gain is not None and doubt.deflated_gain < 0.95
    assert judged.superiority is not None and judged.superiority.spa > 0.1 and judged.superiority.reality_check > 0.1
    assert judged.overfitting is not None and judged.overfitting.probability > 0.3
    assert any("luck" in reason for reason in doubt.failed)


def test_the_best_of_many_tries_that_runs_alone_is_judged_by_how_many_there_were() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0.0004, 0.008, 1500)
    table = base[:, None] + rng.normal(0.0, 0.003, (1500, TRIED))
    ratios = table.mean(axis=0) / table.std(axis=0, ddof=1)
    pair = np.column_stack([base, table[:, int(np.argmax(ratios))]])

    def alone(trial_sharpes: Floats) -> Judgement:
        names, cash = (BASELINE, "the best"), np.zeros(len(base))
        return judge(names, pair, cash, 252.0, Plan(draws=200), baseline=BASELINE, trial_sharpes=trial_sharpes)

    assert alone(ratios[:1]).of("the best").word == "better", "the trap is set: with the tries hidden it passes"
    judged = alone(ratios)
    doubt = judged.of("the best")
    assert doubt.word == "no better" and judged.trials == TRIED
    assert doubt.failed[0].startswith("its gain is not above what the best of all trials shows without skill")


def test_a_strategy_searched_for_in_many_runs_is_found_out_by_the_register_alone(tmp_path: Path) -> None:
    """Each try runs beside equal weight and nothing else, all under one name, so that no run knows of another."""
    plan = Plan(
        strategies=("noise",), every="quarterly", test_from=date(2013, 5, 20), draws=100, cap=1.0, volatility=1.0
    )
    world = world_of(made_up(years=2, seed=1), silent, plan)

    def tried(seed: int, book: Register) -> Study:
        day = date(2026, 1, 1)
        return run(world, plan, quiet, extra=(noise(seed),), trials=lambda study: trials_of(study, book, day))

    def gained(seed: int) -> float:
        gain = tried(seed, everything).judgement.of("noise").gain
        assert gain is not None
        return gain.estimate

    everything = Register(tmp_path / "trials.jsonl")
    best = max(range(SEARCHED), key=gained)
    hidden = tried(best, Register(tmp_path / "another.jsonl")).judgement
    assert hidden.trials == 2
    assert hidden.of("noise").word == "better", "the trap is set: who forgets the other tries believes it"
    found = tried(best, everything).judgement
    assert found.trials == SEARCHED + 1, "every try, and equal weight"
    doubt = found.of("noise")
    assert doubt.word == "no better"
    assert doubt.gain is not None and doubt.gain.low > 0.0, "its own interval does not see it"
    assert doubt.failed[0].startswith("its gain is not above what the best of all trials shows without skill")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_pure_noise_strategy_is_called_no_better_than_equal_weight(
    backtest_data: MarketData, backtest_plan: Plan, seed: int
) -> None:
    plan = backtest_plan.model_copy(update={"strategies": ("noise",), "test_from": date(2014, 1, 1)})
    study = run(world_of(backtest_data, silent, plan), plan, quiet, extra=(noise(seed),))
    doubt = study.judgement.of("noise")
    assert doubt.word != "better"
    answer = report_of(replace(study)).answer
    assert "noise is no better than equal weight" in answer or "noise is worse than equal weight" in answer
