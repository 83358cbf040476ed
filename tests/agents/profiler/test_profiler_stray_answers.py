"""A short answer to another question than the one put is read where it fits that one alone, else told as missed."""

from datetime import date

import pytest

from agents.profiler import Reading, read
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()
RISK_FIRST = "I'm 40 and have 50k."


def heard(*messages: str) -> Reading:
    return read(messages, today=TODAY, universe=UNIVERSE)


@pytest.mark.parametrize(
    ("words", "band"),
    [
        ("I would wait", "moderately_aggressive"),
        ("wait", "moderately_aggressive"),
        ("I'd just hold on, I think", "moderately_aggressive"),
        ("probably sell some", "moderate"),
        ("sell everything", "conservative"),
        ("buy more", "aggressive"),
    ],
)
def test_a_reaction_to_a_fall_answers_the_risk_question_while_another_stands(words: str, band: str) -> None:
    assert heard(RISK_FIRST, "purple").questions[0].field == "loss_limit"
    reading = heard(RISK_FIRST, "purple", words)
    assert reading.profile.risk_tolerance is not None
    assert reading.profile.risk_tolerance.value == band
    assert reading.profile.risk_tolerance.quote == words
    assert reading.profile.loss_limit is None and reading.missed is None


@pytest.mark.parametrize(
    ("words", "loss"), [("20%", 0.2), ("maybe 20 percent", 0.2), ("a quarter at most", 0.25), ("at most 10-20%", 0.15)]
)
def test_a_bare_percentage_is_the_largest_loss_whatever_was_asked(words: str, loss: float) -> None:
    reading = heard(RISK_FIRST, words)
    assert heard(RISK_FIRST).questions[0].field == "risk_tolerance"
    assert reading.profile.loss_limit is not None
    assert reading.profile.loss_limit.value == pytest.approx(loss)
    assert reading.profile.capacity is None and reading.profile.experience is None


def test_a_percentage_answers_the_question_on_ready_money_where_that_one_was_put() -> None:
    messages = [RISK_FIRST, "wait", "no idea"]
    while (field := heard(*messages).questions[0].field) != "liquidity_need":
        messages.append({"horizon": "10 years", "experience": "none"}.get(field, "no idea"))
    profile = heard(*messages, "maybe 20%").profile
    assert profile.liquidity_need is not None and profile.loss_limit is None


def test_an_answer_that_fits_nothing_is_told_as_missed() -> None:
    reading = heard(RISK_FIRST, "purple")
    assert reading.missed == heard(RISK_FIRST).questions[0]
    assert heard(RISK_FIRST, "purple", "20%").missed is None


@pytest.mark.parametrize("words", ["I don't know", "skip", "moderate", "10 years"])
def test_what_is_declined_or_understood_is_not_told_as_missed(words: str) -> None:
    assert heard(RISK_FIRST, words).missed is None


@pytest.mark.parametrize("words", ["70%", "20% or 50k", "a house in 20 years with 20%"])
def test_more_than_a_bare_percentage_of_a_likely_size_is_not_read_as_the_loss(words: str) -> None:
    assert heard(RISK_FIRST, words).profile.loss_limit is None


def test_how_much_would_be_sold_is_not_the_loss_at_which() -> None:
    profile = heard(RISK_FIRST, "sell half").profile
    assert profile.loss_limit is None
    assert profile.risk_tolerance is not None and profile.risk_tolerance.value == "moderate"
    later = heard("I'm 40, have 50k and would sell if it fell by half.").profile
    assert later.loss_limit is not None and later.loss_limit.value == 0.5
