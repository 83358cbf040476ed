""" "Only" behind a thing is a wish, a region is something to leave out, and the code of a currency is neither."""

from datetime import date

import pytest

from agents.profiler import read
from agents.profiler.reader import Reading
from portfolio.suitability import mandate_from_profile
from portfolio.universe import Universe
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()


def reading(words: str, universe: Universe = UNIVERSE) -> Reading:
    return read((words,), today=TODAY, universe=universe)


def ruled_out(words: str) -> set[str]:
    stated = reading(words).profile.exclusions
    return {item.key for item in stated.value} if stated else set()


def liked(words: str) -> set[str]:
    stated = reading(words).profile.preferences
    return {wish.key for wish in stated.value if wish.weight > 0} if stated else set()


@pytest.mark.parametrize(
    ("words", "out", "wanted"),
    [
        ("no oil, index funds only", {"oil"}, {"fund"}),
        ("no tobacco, ETFs only", {"tobacco"}, {"fund"}),
        ("no tobacco, dividend stocks only", {"tobacco"}, {"dividends"}),
        ("no fossil fuels, no Chinese companies, ESG only", {"fossil_fuels", "china"}, {"esg"}),
        ("no guns, sustainable only", {"weapons"}, {"esg"}),
        ("no tobacco, ETFs and bonds only", {"tobacco"}, {"fund", "bond_fund"}),
        ("no tobacco and index funds only", {"tobacco"}, {"fund"}),
        ("no tobacco, only ESG", {"tobacco"}, {"esg"}),
        ("ETFs only", set(), {"fund"}),
    ],
)
def test_only_behind_a_thing_is_a_wish_whatever_was_ruled_out_before(
    words: str, out: set[str], wanted: set[str]
) -> None:
    assert ruled_out(words) == out
    assert liked(words) == wanted


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ("avoid tobacco only", {"tobacco"}),
        ("exclude oil and gas only", {"oil", "gas"}),
        ("I do not want shares only", set()),
        ("I don't want ETFs only", set()),
        ("My brother buys ETFs only", set()),
    ],
)
def test_only_does_not_turn_what_is_ruled_out_by_its_own_words_into_a_wish(words: str, out: set[str]) -> None:
    assert ruled_out(words) == out
    assert liked(words) == set()


@pytest.mark.parametrize(
    "words",
    [
        "no US companies",
        "I hate Chinese and American companies",
        "No US shares please",
        "I want no American stocks",
        "avoid the US",
        "no tobacco or U.S. firms",
    ],
)
def test_companies_of_a_region_are_an_exclusion_and_what_cannot_be_left_out_is_told(words: str) -> None:
    found = reading(words)
    assert {"US companies", "US share funds"} <= ruled_out(words)
    assert any("does not say where a company is from" in clash.explanation for clash in found.contradictions)
    assert found.questions[0].field == "exclusions"
    made = mandate_from_profile(found.profile, UNIVERSE)
    notes = {item.exclusion.key: (item.symbols, item.note) for item in made.exclusions}
    assert notes["US companies"][0] == () and "binds nothing here" in notes["US companies"][1]
    assert len(notes["US share funds"][0]) == 5


def test_a_region_that_the_universe_is_not_of_is_heard_without_a_question() -> None:
    found = reading("no Japanese or German companies")
    assert ruled_out("no Japanese or German companies") == {"Japanese companies", "German companies"}
    assert found.contradictions == ()


def test_of_a_universe_that_speaks_of_no_region_every_region_is_asked_about() -> None:
    plain = Universe(name="mine", assets=tuple(a for a in UNIVERSE.assets if a.asset_class == "share"))
    assert any("Japanese companies" in c.explanation for c in reading("no Japanese shares", plain).contradictions)


@pytest.mark.parametrize(
    "words",
    [
        "I live in the US, no tobacco",
        "I have no US income",
        "nothing tells us companies are safe",
        "do not give us anything",
        "My brother wants no US companies",
        "Should I avoid US companies?",
        "I like US shares",
    ],
)
def test_a_region_that_is_not_ruled_out_by_the_client_is_no_exclusion(words: str) -> None:
    assert not any(key.startswith("US") for key in ruled_out(words))


@pytest.mark.parametrize("words", ["I want to buy a flat, have CHF 90,000", "I like CHF", "I prefer SEK"])
def test_the_code_of_a_currency_is_nothing_to_hold(words: str) -> None:
    assert liked(words) == set()


def test_other_capitals_are_still_symbols() -> None:
    assert liked("I like MSFT") == {"MSFT"}
