"""The committee's backtest as a result that can be told: each way and rule at one risk, and who beat whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypedDict

import numpy as np

from lab.backtest.account import bill_rate, carry
from lab.backtest.judge import Doubt, Judgement
from lab.backtest.plan import BASELINE
from lab.backtest.resample import resample
from lab.backtest.run import Study
from lab.committee.strategies import Sitting, whose
from lab.committee.told import Answering
from lab.report.records import Line, Report
from portfolio.backtest import decision_rows
from portfolio.records import Record

FEWEST_QUARTERS = 8


class Stand(Record):
    """Where a strategy stands against equal weight at the same risk; fractions a year."""

    name: str
    title: str
    gain: float | None
    """Certainty-equivalent return ahead of equal weight; None for equal weight itself."""
    gain_low: float | None
    gain_high: float | None
    deflated_gain: float | None
    """Probability that the gain is above what the best of all trials shows without skill."""
    word: str


class Compared(Stand):
    """One way or rule in the test, net of costs."""

    way: bool
    """Whether it is one of the committee's ways rather than a rule beside them."""
    annual_return: float
    volatility: float
    ratio: float | None
    max_drawdown: float
    turnover: float | None


class Gap(Record):
    """Certainty-equivalent return a year of one of the ways less another strategy's, paired by day."""

    way: str
    other: str
    gain: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0


class Result(Record):
    """One run of `quorum backtest --committee`."""

    command: str
    source: str
    first: date
    last: date
    decisions: int
    every: str
    cost_basis_points: float
    client: str
    volatility: float
    """The client's cap, to which every strategy is brought; the mean over the days where it changes."""
    risk_aversion: float
    level: float
    """Of every interval."""
    seed: int
    draws: int
    ratio_name: str
    model: str | None
    lines: tuple[Compared, ...]
    gaps: tuple[Gap, ...]
    """Of each way to every other strategy."""
    quarterly: tuple[Gap, ...]
    """Of each way to equal weight, had the same decisions been dealt at quarters' ends alone; empty where they were."""
    answering: tuple[Answering, ...]
    trials: int
    spa: float | None
    reality_check: float | None
    overfitting: float | None
    cash: str = ""
    """What cash earned, and what the ratios are over."""
    execution: str = ""
    """How orders were dealt and charged beside the basis points; empty: in full, in fractions."""
    caps: tuple[float, float] | None = None
    """Lowest and highest volatility cap over the days; None where nobody kept them."""
    aversion: str = ""
    """Whose `risk_aversion` is."""

    @property
    def ways(self) -> tuple[Compared, ...]:
        """The committee's own."""
        return tuple(line for line in self.lines if line.way)

    def line(self, name: str) -> Compared:
        """Raises KeyError for one that did not run."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(f"{name} did not run")


def stands_of(judgement: Judgement, sitting: Sitting) -> tuple[Stand, ...]:
    """Where each way stands."""
    return tuple(Stand(**_stand(way.name, way.title, judgement.of(way.name))) for way in sitting.strategies)


def result_of(study: Study, report: Report, sitting: Sitting, model: str | None, command: str) -> Result:
    """What of a study and its report is told of the committee; `command` is what made them."""
    own = {answer.way for answer in sitting.answering}
    plan, family, overfitting = report.plan, report.superiority, report.overfitting
    return Result(
        command=command,
        source=report.source,
        first=report.test_first,
        last=report.last,
        decisions=report.test_decisions,
        every=plan.every,
        cost_basis_points=plan.cost_basis_points,
        client=sitting.client,
        volatility=plan.volatility,
        risk_aversion=plan.risk_aversion,
        level=plan.level,
        seed=plan.seed,
        draws=plan.draws,
        ratio_name=report.ratio_name,
        model=model,
        lines=tuple(_compared(line, line.name in own) for line in report.lines),
        gaps=tuple(
            Gap(way=line.name, other=other, gain=gap.estimate, low=gap.low, high=gap.high)
            for line in report.lines
            if line.name in own
            for other, gap in line.doubt.against.items()
        ),
        quarterly=_quarterly(study, [strategy.name for strategy in sitting.strategies]),
        answering=sitting.answering,
        trials=report.trials,
        spa=None if family is None else family.spa,
        reality_check=None if family is None else family.reality_check,
        overfitting=None if overfitting is None else overfitting.probability,
        cash=report.cash,
        execution=plan.execution.words,
        caps=sitting.caps,
        aversion=whose(plan.risk_aversion, sitting.client_aversion),
    )


def _compared(line: Line, way: bool) -> Compared:
    metrics = line.metrics
    return Compared(
        **_stand(line.name, line.title, line.doubt),
        way=way,
        annual_return=metrics.annual_return,
        volatility=metrics.volatility,
        ratio=metrics.sharpe,
        max_drawdown=metrics.max_drawdown,
        turnover=metrics.turnover,
    )


class _Standing(TypedDict):
    name: str
    title: str
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    deflated_gain: float | None
    word: str


def _stand(name: str, title: str, doubt: Doubt) -> _Standing:
    gain = doubt.gain
    return {
        "name": name,
        "title": title,
        "gain": None if gain is None else gain.estimate,
        "gain_low": None if gain is None else gain.low,
        "gain_high": None if gain is None else gain.high,
        "deflated_gain": doubt.deflated_gain,
        "word": doubt.word,
    }


def _quarterly(study: Study, ways: Sequence[str]) -> tuple[Gap, ...]:
    """The same decisions, those between quarters' ends left out: how much of a gain hangs on the day of dealing."""
    plan, decided = study.plan, study.decided
    ends = {int(row) for row in decision_rows(study.world.panel.dates, "quarterly")}
    begin = decided.rows[0] + study.start
    rows = [row for row in decided.rows if row in ends and row >= begin]
    if plan.every not in ("daily", "weekly", "monthly") or len(rows) < FEWEST_QUARTERS:
        return ()
    names = (BASELINE, *ways)
    held = {name: {row: decided.weights[name][row] for row in rows} for name in names}
    rate, _ = bill_rate(study.world, rows[0])
    rare = replace(decided, rows=tuple(rows), weights=held)
    accounts = carry(study.world, rare, rate, plan.cost_basis_points, plan.execution)
    draws = resample(
        np.column_stack([accounts.returns(name) for name in names]),
        accounts.cash,
        accounts.periods,
        risk_aversion=plan.risk_aversion,
        draws=plan.draws,
        level=plan.level,
        seed=plan.seed,
    )
    out = []
    for place, name in enumerate(ways, start=1):
        gap = draws.difference("certainty_equivalent", place, 0)
        if gap is not None:
            out.append(Gap(way=name, other=BASELINE, gain=gap.estimate, low=gap.low, high=gap.high))
    return tuple(out)
