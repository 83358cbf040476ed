"""The one door to the committee: every command, page and service calls `Advisor` and shows the `Turn` it returns.

Contract
--------
- Importing this module is cheap; market data, torch and the graph load on the first call that needs them.
- Every method either returns a record or raises a `tools.errors.QuorumError` with one sentence and a remedy.
- A session survives its process: after a crash `resume` finishes the turn with the same bytes. A session made
  with other data, settings, prompts or personas is an error that names what changed, never a silent new start.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from graph.turns import (
    Approve,
    Ask,
    DataInfo,
    Edit,
    Fallback,
    ProfileTurn,
    Progress,
    Reject,
    SessionSummary,
    Status,
    TraceSummary,
    Turn,
    Verdict,
)
from tools.settings import Settings

UsePolicy = Literal["gated", "always", "never"]
OnProgress = Callable[[Progress], None]

__all__ = [
    "Advisor",
    "Approve",
    "Ask",
    "DataInfo",
    "Edit",
    "Fallback",
    "OnProgress",
    "ProfileTurn",
    "Progress",
    "Reject",
    "SessionSummary",
    "Status",
    "TraceSummary",
    "Turn",
    "UsePolicy",
    "Verdict",
]


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
    """

    def __init__(
        self,
        settings: Settings,
        *,
        today: date,
        as_of: date | None = None,
        personas: Sequence[str] | None = None,
        use_policy: UsePolicy = "gated",
    ) -> None: ...

    def open(self, session: str | None = None) -> str:
        """Start a session, or take up one that exists; returns its name. Raises `SessionError` on a mismatch."""
        ...

    def say(
        self, session: str, text: str, *, insist: bool = False, on_progress: OnProgress | None = None
    ) -> Turn:
        """One message of the client: a fact, a wish, a correction, a question about the run, or "go ahead".

        With `insist` the run goes on to a proposal with the cautious assumptions in place of what is unknown, and
        of two contradicting statements the tighter binds; questions and contradictions are still listed.
        """
        ...

    def review(self, session: str, verdict: Verdict, *, on_progress: OnProgress | None = None) -> Turn:
        """The client's verdict on what awaits approval. Raises `SessionError` when nothing does."""
        ...

    def profile_only(self, messages: Sequence[str]) -> ProfileTurn:
        """Profile and mandate of these messages, without a session, market prices or the policy; under a second."""
        ...

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All sessions kept in `settings.home`, in alphabetical order."""
        ...

    def resume(self, session: str, *, on_progress: OnProgress | None = None) -> Turn:
        """Finish a turn that a crash cut short, or return the last turn again. Raises `SessionError` on a mismatch."""
        ...

    def traces(self) -> tuple[TraceSummary, ...]:
        """All traces kept in `settings.home`, in order of their ids."""
        ...

    def trace_json(self, trace_id: str) -> str:
        """One trace as indented JSON. A unique prefix of the id will do. Raises `SessionError` when unknown."""
        ...

    def trace_html(self, trace_id: str) -> str:
        """One trace as a self-contained HTML page."""
        ...

    def export_trace(self, trace_id: str, path: Path) -> Path:
        """Write a trace to `path`, as HTML or JSON by its ending; returns the path."""
        ...

    def close(self) -> None:
        """Let go of the session file. An `Advisor` is also a context manager."""
        ...

    def __enter__(self) -> "Advisor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
