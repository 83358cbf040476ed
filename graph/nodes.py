"""The nodes: each a thin function from state and context to what it adds to the state. The name is the node's name.

Finance, reading and learning live below; here stands only what is called, in which order, and what becomes of trouble:
missing data stops a run with a sentence, everything else falls to a lower rung that says so.
"""

from typing import TYPE_CHECKING

from langgraph.runtime import Runtime

from agents.analysts import AnalystReport
from agents.profiler import read
from graph import other_ways
from graph import recommendation as offers
from graph.context import Context
from graph.dossier import make_trace
from graph.edits import tightened
from graph.methods import score_rule
from graph.personal import adapter_of, as_traded
from graph.routing import is_go_ahead
from graph.rungs import fallback, model_for, rung_of, uses_of
from graph.scoreboard import record_views
from graph.state import State
from graph.told import told
from graph.trace import TraceStore, identified
from graph.turns import Fallback
from portfolio.decision import Decision, Proposal, Recommendation
from portfolio.profile import Question
from portfolio.records import CASH
from portfolio.suitability import mandate_from_profile
from portfolio.views import Abstention
from tools.errors import StoreError

if TYPE_CHECKING:
    pass

ASKED_TWICE = 2
"""How often one field is asked about before the committee goes on without it."""

Update = dict[str, object]


def profiler(state: State, runtime: Runtime[Context]) -> Update:
    """Read the whole conversation again; a bare "go ahead" adds nothing to it."""
    context, said = runtime.context, state.get("said", "")
    messages = state.get("messages", ())
    go = is_go_ahead(said)
    if not go:
        messages = (*messages, said)
    model, cause = model_for(context, "profiler")
    reading = read(messages, today=state["today"], universe=context.universe, model=model)
    cause = cause or reading.fallback
    rungs = sorted(set(reading.rungs.values())) or ["rules"]
    return {
        "messages": messages,
        "insist": bool(state.get("insist")) or go,
        "reading": reading,
        "answer": None,
        "ask": None,
        "trace_id": None,
        "recommendation": None,
        "closed": False,
        "rungs": {"profiler": "+".join(rungs)},
        "uses": uses_of(context, "profiler", model),
        "fallbacks": {"profiler": fallback("profiler", "rules", cause)},
    }


def ask(state: State, runtime: Runtime[Context]) -> Update:
    """End the turn with the single most useful question, after a word on an answer that was not understood."""
    question = open_questions(state)[0]
    return {
        "ask": not_understood(state, question) + question.text,
        "asked": (question.field,),
        "status": "needs_answer",
    }


def refuse(state: State, runtime: Runtime[Context]) -> Update:
    """End the turn without advice; the reasons stand in the reading."""
    return {"status": "refused"}


def mandate(state: State, runtime: Runtime[Context]) -> Update:
    """The client's words as binding numbers."""
    universe = runtime.context.universe
    made = told(mandate_from_profile(state["reading"].profile, universe), universe, state.get("messages", ()))
    return {"mandate": tightened(as_traded(runtime.context, made), state.get("tightened", {}))}


def gather(state: State, runtime: Runtime[Context]) -> Update:
    """The market as it was known at `as_of`. Raises DataError when the data do not reach it."""
    return {"data": runtime.context.data_info(state["today"])}


def news_analyst(state: State, runtime: Runtime[Context]) -> Update:
    """What the dated news in the store says of each asset."""
    return _analyse("news", runtime.context)


def filings_analyst(state: State, runtime: Runtime[Context]) -> Update:
    """What filings and earnings reports in the store say of each asset."""
    return _analyse("filings", runtime.context)


def _analyse(analyst: str, context: Context) -> Update:
    from agents.analysts import read_filings, read_news

    model, cause = model_for(context, "analyst")
    name = f"{analyst}_analyst"
    try:
        work = read_news if analyst == "news" else read_filings
        report = work(context.store, context.market.universe, context.as_of, model=model)
    except (StoreError, OSError) as error:
        why = str(error)
        report = AnalystReport(
            analyst="news" if analyst == "news" else "filings",
            abstentions=(Abstention(by=analyst, cause=f"the document store cannot be read: {why}"),),
            rung="rules",
        )
        return {
            "reports": {analyst: report},
            "rungs": {name: "none"},
            "fallbacks": {name: Fallback(part=name, rung="none", cause=why)},
        }
    rung = report.rung if report.findings else "none (no documents)"
    return {
        "reports": {analyst: report},
        "rungs": {name: rung},
        "uses": uses_of(context, name, model),
        "fallbacks": {name: fallback(name, report.rung, cause or report.fallback)},
    }


def persona(state: State, runtime: Runtime[Context]) -> Update:
    """One persona's views of every asset; several of these tasks run side by side."""
    from agents.personas import views

    context, name = runtime.context, state["persona"]
    one = next(item for item in context.personas if item.spec.name == name)
    reports = state.get("reports", {}).values()
    findings = [finding for report in reports for finding in report.findings]
    evidence = [item for report in reports for item in report.evidence]
    model, cause = model_for(context, "persona")
    calibration = context.calibration(one, model)
    made = tuple(views(one, context.market.panel, context.as_of, findings, evidence, model, calibration))
    cause = cause or next((view.fallback for view in made if view.fallback), None)
    part = f"persona: {name}"
    return {
        "views": {name: made},
        "rungs": {part: rung_of(made)},
        "uses": uses_of(context, part, model),
        "fallbacks": {part: fallback(part, "rules", cause)},
    }


def debate(state: State, runtime: Runtime[Context]) -> Update:
    """One persona hears its peers' reasons and may revise its views once; several of these tasks run side by side."""
    from agents.debate import second_round

    context, name = runtime.context, state["persona"]
    one = next(item for item in context.personas if item.spec.name == name)
    reports = state.get("reports", {}).values()
    findings = [finding for report in reports for finding in report.findings]
    evidence = [item for report in reports for item in report.evidence]
    everyone = [view for views in state["views"].values() for view in views]
    model, cause = model_for(context, "persona")
    own = state["views"][name]
    calibration = context.calibration(one, model)
    made = second_round(one, own, everyone, findings, evidence, context.as_of, model, calibration)
    causes = [view.fallback for view in made if view.fallback and view.fallback.startswith("debate:")]
    cause = cause or next(iter(causes), None)  # the first round's own trouble is told there
    part = f"debate: {name}"
    return {
        "views": {name: made},
        "uses": uses_of(context, part, model),
        "fallbacks": {part: fallback(part, "the first round", cause)},
    }


def allocator(state: State, runtime: Runtime[Context]) -> Update:
    """Weights before limits, by the method asked for: the committee's policy, or one of the other ways."""
    context = runtime.context
    return _policy(state, context) if context.method == "committee" else other_ways.propose(context, state)


def _policy(state: State, context: Context) -> Update:
    """The trained policy where its evidence allows it, else its baseline, and why."""
    from graph.committee import score_history
    from rl.baseline import baseline_proposal
    from rl.checkpoint import AllocatorUnavailable

    market = context.market
    scores = score_history(context, state["views"])
    label = None
    if context.use_policy == "never":
        reason = "The baseline stands alone, as asked for with --policy never."
        proposal = baseline_proposal(market.panel, market.universe, state["mandate"], reason)
    else:
        try:
            proposal = context.allocator.propose(
                market.panel,
                market.universe,
                scores,
                state["mandate"],
                gate=context.use_policy == "gated",
                adapter=adapter_of(context),
            )
        except AllocatorUnavailable as error:
            proposal = baseline_proposal(market.panel, market.universe, state["mandate"], str(error))
            label = Fallback(part="allocator", rung="baseline", cause=str(error))
    return {"proposal": proposal, "rungs": {"allocator": proposal.method}, "fallbacks": {"allocator": label}}


def risk_manager(state: State, runtime: Runtime[Context]) -> Update:
    """The nearest weights that obey every limit, or the limits that contradict each other."""
    from portfolio.risk_manager import decide

    context = runtime.context
    current, _, _ = offers.holdings_now(state["reading"].profile, context.market.universe.symbols)
    rule = score_rule(context, state)
    return {"decision": decide(state["proposal"].weights, context.constraints(state["mandate"], current), rule)}


def recommend(state: State, runtime: Runtime[Context]) -> Update:
    """All that the client is offered, whole before they judge it, and the trace of how it came about."""
    from graph.committee import moved_by

    context, decision = runtime.context, state["decision"]
    profile, data = state["reading"].profile, state["data"]
    current, amount, notes = offers.holdings_now(profile, context.market.universe.symbols)
    data = data.model_copy(update={"notes": tuple(dict.fromkeys((*data.notes, *notes, *state["reading"].notes)))})
    offer = None
    if decision.feasible:
        moved = moved_by(context, state, current)
        proposal = state["proposal"]
        kept_out = proposal.gate is not None and proposal.policy_weights is not None
        verdict = context.allocator.card.gate if kept_out else None
        shown = offers.figures(decision, state["mandate"], context.market.panel, context.scenarios, amount)
        offer = Recommendation(
            decision=decision,
            orders=offers.order_list(decision, current, amount, data),
            figures=shown,
            contributions=moved,
            explanation=offers.explain(proposal, decision, shown, moved, data, state.get("fallbacks", {}), verdict),
            trace_id="",
        )
    trace = identified(make_trace(context, state, data, offer))
    trouble = record_views(context, state) if context.remember else None
    trouble = trouble or fallback("scoreboard", "none", _scoreboard_trouble(context, state))
    fallbacks: dict[str, Fallback | None] = {"trace": None, "scoreboard": trouble}
    try:
        if context.remember:
            TraceStore(context.settings.home / "traces").keep(trace, context.timings, context.journal)
    except OSError as error:
        cause = f"the trace could not be written: {error.strerror or error}"
        fallbacks["trace"] = Fallback(part="trace", rung="none", cause=cause)
    return {
        "data": data,
        "recommendation": trace.recommendation,
        "trace_id": trace.trace_id,
        "fallbacks": fallbacks,
        "status": "awaiting_approval" if decision.feasible else "infeasible",
    }


def _scoreboard_trouble(context: Context, state: State) -> str | None:
    heard = any(view.model_score is not None for views in state["views"].values() for view in views)
    return context.scoreboard_trouble if heard else None


def explainer(state: State, runtime: Runtime[Context]) -> Update:
    """Answer a question about the run from its trace alone."""
    from agents.explainer import answer
    from graph.committee import facts_of

    return {"answer": answer(state.get("said", ""), facts_of(state)), "status": "answered"}


def apply_edit(proposal: Proposal, decision: Decision, weights: dict[str, float]) -> Proposal:
    """The client's own weights as the proposal that the risk manager decides on again."""
    start = decision.weights or proposal.weights
    edited = offers.with_edits(start, weights) if weights else dict(start)
    total = sum(edited.values())
    edited[CASH] = edited.get(CASH, 0.0) + 1.0 - total
    return proposal.model_copy(update={"weights": edited, "method": "client"})


def not_understood(state: State, following: Question) -> str:
    """One sentence on the last message where it was no answer to the question put before it; empty otherwise."""
    missed, put = state["reading"].missed, state.get("asked", ())
    if missed is None or not put or put[-1] != missed.field:
        return ""
    said = state.get("said", "").strip()
    if missed.text == following.text:
        return f'I did not understand "{said}" as an answer. '
    return f'I did not understand "{said}" as an answer to "{missed.text}", so that stays open. '


def open_questions(state: State) -> list[Question]:
    """Questions still worth asking: not asked twice already, and such as would move a limit."""
    asked = state.get("asked", ())
    return [
        question
        for question in state["reading"].questions
        if question.field != "amount_to_invest" and asked.count(question.field) < ASKED_TWICE
    ]
