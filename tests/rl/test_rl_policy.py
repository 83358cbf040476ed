"""The network: one encoder for every asset, personas as a set, nothing learned means the baseline."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from rl.conditioning import CLIENT_FEATURES, draw_clients
from rl.environment import Market, market_of, take_days
from rl.networks import Day, NetworkShape, Policy
from rl.rewards import differential_sharpe, log_return, mean_variance, utility


@pytest.fixture(scope="module")
def day(market_panel: MarketPanel, score_history: ScoreHistory) -> Day:
    return take_days(market_of(market_panel, score_history).day, torch.tensor([90, 120, 150]))


@pytest.fixture(scope="module")
def policy() -> Policy:
    torch.manual_seed(1)
    made = Policy(NetworkShape())
    torch.nn.init.normal_(made.experts.weight)
    return made.eval().requires_grad_(False)


def act(policy: Policy, day: Day) -> torch.Tensor:
    client = draw_clients(4, torch.Generator().manual_seed(5)).vector()
    return policy.blend(policy.encode(day), client)


def test_an_untrained_policy_tilts_nothing(day: Day) -> None:
    assert not act(Policy(NetworkShape()), day).any()


def test_assets_may_change_places_and_their_actions_go_with_them(policy: Policy, day: Day) -> None:
    order = torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])
    moved = Day(
        day.asset[:, order], day.market, day.tradable[:, order],
        day.score[:, :, order], day.confidence[:, :, order], day.heard[:, :, order],
    )  # fmt: skip
    torch.testing.assert_close(act(policy, moved), act(policy, day)[:, :, order], atol=1e-5, rtol=1e-4)


def test_personas_are_a_set(policy: Policy, day: Day) -> None:
    order = torch.tensor([2, 0, 1])
    moved = replace(day, score=day.score[:, order], confidence=day.confidence[:, order], heard=day.heard[:, order])
    torch.testing.assert_close(act(policy, moved), act(policy, day), atol=1e-5, rtol=1e-4)


def test_a_masked_view_is_not_a_neutral_view(policy: Policy, day: Day) -> None:
    neutral = replace(day, score=day.score.clone(), confidence=day.confidence.clone(), heard=day.heard.clone())
    neutral.score[:, 0], neutral.confidence[:, 0], neutral.heard[:, 0] = 0.0, 0.5, True
    masked = replace(neutral, heard=neutral.heard.clone())
    masked.heard[:, 0] = False
    assert not torch.allclose(act(policy, neutral), act(policy, masked))


def test_what_a_masked_view_holds_cannot_be_seen(policy: Policy, day: Day) -> None:
    heard = day.heard.clone()
    heard[:, 1] = False
    loud = replace(day, heard=heard, score=day.score.clone())
    loud.score[:, 1] = 0.9
    assert torch.equal(act(policy, loud), act(policy, replace(day, heard=heard)))


def test_one_encoding_serves_every_client(policy: Policy, day: Day) -> None:
    clients = draw_clients(6, torch.Generator().manual_seed(2)).vector()
    together = policy.blend(policy.encode(day), clients)
    alone = torch.cat([policy.blend(policy.encode(day), clients[place : place + 1]) for place in range(6)], dim=1)
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)
    assert clients.shape == (6, len(CLIENT_FEATURES))


def test_differential_sharpe_rewards_gain_and_punishes_loss() -> None:
    net = torch.full((1, 30, 1), 0.01)
    net[:, ::2] = 0.005
    up, down = net.clone(), net.clone()
    up[:, 25], down[:, 25] = 0.012, -0.05
    assert float(differential_sharpe(up)[0, 25, 0]) > float(differential_sharpe(down)[0, 25, 0])


def test_rewards_follow_their_formulas() -> None:
    net = torch.tensor([[[0.02]], [[-0.03]]])
    np.testing.assert_allclose(log_return(net).flatten(), np.log1p([0.02, -0.03]), rtol=1e-5)
    np.testing.assert_allclose(
        mean_variance(net, torch.tensor(4.0)).flatten(), [0.02 - 2 * 0.0004, -0.03 - 2 * 0.0009], rtol=1e-5
    )
    mix = torch.zeros(1, 1, 1, 6)
    mix[..., 3] = 1.0  # capital preservation: half growth, variance and downside in full
    got = utility(net, torch.zeros_like(net), torch.tensor([[[4.0]]]), mix)
    np.testing.assert_allclose(float(got[1]), 0.5 * np.log1p(-0.03) - 2 * 0.0009 - 2 * 0.0009, rtol=1e-5)


def test_scores_of_other_days_than_the_panels_are_refused(
    market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    with pytest.raises(ValueError, match="scores are"):
        market_of(market_panel.window(0, 900), score_history)


def test_growth_of_a_period_is_the_price_ratio_of_its_ends(
    market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    market: Market = market_of(market_panel, score_history)
    place = 100
    row = int(np.searchsorted(market_panel.dates, market.dates[place]))
    expected = market_panel.close[row + 21, 0] / market_panel.close[row, 0]
    assert float(market.growth[place, 0]) == pytest.approx(expected, rel=1e-6)
