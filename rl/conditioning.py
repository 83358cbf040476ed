"""The client as the policy sees them: the mandate's numbers, read live or drawn at random in training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Literal

import torch

from portfolio.mandate import Mandate
from portfolio.profile import OBJECTIVES, Objective

CLIENT_FEATURES: tuple[str, ...] = (
    "volatility_cap",
    "cvar_cap",
    "cash_floor",
    "risk_asset_cap",
    "log_risk_aversion",
    *(f"objective_{objective.value}" for objective in OBJECTIVES),
)

AVERSIONS = (1.0, 20.0)
"""Risk aversions drawn in training; one outside is read as the nearest of these."""
VOLATILITIES = (0.03, 0.30)
CVAR_PER_VOLATILITY = 2.0627128
"""CVaR95 of a normal variable in standard deviations: phi(z) / 0.05 at the 5 % quantile."""


@dataclass(frozen=True, eq=False)
class Clients:
    """C clients as tensors (float32).

    Attributes
    ----------
    volatility : (C,) yearly volatility cap
    cvar : (C,) yearly CVaR95 cap, a positive fraction
    cash_floor : (C,)
    risk_asset_cap : (C,)
    risk_aversion : (C,) gamma of mean-variance utility on yearly returns
    objectives : (C, 6) weights over `OBJECTIVES`, rows sum to one
    """

    volatility: torch.Tensor
    cvar: torch.Tensor
    cash_floor: torch.Tensor
    risk_asset_cap: torch.Tensor
    risk_aversion: torch.Tensor
    objectives: torch.Tensor

    def __len__(self) -> int:
        return len(self.volatility)

    @property
    def largest_risky_share(self) -> torch.Tensor:
        """(C,) what cash floor and risk-asset cap leave for the risky sleeve."""
        return torch.minimum(1.0 - self.cash_floor, self.risk_asset_cap)

    def vector(self) -> torch.Tensor:
        """(C, len(CLIENT_FEATURES)) what the policy is conditioned on, each number of order one."""
        aversion = self.risk_aversion.clamp(*AVERSIONS).log() / log(AVERSIONS[1])
        numbers = (
            self.volatility.clamp(*VOLATILITIES) / 0.15 - 1.0,
            self.cvar.clamp(0.0, 0.7) / 0.3 - 1.0,
            self.cash_floor,
            self.risk_asset_cap,
            aversion,
        )
        return torch.cat([torch.stack(numbers, dim=-1), self.objectives], dim=-1)

    def to(self, device: torch.device | str) -> "Clients":
        return replace(self, **{name: getattr(self, name).to(device) for name in self.__dataclass_fields__})

    def take(self, index: torch.Tensor) -> "Clients":
        return replace(self, **{name: getattr(self, name)[index] for name in self.__dataclass_fields__})


def client_of(mandate: Mandate) -> Clients:
    """One client, C = 1, from the mandate's numbers."""
    mix = [float(mandate.objective_mix.get(objective, 0.0)) for objective in OBJECTIVES]
    return Clients(
        volatility=_one(mandate.volatility_cap.value),
        cvar=_one(mandate.cvar_cap.value),
        cash_floor=_one(mandate.cash_floor.value),
        risk_asset_cap=_one(mandate.risk_asset_cap.value),
        risk_aversion=_one(mandate.risk_aversion.value),
        objectives=torch.tensor([mix], dtype=torch.float32),
    )


EpisodeObjective = Literal["mix", "one"]
"""What a client drawn for an episode wants: a mix that leans on one or two objectives, or one of them alone."""


def draw_clients(
    count: int,
    generator: torch.Generator,
    objective: EpisodeObjective = "mix",
    among: Sequence[Objective] = OBJECTIVES,
) -> Clients:
    """Clients drawn at random over what mandates may be: one episode's worth, on the CPU.

    Volatility caps are uniform over `VOLATILITIES`, the CVaR cap lies within 30 % of the normal one, half the
    clients hold no cash floor, risk aversion is log-uniform, and objectives are drawn from `among` evenly. The same
    generator gives the same clients whatever `objective` and `among` are, but for their objectives.
    """

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    volatility = uniform(*VOLATILITIES)
    spiky = -torch.rand(count, len(OBJECTIVES), generator=generator).log()
    spiky = spiky * spiky  # squared exponentials: most weight on one or two objectives
    spiky = spiky * torch.tensor([float(choice in among) for choice in OBJECTIVES])
    if objective == "one":
        spiky = torch.nn.functional.one_hot(spiky.argmax(dim=-1), len(OBJECTIVES)).float()
    return Clients(
        volatility=volatility,
        cvar=volatility * CVAR_PER_VOLATILITY * uniform(0.7, 1.3),
        cash_floor=uniform(-0.3, 0.3).clamp(min=0.0),
        risk_asset_cap=uniform(0.2, 1.4).clamp(max=1.0),
        risk_aversion=uniform(log(AVERSIONS[0]), log(AVERSIONS[1])).exp(),
        objectives=spiky / spiky.sum(dim=-1, keepdim=True),
    )


def _one(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float32)
