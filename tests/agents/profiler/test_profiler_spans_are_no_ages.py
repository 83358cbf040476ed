"""A stretch of years is a horizon unless the words make it an age, and the head of a sum is neither."""

from datetime import date

import pytest

from agents.profiler import read
from portfolio.profile import InvestorProfile
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def profile(words: str) -> InvestorProfile:
    reading = read((words,), today=TODAY, universe=UNIVERSE)
    assert not reading.refused
    return reading.profile


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("I have 75,000. 10 years, moderate.", 10),
        ("15 years, $20k, balanced", 15),
        ("I have 20,000. 40 years, aggressive", 40),
        ("30 years, mix of funds", 30),
        ("moderate, 10 years", 10),
        ("12 years. aggressive.", 12),
    ],
)
def test_years_at_the_start_of_a_clause_are_a_horizon_and_no_age(words: str, years: int) -> None:
    found = profile(words)
    assert found.age is None
    assert found.horizon is not None and found.horizon.value == years


@pytest.mark.parametrize(
    ("words", "age"),
    [
        ("40 years, female, $20k", 40),
        ("34 years single, 20k", 34),
        ("40 years old, $20k", 40),
        ("I am 40 years, 20k", 40),
        ("Hi, 34. Single, 20k", 34),
        ("45, moderate, 20k", 45),
        ("45 years, single, 20k", 45),
    ],
)
def test_years_that_the_words_make_an_age_are_no_horizon(words: str, age: int) -> None:
    found = profile(words)
    assert found.age is not None and found.age.value == age
    assert found.horizon is None


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("75,000 in cash, moderate", 75_000),
        ("75.000 in cash, moderate", 75_000),
        ("30,000 saved. Low risk", 30_000),
        ("Hello, 62,500 to invest", 62_500),
    ],
)
def test_a_comma_inside_a_number_never_ends_it(words: str, amount: int) -> None:
    found = profile(words)
    assert found.age is None
    assert found.amount_to_invest is not None and found.amount_to_invest.value == amount


def test_the_head_of_a_sum_is_no_retirement_age() -> None:
    found = profile("I am 40 and save for retirement 55,000 so far")
    assert found.goals is not None and found.goals.value[0].years is None


def test_two_of_one_age_are_heard_in_brackets() -> None:
    found = profile("We're a couple (both 38) with 50k")
    assert found.age is not None and found.age.value == 38
