"""`quorum ingest`: documents into the store, so that the analysts have something to read."""

from typing import Annotated

import typer

from app.exits import Exit
from app.options import Date, Home, Json, day


def command(
    sources: Annotated[list[str], typer.Argument(help="Files, folders, or addresses of RSS and Atom feeds.")],
    symbol: Annotated[str | None, typer.Option("--symbol", help="The asset of documents that name none.")] = None,
    published: Annotated[
        Date, typer.Option("--published", formats=["%Y-%m-%d"], help="The date of documents that carry none.")
    ] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Read filings (HTML, PDF, text), news tables and feeds; what cannot be read or dated is reported, never guessed.

    Reading the same source again adds nothing.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    from app.render.tables import grid
    from app.wiring import read_settings
    from tools.documents.ingest import ingest
    from tools.store import DocumentStore

    settings = read_settings(home=home)
    with Progress(console=Console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("reading", total=None)

        def show(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name[-50:])

        store = DocumentStore(settings.home / "store")
        report = ingest(sources, store, published=day(published), symbol=symbol, progress=show)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        console = Console()
        told = f"{report.read} sources read: {report.added} passages added, {report.unchanged} were there already."
        console.print(told, highlight=False)
        if report.skipped:
            table = grid("left out", "because")
            for item in report.skipped:
                table.add_row(escape(item.source), escape(item.reason))
            console.print(table)
    raise typer.Exit(Exit.INPUT if report.read == 0 else Exit.OK)
