"""`lab.backtest`: what a study is made of, and the promises about it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.personas import load_personas, score_history
from lab.backtest.figures import path_figures
from lab.backtest.learned import POLICY, SEED_PREFIX, learned
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.register import trials_of
from lab.backtest.resample import resample
from lab.backtest.run import Study, run, world_of
from lab.backtest.strategies import available
from lab.register import Register
from lab.report.make import report_of
from portfolio.matched_volatility import match_realised_volatility
from portfolio.metrics import annual_return, max_drawdown, summary
from portfolio.statistics import block_bootstrap, sharpe_statistic
from portfolio.views import ScoreHistory
from tools.errors import QuorumError
from tools.market.records import MarketData

AFTER_TAX = ("after_tax_return", "after_liquidation_return", "tax_paid")


def quiet(*_: object) -> None:
    return None


def scored(data: MarketData) -> ScoreHistory:
    return score_history(load_personas(), data.panel)


@pytest.fixture(scope="module")
def study(backtest_data: MarketData, backtest_plan: Plan) -> Study:
    both, seeds, _ = learned()
    return run(world_of(backtest_data, scored, backtest_plan), backtest_plan, quiet, extra=both, seeds=seeds[:2])


def test_every_baseline_of_the_list_runs_and_what_cannot_is_named(study: Study) -> None:
    assert study.names[0] == BASELINE
    assert set(study.names) >= {
        "inverse-volatility", "risk-parity", "risk-budget", "min-variance", "max-sharpe", "mean-variance",
        "blended-scores", "black-litterman", "hrp", "max-diversification", "buy-and-hold", "index", "policy", "gated",
    }  # fmt: skip
    assert set(study.missing) == {"60-40"}


def test_all_are_long_only_at_the_same_risk_and_under_the_same_cap(study: Study) -> None:
    for name in study.names:
        kind = study.strategy(name).kind
        for row, weights in study.decided.weights[name].items():
            held = weights[:-1]
            assert weights.min() >= -1e-12 and abs(weights.sum() - 1.0) < 1e-9
            risk = float(held @ study.decided.risks[row] @ held) ** 0.5
            assert risk <= study.plan.volatility + 1e-6, name
            if kind != "index":
                assert held.max() <= study.plan.cap + 1e-9, name


def test_a_cap_that_binds_is_met_by_projection_and_the_rest_is_not_scaled_up(backtest_data: MarketData) -> None:
    plan = Plan(every="quarterly", strategies=("max-sharpe",), draws=100, cap=0.2, volatility=0.5)
    study = run(world_of(backtest_data, scored, plan), plan, quiet)
    for weights in study.decided.weights["max-sharpe"].values():
        assert weights[:-1].max() <= 0.2 + 1e-9


def test_buy_and_hold_trades_at_the_start_of_each_span_and_never_again(study: Study) -> None:
    assert len(study.decided.weights["buy-and-hold"]) == 2
    assert len(study.accounts.results["buy-and-hold"].ledger.rows) == 2


def test_the_gated_product_is_the_baseline_while_its_gate_is_shut(study: Study) -> None:
    gain = study.judgement.of("gated").gain
    assert gain is not None and gain.estimate == gain.low == gain.high == 0.0
    assert study.judgement.of("gated").word == "no better"
    assert set(study.seeds) == {"policy, seed 0", "policy, seed 1"}


def test_the_rival_is_named_by_the_years_before_and_no_later_price_can_change_it(
    study: Study, backtest_data: MarketData, backtest_plan: Plan
) -> None:
    panel = backtest_data.panel
    begin = int(np.searchsorted(panel.dates, study.test_dates[0])) + 1
    close = panel.close.copy()
    close[begin:] *= np.exp(np.random.default_rng(1).normal(0, 0.1, close[begin:].shape))
    other = replace(backtest_data, panel=replace(panel, close=close))
    plan = backtest_plan.model_copy(update={"strategies": ("hrp", "min-variance", "risk-parity", "max-sharpe")})
    again = run(world_of(other, scored, plan), plan, quiet)
    assert again.rival is not None and again.rival == max(again.early, key=lambda name: again.early[name])
    for name, ratio in again.early.items():
        assert ratio == study.early[name]
    assert "policy" not in study.early, "what was fitted on those years names no rival"


def test_an_unknown_or_impossible_strategy_is_an_error_that_lists_the_others(
    backtest_data: MarketData, backtest_plan: Plan
) -> None:
    world = world_of(backtest_data, scored, backtest_plan)
    for name, words in (("hpr", "there is no strategy"), ("60-40", "cannot be held here")):
        with pytest.raises(QuorumError, match=words):
            run(world, backtest_plan.model_copy(update={"strategies": (name,)}), quiet)
    there, missing = available(world)
    assert {one.name for one in there}.isdisjoint(missing)


def test_the_register_counts_every_strategy_once_however_often_it_is_run(study: Study, tmp_path: Path) -> None:
    book = Register(tmp_path / "trials.jsonl")
    first = trials_of(study, book, date(2026, 1, 1))
    again = trials_of(study, book, date(2027, 1, 1))
    assert len(first) == len(study.names) + len(study.seeds) and first.tolist() == again.tolist()


def test_each_seed_of_a_policy_that_was_followed_alone_is_a_try_of_its_own(study: Study, tmp_path: Path) -> None:
    book = Register(tmp_path / "trials.jsonl")
    without = trials_of(replace(study, seeds={}), book, date(2026, 1, 1))
    with_them = trials_of(study, book, date(2026, 1, 2))
    assert len(with_them) == len(without) + len(study.seeds)
    (line,) = (one for one in book.trials() if one.ensemble)
    told = [seed.ratio for seed in report_of(study).seeds]
    assert line.method.startswith(POLICY) and line.seed_sharpes == tuple(told)
    assert [f"{SEED_PREFIX}{seed}" for seed in line.seeds] == list(study.seeds)


def test_a_table_drawn_at_once_is_the_bootstrap_of_one_at_a_time() -> None:
    rng = np.random.default_rng(0)
    returns, cash = rng.normal(0.0004, 0.01, (400, 3)), np.full(400, 0.00004)
    made = resample(returns, cash, 252.0, risk_aversion=5.0, draws=300, level=0.9, seed=3)
    for place in range(3):
        one = block_bootstrap(returns[:, place] - cash, sharpe_statistic, seed=3, block=made.block, draws=300)
        ours = made.interval("sharpe", place)
        assert ours.low == pytest.approx(one.low * 252**0.5, rel=1e-9)
        assert ours.high == pytest.approx(one.high * 252**0.5, rel=1e-9)


def test_the_drawn_figures_are_those_of_the_metrics() -> None:
    rng = np.random.default_rng(1)
    returns, cash = rng.normal(0.0004, 0.01, (300, 3)), np.full(300, 0.00004)
    returns[5:25, 1] = 0.0
    point = resample(returns, cash, 252.0, risk_aversion=4.0, draws=100, level=0.9, seed=0, base=2).point
    for place in range(3):
        made = summary(returns[:, place], cash, 252.0, benchmark=returns[:, 2], risk_aversion=4.0).model_dump()
        for name in set(point) - {"matched_return"}:
            assert point[name][place] == pytest.approx(made[name] or 0.0, rel=1e-9, abs=1e-12), name
    assert set(point) >= set(made) - {"periods", "days", "turnover", "trades", "cost_drag", *AFTER_TAX}


@settings(deadline=None, derandomize=True, max_examples=50)
@given(seed=st.integers(0, 10_000), length=st.integers(30, 80), flat=st.floats(0, 0.5))
def test_the_time_under_water_is_counted_as_the_metric_counts_it(seed: int, length: int, flat: float) -> None:
    rng = np.random.default_rng(seed)
    returns = np.where(rng.random((length, 2)) < flat, 0.0, rng.choice([-0.02, -0.01, 0.01, 0.03], (length, 2)))
    made = path_figures(returns[None], 252.0, 5.0)["drawdown_days"][0]
    assert made.tolist() == [max_drawdown(returns[:, place])[1] for place in range(2)]


def test_strategies_mixed_with_bills_after_the_fact_have_the_calmest_ones_swings() -> None:
    rng = np.random.default_rng(2)
    cash = np.full(500, 0.00005)
    calm = cash + rng.normal(0.0003, 0.004, 500)
    returns = np.column_stack([cash + 2.5 * (calm - cash), calm, cash])
    point = resample(returns, cash, 252.0, risk_aversion=5.0, draws=100, level=0.9, seed=0).point["matched_return"]
    assert point[0] == pytest.approx(point[1], rel=1e-9) and point[1] == pytest.approx(annual_return(calm, 252.0))
    mixed = match_realised_volatility(returns, cash, 252.0).returns
    assert point.tolist() == pytest.approx([annual_return(mixed[:, place], 252.0) for place in range(3)], rel=1e-9)
