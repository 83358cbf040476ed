"""From the state of a finished run to its trace: which node read what, and what it made."""

from graph.committee import view_panel
from graph.context import Context
from graph.methods import SCORER
from graph.state import State
from graph.trace import PromptUse, Step, Trace
from graph.turns import DataInfo, PartCost
from portfolio.decision import Recommendation
from tools.llm.uses import ModelUse
from tools.prompts import shipped_prompts


def make_trace(context: Context, state: State, data: DataInfo, offer: Recommendation | None) -> Trace:
    """The run as one record; its id is still blank (`graph.trace.identified` fills it)."""
    reading = state["reading"]
    reports = state.get("reports", {})
    fallbacks = state.get("fallbacks", {})
    return Trace(
        trace_id="",
        messages=state["messages"],
        today=state["today"],
        key=state["key"],
        data=data,
        steps=_steps(context, state),
        profile=reading.profile,
        contradictions=reading.contradictions,
        questions=reading.questions,
        refused=reading.refused,
        mandate=state["mandate"],
        findings=tuple(finding for report in reports.values() for finding in report.findings),
        evidence=tuple({item.id: item for report in reports.values() for item in report.evidence}.values()),
        abstentions=tuple(item for report in reports.values() for item in report.abstentions),
        views=view_panel(context, state["views"]),
        prompts=_prompts(context, state),
        model_uses=tuple(use for part in sorted(state.get("uses", {})) for use in state["uses"][part]),
        costs=costs_of(state),
        proposal=state["proposal"],
        decision=state["decision"],
        recommendation=offer,
        rungs=state.get("rungs", {}),
        fallbacks=tuple(item for item in fallbacks.values() if item is not None),
    )


def _steps(context: Context, state: State) -> tuple[Step, ...]:
    reading, rungs, decision = state["reading"], state.get("rungs", {}), state["decision"]
    known = [name for name, value in reading.profile if value is not None]
    reports, data = state.get("reports", {}), state["data"]
    steps = [
        Step(
            node="profiler",
            read=("messages", "today"),
            made=("profile", "contradictions", "questions"),
            summary=f"understood {', '.join(known) or 'nothing'}; answered by {rungs.get('profiler', 'rules')}",
        ),
        Step(node="mandate", read=("profile",), made=("mandate",), summary="each limit with its reason"),
        Step(
            node="gather",
            read=("data.source", "data.as_of"),
            made=("data",),
            summary=f"{len(data.symbols)} assets of {data.source}, nothing after {data.as_of}",
        ),
    ]
    for analyst in sorted(reports):
        report = reports[analyst]
        count = f"{len(report.findings)} findings on {len(report.evidence)} pieces of evidence"
        name = f"{analyst}_analyst"
        steps.append(Step(node=name, read=("data",), made=("findings", "evidence"), summary=f"{count}; {rungs[name]}"))
    for item in context.personas:
        name = item.spec.name
        rows = state["views"].get(name, ())
        scored = sum(view.score is not None for view in rows)
        text = f"{scored} views, {len(rows) - scored} abstentions; {rungs.get(f'persona: {name}', '')}"
        steps.append(Step(node=f"persona: {name}", read=("findings", "evidence"), made=("views",), summary=text))
    heard = any(view.model_score is not None for rows in state["views"].values() for view in rows)
    if heard:
        revised = sum(view.revised_from is not None for rows in state["views"].values() for view in rows)
        text = f"{revised} views revised; " if context.debates.held else ""
        steps.append(Step(node="debate", read=("views",), made=("views",), summary=text + context.debates.why))
    proposal = state["proposal"]
    if SCORER in state["views"]:
        rows = state["views"][SCORER]
        text = f"{sum(view.score is not None for view in rows)} of {len(rows)} assets scored; {rungs.get(SCORER, '')}"
        steps.append(Step(node=SCORER, read=("data", "findings", "evidence"), made=("views",), summary=text))
    said = f"proposed by {proposal.method}" + (f"; {proposal.gate}" if proposal.gate else "")
    steps.append(Step(node="allocator", read=("views", "mandate"), made=("proposal",), summary=said))
    if decision.feasible:
        held = "; ".join(
            (
                f"moved by {decision.distance or 0.0:.4f}",
                limits_that_bind(len(decision.binding)),
                *(() if decision.solver == "none" else (f"solved by {decision.solver}",)),
            )
        )
    else:
        held = f"in conflict: {', '.join(decision.conflict)}"
    steps.append(Step(node="risk_manager", read=("proposal", "mandate"), made=("decision",), summary=held))
    steps.append(
        Step(node="recommend", read=("decision", "views"), made=("recommendation",), summary="orders, figures, words")
    )
    return tuple(steps)


def limits_that_bind(count: int) -> str:
    """ "no limit binds", "1 limit binds", "2 limits bind"."""
    return f"{count or 'no'} limit{'s bind' if count > 1 else ' binds'}"


def _prompts(context: Context, state: State) -> tuple[PromptUse, ...]:
    """The personas' prompts in the committee's order, then the others that a model was asked with, by name."""
    personas = [
        PromptUse(name=item.spec.name, version=str(item.spec.version), fingerprint=item.spec.fingerprint)
        for item in context.personas
    ]
    asked = {use.prompt for rows in state.get("uses", {}).values() for use in rows}
    asked -= {item.fingerprint for item in personas}
    others = [
        PromptUse(name=name, version=str(prompt.version), fingerprint=prompt.fingerprint)
        for name, prompt in shipped_prompts().items()
        if prompt.fingerprint in asked
    ]
    return (*personas, *others)


def costs_of(state: State) -> tuple[PartCost, ...]:
    """What each part's answers took when they were asked, whether now or in a run before."""
    return tuple(_cost(part, rows) for part, rows in sorted(state.get("uses", {}).items()) if rows)


def _cost(part: str, rows: tuple[ModelUse, ...]) -> PartCost:
    usages = [use.usage for use in rows if use.usage is not None]
    costs = [use.cost for use in rows if use.cost is not None]
    return PartCost(
        part=part,
        model=", ".join(sorted({use.model for use in rows})),
        asked=len(rows),
        answered=sum(use.cause is None for use in rows),
        input_tokens=sum(item.input_tokens for item in usages) if usages else None,
        output_tokens=sum(item.output_tokens for item in usages) if usages else None,
        cost=sum(costs) if costs else None,
    )
