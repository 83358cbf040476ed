"""What holding weights earns: drift, costs, risk targets; the batch against a plain loop."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from rl.baseline import tilted, to_risk
from rl.environment import full_growth, hold, market_of, weights_of

COST = 0.002


def test_a_batch_earns_what_a_loop_over_days_and_portfolios_earns() -> None:
    random = torch.Generator().manual_seed(0)
    raw = torch.rand(2, 5, 3, 5, generator=random, dtype=torch.float64)
    weights, start = raw / raw.sum(-1, keepdim=True), torch.full((2, 3, 5), 0.2, dtype=torch.float64)
    growth = 0.9 + 0.2 * torch.rand(2, 5, 1, 5, generator=random, dtype=torch.float64)
    got = hold(weights, growth, start, COST)
    for path in range(2):
        for client in range(3):
            held = start[path, client].numpy()
            for step in range(5):
                target, factor = weights[path, step, client].numpy(), growth[path, step, 0].numpy()
                change = np.abs(target - held)
                net = (1 - COST * change[:-1].sum()) * (target @ factor) - 1
                assert float(got.net[path, step, client]) == pytest.approx(net, abs=1e-12)
                assert float(got.turnover[path, step, client]) == pytest.approx(0.5 * change.sum(), abs=1e-12)
                held = target * factor / (target @ factor)


def test_holding_what_has_drifted_costs_nothing() -> None:
    growth = torch.tensor([[[[1.1, 0.9, 1.0]], [[1.0, 1.0, 1.0]]]])
    first = torch.tensor([0.5, 0.3, 0.2])
    drifted = first * growth[0, 0, 0] / (first * growth[0, 0, 0]).sum()
    got = hold(torch.stack([first, drifted]).view(1, 2, 1, 3), growth, first.view(1, 1, 3), COST)
    assert float(got.turnover.sum()) == pytest.approx(0.0, abs=1e-6)
    assert float(got.net[0, 1, 0]) == pytest.approx(0.0, abs=1e-6)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    seed=st.integers(0, 10_000),
    volatility=st.floats(0.01, 0.4),
    largest=st.floats(0.0, 1.0),
    bound=st.floats(0.0, 2.0),
)
def test_training_and_serving_turn_a_tilt_into_the_same_weights(
    seed: int, volatility: float, largest: float, bound: float
) -> None:
    random = np.random.default_rng(seed)
    factor = random.normal(0, 0.1, (6, 6))
    cov, held = factor @ factor.T + 0.01 * np.eye(6), random.random(6) < 0.7
    held[0] = True
    tilt = bound * random.uniform(-1, 1, 6)
    served = to_risk(tilted(held, tilt), cov, volatility, largest)
    trained = weights_of(
        torch.from_numpy(tilt).view(1, 1, 6),
        torch.from_numpy(held).view(1, 1, 6),
        torch.from_numpy(cov).view(1, 6, 6),
        torch.tensor([[volatility]], dtype=torch.float64),
        torch.tensor([[largest]], dtype=torch.float64),
    )
    np.testing.assert_allclose(trained[0, 0].numpy(), served, atol=1e-9)
    assert served.sum() == pytest.approx(1.0, abs=1e-12) and (served >= -1e-12).all()
    assert not served[:-1][~held].any()
    assert served[:-1] @ cov @ served[:-1] <= volatility**2 * (1 + 1e-9)


def test_the_serving_baseline_is_the_house_baseline_of_finance() -> None:
    from portfolio.baselines import risk_targeted

    random = np.random.default_rng(1)
    factor = random.normal(0, 0.1, (5, 5))
    cov, sleeve = factor @ factor.T + 0.01 * np.eye(5), np.full(5, 0.2)
    np.testing.assert_allclose(to_risk(sleeve, cov, 0.1, 1.0), risk_targeted(sleeve, cov, 0.1), atol=1e-9)


def test_an_asset_that_delists_is_sold_at_its_last_close(
    market_panel: MarketPanel, score_history: ScoreHistory
) -> None:
    market = market_of(market_panel, score_history)
    rows = np.searchsorted(market_panel.dates, market.dates)
    place = int(np.flatnonzero((rows < 1199) & (rows > 1185))[0])
    growth = full_growth(market, torch.tensor([place]))[0, 0]
    assert float(growth[2]) == pytest.approx(market_panel.close[1199, 2] / market_panel.close[rows[place], 2], rel=1e-5)
    after = int(np.flatnonzero(rows > 1210)[0])
    assert not bool(market.eligible[after, 2]) and bool(torch.isfinite(market.growth).all())
