"""What a client wished for is told back in a person's words, not in the record's."""

import pytest

from portfolio.profile import Exclusion, Goal, GoalKind, Preference
from portfolio.themes import ASSET_CLASSES, THEMES
from portfolio.wording import plain, understood


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Preference(kind="theme", key="low_volatility", weight=0.5), "calm shares, liked"),
        (Preference(kind="theme", key="dividends", weight=-0.5), "dividend payers, avoided"),
        (Preference(kind="theme", key="clean_energy", weight=1.0), "clean energy, liked"),
        (Preference(kind="group", key="Health Care", max_weight=0.2), "health care, at most 20 %"),
        (Preference(kind="asset_class", key="share", weight=-0.5), "single shares, avoided"),
        (Preference(kind="symbol", key="AAPL", weight=0.5, min_weight=0.1), "AAPL, liked, at least 10 %"),
        (Exclusion(kind="theme", key="fossil_fuels"), "no fossil fuels"),
        (Goal(kind=GoalKind.HOUSE, years=4.0, amount=60_000.0), "house in 4 years, 60,000"),
        (Goal(kind=GoalKind.PURCHASE, years=1.0), "purchase in 1 year"),
        (Goal(kind=GoalKind.GROWTH), "growth"),
    ],
)
def test_a_wish_reads_as_a_person_would_say_it(wish: object, words: str) -> None:
    assert plain(wish) == words


def test_several_wishes_stand_side_by_side() -> None:
    wishes = (Preference(kind="theme", key="tech", weight=0.5), Preference(kind="theme", key="gold", weight=-0.5))
    assert plain(wishes) == "technology, liked; gold, avoided"


def test_no_wish_shows_an_underscore_or_a_weight() -> None:
    wishes = [Preference(kind="theme", key=key, weight=0.5) for key in THEMES]
    wishes += [Preference(kind="asset_class", key=key, weight=-0.5) for key in ASSET_CLASSES]
    for told in map(plain, wishes):
        assert "_" not in told and "0.5" not in told


def test_a_loss_limit_is_told_in_percent_and_a_horizon_in_years() -> None:
    assert understood("loss_limit", 1 / 3) == "33.3 %"
    assert understood("horizon", 26.0) == "26 years" and understood("horizon", 1.0) == "1 year"
    assert understood("age", 34.0) == "34" and understood("amount_to_invest", 50_000.0) == "50,000"
