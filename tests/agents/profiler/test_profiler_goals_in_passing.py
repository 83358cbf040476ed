"""Goals that people mention in passing: a pension some years off, a repair next year, a home of their own again."""

from datetime import date

import pytest

from agents.profiler import read
from portfolio.profile import Goal, InvestorProfile
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def profile(*messages: str) -> InvestorProfile:
    return read(messages, today=TODAY, universe=UNIVERSE).profile


def goals(*messages: str) -> list[Goal]:
    stated = profile(*messages).goals
    return [] if stated is None else list(stated.value)


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("Seven years till my pension", 7),
        ("I'm 58, 200k, seven years until I get my pension", 7),
        ("We are 5 years off our state pension and have 90k", 5),
    ],
)
def test_years_until_a_pension_are_a_retirement_goal_and_the_horizon(words: str, years: float) -> None:
    assert [(goal.kind, goal.years) for goal in goals(words)] == [("retirement", years)]
    horizon = profile(words).horizon
    assert horizon is not None and horizon.value == years


@pytest.mark.parametrize("words", ["I live off my pension, 50k", "my pension pays 900 a month, 50k to invest"])
def test_a_pension_that_is_paid_already_is_no_retirement_goal(words: str) -> None:
    assert all(goal.kind != "retirement" for goal in goals(words))


@pytest.mark.parametrize(
    ("words", "years", "amount"),
    [
        ("I have 80k for growth, but maybe 5k for the roof next year.", 1, 5_000),
        ("80k to grow, of which 4,000 for a new boiler in 2 years", 2, 4_000),
        ("Invest 100k; we need 12k for repairs in two years", 2, 12_000),
    ],
)
def test_a_repair_with_its_price_is_a_purchase_that_leaves_the_horizon_alone(
    words: str, years: float, amount: float
) -> None:
    assert ("purchase", years, amount) in [(goal.kind, goal.years, goal.amount) for goal in goals(words)]
    assert profile(words).horizon is None


def test_a_purchase_that_takes_much_of_the_money_still_sets_the_horizon() -> None:
    horizon = profile("I have 100k and need 40k for a new kitchen in two years").horizon
    assert horizon is not None and horizon.value == 2


def test_what_a_car_costs_already_is_no_goal() -> None:
    assert goals("I pay 300 for the car, invest 20k") == []
    assert goals("I spend about £90 for the heating, 20k to invest") == []


def test_a_repair_answers_the_question_on_ready_money() -> None:
    messages = ["I'm 40 and have 50k.", "wait"]
    answers = {"loss_limit": "20%", "experience": "funds", "horizon": "10 years"}
    while True:
        reading = read(messages, today=TODAY, universe=UNIVERSE)
        if reading.questions[0].field == "liquidity_need":
            break
        messages.append(answers.get(reading.questions[0].field, "no idea"))
    told = profile(*messages, "maybe 5k for the roof next year")
    assert told.liquidity_need is not None and told.liquidity_need.value == "medium"
    assert told.amount_to_invest is not None and told.amount_to_invest.value == 50_000


@pytest.mark.parametrize(
    "words",
    [
        "We sold our place and want a flat again in 3 years",
        "After the divorce, an apartment of my own again in 3 years",
        "We sold our flat, and hope to buy again in 3 years",
    ],
)
def test_a_home_again_is_a_house_goal(words: str) -> None:
    assert [(goal.kind, goal.years) for goal in goals(words)] == [("house", 3)]


@pytest.mark.parametrize("words", ["I rent a flat again", "I sold my shares in May and would buy again in 3 years"])
def test_renting_or_buying_shares_again_is_no_house_goal(words: str) -> None:
    assert all(goal.kind != "house" for goal in goals(words))
