"""One decision by the live graph: the advisor that a client would have talked to at the close of that day.

Contract
--------
- Nothing dated after the day is read: the advisor runs with `as_of` that day, and says so in its trace.
- A run leaves neither session nor trace nor a record of its models' views behind, so decisions may be made in any
  order, by any worker, with the same bytes; answers of language models are kept by their own fingerprint.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from graph.advisor import Advisor, Turn
from lab.committee.fingerprint import day_depends, depends_of, fingerprint_of
from lab.committee.records import ALLOCATOR, Decision
from lab.committee.ways import Way
from portfolio.records import Record
from tools.errors import DataError, QuorumError
from tools.llm.uses import Asked as Answered
from tools.market.records import MarketData
from tools.settings import Settings

SESSION = "decision"
ANOTHER = "give another client with --client"


class Asked(Record):
    """One decision to make."""

    day: date
    way: Way
    depends: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """Under which the decision is kept."""
        return fingerprint_of(self.depends)


@dataclass
class Desk:
    """An advisor at work on many days; one a process. What days and ways share is opened once.

    Attributes
    ----------
    market : the whole of it; each decision is given what was known on its day
    client : what the client says
    asked_on : the clock's day, under which spending is counted
    """

    settings: Settings
    market: MarketData
    client: str
    asked_on: date | None = None
    _last: Advisor | None = field(default=None, repr=False)

    def at(self, day: date, way: Way) -> Advisor:
        """The advisor of that day and way."""
        before = self._last or Advisor(
            self.settings, today=day, as_of=day, asked_on=self.asked_on, market=self.market, remember=False
        )
        self._last = before.beside(method=way.method, use_policy=way.policy, day=day)
        return self._last

    def asked(self, days: Sequence[date], ways: Sequence[Way], code: str) -> tuple[Asked, ...]:
        """Every decision with all that it depends on, day by day. Raises DataError for a day without prices."""
        out = []
        for day in days:
            shared = day_depends(self.at(day, ways[0]).context, self.client, code)
            out += [Asked(day=day, way=way, depends=depends_of(shared, way)) for way in ways]
        return tuple(out)

    def check_client(self, day: date, way: Way) -> None:
        """Before anything else is done: raises DataError for a client whom the house does not advise."""
        told = "; ".join(item.reason for item in self.at(day, way).profile_only([self.client]).refused)
        if told:
            raise DataError(f"this client is not advised: {told}", ANOTHER)

    def close(self) -> None:
        """Let go of what was opened."""
        if self._last is not None:
            self._last.close()
            self._last = None

    def __getstate__(self) -> dict[str, object]:
        """For another process, which opens for itself."""
        return {**self.__dict__, "_last": None}


def decide(desk: Desk, asked: Asked) -> bytes:
    """The decision as JSON. Raises QuorumError where nothing was offered, or the client's limits contradict."""
    advisor = desk.at(asked.day, asked.way)
    turn = advisor.say(advisor.open(SESSION, fresh=True), desk.client, insist=True)
    made = decision_of(asked, turn, desk.settings.model_name, advisor.context.journal)
    return (made.model_dump_json() + "\n").encode()


def decision_of(asked: Asked, turn: Turn, model: str | None, journal: Sequence[Answered]) -> Decision:
    """What of a turn is kept."""
    decided, proposal, mandate = turn.decision, turn.proposal, turn.mandate
    if decided is None or proposal is None or mandate is None or turn.trace_id is None:
        raise QuorumError(f"{asked.way.title} offered nothing on {asked.day}: {turn.status}", ANOTHER)
    if decided.weights is None:
        told = ", ".join(decided.conflict)
        raise DataError(f"on {asked.day} this client's limits contradict each other: {told}", ANOTHER)
    tokens = [(part.input_tokens, part.output_tokens) for part in turn.costs]
    costs = [part.cost for part in turn.costs if part.cost is not None]
    return Decision(
        fingerprint=asked.fingerprint,
        depends=asked.depends,
        day=asked.day,
        way=asked.way.name,
        weights=decided.weights,
        own=all(item.part != ALLOCATOR for item in turn.fallbacks),
        rung=turn.rungs[ALLOCATOR],
        rungs=turn.rungs,
        fallbacks=turn.fallbacks,
        trace_id=turn.trace_id,
        volatility_cap=mandate.volatility_cap.value,
        risk_aversion=mandate.risk_aversion.value,
        model=model if turn.costs else None,
        asked=sum(part.asked for part in turn.costs),
        answered=sum(part.answered for part in turn.costs),
        silent=sum(item.silent for item in journal),
        input_tokens=_total([read for read, _ in tokens]),
        output_tokens=_total([written for _, written in tokens]),
        cost=sum(costs) if costs else None,
    )


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def shared_fairly(settings: Settings, workers: int) -> Settings:
    """One worker's settings: its part of the calls that an endpoint may have at a time, so that all keep to them."""
    return settings.model_copy(update={"model_concurrency": max(1, settings.model_concurrency // workers)})
