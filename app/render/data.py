"""A data report as terminal tables, and the object that `quorum data --json` prints."""

from datetime import date

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from app.render.tables import grid
from portfolio.records import Record
from tools.market.records import DataFinding, DataReport
from tools.market.source import Untradable
from tools.wording import bill_rate

SHOWN_PER_KIND = 4
"""Findings of one kind that the terminal spells out; `--json` has them all."""


class DataOutput(Record):
    """`quorum data --json`. `report` covers the whole source; the other fields hold on `as_of`."""

    name: str
    as_of: date
    report: DataReport
    bill_rate_source: str | None
    bill_rate_known_to: date | None
    """Last day up to `as_of` on which the rate is known; None where it is known on none."""
    bill_rate: float | None
    """Yearly, as a fraction, on `as_of`; None where it is unknown."""
    signals: tuple[str, ...]
    untradable: tuple[Untradable, ...]


def data_report(output: DataOutput) -> RenderableType:
    """Source, bill rate, assets, findings by kind, what may not be traded, notes."""
    report = output.report
    table = grid("asset", "first>", "last>", "days>", "missing>", title=f"{len(report.assets)} assets")
    for item in report.assets:
        missing = str(item.missing) if item.missing else "–"
        table.add_row(escape(item.symbol), str(item.first_date), str(item.last_date), str(item.days), missing)
    parts: list[RenderableType] = [_heading(output), Text(), table]
    if report.findings:
        parts += [Text(), _findings(report.findings)]
    if output.untradable:
        refused = grid("not tradable", "why", title=f"May not be held on {output.as_of}")
        for thing in output.untradable:
            refused.add_row(escape(thing.symbol), escape(thing.cause))
        parts += [Text(), refused]
    parts += [Text(), *(Text(note, style="dim") for note in report.notes)]
    return Group(*parts)


def _heading(output: DataOutput) -> RenderableType:
    report = output.report
    known_to = output.bill_rate_known_to
    day = output.as_of if output.bill_rate is None or known_to is None else known_to
    rate = bill_rate(output.bill_rate_source, known_to, day, output.bill_rate)
    table = grid("", "", title=escape(output.name))
    table.show_header = False
    table.add_row("source", escape(report.source))
    table.add_row("range", f"{report.first_date} to {report.last_date}")
    table.add_row("as of", str(output.as_of))
    table.add_row("bill rate", escape(rate))
    table.add_row("signals", escape(", ".join(output.signals) or "none"))
    return table


def _findings(findings: tuple[DataFinding, ...]) -> RenderableType:
    by_kind: dict[str, list[DataFinding]] = {}
    for item in findings:
        by_kind.setdefault(item.kind, []).append(item)
    table = grid("finding", "what was found", "what to do", title=f"{len(findings)} findings; nothing was filled in")
    for kind, items in by_kind.items():
        for number, item in enumerate(items[:SHOWN_PER_KIND]):
            label = kind.replace("_", " ") if number == 0 else ""
            table.add_row(label, escape(item.text), escape(item.remedy))
        if len(items) > SHOWN_PER_KIND:
            table.add_row("", Text(f"… and {len(items) - SHOWN_PER_KIND} more; --json lists all.", style="dim"), "")
    return table
