"""What stands beside a backtest in its report, and the page of all markets."""

from pathlib import Path

import pytest

from agents.personas import load_personas, score_history
from lab.backtest.evidence import Result, result_of
from lab.backtest.page import answer, page
from lab.backtest.plan import Plan
from lab.backtest.run import Study, run, world_of
from lab.committee.told import Answering
from lab.cross_validation.study import FULL
from lab.report.make import report_of
from lab.report.sections import (
    choice_section,
    committee_section,
    contamination_section,
    placebo_section,
    read_contamination,
)
from lab.report.tables import section as shown
from portfolio.taxes import TaxRates
from tools.errors import DataError
from tools.market.records import MarketData


@pytest.fixture(scope="module")
def study(backtest_data: MarketData, backtest_plan: Plan) -> Study:
    rates = TaxRates(ordinary=0.24, long=0.15)
    rules = ("hrp", "risk-parity", "min-variance", "index")
    plan = backtest_plan.model_copy(update={"strategies": rules, "taxes": rates})
    world = world_of(backtest_data, lambda cut: score_history(load_personas(), cut.panel), plan)
    return run(world, plan, lambda *_: None)


def result(study: Study) -> Result:
    report = report_of(study)
    return result_of(("one", "two"), lambda _: (report, 6), "quorum evaluate strategies")


def test_the_choice_among_rules_is_told_unless_history_is_too_short(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choice_section(study) is None, "five years cannot be purged by a year around ten groups"
    short = FULL.rules.model_copy(update={"embargo": 5})
    monkeypatch.setattr("lab.report.sections.FULL", FULL.model_copy(update={"rules": short}))
    section = choice_section(study)
    assert section is not None and "on equal weight" in section.paragraphs[0]
    assert sum(int(str(row[1])) for row in section.rows) == 45
    assert "index" not in {row[0] for row in section.rows}, "a reference is no rule to choose"


def test_the_committee_says_who_answered_and_what_it_cost() -> None:
    way = Answering(
        way="scores", title="scores and optimiser", decisions=12, own=9, proposed={"scores": 9, "baseline": 3},
        judged={"llm": 40, "rules": 8}, causes={"the model was silent": 3}, models=("small",), asked=48, answered=40,
        silent=3, input_tokens=1000, output_tokens=200, cost=0.5,
    )  # fmt: skip
    section = committee_section((way,))
    told = ("12", "9", "scores 9, baseline 3", "llm 40, rules 8", "small", "40 of 48", "1,200", 0.5)
    assert section.rows[0][1:] == told
    assert any("the model was silent (3)" in note for note in section.notes)


def test_contamination_figures_that_are_not_there_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no figures of the contamination study"):
        read_contamination(tmp_path / "none.json")


def test_the_report_shows_every_row_of_the_contamination_study_the_placebos_among_them() -> None:
    result = read_contamination(Path(__file__).parents[2] / "docs" / "evidence" / "contamination.json")
    masked = contamination_section(result)
    assert len(masked.rows) == sum(len(world.masked) for world in result.worlds) > 0
    placebos = placebo_section(result)
    assert placebos is not None
    assert [row[0] for row in placebos.rows] == [row.strategy for row in result.placebos]
    assert [row[-1] for row in placebos.rows] == [row.p_value for row in result.placebos]
    policy = next(row for row in placebos.rows if row[0] == "policy" and "(after)" in str(row[1]))
    assert str(policy[6]).startswith("\u2212"), "after its training the scores were worth less than nothing"
    assert "<td" in shown(placebos) and all(len(row) == len(placebos.heads) for row in placebos.rows)
    assert placebo_section(result.model_copy(update={"placebos": ()})) is None


def test_the_page_of_all_markets_opens_with_its_answer_and_says_so_when_nothing_is_better(study: Study) -> None:
    made = result(study)
    text = page(made)
    said = answer(made)
    assert said.startswith("No: of 8 comparisons") and "on 2 markets" in said
    assert text.index(said) < text.index("| strategy |")
    assert Result.model_validate_json(made.model_dump_json()) == made
    for word in ("after tax", "SPA p", "(rival)" if made.markets[0].rival else "verdict"):
        assert word in text


def test_the_page_names_what_is_better(study: Study) -> None:
    made = result(study)
    first = made.markets[0]
    rows = tuple(row.model_copy(update={"word": "better"}) if row.name == "hrp" else row for row in first.rows)
    told = answer(made.model_copy(update={"markets": (first.model_copy(update={"rows": rows}), made.markets[1])}))
    assert "1 is better by the rule fixed beforehand: hierarchical risk parity on made up for a test" in told
