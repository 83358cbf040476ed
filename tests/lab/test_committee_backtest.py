"""The committee in a backtest: whole weights at the client's risk, judged as everything else, and told plainly."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.personas import load_personas, score_history
from graph.turns import Fallback
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.run import TEST_FROM, Study, run, world_of
from lab.backtest.seen import World, plain_mandate, seen_on
from lab.bills import with_bills
from lab.committee.page import answer, notes, page, write_page
from lab.committee.strategies import Sitting, sit
from lab.committee.study import Result, result_of
from lab.committee.told import how_they_answered
from lab.committee.ways import ways_of
from lab.report.files import write
from lab.report.records import Report
from lab.report.words import percent
from portfolio.mandate import Mandate
from tools.errors import DataError
from tools.market.records import MarketData
from tools.settings import Settings

PLAN = Plan(
    first=date(2015, 6, 1), every="quarterly", draws=200, risk_aversion=7.0, strategies=(BASELINE, "inverse-volatility")
)
WAYS = ("committee", "ensemble")
COMMAND = "quorum backtest --committee --committee-page docs/committee.md"

Made = tuple[World, Sitting, Report, Study]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sitting")


@pytest.fixture(scope="module")
def made(home: Path, backtest_data: MarketData) -> Made:
    world = world_of(backtest_data, lambda cut: score_history(load_personas(), cut.panel), PLAN)
    sitting = sit(Settings(home=home), backtest_data, world, PLAN, ways=WAYS)
    study = run(world, sitting.plan, lambda *_: None, extra=sitting.strategies)
    report, _ = write(study, home / "report", notes(study, sitting))
    return world, sitting, report, study


@pytest.fixture(scope="module")
def result(made: Made) -> Result:
    _, sitting, report, study = made
    return result_of(study, report, sitting, None, COMMAND)


def test_every_strategy_stands_at_the_clients_volatility_cap(made: Made) -> None:
    world, sitting, _, _ = made
    cap = sitting.batch.of("committee")[0].volatility_cap
    assert sitting.plan.volatility == pytest.approx(cap)
    assert sitting.plan.test_from == PLAN.first
    for decision in sitting.batch.of("ensemble"):
        row = int(np.searchsorted(world.panel.dates, np.datetime64(decision.day)))
        seen = seen_on(world, row, sitting_mandate(sitting), 1.0)
        held = np.array([decision.weights[symbol] for symbol in world.panel.symbols])
        assert float(held @ seen.covariance @ held) ** 0.5 <= cap + 1e-8


def sitting_mandate(sitting: Sitting) -> Mandate:
    return plain_mandate(sitting.plan.volatility, sitting.plan.risk_aversion)


def test_gains_are_judged_by_the_clients_own_risk_aversion_and_the_page_says_so(made: Made, result: Result) -> None:
    _, sitting, report, _ = made
    own = sitting.batch.of("committee")[0].risk_aversion
    assert sitting.plan.risk_aversion == sitting.client_aversion == own != PLAN.risk_aversion
    assert f"Gains are judged at this client's own risk aversion of {own:g}." in report.notes[1]
    assert f"(risk aversion {own:g}, the client's own)" in page(result)


def test_another_risk_aversion_judges_where_it_is_named(made: Made, home: Path, backtest_data: MarketData) -> None:
    own = made[1].plan.risk_aversion
    sitting = sit(Settings(home=home), backtest_data, made[0], PLAN, ways=WAYS, risk_aversion=11.0)
    assert sitting.batch.made == 0 and sitting.plan.risk_aversion == 11.0
    assert f"at a risk aversion of 11, where the client's own is {own:g}" in sitting.words


def test_a_client_whose_risk_aversion_changes_must_be_given_one(
    made: Made, home: Path, backtest_data: MarketData, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = made[1].batch
    first, *rest = batch.of("committee")
    moved = first.model_copy(update={"risk_aversion": first.risk_aversion + 1.0, "volatility_cap": 0.05})
    days = {item.day: item for item in (moved, *rest)}
    changed = replace(batch, decisions={**batch.decisions, "committee": days})
    monkeypatch.setattr("lab.committee.strategies.decide_all", lambda *_, **__: changed)
    with pytest.raises(DataError, match="not the same on every day"):
        sit(Settings(home=home), backtest_data, made[0], PLAN, ways=WAYS)
    sitting = sit(Settings(home=home), backtest_data, made[0], PLAN, ways=WAYS, risk_aversion=5.0)
    assert "while the client's own changes from day to day" in sitting.words
    assert (
        sitting.caps == (0.05, max(item.volatility_cap for item in rest)) and "the rules at its mean" in sitting.words
    )


def test_caps_that_change_are_told_with_their_range(result: Result) -> None:
    assert result.caps is not None and result.caps[0] == result.caps[1] and "(the mean of" not in page(result)
    told = page(result.model_copy(update={"caps": (0.08, 0.12)}))
    assert f"(the mean of {percent(0.08)} to {percent(0.12)} over the days)" in told


def test_bills_reach_the_accounts_and_the_rules_but_not_the_committee(
    made: Made, home: Path, backtest_data: MarketData
) -> None:
    known = backtest_data.panel
    assert known.cash_rate is not None
    ended = np.where(known.dates < np.datetime64("2014-01-01"), known.cash_rate, np.nan)
    market = replace(backtest_data, panel=replace(known, cash_rate=ended))
    plain = sit(Settings(home=home), market, replace(made[0], panel=market.panel), PLAN, ways=("ensemble",))
    fund = replace(known, cash_rate=np.full(len(known.dates), 0.04), cash_rate_source="a fund of bills")
    world = replace(made[0], panel=with_bills(market.panel, fund))
    billed = sit(Settings(home=home), market, world, PLAN, ways=("ensemble",))
    assert billed.batch.made == 0 and billed.batch.of("ensemble") == plain.batch.of("ensemble")
    study = run(world, billed.plan, lambda *_: None, extra=billed.strategies)
    assert study.billed and "then a fund of bills" in study.cash
    assert study.accounts.cash[-10:].min() > 0.0


def test_the_ways_are_judged_in_the_same_table_as_the_rules(made: Made) -> None:
    report = made[2]
    assert [line.name for line in report.lines] == [BASELINE, "inverse-volatility", *WAYS]
    line = report.line("ensemble")
    assert line.learned and line.doubt.gain is not None and line.doubt.deflated_gain is not None
    assert report.trials >= 4 and report.superiority is not None


def test_the_report_says_how_each_way_answered(made: Made) -> None:
    _, sitting, report, _ = made
    first, second, doubt = report.notes
    assert "evidence of skill" in doubt, "this test begins in the policy's training years"
    assert first.startswith("No: none of the committee's 2 ways") or "better than equal weight" in first
    assert second == sitting.words
    assert f"Each answered for itself on all {report.decisions} days, by rules" in second
    assert "committee, its gate kept: baseline" in second


def test_a_way_that_fell_to_a_lower_rung_is_told_with_its_cause_and_cost(made: Made) -> None:
    sitting = made[1]
    cause = Fallback(part="allocator", rung="baseline", cause="the model was silent")
    fell = {
        day: item.model_copy(update={"own": False, "rung": "baseline", "fallbacks": (cause,), "model": "m", "asked": 3})
        for day, item in sitting.batch.decisions["ensemble"].items()
    }
    batch = replace(sitting.batch, decisions={**sitting.batch.decisions, "ensemble": fell})
    told = how_they_answered("I am 40.", ways_of(WAYS, None), batch)
    assert f"0 of {len(fell)} answers its own" in told
    assert f"most often replaced because the model was silent ({len(fell)})" in told
    assert f"0 of {3 * len(fell)} questions to m answered (tokens not counted)" in told


def test_a_day_that_was_not_asked_is_refused_and_not_guessed(made: Made) -> None:
    world, sitting, _, _ = made
    with pytest.raises(ValueError, match="was not asked on"):
        sitting.strategies[0].decide(seen_on(world, 700, sitting_mandate(sitting), 1.0))


def test_the_page_opens_with_the_answer_and_repeats_to_the_byte(made: Made, result: Result, tmp_path: Path) -> None:
    _, sitting, report, study = made
    first = write_page(study, report, sitting, None, COMMAND, tmp_path / "committee.md")
    text = (tmp_path / "committee.md").read_text(encoding="utf-8")
    assert first == result and text == page(result)
    assert text.index(answer(result.ways)) < text.index("| ")
    figures = (tmp_path / "evidence" / "committee.json").read_text(encoding="utf-8")
    assert Result.model_validate_json(figures) == result


def test_nothing_better_is_told_as_a_plain_no(result: Result) -> None:
    assert answer([way.model_copy(update={"word": "no better"}) for way in result.ways]).startswith(
        "**No: none of the committee's 2 ways"
    )
    won = answer([way.model_copy(update={"word": "better"}) for way in result.ways])
    assert "better than equal weight at the same risk" in won and "No:" not in won


def test_decisions_dealt_at_quarters_ends_alone_are_told_only_where_there_are_more(result: Result) -> None:
    assert result.every == "quarterly" and result.quarterly == ()


def test_a_way_against_itself_has_no_gap_and_two_ways_mirror_each_other(result: Result) -> None:
    gaps = {(gap.way, gap.other): gap.gain for gap in result.gaps}
    assert ("ensemble", "ensemble") not in gaps
    assert gaps["ensemble", "committee"] == pytest.approx(-gaps["committee", "ensemble"])


def test_a_test_on_days_of_the_policys_training_is_doubted_on_the_page(result: Result) -> None:
    assert result.first < TEST_FROM
    assert "evidence of skill" in page(result)
    assert "evidence of skill" not in page(result.model_copy(update={"first": TEST_FROM}))
