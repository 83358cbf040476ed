"""A small policy trained on each split's training groups and judged on its test groups. Trainings are spread jobs.

A training label is what a decision earned over the month after it, so that month is purged on both sides of a test
group; a feature looks back up to a year, so a year after each test group is embargoed. No path of training months
crosses a test group: a group is longer than a path, which `check_paths` demands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from safetensors.torch import load, save

from lab.cross_validation.judge import SplitRatios, Yardstick, outcome_of, ratio_of
from lab.cross_validation.records import Design, Learned
from lab.spread import Job
from lab.walk_forward.accounts import Account, account_of
from lab.walk_forward.strategies import on_covariance
from lab.walk_forward.training import clients_at, leanings
from portfolio.market import Floats, MarketPanel
from portfolio.overfitting import PurgedSplit, joined_paths, purged_splits
from portfolio.records import Record
from rl.environment import PHASES, Market
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig, deterministic

LEARNER = "small policy"


class SplitTraining(Record):
    """One training: all that it depends on beside the market."""

    days: tuple[int, ...] = Field(min_length=1)
    """Decision days of the market that may be trained on."""
    config: PPOConfig
    seed: int


def train_on_days(market: Market, inputs: SplitTraining) -> bytes:
    """The policy's weights as safetensors; the same inputs give the same bytes."""
    with deterministic(0):
        learner = Learner(inputs.config, market, torch.tensor(inputs.days), inputs.seed)
        for _ in range(inputs.config.updates):
            learner.update()
        state = learner.policy.state_dict()
    return save({name: value.detach().clone().contiguous() for name, value in sorted(state.items())})


def policy_from(config: PPOConfig, data: bytes) -> Policy:
    """What `train_on_days` answered, for use."""
    policy = Policy(config.shape)
    policy.load_state_dict(load(data))
    return policy.eval().requires_grad_(False)


@dataclass(frozen=True, eq=False)
class Plan:
    """The splits of a market's decision days.

    days : (D,) decision days that can be judged: something can be held, and the month after is known
    splits : of rows of `days`
    """

    days: NDArray[np.int64]
    splits: tuple[PurgedSplit, ...]
    design: Design


def plan_of(market: Market, design: Design, config: PPOConfig) -> Plan:
    """Raises ValueError where the history is too short for the design, or a path could cross a test group."""
    days = np.flatnonzero((market.complete & market.eligible.any(dim=1)).numpy())
    made = purged_splits(
        len(days), folds=design.folds, test_folds=design.test_folds, purge=design.purge, embargo=design.embargo
    )
    splits = tuple(made)
    check_paths(splits, (config.steps - 1) * PHASES)
    return Plan(days, splits, design)


def check_paths(splits: Sequence[PurgedSplit], span: int) -> None:
    """Raises ValueError where a training path of `span` days could begin before a test block and end after it."""
    shortest = min(len(block) for split in splits for block in split.test)
    if shortest <= span:
        raise ValueError(
            f"a training path spans {span} decision days and a test group {shortest}, so that a path could cross it; "
            "take fewer folds or shorter paths"
        )


def jobs_of(plan: Plan, config: PPOConfig, seeds: Sequence[int]) -> list[Job[SplitTraining]]:
    """Every training of the study."""
    return [
        Job(
            f"split-{place:02d}-seed-{seed}",
            SplitTraining(days=tuple(plan.days[split.train].tolist()), config=config, seed=seed),
        )
        for place, split in enumerate(plan.splits)
        for seed in seeds
    ]


@dataclass(frozen=True, eq=False)
class Judge:
    """Policies on the prices: at one client's volatility and one cost, through the house's engine."""

    panel: MarketPanel
    market: Market
    volatility: float
    cost: float

    def account(self, policies: tuple[Policy, ...], reach: float, index: NDArray[np.int64]) -> Account:
        """The account of the policies' mean tilt, or of equal weight where there are none, decided on consecutive days
        `index` and followed until the next decision day would come."""
        held = self.market.eligible[torch.from_numpy(index)].numpy()
        tilt = np.zeros(held.shape)
        if policies:
            client = clients_at((self.volatility,))
            seeds = leanings(policies, self.market, torch.from_numpy(index), client)[:, :, 0]
            tilt = reach * seeds.mean(dim=0).double().numpy()
        raw = np.where(held, np.exp(tilt), 0.0)
        sleeve = raw / raw.sum(axis=1, keepdims=True)
        covariance = self.market.covariance[torch.from_numpy(index)].double().numpy()
        sleeves = on_covariance(np.column_stack([sleeve, np.zeros(len(sleeve))]), covariance)
        return account_of(
            self.panel,
            self.market.dates[index],
            sleeves.at_risk(self.volatility),
            cost=self.cost,
            until=str(self.market.dates[min(int(index[-1]) + 1, len(self.market.dates) - 1)]),
        )


def judge_learned(
    plan: Plan, trained: Mapping[str, bytes], config: PPOConfig, seeds: tuple[int, ...], judge: Judge, stick: Yardstick
) -> tuple[Learned, Floats, tuple[float, ...]]:
    """The figures, the paths' net returns (P, S): test groups one after another, each entered anew; and the yearly
    ratio of each seed followed alone, on its middle path. A single seed is the policy itself, and has none.

    Equal weight enters each group anew as well, so both pay the same to get in.
    """
    blocks = {int(block[0]): block for split in plan.splits for block in split.test}
    starts = sorted(blocks)
    base = {start: judge.account((), 0.0, plan.days[blocks[start]]) for start in starts}

    def held(policies: tuple[Policy, ...], split: PurgedSplit) -> list[Account]:
        return [judge.account(policies, config.action_range, plan.days[block]) for block in split.test]

    cells: list[list[Account]] = []
    alone: list[list[list[Account]]] = [[] for _ in seeds] if len(seeds) > 1 else []
    rows = []
    for place, split in enumerate(plan.splits):
        policies = tuple(policy_from(config, trained[f"split-{place:02d}-seed-{seed}"]) for seed in seeds)
        made = held(policies, split)
        bars = [base[int(block[0])] for block in split.test]
        train = [part for part in _runs(plan.days[split.train]) if len(part) > PHASES]
        learned = [judge.account(policies, config.action_range, part) for part in train]
        plain = [judge.account((), 0.0, part) for part in train]
        rows.append([_ratio(parts, stick.periods) for parts in (learned, plain, made, bars)])
        cells.append(made)
        for mine, policy in zip(alone, policies if alone else (), strict=True):
            mine.append(held((policy,), split))
    # Every block's days as one grid, so that paths are joined as those of the rules are.
    lengths = {start: len(base[start].net) for start in starts}
    offsets = dict(zip(starts, np.cumsum([0, *lengths.values()][:-1]).tolist(), strict=True))
    total = sum(lengths.values())
    daily = [
        PurgedSplit(
            train=np.zeros(0, dtype=np.int64),
            test=tuple(np.arange(lengths[int(b[0])]) + offsets[int(b[0])] for b in split.test),
            paths=split.paths,
        )
        for split in plan.splits
    ]

    def paths_of(blocks: Sequence[Sequence[Account]]) -> Floats:
        return joined_paths(daily, [[account.net for account in made] for made in blocks], total)

    paths = paths_of(cells)
    bar = np.concatenate([base[start].net for start in starts])
    cash = np.concatenate([base[start].cash for start in starts])
    outcome = outcome_of(LEARNER, plan.design, paths, bar, cash, SplitRatios(*np.array(rows).T), stick)
    ratios = [[ratio_of(path, cash, stick.periods) for path in paths_of(mine)] for mine in alone]
    middle = tuple(sorted(each)[len(each) // 2] for each in ratios)
    return Learned(outcome=outcome, seeds=seeds, updates=config.updates), paths, middle


def _ratio(parts: Sequence[Account], periods: float) -> float:
    net, cash = (np.concatenate([getattr(part, name) for part in parts]) for name in ("net", "cash"))
    return ratio_of(net, cash, periods)


def _runs(days: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Stretches of consecutive days."""
    return np.split(days, np.flatnonzero(np.diff(days) > 1) + 1)
