"""`quorum train`: from data to a checkpoint and its card, by the very command that made the shipped one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.exits import Exit
from app.options import Json


class BranchChoice(StrEnum):
    """Branches by name; typer wants an enumeration for an option that may be repeated."""

    FORECASTER = "forecaster"
    ENCODER = "encoder"
    METADATA = "metadata"
    CHRONOS = "chronos"


class LearnerChoice(StrEnum):
    """The declared learners (`lab.train_config.LEARNERS`)."""

    NEAR = "near"
    FAR = "far"
    INTENT = "intent"


def command(
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write. The shipped checkpoint's folder by default.")
    ] = None,
    branch: Annotated[
        list[BranchChoice] | None,
        typer.Option("--branch", help="A further input of the policy; repeat it. None by default: see the ablation."),
    ] = None,
    chronos: Annotated[
        str | None, typer.Option("--chronos", help="Folder or model id of the weights for --branch chronos.")
    ] = None,
    learner: Annotated[
        list[LearnerChoice] | None,
        typer.Option("--learner", help="Choose among these only; repeat it. All three by default."),
    ] = None,
    graft: Annotated[
        int,
        typer.Option("--graft", min=0, help="With the intent router: updates of each expert alone, before grafting."),
    ] = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Trainings to run at once on this machine.")] = 1,
    ray: Annotated[
        str | None,
        typer.Option("--ray", help="Address of a Ray cluster to train on, or `local` to start Ray here."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu, or cuda where there is one.")] = "cpu",
    as_json: Json = False,
) -> None:
    """Train the allocator on the bundled history with every installed persona, and write its model card.

    Takes some minutes on one core; an interrupted training goes on where it stopped and ends in the same bytes, and so
    does one that was spread over several cores or machines.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from lab.spread import SERIAL, Workers, ray_workers
    from lab.train import TrainProgress, train
    from lab.train_config import CANDIDATES, LEARNERS, TrainConfig
    from rl.branches.records import BranchUnavailable
    from rl.checkpoint import shipped
    from tools.errors import QuorumError

    folder = out or shipped()
    console = Console(stderr=True)
    helpers = SERIAL if workers == 1 else Workers(kind="processes", count=workers)
    if ray is not None:
        helpers = ray_workers(ray, workers)
    words = [f" --learner {item.value}" for item in learner or ()] + [
        f" --branch {item.value}" for item in branch or ()
    ]
    words += [f" --chronos {chronos}"] if chronos else []
    words += [f" --graft {graft}"] if graft else []
    config = TrainConfig(
        name="-".join(item.value for item in learner) if learner else "allocator",
        made_by="quorum train" + "".join(words),
        candidates=tuple(LEARNERS[item.value] for item in learner) if learner else CANDIDATES,
        branches=tuple(item.value for item in branch or ()),
        chronos=chronos,
        graft_updates=graft,
        device=device,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=as_json) as bar:
        task = bar.add_task("training", total=None)

        def show(step: TrainProgress) -> None:
            bar.update(task, completed=step.done, total=step.total, description=step.message)

        try:
            report = train(config, show, folder=folder, workers=helpers)
        except BranchUnavailable as error:
            raise QuorumError(error.reason, error.remedy) from error
    if as_json:
        typer.echo(report.card.model_dump_json(indent=2))
    else:
        from rich.markdown import Markdown

        Console().print(Markdown((report.folder / "card.md").read_text(encoding="utf-8")))
        Console().print(f"Written to {report.folder}.")
    raise typer.Exit(Exit.OK)
