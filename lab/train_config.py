"""What a training may be told: learners to choose among, years, seeds, further inputs."""

from typing import Literal, get_args

from pydantic import Field

from portfolio.records import Record
from rl.branches.shelf import BranchName
from rl.environment import COST
from rl.networks import NetworkShape
from rl.ppo import PPOConfig


class Candidate(Record):
    """One of the learners among which the validation folds choose."""

    name: str
    learner: PPOConfig


NEAR = PPOConfig(action_range=1.0)
FAR = PPOConfig(action_range=2.0, updates=90, paths=16, steps=12, learning_rate=2e-3)
INTENT = FAR.model_copy(update={"shape": NetworkShape(intent=True, expert_hidden=8)})
CANDIDATES: tuple[Candidate, ...] = (
    Candidate(name="tilts to 1", learner=NEAR),
    Candidate(name="tilts to 2, short paths", learner=FAR),
    Candidate(name="tilts to 2, short paths, intent router", learner=INTENT),
)
"""Wider tilts, more and shorter paths and a faster rate each did better than `NEAR` on the folds, tried one by one; the
folds decide among these three on every training."""
LearnerName = Literal["near", "far", "intent"]
LEARNERS: dict[LearnerName, Candidate] = dict(zip(get_args(LearnerName), CANDIDATES, strict=True))


class TrainConfig(Record):
    """What to train, on which years, and with how many seeds."""

    name: str = "allocator"
    made_by: str = "quorum train"
    """The command, for the card."""
    candidates: tuple[Candidate, ...] = Field(default=CANDIDATES, min_length=1)
    branches: tuple[BranchName, ...] = ()
    """Further inputs (`rl.branches`), off unless the ablation says that they earn their place."""
    chronos: str | None = None
    """Path or id of the Chronos weights, where that branch is named."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    fold_seeds: tuple[int, ...] = (0, 1)
    check_every: int = Field(default=15, ge=1)
    """Updates between snapshots; the walk-forward folds choose among them."""
    first: str = "1991-01-01"
    folds: tuple[tuple[str, str], ...] = (
        ("2001-01-01", "2003-12-31"),
        ("2004-01-01", "2006-12-31"),
        ("2007-01-01", "2009-12-31"),
        ("2010-01-01", "2012-12-31"),
        ("2013-01-01", "2015-12-31"),
    )
    test: tuple[str, str] = ("2016-01-01", "2022-12-31")
    cost: float = Field(default=COST, ge=0)
    graft_updates: int = Field(default=0, ge=0)
    """Above zero, and with an intent router: train jointly up to the last fold, then each expert alone for so many
    updates, and keep it where clients of its family are better off on that fold."""
    device: str = "cpu"
