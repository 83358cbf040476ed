"""Objectives are read back from what a policy of known objective held, and the adapter is fitted to what is left."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.profile import OBJECTIVES, Objective
from portfolio.views import ScoreHistory
from rl.conditioning import Clients, draw_clients
from rl.ensemble import Ensemble
from rl.environment import Market, market_of
from rl.networks import NetworkShape, Policy
from rl.personalisation import ObjectivePosterior, TooLittleHistory, in_time_order, infer_objectives, objective_mix
from rl.personalisation_fit import AdapterFit, FitConfig, fit_adapter
from rl.personalisation_observed import Observed, active_of, observe, of_six, policy_active, policy_tilt
from rl.router import RouterAdapter


@pytest.fixture(scope="module")
def market(market_panel: MarketPanel, score_history: ScoreHistory) -> Market:
    return market_of(market_panel, score_history)


@pytest.fixture(scope="module")
def client() -> Clients:
    return draw_clients(1, torch.Generator().manual_seed(5))


def ensemble_of(seed: int, spread: float) -> Ensemble:
    """Experts that differ strongly; `spread` makes the router treat objectives of one family differently."""
    torch.manual_seed(seed)
    policy = Policy(NetworkShape(hidden=16, intent=True))
    torch.nn.init.normal_(policy.experts.weight, std=0.5)
    if spread:
        torch.nn.init.normal_(policy.router.last.weight, std=spread)
    return Ensemble((policy.double().eval().requires_grad_(False),), 1.0)


@pytest.fixture(scope="module")
def six() -> Ensemble:
    return ensemble_of(0, 1.5)


@pytest.fixture(scope="module")
def blank(market: Market) -> Observed:
    """Every month in which anything can be held, by a client who holds the baseline."""
    eligible = market.eligible.numpy()
    return observe(market, eligible.astype(np.float64), eligible)


def acted(
    ensemble: Ensemble,
    seen: Observed,
    client: Clients,
    objective: Objective,
    noise: float,
    seed: int,
    adapter: RouterAdapter | None = None,
) -> Observed:
    """The same days for a client who follows the policy for one objective, with noise on log weights."""
    place = OBJECTIVES.index(objective)
    tilt = policy_tilt(ensemble, seen.day, of_six(client).take(torch.tensor([place])), adapter)
    random = torch.Generator().manual_seed(seed)
    bent = tilt + noise * tilt.std() * torch.randn(tilt.shape, generator=random, dtype=torch.float64)
    return replace(seen, active=active_of(bent, seen).squeeze(1))


def posterior(ensemble: Ensemble, seen: Observed, client: Clients) -> ObjectivePosterior:
    return infer_objectives(ensemble, seen, client)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_objective_is_read_back_from_what_the_policy_held_for_it(
    six: Ensemble, blank: Observed, client: Clients, objective: Objective
) -> None:
    found = posterior(six, acted(six, blank, client, objective, 0.5, 1), client)
    assert found.likeliest is objective
    assert found.weights[objective] > 0.8
    assert found.none < 0.01
    assert sum(found.weights.values()) == pytest.approx(1.0)


def test_objectives_are_recovered_well_above_chance_over_many_seeds(
    six: Ensemble, blank: Observed, client: Clients
) -> None:
    right = sum(
        posterior(six, acted(six, blank, client, OBJECTIVES[seed % 6], 2.0, seed), client).likeliest
        is OBJECTIVES[seed % 6]
        for seed in range(60)
    )
    assert right / 60 > 0.6  # chance is 1 in 6


def test_objectives_of_one_family_are_told_to_be_alike_and_not_guessed(blank: Observed, client: Clients) -> None:
    families = ensemble_of(0, 0.0)
    found = posterior(families, acted(families, blank, client, Objective.SHORT_TERM_ALPHA, 0.5, 1), client)
    assert found.group_of(Objective.SHORT_TERM_ALPHA) == (Objective.SHORT_TERM_ALPHA, Objective.SHORT_TERM_GAIN)
    assert found.weights[Objective.SHORT_TERM_ALPHA] == pytest.approx(found.weights[Objective.SHORT_TERM_GAIN])
    assert found.weight_of_group(Objective.SHORT_TERM_ALPHA) > 0.95


def test_a_policy_that_never_tilts_can_tell_no_objective_from_another(blank: Observed, client: Clients) -> None:
    torch.manual_seed(0)
    still = Ensemble((Policy(NetworkShape(hidden=16, intent=True)).double().requires_grad_(False),), 1.0)
    moved = replace(blank, active=acted(ensemble_of(0, 1.5), blank, client, OBJECTIVES[0], 1.0, 1).active)
    found = posterior(still, moved, client)
    assert found.alike == (OBJECTIVES,)
    assert list(found.weights.values()) == pytest.approx([1 / 6] * 6)


def test_a_client_who_follows_no_objective_gets_none(six: Ensemble, blank: Observed, client: Clients) -> None:
    chance = 0
    for seed in range(20):
        random = torch.Generator().manual_seed(seed)
        tilt = 0.5 * torch.randn((len(blank), 1, blank.held.shape[1]), generator=random, dtype=torch.float64)
        chance += posterior(six, replace(blank, active=active_of(tilt, blank).squeeze(1)), client).none > 0.5
    assert chance >= 16


def test_a_client_who_repeats_themselves_is_not_more_evidence(six: Ensemble, blank: Observed, client: Clients) -> None:
    first = acted(six, blank, client, OBJECTIVES[3], 3.0, 4)
    frozen = replace(first, active=first.active[:1].expand_as(first.active) * first.held)
    frozen = replace(frozen, active=torch.where(frozen.held, frozen.active, torch.zeros_like(frozen.active)))
    assert posterior(six, frozen, client).persistence > 0.8
    assert posterior(six, first, client).persistence < 0.5


def test_the_baseline_itself_says_nothing(six: Ensemble, blank: Observed, client: Clients) -> None:
    found = posterior(six, blank, client)
    assert (found.none, found.explained) == (1.0, 0.0)


def test_too_short_a_history_abstains_and_says_what_is_needed(six: Ensemble, blank: Observed, client: Clients) -> None:
    with pytest.raises(TooLittleHistory, match="24 are needed"):
        infer_objectives(six, blank.take(torch.arange(10)), client)


def test_what_is_observed_on_a_day_does_not_depend_on_later_days(market: Market) -> None:
    random = np.random.default_rng(0)
    value, known = random.random(market.eligible.shape), np.ones(market.eligible.shape, dtype=bool)
    other = value.copy()
    other[150:] = random.random(other[150:].shape)
    one, two = observe(market, value, known), observe(market, other, known)
    before = int((one.dates < market.dates[150]).sum())
    assert torch.equal(one.active[:before], two.active[:before])
    assert not torch.equal(one.active, two.active)


def test_active_shares_sum_to_zero_over_what_is_held(market: Market) -> None:
    random = np.random.default_rng(0)
    known = random.random(market.eligible.shape) < 0.7
    seen = observe(market, random.random(market.eligible.shape), known)
    torch.testing.assert_close(seen.active.sum(dim=-1), torch.zeros(len(seen), dtype=torch.float64))
    assert not bool(seen.active[~seen.held].any())


@pytest.mark.parametrize("bad", [np.nan, -1.0])
def test_a_position_that_is_no_long_position_is_an_error(market: Market, bad: float) -> None:
    value = np.ones(market.eligible.shape)
    value[5, 5] = bad
    with pytest.raises(ValueError, match="negative or no number"):
        observe(market, value, np.ones(value.shape, dtype=bool))


def bent_client(six: Ensemble, blank: Observed, client: Clients, noise: float) -> tuple[Observed, ObjectivePosterior]:
    own = RouterAdapter(
        RouterAdapter.unfitted(7).down, 3.0 * torch.randn(4, 2, generator=torch.Generator().manual_seed(2))
    )
    seen = acted(six, blank, client, OBJECTIVES[2], noise, 3, own)
    return seen, posterior(six, acted(six, blank, client, OBJECTIVES[2], 0.2, 1), client)


def fitted(six: Ensemble, blank: Observed, client: Clients, noise: float) -> AdapterFit:
    seen, objectives = bent_client(six, blank, client, noise)
    return fit_adapter(six, seen, client, objectives, FitConfig(steps=120))


def test_an_adapter_makes_unseen_months_of_a_bent_client_likelier(
    six: Ensemble, blank: Observed, client: Clients
) -> None:
    fit = fitted(six, blank, client, 0.2)
    assert fit.earned
    assert fit.held_out.gain > 0.02
    assert fit.adapter.down.numel() + fit.adapter.up.numel() == 76


def test_an_adapter_fitted_to_chance_seldom_earns_its_place(six: Ensemble, blank: Observed, client: Clients) -> None:
    objectives = posterior(six, acted(six, blank, client, OBJECTIVES[2], 0.2, 1), client)
    earned = 0
    for seed in range(6):
        seen = acted(six, blank, client, OBJECTIVES[2], 5.0, seed)
        earned += fit_adapter(six, seen, client, objectives, FitConfig(steps=60)).held_out.gain > 0.01
    assert earned <= 1


def test_the_same_history_fits_the_same_adapter_to_the_bit(six: Ensemble, blank: Observed, client: Clients) -> None:
    one, two = (fitted(six, blank, client, 0.5) for _ in range(2))
    assert torch.equal(one.adapter.down, two.adapter.down) and torch.equal(one.adapter.up, two.adapter.up)


def test_months_that_judge_take_no_part_in_the_fit(six: Ensemble, blank: Observed, client: Clients) -> None:
    seen, objectives = bent_client(six, blank, client, 0.2)
    judge = in_time_order(len(seen), FitConfig().shares)[2]
    changed = seen.active.clone()
    changed[judge] = -changed[judge]
    one, two = (
        fit_adapter(six, s, client, objectives, FitConfig(steps=40)) for s in (seen, replace(seen, active=changed))
    )
    assert torch.equal(one.adapter.up, two.adapter.up)
    assert one.held_out != two.held_out


def test_the_three_parts_follow_each_other_in_time_with_a_gap() -> None:
    learn, stop, judge = in_time_order(50, (0.6, 0.2))
    assert (learn[0], learn[-1], stop[0], stop[-1], judge[0], judge[-1]) == (0, 29, 31, 39, 41, 49)


def test_a_policy_without_the_intent_router_takes_no_adapter(blank: Observed, six: Ensemble, client: Clients) -> None:
    torch.manual_seed(0)
    plain = Ensemble((Policy(NetworkShape(hidden=16)).double().requires_grad_(False),), 1.0)
    objectives = posterior(six, acted(six, blank, client, OBJECTIVES[2], 0.2, 1), client)
    with pytest.raises(ValueError, match="takes no adapter"):
        fit_adapter(plain, blank, client, objectives)


def test_the_fit_sees_what_the_policy_itself_would_hold(six: Ensemble, blank: Observed, client: Clients) -> None:
    fit = fitted(six, blank, client, 0.2)
    plain, bent = (policy_active(six, blank, of_six(client), adapter) for adapter in (None, fit.adapter))
    assert not torch.allclose(plain, bent)
    served = six.tilt(blank.day, of_six(client).vector().double(), fit.adapter)
    torch.testing.assert_close(active_of(served, blank), bent)


def test_the_mix_shares_a_groups_weight_evenly() -> None:
    weights = dict(zip(OBJECTIVES, (0.6, 0.2, 0.05, 0.05, 0.05, 0.05), strict=True))
    alike = ((Objective.SHORT_TERM_ALPHA, Objective.SHORT_TERM_GAIN),)
    found = ObjectivePosterior(
        weights=weights, none=0.0, explained=0.5, leaning=1.0, days=30, figures=100, persistence=0.1, alike=alike
    )
    mix = objective_mix(found)
    torch.testing.assert_close(mix[0, :2], torch.tensor([0.4, 0.4]))
    assert float(mix.sum()) == pytest.approx(1.0)


def test_dates_of_what_is_observed_are_a_month_apart(blank: Observed) -> None:
    assert len(blank) > 60
    gaps = np.diff(blank.dates).astype(int)
    assert (gaps == 21).all()
