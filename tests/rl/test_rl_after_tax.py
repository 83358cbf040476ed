"""Training after tax: lots are seen, taxes are paid, and without them nothing changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from portfolio.mandate import Mandate
from portfolio.market import MarketPanel
from portfolio.taxes.rates import TaxRates
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.after_tax import POSITION, Accounts, advantage_after_tax, draw_accounts, walk_taxed
from rl.allocator import Allocator
from rl.card import ModelCard, Verdict
from rl.conditioning import draw_clients
from rl.ensemble import Ensemble, advantage, log_weights, walk
from rl.environment import PHASES, Market, market_of
from rl.networks import NetworkShape, Policy
from rl.ppo import Learner, PPOConfig, path_starts, roll_out
from rl.taxes import rates_of

SHAPE = NetworkShape(hidden=8, persona=4, expert_hidden=4, intent=True, position=len(POSITION))
TAXED = PPOConfig(
    shape=SHAPE, updates=3, paths=2, steps=14, clients=3, minibatches=2, epochs=2, after_tax=True, learning_rate=5e-3
)
DAYS = torch.arange(60, 220)


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


def test_with_no_tax_an_account_earns_what_the_untaxed_environment_says(market: Market) -> None:
    clients = draw_clients(4, torch.Generator().manual_seed(0))
    index = DAYS[:60:PHASES]
    untaxed = Accounts(rates_of(TaxRates(ordinary=0.0, long=0.0), 4), torch.full((4,), 1e5))
    still = log_weights(None, market, index, clients).unsqueeze(0)
    held = market.eligible[index].unsqueeze(0).unsqueeze(2).expand(-1, -1, 4, -1)
    taxed = walk_taxed(market, index.unsqueeze(0), held, clients, untaxed, lambda step, _seen: still[:, step], 0.001)
    plain = walk(None, market, index, clients, 0.001)
    # The first purchase is charged here and not there; orders below a thousandth of a percent are not dealt.
    torch.testing.assert_close(taxed.net[:, 1:], plain.net[:, 1:], atol=2e-5, rtol=1e-3)


def test_a_taxed_account_ends_below_an_untaxed_one_that_did_the_same(market: Market) -> None:
    rising = replace(market, growth=torch.full_like(market.growth, 1.02) + 0.05 * market.day.asset[..., 2].clamp(-1, 1))
    clients = draw_clients(4, torch.Generator().manual_seed(0))
    index = DAYS[:60:PHASES]
    still = log_weights(None, rising, index, clients).unsqueeze(0)
    held = rising.eligible[index].unsqueeze(0).unsqueeze(2).expand(-1, -1, 4, -1)
    ends = []
    for rates in (TaxRates(ordinary=0.0, long=0.0), TaxRates(ordinary=0.37, long=0.2)):
        accounts = Accounts(rates_of(rates, 4), torch.full((4,), 1e5))
        got = walk_taxed(rising, index.unsqueeze(0), held, clients, accounts, lambda step, _seen: still[:, step], 0.001)
        ends.append((1.0 + got.net).prod(dim=1))
    assert bool((ends[1] < ends[0]).all())


def test_training_after_tax_is_seeded_resumes_and_learns_from_lots(market: Market) -> None:
    short = TAXED.model_copy(update={"steps": 5, "updates": 2})

    def trained(stop: int | None) -> dict[str, torch.Tensor]:
        learner = Learner(short, market, DAYS, 0)
        for done in range(2):
            if done == stop:
                state, learner = learner.state(), Learner(short, market, DAYS, 0)
                learner.load_state(state)
            learner.update()
        return learner.policy.state_dict()

    first, resumed = trained(None), trained(1)
    assert all(torch.equal(first[name], resumed[name]) for name in first)
    assert bool(first["lots.lean.weight"].any()) and bool(torch.isfinite(first["lots.lean.weight"]).all())


def test_an_untrained_policy_earns_the_baselines_own_after_tax(market: Market) -> None:
    quiet = TAXED.model_copy(update={"after_tax": True})
    policy = Policy(SHAPE)
    with torch.no_grad():
        policy.log_std.fill_(-30.0)
    batch = roll_out(policy, quiet, market, path_starts(market, DAYS, 14), torch.Generator().manual_seed(0))
    assert batch.reward == 0.0 and batch.position is not None
    assert batch.position.shape == (2 * 14, 3, 8, len(POSITION)) and bool(torch.isfinite(batch.position).all())


def test_without_taxes_nothing_of_the_lots_is_drawn_or_computed(market: Market) -> None:
    plain = TAXED.model_copy(update={"after_tax": False})
    starts = path_starts(market, DAYS, 14)
    torch.manual_seed(0)
    policy = Policy(SHAPE)
    batch = roll_out(policy, plain, market, starts, torch.Generator().manual_seed(0))
    assert batch.position is None


def test_advantage_after_tax_of_untaxed_accounts_is_near_the_untaxed_advantage(market: Market) -> None:
    torch.manual_seed(3)
    policy = Policy(SHAPE).requires_grad_(False)
    torch.nn.init.normal_(policy.experts.weight, std=0.3)
    ensemble = Ensemble((policy,), 0.5)
    clients = draw_clients(4, torch.Generator().manual_seed(0))
    index = DAYS[: 40 * PHASES : PHASES]
    untaxed = Accounts(rates_of(TaxRates(ordinary=0.0, long=0.0), 4), torch.full((4,), 1e5))
    after = advantage_after_tax(ensemble, market, index, clients, untaxed, 0.001)
    before = advantage(ensemble, market, DAYS[: 40 * PHASES], clients, 0.001)[0]
    torch.testing.assert_close(after[1:].mean(dim=-1), before[1:], atol=2e-4, rtol=0.05)


def test_the_lots_lean_moves_weights_only_where_lots_are_seen(market: Market) -> None:
    torch.manual_seed(3)
    policy = Policy(SHAPE).requires_grad_(False)
    torch.nn.init.normal_(policy.get_parameter("lots.lean.weight"))
    ensemble = Ensemble((policy,), 0.5)
    random = torch.Generator().manual_seed(0)
    clients, accounts = draw_clients(4, random), draw_accounts(4, random)
    index = DAYS[: 20 * PHASES : PHASES]
    assert bool(advantage_after_tax(ensemble, market, index, clients, accounts, 0.001).any())
    assert not advantage_after_tax(ensemble, market, index, clients, accounts, 0.001, sees_lots=False).any()


def test_lots_are_read_live_and_must_be_of_the_universe(
    market_panel: MarketPanel, universe: Universe, score_history: ScoreHistory, mandate: Mandate
) -> None:
    torch.manual_seed(3)
    policy = Policy(SHAPE)
    torch.nn.init.normal_(policy.get_parameter("lots.lean.weight"))
    card = ModelCard.model_construct(gate=Verdict.model_construct(passed=True, reason=""))
    allocator = Allocator(Ensemble((policy.double().requires_grad_(False),), 0.5), card)
    lots = np.random.default_rng(0).uniform(-1, 1, (8, len(POSITION))).astype(np.float32)
    seen = allocator.propose(market_panel, universe, score_history, mandate, position=lots)
    unseen = allocator.propose(market_panel, universe, score_history, mandate)
    assert unseen.weights == unseen.baseline != seen.weights
    with pytest.raises(ValueError, match="lots of 7 assets"):
        allocator.propose(market_panel, universe, score_history, mandate, position=lots[:7])
