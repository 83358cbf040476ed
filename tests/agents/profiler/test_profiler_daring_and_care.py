"""Plain words of daring and of care, what only sounds like them, and wishes that cannot both be had."""

from datetime import date

import pytest

from agents.profiler import read
from agents.profiler.reader import Reading
from portfolio.profile import RISK_BANDS
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def reading(words: str) -> Reading:
    return read((words,), today=TODAY, universe=UNIVERSE)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("Play safe", 0),
        ("I'd rather play safe", 0),
        ("I lost 40% in 2008 and sold everything", 0),
        ("prudent", 1),
        ("I am prudent, 20k", 1),
        ("I am careful with money", 1),
        ("I've been careful all my life", 1),
        ("we're a bit nervous", 1),
        ("I don't take big risks", 1),
        ("I can not take big risks", 1),
        ("I am not a daredevil", 1),
        ("I am not a careful person", 3),
        ("I'm gutsy", 3),
        ("I'm a daredevil", 4),
        ("I take big risks", 4),
        ("I can lose it all", 4),
        ("I'm a cautious driver but an aggressive investor", 4),
    ],
)
def test_plain_words_of_daring_and_care_are_read_as_their_band(words: str, place: int) -> None:
    found = reading(words)
    assert found.profile.risk_tolerance is not None
    assert found.profile.risk_tolerance.value == RISK_BANDS[place]
    assert found.contradictions == ()


@pytest.mark.parametrize(
    "words",
    [
        "cautiously optimistic, 10 years",
        "I'm a cautious driver",
        "I am a conservative voter",
        "it would be prudent to ask, 20k",
        "I am nervous about my job",
        "I'm not nervous",
        "I know that I can lose it all",
        "I have traded for years without losses",
        "My brother is a daredevil",
        "I lost 40% in 2008 and never sold everything",
    ],
)
def test_daring_or_care_in_something_else_says_nothing_about_risk(words: str) -> None:
    assert reading(words).profile.risk_tolerance is None


def test_a_fall_that_would_keep_them_awake_is_a_loss_limit() -> None:
    found = reading("a drop of fifteen percent would keep us awake").profile.loss_limit
    assert found is not None and found.value == pytest.approx(0.15)
    assert reading("a drop of fifteen percent would not keep us awake").profile.loss_limit is None


def test_aggressive_growth_without_losses_is_told_as_two_opposite_wishes() -> None:
    (clash,) = reading("grow my money aggressively but without losses").contradictions
    assert '"without losses" and "grow my money aggressively" point in opposite directions' in clash.explanation
    assert reading("I am aggressive, but no losses please").contradictions
    assert not reading("I had no losses, aggressive").contradictions


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("double my money in 3 years without any risk", "26%"),
        ("Triple it within 5 years, but I am conservative", "25%"),
        ("I am conservative and want at least 15% a year", "15%"),
    ],
)
def test_a_return_that_needs_risk_is_told_to_who_wants_none(words: str, rate: str) -> None:
    assert any(f"returns of {rate} a year" in clash.explanation for clash in reading(words).contradictions)


@pytest.mark.parametrize(
    "words", ["double my money in 15 years without any risk", "I doubled my money in 3 years, no risk please"]
)
def test_a_doubling_that_is_slow_or_past_is_no_clash(words: str) -> None:
    assert reading(words).contradictions == ()


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("I am conservative and want at least 15% a year, and I can't afford to lose", '"want at least 15% a year"'),
        (
            "I am conservative and want 15% returns annually from this portfolio",
            '"want 15% returns annually from this"',
        ),
    ],
)
def test_the_words_of_a_return_are_cut_at_a_word(words: str, quote: str) -> None:
    assert any(quote in clash.explanation for clash in reading(words).contradictions)
