"""The engine's rules of dealing, from a plan to accounts, figures and the report's own account of how it was made."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.personas import load_personas, score_history
from app.commands.backtest_options import execution_of
from lab.backtest.account import carry, tax
from lab.backtest.execution import Execution
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.run import Study, run, world_of
from lab.backtest.seen import World
from lab.report.files import write
from lab.report.make import report_of
from portfolio.backtest import BacktestResult, Rebalancing
from portfolio.taxes import TaxRates
from tools.errors import QuorumError
from tools.market.records import MarketData

BAND = Rebalancing(kind="band", width=0.02, check="decisions")
RULE = "inverse-volatility"

Ran = Callable[..., Study]
Dealt = Callable[..., BacktestResult]


@pytest.fixture(scope="module")
def world(backtest_data: MarketData, backtest_plan: Plan) -> World:
    return world_of(backtest_data, lambda cut: score_history(load_personas(), cut.panel), backtest_plan)


@pytest.fixture(scope="module")
def ran(world: World, backtest_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A study of three strategies with some of the plan's fields changed."""
    kept: dict[str, Study] = {}
    home = tmp_path_factory.mktemp("decisions")

    def make(**changed: object) -> Study:
        plan = backtest_plan.model_copy(
            update={"draws": 100, "strategies": (BASELINE, RULE, "buy-and-hold"), **changed}
        )
        key = plan.model_dump_json()
        if key not in kept:
            kept[key] = run(world, plan, lambda *_: None, home=home)
        return kept[key]

    return make


@pytest.fixture(scope="module")
def dealt(world: World, ran: Ran) -> Dealt:
    """The usual study's decisions, dealt otherwise: strategy and execution -> its account."""
    study = ran()

    def make(name: str, execution: Execution, basis_points: float = 10.0) -> BacktestResult:
        alone = replace(study.decided, weights={name: study.decided.weights[name]})
        made = carry(world, alone, world.panel.cash_rate, basis_points, execution, {"buy-and-hold"})
        return made.results[name]

    return make


def test_a_plan_without_a_rule_of_dealing_reads_as_it_always_did() -> None:
    assert "execution" not in Plan().model_dump_json() and "execution" not in Plan().model_dump()
    assert Plan.model_validate_json(Plan().model_dump_json()) == Plan()
    other = Plan(execution=Execution(lot=1.0))
    assert Plan.model_validate_json(other.model_dump_json()) == other != Plan()


def test_a_band_trades_less_often_than_every_decision_in_full(ran: Ran, dealt: Dealt) -> None:
    full, band = dealt(RULE, Execution()), dealt(RULE, Execution(rebalancing=BAND))
    assert full.wealth.tobytes() == ran().accounts.results[RULE].wealth.tobytes()
    assert band.orders.sum() < 0.7 * full.orders.sum() and band.turnover.sum() < full.turnover.sum()


def test_drift_that_is_watched_every_day_is_sent_back_but_not_that_of_a_strategy_that_holds(
    ran: Ran, dealt: Dealt
) -> None:
    watched = Execution(rebalancing=Rebalancing(kind="threshold", width=0.005))
    assert len(dealt(RULE, watched).ledger.rows) > len(ran().decided.rows)
    assert len(dealt("buy-and-hold", watched).ledger.rows) == 2
    study = ran(execution=watched)
    assert len(study.accounts.results["buy-and-hold"].ledger.rows) == 2, "a study knows who holds"


def test_whole_lots_hold_whole_units_and_leave_the_rest_in_cash(dealt: Dealt) -> None:
    made = dealt(RULE, Execution(lot=10.0, money=5_000.0))
    held = made.ledger.units
    assert held.max() > 0.0 and np.abs(held - 10.0 * np.round(held / 10.0)).max() < 1e-9
    assert made.initial == 5_000.0 and made.cash.min() >= 0.0


def test_half_the_spread_and_all_the_slippage_cost_what_a_commission_of_as_much_would(dealt: Dealt) -> None:
    made = dealt(RULE, Execution(spread_basis_points=20.0, slippage_basis_points=5.0))
    assert made.wealth[-1] < dealt(RULE, Execution()).wealth[-1]
    assert made.wealth[-1] == pytest.approx(dealt(RULE, Execution(), 25.0).wealth[-1], rel=1e-12)
    assert made.ledger.spreads.sum() == pytest.approx(made.ledger.commissions.sum(), rel=1e-12)


def test_no_order_is_below_the_smallest_trade_but_one_that_sells_all(dealt: Dealt) -> None:
    made = dealt(RULE, Execution(minimum_trade=300.0, order_fee=1.0)).ledger
    small = (made.traded != 0.0) & (np.abs(made.traded) < 300.0)
    assert not small[made.units > 0.0].any()
    assert made.fees.sum() == made.orders.sum() > 0


@pytest.mark.parametrize(
    "execution", [Execution(), Execution(rebalancing=BAND, lot=1.0, money=2_000.0, spread_basis_points=8.0)]
)
def test_the_ladder_of_costs_is_what_a_run_at_that_cost_shows(ran: Ran, execution: Execution) -> None:
    plan, dearer = ran(execution=execution), ran(execution=execution, cost_basis_points=25.0)
    there = {row.name: row.sharpe[3] for row in plan.costs}
    own = {row.name: row.sharpe[3] for row in dearer.costs}
    assert there[RULE] == pytest.approx(own[RULE], rel=1e-6)


def test_where_the_account_has_a_size_it_is_that_account_which_is_taxed(ran: Ran) -> None:
    rates = TaxRates(ordinary=0.4, long=0.2)
    study = ran(execution=Execution(order_fee=2.0, money=40_000.0), taxes=rates)
    assert study.taxed is not None and study.plan.taxed_account is None
    held = float(study.accounts.results[RULE].wealth[study.start])
    same = tax(study.accounts, study.start, rates, study.plan.lots, held)[RULE]
    assert study.taxed[RULE].after == same.after
    told = report_of(study)
    assert told.taxes is not None and "of the account as it stands" in told.taxes


def test_decisions_of_every_day_run_from_prices_to_report(world: World, backtest_plan: Plan, tmp_path: Path) -> None:
    panel = world.panel.window(0, 420)
    scores = world.scores
    short = World(
        panel,
        world.universe,
        type(scores)(scores.personas, scores.score[:, :420], scores.confidence[:, :420], scores.mask[:, :420]),
    )
    plan = backtest_plan.model_copy(update={"every": "daily", "strategies": (RULE,), "draws": 100, "test_from": None})
    study = run(short, plan, lambda *_: None)
    assert study.decided.rows == tuple(range(study.decided.rows[0], 420))
    assert study.accounts.results[RULE].unexecuted == 1, "the last day's decision has no close to be dealt at"
    report, _ = write(study, tmp_path)
    assert report.decisions == len(study.decided.rows)


def test_the_report_says_how_orders_were_dealt_and_is_silent_about_the_usual_way(ran: Ran, tmp_path: Path) -> None:
    execution = Execution(rebalancing=BAND, spread_basis_points=20.0, order_fee=1.5, lot=1.0, money=50_000.0)
    write(ran(execution=execution), tmp_path / "other")
    write(ran(), tmp_path / "usual")
    for name in ("report.md", "report.html"):
        told = (tmp_path / "other" / name).read_text(encoding="utf-8")
        assert "a quoted spread of 20 basis points" in told and "whole lots of 1 units" in told
        assert "further than 2 points from its target" in told and "a fee an order" in told
    assert "lots of" not in (tmp_path / "usual" / "report.md").read_text(encoding="utf-8")
    assert "execution" not in (tmp_path / "usual" / "report.json").read_text(encoding="utf-8")


def test_options_of_drift_without_a_watch_over_drift_are_refused_and_the_others_reach_the_plan() -> None:
    usual = {"spread": 0.0, "slippage": 0.0, "order_fee": 0.0, "minimum_trade": 0.0, "lot": 0.0, "account": 9_000.0}
    assert execution_of("decisions", None, False, None, **usual) == Execution()
    with pytest.raises(QuorumError, match="--width and --watch"):
        execution_of("decisions", 0.1, False, "closes", **usual)
    made = execution_of("threshold", 0.2, True, "decisions", **{**usual, "lot": 1.0})
    assert made.rebalancing == Rebalancing(kind="threshold", width=0.2, relative=True, check="decisions")
    assert made.money == 9_000.0 and made.rules.trade == "next_close"
