"""Branches in the policy: joined by a gate, masked where unknown, survived where absent, the same live."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from portfolio.mandate import Mandate
from portfolio.market import MarketPanel
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.allocator import Allocator
from rl.branches.records import Branch
from rl.card import ModelCard, Verdict
from rl.checkpoint import weights_bytes
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble
from rl.environment import Market, market_of, take_days
from rl.networks import BranchDay, Day, NetworkShape, Policy
from rl.ppo import Learner, PPOConfig

SHAPE = NetworkShape(hidden=8, persona=4, experts=2, branches=(("momentum_of_ten", 2),))


@dataclass(frozen=True)
class TenDays:
    """A real little branch: the last ten days' return, and whether it rose."""

    name: str = "momentum_of_ten"
    width: int = 2
    lookback: int = 11

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        close = panel.close
        values = np.zeros((*close.shape, 2), dtype=np.float32)
        close = np.where(close > 0, close, np.nan)
        values[10:, :, 0] = np.round(close[10:] / close[:-10] - 1.0, 4)
        known = np.isfinite(values[..., 0]) & (np.arange(len(close)) >= 10)[:, None]
        values = np.where(known[..., None], values, 0.0).astype(np.float32)
        values[..., 1] = values[..., 0] > 0
        return Branch(self.name, values, known)

    def save(self, folder: Path) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory, universe: Universe) -> Market:
    return market_of(market_panel, score_history, (TenDays().describe(market_panel, universe),))


def opened(seed: int = 0) -> Policy:
    torch.manual_seed(seed)
    policy = Policy(SHAPE)
    torch.nn.init.normal_(policy.experts.weight)
    with torch.no_grad():
        policy.gates["momentum_of_ten"].fill_(2.0)
    return policy.requires_grad_(False)


def act(policy: Policy, day: Day) -> torch.Tensor:
    return policy.blend(policy.encode(day), draw_clients(3, torch.Generator().manual_seed(5)).vector())


def without(day: Day) -> Day:
    return replace(day, branches=())


def test_an_absent_branch_and_an_unknown_one_are_the_same(market: Market) -> None:
    day = take_days(market.day, torch.tensor([90, 120]))
    branch = day.branches[0]
    unknown = replace(day, branches=(BranchDay(branch.name, branch.values, torch.zeros_like(branch.known)),))
    policy = opened()
    torch.testing.assert_close(act(policy, unknown), act(policy, without(day)))
    assert not torch.allclose(act(policy, day), act(policy, without(day)))


def test_a_known_zero_is_not_unknown(market: Market) -> None:
    day = take_days(market.day, torch.tensor([90]))
    branch = day.branches[0]
    policy = opened()
    policy.get_parameter("branches.momentum_of_ten.bias").fill_(0.3)
    half = branch.known.clone()
    half[:, 0] = False
    zero = BranchDay(branch.name, torch.zeros_like(branch.values), branch.known)
    masked = BranchDay(branch.name, torch.zeros_like(branch.values), half)
    assert not torch.allclose(
        act(policy, replace(day, branches=(zero,))), act(policy, replace(day, branches=(masked,)))
    )


def test_a_gate_starts_nearly_closed_and_training_moves_it(market: Market) -> None:
    config = PPOConfig(shape=SHAPE, updates=3, paths=2, steps=6, clients=4, minibatches=2, epochs=2, branch_dropout=0.0)
    learner = Learner(config, market, torch.arange(40, len(market.dates) - 3), 0)
    start = learner.policy.openness()["momentum_of_ten"]
    assert 0.0 < start < 0.1
    for _ in range(3):
        learner.update()
    assert learner.policy.openness()["momentum_of_ten"] != start


def test_a_branch_of_another_width_or_length_is_refused(
    market: Market, market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    day = take_days(market.day, torch.tensor([90]))
    wide = replace(day, branches=(BranchDay("momentum_of_ten", torch.zeros(1, 8, 3), torch.ones(1, 8).bool()),))
    with pytest.raises(ValueError, match="the policy reads 2"):
        act(opened(), wide)
    short = Branch("momentum_of_ten", np.zeros((5, 8, 2), dtype=np.float32), np.ones((5, 8), dtype=np.bool_))
    with pytest.raises(ValueError, match="expected"):
        market_of(market_panel, score_history, (short,))


def test_a_branch_that_says_nan_is_known_is_refused(market_panel: MarketPanel, score_history: ScoreHistory) -> None:
    values = np.full((*market_panel.close.shape, 1), np.nan, dtype=np.float32)
    broken = Branch("x", values, np.ones(market_panel.close.shape, dtype=np.bool_))
    with pytest.raises(ValueError, match="not numbers"):
        market_of(market_panel, score_history, (broken,))


def test_live_branches_are_those_of_training_to_the_bit(
    market: Market, market_panel: MarketPanel, score_history: ScoreHistory, universe: Universe, mandate: Mandate
) -> None:
    gate = Verdict.model_construct(passed=True, reason="")
    allocator = Allocator(Ensemble((opened().double(),), 0.5), ModelCard.model_construct(gate=gate))
    whole = TenDays().describe(market_panel, universe)
    by_model = allocator.propose(market_panel, universe, score_history, mandate, branches=(TenDays(),))
    by_rows = allocator.propose(market_panel, universe, score_history, mandate, branches=(whole,))
    assert by_model == by_rows
    absent = allocator.propose(market_panel, universe, score_history, mandate)
    assert absent.weights != by_model.weights
    stranger = replace(whole, name="a stranger")
    assert allocator.propose(market_panel, universe, score_history, mandate, branches=(stranger,)) == absent


def test_weights_with_branches_are_written_to_the_same_bytes() -> None:
    assert weights_bytes(Ensemble((opened(1),), 0.5)) == weights_bytes(Ensemble((opened(1),), 0.5))


def test_two_branches_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two branches"):
        NetworkShape(branches=(("a", 1), ("a", 2)))
