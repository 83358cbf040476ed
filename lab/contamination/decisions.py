"""What the live committee decides in a world: the graph of a client's own run, asked on past days.

Nothing is remembered from one day to the next (`Advisor(remember=False)`), so the order of days moves nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from graph.advisor import Advisor
from graph.turns import Turn
from lab.committee.ways import WAYS, Way
from lab.contamination.masking import Mask
from portfolio.records import CASH
from portfolio.views import View
from tools.errors import DataError
from tools.market.source import open_market
from tools.settings import Settings

UNTRAINED = ("scores", "ensemble", "retrieval")
POLICY = "committee-policy"
RULES: tuple[Way, ...] = tuple(way for way in WAYS if way.name in (POLICY, *UNTRAINED))
"""The ways that differ from the baseline whatever the gate says."""


@dataclass(frozen=True, eq=False)
class Decision:
    """What a client would have been offered on a day, in true symbols.

    weights : cash included
    scores : (voice, symbol) -> what the allocator read
    model_scores : (voice, symbol) -> what the model said, before the bound
    answered : whether the way itself made the weights, and no lower rung
    """

    weights: Mapping[str, float]
    scores: Mapping[tuple[str, str], float]
    model_scores: Mapping[tuple[str, str], float]
    answered: bool
    turn: Turn


Decisions = dict[tuple[str, date], Decision]
"""By way and true day."""


def decide_in(
    settings: Settings,
    ways: Sequence[Way],
    days: Sequence[date],
    client: str,
    *,
    mask: Mask | None = None,
    personas: Sequence[str] | None = None,
    label: str = "",
    step: Callable[[str], None] = lambda _: None,
) -> Decisions:
    """Every way on every true day, in the world that the settings read; `mask` is the one it lies under, if any;
    `personas` are those to hear, None everyone.

    Raises DataError where a way offers nothing, and whatever the Advisor raises.
    """
    out: Decisions = {}
    called = {day: day if mask is None else mask.day(day) for day in days}
    first = called[days[0]]
    market = open_market(settings)
    with Advisor(settings, today=first, as_of=first, personas=personas, market=market, remember=False) as opened:
        advisor = opened
        for day in days:
            for way in ways:
                step(f"{label}{way.name}, {day}")
                advisor = advisor.beside(method=way.method, use_policy=way.policy, day=called[day])
                session = advisor.open(f"{way.name} {day}", fresh=True)
                turn = advisor.say(session, client, insist=True)
                out[way.name, day] = _decision(way, day, turn, mask)
    return out


def _decision(way: Way, day: date, turn: Turn, mask: Mask | None) -> Decision:
    if turn.decision is None or turn.decision.weights is None or turn.views is None:
        raise DataError(f"{way.name} offered nothing on {day}: {turn.status}", "describe a client who can be served")

    def true(symbol: str) -> str:
        return symbol if mask is None or symbol == CASH else mask.true(symbol)

    def told(said: Callable[[View], float | None]) -> dict[tuple[str, str], float]:
        views = turn.views.views if turn.views is not None else ()
        pairs = (((view.persona, true(view.symbol)), said(view)) for view in views)
        return {key: value for key, value in sorted(pairs) if value is not None}

    return Decision(
        weights={true(symbol): weight for symbol, weight in turn.decision.weights.items()},
        scores=told(lambda view: view.score),
        model_scores=told(lambda view: view.model_score),
        answered=not any(item.part == "allocator" for item in turn.fallbacks),
        turn=turn,
    )
