"""What goes in and out of the committee: verdicts, progress and the `Turn` that every door shows.

Plain records only, cheap to import: a door may import this module to draw a turn without loading the committee.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from portfolio.decision import Decision, Proposal, Recommendation
from portfolio.mandate import Mandate
from portfolio.profile import Contradiction, InvestorProfile, Question, Refusal
from portfolio.records import Record
from portfolio.universe import Asset
from portfolio.views import Abstention, Evidence, Finding, ViewPanel

Status = Literal[
    "needs_answer",  # the profiler asks `questions[0]` (or a contradiction's question) before it goes on
    "refused",  # no suitable advice exists: read `refused`
    "infeasible",  # the limits contradict each other: read `decision.conflict` and `decision.relaxations`
    "awaiting_approval",  # a recommendation is on the table: call `Advisor.review`
    "approved",
    "rejected",
    "answered",  # a question about a finished run was answered: read `answer`
]


Method = Literal["committee", "direct", "scores", "ensemble", "retrieval"]
"""The way from what the committee knows to weights before limits; `agents.methods.METHODS` says what each does."""
UsePolicy = Literal["gated", "always", "never"]
"""Whether the trained policy may speak: where its record beats the baseline, always, or never (the baseline alone)."""
Debate = Literal["auto", "on", "off"]
"""Whether personas hear each other in a second round; "auto": only if the scoreboard says that it helps."""


class Approve(Record):
    """Take the recommendation as it stands."""

    kind: Literal["approve"] = "approve"


class Reject(Record):
    """Turn it down; the reason is kept in the run's record."""

    kind: Literal["reject"] = "reject"
    reason: str = Field(min_length=1)


class Edit(Record):
    """Other weights, tighter limits, or both. The risk manager decides on the result again.

    `weights` names only what the client changes (CASH may be among them); the rest keeps its proportions.
    `limits` maps a mandate field ("cash_floor", "volatility_cap") to a tighter number. Loosening a limit needs the
    client's words, so it goes through `Advisor.say`.
    """

    kind: Literal["edit"] = "edit"
    weights: dict[str, float] = Field(default_factory=dict)
    limits: dict[str, float] = Field(default_factory=dict)


class Ask(Record):
    """Ask about the recommendation, and decide later."""

    kind: Literal["ask"] = "ask"
    question: str = Field(min_length=1)


Verdict = Annotated[Approve | Reject | Edit | Ask, Field(discriminator="kind")]


class Progress(Record):
    """One step of a run, as it happens. `seconds` is the step's duration, known when it has finished."""

    node: str
    """Name of the graph's node, with the persona where there is one: "persona: value"."""
    state: Literal["started", "finished", "note"]
    text: str
    seconds: float | None = None


class Fallback(Record):
    """A part that was answered by a lower rung than the one asked for, or not at all, and why."""

    part: str
    """ "profiler", "news_analyst", "filings_analyst", "persona: value", "allocator", "explainer"."""
    rung: str
    """The rung that answered in its place: "rules", "baseline", "none"."""
    cause: str


class PartCost(Record):
    """What one part asked a language model, and what the answers took when they were first given."""

    part: str
    model: str
    asked: int
    answered: int
    """Of those, how many gave a usable answer."""
    input_tokens: int | None
    output_tokens: int | None
    """None where the endpoint counts none."""
    cost: float | None
    """In the money of the prices in the settings; None where they name none."""


class Spending(Record):
    """What models took this time: a repetition replays its answers and takes nothing."""

    calls: int
    """Requests that reached an endpoint, retries and repairs included."""
    answers: int
    replayed: int
    """Of the answers, how many came from disk."""
    tokens: int | None
    cost: float | None
    notes: tuple[str, ...] = ()


class DataInfo(Record):
    """What the run read, and up to when. `today` is the day on which the client speaks, kept apart from `as_of`."""

    source: str
    universe: str
    symbols: tuple[str, ...]
    first_date: date
    last_date: date
    """Last day of the source."""
    as_of: date
    """The date that the run believes it is: nothing dated later is read."""
    price_date: date
    """Last day with prices on or before `as_of`."""
    today: date
    cash_rate_source: str | None = None
    cash_rate_known_to: date | None = None
    """Last day up to `as_of` on which the bill rate is known; None where it is known on none."""
    notes: tuple[str, ...] = ()


class Turn(Record):
    """Everything a door shows after one message or verdict. Unknown or not reached yet is None or empty."""

    session: str
    number: int
    """Counts the client's messages and verdicts in this session, from 1."""
    status: Status
    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...] = ()
    questions: tuple[Question, ...] = ()
    """What would still be asked, the most useful first; shown even when the run went on without the answers."""
    ask: str | None = None
    """The one question that this turn ends with; None unless the status is "needs_answer"."""
    refused: tuple[Refusal, ...] = ()
    mandate: Mandate | None = None
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
    views: ViewPanel | None = None
    proposal: Proposal | None = None
    decision: Decision | None = None
    recommendation: Recommendation | None = None
    """Complete (orders, figures, contributions, explanation) from "awaiting_approval" on."""
    answer: str | None = None
    """The explainer's answer to a question."""
    rungs: dict[str, str] = Field(default_factory=dict)
    """Part -> the rung that answered: profiler, news_analyst, filings_analyst, "persona: value", allocator."""
    fallbacks: tuple[Fallback, ...] = ()
    assets: tuple[Asset, ...] = ()
    """What the symbols stand for."""
    data: DataInfo
    costs: tuple[PartCost, ...] = ()
    """Per part, the same in every repetition of the run."""
    spending: Spending | None = None
    """This time; like `seconds` it is no part of what repeats. None when no model was asked."""
    trace_id: str | None = None
    """Set once a recommendation was made; the same before and after approval."""
    seconds: float | None = None
    """Wall-clock duration. It and `spending` alone differ between two equal runs."""


class ProfileTurn(Record):
    """The profile, the mandate and what stands in the way: the light half of a turn."""

    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...] = ()
    questions: tuple[Question, ...] = ()
    refused: tuple[Refusal, ...] = ()
    mandate: Mandate | None = None
    """None when refused."""
    rungs: dict[str, str] = Field(default_factory=dict)
    fallbacks: tuple[Fallback, ...] = ()
    today: date
    universe: str


class SessionSummary(Record):
    """One line about a session."""

    session: str
    today: date
    """The day on which it was opened."""
    as_of: date | None
    """None until the session has read any data."""
    turns: int
    status: Status | Literal["unfinished"]
    """ "unfinished": the process ended in the middle of a turn; `Advisor.resume` finishes it."""
    first_message: str
    trace_id: str | None = None


class TraceSummary(Record):
    """One line about a trace."""

    trace_id: str
    session: str | None
    today: date
    as_of: date
    status: str
    first_message: str


Json = JsonValue
