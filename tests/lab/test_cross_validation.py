"""Cross-validation of choosing and of learning: nothing leaks, noise is no better, skill is found, the page says so."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.backtest.account import Accounts
from lab.backtest.plan import BASELINE
from lab.backtest.seen import World
from lab.cross_validation.judge import Yardstick
from lab.cross_validation.learner import check_paths, jobs_of, plan_of, train_on_days
from lab.cross_validation.page import page, section
from lab.cross_validation.records import Design
from lab.cross_validation.rules import choose_by_cross_validation
from lab.cross_validation.study import Config, Study, holm, registered, run, trials_of
from lab.register import Register
from portfolio.backtest import Costs, backtest
from portfolio.overfitting import PurgedSplit, joined_paths, purged_splits
from portfolio.statistics import Interval
from portfolio.views import ScoreHistory
from rl.environment import PERIOD, PHASES, market_of
from rl.networks import NetworkShape
from rl.ppo import PPOConfig
from tools.market.records import MarketData

DESIGN = Design(folds=6, test_folds=2, purge=21, embargo=40)
STICK = Yardstick(periods=252.0, risk_aversion=5.0, draws=200, level=0.9, seed=0)


def accounts_of(drift: float, count: int = 5, seed: int = 0) -> Accounts:
    """Strategies that each hold one asset; all noise, but the last has a drift of its own."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0003, 0.008, (2000, 1)) + rng.normal(0.0, 0.002, (2000, count))
    moves[:, -1] += drift
    close = 50.0 * np.cumprod(1.0 + moves, axis=0)
    dates = np.busday_offset("2010-01-04", np.arange(2000), roll="forward")
    equal = np.append(np.full(count, 1.0 / count), 0.0)
    plans = {BASELINE: equal} | {f"A{place}": np.eye(count + 1)[place] for place in range(count)}
    results = {name: backtest(close, dates, {0: weights}, costs=Costs()) for name, weights in plans.items()}
    one = results[BASELINE]
    return Accounts(one.dates, one.cash_returns, results, 252.0)


def test_choosing_among_noise_is_no_better_than_equal_weight() -> None:
    made, _ = choose_by_cross_validation(accounts_of(0.0), DESIGN, STICK)
    assert made.outcome.gain.low <= 0.0
    assert made.outcome.train_gain > made.outcome.test_gain, "the best of the sample looked better than it was"


def test_a_strategy_with_skill_is_chosen_and_stays_ahead_where_nobody_chose() -> None:
    made, paths = choose_by_cross_validation(accounts_of(0.0006), DESIGN, STICK)
    assert made.outcome.gain.low > 0.0
    assert made.outcome.ahead_paths == 1.0
    assert max(made.chosen, key=lambda one: one.splits).rule == "A4"
    assert made.overfitting.probability < 0.05
    assert paths.shape[0] == 5 and np.isfinite(paths).all()


def test_the_choice_of_a_split_does_not_see_its_test_groups() -> None:
    accounts = accounts_of(0.0005)
    _, before = choose_by_cross_validation(accounts, DESIGN, STICK)
    splits = list(purged_splits(1999, folds=6, test_folds=2, purge=21, embargo=40))
    split = splits[3]
    hidden = np.setdiff1d(np.arange(1999), split.train)
    # What the split may not see is scrambled; what it chose must still be read off its training rows.
    changed = {}
    for place, (name, result) in enumerate(accounts.results.items()):
        returns = result.returns.copy()
        returns[hidden] = np.random.default_rng(place).normal(0.0, 0.02, len(hidden))
        wealth = result.initial * np.append(1.0, np.cumprod(1.0 + returns))
        changed[name] = replace(result, wealth=wealth)
    _, after = choose_by_cross_validation(replace(accounts, results=changed), DESIGN, STICK)
    table = {name: result.returns for name, result in accounts.results.items()}
    noise = {name: result.returns for name, result in changed.items()}

    def chosen(paths: np.ndarray, returns: dict[str, np.ndarray]) -> str:
        block, path = split.test[0], split.paths[0]
        return next(name for name, row in returns.items() if np.allclose(paths[path, block], row[block]))

    assert chosen(before, table) == chosen(after, noise)


def test_paths_cover_every_row_once_with_values_of_splits_that_did_not_train_on_it() -> None:
    splits = list(purged_splits(240, folds=6, test_folds=2, purge=3, embargo=5))
    values = [[np.full(len(block), float(place)) for block in split.test] for place, split in enumerate(splits)]
    paths = joined_paths(splits, values, 240)
    assert paths.shape == (5, 240)
    for path in paths:
        for row, place in enumerate(path.astype(int)):
            assert row not in splits[place].train
            near = np.abs(splits[place].train - row)
            assert near.min() > 3
    with pytest.raises(ValueError, match="no split judged"):
        joined_paths(splits[:-1], values[:-1], 240)
    with pytest.raises(ValueError, match="one a row"):
        joined_paths(splits, [[part[1:] for part in parts] for parts in values], 240)


def small() -> Config:
    return Config(
        rules=Design(folds=4, test_folds=2, purge=21, embargo=40),
        learner=Design(folds=4, test_folds=2, purge=PHASES, embargo=6),
        policy=PPOConfig(action_range=1.0, updates=1, clients=2, paths=2, steps=4, shape=NetworkShape(hidden=4)),
        seeds=(0,),
        every="quarterly",
        draws=100,
    )


def world_of(data: MarketData) -> World:
    shape = (1, *data.panel.close.shape)
    score = np.random.default_rng(2).uniform(-1.0, 1.0, shape)
    return World(
        data.panel, data.universe, ScoreHistory(("one",), score, np.full(shape, 0.5), np.ones(shape, dtype=np.bool_))
    )


def test_no_training_day_of_the_policy_earns_on_a_day_that_it_is_judged_on(backtest_data: MarketData) -> None:
    world = world_of(backtest_data)
    market = market_of(world.panel, world.scores)
    plan = plan_of(market, small().learner, small().policy)
    rows = {day: np.searchsorted(world.panel.dates, market.dates[day]) for day in plan.days.tolist()}
    for split in plan.splits:
        earned = {
            row for day in plan.days[split.train].tolist() for row in range(rows[day] + 1, rows[day] + PERIOD + 1)
        }
        for block in split.test:
            first, last = rows[int(plan.days[block[0]])], rows[int(plan.days[block[-1]])]
            assert not earned & set(range(first + 1, last + PERIOD + 1))


def test_a_training_path_may_not_cross_a_test_group() -> None:
    split = PurgedSplit(train=np.arange(20, 60), test=(np.arange(5, 15),), paths=(0,))
    check_paths([split], 9)
    with pytest.raises(ValueError, match="could cross"):
        check_paths([split], 10)


def test_a_policy_does_not_know_the_prices_of_its_test_groups(backtest_data: MarketData) -> None:
    world = world_of(backtest_data)
    market = market_of(world.panel, world.scores)
    plan = plan_of(market, small().learner, small().policy)
    job = jobs_of(plan, small().policy, (0,))[0]
    before = train_on_days(market, job.inputs)
    assert before == train_on_days(market, job.inputs), "the same inputs, the same bytes"
    growth = market.growth.clone()
    # From two decisions before the judged ones on, whose months reach into them, every return is another.
    for block in plan.splits[0].test:
        first, last = int(plan.days[block[0]]), int(plan.days[block[-1]])
        growth[max(first - PHASES + 1, 0) : last + PHASES] *= 1.0 + 0.1 * torch.rand(market.growth.shape[1])
    assert train_on_days(replace(market, growth=growth), job.inputs) == before
    growth[job.inputs.days[0] :] *= 1.1 + torch.rand(market.growth.shape[1])
    assert train_on_days(replace(market, growth=growth), job.inputs) != before


@pytest.fixture(scope="module")
def once(backtest_data: MarketData, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    folder = tmp_path_factory.mktemp("cross-validation")
    return run(world_of(backtest_data), small(), command="quorum evaluate cross-validation", folder=folder), folder


def test_the_study_resumes_and_gives_the_same_bytes(once: tuple[Study, Path], backtest_data: MarketData) -> None:
    first, folder = once
    assert len(list(folder.glob("policies-*/split-*"))) == 6
    steps: list[str] = []
    again = run(
        world_of(backtest_data), small(), command=first.result.command, folder=folder,
        progress=lambda step: steps.append(step.name),
    )  # fmt: skip
    assert not [name for name in steps if name.startswith("split")], "finished trainings are taken up"
    assert first.result.model_dump_json() == again.result.model_dump_json()


def test_trainings_of_other_code_are_not_taken_up(
    once: tuple[Study, Path], backtest_data: MarketData, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, folder = once
    before = len(list(folder.glob("policies-*")))
    monkeypatch.setattr("lab.cross_validation.study.code_digest", lambda _: "a changed line")
    run(world_of(backtest_data), small(), command=first.result.command, folder=folder)
    assert len(list(folder.glob("policies-*"))) == before + 1


def test_the_page_tells_its_answer_first_and_both_are_trials(once: tuple[Study, Path], tmp_path: Path) -> None:
    study, folder = once
    book = Register(tmp_path / "trials.jsonl")
    told = registered(study, book, date(2020, 1, 2))
    written = book.path.read_bytes()
    again = registered(study, book, date(2020, 1, 3))
    assert told.trials == 2 and page(again) == page(told) and book.path.read_bytes() == written
    assert section(told).startswith("Choosing the best of 11 rules")
    assert page(told).startswith("# Does choosing or learning carry over")
    assert told.ratio_name == "Sharpe ratio" and "Cash earns one percent, made up" in page(told)
    assert str(folder) not in told.model_dump_json()
    for outcome in (told.rules.outcome, told.learner.outcome):
        assert len(outcome.paths) == 3 and outcome.splits == 6


def test_each_seed_of_the_policy_is_a_try_beside_their_mean(
    once: tuple[Study, Path], backtest_data: MarketData, tmp_path: Path
) -> None:
    _, folder = once
    both = run(world_of(backtest_data), small().model_copy(update={"seeds": (0, 1)}), command="x", folder=folder)
    choice, policy = trials_of(both, date(2020, 1, 2))
    assert policy.ensemble and policy.seeds == (0, 1) and len(set(policy.ratios.values())) == 3
    assert not choice.ensemble
    assert registered(both, Register(tmp_path / "trials.jsonl"), date(2020, 1, 2)).trials == 4
    # A seed alone is what a study of that seed only would have found.
    assert policy.seed_sharpes[0] == pytest.approx(trials_of(once[0], date(2020, 1, 2))[1].seed_sharpes[0])


def test_two_questions_are_counted_as_two() -> None:
    from statsmodels.stats.multitest import multipletests

    for pair in ((0.08, 0.23), (0.04, 0.01), (0.6, 0.7), (0.02, 0.02)):
        assert holm(*pair) == pytest.approx(tuple(multipletests(pair, method="holm")[1]))


def test_a_gain_that_is_only_sure_by_itself_is_no_better_beyond_chance(
    backtest_data: MarketData, tmp_path: Path
) -> None:
    told = run(world_of(backtest_data), small(), command="x", folder=tmp_path).result
    sure = Interval(estimate=0.001, low=0.0001, high=0.002, level=0.9, p_value=0.08, block=2, draws=1000)
    rules = told.rules.model_copy(update={"outcome": told.rules.outcome.model_copy(update={"gain": sure})})
    for adjusted, words in ((0.16, "was **no better than equal weight beyond chance**"), (0.05, "was **better than")):
        changed = told.model_copy(update={"rules": rules, "p_adjusted": (adjusted, 1.0)})
        assert words in section(changed).split("A small policy")[0]


def test_too_short_a_history_is_refused_before_anything_is_computed(backtest_data: MarketData, tmp_path: Path) -> None:
    short = replace(backtest_data, panel=backtest_data.panel.window(0, 500))
    with pytest.raises(ValueError, match=r"too few|cross"):
        run(world_of(short), Config(every="quarterly"), command="x", folder=tmp_path)
    assert not list(tmp_path.iterdir())
