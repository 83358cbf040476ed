"""What is decided on, and by whose policy: the bundled history, its bill rate, and policies trained on years before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import Field

from lab.alignment.clients import Person, average_mandate
from lab.alignment.deciding import Ground
from lab.backtest.seen import World, fingerprint
from lab.bills import bill_fund, with_bills
from lab.code import code_digest
from lab.spread import Job, OnSpread, Workers, spread
from lab.walk_forward.training import TrainInputs, snapshots, train
from portfolio.backtest import decision_rows
from portfolio.records import Record
from portfolio.views import ScoreHistory
from rl.checkpoint import read, shipped
from rl.ensemble import Ensemble
from rl.environment import market_of
from rl.networks import NetworkShape
from rl.ppo import PPOConfig
from tools.market.bundled import SHARES, load_bundled

SHIPPED = "shipped"
UNIVERSE = "US shares"
SMALL = PPOConfig(action_range=1.0, updates=20, clients=12, shape=NetworkShape(hidden=16))
"""The small candidate of the walk-forward (`lab.walk_forward.plan`), whose levers were declared before its windows."""


class Windows(Record):
    """A walk-forward: before every `years` years a policy is trained on the `train_years` before them."""

    first: int = 1997
    last: int = 2022
    years: int = Field(default=3, ge=1)
    train_years: int = Field(default=5, ge=1)
    seeds: tuple[int, ...] = (0, 1)
    config: PPOConfig = SMALL

    @property
    def starts(self) -> tuple[int, ...]:
        """First test year of each window."""
        return tuple(range(self.first, self.last + 1, self.years))


@dataclass(frozen=True, eq=False)
class Stage:
    """A ground with its decision rows: (policy, rows) in order, and how the policies came about, in words."""

    ground: Ground
    parts: tuple[tuple[str, tuple[int, ...]], ...]
    policy: str


def world_of(prices: Path | None, last: int = 2022, shares_only: bool = False) -> World:
    """The bundled history up to the year `last` as the live product sees it, its scores by every installed persona.

    `prices` is a folder of folders; the bill fund of its `etf` continues the bill rate, which else ends in 2018.
    Raises DataError where that folder holds no such rate.
    """
    from agents.personas import load_personas, score_history

    data = load_bundled()
    panel, universe = data.panel, data.universe
    if shares_only:
        panel = panel.select(SHARES)
        universe = universe.model_copy(update={"assets": tuple(universe.asset(symbol) for symbol in SHARES)})
    if prices is not None:
        panel = with_bills(panel, bill_fund(prices / "etf").panel)
    panel = panel.until(date(last, 12, 31))
    scores: ScoreHistory = score_history(load_personas(), panel)
    return World(panel, universe, scores)


def shipped_stage(world: World, people: Sequence[Person], first: int, last: int) -> Stage:
    """The shipped policy, which learned on years up to 2015, from the last close before `first` on."""
    ensemble, card = read(shipped())
    ground = _ground(world, people, {SHIPPED: ensemble})
    by_year = tuple((SHIPPED, _rows(world, year, year)) for year in range(first, last + 1))
    seen = card.spans[0]
    words = f"the shipped policy ({len(ensemble.members)} seeds), trained on {seen.first} to {seen.last}"
    return Stage(ground, tuple(part for part in by_year if part[1]), words)


def trained_stage(
    world: World, people: Sequence[Person], plan: Windows, *, folder: Path, workers: Workers, progress: OnSpread
) -> Stage:
    """Policies trained anew before each window, on the years before it alone."""
    spans = {year: (f"{year - plan.train_years}-01-01", f"{year - 1}-12-31") for year in plan.starts}
    jobs = [
        Job(
            f"{year}-{seed}.safetensors",
            TrainInputs(
                universes=(UNIVERSE,), train=span, config=plan.config, seed=seed, check_every=plan.config.updates
            ),
        )
        for year, span in spans.items()
        for seed in plan.seeds
    ]
    market = {UNIVERSE: market_of(world.panel, world.scores)}
    code = code_digest(("portfolio", "rl", "lab.walk_forward"))
    key = sha256(f"{fingerprint(world)} {plan.model_dump_json()} {code}".encode()).hexdigest()
    made = spread(train, market, jobs, folder=folder / key[:16], key=key, workers=workers, progress=progress)
    policies = {}
    for year in plan.starts:
        kept = (snapshots(plan.config, made[f"{year}-{seed}.safetensors"]) for seed in plan.seeds)
        members = [one[plan.config.updates].double() for one in kept]  # as a checkpoint is read for live use
        policies[str(year)] = Ensemble(tuple(members), plan.config.action_range, plan.config.sleeve)
    parts = tuple(
        (str(year), rows) for year in plan.starts if (rows := _rows(world, year, min(year + plan.years - 1, plan.last)))
    )
    words = (
        f"a small policy ({len(plan.seeds)} seeds) trained anew every {plan.years} years on the {plan.train_years} "
        "years before"
    )
    return Stage(_ground(world, people, policies), parts, words)


def _ground(world: World, people: Sequence[Person], policies: dict[str, Ensemble]) -> Ground:
    true = tuple(person.true_mandate for person in people)
    return Ground(world, tuple(person.heard_mandate for person in people), true, average_mandate(true), policies)


def _rows(world: World, first: int, last: int) -> tuple[int, ...]:
    """Month ends on which is decided for the years: from the last close before `first` to the last but one of `last`,
    so that what is decided is dealt, and lives its month, within them."""
    dates = world.panel.dates
    rows = np.array(decision_rows(dates, "monthly"))
    inside = (dates[rows] >= np.datetime64(f"{first - 1}-12-15")) & (dates[rows] < np.datetime64(f"{last}-12-15"))
    return tuple(int(row) for row in rows[inside])
