"""Is the mixture of experts one? Whether experts collapse, how the router uses them, whether objectives conflict."""

from dataclasses import dataclass

import torch

from portfolio.profile import OBJECTIVES
from portfolio.records import Record
from rl.conditioning import draw_clients
from rl.environment import Market, take_days
from rl.features import MARKET_FEATURES
from rl.networks import Policy
from rl.ppo import PPOConfig, deterministic, log_density, path_starts, roll_out

REGIMES: tuple[str, ...] = ("calm_rising", "calm_falling", "rough_rising", "rough_falling")
"""Half-year market return at or above zero or below; yearly volatility up to the median of the days asked about or
above it."""
CLIENTS = 64


class RouterUsage(Record):
    """Mean shares of the experts, in the router's order, and the mean entropy of a client's shares.

    `entropy` is in units of log K: 1 is all experts alike, 0 one expert alone. `spread` is the entropy of the mean
    share less the mean entropy (the mutual information of client and expert), in the same units: 0 says that the
    router treats every client the same.
    """

    by_objective: dict[str, tuple[float, ...]]
    by_regime: dict[str, tuple[float, ...]]
    entropy: float
    spread: float


class Conflict(Record):
    """Cosines of the objectives' policy gradients, in the order of `OBJECTIVES`."""

    experts: int
    cosines: tuple[tuple[float, ...], ...]
    negative_share: float
    """Of the 15 pairs, over all rollouts."""
    mean_cosine: float


@dataclass(frozen=True, eq=False)
class Collapse:
    """(K, K) mean cosine of the experts' opinions over days; `mean` over pairs: near 1 they say the same thing."""

    cosines: torch.Tensor
    mean: float


@torch.no_grad()
def expert_collapse(policy: Policy, market: Market, days: torch.Tensor) -> Collapse:
    """Cosines between the experts' opinions, day by day, over the days (L,). Days without opinion do not count."""
    opinions = policy.encode(take_days(market.day, days)).opinions  # (L, N, K)
    length = opinions.norm(dim=1)  # (L, K)
    said = (length > 1e-9).all(dim=-1)
    unit = opinions[said] / length[said].unsqueeze(1)
    cosines = torch.einsum("lnj,lnk->jk", unit, unit) / max(int(said.sum()), 1)
    upper = torch.triu_indices(len(cosines), len(cosines), offset=1)
    pairs = cosines[upper[0], upper[1]]
    return Collapse(cosines, float(pairs.mean()) if len(pairs) else 1.0)


@torch.no_grad()
def router_usage(policy: Policy, market: Market, days: torch.Tensor, seed: int = 0) -> RouterUsage:
    """How clients drawn at random, each of one objective, are routed on the days (L,)."""
    clients = draw_clients(CLIENTS * len(OBJECTIVES), torch.Generator().manual_seed(seed), "one")
    regime = market.day.market[days]
    shares = policy.route(clients.vector().to(regime), regime)  # (L, C, K)
    wanted = clients.objectives.argmax(dim=-1)
    falling = regime[:, MARKET_FEATURES.index("return_126")] < 0.0
    volatility = regime[:, MARKET_FEATURES.index("volatility_252")]
    where = 2 * (volatility > volatility.median()).long() + falling.long()
    entropy, of_mean = _entropy(shares).mean(), _entropy(shares.mean(dim=(0, 1)))
    whole = torch.log(torch.tensor(float(max(shares.shape[-1], 2))))
    return RouterUsage(
        by_objective={
            objective.value: _mean(shares[:, wanted == place])
            for place, objective in enumerate(OBJECTIVES)
            if bool((wanted == place).any())
        },
        by_regime={
            name: _mean(shares[where == place]) for place, name in enumerate(REGIMES) if bool((where == place).any())
        },
        entropy=float(entropy / whole),
        spread=float((of_mean - entropy) / whole),
    )


def gradient_conflict(
    policy: Policy, config: PPOConfig, market: Market, days: torch.Tensor, seed: int = 0, rollouts: int = 4
) -> Conflict:
    """Cosines between the policy gradients that each objective alone would ask for.

    Every objective is rolled out on the same paths with the same clients (but for what they want) and the same
    exploration, so that gradients differ by the objective alone; the critic's own layers are left out, and
    advantages are what the rewards are in this one-step view (discount zero), so that no critic's error enters.
    """
    starts = path_starts(market, days, config.steps)
    parts = [parameter for name, parameter in policy.named_parameters() if not name.startswith("value.")]
    plain = config.model_copy(update={"discount": 0.0, "objective": "one"})
    cosines = []
    with deterministic(seed):
        for turn in range(rollouts):
            gradients = []
            for objective in OBJECTIVES:
                alone = plain.model_copy(update={"among": (objective,)})
                random = torch.Generator().manual_seed(seed * 1_000 + turn)
                batch = roll_out(policy, alone, market, starts, random)
                gain = batch.target - batch.target.mean()
                encoded = policy.encode(batch.day)
                mean = policy.blend(encoded, batch.client)
                density = log_density(batch.action, mean, policy.log_std, batch.held)
                gradient = torch.autograd.grad((density * gain).mean(), parts, allow_unused=True)
                flat = [
                    torch.zeros_like(part) if grad is None else grad for part, grad in zip(parts, gradient, strict=True)
                ]
                gradients.append(torch.cat([grad.flatten() for grad in flat]).double())
            table = torch.stack(gradients)
            unit = table / table.norm(dim=1, keepdim=True).clamp(min=1e-30)
            cosines.append(unit @ unit.T)
    every = torch.stack(cosines)
    upper = torch.triu_indices(len(OBJECTIVES), len(OBJECTIVES), offset=1)
    pairs = every[:, upper[0], upper[1]]
    return Conflict(
        experts=policy.shape.experts,
        cosines=tuple(tuple(row) for row in every.mean(dim=0).tolist()),
        negative_share=float((pairs < 0).double().mean()),
        mean_cosine=float(pairs.mean()),
    )


def in_words(collapse: Collapse, usage: RouterUsage, conflict: Conflict) -> tuple[str, ...]:
    """The three findings as sentences for a model card."""
    many = "experts" if conflict.experts > 1 else "expert"
    return (
        f"Experts' opinions have a mean cosine of {collapse.mean:+.2f} between two of them (1 is collapse).",
        f"The router's entropy is {usage.entropy:.2f} of the largest; clients differ by {usage.spread:.2f} of it.",
        f"With {conflict.experts} {many}, {conflict.negative_share:.0%} of pairs of objectives asked for opposite "
        f"gradients (mean cosine {conflict.mean_cosine:+.2f}).",
    )


def _entropy(shares: torch.Tensor) -> torch.Tensor:
    return -(shares * shares.clamp(min=1e-12).log()).sum(dim=-1)


def _mean(shares: torch.Tensor) -> tuple[float, ...]:
    return tuple(shares.flatten(0, -2).mean(dim=0).tolist())
