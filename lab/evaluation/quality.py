"""All parts for one subject: the rules, or a model."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from lab.evaluation.endpoint import Tries
from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import Part, Result, Subject
from portfolio.records import Record
from tools.settings import Settings


class Plan(Record):
    """What to measure, on what, and how much of it a model is asked."""

    data: Path
    parts: tuple[Part, ...]
    sample: int = Field(ge=1)
    analyst_sample: int = Field(ge=0)
    clients: int = Field(ge=1)
    dates: int = Field(ge=1)
    seed: int
    command: str
    note: str | None = None


def measure_subject(settings: Settings, subject: Subject, plan: Plan, step: OnStep) -> Iterator[Result]:
    """One result a part, as each is done: what was measured before a failure is not lost.

    Returns and retrieval have no model in them, and views nothing but one, so each is measured for one rung only.
    Raises DataError, StoreError and ModelUnavailable.
    """
    for part in plan.parts:
        step(Step(part, subject.name))
        result = _by_rules(part, settings, plan, step) if subject.rung == "rules" else None
        if subject.rung == "llm":
            result = _by_model(part, settings, subject, plan, step)
        if result is not None:
            yield result.model_copy(update={"note": plan.note})


def _by_rules(part: Part, settings: Settings, plan: Plan, step: OnStep) -> Result | None:
    if part == "sentiment":
        from lab.evaluation.sentiment import measure_rules
        from tools.embedding import Embedder

        return measure_rules(plan.data, Embedder(), seed=plan.seed, command=plan.command)
    if part == "profiles":
        from lab.evaluation.profiles import measure_profiles
        from lab.evaluation.records import RULES
        from tools.market.bundled import bundled_universe

        return measure_profiles(
            plan.data,
            bundled_universe(),
            None,
            RULES,
            sample=plan.clients,
            seed=plan.seed,
            command=plan.command,
            step=step,
        )
    if part == "returns":
        from lab.evaluation.returns import measure_returns

        return measure_returns(plan.data, seed=plan.seed, command=plan.command)
    if part == "retrieval":
        from lab.evaluation.retrieval_part import measure_retrieval

        cache = settings.home / "evaluation" / "retrieval"
        return measure_retrieval(plan.data, cache, seed=plan.seed, command=plan.command, step=step)
    return None


def _by_model(part: Part, settings: Settings, subject: Subject, plan: Plan, step: OnStep) -> Result | None:
    from tools.llm.models import LanguageModels

    models = LanguageModels.from_settings(settings)
    if models is None:
        raise ValueError("a model is measured only where the settings name one")
    served = " --gguf FILE" if subject.weights_sha256 else ""
    command = f"{plan.command}{served} --sample {plan.sample} --analyst-sample {plan.analyst_sample}"
    if part == "sentiment":
        from lab.evaluation.sentiment import measure_model
        from tools.embedding import Embedder

        return measure_model(
            plan.data,
            Embedder(),
            models.of("analyst"),
            subject,
            sample=plan.sample,
            analyst_sample=plan.analyst_sample,
            seed=plan.seed,
            command=command,
            step=step,
        )
    command = f"{plan.command}{served} --clients {plan.clients} --dates {plan.dates}"
    if part == "profiles":
        from lab.evaluation.profiles import measure_profiles
        from tools.market.bundled import bundled_universe

        model = models.of("profiler")
        return measure_profiles(
            plan.data,
            bundled_universe(),
            model,
            subject,
            sample=plan.clients,
            seed=plan.seed,
            command=command,
            step=step,
        )
    if part == "views":
        from agents.personas import load_personas
        from lab.evaluation.views import measure_views, panel_source
        from tools.market.bundled import load_bundled

        panel = load_bundled().panel
        return measure_views(
            panel,
            load_personas(),
            models.of("persona"),
            subject,
            dates=plan.dates,
            tries=Tries(settings.home / "evaluation" / "tries.json"),
            source=panel_source(panel),
            seed=plan.seed,
            command=command,
            step=step,
        )
    return None
