"""The state machine: who speaks when. `builder` is exported uncompiled, so a test or server compiles its own."""

import time
from typing import Protocol, cast

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, RetryPolicy, Send, interrupt

from graph import nodes
from graph.context import Context, Timing
from graph.edits import tightened
from graph.routing import is_question
from graph.state import State
from graph.turns import Progress


class Node(Protocol):
    """What LangGraph calls: state in, update out, with the runtime by keyword."""

    __name__: str

    def __call__(self, state: State, runtime: Runtime[Context]) -> dict[str, object]: ...


DISK = RetryPolicy(max_attempts=2, initial_interval=0.2, retry_on=lambda error: isinstance(error, OSError))
"""A store that another process holds for a moment is asked once more; other trouble is not repeated."""


def watched(node: Node) -> Node:
    """The node, with its beginning and end told to whoever watches, and its time kept beside the trace."""

    def run(state: State, runtime: Runtime[Context]) -> dict[str, object]:
        name = node.__name__
        if node in (nodes.persona, nodes.debate):
            name = f"{name}: {state['persona']}"
        write = get_stream_writer()
        if runtime.context.before_node is not None:
            runtime.context.before_node(name)
        write(Progress(node=name, state="started", text=""))
        start = time.perf_counter()
        update = node(state, runtime)
        seconds = time.perf_counter() - start
        runtime.context.timings.append(Timing(node=name, seconds=seconds))
        write(Progress(node=name, state="finished", text="", seconds=seconds))
        return update

    run.__name__ = node.__name__
    run.__doc__ = node.__doc__
    return run


def approval(state: State, runtime: Runtime[Context]) -> Command[str]:
    """Wait for the client. No side effects here: on resume this node runs again from its first line.

    What comes back is a verdict's plain fields, or {"kind": "say", "text": ..., "insist": ...}.
    """
    if runtime.context.before_node is not None:
        runtime.context.before_node("approval")
    verdict = cast(dict[str, object], interrupt({"trace_id": state.get("trace_id")}))
    number = state.get("number", 0) + 1
    kind = verdict["kind"]
    judged = {"number": number, "answer": None, "closed": True}
    if kind == "approve":
        return Command(goto=END, update={"status": "approved", **judged})
    if kind == "reject":
        said = str(verdict["reason"])
        return Command(goto=END, update={"status": "rejected", "said": said, **judged})
    if kind == "edit":
        weights = cast(dict[str, float], verdict["weights"])
        limits = cast(dict[str, float], verdict["limits"])
        limits = {**state.get("tightened", {}), **limits}
        proposal = nodes.apply_edit(state["proposal"], state["decision"], weights)
        update = {
            "mandate": tightened(state["mandate"], limits),
            "tightened": limits,
            "proposal": proposal,
            "number": number,
            "answer": None,
        }
        return Command(goto="risk_manager", update=update)
    said = str(verdict["question"] if kind == "ask" else verdict["text"])
    update = {"said": said, "insist": bool(verdict.get("insist")), "number": number}
    to_explainer = kind == "ask" or is_question(said)
    return Command(goto="explainer" if to_explainer else "profiler", update=update)


def listen(state: State) -> str:
    """A question about a finished run goes to the explainer; anything else is for the profiler."""
    finished = state.get("trace_id") is not None
    return "explainer" if finished and is_question(state.get("said", "")) else "profiler"


def suffices(state: State) -> str:
    """Refuse, ask one more question, or go on."""
    reading = state["reading"]
    if reading.refused:
        return "refuse"
    if not state.get("insist") and nodes.open_questions(state):
        return "ask"
    return "mandate"


def what_depends(state: State) -> str:
    """The market and the views do not depend on the client: once there, they stand for the session."""
    return "allocator" if state.get("views") else "gather"


def call_personas(state: State, runtime: Runtime[Context]) -> list[Send]:
    """One task for each persona, side by side."""
    reports = state.get("reports", {})
    return [Send("persona", {"persona": item.spec.name, "reports": reports}) for item in runtime.context.personas]


def call_debaters(state: State, runtime: Runtime[Context]) -> list[Send] | str:
    """A second round, each persona with everybody's first views; or straight on where no debate is held."""
    if not runtime.context.debates.held:
        return "allocator"
    shared = {"views": state["views"], "reports": state.get("reports", {})}
    return [Send("debate", {"persona": item.spec.name, **shared}) for item in runtime.context.personas]


def after_offer(state: State) -> str:
    """Only what is feasible waits for approval."""
    return "approval" if state["decision"].feasible else END


def after_answer(state: State) -> str:
    """A question asked before the verdict leaves the verdict open."""
    return "approval" if state.get("recommendation") is not None and not state.get("closed") else END


def make_builder() -> StateGraph[State, Context]:
    """The uncompiled graph."""
    builder: StateGraph[State, Context] = StateGraph(State, context_schema=Context)
    opening = (nodes.profiler, nodes.ask, nodes.refuse, nodes.mandate, nodes.gather)
    for node in (*opening, nodes.persona, nodes.debate):
        builder.add_node(node.__name__, watched(node))
    for node in (nodes.news_analyst, nodes.filings_analyst):
        builder.add_node(node.__name__, watched(node), retry_policy=DISK)
    for node in (nodes.allocator, nodes.risk_manager, nodes.recommend, nodes.explainer):
        builder.add_node(node.__name__, watched(node))
    builder.add_node("approval", approval, destinations=("explainer", "profiler", "risk_manager", END))
    builder.add_conditional_edges(START, listen, ["explainer", "profiler"])
    builder.add_conditional_edges("profiler", suffices, ["refuse", "ask", "mandate"])
    builder.add_edge("ask", END)
    builder.add_edge("refuse", END)
    builder.add_conditional_edges("mandate", what_depends, ["allocator", "gather"])
    builder.add_edge("gather", "news_analyst")
    builder.add_edge("gather", "filings_analyst")
    builder.add_node("committee", lambda _state: {})
    builder.add_edge(["news_analyst", "filings_analyst"], "committee")
    builder.add_conditional_edges("committee", call_personas, ["persona"])
    builder.add_node("heard", lambda _state: {})
    builder.add_edge("persona", "heard")
    builder.add_conditional_edges("heard", call_debaters, ["debate", "allocator"])
    builder.add_edge("debate", "allocator")
    builder.add_edge("allocator", "risk_manager")
    builder.add_edge("risk_manager", "recommend")
    builder.add_conditional_edges("recommend", after_offer, ["approval", END])
    builder.add_conditional_edges("explainer", after_answer, ["approval", END])
    return builder


builder = make_builder()
