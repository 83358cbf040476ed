"""`quorum trace`: why a run ended as it did."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import Home, Json, clock

cli = typer.Typer(help="Look into finished runs: what was said, known, thought, limited and offered.")
TraceId = Annotated[str, typer.Argument(help="A trace's id, or the beginning of it.")]


@cli.command("list")
def list_traces(as_json: Json = False, home: Home = None) -> None:
    """All traces that are kept."""
    from rich.console import Console

    from app.render.tables import grid
    from app.wiring import make_advisor, read_settings

    with make_advisor(read_settings(home=home), today=clock(None)) as advisor:
        rows = advisor.traces()
    if as_json:
        typer.echo("[" + ",\n".join(row.model_dump_json() for row in rows) + "]")
        return
    if not rows:
        Console().print("No traces are kept yet; `quorum advise` makes one.")
        return
    table = grid("trace", "spoken", "as of", "status", "first words")
    for row in rows:
        words = row.first_message if len(row.first_message) <= 70 else row.first_message[:69] + "…"
        table.add_row(row.trace_id, str(row.today), str(row.as_of), row.status, words)
    Console().print(table)


@cli.command("show")
def show_trace(trace_id: TraceId, as_json: Json = False, home: Home = None) -> None:
    """One run, node by node."""
    from rich.console import Console

    from app.render.trace import show
    from app.wiring import make_advisor, read_settings
    from graph.trace import Trace

    with make_advisor(read_settings(home=home), today=clock(None)) as advisor:
        text = advisor.trace_json(trace_id)
    if as_json:
        typer.echo(text)
    else:
        show(Console(), Trace.model_validate_json(text))


@cli.command("export")
def export_trace(
    trace_id: TraceId,
    path: Annotated[Path, typer.Argument(help="A file that ends in .html (a page of its own) or .json.")],
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Write one run to a file: a self-contained page to send to somebody, or JSON."""
    import json

    from app.wiring import make_advisor, read_settings

    with make_advisor(read_settings(home=home), today=clock(None)) as advisor:
        written = str(advisor.export_trace(trace_id, path))
    typer.echo(json.dumps({"path": written}) if as_json else written)
