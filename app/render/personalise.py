"""What `quorum personalise` shows to a person."""

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from lab.personalise import PersonaliseReport
from portfolio.behaviour_records import Figure

MOST_ROWS = 12
"""Rows that were not understood, shown one by one; the JSON has all."""


def show_personalise(console: Console, report: PersonaliseReport) -> None:
    """Print the whole report: file, figures, words beside deeds, objectives, adapter."""
    console.print(_file(report))
    if report.behaviour is not None:
        console.print(_figures(report.behaviour.figures))
        for note in report.behaviour.notes:
            console.print(f"[yellow]Note:[/] {escape(note)}")
    if report.contrasts:
        console.print(_contrasts(report))
    elif report.stated is not None:
        console.print("Nothing that you said differs from what your trades show, as far as they show it.")
    console.print(f"\n[bold]Objectives.[/] {escape(report.objectives_said)}")
    if report.objectives is not None:
        console.print(_objectives(report))
    console.print(f"\n[bold]Adapter.[/] {escape(report.adapter.said)}")
    if report.adapter.written is not None:
        console.print(f"Written to {escape(report.adapter.written)}.")


def _file(report: PersonaliseReport) -> RenderableType:
    lines = [
        f"[bold]{escape(report.source)}[/]: read as {report.format.replace('_', ' ')}; {report.rows} rows: "
        f"{report.transactions} transactions, {report.set_aside} set aside (totals, titles, notes), "
        f"{len(report.not_understood)} not understood."
    ]
    lines += [
        f"  line {row.line}: {escape(row.reason)} [dim]{escape(row.text)}[/]"
        for row in report.not_understood[:MOST_ROWS]
    ]
    if len(report.not_understood) > MOST_ROWS:
        lines.append(f"  and {len(report.not_understood) - MOST_ROWS} more; --json shows all.")
    lines += [f"[yellow]Note:[/] {escape(note)}" for note in report.notes]
    return Group(*lines)


def _figures(figures: tuple[Figure, ...]) -> RenderableType:
    table = Table(title="How you traded", title_justify="left")
    for name in ("figure", "value", "what it says"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for figure in figures:
        table.add_row(figure.name.replace("_", " "), _value(figure), escape(figure.said))
    return Padding(table, (1, 0))


def _value(figure: Figure) -> str:
    if figure.value is None:
        return "unknown"
    if figure.unit == "days":
        return f"{figure.value:.0f} days"
    return f"{figure.value:.0%}" + (" a year" if figure.unit == "per_year" else "")


def _contrasts(report: PersonaliseReport) -> RenderableType:
    table = Table(title="What you said, and what you did", title_justify="left", show_lines=True)
    for name in ("about", "said", "did"):
        table.add_column(name)
    for item in report.contrasts:
        shown = "\n".join(f"[dim]{escape(trade)}[/]" for trade in item.trades[:3])
        table.add_row(item.subject, escape(item.stated), escape(item.revealed) + ("\n" + shown if shown else ""))
    return Padding(table, (1, 0))


def _objectives(report: PersonaliseReport) -> RenderableType:
    if report.objectives is None:
        return ""
    table = Table()
    table.add_column("objective")
    table.add_column("probability", justify="right")
    table.add_column("cannot be told from")
    for objective, weight in report.objectives.weights.items():
        alike = [o.value.replace("_", " ") for o in report.objectives.group_of(objective) if o is not objective]
        table.add_row(
            objective.value.replace("_", " "), f"{weight * (1 - report.objectives.none):.0%}", ", ".join(alike)
        )
    table.add_row("none of these", f"{report.objectives.none:.0%}", "")
    return table
