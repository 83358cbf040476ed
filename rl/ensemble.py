"""Several seeds' policies as one: the mean of their bounded tilts. And what a policy earns over a stretch of days."""

from dataclasses import dataclass

import torch

from rl.conditioning import Clients
from rl.environment import PHASES, Market, Outcome, full_growth, hold, take_days, weights_of
from rl.networks import Day, Policy
from rl.rewards import utility


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Policies of the same shape; `action_range` bounds every tilt, so their mean is bounded too."""

    members: tuple[Policy, ...]
    action_range: float

    @torch.no_grad()
    def tilt(self, day: Day, client: torch.Tensor) -> torch.Tensor:
        """(B, C, N) mean over members of kappa tanh(z), within +- kappa; `client` is (C, Z)."""
        total = torch.zeros(())
        for member in self.members:
            total = total + torch.tanh(member.blend(member.encode(day), client))
        return self.action_range * total / len(self.members)


def phases(days: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Decision days split into the `PHASES` monthly paths that start one grid step apart."""
    return tuple(days[phase::PHASES] for phase in range(min(PHASES, len(days))))


def walk(ensemble: Ensemble | None, market: Market, index: torch.Tensor, clients: Clients, cost: float) -> Outcome:
    """Monthly decisions on the indexed days (L,) for C clients who exclude nothing: outcome of shape (1, L, C).

    `None` is the baseline. Both start from the baseline's weights, so neither pays to get in.
    """
    held = market.eligible[index].unsqueeze(1).expand(-1, len(clients), -1)
    still = torch.zeros(held.shape)
    tilt = still if ensemble is None else ensemble.tilt(take_days(market.day, index), clients.vector())
    cov, largest = market.covariance[index], clients.largest_risky_share
    weights = weights_of(tilt, held, cov, clients.volatility, largest).unsqueeze(0)
    start = weights_of(still[:1], held[:1], cov[:1], clients.volatility, largest)
    return hold(weights, full_growth(market, index).unsqueeze(0), start, cost)


def advantage(
    ensemble: Ensemble, market: Market, days: torch.Tensor, clients: Clients, cost: float
) -> tuple[torch.Tensor, ...]:
    """Utility ahead of the baseline per month, mean over clients: for each phase, one number a decision."""
    ahead = []
    for index in phases(days):
        own, base = (walk(choice, market, index, clients, cost) for choice in (ensemble, None))
        own_value, base_value = (
            utility(out.net, out.turnover, clients.risk_aversion, clients.objectives) for out in (own, base)
        )
        ahead.append((own_value - base_value).mean(dim=-1).flatten())
    return tuple(ahead)
