"""`quorum personas`: who sits on the committee, and does a plug-in keep the rules?"""

from typing import Annotated

import typer

from app.exits import Exit
from app.options import Home, Json

cli = typer.Typer(help="Who sits on the committee; add your own with a Markdown file (docs/add-a-persona.md).")


@cli.command("list")
def list_personas(as_json: Json = False, home: Home = None) -> None:
    """Every persona that can be heard, and the plug-ins that were left out, with the reason."""
    from rich.console import Console
    from rich.markup import escape

    from agents.personas import load_registry
    from app.output import BrokenPersona, PersonasOutput
    from app.render.tables import grid
    from app.wiring import read_settings

    registry = load_registry(read_settings(home=home).home / "personas")
    specs = tuple(item.spec for item in registry.personas)
    broken = tuple(BrokenPersona(name=b.name, origin=b.origin, cause=b.cause) for b in registry.broken)
    if as_json:
        typer.echo(PersonasOutput(personas=specs, broken=broken).model_dump_json(indent=2))
        return
    table = grid("persona", "version>", "factor", "looks ahead>", "reads", "from", "purpose")
    for spec in specs:
        reads = ", ".join(spec.inputs)
        days = f"{spec.horizon_days} days"
        table.add_row(spec.name, str(spec.version), spec.factor, days, reads, spec.origin, escape(spec.purpose))
    console = Console()
    console.print(table)
    for item in broken:
        console.print(f"[red]Left out:[/] {escape(item.name)} ({escape(item.origin)}): {escape(item.cause)}")


@cli.command("show")
def show_persona(name: Annotated[str, typer.Argument(help="A persona's name.")], home: Home = None) -> None:
    """One persona whole: its specification, and its Markdown file where it has one."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.markup import escape

    from agents.personas import load_personas
    from app.render.tables import grid
    from app.wiring import read_settings

    persona = load_personas([name], read_settings(home=home).home / "personas")[0]
    table = grid("", "")
    for field, value in persona.spec:
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        table.add_row(field.replace("_", " "), escape(shown))
    console = Console()
    console.print(table)
    prompt = getattr(persona, "prompt", None)
    for role, text in getattr(prompt, "sections", ()):
        console.print(f"\n[bold]{role}[/]")
        console.print(Markdown(text))


@cli.command("check")
def check_persona(
    name: Annotated[str, typer.Argument(help="A persona's name, or the path of a Markdown file.")],
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Hold a persona to the contract: point in time, bounded, deterministic, abstaining; say what to mend."""
    from rich.console import Console
    from rich.markup import escape

    from agents.personas import check
    from app.render.tables import grid
    from app.wiring import read_settings

    report = check(name, folder=read_settings(home=home).home / "personas")
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        table = grid("", "rule", "fault", "what to do")
        for item in report.items:
            mark = "[green]kept[/]" if item.passed else "[red]broken[/]"
            table.add_row(mark, escape(item.rule), escape(item.fault or ""), escape(item.remedy or ""))
        Console().print(table)
    raise typer.Exit(Exit.OK if report.passed else Exit.FINDINGS)
