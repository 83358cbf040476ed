"""Who holds what on which day: every strategy asked on every decision day, one after another or by many at once.

A job is one strategy over a span of decisions. Whoever does it sees the same rows, so the bytes are the same on one
core, many, or a Ray cluster; finished jobs are kept in a folder, and a run that was stopped goes on where it was.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lab.backtest.plan import Plan
from lab.backtest.seen import Seen, World, fingerprint, plain_mandate, seen_on
from lab.backtest.strategies import Strategy
from lab.backtest.weights import Decided, joint_risk, weights_on
from lab.code import code_digest
from lab.spread import SERIAL, Job, SpreadProgress, Workers, spread
from portfolio.market import Floats

SPAN = 24
"""Decisions of one job."""
RISKS = "covariances"
"""The job that reads the risk of each day and asks no strategy."""
CODE = ("portfolio", "rl")
OWN_CODE = ("decide", "learned", "seen", "strategies", "weights")
"""Folders, and modules of this one, in which decisions are made: a changed line there is another key."""
OF_DECISIONS = ("first", "every", "volatility", "risk_aversion", "cap")
"""The fields of a plan on which decisions depend; others may change and the decisions are taken up again."""

OnJob = Callable[[int, int, str], None]
"""Jobs done, jobs in all, what was done."""


@dataclass(frozen=True)
class Ask:
    """One strategy (or `RISKS`) on some rows."""

    strategy: str
    rows: tuple[int, ...]


class Desk:
    """What all jobs share: prices and scores, the plan, the strategies; and the days that it has looked at last."""

    def __init__(self, world: World, plan: Plan, strategies: Sequence[Strategy]) -> None:
        self.world, self.plan = world, plan
        self.strategies: Mapping[str, Strategy] = {strategy.name: strategy for strategy in strategies}
        self._mandate = plain_mandate(plan.volatility, plan.risk_aversion)
        self._looked: dict[int, tuple[Seen, Floats]] = {}

    def look(self, row: int) -> tuple[Seen, Floats]:
        """What is known on a row, and the (M, M) covariance of the columns; kept for the other strategies."""
        if row not in self._looked:
            if len(self._looked) >= SPAN:
                self._looked.clear()
            seen = seen_on(self.world, row, self._mandate, self.plan.cap)
            self._looked[row] = (seen, joint_risk(seen, self.world))
        return self._looked[row]


def answer(desk: Desk, ask: Ask) -> bytes:
    """(R, M + 1) weights of the asked rows, cash last, or their (R, M, M) covariances, as numpy writes them."""
    looks = [desk.look(row) for row in ask.rows]
    if ask.strategy == RISKS:
        return _packed(np.stack([risk for _, risk in looks]))
    strategy = desk.strategies[ask.strategy]
    if strategy.kind == "learned":
        import torch

        torch.set_num_threads(1)  # sums in another order are other bits
    columns = desk.world.columns
    return _packed(np.stack([weights_on(strategy, seen, columns, risk, desk.plan) for seen, risk in looks]))


def decide(
    world: World,
    strategies: Sequence[Strategy],
    late: Sequence[Strategy],
    rows: Sequence[int],
    holds: Sequence[int],
    plan: Plan,
    progress: OnJob,
    *,
    home: Path | None = None,
    workers: Workers = SERIAL,
) -> tuple[Decided, Decided]:
    """The decisions of `strategies` on all rows, and of `late` ones on rows from the last of `holds` on.

    Parameters
    ----------
    holds : the rows on which a strategy that holds is asked, and no others
    home : where finished jobs are kept, each market, plan and code in a folder of its own; None keeps nothing

    Raises what `lab.spread.spread` raises.
    """
    jobs: list[Job[Ask]] = []
    first_late = holds[-1] if holds else 0
    for place in range(0, len(rows), SPAN):
        span = tuple(rows[place : place + SPAN])
        jobs.append(_job(RISKS, "", span))
        for strategy in strategies:
            asked = tuple(row for row in span if strategy.kind != "hold" or row in holds)
            jobs += [_job(strategy.name, strategy.fingerprint, asked)] if asked else []
        for strategy in late:
            asked = tuple(row for row in span if row >= first_late)
            jobs += [_job(strategy.name, strategy.fingerprint, asked)] if asked else []
    key = decisions_key(world, plan, rows, holds)
    progress(0, len(jobs), "decisions")
    desk = Desk(world, plan, (*strategies, *late))

    def show(step: SpreadProgress) -> None:
        progress(step.done, step.total, "decisions")

    def made(folder: Path) -> dict[str, bytes]:
        return spread(answer, desk, jobs, folder=folder, key=key, workers=workers, progress=show)

    if home is None:
        with TemporaryDirectory() as folder:
            kept = made(Path(folder))
    else:
        kept = made(home / key[:16])
    tables: dict[str, dict[int, Floats]] = {strategy.name: {} for strategy in (*strategies, *late)}
    risks: dict[int, Floats] = {}
    for job in jobs:
        into = risks if job.inputs.strategy == RISKS else tables[job.inputs.strategy]
        into.update(zip(job.inputs.rows, _unpacked(kept[job.name]), strict=True))
    both = (strategies, late)
    whole, part = (
        Decided(tuple(rows), world.columns, {strategy.name: tables[strategy.name] for strategy in some}, risks)
        for some in both
    )
    return whole, part


def decisions_key(world: World, plan: Plan, rows: Sequence[int], holds: Sequence[int]) -> str:
    """SHA-256 of all on which decisions depend, the strategies' own fingerprints aside: they are in the jobs' names."""
    told = [
        plan.model_dump(mode="json", include=set(OF_DECISIONS)),
        list(rows),
        list(holds),
        fingerprint(world),
        world.universe.model_dump_json(),
    ]
    digest = sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(world.panel.signals):
        digest.update(name.encode() + np.ascontiguousarray(world.panel.signals[name]).tobytes())
    digest.update(code_digest(CODE).encode())
    for module in OWN_CODE:
        digest.update((files("lab.backtest") / f"{module}.py").read_bytes())
    return digest.hexdigest()


def _job(strategy: str, mark: str, rows: tuple[int, ...]) -> Job[Ask]:
    plain = "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in strategy)
    return Job(f"{plain}-{mark[:12]}-{rows[0]}" if mark else f"{plain}-{rows[0]}", Ask(strategy, rows))


def _packed(table: Floats) -> bytes:
    out = BytesIO()
    np.save(out, table, allow_pickle=False)
    return out.getvalue()


def _unpacked(content: bytes) -> Floats:
    table: Floats = np.load(BytesIO(content), allow_pickle=False)
    return table
