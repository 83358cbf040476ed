"""The paper's game: top-K masked softmax, turnover paid, previous weights in the state; the same bits twice."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import MarketPanel
from rl.hybrid import HybridRules, earn, hybrid_market, ranked_weights, top_k_weights
from rl.hybrid_ppo import HybridLearner, HybridPPOConfig, Variant

RULES = HybridRules(min_days=30)
CONFIG = HybridPPOConfig(updates=2, paths=4, steps=16, epochs=2, batch=32, hidden=8)
VARIANTS = tuple(Variant(top, seed, forecasts) for seed in (0, 1) for top in (2, 30) for forecasts in (False, True))


@settings(deadline=None, derandomize=True)
@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.floats(-20, 20), st.booleans()), min_size=1, max_size=7),
    st.floats(0.0, 0.4),
)
def test_weights_sum_to_one_over_at_most_k_eligible_assets(
    top: int, assets: list[tuple[float, bool]], threshold: float
) -> None:
    action = torch.tensor([a for a, _ in assets], dtype=torch.float64)
    eligible = torch.tensor([e for _, e in assets])
    weights = top_k_weights(action, eligible, torch.tensor([top]), threshold)
    assert not weights[~eligible].any()
    assert int((weights > 0).sum()) <= top
    assert float(weights.sum()) == pytest.approx(1.0 if eligible.any() else 0.0)
    held = weights[weights > 0]
    assert len(held) <= 1 or float(held.min()) >= threshold


def test_the_k_largest_actions_are_held_in_the_proportions_of_their_softmax() -> None:
    action = torch.tensor([0.0, 1.0, 2.0, 3.0])
    weights = top_k_weights(action, torch.tensor([True, True, True, False]), torch.tensor([2]), 0.0)
    expected = torch.softmax(torch.tensor([1.0, 2.0]), dim=0)
    torch.testing.assert_close(weights, torch.tensor([0.0, float(expected[0]), float(expected[1]), 0.0]))


def test_a_reward_is_the_log_of_growth_after_the_cost_of_all_that_was_traded(market_panel: MarketPanel) -> None:
    market = hybrid_market(market_panel, RULES)
    row = torch.tensor(600)
    before = torch.tensor([0.5, 0.5, 0, 0, 0, 0, 0, 0])
    weights = torch.tensor([0.0, 0.5, 0.5, 0, 0, 0, 0, 0])
    reward, drifted = earn(market, row, before, weights)
    close = market_panel.close
    growth = close[605] / close[600]
    wealth = 0.5 * growth[1] + 0.5 * growth[2]
    assert float(reward) == pytest.approx(np.log(wealth * (1 - 0.001 * 1.0)) - 1e-4 * 2 / 8, abs=1e-6)
    assert float(drifted[1]) == pytest.approx(0.5 * growth[1] / wealth, abs=1e-6)


def test_later_prices_move_nothing_that_is_seen(market_panel: MarketPanel) -> None:
    close = market_panel.close.copy()
    close[801:] *= 3.0
    mine, other = hybrid_market(market_panel, RULES), hybrid_market(replace(market_panel, close=close), RULES)
    assert torch.equal(mine.recent[:801], other.recent[:801])
    assert torch.equal(mine.eligible[:801], other.eligible[:801])
    assert not torch.equal(mine.growth[:801], other.growth[:801])


def test_an_asset_is_held_only_once_it_has_its_days_of_history(market_panel: MarketPanel) -> None:
    market = hybrid_market(market_panel, HybridRules(min_days=126))
    assert not market.eligible[: 500 + 125, 1].any()
    assert market.eligible[500 + 125, 1]


def test_the_forecaster_alone_holds_equal_shares_of_what_it_ranks_first() -> None:
    expected = np.array([[0.01, np.nan, 0.03, 0.02], [0.01, 0.02, 0.0, 0.0]])
    eligible = np.array([[True, True, False, True], [False, False, False, False]])
    weights = ranked_weights(expected, eligible, 2)
    np.testing.assert_array_equal(weights, [[0.5, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(ranked_weights(expected, eligible, 1)[0], [0.0, 0.0, 0.0, 1.0])


def learned(
    panel: MarketPanel, forecast: torch.Tensor, variants: tuple[Variant, ...], last: int = 1000
) -> HybridLearner:
    learner = HybridLearner(CONFIG, hybrid_market(panel, RULES), forecast, variants, 60, last)
    learner.train(lambda done: None)
    return learner


def test_the_same_training_twice_gives_the_same_bits_and_none_depends_on_its_neighbours(
    market_panel: MarketPanel,
) -> None:
    forecast = torch.randn(2, *market_panel.close.shape, generator=torch.Generator().manual_seed(1))
    rows = np.arange(1000, 1200, 5)
    one, two = learned(market_panel, forecast, VARIANTS), learned(market_panel, forecast, VARIANTS)
    for name, value in one.weights.items():
        assert torch.equal(value, two.weights[name])
    decided = one.decide(rows)
    assert torch.equal(decided, two.decide(rows))
    alone = learned(market_panel, forecast, VARIANTS[:1])
    torch.testing.assert_close(alone.decide(rows)[0], decided[0], atol=1e-4, rtol=0)


def test_later_prices_move_no_trained_weight(market_panel: MarketPanel) -> None:
    forecast = torch.zeros(2, *market_panel.close.shape)
    close = market_panel.close.copy()
    close[1001:] *= np.random.default_rng(1).uniform(0.5, 2.0, close[1001:].shape)
    mine, other = (
        learned(panel, forecast, VARIANTS, last=1000) for panel in (market_panel, replace(market_panel, close=close))
    )
    for name, value in mine.weights.items():
        assert torch.equal(value, other.weights[name])


def test_only_the_hybrid_reads_forecasts(market_panel: MarketPanel) -> None:
    random = torch.Generator().manual_seed(1)
    shape = (2, *market_panel.close.shape)
    first, second = (learned(market_panel, torch.randn(shape, generator=random), VARIANTS) for _ in range(2))
    rows = np.arange(1000, 1100, 5)
    same = (first.decide(rows) == second.decide(rows)).flatten(1).all(dim=1)
    assert same.tolist() == [not variant.forecasts for variant in VARIANTS]


def test_a_forecast_that_is_right_is_used(market_panel: MarketPanel) -> None:
    market = hybrid_market(market_panel, RULES)
    forecast = (50.0 * (market.growth - 1.0)).clamp(-3, 3).unsqueeze(0)
    config = HybridPPOConfig(updates=25, paths=16, steps=16, epochs=6, batch=64, hidden=16, learning_rate=3e-3)
    variants = (Variant(2, 0, False), Variant(2, 0, True))
    learner = HybridLearner(config, market, forecast, variants, 60, 1100)
    learner.train(lambda done: None)
    rows = np.arange(1100, 1500, 5)
    weights = learner.decide(rows)
    earned = ((weights * market.growth[rows]).sum(dim=-1) + 1.0 - weights.sum(dim=-1)).log().sum(dim=-1)
    assert float(earned[1]) > float(earned[0]) + 0.2


def test_too_short_a_training_says_so(market_panel: MarketPanel) -> None:
    market = hybrid_market(market_panel, RULES)
    with pytest.raises(ValueError, match="give more history"):
        HybridLearner(CONFIG, market, torch.zeros(2, *market_panel.close.shape), VARIANTS, 60, 100)
