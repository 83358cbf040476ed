"""The record of a run: all that led to each weight, under an id that is the hash of its content.

The same question on the same data gives the same bytes and so the same id. Wall times stand in a file of their own
beside it, because they never repeat.
"""

import json
import os
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from graph.context import Timing
from graph.turns import DataInfo, Fallback, PartCost, TraceSummary
from portfolio.decision import Decision, Proposal, Recommendation
from portfolio.mandate import Mandate
from portfolio.profile import Contradiction, InvestorProfile, Question, Refusal
from portfolio.records import Record
from portfolio.views import Abstention, Evidence, Finding, ViewPanel
from tools.errors import SessionError
from tools.llm.uses import Asked, ModelUse

ID_LENGTH = 16


class PromptUse(Record):
    """A prompt as it was when the run used it."""

    name: str
    version: str
    fingerprint: str


class Step(Record):
    """One node of the run: what it read and what it made, in the trace's own words."""

    node: str
    read: tuple[str, ...]
    """Names of the trace's parts that went in."""
    made: tuple[str, ...]
    """Names of the trace's parts that came out."""
    summary: str


class Trace(Record):
    """Node by node, what was said, known, thought, limited and offered."""

    trace_id: str
    messages: tuple[str, ...]
    today: date
    key: dict[str, str]
    data: DataInfo
    steps: tuple[Step, ...]
    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...]
    questions: tuple[Question, ...]
    refused: tuple[Refusal, ...]
    mandate: Mandate
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    abstentions: tuple[Abstention, ...]
    views: ViewPanel
    prompts: tuple[PromptUse, ...]
    model_uses: tuple[ModelUse, ...] = ()
    """Every question to a language model with its answer, in the order of the parts that asked."""
    costs: tuple[PartCost, ...] = ()
    proposal: Proposal
    decision: Decision
    recommendation: Recommendation | None
    rungs: dict[str, str]
    fallbacks: tuple[Fallback, ...]


def trace_id_of(content: Record) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the content's canonical JSON, its own id left blank."""
    plain = content.model_dump(mode="json")
    plain["trace_id"] = ""
    if plain.get("recommendation"):
        plain["recommendation"]["trace_id"] = ""
    return sha256(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:ID_LENGTH]


def identified(trace: Trace) -> Trace:
    """The trace under its own id."""
    name = trace_id_of(trace)
    offer = trace.recommendation
    return trace.model_copy(
        update={
            "trace_id": name,
            "recommendation": offer.model_copy(update={"trace_id": name}) if offer else None,
        }
    )


class TraceStore:
    """Traces as files in one folder: `<id>.json`, and `<id>.timings.json` beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, trace: Trace, timings: Sequence[Timing], asked: Sequence[Asked] = ()) -> None:
        """Write a trace and its wall times; writing the same trace twice changes nothing but the times.

        `asked` says which of the model's answers were replayed, and how long the others took.

        Raises OSError when the disk will not take it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / f"{trace.trace_id}.json", trace.model_dump_json(indent=2))
        times = {
            "nodes": [{"node": item.node, "seconds": round(item.seconds, 4)} for item in timings],
            "models": [
                {"purpose": a.purpose, "replayed": a.replayed, "calls": a.calls, "seconds": round(a.seconds, 4)}
                for a in asked
            ],
        }
        _write(self.folder / f"{trace.trace_id}.timings.json", json.dumps(times, indent=2))

    def names(self) -> tuple[str, ...]:
        """Ids of all traces, in alphabetical order."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(p.stem for p in self.folder.glob("*.json") if not p.name.endswith(".timings.json")))

    def find(self, prefix: str) -> Trace:
        """The trace whose id begins so. Raises SessionError when there is none, several, or it cannot be read."""
        found = [name for name in self.names() if name.startswith(prefix)] if prefix else []
        if not found:
            raise SessionError(f"there is no trace {prefix!r}", "`quorum trace list` shows those that are kept")
        if len(found) > 1:
            raise SessionError(f"{len(found)} traces begin with {prefix!r}", "give more of the id")
        return self._read(found[0])

    def timings(self, trace_id: str) -> tuple[Timing, ...]:
        """Wall times of the run that last wrote this trace; empty when none are kept."""
        path = self.folder / f"{trace_id}.timings.json"
        if not path.is_file():
            return ()
        rows = json.loads(path.read_text("utf-8"))["nodes"]
        return tuple(Timing(node=row["node"], seconds=row["seconds"]) for row in rows)

    def summaries(self) -> tuple[TraceSummary, ...]:
        """One line about each trace, in order of their ids."""
        out = []
        for name in self.names():
            trace = self._read(name)
            out.append(
                TraceSummary(
                    trace_id=name,
                    session=None,
                    today=trace.today,
                    as_of=trace.data.as_of,
                    status="recommended" if trace.decision.feasible else "infeasible",
                    first_message=trace.messages[0] if trace.messages else "",
                )
            )
        return tuple(out)

    def _read(self, name: str) -> Trace:
        path = self.folder / f"{name}.json"
        try:
            return Trace.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise SessionError(
                f"the trace {name} cannot be read: {str(error).splitlines()[0]}", f"remove {path.name} and run again"
            ) from error


def _write(path: Path, text: str) -> None:
    """All or nothing: a killed process leaves the old file or the new one, never half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)
