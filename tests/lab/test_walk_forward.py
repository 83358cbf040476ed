"""The walk-forward: windows that do not overlap, accounts that are paid for, and choices that do not see the test."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lab.register import Register
from lab.walk_forward.accounts import Account, Measured, account_of
from lab.walk_forward.choice import chosen, gate_low, named_baseline
from lab.walk_forward.desk import Desk
from lab.walk_forward.evidence import trials_of
from lab.walk_forward.opened import PRODUCT
from lab.walk_forward.page import page
from lab.walk_forward.records import Candidate, Option, RiskYear, StudyConfig, StudyReport
from lab.walk_forward.risk import levels, rising
from lab.walk_forward.strategies import EQUAL_WEIGHT
from lab.walk_forward.study import run_study
from lab.walk_forward.universes import INDEX, StudyUniverse
from lab.walk_forward.windows import windows
from portfolio.market import MarketPanel
from rl.environment import market_of
from rl.networks import NetworkShape
from rl.ppo import PPOConfig
from tests.lab.made_up import panel, scores

TINY = PPOConfig(action_range=1.0, updates=2, paths=2, clients=2, steps=6, shape=NetworkShape(hidden=8))
STUDY = StudyConfig(
    name="made up",
    candidates=(Candidate(name="tiny", words="as small as can be", config=TINY),),
    seeds=(0, 1),
    action_ranges=(0.5,),
    check_every=1,
    volatilities=(0.10,),
    targets=(0.05, 0.10),
    costs=(0.001,),
    train_years=1,
    draws=100,
)


def universe(made: MarketPanel, *, zero_shot: bool = False, name: str = "made up") -> StudyUniverse:
    return StudyUniverse(name=name, panel=made, first_year=2013, last_year=2014, zero_shot=zero_shot, market=INDEX)


def study(made: MarketPanel, folder: Path) -> StudyReport:
    short = panel(seed=11)
    universes = (universe(made), universe(short, zero_shot=True, name="short"))
    heard = {one.name: scores(one.panel) for one in universes}
    markets = {one.name: market_of(one.panel, heard[one.name]) for one in universes}
    return run_study(universes, markets, heard, STUDY, folder=folder)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> StudyReport:
    return study(panel(), tmp_path_factory.mktemp("study"))


def test_windows_train_five_years_validate_one_test_one_and_slide_by_one() -> None:
    first, second = windows(2017, 2018)
    assert (first.train, first.validate_on, first.test) == (
        ("2011-01-01", "2015-12-31"), ("2016-01-01", "2016-12-31"), ("2017-01-01", "2017-12-31"),
    )  # fmt: skip
    assert second.train == ("2012-01-01", "2016-12-31")
    for window in (first, second):
        assert window.train[1] < window.validate_on[0] <= window.validate_on[1] < window.test[0]


def test_the_first_purchase_is_charged_and_waiting_phases_earn_bills() -> None:
    made = panel()
    dates = made.dates[400:463:7]
    weights = np.tile(np.array([0.5, 0.5, 0, 0, 0, 0, 0, 0.0]), (len(dates), 1))
    free = account_of(made, dates, weights, cost=0.0, until="2012-06-30")
    paid = account_of(made, dates, weights, cost=0.01, until="2012-06-30")
    lost = 1.0 - float(np.prod(1.0 + paid.net[:20]) / np.prod(1.0 + free.net[:20]))
    assert lost == pytest.approx(0.01, rel=0.05), "one per cent of a portfolio bought whole, and hardly more"
    assert paid.turnover[:20].sum() == pytest.approx(1.0, abs=0.02)
    assert free.cash[0] > 0.0


def test_strategies_are_compared_at_the_same_risk_and_never_levered() -> None:
    made = panel()
    desk = Desk(universe(made), market_of(made, scores(made)))
    days = desk.days("2012-01-01", "2014-12-31")
    for name in desk.rules:
        weights = desk.rule_on(name, days).at_risk(0.05)
        assert weights.sum(axis=1) == pytest.approx(np.ones(len(days)))
        assert weights.min() >= -1e-12
        assert desk.account(desk.rule_on(name, days), days, 0.05, 0.0).net.std() * 252**0.5 < 0.06
    assert set(desk.rules) >= {"equal weight", "risk parity", "HRP", "max-Sharpe", "buy and hold", "index"}


def test_a_tilt_of_zero_is_the_rule_itself() -> None:
    made = panel()
    desk = Desk(universe(made), market_of(made, scores(made)))
    days = desk.days("2012-01-01", "2012-12-31")
    for rule in (EQUAL_WEIGHT, "risk parity", "buy and hold"):
        same = desk.tilted(np.zeros((len(days), 6)), days, rule)
        assert same.weights == pytest.approx(desk.rule_on(rule, days).weights, abs=1e-9)


def test_the_baseline_is_the_best_of_the_days_that_may_be_seen_and_no_others() -> None:
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2012-01-01"))
    noise = np.random.default_rng(1).normal(0.0, 0.01, len(dates))
    early = np.where(dates < np.datetime64("2011-01-01"), 0.002, -0.01)
    flat = np.zeros(len(dates))
    accounts = {"early": Account(dates, noise + early, flat, flat), "late": Account(dates, noise - early, flat, flat)}
    assert named_baseline(accounts, "2010-01-01", "2010-12-31") == "early"
    assert named_baseline(accounts, "2011-01-01", "2011-12-31") == "late"
    assert named_baseline(accounts, "2011-12-01", "2011-12-31") == EQUAL_WEIGHT, "a month names nobody"


def test_an_option_that_could_not_be_trained_counts_as_level_with_the_baseline() -> None:
    plain, late = (
        Option(candidate=name, updates=1, action_range=0.5, sleeve=EQUAL_WEIGHT) for name in ("plain", "late")
    )
    option, advantage = chosen([{plain: 0.02}, {plain: 0.02, late: 0.03}])
    assert (option, advantage) == (plain, pytest.approx(0.02))


def test_the_gate_needs_years_behind_it_and_more_than_luck() -> None:
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2011-01-01"))
    flat = np.zeros(len(dates))
    noise = np.random.default_rng(2).normal(0.0, 0.005, len(dates))

    def low(gain: float) -> float | None:
        return gate_low(
            [(Account(dates, noise + gain, flat, flat), Account(dates, flat, flat, flat))], seed=1, draws=200
        )

    assert gate_low([], seed=1, draws=200) is None
    strong, none = low(0.002), low(-float(noise.mean()))
    assert strong is not None and none is not None
    assert strong > 0.0 > none


@pytest.mark.slow
def test_what_comes_after_a_window_moves_nothing_that_was_fixed_before_it(report: StudyReport, tmp_path: Path) -> None:
    """Scramble every price from the second test year on: choices, baselines, gates and the first year stay."""
    made = panel()
    close, cut = made.close.copy(), int(np.searchsorted(made.dates, np.datetime64("2014-01-01")))
    close[cut:] *= np.random.default_rng(5).uniform(0.8, 1.2, close[cut:].shape)
    other = study(replace(made, close=close), tmp_path)
    for before, after in zip(report.reports, other.reports, strict=True):
        for first, second in zip(before.windows, after.windows, strict=True):
            fixed = ("baseline", "rule", "option", "advantage", "gate_open", "weights_sha256")
            assert [getattr(first, name) for name in fixed] == [getattr(second, name) for name in fixed]
        assert before.windows[0].policy == after.windows[0].policy
        assert before.windows[0].product == after.windows[0].product
    assert report.reports[0].windows[1].policy != other.reports[0].windows[1].policy


def test_a_universe_too_short_to_train_on_is_tested_with_the_others_policies(report: StudyReport) -> None:
    trained, short = report.reports
    assert short.zero_shot and not trained.zero_shot
    assert [one.weights_sha256 for one in short.windows] == [one.weights_sha256 for one in trained.windows]
    assert [one.option for one in short.windows] == [one.option for one in trained.windows]
    assert short.windows[0].gate_low is None and not short.windows[0].gate_open, "nothing lies behind its first year"


def test_a_shut_gate_holds_the_named_baseline(report: StudyReport) -> None:
    for one in report.reports:
        for window in one.windows:
            if not any(w.gate_open for w in one.windows):
                assert window.product == window.baseline_figures


def test_the_page_begins_with_the_answer_and_hides_no_loss(report: StudyReport, tmp_path: Path) -> None:
    text = page(report, 8, "quorum evaluate allocator")
    answer, figures = text.split("\n\n")[1:3]
    assert answer.startswith("**It beats the baseline named before the test on ")
    assert "equal weight" in answer
    for one in report.reports:
        assert one.universe in figures
        for strategy in ("risk parity", "max-Sharpe", "buy and hold", PRODUCT):
            assert f"| {strategy} |" in text
    register = Register(tmp_path / "trials.jsonl")
    made = trials_of(report, date(2026, 11, 21))
    assert register.open(made) == len(made) == 2 * 2 * 2
    assert register.open(made) == 0


def test_a_year_fully_invested_and_still_too_calm_is_shown_and_not_counted() -> None:
    years = [
        RiskYear(year=2015, target=0.2, realised=0.12, max_drawdown=0.1, invested=1.0),
        RiskYear(year=2016, target=0.2, realised=0.26, max_drawdown=0.3, invested=1.0),
        RiskYear(year=2015, target=0.1, realised=0.10, max_drawdown=0.1, invested=0.2),
        RiskYear(year=2016, target=0.1, realised=0.11, max_drawdown=0.1, invested=0.0),
    ]
    low, high = levels(years)
    assert (low.years, low.within, low.short) == (2, 1.0, 0)
    assert (high.years, high.within, high.short) == (1, 0.0, 1), "too wild counts, though fully invested"
    assert rising((low, high)) and not rising((high, low))


def test_measured_figures_are_over_bills() -> None:
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-12-31"))
    flat = np.zeros(len(dates))
    net = np.random.default_rng(3).normal(0.001, 0.01, len(dates))
    bills = np.full(len(dates), 0.0005)
    assert (Measured.of(Account(dates, net, bills, flat), 5.0).sharpe or 0.0) < (
        Measured.of(Account(dates, net, flat, flat), 5.0).sharpe or 0.0
    )
