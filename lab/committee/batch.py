"""All decisions of a backtest: those that are kept are read, the others made, one after another or by many workers.

Contract
--------
- A decision is kept under the SHA-256 of all that it depends on (`lab.committee.fingerprint`), in the home folder. A
  second run makes none and has the same bytes; an interrupted one goes on where it stopped; where a prompt changed,
  models are asked only what that prompt is part of, because their answers are kept by request as well.
- A decision at which a model could not be reached counts in this run, labelled, and is not kept for the next.
- The bytes do not depend on who works. Workers share an endpoint's free places between them, so the limit of the
  settings holds for all together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from lab.code import code_digest
from lab.committee.decide import Asked, Desk, decide, shared_fairly
from lab.committee.records import Decision
from lab.committee.ways import Way
from lab.spread import SERIAL, Job, OnSpread, Workers, quiet, spread
from tools.errors import DataError, QuorumError
from tools.market.records import MarketData
from tools.settings import Settings

KEY = "decisions of the committee, each named by what it depends on"
"""Of the folder: names are fingerprints, so decisions of any settings and data may lie side by side."""


@dataclass(frozen=True)
class Batch:
    """Every decision asked for, and how many of them were made this time.

    Attributes
    ----------
    decisions : way's name -> day -> decision, ways in their order, days from the first on
    made : how many were not kept from a run before
    """

    decisions: Mapping[str, Mapping[date, Decision]]
    made: int

    def of(self, way: str) -> tuple[Decision, ...]:
        """One way's decisions, in order of days."""
        return tuple(self.decisions[way].values())


def decisions_folder(settings: Settings) -> Path:
    """Where decisions are kept, one file each."""
    return settings.home / "decisions"


def decide_all(
    settings: Settings,
    market: MarketData,
    client: str,
    days: Sequence[date],
    ways: Sequence[Way],
    *,
    asked_on: date | None = None,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Batch:
    """Each way's decision at the close of each day.

    Parameters
    ----------
    market : the whole of the data; every decision reads it up to its own day
    client : the client's words, said anew on each day
    asked_on : the clock's day, under which a day's spending on models is counted

    Raises JobsFailed where decisions could not be made, DataError for a client whom the house does not advise, a day
    without prices or a kept decision that cannot be read, QuorumError for workers with whom an endpoint's limit cannot
    be kept.
    """
    workers = _within_limits(settings, workers)
    desk = Desk(shared_fairly(settings, workers.count), market, client, asked_on)
    folder = decisions_folder(settings)
    try:
        desk.check_client(days[0], ways[0])
        asked = desk.asked(days, ways, code_digest())
        jobs = [Job(item.fingerprint, item) for item in asked]
        for job in jobs:
            _forget_if_silent(folder, job.name)
        before = sum((folder / job.name).exists() for job in jobs)
        show = _in_words(asked, progress)
        made = spread(decide, desk, jobs, folder=folder, key=KEY, workers=workers, progress=show)
    finally:
        desk.close()
    out: dict[str, dict[date, Decision]] = {way.name: {} for way in ways}
    for item in asked:
        decision = _read(made[item.fingerprint], item.fingerprint, folder)
        out[item.way.name][item.day] = decision
        if decision.silent:
            (folder / item.fingerprint).unlink(missing_ok=True)
    return Batch(out, len(asked) - before)


def _in_words(asked: Sequence[Asked], progress: OnSpread) -> OnSpread:
    """Day and way in the place of a fingerprint."""
    names = {item.fingerprint: f"{item.way.name} {item.day}" for item in asked}
    return lambda step: progress(replace(step, name=names[step.name]))


def _within_limits(settings: Settings, workers: Workers) -> Workers:
    """No more workers than an endpoint has places for, where a model is named."""
    if settings.model_name is None and settings.model_url is None and not settings.model_roles:
        return workers
    if workers.kind == "ray" and workers.address is not None:
        raise QuorumError(
            "how many workers a Ray cluster gives is not known, so the limit of calls to one endpoint cannot be kept",
            "use --workers, or --ray local",
        )
    return workers.model_copy(update={"count": min(workers.count, settings.model_concurrency)})


def _forget_if_silent(folder: Path, name: str) -> None:
    """A decision without its model's answer, left by a run that was cut short before it could let go of it."""
    kept = folder / name
    if kept.exists() and _read(kept.read_bytes(), name, folder).silent:
        kept.unlink()


def _read(content: bytes, fingerprint: str, folder: Path) -> Decision:
    try:
        decision = Decision.model_validate_json(content)
    except ValidationError as error:
        raise DataError(
            f"the kept decision {fingerprint} is damaged", f"delete it from {folder} and run again"
        ) from error
    if decision.fingerprint != fingerprint:
        raise DataError(f"the kept decision {fingerprint} is another's", f"delete it from {folder} and run again")
    return decision
