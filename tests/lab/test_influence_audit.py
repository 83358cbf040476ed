"""The audit of what moves a portfolio: its clients are spread as told, and it measures what it says."""

from pathlib import Path

import numpy as np
import pytest

from lab.influence.audit import InfluenceReport, audit_influence
from lab.influence.clients import FIELDS, UNSAID, client, encoded, quantiles
from lab.influence.page import page
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
