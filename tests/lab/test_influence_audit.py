"""The audit of what moves a portfolio: its clients are spread as told, and it measures what it says."""

from pathlib import Path

import numpy as np
import pytest

from lab.influence.audit import InfluenceReport, audit_influence
from lab.influence.clients import FIELDS, NOT_DRAWN, UNSAID, client, encoded, quantiles
from lab.influence.page import page
from portfolio.profile import Holding, InvestorProfile, Positions, Stated
from portfolio.suitability import mandate_from_profile
from tools.market.bundled import load_bundled
from tools.settings import Settings


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> InfluenceReport:
    return audit_influence(Settings(home=tmp_path_factory.mktemp("home")), clients=60, redrawn=15, seed=3)


def test_every_slice_of_every_field_has_one_client() -> None:
    rows = quantiles(40, seed=1)
    for place in range(len(FIELDS)):
        assert sorted((rows[:, place] * 40).astype(int).tolist()) == list(range(40))


def test_what_is_not_said_is_unknown_and_not_a_default() -> None:
    silent = client(np.full(len(FIELDS), UNSAID / 2.0))
    assert all(getattr(silent, name) is None for name in FIELDS)
    talkative = client(np.full(len(FIELDS), 0.99))
    assert all(getattr(talkative, name) is not None for name in FIELDS)


def test_every_field_of_a_profile_is_drawn_or_the_page_says_why_not(report: InfluenceReport) -> None:
    assert set(FIELDS) | set(NOT_DRAWN) == set(InvestorProfile.model_fields)
    assert not set(FIELDS) & set(NOT_DRAWN)
    text = page(report, "quorum evaluate influence")
    for name, why in NOT_DRAWN.items():
        assert f"*{name.replace('_', ' ').capitalize()}*: {why}." in text


def test_what_is_said_of_the_fields_not_drawn_is_so() -> None:
    universe = load_bundled().universe
    said: dict[str, object] = {
        "income": 250_000.0,
        "net_worth": 5_000_000.0,
        "amount_to_invest": 7_000.0,
        "holdings": (Holding(symbol="KO", value=9_000.0),),
        "positions": Positions(most=5),
    }
    assert set(said) == set(NOT_DRAWN)
    for row in quantiles(25, seed=2):
        plain = client(row)
        before = mandate_from_profile(plain, universe)
        for name, value in said.items():
            stated = Stated(value=value, confidence=1.0, quote="made up for the audit").model_dump()
            after = mandate_from_profile(InvestorProfile.model_validate(plain.model_dump() | {name: stated}), universe)
            assert (after == before) == (name != "positions"), name
        assert before.turnover_cap.value >= 1.0, "no profile limits turnover, so holdings bind nothing"


def test_the_surrogate_can_tell_silence_from_the_smallest_value() -> None:
    rows = np.full((2, len(FIELDS)), 0.5)
    rows[0, FIELDS.index("loss_limit")] = UNSAID / 2.0
    rows[1, FIELDS.index("loss_limit")] = UNSAID
    columns, owners = encoded(rows)
    own = [place for place, owner in enumerate(owners) if owner == "loss_limit"]
    assert not np.array_equal(columns[0, own], columns[1, own])


def test_shares_sum_to_one_and_risk_tolerance_carries_less_than_half(report: InfluenceReport) -> None:
    assert sum(item.redrawn_share for item in report.fields) == pytest.approx(1.0)
    assert sum(item.surrogate_share for item in report.fields) == pytest.approx(1.0)
    tolerance = next(item for item in report.fields if item.field == "risk_tolerance")
    assert 0.0 < tolerance.redrawn_share < 0.5


def test_a_longer_loss_limit_is_felt_and_age_alone_is_not(report: InfluenceReport) -> None:
    moved = {item.field: item.moved for item in report.fields}
    assert moved["loss_limit"] > 0.01
    assert moved["age"] == 0.0


def test_the_same_seed_gives_the_same_page(report: InfluenceReport, tmp_path: Path) -> None:
    again = audit_influence(Settings(home=tmp_path), clients=60, redrawn=15, seed=3)
    assert page(again, "quorum evaluate influence") == page(report, "quorum evaluate influence")


def test_too_few_clients_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="50"):
        audit_influence(Settings(home=tmp_path), clients=10, redrawn=10)
