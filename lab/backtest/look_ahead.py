"""Does anything look ahead? Every later price, index level, signal and bill rate is scrambled, and everything decided
up to the date must stay the same to the bit: each persona's scores, each strategy's weights.

What differs is named. A persona that leaks is caught by its own scores, before any weight is looked at, so that the
fault is not laid at the door of a strategy that merely heard it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from agents.personas import Persona, score_history
from lab.backtest.plan import Plan
from lab.backtest.run import decisions_of
from lab.backtest.seen import World, plain_mandate, seen_on
from lab.backtest.strategies import Strategy, available, choose
from lab.backtest.weights import joint_risk, weights_on
from portfolio.market import Floats, MarketPanel, day_of
from portfolio.records import Record
from portfolio.views import ScoreHistory
from tools.market.records import MarketData

DATES = 4
"""Cuts through the history, evenly spread over the decisions."""
BEFORE = 6
"""Decisions before each cut, the cut included, whose weights are made anew."""


class Leak(Record):
    """Something that knew the future."""

    kind: str
    """"persona" or "strategy"; of the live committee also "analyst", "way", "risk manager" or "trace"."""
    name: str
    cut: date
    """Nothing after it was to be known."""
    day: date
    """The first day on which it answered otherwise, though that day was over."""


class LiveCheck(Record):
    """What the live committee was asked in worlds that differ after a day (`lab.backtest.look_ahead_live`)."""

    cuts: tuple[date, ...]
    ways: tuple[str, ...]
    answers: int
    """Compared whole: findings, views, proposal, decision and the trace's id."""
    leaks: tuple[Leak, ...]

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if not self.leaks:
            return (
                f"The live committee does not look ahead: {self.answers} answers of {len(self.ways)} ways to weights "
                "(findings, views, proposal, decision, the trace's id) stayed the same when every price, bill rate, "
                f"earnings report and document after {', '.join(str(cut) for cut in self.cuts)} was another."
            )
        return f"On the live path the future is known to {_named(self.leaks)}."


class LookAhead(Record):
    """What was compared, and what leaked: nothing, if all is well."""

    cuts: tuple[date, ...]
    personas: tuple[str, ...]
    strategies: tuple[str, ...]
    comparisons: int
    leaks: tuple[Leak, ...]
    live: LiveCheck | None = None
    """The same asked of the live committee; None where it was not."""

    @property
    def every_leak(self) -> tuple[Leak, ...]:
        """Those of the backtest and those of the live committee."""
        return (*self.leaks, *(() if self.live is None else self.live.leaks))

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        return self._own if self.live is None else f"{self._own} {self.live.sentence}"

    @property
    def _own(self) -> str:
        if not self.leaks:
            return (
                f"Nothing looks ahead: {self.comparisons:,} scores and weights of {len(self.personas)} personas and "
                f"{len(self.strategies)} strategies stayed the same to the bit when everything after "
                f"{', '.join(str(cut) for cut in self.cuts)} was scrambled."
            )
        return f"The future is known to {_named(self.leaks)}."


def _named(leaks: Sequence[Leak]) -> str:
    told = (f"the {leak.kind} {leak.name} (on {leak.day}, cut at {leak.cut})" for leak in leaks)
    return "; ".join(dict.fromkeys(told))


def scrambled(panel: MarketPanel, row: int, seed: int) -> MarketPanel:
    """The panel with every number after `row` replaced by noise of its own size; which are missing is scrambled too."""
    rng = np.random.default_rng(seed)

    def later(values: Floats) -> Floats:
        out = values.copy()
        out[row + 1 :] = values[row + 1 :] * np.exp(rng.normal(0.0, 0.5, values[row + 1 :].shape))
        return out

    close = later(panel.close)
    gone = rng.random(close[row + 1 :].shape) < 0.02
    close[row + 1 :][gone] = np.nan
    return replace(
        panel,
        close=close,
        signals={name: later(values) for name, values in panel.signals.items()},
        cash_rate=None if panel.cash_rate is None else later(panel.cash_rate),
        index=None if panel.index is None else later(panel.index),
    )


def check_look_ahead(
    data: MarketData,
    personas: Sequence[Persona],
    plan: Plan,
    progress: Callable[[int, int, str], None],
    *,
    extra: Sequence[Strategy] = (),
) -> LookAhead:
    """Compare at `DATES` cuts. `extra` are strategies beside the rules: the learned ones, or a test's own."""
    panel = data.panel if plan.last is None else data.panel.until(plan.last)
    true = World(panel, data.universe, score_history(personas, panel))
    there, missing = available(true)
    strategies = choose(plan.strategies, (*there, *extra), missing)
    rows = decisions_of(true, plan)
    places = sorted({int(place) for place in np.linspace(1, len(rows) - 2, DATES)})
    leaks: list[Leak] = []
    compared = 0
    for done, place in enumerate(places):
        cut = rows[place]
        progress(done, len(places), f"everything after {panel.dates[cut]} scrambled")
        other_panel = scrambled(panel, cut, plan.seed + done)
        other = World(other_panel, data.universe, score_history(personas, other_panel))
        found = _scores(true.scores, other.scores, cut)
        compared += len(personas) * (cut + 1) * len(panel.symbols)
        day = panel.dates[cut]
        leaks += [_leak("persona", name, day, panel.dates[row]) for name, row in found.items()]
        # A strategy is asked with the true personas' scores of the true past: it answers for itself alone.
        judged = replace(other, scores=true.scores)
        for row in rows[max(0, place + 1 - BEFORE) : place + 1]:
            own, its = (_weights(world, strategies, row, plan) for world in (true, judged))
            compared += sum(len(weights) for weights in own.values())
            leaks += [
                _leak("strategy", name, day, panel.dates[row])
                for name in own
                if own[name].tobytes() != its[name].tobytes()
            ]
    progress(len(places), len(places), "done")
    return LookAhead(
        cuts=tuple(day_of(panel.dates[rows[place]]) for place in places),
        personas=true.scores.personas,
        strategies=tuple(strategy.name for strategy in strategies),
        comparisons=compared,
        leaks=tuple(leaks),
    )


def _scores(true: ScoreHistory, other: ScoreHistory, row: int) -> dict[str, int]:
    """Persona -> the first row up to `row` on which it said something else."""
    out = {}
    for place, name in enumerate(true.personas):
        differs = np.zeros(row + 1, dtype=bool)
        for first, second in (
            (true.score, other.score),
            (true.confidence, other.confidence),
            (true.mask, other.mask),
        ):
            differs |= (first[place, : row + 1] != second[place, : row + 1]).any(axis=1)
        if differs.any():
            out[name] = int(np.argmax(differs))
    return out


def _weights(world: World, strategies: Sequence[Strategy], row: int, plan: Plan) -> dict[str, Floats]:
    seen = seen_on(world, row, plain_mandate(plan.volatility, plan.risk_aversion), plan.cap)
    risk = joint_risk(seen, world)
    return {one.name: weights_on(one, seen, world.columns, risk, plan) for one in strategies}


def _leak(kind: str, name: str, cut: np.datetime64, day: np.datetime64) -> Leak:
    return Leak(kind=kind, name=name, cut=day_of(cut), day=day_of(day))
