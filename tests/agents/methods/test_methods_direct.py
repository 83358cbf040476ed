"""Direct allocation: the model's weights as they stand, or none with the cause; never mended, never unlabelled."""

from pathlib import Path

import numpy as np
import pytest
from scripted import Scripted

from agents.methods.direct import allocate_directly, mandate_in_words
from agents.personas.conformance import random_panel
from portfolio.mandate import ExcludedAsset, GroupBound, Limit, Mandate
from portfolio.profile import Exclusion, Objective
from portfolio.universe import Asset, Universe

PANEL = random_panel()
TODAY = PANEL.last_date
ASSETS = tuple(
    Asset(
        symbol=symbol,
        name=symbol,
        asset_class="share",
        group="Energy",
        first_date=PANEL.first_date,
        last_date=PANEL.last_date,
    )
    for symbol in PANEL.symbols
)
UNIVERSE = Universe(name="test", assets=ASSETS)


def limit(value: float, reason: str = 'you said "buy <secret> only"') -> Limit:
    return Limit(value=value, reason=reason)


MANDATE = Mandate(
    volatility_cap=limit(0.12),
    cvar_cap=limit(0.2),
    cash_floor=limit(0.05),
    risk_asset_cap=limit(0.9),
    share_cap=limit(0.08),
    fund_cap=limit(0.4),
    single_shares_cap=limit(0.7),
    complex_cap=limit(0.1),
    group_cap=limit(0.3),
    turnover_cap=limit(1.0),
    group_bounds=(GroupBound(kind="group", key="Energy", floor=0.1, cap=0.25, reason="you said so."),),
    exclusions=(ExcludedAsset(exclusion=Exclusion(kind="symbol", key="A09"), symbols=("A09",), note="no A09"),),
    risk_aversion=limit(3.0),
    objective_mix={Objective.LONG_TERM_GAIN: 0.75, Objective.CAPITAL_PRESERVATION: 0.25},
)


def portfolio(**percents: float) -> dict[str, object]:
    return {"weights": [{"symbol": symbol, "percent": percent} for symbol, percent in percents.items()]}


def ask(folder: Path, *answers: object, eligible: np.ndarray | None = None):  # type: ignore[no-untyped-def]
    model = Scripted(folder, *answers)
    return allocate_directly(PANEL, UNIVERSE, MANDATE, TODAY, [], [], model, eligible), model


def test_a_portfolio_in_percent_becomes_a_proposal_as_it_stands(tmp_path: Path) -> None:
    found, _ = ask(tmp_path, portfolio(CASH=25, A03=45, A05=30))
    assert found.cause is None and found.weights is not None
    assert found.weights == {**dict.fromkeys(PANEL.symbols, 0.0), "A03": 0.45, "A05": 0.3, "CASH": 0.25}
    assert list(found.weights) == [*PANEL.symbols, "CASH"]


def test_rounding_is_taken_out_and_told(tmp_path: Path) -> None:
    found, _ = ask(tmp_path, portfolio(CASH=25.4, A03=45, A05=30))
    assert found.weights is not None and sum(found.weights.values()) == pytest.approx(1.0, abs=1e-12)
    assert found.stated_total == pytest.approx(1.004)


@pytest.mark.parametrize(
    "answer",
    [
        portfolio(CASH=25, A03=45),
        portfolio(CASH=0.25, A03=0.45, A05=0.30),
        portfolio(CASH=60, A03=60),
        portfolio(A03=-10, CASH=110),
        {"weights": [{"symbol": "A03", "percent": 50}, {"symbol": "A03", "percent": 50}]},
        "I would buy A03.",
    ],
    ids=["too little", "fractions", "too much", "negative", "twice", "prose"],
)
def test_what_is_no_portfolio_is_refused_and_never_scaled(tmp_path: Path, answer: object) -> None:
    found, _ = ask(tmp_path, answer)
    assert found.weights is None and found.asked and found.cause


def test_the_record_says_what_is_wrong_so_that_the_repair_can_show_it() -> None:
    from pydantic import ValidationError

    from agents.methods.direct import ModelWeights

    with pytest.raises(ValidationError, match="sum to 70, not to 100; name CASH"):
        ModelWeights.model_validate(portfolio(CASH=25, A03=45))
    with pytest.raises(ValidationError, match="A03 named twice"):
        ModelWeights.model_validate({"weights": [{"symbol": "A03", "percent": 50}] * 2})


@pytest.mark.parametrize("name", ["TSLA", "A09", "a03", "A02"])
def test_a_name_that_was_not_offered_refuses_the_whole_answer(tmp_path: Path, name: str) -> None:
    """Not in the universe, struck by the client, misspelt, not tradable: no weight of it may go anywhere else."""
    eligible = np.array([symbol != "A02" for symbol in PANEL.symbols])
    found, _ = ask(tmp_path, portfolio(CASH=50, A05=25, **{name: 25}), eligible=eligible)
    assert found.weights is None and name in str(found.cause) and "not offered" in str(found.cause)
    assert name in str(found.raw)


def test_the_model_sees_figures_and_limits_but_no_word_of_the_client(tmp_path: Path) -> None:
    eligible = np.array([symbol != "A02" for symbol in PANEL.symbols])
    _, model = ask(tmp_path, portfolio(CASH=100), eligible=eligible)
    text = "\n".join(part for _, part in model.heard[0])
    assert "any one share or coin at most 8.0 %" in text and "group Energy at most 25.0 %" in text
    assert "momentum" in text and "share, Energy" in text
    assert "secret" not in text
    assert "A09" not in text and "A02" not in text


def test_without_a_model_it_says_so_and_proposes_nothing() -> None:
    found = allocate_directly(PANEL, UNIVERSE, MANDATE, TODAY, [], [], None)
    assert found.weights is None and not found.asked and "needs a language model" in str(found.cause)


def test_with_nothing_to_hold_no_model_is_asked(tmp_path: Path) -> None:
    found, model = ask(tmp_path, portfolio(CASH=100), eligible=np.zeros(len(PANEL.symbols), dtype=bool))
    assert found.weights is None and not found.asked and model.heard == []


def test_a_dead_endpoint_is_a_cause_and_no_error(tmp_path: Path) -> None:
    found, _ = ask(tmp_path)
    assert found.weights is None and found.asked and found.cause


def test_limits_on_positions_are_told_in_words() -> None:
    rules = MANDATE.model_copy(update={"most_positions": limit(10), "smallest_position": limit(0.02)})
    told = mandate_in_words(rules)
    assert "at most 10 positions beside cash" in told and "nothing or at least 2.0 %" in told
    assert "long term gain 75 %, capital preservation 25 %" in told
    assert "positions" not in mandate_in_words(MANDATE)


def test_panel_and_universe_must_be_of_the_same_assets() -> None:
    other = Universe(name="other", assets=ASSETS[1:])
    with pytest.raises(ValueError, match="different assets"):
        allocate_directly(PANEL, other, MANDATE, TODAY, [], [], None)
