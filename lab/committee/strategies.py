"""The committee's decisions as strategies of `quorum backtest`, and the plan under which rules stand beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np

from lab.backtest.plan import Plan
from lab.backtest.run import TEST_FROM, decisions_of
from lab.backtest.seen import Seen, World
from lab.backtest.strategies import Strategy
from lab.committee.batch import Batch, decide_all
from lab.committee.told import Answering, answering, how_they_answered
from lab.committee.ways import Way, client_words, ways_of
from lab.spread import SERIAL, OnSpread, Workers, quiet
from portfolio.market import Floats, day_of
from portfolio.records import CASH
from tools.errors import DataError
from tools.market.records import MarketData
from tools.settings import Settings


@dataclass(frozen=True)
class Sitting:
    """The committee through a backtest's days.

    Attributes
    ----------
    plan : at the client's volatility cap and risk aversion, its test from the first decision on
    strategies : one a way, learned: whole weights, cash last
    batch : what they rest on
    client : the words that were said
    answering : how each way answered
    words : the same as a paragraph, with what the gains are judged by
    caps : lowest and highest volatility cap of the client over the days; the plan is at their mean
    client_aversion : the client's own, where it is the same on every day
    """

    plan: Plan
    strategies: tuple[Strategy, ...]
    batch: Batch
    client: str
    answering: tuple[Answering, ...]
    words: str
    caps: tuple[float, float]
    client_aversion: float | None


def sit(
    settings: Settings,
    market: MarketData,
    world: World,
    plan: Plan,
    *,
    client: str | None = None,
    ways: Sequence[str] = (),
    risk_aversion: float | None = None,
    asked_on: date | None = None,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Sitting:
    """Ask every way on every decision day of the plan, and bring the plan to the client's risk.

    Without a first day it is the day after the shipped policy's training, since what the policy says of the days that
    it was trained on is no evidence. All decisions are then test.

    Parameters
    ----------
    market : what the committee is asked on
    world : the same up to the plan's last day, for the rules and the accounts; a bill rate may be known there that
        `market` has not
    client : words, or a file that holds them; the house's own client when None
    ways : names; empty: all that can answer
    risk_aversion : what the gains are judged by; None: the client's own, whatever the plan's

    Raises as `lab.committee.batch.decide_all`, and DataError for too few decision days, or where the client's own risk
    aversion is to judge and changes from day to day.
    """
    first = plan.first or TEST_FROM
    plan = plan.model_copy(update={"first": first, "test_from": plan.test_from or first})
    words = client_words(client)
    chosen = ways_of(ways, settings.model_name)
    days = [day_of(world.panel.dates[row]) for row in decisions_of(world, plan)]
    batch = decide_all(settings, market, words, days, chosen, asked_on=asked_on, workers=workers, progress=progress)
    decisions = batch.of(chosen[0].name)
    caps = [decision.volatility_cap for decision in decisions]
    own = _one([decision.risk_aversion for decision in decisions])
    if risk_aversion is None and own is None:
        low, high = (edge(decision.risk_aversion for decision in decisions) for edge in (min, max))
        raise DataError(
            f"this client's risk aversion is not the same on every day: {low:g} to {high:g}",
            "choose one to judge the gains by, with --risk-aversion; the decisions are kept",
        )
    names = tuple(way.name for way in chosen)
    return Sitting(
        plan=plan.model_copy(
            update={
                "volatility": float(np.mean(caps)),
                "risk_aversion": own if risk_aversion is None else risk_aversion,
                "strategies": (*plan.strategies, *names) if plan.strategies else (),
            }
        ),
        strategies=tuple(strategy_of(way, batch) for way in chosen),
        batch=batch,
        client=words,
        answering=tuple(answering(way, batch.of(way.name)) for way in chosen),
        words=f"{how_they_answered(words, chosen, batch)} {_judged_by(own, risk_aversion)}",
        caps=(min(caps), max(caps)),
        client_aversion=own,
    )


def _one(values: Sequence[float]) -> float | None:
    """The value that all of them are, but for round-off; None where they differ."""
    return values[0] if max(values) - min(values) <= 1e-9 else None


def _judged_by(own: float | None, given: float | None) -> str:
    """By which risk aversion, and whose it is."""
    if given is None:
        return f"Gains are judged at this client's own risk aversion of {own:g}."
    return f"Gains are judged at a risk aversion of {given:g}, {whose(given, own)}."


def whose(judged: float, own: float | None) -> str:
    """In whose name gains are judged so, after the number."""
    if own is None:
        return "while the client's own changes from day to day"
    return "the client's own" if abs(judged - own) <= 1e-9 else f"where the client's own is {own:g}"


@dataclass(frozen=True)
class Decided:
    """A way's decisions by day, read where a strategy would decide."""

    title: str
    weights: Mapping[date, Mapping[str, float]]

    def __call__(self, seen: Seen) -> Floats:
        day = day_of(seen.panel.dates[-1])
        if day not in self.weights:
            raise ValueError(f"{self.title} was not asked on {day}; ask it on every decision day of the plan")
        held = self.weights[day]
        return np.array([held.get(symbol, 0.0) for symbol in (*seen.universe.symbols, CASH)])


def strategy_of(way: Way, batch: Batch) -> Strategy:
    """A way's decisions as a learned strategy."""
    decisions = batch.of(way.name)
    mark = sha256("".join(item.model_dump_json() for item in decisions).encode()).hexdigest()
    decided = Decided(way.title, {item.day: item.weights for item in decisions})
    return Strategy(way.name, way.title, way.note, "learned", decided, mark)
