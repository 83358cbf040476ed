"""`quorum data`: what data is there, from when to when, and what is wrong with it."""

import typer

from app.exits import Exit
from app.options import Home, Json, Prices


def command(as_json: Json = False, prices: Prices = None, home: Home = None) -> None:
    """Show the source, each asset's range, every finding with its remedy, and where the bill rate comes from."""
    from rich.console import Console
    from rich.markup import escape

    from app.output import DataOutput
    from app.render.tables import grid
    from app.wiring import read_settings
    from tools.market.source import open_market

    data = open_market(read_settings(home=home, prices=prices))
    if as_json:
        output = DataOutput(report=data.report, assets=data.universe.assets, cash_rate=data.panel.cash_rate_source)
        typer.echo(output.model_dump_json(indent=2))
        raise typer.Exit(Exit.OK)
    console, report = Console(), data.report
    console.print(f"[bold]{escape(report.source)}[/], {report.first_date} to {report.last_date}", highlight=False)
    console.print(f"Bill rate: {data.panel.cash_rate_source or 'none in this data'}\n", highlight=False)
    ranges = {row.symbol: row for row in report.assets}
    table = grid("asset", "name", "class", "group", "from", "to", "days>", "missing>")
    for asset in data.universe.assets:
        row = ranges[asset.symbol]
        facts = (asset.symbol, escape(asset.name), asset.asset_class.replace("_", " "), asset.group)
        table.add_row(*facts, str(row.first_date), str(row.last_date), f"{row.days:,}", f"{row.missing:,}")
    console.print(table)
    findings = grid("finding", "about", "what", "what to do", title="\nWhat to know about it")
    for item in report.findings:
        findings.add_row(item.kind.replace("_", " "), escape(item.subject), escape(item.text), escape(item.remedy))
    console.print(findings)
    for note in report.notes:
        console.print(escape(note), style="dim")
    raise typer.Exit(Exit.OK)
