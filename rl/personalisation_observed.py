"""What a client's history says in the policy's own terms: on each decision day, how their shares of what they hold
differ from the baseline's, beside what the policy would have held for each objective.

A client chooses among what they know: the assets that they had traded by that day. Only shares within the risky sleeve
are compared; how much is in cash is the mandate's matter, not the router's.
"""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import torch

from portfolio.profile import OBJECTIVES
from rl.conditioning import Clients
from rl.ensemble import Ensemble
from rl.environment import PHASES, Market, take_days
from rl.networks import BranchDay, Day, Policy
from rl.router import RouterAdapter

Arrays = np.ndarray
FEWEST_HELD = 2
"""Assets among which there is a choice at all."""


@dataclass(frozen=True, eq=False)
class Observed:
    """L decision days, a month apart, on which the client held something (float64).

    Attributes
    ----------
    dates : (L,) the days
    day : the policy's inputs on these days
    held : (L, N) what the client chose among
    sleeve : (L, N) log of the baseline's sleeve over an equal share
    active : (L, N) the client's share of the sleeve less the baseline's; 0 off `held`, rows sum to zero
    """

    dates: Arrays
    day: Day
    held: torch.Tensor
    sleeve: torch.Tensor
    active: torch.Tensor

    def __len__(self) -> int:
        return len(self.dates)

    def take(self, index: torch.Tensor) -> "Observed":
        """Some of the days, in order."""
        return Observed(
            self.dates[index.numpy()],
            take_days(self.day, index),
            self.held[index],
            self.sleeve[index],
            self.active[index],
        )

    @property
    def figures(self) -> int:
        """Numbers that are free to differ: one less than the assets held, each day."""
        return int((self.held.sum(dim=-1) - 1).sum())


def observe(market: Market, value: Arrays, known: Arrays) -> Observed:
    """From positions on the market's decision days to what is observed of the client.

    Parameters
    ----------
    value : (D, N) money in each position at the close of each decision day, after that day's trades
    known : (D, N) True where the client had traded the asset by then

    Raises ValueError when the shapes differ from the market's, or when a position is negative or no number.
    """
    if value.shape != tuple(market.eligible.shape) or known.shape != value.shape:
        raise ValueError(
            f"positions are {value.shape}; {tuple(market.eligible.shape)} expected, one row a decision day"
        )
    if not np.isfinite(value).all() or (value < 0).any():
        raise ValueError("a position is negative or no number; long positions alone can be read")
    held = known & market.eligible.numpy()
    money = np.where(held, value, 0.0)
    used = (held.sum(axis=1) >= FEWEST_HELD) & (money.sum(axis=1) > 0)
    rows = np.flatnonzero(used)
    rows = rows[(rows - rows[0]) % PHASES == 0] if len(rows) else rows  # one path of monthly decisions
    index = torch.from_numpy(rows)
    inside = torch.from_numpy(held[rows])
    sleeve = market.sleeve[index].double()
    share = torch.from_numpy(money[rows] / np.maximum(money[rows].sum(axis=1, keepdims=True), 1e-12))
    active = torch.where(inside, share - _shares(sleeve, inside), torch.zeros_like(share))
    return Observed(market.dates[rows], _double(take_days(market.day, index)), inside, sleeve, active)


def of_six(client: Clients) -> Clients:
    """One client (C = 1) six times, each with one objective alone. Raises ValueError for more clients than one."""
    if len(client) != 1:
        raise ValueError(f"one client at a time is read, not {len(client)}")
    six = client.take(torch.zeros(len(OBJECTIVES), dtype=torch.long))
    return replace(six, objectives=torch.eye(len(OBJECTIVES)))


def policy_tilt(ensemble: Ensemble, day: Day, clients: Clients, adapter: RouterAdapter | None = None) -> torch.Tensor:
    """(L, C, N) the ensemble's tilt in float64, as `Ensemble.tilt` gives it; gradients reach `adapter`."""
    vector, wide = clients.vector().double(), _double(day)
    total: torch.Tensor | float = 0.0
    for member in ensemble.members:
        policy = in_double(member)
        with torch.no_grad():
            encoded = policy.encode(wide)
        total = total + torch.tanh(policy.blend(encoded, vector, adapter))
    return ensemble.action_range * torch.as_tensor(total) / len(ensemble.members)


def policy_active(
    ensemble: Ensemble, seen: Observed, clients: Clients, adapter: RouterAdapter | None = None
) -> torch.Tensor:
    """(L, C, N) active shares that the policy holds on the observed days for C clients."""
    return active_of(policy_tilt(ensemble, seen.day, clients, adapter), seen)


def active_of(tilt: torch.Tensor, seen: Observed) -> torch.Tensor:
    """(L, C, N) active shares of tilts (L, C, N)."""
    held, sleeve = seen.held.unsqueeze(1), seen.sleeve.unsqueeze(1)
    return torch.where(held, _shares(sleeve + tilt, held) - _shares(sleeve, held), torch.zeros_like(tilt))


def _shares(logs: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logs.masked_fill(~held, -torch.inf), dim=-1).nan_to_num(0.0)


def in_double(policy: Policy) -> Policy:
    """The policy in float64: itself where it is, else a copy."""
    if next(policy.parameters()).dtype == torch.float64:
        return policy
    return deepcopy(policy).double().requires_grad_(False)


def _double(day: Day) -> Day:
    return replace(
        day,
        asset=day.asset.double(),
        market=day.market.double(),
        score=day.score.double(),
        confidence=day.confidence.double(),
        branches=tuple(BranchDay(b.name, b.values.double(), b.known) for b in day.branches),
    )
