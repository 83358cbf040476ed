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
    ],
)
def test_a_statement_about_risk_is_read_as_its_band(words: str, place: int) -> None:
    found = read((words,), today=TODAY, universe=UNIVERSE).profile.risk_tolerance
    assert found is not None
    assert found.value == RISK_BANDS[place]
