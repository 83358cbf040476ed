"""`quorum evaluate alignment`: does advice that knows the client serve the client? The re-test of L-PPR."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.walk_forward import Count, Ray, who_works
from app.options import Home, Json, Today, Trials, clock

if TYPE_CHECKING:
    from agents.profiler.model import ModelPort
    from lab.spread import OnSpread, SpreadProgress
    from tools.settings import Settings


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/alignment.md"),
    quick: Annotated[bool, typer.Option("--quick", help="Two years and no long walk-forward: no evidence.")] = False,
    long: Annotated[
        bool, typer.Option("--long/--no-long", help="Whether to walk forward from 1997 with policies trained anew.")
    ] = True,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", help="A folder of folders; the bill fund of its `etf` continues the bill rate."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder with `risk/grable_lytton_13.json`, the psychometric scale.")
    ] = None,
    gguf: Annotated[
        Path | None, typer.Option("--gguf", help="Serve this model here, and let it read the clients too.")
    ] = None,
    register: Trials = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the intervals, the placebo and the answer sheets.")] = 0,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Serve sixty-four written clients with and without their profile, with and without the policy, beside MVO.

    Each is judged by who they truly are, in a score whose every part is shown. Some ten minutes on one core; what is
    decided is kept, so an interrupted run goes on where it stopped.
    """

    from app.studies import command_line, publish, tell, trial_register
    from app.wiring import read_settings
    from lab.alignment.page import full_page
    from lab.alignment.register import trials_of
    from lab.alignment.run import QUICK, Scope, retest
    from lab.alignment.study import Plan

    settings = read_settings(home=home)
    plan = Plan(seed=seed, draws=100) if quick else Plan(seed=seed)
    scope = QUICK if quick else Scope() if long else Scope(windows=None)
    with ExitStack() as stack:
        result, spans = retest(
            plan,
            scope,
            prices=prices,
            data=data,
            model=stack.enter_context(_model(settings, gguf)),
            folder=settings.home / "evidence" / ("alignment-quick" if quick else "alignment"),
            workers=who_works(ray, workers),
            progress=stack.enter_context(_bars(as_json)),
            command=command_line(context),
        )
    kept = trial_register(settings, register)
    kept.open(trials_of(spans, plan, clock(today)))
    figures = publish(out, full_page(result), result)
    tell(result, full_page(result), f"Written to {out} and {figures}; register {kept.path}.", as_json)


@contextmanager
def _model(settings: "Settings", gguf: Path | None) -> "Iterator[tuple[str, ModelPort] | None]":
    """The model that reads the clients too: a local one while it is served, that of the settings, or none."""
    from tools.llm.models import LanguageModels

    if gguf is None:
        named = LanguageModels.from_settings(settings) if settings.model_name or settings.model_url else None
        yield None if named is None else (settings.model_name or "the model", named.of("profiler").listening())
        return
    from tools.local_model import LocalServer

    with LocalServer(gguf) as server:
        served = LanguageModels.from_settings(server.settings(settings.home))
        if served is None:
            raise ValueError("a served model has a name and an address")
        yield server.options.name, served.of("profiler").listening()


@contextmanager
def _bars(quiet: bool) -> "Iterator[Callable[[str], OnSpread]]":
    """One progress bar a stage, with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as shown:

        def stage(what: str) -> "OnSpread":
            task = shown.add_task(what, total=None)

            def show(step: "SpreadProgress") -> None:
                left = "" if step.seconds_left is None else f", {step.seconds_left / 60.0:.0f} min left"
                shown.update(task, completed=step.done, total=step.total, description=f"{what}{left}")

            return show

        yield stage
