"""`quorum evaluate influence`: how much each thing that a client says moves the portfolio."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import Home, Json, Prices


def command(
    context: typer.Context,
    clients: Annotated[int, typer.Option("--clients", min=50, help="Made-up clients.")] = 1000,
    redrawn: Annotated[
        int, typer.Option("--redrawn", min=10, help="Of these, clients whose fields are drawn anew one by one.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the clients and of the surrogate.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("docs/influence.md"),
    prices: Prices = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Audit what moves the portfolio: a thousand made-up clients, each field drawn anew, and a surrogate's importances.

    Risk tolerance as stated should carry less than half. Takes about a minute on one core.
    """
    from rich.console import Console
    from rich.progress import Progress

    from app.studies import command_line, publish, tell
    from app.wiring import read_settings
    from lab.influence.audit import audit_influence
    from lab.influence.page import page

    settings = read_settings(home=home, prices=prices)
    with Progress(console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("asking clients", total=None)
        report = audit_influence(
            settings,
            clients=clients,
            redrawn=min(redrawn, clients),
            seed=seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    written = page(report, command_line(context))
    figures = publish(out, written, report)
    tell(report, written, f"Written to {out} and {figures}.", as_json)
