"""A trace on a terminal: the run node by node, then what it decided."""

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from app.render.tables import (
    contributions_table,
    costs_table,
    decision_table,
    grid,
    mandate_table,
    orders_table,
    profile_table,
    views_table,
)
from graph.trace import Trace


def show(console: Console, trace: Trace) -> None:
    """Print the whole trace; `quorum trace export` makes the page."""
    console.print(
        f"[bold]Trace {trace.trace_id}[/]  spoken {trace.today}, nothing after {trace.data.as_of}", highlight=False
    )
    for message in trace.messages:
        console.print(f"[bold green]You:[/] {escape(message)}", highlight=False)
    steps = grid("node", "what happened", "read", "made", title="Node by node")
    for step in trace.steps:
        steps.add_row(step.node, escape(step.summary), ", ".join(step.read), ", ".join(step.made))
    parts = [steps, profile_table(trace.profile), mandate_table(trace.mandate)]
    weights = trace.decision.weights
    if weights:
        parts.append(views_table(trace.views.views, weights))
    parts.append(decision_table(trace.decision))
    if trace.recommendation:
        parts += [contributions_table(trace.recommendation.contributions), orders_table(trace.recommendation.orders)]
        parts.append(Panel(escape(trace.recommendation.explanation), title="In words", title_align="left"))
    evidence = grid("evidence", "asset", "date", "text", title="Evidence")
    for item in trace.evidence[:10]:
        evidence.add_row(item.id, item.symbol or "", str(item.published), escape(item.text[:90]))
    parts.append(evidence)
    key = grid("depends on", "fingerprint", title="What the run depends on")
    for name, value in trace.key.items():
        key.add_row(name, escape(value))
    parts.append(key)
    if trace.costs:
        parts.append(costs_table(trace.costs))
    for part in parts:
        console.print()
        console.print(part)
    if len(trace.evidence) > 10:
        console.print(Text(f"… and {len(trace.evidence) - 10} more pieces of evidence in the export.", style="dim"))
