"""`quorum evaluate contamination`: masked names, placebo inputs and training dates, on one page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Home, Json, Personas, Prices, Today, Trials, clock, day

if TYPE_CHECKING:
    from lab.contamination.records import Result
    from lab.contamination.study import Subject
    from tools.documents.records import Document
    from tools.settings import Settings

OnStep = Callable[[int, int, str], None]


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page to write; figures go to `evidence/` beside it.")] = Path(
        "docs/contamination.md"
    ),
    gguf: Annotated[
        list[Path] | None, typer.Option("--gguf", help="Serve this model here and ask it too; repeat it for several.")
    ] = None,
    trained_until: Annotated[
        datetime | None,
        typer.Option("--trained-until", formats=["%Y-%m-%d"], help="The last day of the model's training, if known."),
    ] = None,
    assets: Annotated[
        str | None,
        typer.Option("--assets", help="Comma-separated: what a model is asked about. All by default."),
    ] = None,
    dates: Annotated[int, typer.Option("--dates", min=2, help="Dates on which the rules decide.")] = 4,
    model_dates: Annotated[int, typer.Option("--model-dates", min=2, help="Dates on which a model decides.")] = 4,
    first: Annotated[
        datetime, typer.Option("--first", formats=["%Y-%m-%d"], help="No decision is earlier.")
    ] = datetime(2006, 1, 1),
    placebos: Annotated[int, typer.Option("--placebos", min=1, help="For each rule that hears the personas.")] = 50,
    policy_placebos: Annotated[int, typer.Option("--policy-placebos", min=1, help="For the policy.")] = 10,
    personas: Personas = None,
    other_evidence: Annotated[
        bool,
        typer.Option("--other-evidence/--no-other-evidence", help="Ask a model also about another asset's evidence."),
    ] = True,
    add: Annotated[
        bool, typer.Option("--add", help="Measure the models alone, and add them to the figures that are there.")
    ] = False,
    every_role: Annotated[
        bool,
        typer.Option("--every-role", help="Let a model read client and reports too, and not give views alone: dear."),
    ] = False,
    keep_groups: Annotated[
        bool, typer.Option("--keep-groups", help="Leave sectors their names; who belongs together is kept anyway.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the mask, the placebos and the intervals.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Two dates and a few placebos: no evidence.")] = False,
    register: Trials = None,
    prices: Prices = None,
    today: Today = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Decide in the true world and in a masked one, on true scores and on scrambled ones, and say what differs.

    Without a model the rules and the policy are examined. News and filings in the home folder's store are read.
    """
    from app.studies import command_line, figures_of, publish, tell, trial_register
    from app.wiring import read_settings
    from lab.contamination.page import page, section
    from lab.contamination.study import Opened, Plans, measure

    settings = read_settings(home=home, prices=prices)
    plans = Plans(
        command=command_line(context),
        seed=seed,
        dates=2 if quick else dates,
        keep_groups=keep_groups,
        first=first.date(),
        placebos=min(placebos, 5) if quick else placebos,
        policy_placebos=min(policy_placebos, 1) if quick else policy_placebos,
    )
    asking = Asking(
        assets=_names(assets),
        personas=_names(personas),
        trained=day(trained_until),
        dates=2 if quick else model_dates,
        other_evidence=other_evidence,
        every_role=every_role,
    )
    opened = Opened(trial_register(settings, register), clock(today))
    with _subjects(settings, gguf or [], asking, rules=not add) as subjects, _steps(as_json) as show:
        result = measure(
            settings,
            plans,
            subjects,
            settings.home / "contamination",
            show,
            documents=_documents(settings),
            opened=opened,
            beside=_before(figures_of(out)) if add else None,
        )
    figures = publish(out, page(result), result)
    tell(result, section(result), f"Written to {out} and {figures}.", as_json)


@dataclass(frozen=True)
class Asking:
    """How a model is asked."""

    assets: tuple[str, ...] | None
    personas: tuple[str, ...] | None
    trained: date | None
    dates: int
    other_evidence: bool
    every_role: bool


def _names(told: str | None) -> tuple[str, ...] | None:
    return None if told is None else tuple(name.strip() for name in told.split(",") if name.strip())


def _before(figures: Path) -> "Result":
    """The figures to which a model's are added. Raises DataError."""
    from pydantic import ValidationError

    from lab.contamination.records import Result
    from tools.errors import DataError

    try:
        return Result.model_validate_json(figures.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{figures} holds no figures to add to", "run once without --add") from error


@contextmanager
def _subjects(settings: "Settings", gguf: list[Path], asking: Asking, *, rules: bool) -> "Iterator[list[Subject]]":
    """The rules, the model of the settings, and each served file; the servers last as long as they are asked."""
    from contextlib import ExitStack

    from lab.contamination.study import Subject, asked_for_views
    from tools.local_model import LocalServer

    def subject(name: str, reached: "Settings", digest: str | None = None) -> Subject:
        return Subject(
            name,
            reached if asking.every_role else asked_for_views(reached),
            is_model=True,
            weights_sha256=digest,
            assets=asking.assets,
            personas=asking.personas,
            trained_until=asking.trained,
            dates=asking.dates,
            other_evidence=asking.other_evidence,
        )

    mute = settings.model_copy(update={"model_name": None, "model_url": None, "model_roles": {}})
    out = [Subject("rules", mute)] if rules else []
    with ExitStack() as servers:
        if settings.model_name is not None:
            out.append(subject(settings.model_name, settings))
        for path in gguf:
            server = servers.enter_context(LocalServer(path))
            out.append(subject(server.options.name, server.settings(settings.home), server.digest))
        yield out


def _documents(settings: "Settings") -> "tuple[Document, ...]":
    """News and filings that were ingested; the passages on earnings are made anew in each world."""
    from tools.documents.records import Document
    from tools.store import DocumentStore

    if not (settings.home / "store").is_dir():
        return ()
    found = DocumentStore(settings.home / "store").get(as_of=date.max, kinds=("news", "filing"))
    return tuple(
        Document(source=item.source, published=item.published, symbol=item.symbol, kind=item.kind, text=item.text)
        for item in found
        if item.kind in ("news", "filing")
    )


@contextmanager
def _steps(quiet: bool) -> Iterator[OnStep]:
    """A progress bar with the time left, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("contamination", total=None)

        def show(done: int, total: int, message: str) -> None:
            bar.update(task, completed=done, total=total, description=message)

        yield show
