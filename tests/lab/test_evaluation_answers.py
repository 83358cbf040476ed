"""The sentence above each part's table: made from the figures, and silent where there are none."""

from pathlib import Path

from lab.evaluation import answers
from lab.evaluation.records import (
    Predictive,
    ProfilesResult,
    Result,
    RetrievalResult,
    ReturnsResult,
    SentimentResult,
)
from lab.evaluation.results import read_results

KEPT = Path(__file__).resolve().parents[2] / "docs" / "quality"


def kept() -> tuple[Result, ...]:
    return tuple(read_results(KEPT))


def test_every_kept_part_has_an_answer_so_that_the_rows_are_still_named_as_they_were() -> None:
    assert answers.sentiment([item for item in kept() if isinstance(item, SentimentResult)])
    assert answers.profiles([item for item in kept() if isinstance(item, ProfilesResult)])
    assert answers.retrieval([item for item in kept() if isinstance(item, RetrievalResult)])
    assert answers.returns([item for item in kept() if isinstance(item, ReturnsResult)])


def test_what_was_not_measured_has_no_answer() -> None:
    assert not any(part([]) for part in (answers.sentiment, answers.profiles, answers.retrieval, answers.returns))


def returns(p_value: float, horizon: str = "next day, open t+1 to close t+1") -> ReturnsResult:
    found = next(item for item in kept() if isinstance(item, ReturnsResult))
    row: Predictive = found.rows[0].model_copy(
        update={"horizon": horizon, "ticker": None, "period": "all years", "p_value": p_value}
    )
    return found.model_copy(update={"rows": (row,)})


def test_power_beyond_chance_is_told_and_chance_is_called_no_power() -> None:
    assert "predict returns that could be traded on: next day" in answers.returns([returns(0.01)])
    assert "No power" in answers.returns([returns(0.2)])


def test_the_same_days_return_is_no_forecast_however_sure() -> None:
    assert answers.returns([returns(0.0001, "same day, close t-1 to close t")]) == ""


def test_models_are_better_only_where_the_paired_interval_lies_above_zero() -> None:
    results = [item for item in kept() if isinstance(item, SentimentResult)]
    lifted = [
        item.model_copy(
            update={
                "against_rules": tuple(
                    pair.model_copy(update={"macro_f1": pair.macro_f1.model_copy(update={"low": 0.01})})
                    for pair in item.against_rules
                )
            }
        )
        if item.subject.rung == "llm"
        else item
        for item in results
    ]
    assert "None of" in answers.sentiment(results)
    assert "Better beyond chance" in answers.sentiment(lifted)
