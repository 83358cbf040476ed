"""The training benchmark's own arithmetic, at sizes of a second: what it prints can be read by a program."""

import json

import numpy as np
import pytest

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    # The benchmark sets it for its own process when it is imported; here it is given back after the test.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def task(market_panel: MarketPanel, score_history: ScoreHistory):
    from benchmarks.training_peers.task import task_of

    whole = [0, 6, 7]  # traded on every day, as the bundled shares are
    panel = market_panel.select(tuple(market_panel.symbols[place] for place in whole))
    scores = ScoreHistory(
        score_history.personas,
        score_history.score[:, :, whole],
        score_history.confidence[:, :, whole],
        score_history.mask[:, :, whole],
    )
    return task_of(panel, scores, ("2011-06-01", "2014-03-01"))


def _spinning(name: str, steps: int, work: int):
    from benchmarks.training_peers.contest import Contestant

    return Contestant(name, "a turn", steps, steps, steps, 1, 1, 1.0, lambda: sum(range(work)))


def test_the_json_begins_with_the_three_ratios_and_a_ratio_is_one_speed_over_another(one_thread: None) -> None:
    from benchmarks.training import REACH, as_json, contest

    names = ("quorum", "quorum, nothing shared", *REACH)
    report = contest([_spinning(name, 100, 200_000) for name in names], rounds=2)
    printed = json.loads(json.dumps(as_json(report, ())))
    assert next(iter(printed)) == "ratios"
    assert set(printed["ratios"]) == {"finrl_style", "sb3_default", "sb3_tuned"}
    speed = {line["name"]: line["steps_per_cpu_second"] for line in printed["contestants"]}
    assert printed["ratios"]["sb3_tuned"] == pytest.approx(speed["quorum"] / speed["sb3_tuned"])
    assert printed["without_sharing"]["sb3_tuned"] == pytest.approx(
        speed["quorum, nothing shared"] / speed["sb3_tuned"]
    )


def test_every_contestant_trains_on_the_same_task(one_thread: None, task) -> None:
    pytest.importorskip("stable_baselines3", reason="the benchmark's peer comes with the extra `bench`")
    from benchmarks.training import contest
    from benchmarks.training_peers import ours, stable_baselines

    contestants = (
        ours.shared(task, paths=2, steps=4, clients=8),
        ours.alone(task, paths=4, steps=4),
        stable_baselines.default(task, batch=32, minibatch=16),
        stable_baselines.tuned(task, environments=2, batch=32, minibatch=16),
        stable_baselines.finrl_style(task, batch=32, minibatch=16),
    )
    report = contest(contestants, rounds=1)
    assert all(ratio > 0 for ratio in report.ratios.values())
    assert {one.epochs for one in contestants} == {10}
    shared, alone = contestants[:2]
    assert shared.parameters == alone.parameters
    assert shared.multiply_adds < alone.multiply_adds


def test_the_peers_environment_pays_nothing_for_doing_nothing_and_something_for_a_tilt(one_thread: None, task) -> None:
    pytest.importorskip("gymnasium", reason="the benchmark's peer comes with the extra `bench`")
    from benchmarks.training_peers.portfolio_env import PATH, PortfolioEnv

    env = PortfolioEnv(task, seed=0)
    env.reset()
    still = [env.step(np.zeros(3, dtype=np.float32)) for _ in range(PATH)]
    assert [reward for _, reward, *_ in still] == [0.0] * PATH
    assert [over for *_, over, _ in still] == [False] * (PATH - 1) + [True]
    env.reset()
    assert any(env.step(np.array([1.0, -1.0, 0.0], dtype=np.float32))[1] != 0.0 for _ in range(PATH))


def test_growth_measures_a_size_in_full(one_thread: None) -> None:
    from benchmarks.training_peers.growth import Size, measure

    grown = measure(Size(assets=3, days=1200, clients=2))
    assert grown.steps_per_second > 0
    assert 0.05 < grown.peak_gigabytes < 24.0
