"""Terse answers are read as answers to the question that was put; "I don't know" ends the matter."""

from datetime import date
from itertools import pairwise

import pytest

from agents.profiler import Reading, read
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def chat(first: str, answers: dict[str, str], turns: int = 12) -> tuple[Reading, list[str]]:
    """Answer each first question by its field ("no idea" where `answers` has none) until nothing is asked."""
    messages, asked = [first], []
    for _ in range(turns):
        reading = read(tuple(messages), today=TODAY, universe=UNIVERSE)
        if not reading.questions:
            break
        asked.append(reading.questions[0].field)
        messages.append(answers.get(asked[-1], "no idea"))
    return read(tuple(messages), today=TODAY, universe=UNIVERSE), asked


@pytest.mark.parametrize(
    "words", ["I don't know", "no idea", "not sure", "skip", "dunno", "you decide", "prefer not to say"]
)
def test_a_client_who_does_not_know_is_not_asked_the_same_again(words: str) -> None:
    fields = ("risk_tolerance", "loss_limit", "horizon", "experience", "capacity", "goals", "liquidity_need")
    reading, asked = chat("hi, 50k", dict.fromkeys(fields, words))
    assert reading.questions == ()
    assert len(asked) == len(set(asked))
    assert reading.profile.risk_tolerance is None
    assert reading.profile.loss_limit is None


def test_an_answer_that_is_not_understood_is_asked_for_at_most_once_more() -> None:
    _, asked = chat("hi, 50k", {"risk_tolerance": "purple", "loss_limit": "purple", "horizon": "purple"})
    assert all(a != b for a, b in pairwise(asked))
    assert asked.count("risk_tolerance") <= 2


def test_terse_answers_fill_the_fields_asked_for() -> None:
    answers = {
        "horizon": "about 10 years",
        "loss_limit": "maybe 20 percent",
        "experience": "none",
        "capacity": "no",
        "liquidity_need": "no",
        "risk_tolerance": "wait",
        "goals": "growth",
    }
    profile = chat("I'm 40 and have 50k.", answers)[0].profile
    assert profile.horizon is not None and profile.horizon.value == 10
    assert profile.loss_limit is not None and profile.loss_limit.value == 0.2
    assert profile.experience is not None and profile.experience.value == "low"
    assert profile.capacity is not None and profile.capacity.value == "high"
    assert profile.liquidity_need is not None and profile.liquidity_need.value == "low"
    assert profile.risk_tolerance is not None and profile.risk_tolerance.value == "moderately_aggressive"


def test_a_life_that_would_change_is_low_capacity() -> None:
    profile = chat("hi, 50k", {"capacity": "yes", "risk_tolerance": "buy more", "horizon": "20"})[0].profile
    assert profile.capacity is not None and profile.capacity.value == "low"


def test_a_sum_needed_is_not_the_amount_and_a_thing_held_once_is_no_wish() -> None:
    answers = {
        "capacity": "not really",
        "liquidity_need": "perhaps 5k",
        "horizon": "ten",
        "loss_limit": "a quarter",
        "risk_tolerance": "nothing, just wait",
        "experience": "a bit of crypto",
    }
    profile = chat("hi, 50k", answers)[0].profile
    assert profile.amount_to_invest is not None and profile.amount_to_invest.value == 50_000
    assert profile.liquidity_need is not None and profile.liquidity_need.value == "medium"
    assert profile.horizon is not None and profile.horizon.value == 10
    assert profile.loss_limit is not None and profile.loss_limit.value == 0.25
    assert profile.experience is not None and profile.experience.value == "medium"
    assert profile.preferences is None


def test_an_age_is_not_read_as_the_loss_asked_for() -> None:
    profile = read(("Moderate", "54", "about 200k"), today=TODAY, universe=UNIVERSE).profile
    assert profile.loss_limit is None
    assert profile.amount_to_invest is not None and profile.amount_to_invest.value == 200_000
