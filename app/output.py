"""What `--json` prints: one object per command, documented in `docs/advise.schema.json` and `docs/profile.schema.json`.

The object is flat on purpose: a reader in any language finds `weights["AAPL"]` without knowing the house's records.
"""

from datetime import date

from graph.turns import DataInfo, Fallback, PartCost, ProfileTurn, Status, Turn
from portfolio.decision import Contribution, Decision, ExpectedFigure, Order, Proposal
from portfolio.mandate import Mandate
from portfolio.profile import Contradiction, InvestorProfile, Question, Refusal
from portfolio.records import Record
from portfolio.views import Abstention, Evidence, Finding, View


class AdviseOutput(Record):
    """`quorum advise --json` and `quorum chat --json`."""

    session: str
    turn: int
    """Which of the session's messages this answers, from 1."""
    status: Status
    ask: str | None
    """The question that the committee needs answered before it goes on; only with status "needs_answer"."""
    answer: str | None
    """The answer to a follow-up question; only with status "answered"."""
    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...]
    questions: tuple[Question, ...]
    """What would still be asked, the most useful first."""
    refused: tuple[Refusal, ...]
    mandate: Mandate | None
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    abstentions: tuple[Abstention, ...]
    views: tuple[View, ...]
    proposal: Proposal | None
    weights: dict[str, float] | None
    """Symbol to weight, CASH included, summing to one. None when there is no recommendation."""
    decision: Decision | None
    orders: tuple[Order, ...]
    figures: tuple[ExpectedFigure, ...]
    contributions: tuple[Contribution, ...]
    explanation: str | None
    rungs: dict[str, str]
    fallbacks: tuple[Fallback, ...]
    costs: tuple[PartCost, ...]
    """What each part asked a language model, and what its answers took when they were first given."""
    data: DataInfo
    trace_id: str | None


class ProfileOutput(Record):
    """`quorum profile --json`."""

    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...]
    questions: tuple[Question, ...]
    refused: tuple[Refusal, ...]
    mandate: Mandate | None
    rungs: dict[str, str]
    fallbacks: tuple[Fallback, ...]
    today: date
    universe: str


def advise_output(turn: Turn) -> AdviseOutput:
    """Flatten a turn; nothing is computed or rounded. Time and spending are left out: same question, same bytes."""
    offer = turn.recommendation
    return AdviseOutput(
        session=turn.session,
        turn=turn.number,
        status=turn.status,
        ask=turn.ask,
        answer=turn.answer,
        profile=turn.profile,
        contradictions=turn.contradictions,
        questions=turn.questions,
        refused=turn.refused,
        mandate=turn.mandate,
        findings=turn.findings,
        evidence=turn.evidence,
        abstentions=turn.abstentions,
        views=turn.views.views if turn.views else (),
        proposal=turn.proposal,
        weights=turn.decision.weights if turn.decision else None,
        decision=turn.decision,
        orders=offer.orders if offer else (),
        figures=offer.figures if offer else (),
        contributions=offer.contributions if offer else (),
        explanation=offer.explanation if offer else None,
        rungs=turn.rungs,
        fallbacks=turn.fallbacks,
        costs=turn.costs,
        data=turn.data,
        trace_id=turn.trace_id,
    )


def profile_output(turn: ProfileTurn) -> ProfileOutput:
    """The same for the light half of a turn."""
    return ProfileOutput(
        profile=turn.profile,
        contradictions=turn.contradictions,
        questions=turn.questions,
        refused=turn.refused,
        mandate=turn.mandate,
        rungs=turn.rungs,
        fallbacks=turn.fallbacks,
        today=turn.today,
        universe=turn.universe,
    )
