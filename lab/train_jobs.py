"""One training as a job: a pure function of markets and of what is to be trained, for `lab.spread` to run anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors.torch import load, save

from rl.environment import Market
from rl.grafting import Grafting, graft
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig

Weights = dict[str, torch.Tensor]
REPORT = "report"
"""Among the tensors of a job: the grafting's report as bytes."""


@dataclass(frozen=True)
class Graft:
    """Updates for each expert alone, and the days after the training on which it is judged (ISO dates)."""

    updates: int
    first: str
    last: str


@dataclass(frozen=True)
class TrainJob:
    """Train this on everything from `first` to `until` (ISO dates), keeping weights every `check_every` updates."""

    learner: PPOConfig
    first: str
    until: str
    seed: int
    check_every: int
    device: str
    stop: int | None = None
    """Stop after so many updates of the learner's schedule; None goes to its end."""
    graft: Graft | None = None
    """Then train each expert alone and keep it where that is better (`rl.grafting`)."""

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
    last = job.learner.updates if job.stop is None else job.stop
    for done in range(1, last + 1):
        learner.update()
        if done % job.check_every == 0 or done == last:
            kept |= _named(done, learner.policy)
    if job.graft is not None:
        policy, report = graft(
            learner.policy.cpu(),
            job.learner,
            market,
            market.between(job.first, job.until),
            [(market, market.between(job.graft.first, job.graft.last))],
            job.seed,
            updates=job.graft.updates,
        )
        words = report.model_dump_json().encode()
        kept |= _named(last, policy) | {REPORT: torch.frombuffer(bytearray(words), dtype=torch.uint8)}
    return save(kept)


def _named(updates: int, policy: Policy) -> Weights:
    return {
        f"{updates}.{name}": value.detach().cpu().clone().contiguous()
        for name, value in sorted(policy.state_dict().items())
    }


def snapshots(made: bytes) -> dict[int, Weights]:
    """Number of updates -> weights, in order, of what `work` answered."""
    out: dict[int, Weights] = {}
    for name, value in load(made).items():
        if name == REPORT:
            continue
        updates, parameter = name.split(".", 1)
        out.setdefault(int(updates), {})[parameter] = value
    return dict(sorted(out.items()))


def grafting(made: bytes) -> Grafting | None:
    """What was grafted and why; None where nothing was tried."""
    words = load(made).get(REPORT)
    return None if words is None else Grafting.model_validate_json(words.numpy().tobytes())


def policy_of(learner: PPOConfig, weights: Weights) -> Policy:
    """A policy with these weights, ready to be asked."""
    policy = Policy(learner.shape)
    policy.load_state_dict(weights)
    return policy.eval().requires_grad_(False)
