"""`quorum profile`: what was understood, and which limits follow, in under a second."""

from typing import Annotated

import typer

from app.exits import Exit
from app.options import Home, Json, Prices, Today, clock


def command(
    text: Annotated[list[str], typer.Option("--text", "-t", help="What the client says; repeat it for further turns.")],
    as_json: Json = False,
    today: Today = None,
    prices: Prices = None,
    home: Home = None,
) -> None:
    """Read a profile and its mandate from the client's words, without prices, personas or policy."""
    from rich.console import Console

    from app.output import profile_output
    from app.render.turn import show_profile
    from app.wiring import make_advisor, read_settings

    settings = read_settings(home=home, prices=prices)
    with make_advisor(settings, today=clock(today)) as advisor:
        turn = advisor.profile_only(text)
    if as_json:
        typer.echo(profile_output(turn).model_dump_json(indent=2))
    else:
        show_profile(Console(), turn)
    raise typer.Exit(Exit.REFUSED if turn.refused else Exit.OK)
