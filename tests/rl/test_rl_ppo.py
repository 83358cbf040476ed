"""PPO: seeded to the bit, and able to find what is there to be found."""

from dataclasses import replace

import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble, advantage
from rl.environment import Market, market_of
from rl.networks import NetworkShape
from rl.ppo import Learner, PPOConfig

TINY = PPOConfig(
    shape=NetworkShape(hidden=8, persona=4, experts=2), updates=3, paths=2, steps=6, clients=4, minibatches=2, epochs=2
)


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


def trained(market: Market, config: PPOConfig, seed: int) -> Learner:
    learner = Learner(config, market, torch.arange(40, len(market.dates) - 3), seed)
    for _ in range(config.updates):
        learner.update()
    return learner


def test_the_same_seed_gives_the_same_weights_to_the_bit(market: Market) -> None:
    torch.manual_seed(1)
    first = trained(market, TINY, 0).policy.state_dict()
    torch.manual_seed(2)
    torch.rand(10)
    second = trained(market, TINY, 0).policy.state_dict()
    other = trained(market, TINY, 1).policy.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_training_leaves_torch_as_it_found_it(market: Market) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    threads = torch.get_num_threads()
    trained(market, TINY, 0)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads and not torch.are_deterministic_algorithms_enabled()


def test_it_learns_to_follow_a_persona_who_knows(market: Market) -> None:
    # The score is next month's growth itself: a planted oracle, which only a working learner finds.
    rank = (market.growth - market.growth.mean(dim=1, keepdim=True)).sign()
    heard = market.day.tradable.unsqueeze(1)
    score = torch.where(heard, rank.unsqueeze(1), torch.zeros(()))
    day = replace(market.day, score=score, confidence=heard.float(), heard=heard)
    told = replace(market, day=day)
    config = TINY.model_copy(
        update={"updates": 30, "paths": 8, "steps": 12, "clients": 8, "learning_rate": 5e-3, "persona_dropout": 0.0}
    )
    learner = trained(told, config, 0)
    clients = draw_clients(8, torch.Generator().manual_seed(9))
    days = torch.arange(40, len(market.dates) - 3)
    ahead = torch.cat(advantage(Ensemble((learner.policy,), config.action_range), told, days, clients, 0.001))
    assert float(ahead.mean()) * 12 > 0.01, "a percent a year at least, from perfect foresight"


def test_too_short_a_history_is_refused_in_words(market: Market) -> None:
    with pytest.raises(ValueError, match="no path of 6 months"):
        Learner(TINY, market, torch.arange(5), 0)
