"""One training as a job: a pure function of markets and of what is to be trained, for `lab.spread` to run anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors.torch import load, save

from rl.environment import Market
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class TrainJob:
    """Train this on everything from `first` to `until` (ISO dates), keeping weights every `check_every` updates."""

    learner: PPOConfig
    first: str
    until: str
    seed: int
    check_every: int
    device: str

    @property
    def market(self) -> str:
        """Under which name its market is kept: a baseline's sleeve is part of the market, and so is a branch's cut."""
        return market_name(self.until, self.learner)


@dataclass(frozen=True, eq=False)
class Markets:
    """What all jobs share: a market for each last training day and sleeve."""

    by_name: Mapping[str, Market]


def market_name(until: str, learner: PPOConfig) -> str:
    """One market for each cut and sleeve."""
    return f"{until}-{learner.sleeve}"


def work(shared: Markets, job: TrainJob) -> bytes:
    """The weights after every `check_every` updates and at the end, as safetensors named `updates.parameter`."""
    market = shared.by_name[job.market]
    learner = Learner(job.learner, market, market.between(job.first, job.until), job.seed, job.device)
    kept: Weights = {}
    for done in range(1, job.learner.updates + 1):
        learner.update()
        if done % job.check_every == 0 or done == job.learner.updates:
            for name, value in sorted(learner.policy.state_dict().items()):
                kept[f"{done}.{name}"] = value.detach().cpu().clone().contiguous()
    return save(kept)


def snapshots(made: bytes) -> dict[int, Weights]:
    """Number of updates -> weights, in order, of what `work` answered."""
    out: dict[int, Weights] = {}
    for name, value in load(made).items():
        updates, parameter = name.split(".", 1)
        out.setdefault(int(updates), {})[parameter] = value
    return dict(sorted(out.items()))


def policy_of(learner: PPOConfig, weights: Weights) -> Policy:
    """A policy with these weights, ready to be asked."""
    policy = Policy(learner.shape)
    policy.load_state_dict(weights)
    return policy.eval().requires_grad_(False)
