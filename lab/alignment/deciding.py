"""Everybody's weights on a decision day, all clients at once: the live path's own functions in the live path's order.

mandate -> the allocator's tilt -> the client's risk -> the risk manager's projection, from rows up to the day alone.
`tests/lab/test_alignment_study.py` holds one client to what the `Advisor` answers, and every arm to scrambled later
prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from safetensors.numpy import load, save

from graph.context import SCENARIO_DAYS
from lab.alignment import arms
from lab.backtest.seen import Seen, World, seen_on
from portfolio import baselines
from portfolio.constraints import compile_constraints
from portfolio.mandate import Mandate
from portfolio.market import Floats
from portfolio.projection import Infeasible
from portfolio.records import Record
from portfolio.risk import loss_scenarios
from portfolio.selection import nearest_many
from portfolio.support import NoSupportError
from rl import baseline as base
from rl.conditioning import client_of
from rl.ensemble import Ensemble
from rl.environment import day_of
from rl.features import Bools, latest
from rl.sleeves import log_sleeve

MVO_CAP = 0.25


class Rows(Record):
    """One job: decision rows of the world, and which policy decides on them."""

    rows: tuple[int, ...]
    policy: str


@dataclass(frozen=True, eq=False)
class Ground:
    """What all decisions share.

    heard, true : mandates of the C clients
    average : the one for everybody
    policies : name -> policy
    """

    world: World
    heard: tuple[Mandate, ...]
    true: tuple[Mandate, ...]
    average: Mandate
    policies: Mapping[str, Ensemble]


@dataclass(frozen=True, eq=False)
class Decided:
    """Weights by arm: (R, C, N + 1) where each client has their own, else (R, 1, N + 1); cash last.

    refused : (R, C) True where what the profiler heard cannot all be kept at once, so that nothing is offered: cash
    """

    rows: tuple[int, ...]
    weights: Mapping[str, Floats]
    refused: Bools


def decide_job(ground: Ground, job: Rows) -> bytes:
    """`decide` as bytes, for `lab.spread`."""
    torch.set_num_threads(1)
    made = decide(ground, job.rows, job.policy)
    parts = {"rows": np.array(job.rows, dtype=np.int64), "refused": made.refused, **made.weights}
    return save({name: np.ascontiguousarray(part) for name, part in sorted(parts.items())})


def from_bytes(parts: Sequence[bytes]) -> Decided:
    """The jobs' answers, in order, as one."""
    read = [load(part) for part in parts]
    names = [name for name in read[0] if name not in ("rows", "refused")]
    return Decided(
        rows=tuple(int(row) for part in read for row in part["rows"]),
        weights={name: np.concatenate([part[name] for part in read]) for name in names},
        refused=np.concatenate([part["refused"] for part in read]),
    )


def decide(ground: Ground, rows: Sequence[int], policy: str) -> Decided:
    """Every arm for every client on every row."""
    made: dict[str, list[Floats]] = {arm.name: [] for arm in arms.DECIDED}
    refused = np.zeros((len(rows), len(ground.heard)), dtype=np.bool_)
    misread = [place for place, pair in enumerate(zip(ground.heard, ground.true, strict=True)) if _differ(*pair)]
    for place, row in enumerate(rows):
        day = _Day(ground, row, ground.policies[policy])
        for name, weights in day.without_profile().items():
            made[name].append(weights[None])
        heard, refused[place] = day.everybody(ground.heard, ("policy", "baseline", "limits", "mvo"))
        true = heard[:, :2].copy()
        if misread:
            true[misread], _ = day.everybody([ground.true[place] for place in misread], ("policy", "baseline"))
        names = (arms.PROFILE_POLICY, arms.PROFILE_BASELINE, arms.LIMITS_POLICY, arms.PROFILE_MVO)
        for number, name in enumerate(names):
            made[name].append(heard[:, number])
        for number, name in enumerate((arms.TRUE_POLICY, arms.TRUE_BASELINE)):
            made[name].append(true[:, number])
    return Decided(tuple(rows), {name: np.stack(parts) for name, parts in made.items()}, refused)


class _Day:
    """One decision day: what is known, read once for all clients."""

    def __init__(self, ground: Ground, row: int, ensemble: Ensemble) -> None:
        self.ground, self.ensemble = ground, ensemble
        self.universe = ground.world.universe
        self.seen: Seen = seen_on(ground.world, row, ground.average, MVO_CAP)
        self.cov, self.eligible = self.seen.covariance, self.seen.eligible
        self.sleeve = log_sleeve(ensemble.sleeve, self.cov, self.eligible)
        self.scenarios = _scenarios(self.seen)
        today = latest(self.seen.panel)
        day = day_of(today.asset, today.market, today.tradable, self.seen.scores, np.array([-1]))
        self.day = day.each(lambda part: part.double() if part.is_floating_point() else part)
        self.plain = self.tilts((ground.average,))[0]

    def tilts(self, mandates: Sequence[Mandate]) -> Floats:
        """(C, N) the policy's tilt for each client."""
        clients = torch.cat([client_of(mandate).vector() for mandate in mandates]).double()
        made: Floats = self.ensemble.tilt(self.day, clients)[0].numpy()
        return made

    def everybody(self, mandates: Sequence[Mandate], ways: Sequence[str]) -> tuple[Floats, Bools]:
        """(C, W, N + 1) weights under each client's limits, and (C,) who can be offered nothing and stays in cash."""
        tilts = self.tilts(mandates)
        out = np.zeros((len(mandates), len(ways), len(self.universe.symbols) + 1))
        refused = np.zeros(len(mandates), dtype=np.bool_)
        for place, (mandate, tilt) in enumerate(zip(mandates, tilts, strict=True)):
            held = base.client_assets(self.universe, mandate, self.eligible)
            targets = np.stack([self.proposed(way, mandate, held, tilt) for way in ways])
            made = self.limited(targets, mandate)
            refused[place] = made is None
            out[place] = np.eye(out.shape[2])[-1] if made is None else made
        return out, refused

    def proposed(self, way: str, mandate: Mandate, held: Bools, tilt: Floats) -> Floats:
        """(N + 1,) before limits."""
        if way == "mvo":
            sleeve = np.zeros(len(held))
            if held.any():
                part = self.cov[np.ix_(held, held)]
                cap = max(MVO_CAP, 1.0 / int(held.sum()))
                sleeve[held] = baselines.max_sharpe(self.seen.means[held], part, cap)
            share = base.largest_share(mandate, self.universe, sleeve)
            return base.to_risk(sleeve, self.cov, mandate.volatility_cap.value, share)
        tilted = {"policy": tilt, "limits": self.plain, "baseline": np.zeros(len(held))}[way]
        return base.client_weights(self.universe, mandate, held, self.cov, self.sleeve + tilted)

    def limited(self, targets: Floats, mandate: Mandate) -> Floats | None:
        """(W, N + 1) what the risk manager makes of proposals (W, N + 1); None where the limits contradict."""
        limits = compile_constraints(
            mandate, self.universe, covariance=self.cov, scenarios=self.scenarios, tradable=self.eligible
        )
        try:
            return nearest_many(targets, limits)
        except (Infeasible, NoSupportError):
            return None

    def without_profile(self) -> dict[str, Floats]:
        """(N + 1,) each: one portfolio for everybody."""
        whole = self.eligible
        average, _ = self.everybody((self.ground.average,), ("policy", "baseline"))
        part, means = self.seen.part(), self.seen.means[whole]
        cap = max(MVO_CAP, 1.0 / max(1, int(whole.sum())))
        sleeves = {
            arms.MVO: self.seen.spread(baselines.max_sharpe(means, part, shrinkage=0.0)),
            arms.MVO_SHRUNK: self.seen.spread(baselines.max_sharpe(means, part, cap)),
            arms.PLAIN_POLICY: base.tilted(whole, self.sleeve + self.plain),
            arms.EQUAL: self.seen.spread(baselines.equal_weight(part)),
        }
        invested = {name: np.append(sleeve, max(0.0, 1.0 - sleeve.sum())) for name, sleeve in sleeves.items()}
        return {
            arms.AVERAGE_POLICY: average[0, 0],
            arms.AVERAGE_BASELINE: average[0, 1],
            **invested,
        }


def _differ(first: Mandate, second: Mandate) -> bool:
    """Whether two mandates differ in anything but the words of their reasons."""
    return _bare(first.model_dump(mode="json")) != _bare(second.model_dump(mode="json"))


def _bare(told: object) -> object:
    """The record without reasons, sources and notes."""
    if isinstance(told, dict):
        return {name: _bare(part) for name, part in told.items() if name not in ("reason", "sources", "note", "notes")}
    return [_bare(part) for part in told] if isinstance(told, list | tuple) else told


def _scenarios(seen: Seen) -> Floats:
    """(S, N) 21-day returns of the last `SCENARIO_DAYS`, as `graph.context.Context.scenarios`."""
    returns = seen.panel.returns()[1:][-SCENARIO_DAYS:]
    part = loss_scenarios(returns[:, seen.eligible])
    out = np.full((len(part), returns.shape[1]), np.nan)
    out[:, seen.eligible] = part
    return out
