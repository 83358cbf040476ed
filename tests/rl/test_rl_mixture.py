"""Experts: grafting keeps what is better and says why; collapse, routing and conflict are measured."""

import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.profile import OBJECTIVES
from portfolio.views import ScoreHistory
from rl.diagnostics import REGIMES, expert_collapse, gradient_conflict, router_usage
from rl.environment import Market, market_of
from rl.grafting import graft
from rl.networks import NetworkShape, Policy
from rl.ppo import Learner, PPOConfig
from rl.router import EXPERTS

TINY = PPOConfig(
    shape=NetworkShape(hidden=8, persona=4, expert_hidden=4, intent=True),
    updates=4,
    paths=2,
    steps=6,
    clients=6,
    minibatches=2,
    epochs=2,
    learning_rate=5e-3,
)
TRAIN, VALID = torch.arange(40, 150), torch.arange(150, 220)


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


@pytest.fixture(scope="module")
def joint(market: Market) -> Policy:
    learner = Learner(TINY, market, TRAIN, 0)
    for _ in range(4):
        learner.update()
    return learner.policy


def test_grafting_never_makes_a_familys_validation_worse_and_says_what_it_did(market: Market, joint: Policy) -> None:
    before = {name: value.clone() for name, value in joint.state_dict().items()}
    policy, report = graft(joint, TINY, market, TRAIN, ((market, VALID),), 0, updates=2)
    assert all(torch.equal(before[name], value) for name, value in joint.state_dict().items()), "joint is left alone"
    assert tuple(trial.expert for trial in report.grafts) == EXPERTS
    for place, trial in enumerate(report.grafts):
        assert trial.grafted == (trial.alone > trial.joint)
        moved = not torch.equal(policy.experts.weight[place], before["experts.weight"][place])
        assert moved == trial.grafted, trial.reason
    for name, value in policy.state_dict().items():
        if name.startswith(("asset.", "mixer.", "router.", "persona.")):
            assert torch.equal(value, before[name]), "encoder and router are those of the joint training"


def test_grafting_is_seeded_to_the_bit(market: Market, joint: Policy) -> None:
    (first, one), (second, two) = (
        graft(joint, TINY, market, TRAIN, ((market, VALID),), 1, updates=1) for _ in range(2)
    )
    assert one == two
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )


def test_experts_without_families_cannot_be_grafted(market: Market) -> None:
    with pytest.raises(ValueError, match="have families"):
        graft(Policy(NetworkShape()), TINY, market, TRAIN, ((market, VALID),), 0, updates=1)


def test_experts_that_say_the_same_have_cosine_one_and_opposite_ones_minus_one(market: Market) -> None:
    torch.manual_seed(0)
    policy = Policy(NetworkShape(hidden=8, experts=2)).requires_grad_(False)
    torch.nn.init.normal_(policy.experts.weight)
    policy.experts.weight[1] = 3.0 * policy.experts.weight[0]
    assert expert_collapse(policy, market, VALID).mean == pytest.approx(1.0, abs=1e-5)
    policy.experts.weight[1] *= -1.0
    assert expert_collapse(policy, market, VALID).mean == pytest.approx(-1.0, abs=1e-5)


def test_usage_is_shares_and_entropy_between_none_and_all(market: Market, joint: Policy) -> None:
    usage = router_usage(joint, market, VALID)
    assert set(usage.by_objective) == {objective.value for objective in OBJECTIVES}
    assert set(usage.by_regime) <= set(REGIMES)
    for shares in (*usage.by_objective.values(), *usage.by_regime.values()):
        assert sum(shares) == pytest.approx(1.0, abs=1e-5)
    assert 0.0 < usage.entropy < 1.0 and 0.0 < usage.spread < 1.0
    assert usage.by_objective["capital_preservation"][2] == max(usage.by_objective["capital_preservation"])


def test_conflict_is_a_table_of_cosines_and_asking_twice_gives_the_same(market: Market, joint: Policy) -> None:
    first, again = (gradient_conflict(joint, TINY, market, TRAIN, rollouts=2) for _ in range(2))
    assert first == again and first.experts == 4
    for place in range(6):
        assert first.cosines[place][place] == pytest.approx(1.0)
    assert 0.0 <= first.negative_share <= 1.0
    # Tax-loss harvesting asks for the same as long-term gain where no taxes are simulated, but another expert answers.
    assert first.cosines[2][4] < 1.0
    one = Policy(NetworkShape(hidden=8, persona=4, experts=1))
    torch.nn.init.normal_(one.experts.weight)
    single = gradient_conflict(one, TINY, market, TRAIN, rollouts=1)
    assert single.cosines[2][4] == pytest.approx(1.0, abs=1e-3), "one expert answers both alike"
