"""The one door to the committee: every command, page and service calls `Advisor` and shows the `Turn` it returns.

Contract
--------
- Importing this module is cheap; market data, torch and the graph load on the first call that needs them.
- Every method either returns a record or raises a `tools.errors.QuorumError` with one sentence and a remedy.
- A session survives its process: after a crash `resume` finishes the turn with the same bytes. A session made
  with other data, settings, prompts or personas is an error that names what changed, never a silent new start.
"""

import copy
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from graph.turns import (
    Approve,
    Ask,
    DataInfo,
    Debate,
    Edit,
    Fallback,
    Method,
    ProfileTurn,
    Progress,
    Reject,
    SessionSummary,
    Status,
    TraceSummary,
    Turn,
    UsePolicy,
    Verdict,
)
from tools.errors import ModelUnavailable, SessionError
from tools.prompts import shipped_prompts
from tools.settings import Settings

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.types import Command

    from graph.context import Context
    from graph.state import State
    from graph.trace import TraceStore
    from portfolio.universe import Universe
    from tools.market.records import MarketData

OnProgress = Callable[[Progress], None]

# fmt: off
__all__ = [
    "Advisor", "Approve", "Ask", "DataInfo", "Debate", "Edit", "Fallback", "Method", "OnProgress",
    "ProfileTurn", "Progress", "Reject", "SessionSummary", "Status", "TraceSummary", "Turn", "UsePolicy",
    "Verdict"
]
# fmt: on


class Advisor:
    """The committee, ready to talk.

    Parameters
    ----------
    settings : where things live and which model, data and checkpoint to use
    today : the day on which the client speaks; goals in years count from it
    as_of : the date the run believes it is; None means the last day of the data
    personas : names of the personas to hear; None means all that are installed
    use_policy : "gated" (the trained policy where its evidence beats the baseline, else the baseline, and it says
        so), "always" the policy, "never" the policy (the baseline alone)
    method : the way to weights; all but "committee" leave the policy out
    debate : whether personas hear each other in a second round
    minimum_score : from 1 to 10; what scores less is not held. For the methods "scores" and "retrieval"
    asked_on : the clock's day where `today` is it; models can earn trust only by answers given in their own time
    market : prices that are open already; None opens those that the settings name
    remember : whether sessions, traces and models' views are kept for later. A batch of past days leaves none behind,
        so that no day's answer depends on which days were run before it
    """

    def __init__(
        self,
        settings: Settings,
        *,
        today: date,
        as_of: date | None = None,
        personas: Sequence[str] | None = None,
        use_policy: UsePolicy = "gated",
        method: Method = "committee",
        debate: Debate = "auto",
        minimum_score: float | None = None,
        asked_on: date | None = None,
        before_node: Callable[[str], None] | None = None,
        market: "MarketData | None" = None,
        remember: bool = True,
    ) -> None:
        self.settings = settings
        self.today = today
        self.as_of = as_of
        self.personas = personas
        self.use_policy = use_policy
        self.method = method
        self.debate = debate
        self.minimum_score = minimum_score
        self.asked_on = asked_on
        self.before_node = before_node
        self.market = market
        self.remember = remember

    def beside(
        self, *, method: Method | None = None, use_policy: UsePolicy | None = None, day: date | None = None
    ) -> "Advisor":
        """Another way to weights, or the same on another `day` (as both `today` and `as_of`), without opening again
        what both read. They share the file of sessions, so only the first is closed."""
        graph = self._graph  # and with it the file of sessions, which both share
        other = copy.copy(self)
        other.method, other.use_policy = method or self.method, use_policy or self.use_policy
        other.today, other.as_of = day or self.today, day or self.as_of
        other.__dict__["context"] = self.context.beside(method=method, use_policy=use_policy, day=day)
        other.__dict__["_graph"] = graph
        other.__dict__.pop("_key", None)
        return other

    @cached_property
    def context(self) -> "Context":
        """What the nodes work with."""
        from graph.context import Context

        return Context(
            settings=self.settings,
            today=self.today,
            as_of_given=self.as_of,
            persona_names=self.personas,
            use_policy=self.use_policy,
            method=self.method,
            debate=self.debate,
            minimum_score=self.minimum_score,
            asked_on=self.asked_on,
            before_node=self.before_node,
            market_given=self.market,
            remember=self.remember,
        )

    @property
    def universe(self) -> "Universe":
        """The assets that the committee may choose from."""
        return self.context.universe

    @cached_property
    def _saver(self) -> "SqliteSaver":
        from graph.sessions import open_checkpoints

        return open_checkpoints(self.settings.home / "sessions.sqlite" if self.remember else None)

    @cached_property
    def _graph(self) -> "CompiledStateGraph[State, Context, State, State]":
        from graph.build import builder

        return builder.compile(checkpointer=self._saver)

    @cached_property
    def _key(self) -> dict[str, str]:
        from graph.sessions import run_key

        return run_key(self.context)

    def open(self, session: str | None = None, *, fresh: bool = False) -> str:
        """Start a session, or take up one that exists; returns its name. Raises `SessionError` on a mismatch.

        Without a name the next free number is taken. `fresh` forgets what an earlier session of the name held.
        Raises PromptError when a shipped prompt cannot be used.
        """
        shipped_prompts()  # one that is not well formed is found before anything is said
        kept = self._names()
        if session is None:
            return next(name for name in (f"s{number}" for number in range(1, len(kept) + 2)) if name not in kept)
        if not session.strip() or len(session) > 100:
            raise SessionError("a session's name has 1 to 100 characters", "give it a short name, or none")
        if session in kept:
            if fresh:
                self._saver.delete_thread(session)
            else:
                self._check(session)
        return session

    def say(self, session: str, text: str, *, insist: bool = False, on_progress: OnProgress | None = None) -> Turn:
        """One message of the client: a fact, a wish, a correction, a question about the run, or "go ahead".

        With `insist` the run goes on to a proposal with the cautious assumptions in place of what is unknown, and
        of two contradicting statements the tighter binds; questions and contradictions are still listed.
        """
        if not text.strip():
            raise SessionError("the message is empty", "say who you are and what you want, in your own words")
        values = self._finished(session, on_progress)
        if self._waits(session):
            return self._run(session, _resume({"kind": "say", "text": text, "insist": insist}), on_progress)
        start: State = {
            "said": text,
            "insist": insist,
            "number": values.get("number", 0) + 1,
            "today": values.get("today", self.today),
            "key": self._key,
        }
        return self._run(session, start, on_progress)

    def review(self, session: str, verdict: Verdict, *, on_progress: OnProgress | None = None) -> Turn:
        """The client's verdict on what awaits approval. Raises `SessionError` when nothing does."""
        values = self._finished(session, on_progress)
        if not self._waits(session):
            raise SessionError(f"nothing awaits approval in session {session}", "say what you want first")
        if isinstance(verdict, Edit):
            from graph.edits import check_edit

            check_edit(verdict, values["mandate"], values["decision"])
        return self._run(session, _resume(verdict.model_dump(mode="json")), on_progress)

    def profile_only(self, messages: Sequence[str]) -> ProfileTurn:
        """Profile and mandate of these messages, without a session, market prices or the policy; under a second."""
        from agents.profiler import read
        from graph.told import told
        from portfolio.suitability import mandate_from_profile

        universe = self.context.universe
        model, cause = None, None
        try:
            model = self.context.model("profiler")
        except ModelUnavailable as error:
            cause = str(error)
        reading = read(list(messages), today=self.today, universe=universe, model=model)
        cause = cause or reading.fallback
        return ProfileTurn(
            profile=reading.profile,
            contradictions=reading.contradictions,
            questions=reading.questions,
            refused=reading.refused,
            mandate=None
            if reading.refused
            else told(mandate_from_profile(reading.profile, universe), universe, messages),
            rungs={"profiler": "+".join(sorted(set(reading.rungs.values()))) or "rules"},
            fallbacks=() if cause is None else (Fallback(part="profiler", rung="rules", cause=cause),),
            today=self.today,
            universe=universe.name,
        )

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All sessions kept in `settings.home`, in alphabetical order."""
        out = []
        for name in self._names():
            snapshot = self._graph.get_state(_config(name))
            values = cast("State", snapshot.values)
            if "today" not in values:
                continue
            unfinished = bool(snapshot.next) and not self._waits(name)
            messages = values.get("messages") or (values.get("said", ""),)
            out.append(
                SessionSummary(
                    session=name,
                    today=values["today"],
                    as_of=values["data"].as_of if "data" in values else None,
                    turns=values.get("number", 0),
                    status="unfinished" if unfinished else values.get("status", "unfinished"),
                    first_message=messages[0],
                    trace_id=values.get("trace_id"),
                )
            )
        return tuple(out)

    def resume(self, session: str, *, on_progress: OnProgress | None = None) -> Turn:
        """Finish a turn that a crash cut short, or return the last turn again. Raises `SessionError` on a mismatch."""
        if session not in self._names():
            raise SessionError(f"there is no session {session}", "`quorum chat --session NAME` starts one")
        self._check(session)
        snapshot = self._graph.get_state(_config(session))
        if snapshot.next and not self._waits(session):
            return self._run(session, None, on_progress)
        return self._turn(session)

    def traces(self) -> tuple[TraceSummary, ...]:
        """All traces kept in `settings.home`, in order of their ids."""
        return self._traces.summaries()

    def trace_json(self, trace_id: str) -> str:
        """One trace as indented JSON. A unique prefix of the id will do. Raises `SessionError` when unknown."""
        return self._traces.find(trace_id).model_dump_json(indent=2)

    def trace_html(self, trace_id: str) -> str:
        """One trace as a self-contained HTML page."""
        from graph.page import page

        trace = self._traces.find(trace_id)
        return page(trace, self._traces.timings(trace.trace_id))

    def export_trace(self, trace_id: str, path: Path) -> Path:
        """Write a trace to `path`, as HTML or JSON by its ending; returns the path."""
        if path.suffix not in {".html", ".json"}:
            raise SessionError(f"{path.name} says neither .html nor .json", "end the file's name with one of them")
        text = self.trace_html(trace_id) if path.suffix == ".html" else self.trace_json(trace_id)
        path.write_text(text, encoding="utf-8")
        return path

    @cached_property
    def _traces(self) -> "TraceStore":
        from graph.trace import TraceStore

        return TraceStore(self.settings.home / "traces")

    def close(self) -> None:
        """Let go of the session file. An `Advisor` is also a context manager."""
        if "_saver" in self.__dict__:
            self._saver.conn.close()
            del self.__dict__["_saver"]
            self.__dict__.pop("_graph", None)

    def __enter__(self) -> "Advisor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _names(self) -> list[str]:
        rows = self._saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id")
        return [str(row[0]) for row in rows]

    def _values(self, session: str) -> "State":
        return cast("State", self._graph.get_state(_config(session)).values)

    def _check(self, session: str) -> "State":
        """The session's values, after making sure that the run would still be the same run."""
        from graph.sessions import check_same

        values = self._values(session)
        if "key" in values:
            check_same(values["key"], self._key, session)
        return values

    def _finished(self, session: str, on_progress: OnProgress | None) -> "State":
        """The session's values, after finishing a turn that a crash cut short, so that its words are not lost."""
        values = self._check(session)
        if not self._graph.get_state(_config(session)).next or self._waits(session):
            return values
        self._run(session, None, on_progress)
        return self._values(session)

    def _waits(self, session: str) -> bool:
        """Whether a recommendation of the session waits for the client's verdict."""
        return any(task.interrupts for task in self._graph.get_state(_config(session)).tasks)

    def _run(self, session: str, start: "State | Command[str] | None", on_progress: OnProgress | None) -> Turn:
        import time

        self.context.timings.clear()
        self.context.journal.clear()
        self._new_run()
        begin = time.perf_counter()
        stream = self._graph.stream(
            start, _config(session), context=self.context, stream_mode="custom", durability="sync"
        )
        try:
            for step in stream:
                if on_progress is not None and isinstance(step, Progress):
                    on_progress(step)
        except sqlite3.Error as error:
            raise SessionError(
                f"session {session} could not be written to the end: {error}",
                "free disk space and say it again, or `quorum chat --session` to go on; earlier turns are kept",
            ) from error
        return self._turn(session).model_copy(update={"seconds": time.perf_counter() - begin})

    def stop(self) -> None:
        """End the waiting for language models, from any thread or signal handler; the run goes on by rules."""
        if "models" in self.context.__dict__ and self.context.models is not None:
            self.context.models.stop()

    def _new_run(self) -> None:
        try:
            if self.context.models is not None:
                self.context.models.new_run()
        except ModelUnavailable:
            return  # the first part that asks for it says so, with the cause, in the turn

    def _turn(self, session: str) -> Turn:
        from graph.turn_of import turn_of

        return turn_of(session, self._values(session), self.context)


def _config(session: str) -> "RunnableConfig":
    return {"configurable": {"thread_id": session}}


def _resume(verdict: dict[str, object]) -> "Command[str]":
    from langgraph.types import Command

    return Command(resume=verdict)
