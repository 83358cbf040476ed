"""What one conversation remembers between steps: plain typed records only, to be written down and read back."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypedDict, TypeVar

from agents.analysts import AnalystReport
from agents.profiler import Reading
from graph.turns import DataInfo, Fallback, Status
from portfolio.decision import Decision, Proposal, Recommendation
from portfolio.mandate import Mandate
from portfolio.views import View
from tools.llm.uses import ModelUse

K = TypeVar("K")
V = TypeVar("V")


def merged(old: dict[K, V], new: dict[K, V]) -> dict[K, V]:
    """What parallel steps wrote, side by side; keys in alphabetical order, whichever came first."""
    both = {**old, **new}
    return {key: both[key] for key in sorted(both, key=str)}


def joined(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """One after the other; a tuple comes back from the session's file as a list, so both are taken."""
    return (*old, *new)


class State(TypedDict, total=False):
    """The conversation so far. A key is absent until the step that fills it has run."""

    said: str
    """The client's latest words."""
    insist: bool
    """Go on with cautious assumptions rather than ask."""
    number: int
    """Counts the client's messages and verdicts, from 1."""
    today: date
    key: dict[str, str]
    """What this session was made with; `graph.sessions.run_key`."""
    messages: tuple[str, ...]
    """What the profiler reads: all that the client said about themselves, in order."""
    asked: Annotated[tuple[str, ...], joined]
    """Fields already asked about, so that nobody is asked a third time."""
    reading: Reading
    mandate: Mandate
    tightened: dict[str, float]
    """Limits that the client tightened in a review; they hold for the rest of the session."""
    data: DataInfo
    reports: Annotated[dict[str, AnalystReport], merged]
    views: Annotated[dict[str, tuple[View, ...]], merged]
    proposal: Proposal
    decision: Decision
    recommendation: Recommendation | None
    fallbacks: Annotated[dict[str, Fallback | None], merged]
    rungs: Annotated[dict[str, str], merged]
    uses: Annotated[dict[str, tuple[ModelUse, ...]], merged]
    """Part -> what it asked a language model, and the answers."""
    status: Status
    closed: bool
    """The client has judged the recommendation; a later question does not open it again."""
    ask: str | None
    answer: str | None
    trace_id: str | None
    persona: str
    """Only inside a persona's own task: whose turn it is."""
