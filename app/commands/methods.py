"""`quorum evaluate methods`: the ways to weights in one backtest through the live graph."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.commands.walk_forward import Count, Ray, bar, who_works
from app.options import Home, Json, Prices, Today, Trials, clock


def command(
    context: typer.Context,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first decision is on or after this day.")
    ] = datetime(2016, 1, 1),
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The data's last day by default.")
    ] = None,
    every: Annotated[
        Literal["monthly", "quarterly"], typer.Option("--every", help="How often each way decides.")
    ] = "monthly",
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/methods.md"),
    results: Annotated[
        Path, typer.Option("--results", help="Where the figures are kept, one file for the rules and one a model.")
    ] = Path("models/methods"),
    register: Trials = None,
    ray: Ray = None,
    workers: Count = 1,
    today: Today = None,
    prices: Prices = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Run every way to weights as a client would have got it, day by day, and set it against the baseline.

    With a model in the settings its answers are kept, so a run that was cut short goes on where it stopped. Every way
    is written to the register.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    from app.studies import command_line, trial_register
    from app.wiring import read_settings
    from lab.evaluation.methods import compare_methods
    from lab.evaluation.methods_page import page
    from lab.evaluation.methods_register import trials_of
    from portfolio.method_evidence import MethodReport
    from tools.errors import QuorumError

    settings = read_settings(home=home, prices=prices)
    until = last.date() if last else None
    with bar("decisions", as_json) as show:
        try:
            made = compare_methods(
                settings,
                first.date(),
                until,
                every=every,
                asked_on=clock(today),
                workers=who_works(ray, workers),
                progress=show,
            )
        except ValueError as error:
            raise QuorumError(str(error), "give another period with --from and --to") from error
    trial_register(settings, register).open(trials_of(made, clock(today)))
    report = made.report
    results.mkdir(parents=True, exist_ok=True)
    name = report.model or "rules"
    (results / f"{name}.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    kept = [MethodReport.model_validate_json(path.read_bytes()) for path in sorted(results.glob("*.json"))]
    ordered = tuple(sorted(kept, key=lambda item: (item.model is not None, item.model or "")))
    out.write_text(page(ordered, command_line(context)), encoding="utf-8")
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        Console().print(Markdown(page((report,), command_line(context))))
