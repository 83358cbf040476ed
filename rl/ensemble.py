"""Several seeds' policies as one: the mean of their bounded tilts. And what a policy earns over a stretch of days."""

from dataclasses import dataclass
from functools import reduce

import torch

from rl.conditioning import Clients
from rl.environment import PHASES, Market, Outcome, full_growth, hold, take_days, weights_of
from rl.networks import Day, Policy
from rl.rewards import utility
from rl.router import RouterAdapter
from rl.sleeves import SleeveName


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Policies of the same shape; `action_range` bounds every tilt, so their mean is bounded too. `sleeve` names the
    baseline that they were trained to tilt."""

    members: tuple[Policy, ...]
    action_range: float
    sleeve: SleeveName = "equal_weight"

    @torch.no_grad()
    def tilt(
        self,
        day: Day,
        client: torch.Tensor,
        adapter: RouterAdapter | None = None,
        position: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(B, C, N) mean over members of kappa tanh(z), within +- kappa; `client` is (C, Z).

        The client's adapter, if there is one, bends every member's router alike; `position` (B, C, N, S) is what their
        tax lots look like (`rl.after_tax.look`).
        """
        parts = (torch.tanh(member.blend(member.encode(day), client, adapter, position)) for member in self.members)
        return self.action_range * reduce(torch.add, parts) / len(self.members)


def phases(days: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Decision days split into the `PHASES` monthly paths that start one grid step apart."""
    return tuple(days[phase::PHASES] for phase in range(min(PHASES, len(days))))


def log_weights(
    ensemble: Ensemble | None,
    market: Market,
    index: torch.Tensor,
    clients: Clients,
    adapter: RouterAdapter | None = None,
) -> torch.Tensor:
    """(L, C, N) the baseline's log sleeve on the indexed days plus the ensemble's tilt: what `weights_of` reads.

    `None` is the baseline.
    """
    still = market.sleeve[index].unsqueeze(1).expand(-1, len(clients), -1)
    if ensemble is None:
        return still
    return still + ensemble.tilt(take_days(market.day, index), clients.vector(), adapter)


def walk(
    ensemble: Ensemble | None,
    market: Market,
    index: torch.Tensor,
    clients: Clients,
    cost: float,
    adapter: RouterAdapter | None = None,
) -> Outcome:
    """Monthly decisions on the indexed days (L,) for C clients who exclude nothing: outcome of shape (1, L, C).

    `None` is the baseline. Both start from the baseline's weights, so neither pays to get in.
    """
    held = market.eligible[index].unsqueeze(1).expand(-1, len(clients), -1)
    still = log_weights(None, market, index, clients)
    tilt = log_weights(ensemble, market, index, clients, adapter)
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
