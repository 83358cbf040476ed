"""What a mandate's notes tell the client: what an exclusion strikes and why, and in whose money the figures are."""

import pytest

from graph.currency import currencies_named, currency_note
from graph.told import exclusion_note
from portfolio.mandate import ExcludedAsset
from portfolio.matching import matching
from portfolio.profile import Exclusion
from tools.market.bundled import load_bundled

UNIVERSE = load_bundled().universe


def note(kind: str, key: str) -> str:
    exclusion = Exclusion.model_validate({"kind": kind, "key": key})
    item = ExcludedAsset(exclusion=exclusion, symbols=matching(UNIVERSE, kind, key), note="")
    return exclusion_note(item, UNIVERSE)


def test_funds_that_are_struck_are_named_apart_with_the_reason() -> None:
    told = note("theme", "fossil_fuels")
    assert told == (
        "No fossil fuels: strikes CVX, RRC, XOM, and the funds MTUM, QUAL, SIZE, USMV, VLUE, which cannot be shown to "
        "be free of it."
    )
    assert note("theme", "tobacco").startswith("No tobacco: strikes the funds MTUM")


def test_an_exclusion_that_binds_nothing_says_so_with_its_name_spelt_right_and_nothing_that_another_belies() -> None:
    told = note("theme", "china")
    assert told.startswith("No China: nothing in bundled US history matches, so this binds nothing here.")
    assert "judged as a whole" not in told and "strikes no fund" in told


def test_a_fund_that_is_about_the_theme_is_struck_for_what_it_is() -> None:
    assert note("theme", "momentum") == "No momentum: strikes MTUM."


def test_a_share_that_is_named_strikes_no_fund() -> None:
    assert note("symbol", "XOM").startswith("No XOM: strikes XOM. It strikes no fund")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("I am saving 20000 pounds for 10 years", "GBP"),
        ("£500 a month", "GBP"),
        ("my money is in euros", "EUR"),
        ("20 000 €", "EUR"),
        ("CHF 50k", "CHF"),
        ("I have 20,000 Swiss francs", "CHF"),
        ("50 lakh rupees to invest", "INR"),
        ("Rs 50000", "INR"),
        ("C$ 5000", "CAD"),
        ("20000 Canadian dollars", "CAD"),
    ],
)
def test_a_currency_is_heard_beside_a_number_or_as_what_the_money_is_in(words: str, code: str) -> None:
    assert currencies_named([words]) == (code,)
    told = currency_note([words], UNIVERSE)
    assert told is not None and "dollars" in told and "exchange rates" in told and told.count(".") == 1


@pytest.mark.parametrize(
    "words",
    ["I have $5,000", "I won 20000 dollars", "no euro stocks", "I lost 20 pounds of weight", "I'm 40, 50k", "10k USD"],
)
def test_the_markets_own_money_or_none_gets_no_sentence(words: str) -> None:
    assert currency_note([words], UNIVERSE) is None


def test_a_market_in_the_clients_money_gets_no_sentence() -> None:
    first = UNIVERSE.assets[0].model_copy(update={"currency": "GBP"})
    home = UNIVERSE.model_copy(update={"assets": (first,)})
    assert currency_note(["£500"], home) is None
    assert currency_note(["£500 and 300 euros"], home) is not None
