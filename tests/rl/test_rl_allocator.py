"""From scores and a mandate to a proposal, live: gates, fallbacks, coalitions, odd markets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from portfolio.mandate import ExcludedAsset, Mandate
from portfolio.market import MarketPanel
from portfolio.profile import Exclusion, Objective
from portfolio.records import CASH
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.allocator import Allocator, AllocatorUnavailable, baseline_proposal, shipped
from rl.card import ModelCard, Verdict
from rl.checkpoint import read
from rl.ensemble import Ensemble
from rl.networks import NetworkShape, Policy


def allocator_of(passed: bool, seeds: int = 2) -> Allocator:
    """A policy with random experts, and a card whose gate is open or shut."""
    members = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        member = Policy(NetworkShape())
        torch.nn.init.normal_(member.experts.weight)
        members.append(member.double().eval().requires_grad_(False))
    gate = Verdict(
        passed=passed,
        rule="the test's own",
        reason="the test's own verdict: -0.1 % a year",
        validation_advantage=0.01,
        test_advantage=-0.001,
        test_low=-0.002,
        test_high=0.001,
        seeds_ahead=5,
        seeds=5,
    )
    return Allocator(Ensemble(tuple(members), 0.5), ModelCard.model_construct(gate=gate))


def test_weights_sum_to_one_and_nothing_is_short(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    proposal = allocator_of(True).propose(market_panel, universe, score_history, mandate)
    assert proposal.method == "policy" and proposal.gate is None
    assert sum(proposal.weights.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(proposal.weights.values()) >= 0.0
    assert tuple(proposal.weights) == (*universe.symbols, CASH)
    assert proposal.weights[CASH] >= 0.1 - 1e-12, "the risk-asset cap of 0.9 holds already"
    assert proposal.weights != proposal.baseline


def test_a_shut_gate_recommends_the_baseline_and_says_why(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    shut = allocator_of(False)
    proposal = shut.propose(market_panel, universe, score_history, mandate)
    assert proposal.method == "baseline" and proposal.weights == proposal.baseline
    assert proposal.gate is not None and "-0.1 % a year" in proposal.gate
    assert "may be below zero (10th percentile -0.20% a year)" in proposal.gate, "the failed test comes first"
    asked = shut.propose(market_panel, universe, score_history, mandate, gate=False)
    assert asked.method == "policy" and asked.weights == proposal.policy_weights != proposal.baseline


def test_no_tilt_is_the_baseline_to_the_bit(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    card = ModelCard.model_construct(gate=Verdict.model_construct(passed=True, reason=""))
    untrained = Allocator(Ensemble((Policy(NetworkShape()).double(),), 0.5), card)
    proposal = untrained.propose(market_panel, universe, score_history, mandate)
    assert proposal.weights == proposal.baseline
    assert proposal.baseline == baseline_proposal(market_panel, universe, mandate, "no policy").weights


def test_the_past_alone_decides(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    close, score = market_panel.close.copy(), score_history.score.copy()
    close[1101:] *= 3.0
    score[:, 1101:] *= -1.0
    now = allocator_of(True).propose(market_panel.window(0, 1101), universe, _until(score_history, 1101), mandate)
    changed = replace(market_panel, close=close).window(0, 1101)
    later = allocator_of(True).propose(changed, universe, _until(replace(score_history, score=score), 1101), mandate)
    assert now == later


def test_everyone_heard_is_the_proposal_and_coalitions_do_not_depend_on_their_company(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    allocator = allocator_of(True)
    masks = np.array([[bool(code >> place & 1) for place in range(3)] for code in range(8)])
    together = allocator.propose_coalitions(market_panel, universe, score_history, mandate, masks)
    for mask, weights in zip(masks, together, strict=True):
        alone = allocator.propose(market_panel, universe, score_history, mandate, persona_mask=mask)
        np.testing.assert_allclose(list(alone.weights.values()), weights, atol=1e-12)
    assert not np.allclose(together[0], together[-1]), "personas move weights"


def test_with_the_gate_shut_every_coalition_is_the_baseline(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    masks = np.array([[False, False, False], [True, True, True]])
    rows = allocator_of(False).propose_coalitions(market_panel, universe, score_history, mandate, masks)
    base = list(baseline_proposal(market_panel, universe, mandate, "").weights.values())
    assert rows.tolist() == [base, base]


def test_a_persona_can_be_plugged_in_with_no_retraining(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    more = ScoreHistory(
        (*score_history.personas, "newcomer"),
        np.concatenate([score_history.score, -score_history.score[:1]]),
        np.concatenate([score_history.confidence, score_history.confidence[:1]]),
        np.concatenate([score_history.mask, score_history.mask[:1]]),
    )
    allocator = allocator_of(True)
    with_it = allocator.propose(market_panel, universe, more, mandate)
    mask = np.array([True, True, True, False])
    without = allocator.propose(market_panel, universe, more, mandate, persona_mask=mask)
    assert with_it.weights != without.weights


def test_excluded_and_delisted_assets_are_not_held_and_a_leaning_is_bounded(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    no_a = ExcludedAsset(exclusion=Exclusion(kind="symbol", key="A"), symbols=("A",), note="as asked")
    growth = {Objective.LONG_TERM_GAIN: 1.0}
    asked = mandate.model_copy(update={"exclusions": (no_a,), "leanings": {"B": 1.0}, "objective_mix": growth})
    proposal = allocator_of(True).propose(market_panel, universe, score_history, asked)
    assert proposal.weights["A"] == 0.0 and proposal.weights["C"] == 0.0
    assert proposal.baseline["B"] / proposal.baseline["D"] == pytest.approx(np.exp(0.5))


def test_a_wish_to_preserve_capital_moves_the_sleeve_to_calm_assets_a_bounded_way(
    market_panel: MarketPanel, universe: Universe, mandate: Mandate
) -> None:
    def sleeve(objective: Objective) -> dict[str, float]:
        asked = mandate.model_copy(update={"objective_mix": {objective: 1.0}})
        return baseline_proposal(market_panel, universe, asked, "").baseline

    calm, plain = sleeve(Objective.CAPITAL_PRESERVATION), sleeve(Objective.LONG_TERM_GAIN)
    held = [symbol for symbol in universe.symbols if plain[symbol] > 0]
    assert len({round(plain[symbol], 12) for symbol in held}) == 1, "without the wish it is equal weight"
    variance = dict(zip(universe.symbols, np.nanvar(market_panel.returns()[-757:], axis=0), strict=True))
    assert max(held, key=lambda s: calm[s]) == min(held, key=lambda s: variance[s])
    assert max(calm[s] for s in held) / min(calm[s] for s in held) <= np.exp(2.0) + 1e-9


def test_bond_funds_may_fill_what_the_risk_asset_cap_leaves(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    bonds = ("A", "B", "D", "E")
    assets = tuple(
        asset.model_copy(update={"asset_class": "bond_fund"}) if asset.symbol in bonds else asset
        for asset in universe.assets
    )
    calm = mandate.model_copy(
        update={
            "risk_asset_cap": mandate.risk_asset_cap.model_copy(update={"value": 0.3}),
            "volatility_cap": mandate.volatility_cap.model_copy(update={"value": 0.5}),
        }
    )
    weights = baseline_proposal(market_panel, Universe(name="mixed", assets=assets), calm, "asked for").weights
    assert sum(weights[symbol] for symbol in universe.symbols if symbol not in bonds) == pytest.approx(0.3)
    assert sum(weights[symbol] for symbol in bonds) > 0.3


def test_with_nothing_to_hold_all_is_cash_and_the_reason_is_given(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    early = allocator_of(True).propose(market_panel.window(0, 30), universe, _until(score_history, 30), mandate)
    assert early.weights[CASH] == 1.0 and early.method == "baseline"
    assert early.gate is not None and "63 daily returns" in early.gate


def test_where_the_last_month_is_missing_only_what_still_trades_is_held(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    close = market_panel.close.copy()
    close[-21:, [0, 3]] = np.nan
    some = allocator_of(True).propose(replace(market_panel, close=close), universe, score_history, mandate)
    assert some.weights["A"] == some.weights["D"] == 0.0 and some.weights["B"] > 0.0
    assert np.isfinite(list(some.weights.values())).all()
    close[-21:] = np.nan
    gone = allocator_of(True).propose(replace(market_panel, close=close), universe, score_history, mandate)
    assert gone.weights[CASH] == 1.0


def test_a_universe_of_one_asset_is_that_asset_and_cash(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    one = Universe(name="one", assets=universe.assets[:1])
    scores = ScoreHistory(
        score_history.personas, score_history.score[..., :1], score_history.confidence[..., :1],
        score_history.mask[..., :1],
    )  # fmt: skip
    proposal = allocator_of(True).propose(market_panel.select(("A",)), one, scores, mandate)
    assert proposal.weights == proposal.baseline and 0 < proposal.weights["A"] < 1


def test_with_no_persona_at_all_prices_still_speak(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    nobody = ScoreHistory((), score_history.score[:0], score_history.confidence[:0], score_history.mask[:0])
    proposal = allocator_of(True).propose(market_panel, universe, nobody, mandate)
    unheard = allocator_of(True).propose(
        market_panel, universe, score_history, mandate, persona_mask=np.zeros(3, dtype=np.bool_)
    )
    assert list(proposal.weights.values()) == pytest.approx(list(unheard.weights.values()), abs=1e-12)
    assert proposal.weights != proposal.baseline


def test_panel_and_universe_of_different_assets_are_refused(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    with pytest.raises(ValueError, match="different assets"):
        allocator_of(True).propose(market_panel.select(("B", "A")), universe, score_history, mandate)


def test_a_missing_checkpoint_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(AllocatorUnavailable, match="no allocator checkpoint") as caught:
        Allocator.load(tmp_path / "nowhere")
    assert "quorum train" in caught.value.remedy


@pytest.mark.parametrize("name", ["weights.safetensors", "card.json"])
def test_a_corrupt_checkpoint_is_named_with_a_remedy(tmp_path: Path, name: str) -> None:
    for path in sorted(path for path in shipped().iterdir() if path.is_file()):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(AllocatorUnavailable):
        Allocator.load(tmp_path)


def test_the_shipped_checkpoint_loads_and_is_small() -> None:
    ensemble, card = read(shipped())
    assert len(ensemble.members) == len(card.seeds) >= 5
    assert sum(path.stat().st_size for path in shipped().iterdir()) < 2_000_000
    assert {figure.strategy for figure in card.figures} >= {"policy (ensemble)", "baseline: equal weight"}


def _until(scores: ScoreHistory, stop: int) -> ScoreHistory:
    return ScoreHistory(scores.personas, scores.score[:, :stop], scores.confidence[:, :stop], scores.mask[:, :stop])
