"""The same learner with one expert, with four, and with four under the intent router, trained alike and then asked.

Contract
--------
- Same settings and data: the same figures, on one core, many, or a Ray cluster; finished trainings are kept.
- Only training years are read: nothing here is a test of returns.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch

from lab.code import code_digest
from lab.experts.records import Measured, Result
from lab.spread import SERIAL, Job, OnSpread, Workers, quiet, spread
from lab.train import fingerprint
from lab.train_config import FAR, INTENT
from lab.train_jobs import policy_of, snapshots
from portfolio.market import MarketPanel
from portfolio.profile import OBJECTIVES
from portfolio.records import Record
from portfolio.views import ScoreHistory
from rl.diagnostics import Conflict, expert_collapse, gradient_conflict, router_usage
from rl.environment import Market, market_of
from rl.ppo import PPOConfig, deterministic

ONE = FAR.model_copy(update={"shape": FAR.shape.model_copy(update={"experts": 1})})
ARMS: dict[str, tuple[PPOConfig, str]] = {
    "one expert": (ONE, "the learner `far` with a single readout for every client"),
    "four experts": (FAR, "the learner `far` as shipped in `models/allocator`"),
    "four named experts": (INTENT, "the learner `intent` before grafting: own layers under the intent router"),
}


class Config(Record):
    """Which years, seeds and how long; the defaults are the shipped policies' own training years."""

    first: str = "1991-01-01"
    last: str = "2015-12-31"
    updates: int = 45
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True, eq=False)
class Ground:
    """What all trainings share."""

    market: Market
    config: Config


@dataclass(frozen=True)
class Training:
    """One policy to be trained."""

    learner: PPOConfig
    seed: int


def train_one(shared: Ground, job: Training) -> bytes:
    """The weights after the last update, as safetensors."""
    from lab.train_jobs import Markets, TrainJob, work

    config = shared.config
    asked = TrainJob(job.learner, config.first, config.last, job.seed, config.updates, "cpu", config.updates)
    return work(Markets({asked.market: shared.market}), asked)


def measure(
    panel: MarketPanel,
    scores: ScoreHistory,
    config: Config,
    *,
    folder: Path,
    command: str,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Result:
    """Train every arm and seed, then ask each for its gradients. Raises what `spread` raises."""
    with deterministic(0):
        market = market_of(panel, scores)
    told = config.model_dump_json() + fingerprint(panel, scores) + code_digest(("portfolio", "rl"))
    key = sha256(told.encode()).hexdigest()
    jobs = [
        Job(f"{name.replace(' ', '-')}-{seed}", Training(learner, seed))
        for name, (learner, _) in ARMS.items()
        for seed in config.seeds
    ]
    made = spread(train_one, Ground(market, config), jobs, folder=folder, key=key, workers=workers, progress=progress)
    days = market.between(config.first, config.last)
    measured = []
    for name, (learner, _) in ARMS.items():
        for seed in config.seeds:
            weights = snapshots(made[f"{name.replace(' ', '-')}-{seed}"])[config.updates]
            measured.append(_measured(name, seed, learner, weights, market, days))
    return Result(
        command=command,
        source=panel.source,
        first=config.first,
        last=config.last,
        updates=config.updates,
        seeds=config.seeds,
        arms={name: words for name, (_, words) in ARMS.items()},
        measured=tuple(measured),
    )


def _measured(
    name: str, seed: int, learner: PPOConfig, weights: dict[str, torch.Tensor], market: Market, days: torch.Tensor
) -> Measured:
    policy = policy_of(learner, weights)
    many = learner.shape.experts > 1
    usage = router_usage(policy, market, days) if many else None
    collapse = expert_collapse(policy, market, days).mean if many else None
    policy.requires_grad_(True)
    conflict = gradient_conflict(policy, learner, market, days)
    lowest, pair = _lowest(conflict)
    return Measured(
        arm=name,
        seed=seed,
        negative_share=conflict.negative_share,
        mean_cosine=conflict.mean_cosine,
        lowest=lowest,
        lowest_pair=pair,
        collapse=collapse,
        entropy=None if usage is None else usage.entropy,
        spread=None if usage is None else usage.spread,
    )


def _lowest(conflict: Conflict) -> tuple[float, tuple[str, str]]:
    """The pair of objectives whose gradients agree least."""
    pairs = [
        (conflict.cosines[i][j], (OBJECTIVES[i], OBJECTIVES[j]))
        for i in range(len(OBJECTIVES))
        for j in range(i + 1, len(OBJECTIVES))
    ]
    return min(pairs)
