"""The intent router: objectives call their experts, the regime is heard, and an adapter of 76 numbers bends it."""

import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.profile import OBJECTIVES
from portfolio.views import ScoreHistory
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble
from rl.environment import market_of, take_days
from rl.networks import Day, NetworkShape, Policy
from rl.router import EXPERTS, FAMILIES, LAST_INPUTS, IntentRouter, RouterAdapter

SHAPE = NetworkShape(hidden=8, persona=4, expert_hidden=4, intent=True)


@pytest.fixture(scope="module")
def day(market_panel: MarketPanel, score_history: ScoreHistory) -> Day:
    return take_days(market_of(market_panel, score_history).day, torch.tensor([90, 120]))


@pytest.fixture(scope="module")
def policy() -> Policy:
    torch.manual_seed(1)
    made = Policy(SHAPE)
    torch.nn.init.normal_(made.experts.weight)
    assert isinstance(made.router, IntentRouter)
    torch.nn.init.normal_(made.router.last.weight, std=0.3)
    return made.requires_grad_(False)


@pytest.fixture(scope="module")
def client() -> torch.Tensor:
    return draw_clients(5, torch.Generator().manual_seed(5)).vector()


def test_an_adapter_has_76_numbers() -> None:
    adapter = RouterAdapter.unfitted(0)
    assert adapter.down.numel() + adapter.up.numel() == 76
    assert IntentRouter().last.in_features == LAST_INPUTS == 34 and IntentRouter().last.out_features == 4


def test_an_unfitted_adapter_changes_nothing_to_the_bit(policy: Policy, day: Day, client: torch.Tensor) -> None:
    ensemble = Ensemble((policy, policy), 0.5)
    assert torch.equal(ensemble.tilt(day, client), ensemble.tilt(day, client, RouterAdapter.unfitted(3)))


def test_a_fitted_adapter_moves_shares_and_they_still_sum_to_one(
    policy: Policy, day: Day, client: torch.Tensor
) -> None:
    adapter = RouterAdapter(RouterAdapter.unfitted(3).down, torch.ones(4, 2) * torch.arange(4.0).unsqueeze(1))
    plain, bent = policy.route(client, day.market), policy.route(client, day.market, adapter)
    assert plain.shape == (2, 5, 4) and not torch.allclose(plain, bent)
    torch.testing.assert_close(bent.sum(dim=-1), torch.ones(2, 5))


def test_gradients_reach_the_adapter(policy: Policy, day: Day, client: torch.Tensor) -> None:
    start = RouterAdapter.unfitted(3)
    adapter = RouterAdapter(start.down.requires_grad_(), start.up.requires_grad_())
    (gradient,) = torch.autograd.grad(policy.route(client, day.market, adapter)[..., 0].sum(), adapter.up)
    assert bool(gradient.any())


def test_before_training_each_objective_calls_its_own_expert(day: Day) -> None:
    torch.manual_seed(0)
    fresh = Policy(SHAPE)
    clients = draw_clients(200, torch.Generator().manual_seed(1), objective="one")
    shares = fresh.route(clients.vector(), day.market)[0]
    for place, expert in enumerate(EXPERTS):
        for objective in FAMILIES[expert]:
            wanted = clients.objectives[:, OBJECTIVES.index(objective)] == 1.0
            assert bool((shares[wanted].argmax(dim=-1) == place).all()) and bool(wanted.any())


def test_the_market_regime_moves_the_router(policy: Policy, day: Day, client: torch.Tensor) -> None:
    shares = policy.route(client, day.market)
    assert not torch.allclose(shares[0], shares[1])


def test_the_families_cover_the_six_objectives_once() -> None:
    assert sorted(o for family in FAMILIES.values() for o in family) == sorted(OBJECTIVES)
    assert tuple(FAMILIES) == EXPERTS


def test_an_adapter_is_refused_where_it_does_not_fit(day: Day, client: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="takes no adapter"):
        Policy(NetworkShape()).route(client, day.market, RouterAdapter.unfitted(0))
    with pytest.raises(ValueError, match=r"\(2, 34\) and \(4, 2\)"):
        RouterAdapter(torch.zeros(2, 16), torch.zeros(4, 2))
    with pytest.raises(ValueError, match="4 named experts"):
        NetworkShape(intent=True, experts=2)


def test_an_untrained_policy_with_experts_of_their_own_is_the_baseline(day: Day, client: torch.Tensor) -> None:
    assert not Ensemble((Policy(SHAPE),), 0.5).tilt(day, client).any()
