"""The study: every forecaster fitted and asked, then every universe's table, as jobs that are kept and spread.

Contract
--------
- Nothing is read but the universes and the settings; the same of both give the same figures, spread or not.
- A finished job is kept under the hash of its data, in a folder of the settings and the code that makes figures: a run
  of fewer parts leaves its jobs to a run of all, and a changed word on the page asks nothing anew.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from lab.code import code_digest, source_digest
from lab.hybrid.forecasts import Question, case_questions, foretell, quality_questions, told
from lab.hybrid.quality import measure_quality
from lab.hybrid.records import HybridConfig, Measured, Result
from lab.hybrid.table import Tables, case_key, data_sha256, tabulate
from lab.hybrid.universes import Case
from lab.spread import SERIAL, Job, OnSpread, Workers, quiet, spread
from portfolio.market import MarketPanel
from portfolio.universe import Universe

QUALITY = "quality"
S = TypeVar("S")


@dataclass(frozen=True)
class Study:
    """The figures, and what each universe's job answered, for the register of trials."""

    result: Result
    measured: tuple[Measured, ...]


def run_study(
    cases: Sequence[Case],
    history: tuple[MarketPanel, Universe] | None,
    config: HybridConfig,
    *,
    command: str,
    folder: Path,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Study:
    """Measure the universes, and the forecasters on a long history where one is given.

    Parameters
    ----------
    folder : under which finished jobs are kept, each settings and code in a folder of their own

    Raises what `lab.spread.spread` raises.
    """
    key = study_key(config)

    def done(work: Callable[[S, str], bytes], shared: S, names: dict[str, str]) -> dict[str, bytes]:
        """What is asked for -> the answer; `names` says which data it is of."""
        jobs = [Job(f"{asked}-{data[:12]}", asked) for asked, data in names.items()]
        made = spread(work, shared, jobs, folder=folder / key[:16], key=key, workers=workers, progress=progress)
        return {job.inputs: made[job.name] for job in jobs}

    questions: dict[str, Question] = {}
    for case in cases:
        questions |= {_asks(case.slug, kind): one for kind, one in case_questions(case, config).items()}
    long = {} if history is None else quality_questions(*history, config)
    questions |= {_asks(QUALITY, kind): one for kind, one in long.items()}
    answers = done(foretell, questions, {name: data_sha256(one.panel) for name, one in questions.items()})
    tables = Tables(
        {case.slug: case for case in cases},
        config,
        {(case.slug, kind): answers[_asks(case.slug, kind)] for case in cases for kind in case_questions(case, config)},
    )
    made = done(tabulate, tables, {case.slug: data_sha256(case.panel) for case in cases})
    measured = tuple(Measured.model_validate_json(made[case.slug]) for case in cases)
    quality = None
    if history is not None:
        answered = {kind: told(answers[_asks(QUALITY, kind)]) for kind in long}
        quality = measure_quality(long, answered, case_key(config, history[0]))
    result = Result(command=command, config=config, cases=tuple(one.case for one in measured), quality=quality)
    return Study(result, measured)


def study_key(config: HybridConfig) -> str:
    """SHA-256 of the settings and of the code that makes figures; the page's words are not among it."""
    code = [code_digest(("portfolio", "rl")), source_digest((Case, HybridConfig, Question, Tables))]
    return sha256(json.dumps([config.model_dump(mode="json"), code]).encode()).hexdigest()


def _asks(slug: str, kind: str) -> str:
    return f"{slug}-{kind}"
