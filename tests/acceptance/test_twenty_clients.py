"""Twenty people describe themselves as new users would; each must get a suitable portfolio, and a different one."""

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph.advisor import Advisor
from graph.turns import Turn
from tools.settings import Settings

CLIENTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "twenty_clients.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Turn]:
    home = tmp_path_factory.mktemp("home")
    with Advisor(Settings(home=home), today=TODAY) as advisor:
        return {c["name"]: advisor.say(advisor.open(None), c["text"], insist=True) for c in CLIENTS}


@pytest.fixture(params=CLIENTS, ids=[c["name"] for c in CLIENTS])
def client(request: pytest.FixtureRequest) -> dict[str, Any]:
    result: dict[str, Any] = request.param
    return result


def test_every_client_gets_a_recommendation(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    turn = turns[client["name"]]
    assert turn.status == "awaiting_approval", turn.refused or turn.decision
    assert turn.decision is not None and turn.decision.weights is not None
    assert abs(sum(turn.decision.weights.values()) - 1.0) < 1e-9


def test_age_and_horizon_are_understood_or_left_unknown(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    profile = turns[client["name"]].profile
    assert (profile.age.value if profile.age else None) == client["age"]
    if client["horizon"] is not None:
        assert profile.horizon is not None
        assert client["horizon"][0] <= profile.horizon.value <= client["horizon"][1]


def test_a_stated_band_is_read_as_stated(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    stated = turns[client["name"]].profile.risk_tolerance
    if "band" in client:
        assert stated is not None
        assert stated.value == client["band"]


def test_excluded_assets_are_exactly_absent(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    decision = turns[client["name"]].decision
    assert decision is not None and decision.weights is not None
    assert {symbol: decision.weights[symbol] for symbol in client["excluded"]} == dict.fromkeys(client["excluded"], 0.0)


def test_risk_suits_the_client(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    decision = turns[client["name"]].decision
    assert decision is not None and decision.weights is not None and decision.volatility is not None
    assert decision.volatility <= client["max_volatility"] + 1e-8
    assert decision.weights["CASH"] >= client["min_cash"] - 1e-8


def test_stated_group_limits_hold_exactly(client: dict[str, Any], turns: dict[str, Turn]) -> None:
    turn = turns[client["name"]]
    assert turn.decision is not None and turn.decision.weights is not None
    weights = turn.decision.weights
    groups = {asset.symbol: asset.group for asset in turn.assets}
    for key, sign in (("group_cap", 1), ("group_floor", -1)):
        if key in client:
            group, bound = client[key]
            held = sum(weight for symbol, weight in weights.items() if groups.get(symbol) == group)
            assert sign * (held - bound) <= 1e-8


def test_no_two_clients_get_nearly_the_same_portfolio(turns: dict[str, Turn]) -> None:
    """Half the L1 distance is the share of the money that would have to move from one portfolio to the other."""
    weights = {name: turn.decision.weights for name, turn in turns.items() if turn.decision and turn.decision.weights}
    alike = [
        (a, b)
        for (a, u), (b, v) in itertools.combinations(weights.items(), 2)
        if sum(abs(u[s] - v[s]) for s in u) / 2 < 0.005
    ]
    assert alike == []
