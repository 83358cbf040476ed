"""`quorum evaluate allocator`: walk the allocator forward beside its baselines, and register every test window."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Home, Json, Today, Trials, clock, day

if TYPE_CHECKING:
    from lab.spread import OnSpread, SpreadProgress, Workers

PricesFolders = Annotated[
    Path | None,
    typer.Option("--prices", help="A folder with `etf`, `us_crypto` and `idx_lq45`, any of them; else bundled alone."),
]
Ray = Annotated[str | None, typer.Option("--ray", help="Spread the work over a Ray cluster (its address), or `local`.")]
Count = Annotated[int, typer.Option("--workers", min=1, help="Processes, or Ray's workers with --ray local.")]


def command(
    context: typer.Context,
    prices: PricesFolders = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/allocator-evidence.md"),
    register: Trials = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two seeds and the last three test years: a minute or two, no evidence.")
    ] = False,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Walk forward: five years train, one validates, one tests, sliding; every strategy at the same risk.

    Trainings are kept, so an interrupted run goes on where it stopped. Test windows are registered, each once.
    """
    from app.studies import command_line, publish, trial_register
    from app.wiring import read_settings
    from lab.walk_forward.evidence import trials_of
    from lab.walk_forward.page import page, summary
    from lab.walk_forward.plan import DISCLOSED, FULL, QUICK, load_data
    from lab.walk_forward.study import run_study

    settings = read_settings(home=home)
    kept = trial_register(settings, register)
    config = QUICK if quick else FULL
    data = load_data(prices)
    with bar("training", as_json) as show:
        study = run_study(
            data.universes,
            data.markets,
            data.scores,
            config,
            folder=settings.home / "evidence" / config.name,
            trials=kept.trials(),
            workers=who_works(ray, workers),
            progress=show,
        )
    kept.open(trials_of(study, clock(today)))
    told = page(study, len(kept.trials()), command_line(context), () if quick else DISCLOSED)
    figures = publish(out, told, study, "allocator")
    if as_json:
        typer.echo(study.model_dump_json(indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("universe", "strategy", "Sharpe", "named baseline", "beats it", title=f"Out of sample, {config.name}")
    for row in summary(study):
        table.add_row(*row)
    Console().print(table)
    Console().print(f"Written to {out} and {figures}; register {kept.path}, as of {day(today) or clock(today)}.")


def who_works(ray: str | None, count: int) -> "Workers":
    """Serial with one worker; processes with more; Ray where an address is given."""
    from lab.spread import SERIAL, Workers, ray_workers

    if ray is not None:
        return ray_workers(ray, count)
    return SERIAL if count == 1 else Workers(kind="processes", count=count)


@contextmanager
def bar(what: str, quiet: bool) -> "Iterator[OnSpread]":
    """A progress bar with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as shown:
        task = shown.add_task(what, total=None)

        def show(step: "SpreadProgress") -> None:
            left = "" if step.seconds_left is None else f", {step.seconds_left / 60.0:.0f} min left"
            shown.update(task, completed=step.done, total=step.total, description=f"{what} {step.name}{left}")

        yield show
