"""One training: a candidate, on one window's training years, with one seed. A job for `lab.spread`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from pydantic import Field
from safetensors.torch import load, save

from portfolio.records import Record
from rl.conditioning import Clients
from rl.ensemble import Ensemble
from rl.environment import Market, take_days
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig, deterministic
from rl.sleeves import log_sleeve

Markets = Mapping[str, Market]
"""Universe's name -> its market, with the branches and scores that policies may read."""


class TrainInputs(Record):
    """All that a training depends on beside the markets."""

    universes: tuple[str, ...] = Field(min_length=1)
    """Trained on in turn."""
    train: tuple[str, str]
    config: PPOConfig
    seed: int
    check_every: int = Field(ge=1)


def train(markets: Markets, inputs: TrainInputs) -> bytes:
    """Weights after every `check_every` updates, as safetensors named `<updates>/<parameter>`.

    The same inputs give the same bytes, in this process or another.
    """
    config = inputs.config
    chosen = [with_branches(with_sleeve(markets[name], config), config) for name in inputs.universes]
    with deterministic(0):
        learner = Learner(config, chosen, [market.between(*inputs.train) for market in chosen], inputs.seed)
        kept: dict[str, torch.Tensor] = {}
        for done in range(1, config.updates + 1):
            learner.update()
            if done % inputs.check_every == 0 or done == config.updates:
                for name, value in sorted(learner.policy.state_dict().items()):
                    kept[f"{done}/{name}"] = value.detach().clone().contiguous()
    return save(kept)


def snapshots(config: PPOConfig, data: bytes) -> dict[int, Policy]:
    """Updates -> policy, from what `train` answered."""
    parts: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in load(data).items():
        updates, parameter = name.split("/", 1)
        parts.setdefault(int(updates), {})[parameter] = value
    out: dict[int, Policy] = {}
    for count, weights in sorted(parts.items()):
        policy = Policy(config.shape)
        policy.load_state_dict(weights)
        out[count] = policy.eval().requires_grad_(False)
    return out


def with_sleeve(market: Market, config: PPOConfig) -> Market:
    """The market with the sleeve that the configuration tilts."""
    if config.sleeve == "equal_weight":
        return market
    covariance, eligible = market.covariance.double().numpy(), market.eligible.numpy()
    logs = [log_sleeve(config.sleeve, cov, held) for cov, held in zip(covariance, eligible, strict=True)]
    return replace(market, sleeve=torch.from_numpy(np.stack(logs).astype(np.float32)))


def with_branches(market: Market, config: PPOConfig) -> Market:
    """The market with the branches that the configuration reads and no others."""
    names = {name for name, _ in config.shape.branches}
    day = market.day
    return replace(market, day=replace(day, branches=tuple(b for b in day.branches if b.name in names)))


@dataclass(frozen=True, eq=False)
class Client:
    """Clients at whose risk strategies are compared: yearly volatility and the risk aversion that goes with it."""

    volatility: float

    @property
    def risk_aversion(self) -> float:
        """gamma = 0.5 / volatility: who wants this volatility of a portfolio with a Sharpe ratio of one half
        (Merton 1969); 5 at 10 %."""
        return 0.5 / self.volatility


def clients_at(volatilities: tuple[float, ...]) -> Clients:
    """Clients who want long-term gain at these yearly volatilities, nothing else binding."""
    who = [Client(volatility) for volatility in volatilities]
    count = len(who)
    mix = torch.zeros(count, 6)
    mix[:, 2] = 1.0  # long-term gain
    risk = torch.tensor([client.volatility for client in who])
    return Clients(
        volatility=risk,
        cvar=2.063 * risk,
        cash_floor=torch.zeros(count),
        risk_asset_cap=torch.ones(count),
        risk_aversion=torch.tensor([client.risk_aversion for client in who]),
        objectives=mix,
    )


def leanings(policies: tuple[Policy, ...], market: Market, days: torch.Tensor, clients: Clients) -> torch.Tensor:
    """(S, L, C, N) each seed's mean action on the days for each client, within (-1, 1): a tilt per unit of range."""
    with deterministic(0):
        parts = [Ensemble((policy,), 1.0).tilt(take_days(market.day, days), clients.vector()) for policy in policies]
    return torch.stack(parts)
