"""`quorum personas`: who sits on the committee, what each is, and whether one keeps the contract."""

from pathlib import Path
from typing import Annotated

import typer

from app.exits import Exit
from app.options import Home, Json

cli = typer.Typer(help="The committee's personas: list them, look at one, or check one that you wrote.")
FOLDER = "personas"
"""Where, in Quorum's home, a user's own Markdown personas lie."""


@cli.command("list")
def list_personas(as_json: Json = False, home: Home = None) -> None:
    """Everybody who is heard, and whoever cannot be, with the reason."""
    from rich.console import Console

    from agents.personas import load_registry
    from app.render.personas import personas_output, personas_table

    output = personas_output(load_registry(_folder(home)))
    if as_json:
        typer.echo(output.model_dump_json(indent=2))
    else:
        Console().print(personas_table(output))


@cli.command("show")
def show_persona(
    name: Annotated[str, typer.Argument(help="A persona's name.")], as_json: Json = False, home: Home = None
) -> None:
    """One persona: what it looks at, over which horizon, and where it comes from."""
    from rich.console import Console

    from agents.personas import load_personas
    from app.render.personas import persona_table

    (persona,) = load_personas([name], _folder(home))
    if as_json:
        typer.echo(persona.spec.model_dump_json(indent=2))
    else:
        Console().print(persona_table(persona.spec))


@cli.command("check")
def check_persona(
    persona: Annotated[str, typer.Argument(help="A persona's name, or the path of its Markdown file.")],
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Try the contract on random prices: no sight of the future, ranges, equal runs, abstaining, the prompt."""
    from rich.console import Console

    from agents.personas import check, load_registry
    from app.render.personas import check_output, check_table

    folder = _folder(home)
    broken = {item.name: item.origin for item in load_registry(folder).broken if item.origin.endswith(".md")}
    report = check(broken.get(persona, persona), folder=folder)
    if as_json:
        typer.echo(check_output(report).model_dump_json(indent=2))
    else:
        Console().print(check_table(report))
    raise typer.Exit(Exit.OK if report.passed else Exit.FINDINGS)


def _folder(home: Path | None) -> Path:
    from app.wiring import read_settings

    return read_settings(home=home).home / FOLDER
