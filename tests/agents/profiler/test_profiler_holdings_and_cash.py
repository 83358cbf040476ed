"""What is owned is no money to invest, what must stay in cash is a floor, and a child's age dates a goal."""

from datetime import date

import pytest

from agents.profiler import read
from agents.profiler.reader import Reading
from portfolio.profile import GoalKind, Preference
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def reading(words: str) -> Reading:
    return read((words,), today=TODAY, universe=UNIVERSE)


@pytest.mark.parametrize(
    ("words", "symbol", "worth"),
    [
        ("Hold 25,000 in MSFT bought at 18,000", "MSFT", 25_000),
        ("I hold 10,000 of AAPL, bought for 8,000 in 2019", "AAPL", 10_000),
        ("I own 50k in Microsoft", "MSFT", 50_000),
        ("I have 50k in Microsoft", "MSFT", 50_000),
    ],
)
def test_a_position_told_by_its_value_is_no_money_to_invest(words: str, symbol: str, worth: int) -> None:
    found = reading(words).profile
    assert found.amount_to_invest is None
    assert found.holdings is not None
    assert [(h.symbol, h.value) for h in found.holdings.value] == [(symbol, worth)]


def test_money_beside_a_position_is_still_money_to_invest() -> None:
    found = reading("I have 50k in Microsoft and 20k to invest").profile
    assert found.amount_to_invest is not None and found.amount_to_invest.value == 20_000


def test_a_price_paid_without_a_number_of_shares_is_not_dropped_in_silence() -> None:
    assert any('MSFT ("bought at 18,000")' in note for note in reading("Hold 25,000 in MSFT bought at 18,000").notes)


@pytest.mark.parametrize(
    "words",
    ["I have 50k in Microsoft for 10 years", "I hold 25,000 in MSFT and 50 shares of Apple bought at 20 in 2019"],
)
def test_what_is_no_price_of_that_position_is_no_note(words: str) -> None:
    assert reading(words).notes == ()


@pytest.mark.parametrize(
    "words",
    [
        "I have £50,000, of which £10,000 must stay in cash",
        "I have 50,000. I need 10,000 kept in cash for emergencies",
        "I have $50,000. Set aside 10,000 in cash",
        "Keep 10,000 in cash, I have $50,000",
    ],
)
def test_a_sum_that_must_stay_in_cash_is_a_floor_on_cash(words: str) -> None:
    found = reading(words).profile
    assert found.amount_to_invest is not None and found.amount_to_invest.value == 50_000
    assert found.preferences is not None
    assert found.preferences.value == (Preference(kind="asset_class", key="cash", min_weight=0.2),)


def test_money_that_is_kept_in_cash_today_is_what_there_is_to_invest() -> None:
    found = reading("I have 50,000 kept in cash").profile
    assert found.amount_to_invest is not None and found.preferences is None


def test_a_goal_is_dated_by_the_age_of_the_child_it_is_for() -> None:
    found = reading("my son is 12, I want 50,000 when he turns 18").profile
    assert found.age is None and found.goals is not None
    (goal,) = found.goals.value
    assert (goal.kind, goal.years, goal.amount) == (GoalKind.OTHER, 6, 50_000)


def test_a_sum_that_is_to_become_something_is_money_to_invest_and_no_goal_of_that_size() -> None:
    found = reading("My daughter is 8. I'd like 20,000 to become something by the time she is 18.").profile
    assert found.amount_to_invest is not None and found.amount_to_invest.value == 20_000
    assert found.goals is not None
    assert [(goal.years, goal.amount) for goal in found.goals.value] == [(10, None)]


@pytest.mark.parametrize("words", ["My son was happy when he turned 18, I have 20k", "I have 20k, what if he is 18?"])
def test_a_birthday_without_an_age_to_count_from_dates_no_goal(words: str) -> None:
    assert reading(words).profile.goals is None
