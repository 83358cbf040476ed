"""The page of the contamination study: its first sentences follow from the figures, whatever they are."""

from datetime import date

import pytest

from lab.contamination.page import TITLE, answer, page
from lab.contamination.records import GapRow, PlaceboRow, Result, Trained, When, Worlds
from lab.contamination.study import Plans, added
from portfolio.statistics import Interval
from tools.errors import DataError

DAYS = (date(2010, 1, 29), date(2014, 1, 31), date(2018, 1, 31))


def interval(low: float, high: float) -> Interval:
    return Interval(estimate=(low + high) / 2, low=low, high=high, level=0.9, p_value=0.5, block=3, draws=100)


def gap(way: str, *, same: int = 3, when: When = "all", told: Interval | None = None) -> GapRow:
    return GapRow(
        way=way, when=when, dates=3, same=same, largest=0.0 if same == 3 else 0.12, moved=interval(0.01, 0.03),
        agreement=interval(0.2, 0.6), model_agreement=None, gain=interval(-0.01, 0.02),
        other_gain=interval(-0.01, 0.02), gap=told, answered=3,
    )  # fmt: skip


def worlds(subject: str, rows: tuple[GapRow, ...], model_views: int = 0) -> Worlds:
    return Worlds(
        subject=subject, weights_sha256=None, source="made up", assets=("A", "B", "C"), days=DAYS,
        held_until=date(2020, 1, 1), seed=0, weeks=-120, groups="neutral", documents=4, left_over=1, reports=9,
        masked=rows, swapped=(), model_views=model_views,
    )  # fmt: skip


def placebo(strategy: str, when: When, gain: Interval, worth: Interval, mean: float = 0.0) -> PlaceboRow:
    return PlaceboRow(
        strategy=strategy, when=when, first=DAYS[0], last=DAYS[2], decisions=90, placebos=19, gain=gain, placebo=mean,
        placebo_low=mean - 0.01, placebo_high=mean + 0.01, worth=worth, p_value=0.5,
    )  # fmt: skip


def result(*seen: Worlds, placebos: tuple[PlaceboRow, ...] = ()) -> Result:
    return Result(
        command="quorum evaluate contamination", client="me", cost_basis_points=10.0, risk_aversion=5.0, draws=100,
        seed=0, worlds=seen, placebo_source="made up", volatility=0.1, placebos=placebos,
        trained=(Trained(part="the model", until=None, known=False, why="nobody said"),), trials=3,
    )  # fmt: skip


def test_rules_that_decide_alike_are_said_to_know_no_names() -> None:
    told = answer(result(worlds("rules", (gap("scores"), gap("ensemble")))))
    assert told.startswith("The rules and the policy know no names") and "2 ways" in told and "each of 3 dates" in told


def test_rules_that_differ_are_never_said_to_know_no_names() -> None:
    told = answer(result(worlds("rules", (gap("scores", same=2, told=interval(-0.01, 0.01)),))))
    assert "know no names" not in told and told.startswith("The rules decided otherwise under the mask")
    assert "scores by up to 12.00 %" in told


def test_a_model_that_gains_by_names_is_told_and_one_of_unknown_training_is_doubted() -> None:
    row = gap("direct", same=0, when="unknown", told=interval(0.01, 0.05))
    told = answer(result(worlds("a-model", (row,), model_views=40)))
    assert "It gained more where it could see the names: direct (+3.00 % [+1.00 %, +5.00 %] a year)" in told
    assert "every one of these dates may be remembered" in told
    quiet = answer(result(worlds("a-model", (gap("direct"),), model_views=0)))
    assert "gave no score" in quiet


def test_a_policy_whose_gain_survives_the_placebo_and_ends_with_its_training_is_called_fitted() -> None:
    none = interval(-0.01, 0.01)
    rows = (
        placebo("policy", "all", interval(0.0, 0.02), none, 0.01),
        placebo("policy", "until", interval(0.01, 0.03), none, 0.019),
        placebo("policy", "after", interval(-0.02, 0.01), none),
    )
    told = answer(result(placebos=rows))
    assert "No strategy gained beyond chance by what the personas say" in told
    assert "survives the placebo (+1.90 %)" in told and "is no better than equal weight" in told
    heard = answer(result(placebos=(placebo("blended", "all", interval(0.01, 0.03), interval(0.01, 0.03)),)))
    assert "worth something beyond chance to blended" in heard


@pytest.mark.parametrize(
    "word", ["| scores |", "neutral names", "1 still hold a true name", "nobody said", "n = 3 dates"]
)
def test_the_page_shows_every_table_and_what_it_does_not_show(word: str) -> None:
    made = page(result(worlds("rules", (gap("scores"),))))
    assert made.startswith(f"# {TITLE}\n\nMade by `quorum evaluate contamination`")
    assert word in made


def test_a_model_is_added_to_what_was_measured_before_and_replaced_when_measured_again() -> None:
    before = result(worlds("rules", (gap("scores"),)))
    plans = Plans(command="with a model", draws=100, client="me")
    model = worlds("a-model", (gap("direct"),), model_views=3)
    unknown = Trained(part="a-model", until=None, known=False, why="nobody said")
    once = added(before, plans, [model], [unknown], 3)
    assert [one.subject for one in once.worlds] == ["rules", "a-model"]
    assert once.command == "quorum evaluate contamination; with a model" and once.trials == 6
    assert once.trained[-1] == unknown and once.placebos == before.placebos
    assert added(once, plans, [model], [unknown], 3) == once
    with pytest.raises(DataError, match="another seed"):
        added(before, plans.model_copy(update={"seed": 1}), [model], [unknown], 3)
