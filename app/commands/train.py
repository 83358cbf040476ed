"""`quorum train`: from data to a checkpoint and its card, by the very command that made the shipped one."""

from pathlib import Path
from typing import Annotated

import typer

from app.exits import Exit
from app.options import Json


def command(
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write. The shipped checkpoint's folder by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train the allocator on the bundled history with every installed persona, and write its model card.

    Takes a few minutes on one core; an interrupted training goes on where it stopped and ends in the same bytes.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from lab.train import TrainConfig, TrainProgress, train
    from rl.checkpoint import shipped

    folder = out or shipped()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=as_json) as bar:
        task = bar.add_task("training", total=None)

        def show(step: TrainProgress) -> None:
            bar.update(task, completed=step.done, total=step.total, description=step.message)

        report = train(TrainConfig(), show, folder=folder)
    if as_json:
        typer.echo(report.card.model_dump_json(indent=2))
    else:
        from rich.markdown import Markdown

        Console().print(Markdown((report.folder / "card.md").read_text(encoding="utf-8")))
        Console().print(f"Written to {report.folder}.")
    raise typer.Exit(Exit.OK)
