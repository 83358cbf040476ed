"""A limit on one share, fund, position or sector binds each; a limit on the kind binds them together."""

from datetime import date

import pytest

from agents.profiler import read
from portfolio.matching import EACH_SECTOR, EACH_SHARE, EQUITY
from portfolio.profile import InvestorProfile
from portfolio.suitability import mandate_from_profile
from tools.market.bundled import bundled_universe

TODAY = date(2026, 11, 21)
UNIVERSE = bundled_universe()
FUNDS = {asset.symbol for asset in UNIVERSE.assets if asset.asset_class == "fund"}


def profile(words: str) -> InvestorProfile:
    return read((words,), today=TODAY, universe=UNIVERSE).profile


def caps(words: str) -> dict[str, float | None]:
    """Each wish by its key; a leaning (no cap) would show as None."""
    stated = profile(words).preferences
    return {} if stated is None else {wish.key: wish.max_weight for wish in stated.value}


@pytest.mark.parametrize(
    ("words", "cap"),
    [
        ("no single stock above 5%, aggressive, 20 years", 0.05),
        ("no single share above 5%", 0.05),
        ("no single name over 5%", 0.05),
        ("I don't want any single stock above 5%", 0.05),
        ("no stock above 5 percent", 0.05),
        ("no one company over 5%", 0.05),
        ("Not more than 10% in any share", 0.1),
        ("Not more than 10% in any stock", 0.1),
        ("Not more than 10% in a single company", 0.1),
        ("limit each stock to 5%", 0.05),
        ("each share should be at most 5%", 0.05),
        ("at most 5% in any one stock", 0.05),
        ("max 10% per stock", 0.1),
        ("single stock limit 5%", 0.05),
    ],
)
def test_a_limit_on_one_share_binds_each_and_is_no_dislike_of_shares(words: str, cap: float) -> None:
    assert caps(words) == {EACH_SHARE: cap}


@pytest.mark.parametrize(
    "words", ["Not more than 10% in any fund", "no fund above 10%", "max 10% per fund", "each ETF at most 10%"]
)
def test_a_limit_on_one_fund_binds_every_fund_by_itself(words: str) -> None:
    assert caps(words) == dict.fromkeys(FUNDS, 0.1)


@pytest.mark.parametrize(
    "words",
    [
        "keep each position under 5%",
        "no position above 5%",
        "at most 5% in any one holding",
        "max position size 5%",
        "cap single positions at 5%",
    ],
)
def test_a_limit_on_one_position_binds_each_share_and_each_fund(words: str) -> None:
    assert caps(words) == {EACH_SHARE: 0.05} | dict.fromkeys(FUNDS, 0.05)


@pytest.mark.parametrize("words", ["never more than 10% in a fund or a stock", "no fund or stock above 10%"])
def test_a_limit_on_one_of_two_kinds_binds_each_of_both(words: str) -> None:
    assert caps(words) == {EACH_SHARE: 0.1} | dict.fromkeys(FUNDS, 0.1)


@pytest.mark.parametrize("words", ["I had 5% in one stock", "5% in one stock is fine"])
def test_a_part_of_one_share_that_is_no_limit_binds_nothing(words: str) -> None:
    assert caps(words) == {}


def test_a_limit_on_one_sector_binds_each_sector() -> None:
    assert caps("no sector above 20%") == {EACH_SECTOR: 0.2}


@pytest.mark.parametrize(
    ("words", "key", "cap"),
    [
        ("at most 20% in single stocks", "share", 0.2),
        ("at most 30% in stocks", EQUITY, 0.3),
        ("no more than 40% in funds", "fund", 0.4),
        ("I don't want stocks over 40%", EQUITY, 0.4),
        ("maximum stock allocation 40%", EQUITY, 0.4),
    ],
)
def test_a_limit_on_the_kind_binds_them_together(words: str, key: str, cap: float) -> None:
    assert caps(words) == {key: cap}


@pytest.mark.parametrize(
    "words", ["No position under 2%", "each position at least 4%", "I would sell if any stock fell more than 20%"]
)
def test_a_floor_or_a_loss_is_no_limit_on_each(words: str) -> None:
    assert caps(words) == {}


def test_what_is_said_of_each_position_reaches_the_mandate() -> None:
    made = mandate_from_profile(profile("moderate, 20 years, keep each position under 5%"), UNIVERSE)
    assert made.share_cap.value == pytest.approx(0.05)
    assert {b.symbol for b in made.asset_bounds if b.cap == pytest.approx(0.05)} >= FUNDS
