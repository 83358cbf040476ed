"""The learner: interrupted and continued, on many universes, on odd markets, with every reward."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.profile import OBJECTIVES, Objective
from portfolio.views import ScoreHistory
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble, walk
from rl.environment import Market, market_of
from rl.networks import NetworkShape
from rl.ppo import Learner, PPOConfig
from rl.rewards import RewardName, differential_sharpe, drawdown_penalised, log_return
from rl.router import FAMILIES

TINY = PPOConfig(
    shape=NetworkShape(hidden=8, persona=4, expert_hidden=4, intent=True),
    updates=4,
    paths=2,
    steps=6,
    clients=4,
    minibatches=2,
    epochs=2,
)


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


def days_of(market: Market) -> torch.Tensor:
    return torch.arange(40, len(market.dates) - 3)


def weights(learner: Learner) -> list[torch.Tensor]:
    return [value.clone() for value in learner.policy.state_dict().values()]


def part(panel: MarketPanel, scores: ScoreHistory, places: list[int]) -> Market:
    symbols = tuple(panel.symbols[place] for place in places)
    fewer = ScoreHistory(
        scores.personas, scores.score[..., places], scores.confidence[..., places], scores.mask[..., places]
    )
    return market_of(panel.select(symbols), fewer)


def all_finite(learner: Learner) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in learner.policy.state_dict().values())


def test_an_interrupted_training_taken_up_again_gives_the_same_bits(market: Market) -> None:
    whole = Learner(TINY, market, days_of(market), 3)
    for _ in range(4):
        whole.update()
    first = Learner(TINY, market, days_of(market), 3)
    first.update(), first.update()
    second = Learner(TINY, market, days_of(market), 3)
    second.load_state(first.state())
    assert second.updates_done == 2
    reports = [second.update(), second.update()]
    assert [report.update for report in reports] == [3, 4]
    assert all(torch.equal(one, other) for one, other in zip(weights(whole), weights(second), strict=True))


def test_a_state_of_another_network_is_refused(market: Market) -> None:
    other = Learner(TINY.model_copy(update={"shape": NetworkShape()}), market, days_of(market), 0)
    with pytest.raises(RuntimeError):
        Learner(TINY, market, days_of(market), 0).load_state(other.state())


def test_rollouts_take_several_universes_in_turn(
    market: Market, market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    small = part(market_panel, score_history, [0, 3, 5])
    both = Learner(TINY, (market, small), (days_of(market), days_of(small)), 0)
    alone = Learner(TINY, market, days_of(market), 0)
    both.update(), alone.update()
    assert all(torch.equal(one, other) for one, other in zip(weights(both), weights(alone), strict=True))
    both.update(), alone.update()
    assert any(not torch.equal(one, other) for one, other in zip(weights(both), weights(alone), strict=True))


def test_markets_and_days_must_be_as_many(market: Market) -> None:
    with pytest.raises(ValueError, match="one set for each"):
        Learner(TINY, (market, market), (days_of(market),), 0)


@pytest.mark.parametrize("name", get_args(RewardName))
def test_every_reward_trains(market: Market, name: RewardName) -> None:
    learner = Learner(TINY.model_copy(update={"reward": name, "objective": "one"}), market, days_of(market), 0)
    learner.update()
    assert all_finite(learner)


def test_a_universe_of_one_asset_is_survived(market_panel: MarketPanel, score_history: ScoreHistory) -> None:
    one = part(market_panel, score_history, [0])
    learner = Learner(TINY, one, days_of(one), 0)
    report = learner.update()
    assert all_finite(learner) and report.reward == pytest.approx(0.0, abs=1e-5), "one asset has nothing to tilt"


def test_a_universe_of_no_asset_is_survived(market_panel: MarketPanel, score_history: ScoreHistory) -> None:
    none = part(market_panel, score_history, [])
    learner = Learner(TINY, none, days_of(none), 0)
    assert learner.update().reward == 0.0 and all_finite(learner)


def test_days_with_nothing_to_hold_are_survived(market: Market) -> None:
    empty = replace(market, eligible=torch.zeros_like(market.eligible))
    learner = Learner(TINY, empty, days_of(empty), 0)
    assert learner.update().reward == 0.0 and all_finite(learner)


def test_an_asset_delisted_mid_episode_a_hole_and_a_zero_price_are_survived(market: Market) -> None:
    # The made-up market delists C at row 1200, has a missing month in E and a zero price in F: all lie in these days.
    learner = Learner(TINY.model_copy(update={"steps": 24, "paths": 4}), market, torch.arange(110, 200), 0)
    learner.update(), learner.update()
    assert all_finite(learner)


def test_a_price_of_nan_everywhere_for_one_asset_is_survived(
    market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    close = market_panel.close.copy()
    close[:, 6] = np.nan
    gone = market_of(replace(market_panel, close=close), score_history)
    learner = Learner(TINY, gone, days_of(gone), 0)
    learner.update()
    assert all_finite(learner) and not gone.eligible[:, 6].any()


def test_a_named_sleeve_is_the_baseline_and_the_tilt_stands_on_it(
    market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    plain = market_of(market_panel, score_history)
    calm = market_of(market_panel, score_history, sleeve="inverse_volatility")
    assert not plain.sleeve.any() and bool(calm.sleeve.any())
    place = torch.tensor([100])
    held = calm.eligible[100]
    share = torch.exp(calm.sleeve[100]) * held
    volatility = calm.covariance[100].diagonal().sqrt()
    torch.testing.assert_close((share / share.sum())[held], (1 / volatility[held]) / (1 / volatility[held]).sum())
    clients = draw_clients(3, torch.Generator().manual_seed(1))
    untrained = Ensemble((Learner(TINY, calm, days_of(calm), 0).policy,), 0.5)
    own, base = (walk(choice, calm, place, clients, 0.001) for choice in (untrained, None))
    assert torch.equal(own.net, base.net)
    assert not torch.equal(base.net, walk(None, plain, place, clients, 0.001).net)


def test_an_episode_has_one_objective_or_a_mix_of_those_allowed() -> None:
    def drawn(**choice: object) -> torch.Tensor:
        return draw_clients(300, torch.Generator().manual_seed(2), **choice).objectives  # type: ignore[arg-type]

    one, family = drawn(objective="one"), drawn(among=FAMILIES["momentum"])
    assert set(one.flatten().tolist()) == {0.0, 1.0} and bool((one.sum(dim=0) > 20).all())
    barred = [place for place, objective in enumerate(OBJECTIVES) if objective not in FAMILIES["momentum"]]
    assert not family[:, barred].any()
    torch.testing.assert_close(family.sum(dim=-1), torch.ones(300))
    assert bool((drawn(among=(Objective.LONG_TERM_GAIN,))[:, 2] == 1.0).all())


def test_deepening_drawdown_is_charged_once_and_recovery_is_not() -> None:
    net = torch.tensor([0.10, -0.20, -0.10, 0.05, 0.30]).view(1, 5, 1)
    charge = (log_return(net) - drawdown_penalised(net, 1.0)).flatten()
    np.testing.assert_allclose(charge, [0.0, 0.20, 0.08, 0.0, 0.0], atol=1e-6)


def test_differential_sharpe_adds_up_to_about_the_ratio() -> None:
    random = torch.Generator().manual_seed(0)
    net = 0.01 + 0.04 * torch.randn(1, 600, 1, generator=random)
    total = float(differential_sharpe(net, 1 / 200).sum())
    assert total == pytest.approx(float(net.mean() / net.std()), abs=0.15)
