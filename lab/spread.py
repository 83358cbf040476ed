"""Independent jobs run one after another, over processes, or over a Ray cluster: the same bytes in every way.

Contract
--------
- A job is a pure function of what all jobs share and of its own typed inputs, and answers bytes. It must live in a
  module (not in a closure), so that another process can find it.
- A finished job's bytes are kept under its name in a folder; the same run started again does only what is missing.
  Finished jobs of other settings or other data (another `key`) are an error, never mixed in.
- A job that fails does not stop the others; when they are done, `JobsFailed` names each failure with its error.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from portfolio.records import Record
from tools.errors import QuorumError

S = TypeVar("S")
I = TypeVar("I")  # noqa: E741 - inputs


class JobsFailed(QuorumError):  # noqa: N818 - named for what happened, as the others in tools.errors
    """Some jobs ended in an error; the others are kept."""


class SpreadMismatch(QuorumError):  # noqa: N818
    """The folder holds finished jobs of other settings or of other data."""


class Workers(Record):
    """Who does the work. `address` is a Ray cluster's ("auto", "ray://host:10001"); None starts Ray on this machine."""

    kind: Literal["serial", "processes", "ray"] = "serial"
    count: int = Field(default=1, ge=1)
    address: str | None = None


SERIAL = Workers()


def ray_workers(address: str, count: int) -> Workers:
    """Workers from `--ray ADDRESS`; the word `local` starts Ray here with `count` workers."""
    return Workers(kind="ray", count=count, address=None if address == "local" else address)


@dataclass(frozen=True)
class Job(Generic[I]):
    """One job. Its name is a file's name: letters, digits, dots, dashes and underscores."""

    name: str
    inputs: I


@dataclass(frozen=True)
class SpreadProgress:
    """One job more is done; `seconds_left` is a guess from those before it, None while there is nothing to go by."""

    done: int
    total: int
    name: str
    seconds_left: float | None


Work = Callable[[S, I], bytes]
OnSpread = Callable[[SpreadProgress], None]
_Outcome = tuple[str, bytes | None, str]
"""Name, bytes or None, and what went wrong."""


def quiet(_: SpreadProgress) -> None:
    """For tests and scripts."""


def spread(
    work: Work[S, I],
    shared: S,
    jobs: Sequence[Job[I]],
    *,
    folder: Path,
    key: str,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, bytes]:
    """Name -> what the job answered, in the order of the jobs.

    Parameters
    ----------
    folder : where finished jobs are kept; `key` (a SHA-256 of settings and data) guards it
    clock : seconds, for the time left alone

    Raises SpreadMismatch, JobsFailed, and QuorumError where Ray was asked for and is not installed.
    """
    names = [job.name for job in jobs]
    if len(set(names)) < len(names):
        raise ValueError("two jobs have one name; a finished job could not be told from the other")
    _claim(folder, key)
    kept = {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}
    waiting = [job for job in jobs if job.name not in kept]
    failed: dict[str, str] = {}
    begun = clock()
    for done, (name, made, error) in enumerate(_outcomes(work, shared, waiting, workers), start=1):
        if made is None:
            failed[name] = error
        else:
            part = folder / f".{name}.part"
            part.write_bytes(made)
            part.replace(folder / name)
            kept[name] = made
        each = (clock() - begun) / done
        finished = len(jobs) - len(waiting) + done
        progress(SpreadProgress(finished, len(jobs), name, each * (len(waiting) - done)))
    if failed:
        told = "; ".join(f"{name}: {error}" for name, error in sorted(failed.items()))
        raise JobsFailed(
            f"{len(failed)} of {len(jobs)} jobs failed: {told}", "mend the cause and start again: the others are kept"
        )
    return {name: kept[name] for name in names}


def _claim(folder: Path, key: str) -> None:
    stamp = folder / "key"
    if stamp.exists() and stamp.read_text(encoding="utf-8") != key:
        raise SpreadMismatch(
            f"{folder} holds finished jobs of other settings or data",
            f"delete {folder} to start anew, or repeat the settings and data of those jobs",
        )
    folder.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key, encoding="utf-8")


def _outcomes(work: Work[S, I], shared: S, jobs: Sequence[Job[I]], workers: Workers) -> Iterator[_Outcome]:
    if not jobs:
        return iter(())
    if workers.kind == "processes":
        return _by_processes(work, shared, jobs, workers.count)
    if workers.kind == "ray":
        return _by_ray(work, shared, jobs, workers)
    return (_attempt(work, shared, job) for job in jobs)


def _attempt(work: Work[S, I], shared: S, job: Job[I]) -> _Outcome:
    """One job, its error told and not raised: an hour of finished jobs must not fall with one."""
    try:
        return job.name, work(shared, job.inputs), ""
    except Exception as error:  # noqa: BLE001 - any job may fail in its own way; JobsFailed passes each on by name
        return job.name, None, f"{type(error).__name__}: {error}"


_here: list[Any] = []
"""In a worker process: the work and what is shared, given once and not with every job."""


def _settle(work: Work[Any, Any], shared: object) -> None:
    import torch

    torch.set_num_threads(1)  # as many workers as cores: more threads would only wait for each other
    _here[:] = [work, shared]


def _one(job: Job[Any]) -> _Outcome:
    return _attempt(_here[0], _here[1], job)


def _by_processes(work: Work[S, I], shared: S, jobs: Sequence[Job[I]], count: int) -> Iterator[_Outcome]:
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    with ProcessPoolExecutor(count, get_context("spawn"), _settle, (work, shared)) as pool:
        asked = {pool.submit(_one, job): job.name for job in jobs}
        try:
            for future in as_completed(asked):
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    yield asked[future], None, f"its process died: {error}"
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # who is interrupted waits for no job that is not begun


def _by_ray(work: Work[S, I], shared: S, jobs: Sequence[Job[I]], workers: Workers) -> Iterator[_Outcome]:
    with _ray(workers) as ray:
        held = ray.put(shared)
        task = ray.remote(num_cpus=1)(_attempt)
        asked = {task.remote(work, held, job): job.name for job in jobs}
        pending = list(asked)
        while pending:
            ready, pending = ray.wait(pending, num_returns=1)
            try:
                yield ray.get(ready[0])
            except ray.exceptions.RayError as error:
                yield asked[ready[0]], None, f"its Ray worker failed: {error}"


@contextmanager
def _ray(workers: Workers) -> Iterator[Any]:
    """Ray joined or started, and left again unless it was running before."""
    try:
        import ray
    except ModuleNotFoundError as error:
        raise QuorumError("Ray is not installed", "install the extra: pip install 'quorum-advisor[ray]'") from error
    running = ray.is_initialized()
    if not running:
        settings = {"address": workers.address} if workers.address else {"address": "local", "num_cpus": workers.count}
        try:
            ray.init(include_dashboard=None if workers.address else False, log_to_driver=False, **settings)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise QuorumError(
                f"Ray could not be reached at {workers.address or 'this machine'}: {error}",
                "check the address, or name --ray local to start Ray here",
            ) from error
    try:
        yield ray
    finally:
        if not running:
            ray.shutdown()


def kept_names(folder: Path) -> Mapping[str, int]:
    """Finished jobs in a folder and their sizes in bytes, for people who wonder how far a run has come."""
    names = sorted(path for path in folder.glob("*") if path.name != "key" and not path.name.startswith("."))
    return {path.name: path.stat().st_size for path in names}
