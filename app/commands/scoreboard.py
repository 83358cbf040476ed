"""`quorum scoreboard`: how good the personas' rules and models have been, and what that allows them."""

import typer

from app.options import AsOf, Home, Json, Personas, Prices, day


def command(
    as_json: Json = False, prices: Prices = None, personas: Personas = None, as_of: AsOf = None, home: Home = None
) -> None:
    """Judge every recorded view by what became of it: hit rates, rank correlations, Brier scores, trust, the debate."""
    from rich.console import Console

    from agents.personas import load_personas
    from app.render.scoreboard import scoreboard_tables
    from app.wiring import read_settings
    from lab.scoreboard import scoreboard_report
    from tools.market.source import check_as_of, market_at, open_market
    from tools.scoreboard import ScoreboardStore

    settings = read_settings(home=home, prices=prices)
    names = None if personas is None else [name.strip() for name in personas.split(",") if name.strip()]
    members = load_personas(names, settings.home / "personas")
    data = open_market(settings)
    panel = market_at(data, check_as_of(data, day(as_of))).panel
    report = scoreboard_report(ScoreboardStore(settings.home / "scoreboard").read(), members, panel)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        Console().print(scoreboard_tables(report))
