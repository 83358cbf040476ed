"""How people describe the risk they take, in the words of the usual surveys and in their own."""

from datetime import date

import pytest

from agents.profiler import read
from portfolio.profile import RISK_BANDS
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("I am not willing to take any financial risks.", 0),
        ("I'm unwilling to take risks with this money.", 0),
        ("I am a real risk avoider.", 0),
        ("I take average financial risks expecting average returns.", 2),
        ("I take above average financial risks expecting above average returns.", 3),
        ("I take substantial financial risks expecting to earn substantial returns.", 4),
        ("I am 50, careful, and need the money in five years", 1),
        ("I'm careful.", 1),
        ("We are careful people with 20k.", 1),
        ("I'd rather be careful. 25k.", 1),
        ("I am very careful with my savings", 1),
        ("I'm a careful 62-year-old.", 1),
    ],
)
def test_a_statement_about_risk_is_read_as_its_band(words: str, place: int) -> None:
    found = read((words,), today=TODAY, universe=UNIVERSE).profile.risk_tolerance
    assert found is not None
    assert found.value == RISK_BANDS[place]


@pytest.mark.parametrize(
    "words",
    [
        "I am careful about what I eat.",
        "Be careful: my last adviser lost my papers.",
        "I carefully read the Economist every week.",
        "I am careful not to buy tobacco.",
        "My sister is careful, I have 20k.",
        "Should I be careful?",
    ],
)
def test_care_in_other_things_says_nothing_about_risk(words: str) -> None:
    assert read((words,), today=TODAY, universe=UNIVERSE).profile.risk_tolerance is None
