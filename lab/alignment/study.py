"""The re-test of L-PPR from raw prices: profile against none, policy against none, beside mean-variance and 1 / N.

Contract
--------
- A client is judged by who they truly are, never by what the profiler heard, so that misreading costs score.
- Every arm decides on the same days from rows up to the day, is dealt at the next close, and pays the same.
- Same plan, prices and policies: the same figures to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import Field

from lab.alignment import arms
from lab.alignment.accounts import Accounts, carry
from lab.alignment.arms import ARMS
from lab.alignment.clients import LIMITS, TITLES, Group, Person
from lab.alignment.deciding import Decided, Rows, decide_job, from_bytes
from lab.alignment.ground import Stage
from lab.alignment.money import FIGURES, Money, money_of
from lab.alignment.records import ArmRow, Contrast, Figure, Misread, Span, StressRow
from lab.backtest.seen import fingerprint
from lab.code import code_digest
from lab.spread import Job, OnSpread, Workers, spread
from portfolio.alignment import PARTS, YEAR, deepest_fall, mean_of_known, only_stated, part_means
from portfolio.alignment_doubt import client_scores, score_interval
from portfolio.market import Floats
from portfolio.metrics import annual_return
from portfolio.records import Record
from portfolio.statistics import Interval

STRESS = (2020, 2022)
DECIDING = ("portfolio", "rl", "graph", "lab.backtest", "lab.alignment")
"""Packages in which weights of this study are decided."""

CONTRASTS = (
    ("profile", "knowing the client, with the policy", arms.PROFILE_POLICY, arms.AVERAGE_POLICY),
    ("profile, no policy", "knowing the client, without the policy", arms.PROFILE_BASELINE, arms.AVERAGE_BASELINE),
    ("placebo", "the client's own profile instead of another client's", arms.PROFILE_POLICY, arms.SWAPPED_POLICY),
    ("policy", "the policy, with the profile", arms.PROFILE_POLICY, arms.PROFILE_BASELINE),
    ("policy, no profile", "the policy, without the profile", arms.AVERAGE_POLICY, arms.AVERAGE_BASELINE),
    ("conditioning", "telling the policy of the client, limits the same", arms.PROFILE_POLICY, arms.LIMITS_POLICY),
    ("reading", "the profiler's reading instead of a careful person's", arms.PROFILE_POLICY, arms.TRUE_POLICY),
    ("mvo", "L-PPR's design instead of mean-variance", arms.PROFILE_POLICY, arms.MVO),
    ("mvo at risk", "L-PPR's design instead of MVO at the client's risk", arms.PROFILE_POLICY, arms.PROFILE_MVO),
    ("equal weight", "L-PPR's design instead of equal weight", arms.PROFILE_POLICY, arms.EQUAL),
)  # fmt: skip
"""Name, title, and the two arms: the first less the second."""


class Plan(Record):
    """What is measured and how it is doubted."""

    basis_points: float = Field(default=10.0, ge=0)
    draws: int = Field(default=300, ge=20)
    level: float = Field(default=0.9, gt=0.5, lt=1)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Measured:
    """One span, and what it was made of; `data` is the SHA-256 of the world."""

    span: Span
    accounts: Accounts
    decided: Decided
    data: str


def decided_on(stage: Stage, *, folder: Path, workers: Workers, progress: OnSpread) -> Decided:
    """Every arm's weights on every row of the stage, one job a part; finished parts are kept under `folder`, in a
    place of their own for each set of prices, days, mandates, policies and code."""
    ground = stage.ground
    jobs = [
        Job(f"{number:02d}-{policy}.safetensors", Rows(rows=rows, policy=policy))
        for number, (policy, rows) in enumerate(stage.parts)
    ]
    world, panel = ground.world, ground.world.panel
    digest = sha256(f"{fingerprint(world)} {world.universe.model_dump_json()} {stage.parts}".encode())
    digest.update(code_digest(DECIDING).encode())
    for signal in sorted(panel.signals):
        digest.update(signal.encode() + np.ascontiguousarray(panel.signals[signal]).tobytes())
    for mandate in (*ground.heard, *ground.true, ground.average):
        digest.update(mandate.model_dump_json().encode())
    for name in sorted(ground.policies):
        ensemble = ground.policies[name]
        digest.update(f"{name} {ensemble.action_range!r} {ensemble.sleeve!r}".encode())
        for member in ensemble.members:
            for key, value in sorted(member.state_dict().items()):
                digest.update(f"{name} {key}".encode())
                digest.update(value.detach().numpy().tobytes())
    key = digest.hexdigest()
    made = spread(decide_job, ground, jobs, folder=folder / key[:16], key=key, workers=workers, progress=progress)
    return from_bytes([made[job.name] for job in jobs])


def measured(name: str, title: str, stage: Stage, decided: Decided, people: Sequence[Person], plan: Plan) -> "Measured":
    """The span's record, with the accounts and weights that it was made of."""
    panel = stage.ground.world.panel
    accounts = carry(
        panel, decided, [person.needs for person in people], basis_points=plan.basis_points, seed=plan.seed
    )
    pairs = tuple(dict.fromkeys((first, second) for _, _, first, second in CONTRASTS))
    money = money_of(accounts, pairs, draws=plan.draws, seed=plan.seed, level=plan.level)
    told = panel.cash_rate_source if accounts.billed else None
    span = Span(
        name=name,
        title=title,
        source=panel.source,
        first=panel.dates[decided.rows[0]].astype(object),
        last=panel.last_date,
        decisions=len(decided.rows),
        billed=accounts.billed,
        cash=f"cash earns {told}" if told else "no bill rate is known to the end: cash earns nothing in any arm",
        policy=stage.policy,
        clients=len(people),
        refused=int(decided.refused.sum()),
        block_days=money.block,
        rows=tuple(_row(arm, accounts, money, people, plan) for arm in ARMS),
        contrasts=tuple(_contrast(item, accounts, money, people, plan) for item in CONTRASTS),
        stress=tuple(_stress(accounts, people)),
    )
    return Measured(span, accounts, decided, fingerprint(stage.ground.world))


def misread(people: Sequence[Person]) -> tuple[Misread, ...]:
    """How the profiler's mandates differ from the true ones, by group of clients."""
    out = []
    for group in TITLES:
        own = [person for person in people if person.written.group == group]
        loose, tight, asked, missed = 0, 0, 0, 0
        for person in own:
            true, heard = person.true_mandate, person.heard_mandate
            gaps = [getattr(heard, name).value - getattr(true, name).value for name in ("volatility_cap", "cvar_cap")]
            gaps.append(true.cash_floor.value - heard.cash_floor.value)
            loose += max(gaps) > 1e-9
            tight += max(gaps) <= 1e-9 and min(gaps) < -1e-9
            asked += bool(person.needs.excluded)
            missed += bool(true.excluded_symbols - heard.excluded_symbols)
        out.append(
            Misread(
                group=group, clients=len(own), looser=loose, tighter=tight, excluding=asked, missed_exclusions=missed
            )
        )
    return tuple(out)


def average_numbers(stage: Stage) -> dict[str, float]:
    """The one mandate of those of whom nothing is known, in numbers."""
    return {name: float(getattr(stage.ground.average, name).value) for name in LIMITS}


def _row(arm: arms.Arm, accounts: Accounts, money: Money, people: Sequence[Person], plan: Plan) -> ArmRow:
    values = accounts.values[arm.name]
    parts = mean_of_known(part_means(values), axis=0)
    scores = client_scores(values)
    figures = {name: money.figure(arm.name, name) for name in FIGURES}
    return ArmRow(
        name=arm.name,
        title=arm.title,
        known=arm.known,
        **figures,
        turnover=accounts.turnover[arm.name],
        score=told(score_interval(values, seed=plan.seed, draws=plan.draws, level=plan.level)),
        parts={name: float(v) if np.isfinite(v) else None for name, v in zip(PARTS, parts, strict=True)},
        stated_score=told(score_interval(_stated(values, people), seed=plan.seed, draws=plan.draws, level=plan.level)),
        tolerant_score=float(mean_of_known(client_scores(accounts.tolerant[arm.name]), axis=0)),
        groups={group: float(mean_of_known(scores[_members(people, group)], axis=0)) for group in TITLES},
    )


def _contrast(
    item: tuple[str, str, str, str], accounts: Accounts, money: Money, people: Sequence[Person], plan: Plan
) -> Contrast:
    name, title, first, second = item
    own, other = accounts.values[first], accounts.values[second]

    def apart(one: Floats, two: Floats, *, over_time: bool = True) -> Figure:
        made = score_interval(one, two, seed=plan.seed, draws=plan.draws, level=plan.level, over_time=over_time)
        return told(made)

    return Contrast(
        name=name,
        title=title,
        first=first,
        second=second,
        score=apart(own, other),
        score_clients=apart(own, other, over_time=False),
        stated_score=apart(_stated(own, people), _stated(other, people)),
        annual_return=money.difference(first, second, "annual_return"),
        max_drawdown=money.difference(first, second, "max_drawdown"),
    )


def _stress(accounts: Accounts, people: Sequence[Person]) -> list[StressRow]:
    years = accounts.dates[1:].astype("datetime64[Y]").astype(int) + 1970
    out = []
    for year in STRESS:
        inside = years == year
        if int(inside.sum()) < YEAR - 10:
            continue
        for arm in ARMS:
            moves = accounts.of(arm.name)[inside]
            wild = moves.std(axis=0, ddof=1) * YEAR**0.5
            falls = np.array([deepest_fall(moves[:, place]) for place in range(moves.shape[1])])
            grown = [annual_return(moves[:, place], float(len(moves))) for place in range(moves.shape[1])]
            caps = np.array([person.needs.volatility for person in people])
            limits = np.array([person.needs.loss for person in people])
            out.append(
                StressRow(
                    year=year,
                    name=arm.name,
                    annual_return=float(np.median(grown)),
                    volatility=float(np.median(wild)),
                    max_drawdown=float(np.median(falls)),
                    within_volatility=float((wild <= caps).mean()),
                    within_loss=float((falls <= limits).mean()),
                )
            )
    return out


def _stated(values: Floats, people: Sequence[Person]) -> Floats:
    return np.stack([only_stated(one, person.needs) for one, person in zip(values, people, strict=True)])


def _members(people: Sequence[Person], group: Group) -> np.ndarray:
    return np.array([person.written.group == group for person in people])


def told(interval: Interval) -> Figure:
    """An interval as the page tells it."""
    return Figure(value=interval.estimate, low=interval.low, high=interval.high)
