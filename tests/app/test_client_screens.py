"""What a client reads on one screen: the question that matters, reasons that agree, one sentence on the policy."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from rich.console import Console

from app.render.turn import show_turn
from graph.advisor import Advisor
from graph.recommendation import explain, kept_out
from graph.turns import Turn
from rl.card import Verdict
from tools.settings import Settings

TODAY = date(2026, 11, 21)
BOLD = "YOLO, I'm 22, put everything in"
THIRD = (
    "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no fossil fuels, "
    "no China, I have 20000 pounds"
)


VERDICT = Verdict(
    passed=False, rule="r", reason="r", validation_advantage=0.0, test_advantage=0.01, test_low=0.002, test_high=0.02,
    seeds_ahead=2, seeds=5,
)  # fmt: skip


@pytest.fixture(scope="module")
def committee(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advisor]:
    with Advisor(Settings(home=tmp_path_factory.mktemp("home")), today=TODAY) as advisor:
        yield advisor


@pytest.fixture(scope="module")
def bold(committee: Advisor) -> Turn:
    return committee.say(committee.open("bold"), BOLD, insist=True)


@pytest.fixture(scope="module")
def third(committee: Advisor) -> Turn:
    return committee.say(committee.open("third"), THIRD, insist=True)


def screen(turn: Turn, *, brief: bool = True) -> str:
    console = Console(width=400)
    with console.capture() as told:
        show_turn(console, turn, brief=brief)
    return told.get()


def test_the_brief_screen_puts_the_question_for_want_of_which_the_limit_binds(bold: Turn) -> None:
    assert bold.decision and [limit.name for limit in bold.decision.binding] == ["risk asset cap"]
    assert bold.questions[0].field != "horizon", "or this shows nothing"
    assert "Not asked yet: In how many years will you need most of this money?" in screen(bold)


def test_a_bad_year_is_told_by_one_rule_unless_the_client_was_told_of_the_other(bold: Turn, third: Turn) -> None:
    assert bold.recommendation and third.recommendation and third.decision and third.mandate
    assert bold.recommendation.explanation.count("worst 5 % of years") == 1
    assert "times the volatility" not in bold.recommendation.explanation
    words = third.recommendation.explanation
    assert "kept inside 31.7 %" in third.mandate.volatility_cap.reason
    assert "31.7 % on average by the rule that your limit uses (2.06 times the volatility)" in words
    assert third.decision.cvar is not None and f"{100 * third.decision.cvar:.1f} % by what the last ten years" in words


def test_one_sentence_tells_why_the_policy_stays_out_and_the_explainer_tells_the_rest(
    committee: Advisor, bold: Turn
) -> None:
    assert bold.recommendation and bold.proposal and bold.proposal.gate
    words = bold.recommendation.explanation
    assert words.count("did not earn its place") == 1 and "range −0.50 % to +1.30 %" in words
    assert not re.search("bootstrap|percentile|seeds|draws", words)
    for question in ("why not the policy?", "why?"):
        answer = committee.say("bold", question).answer
        assert answer and bold.proposal.gate in answer and "seeds" in answer


def test_old_prices_are_said_to_be_old_once_and_new_ones_are_not(bold: Turn) -> None:
    offer = bold.recommendation
    assert offer and bold.proposal and bold.decision
    assert "Prices end on 2022-12-28, 3.9 years before the day you speak" in offer.explanation
    soon = bold.data.model_copy(update={"today": date(2023, 1, 2)})
    fresh = explain(bold.proposal, bold.decision, offer.figures, offer.contributions, soon, {}, VERDICT)
    assert "Prices end" not in fresh and "Nothing dated after 2022-12-28 was read." in fresh


def test_an_answer_all_in_cash_does_not_speak_of_the_policy(committee: Advisor) -> None:
    turn = committee.say(
        committee.open("cash"), "I need it in a year, no shares, no funds, 40 and careful", insist=True
    )
    assert turn.decision and turn.decision.weights and turn.decision.weights["CASH"] > 0.9999
    assert turn.recommendation and "trained policy" not in turn.recommendation.explanation


def test_what_is_struck_stands_under_the_weights_with_its_reason_on_both_screens(third: Turn) -> None:
    for brief in (True, False):
        text = screen(third, brief=brief)
        assert "the funds MTUM, QUAL, SIZE, USMV, VLUE, which cannot be shown to be free of it" in text
        assert "judged as a whole" not in text and "None of: " not in text
        assert "no China" in text and "no china" not in text


def test_another_currency_is_answered_by_one_sentence_on_both_screens(third: Turn, bold: Turn) -> None:
    for brief in (True, False):
        assert screen(third, brief=brief).count("what exchange rates may do to you is in no figure") == 1
        assert "exchange rates" not in screen(bold, brief=brief)


def test_the_bill_rate_is_told_with_its_end(bold: Turn) -> None:
    assert "known to 2018-11, unknown on 2022-12-28" in screen(bold, brief=False)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "1.00 % a year ahead, risk counted (range +0.20 % to +2.00 %), but it failed another part"),
        ({"test_advantage": -0.01, "test_low": -0.02}, "1.00 % a year behind, risk counted, which may be chance"),
        (
            {"test_advantage": -0.01, "test_low": -0.02, "test_high": -0.001},
            "behind, risk counted, beyond chance (range −2.00 % to −0.10 %)",
        ),
    ],
)
def test_the_sentence_says_chance_only_where_the_range_holds_zero(changed: dict[str, float], words: str) -> None:
    assert words in kept_out(VERDICT.model_copy(update=changed))
