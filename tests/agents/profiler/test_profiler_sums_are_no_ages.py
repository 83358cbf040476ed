"""The thousands of a sum are no age, and an age beside a sum is still read."""

from datetime import date

import pytest

from agents.profiler import read
from portfolio.profile import InvestorProfile
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def profile(words: str) -> InvestorProfile:
    return read((words,), today=TODAY, universe=UNIVERSE).profile


@pytest.mark.parametrize("words", ["Moderate risk, ten years, 50,000 to invest", "balanced, 45,000, long run"])
def test_the_thousands_of_a_sum_are_no_age(words: str) -> None:
    assert profile(words).age is None


def test_an_age_between_commas_is_still_read() -> None:
    found = profile("Moderate risk, 50, 45,000 to invest")
    assert found.age is not None and found.age.value == 50
    assert found.amount_to_invest is not None and found.amount_to_invest.value == 45_000
