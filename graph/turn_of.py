"""From the state of a session to the turn that a door shows."""

from graph.committee import view_panel
from graph.context import Context
from graph.dossier import costs_of
from graph.state import State
from graph.turns import Spending, Turn


def turn_of(session: str, state: State, context: Context) -> Turn:
    """Everything there is to show after the latest step; what was not reached is None or empty."""
    reading = state["reading"]
    reached = state.get("status") not in {"needs_answer", "refused"}
    reports = state.get("reports", {}) if reached else {}
    views = state.get("views") if reached else None
    decision = state.get("decision") if reached else None
    return Turn(
        session=session,
        number=state.get("number", 1),
        status=state["status"],
        profile=reading.profile,
        contradictions=reading.contradictions,
        questions=reading.questions,
        ask=state.get("ask"),
        refused=reading.refused,
        mandate=state.get("mandate") if reached else None,
        findings=tuple(finding for report in reports.values() for finding in report.findings),
        evidence=tuple({item.id: item for report in reports.values() for item in report.evidence}.values()),
        abstentions=tuple(item for report in reports.values() for item in report.abstentions),
        views=view_panel(context, views) if views else None,
        proposal=state.get("proposal") if reached else None,
        decision=decision,
        recommendation=state.get("recommendation") if reached else None,
        answer=state.get("answer"),
        rungs=state.get("rungs", {}),
        fallbacks=tuple(item for item in state.get("fallbacks", {}).values() if item is not None),
        assets=context.universe.assets,
        data=state["data"] if "data" in state else context.data_info(state["today"]),
        costs=costs_of(state),
        spending=spending_of(context),
        trace_id=state.get("trace_id") if reached else None,
    )


def spending_of(context: Context) -> Spending | None:
    """What the models took since the turn began; None when nobody was asked."""
    journal = context.journal
    if not journal:
        return None
    fresh = [item for item in journal if not item.replayed]
    tokens = [item.usage.input_tokens + item.usage.output_tokens for item in fresh if item.usage is not None]
    costs = [item.cost for item in fresh if item.cost is not None]
    return Spending(
        calls=sum(item.calls for item in journal),
        answers=len(journal),
        replayed=len(journal) - len(fresh),
        tokens=sum(tokens) if tokens else (0 if not fresh else None),
        cost=sum(costs) if costs else (0.0 if not fresh else None),
        notes=tuple(dict.fromkeys(item.note for item in journal if item.note)),
    )
