"""`quorum doctor`: is everything in place, and what would mend it?"""

import typer

from app.exits import Exit
from app.options import Home, Json, Prices


def command(as_json: Json = False, prices: Prices = None, home: Home = None) -> None:
    """Check settings, data, store, checkpoint, personas and the model's endpoint; each finding comes with a remedy."""
    from rich.console import Console
    from rich.markup import escape

    from app.health import Report, examine
    from app.render.tables import grid
    from app.wiring import read_settings

    report: Report = examine(read_settings(home=home, prices=prices))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        table = grid("", "part", "found", "what to do")
        marks = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}
        for row in report.findings:
            table.add_row(marks[row.state], row.part, escape(row.found), escape(row.remedy))
        Console().print(table)
    raise typer.Exit(Exit.FINDINGS if any(row.state == "bad" for row in report.findings) else Exit.OK)
