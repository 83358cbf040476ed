"""Personas as terminal tables, and the objects that `quorum personas` prints as JSON."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from agents.personas import CheckItem, CheckReport, PersonaSpec, Registry
from app.render.tables import grid
from portfolio.records import Record


class BrokenOutput(Record):
    """A persona that was found and cannot be heard."""

    name: str
    origin: str
    cause: str


class PersonasOutput(Record):
    """`quorum personas list --json`."""

    personas: tuple[PersonaSpec, ...]
    broken: tuple[BrokenOutput, ...]


class CheckOutput(Record):
    """`quorum personas check --json`."""

    name: str
    passed: bool
    items: tuple[CheckItem, ...]


def personas_output(registry: Registry) -> PersonasOutput:
    """The registry in plain data, in the committee's order."""
    return PersonasOutput(
        personas=tuple(persona.spec for persona in registry.personas),
        broken=tuple(BrokenOutput(name=item.name, origin=item.origin, cause=item.cause) for item in registry.broken),
    )


def check_output(report: CheckReport) -> CheckOutput:
    """A report with its verdict spelt out."""
    return CheckOutput(name=report.name, passed=report.passed, items=report.items)


def personas_table(output: PersonasOutput) -> RenderableType:
    """Who is heard; then who cannot be, and why."""
    table = grid("persona", "version>", "factor", "horizon>", "from", "purpose", title="The committee")
    for spec in output.personas:
        horizon = f"{spec.horizon_days} days"
        table.add_row(
            escape(spec.name),
            str(spec.version),
            escape(spec.factor),
            horizon,
            escape(spec.origin),
            escape(spec.purpose),
        )
    if not output.broken:
        return table
    faults = grid("persona", "from", "why", title="Left out")
    for item in output.broken:
        faults.add_row(escape(item.name), escape(item.origin), escape(item.cause))
    hint = Text("`quorum personas check NAME` says what to mend; the others are heard all the same.", style="dim")
    return Group(table, Text(), faults, hint)


def persona_table(spec: PersonaSpec) -> RenderableType:
    """All that is known of one persona, field by field."""
    table = grid("", "", title=escape(spec.name))
    table.show_header = False
    for field in type(spec).model_fields:
        value = getattr(spec, field)
        if field != "name":
            table.add_row(field.replace("_", " "), escape(_shown(value)))
    return table


def check_table(report: CheckReport) -> RenderableType:
    """Each rule, kept or broken; a broken one with how to mend it."""
    table = grid("", "rule", "fault", "what to do", title=escape(report.name))
    for item in report.items:
        mark = "[green]kept[/]" if item.passed else "[red]broken[/]"
        table.add_row(mark, escape(item.rule), escape(item.fault), escape(item.remedy))
    kept = sum(item.passed for item in report.items)
    return Group(table, Text(f"{kept} of {len(report.items)} rules are kept.", style="dim"))


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value)
