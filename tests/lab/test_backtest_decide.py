"""Decisions are the same to the bit whoever makes them, and what is decided is not decided again."""

from pathlib import Path

import numpy as np
import pytest

import lab.backtest.decide as deciding
from agents.personas import load_personas, score_history
from lab.backtest.learned import learned
from lab.backtest.plan import Plan
from lab.backtest.run import Study, decisions_of, run, world_of
from lab.backtest.seen import World
from lab.backtest.strategies import RULES, available
from lab.report.make import report_of
from lab.spread import SERIAL, Workers, ray_workers
from tools.market.records import MarketData


def quiet(*_: object) -> None:
    return None


@pytest.fixture(scope="module")
def world(backtest_data: MarketData, backtest_plan: Plan) -> World:
    return world_of(backtest_data, lambda cut: score_history(load_personas(), cut.panel), backtest_plan)


def study(world: World, plan: Plan, home: Path | None, workers: Workers = SERIAL) -> Study:
    both, seeds, _ = learned()
    return run(world, plan, quiet, extra=both, seeds=seeds[:1], home=home, workers=workers)


def same(one: Study, other: Study) -> bool:
    return report_of(one) == report_of(other) and all(
        one.accounts.returns(name).tobytes() == other.accounts.returns(name).tobytes() for name in one.names
    )


@pytest.mark.slow
def test_processes_give_the_figures_of_the_serial_run_to_the_bit(
    world: World, backtest_plan: Plan, tmp_path: Path
) -> None:
    serial = study(world, backtest_plan, tmp_path / "one")
    many = study(world, backtest_plan, tmp_path / "many", Workers(kind="processes", count=2))
    assert same(serial, many)
    for path in sorted(path for path in (tmp_path / "one").rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / "many" / path.relative_to(tmp_path / "one")).read_bytes(), path.name


@pytest.mark.slow
def test_ray_gives_the_figures_of_the_serial_run_to_the_bit(world: World, backtest_plan: Plan, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'quorum-advisor[ray]'")
    over_ray = study(world, backtest_plan, tmp_path, ray_workers("local", 2))
    assert same(study(world, backtest_plan, None), over_ray)


def test_every_rule_can_be_sent_to_another_process(world: World) -> None:
    import pickle

    there, _ = available(world)
    both, seeds, _ = learned()
    for strategy in (*RULES, *there, *both, *seeds):
        assert pickle.loads(pickle.dumps(strategy)).name == strategy.name


def test_an_interrupted_run_goes_on_where_it_was_and_ends_in_the_same_figures(
    world: World, backtest_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = backtest_plan.model_copy(update={"strategies": ("hrp", "risk-parity", "buy-and-hold")})
    asked: list[deciding.Ask] = []
    stop = [3]
    real = deciding.answer

    def counting(desk: deciding.Desk, ask: deciding.Ask) -> bytes:
        asked.append(ask)
        if len(asked) in stop:
            raise KeyboardInterrupt
        return real(desk, ask)

    monkeypatch.setattr(deciding, "answer", counting)
    monkeypatch.setattr(deciding, "CODE", ())  # an editor may be at work beside the tests
    with pytest.raises(KeyboardInterrupt):
        run(world, plan, quiet, home=tmp_path)
    stop.clear()
    before = len(asked)
    resumed = run(world, plan, quiet, home=tmp_path)
    total = len(asked) - before + 2
    assert asked[before].strategy == asked[2].strategy, "the first two are not asked again, the third is"
    assert same(resumed, run(world, plan, quiet))
    asked.clear()
    assert same(resumed, run(world, plan.model_copy(update={"draws": 200}), quiet, home=tmp_path))
    assert asked == [] and total > 3, "a finished run's decisions are only read"
    run(world, plan.model_copy(update={"cost_basis_points": 25.0, "seed": 3}), quiet, home=tmp_path)
    assert asked == [], "other costs and other draws ask nobody again"
    run(world, plan.model_copy(update={"volatility": 0.07}), quiet, home=tmp_path)
    assert len(asked) == total, "another risk is another decision"


def test_the_key_holds_all_that_decisions_depend_on(world: World, backtest_plan: Plan) -> None:
    from dataclasses import replace

    rows = decisions_of(world, backtest_plan)
    holds = (rows[0], rows[5])
    close = world.panel.close.copy()
    close[-1, 0] *= 1.0001
    assets = world.universe.assets
    regrouped = world.universe.model_copy(
        update={"assets": (assets[0].model_copy(update={"group": "Other"}), *assets[1:])}
    )
    keys = [
        deciding.decisions_key(world, backtest_plan, rows, holds),
        deciding.decisions_key(world, backtest_plan, rows[1:], holds),
        deciding.decisions_key(world, backtest_plan, rows, (rows[0], rows[6])),
        deciding.decisions_key(world, backtest_plan.model_copy(update={"cap": 0.3}), rows, holds),
        deciding.decisions_key(replace(world, panel=replace(world.panel, close=close)), backtest_plan, rows, holds),
        deciding.decisions_key(replace(world, universe=regrouped), backtest_plan, rows, holds),
        deciding.decisions_key(
            replace(world, scores=replace(world.scores, score=-world.scores.score)), backtest_plan, rows, holds
        ),
    ]
    assert len(set(keys)) == len(keys)
    dearer = backtest_plan.model_copy(update={"cost_basis_points": 50.0, "draws": 300, "strategies": ("hrp",)})
    assert deciding.decisions_key(world, dearer, rows, holds) == keys[0]


def test_a_strategy_of_another_fingerprint_is_asked_again(world: World, backtest_plan: Plan, tmp_path: Path) -> None:
    from dataclasses import replace

    rows = decisions_of(world, backtest_plan)
    first, other = RULES[0], replace(RULES[1], name=RULES[0].name, fingerprint="b" * 64)
    plain, changed = (
        deciding.decide(world, (one,), (), rows, rows[:1], backtest_plan, quiet, home=tmp_path)[0]
        for one in (replace(first, fingerprint="a" * 64), other)
    )
    table = plain.weights[first.name]
    assert any(not np.array_equal(table[row], changed.weights[first.name][row]) for row in rows)
