"""`quorum evaluate`: how good the parts are, measured, and kept as a page that rules and models share."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Home, Json

if TYPE_CHECKING:
    from lab.evaluation.progress import OnStep, Step
    from lab.evaluation.records import Subject
    from tools.settings import Settings

cli = typer.Typer(
    help="Measure what each thing here is worth: what is understood and found, views, ways to weights, strategies, the "
    "allocator and its parts, and the papers' claims. Each study writes a page; `results` puts them on one.",
    no_args_is_help=True,
)


class PartName(StrEnum):
    """What can be measured; typer wants an enumeration for an option that may be repeated."""

    SENTIMENT = "sentiment"
    PROFILES = "profiles"
    RETURNS = "returns"
    RETRIEVAL = "retrieval"
    VIEWS = "views"


@cli.callback()
def group() -> None:
    """Measure what each thing here is worth."""


@cli.command("quality")
def quality(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", help="A folder with `news`, `dialogues` and `filings`.")],
    out: Annotated[
        Path, typer.Option("--out", help="The page to write; results are kept beside it in a folder of its name.")
    ] = Path("docs/quality.md"),
    part: Annotated[
        list[PartName] | None, typer.Option("--part", help="What to measure; repeat it. Everything by default.")
    ] = None,
    gguf: Annotated[
        list[Path] | None,
        typer.Option("--gguf", help="Serve this model here and measure it too; repeat it for several."),
    ] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Headlines shown to a model, at the most.")] = 200,
    analyst_sample: Annotated[
        int, typer.Option("--analyst-sample", min=0, help="Of these, shown by the news analyst's own prompt.")
    ] = 40,
    clients: Annotated[int, typer.Option("--clients", min=1, help="Descriptions read with a model.")] = 40,
    dates: Annotated[int, typer.Option("--dates", min=1, help="Dates on which personas ask a model.")] = 3,
    rules: Annotated[bool, typer.Option("--rules/--no-rules", help="Whether to measure the rules as well.")] = True,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample and of the intervals.")] = 0,
    note: Annotated[str | None, typer.Option("--note", help="Words to keep with these results.")] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Measure sentiment, profiles, views, retrieval and returns, by rules, by the settings' model and by any --gguf.

    Results are kept, and the page tells all of them. Answers are kept too: the same measurement again asks nothing, and
    one that was cut short goes on where it stopped.
    """
    import json

    from app.studies import command_line
    from app.wiring import read_settings
    from lab.evaluation.quality import Plan, measure_subject
    from lab.evaluation.records import PARTS
    from lab.evaluation.report import page
    from lab.evaluation.results import read_results, write_result

    settings = read_settings(home=home)
    chosen = tuple(name for name in PARTS if part is None or name in set(part))
    plan = Plan(
        data=data,
        parts=chosen,
        sample=sample,
        analyst_sample=analyst_sample,
        clients=clients,
        dates=dates,
        seed=seed,
        command=command_line(context),
        note=note,
    )
    folder = out.with_suffix("")
    written: list[Path] = []
    with steps(as_json) as show:
        for subject, who in subjects(settings, gguf or [], rules):
            for result in measure_subject(who, subject, plan, show):
                written.append(write_result(folder, result))
        results = read_results(folder)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(results), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps([result.model_dump(mode="json") for result in results], indent=2))
        return
    from rich.console import Console

    from app.render.evaluation import summary

    Console().print(summary(results))
    Console().print(f"Written to {out}; {len(written)} results in {folder}.")


def subjects(settings: "Settings", gguf: list[Path], rules: bool) -> "Iterator[tuple[Subject, Settings]]":
    """Who is measured, with the settings that reach them; a local server lasts while its model is measured."""
    from lab.evaluation.records import RULES, Subject

    nobody = settings.model_copy(update={"model_name": None, "model_url": None, "model_roles": {}})
    if rules:
        yield RULES, nobody
    if settings.model_name is not None:
        yield Subject(rung="llm", name=settings.model_name), settings
    for path in gguf:
        from tools.local_model import LocalServer

        with LocalServer(path) as server:
            named = server.settings(settings.home)
            yield Subject(rung="llm", name=server.options.name, weights_sha256=server.digest), named


@contextmanager
def steps(quiet: bool) -> "Iterator[OnStep]":
    """A progress bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("measuring", total=None)

        def show(step: "Step") -> None:
            bar.update(task, completed=step.done, total=step.total or None, description=f"{step.part}: {step.message}")

        yield show
