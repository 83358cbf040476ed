"""Records of the house as terminal tables. No figure is computed here: what is shown is what the record says."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from graph.turns import PartCost
from portfolio.decision import Contribution, Decision, ExpectedFigure, Order
from portfolio.mandate import ExcludedAsset, Limit, Mandate
from portfolio.profile import InvestorProfile
from portfolio.records import CASH
from portfolio.universe import Asset
from portfolio.views import Finding, View
from portfolio.wording import limit_number, percent, plain
from tools.wording import exclusion, limit_name, understood

BAR_WIDTH = 30
FULL, PARTS = "█", " ▏▎▍▌▋▊▉"
SHOWN = 0.0005
"""Weights below 0.05 % are left out of the table, and counted under it."""


def bar(value: float, largest: float) -> str:
    """A bar of at most `BAR_WIDTH` cells, in eighths of a cell."""
    eighths = round(8 * BAR_WIDTH * max(value, 0.0) / largest) if largest > 0 else 0
    return FULL * (eighths // 8) + (PARTS[eighths % 8] if eighths % 8 else "")


def grid(*columns: str, title: str | None = None) -> Table:
    """A table in the house's look; a column's name may end in ">" to align it right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        right = column.endswith(">")
        table.add_column(column.rstrip(">"), justify="right" if right else "left", no_wrap=right, header_style="dim")
    return table


def profile_table(profile: InvestorProfile, before: InvestorProfile | None = None) -> RenderableType:
    """What was understood, from which words, and how surely; then what is unknown.

    With `before`, the profile that was shown last, only what changed since, and how much did not.
    """
    title = "Your profile" if before is None else "New in your profile"
    table = grid("", "understood as", "from your words", "sure>", title=title)
    unknown, same = [], 0
    for name in type(profile).model_fields:
        stated, earlier = getattr(profile, name), None if before is None else getattr(before, name)
        label = name.replace("_", " ")
        if stated is None:
            unknown.append(label)
            if earlier is not None:
                table.add_row(label, "no longer assumed", "", "")
        elif stated == earlier:
            same += 1
        else:
            table.add_row(
                label,
                escape(understood(name, stated.value)),
                f"“{escape(stated.quote)}”",
                percent(stated.confidence, 0),
            )
    if before is None:
        return Group(table, Text(f"Not said, so not assumed: {', '.join(unknown) or 'nothing'}.", style="dim"))
    things = f"{same} thing{'' if same == 1 else 's'} as before; `profile` shows all."
    if not table.row_count:
        return Text(f"Nothing new for your profile: {things}", style="dim")
    return Group(table, Text(things, style="dim"))


def mandate_table(mandate: Mandate) -> RenderableType:
    """Each limit with its number and its reason."""
    table = grid("limit", "value>", "because", title="Your mandate in numbers")
    for name in type(mandate).model_fields:
        limit = getattr(mandate, name)
        if isinstance(limit, Limit):
            table.add_row(limit_name(name), limit_number(name, limit.value), escape(limit.reason))
    bounds = [(b.symbol, b.floor, b.cap, b.reason) for b in mandate.asset_bounds]
    bounds += [(b.key, b.floor, b.cap, b.reason) for b in mandate.group_bounds]
    for key, floor, cap, reason in bounds:
        table.add_row(escape(key), f"{percent(floor, 0)} – {percent(cap, 0)}", escape(reason))
    for item in mandate.exclusions:
        table.add_row(escape(exclusion(item.exclusion)), "0.0 %", escape(item.note))
    mix = ", ".join(f"{plain(k)} {percent(v, 0)}" for k, v in mandate.objective_mix.items() if v > 0)
    notes = [Text(note) for note in mandate.notes]
    return Group(table, Text(f"Objectives, worked out from the above: {mix}.", style="dim"), *notes)


def weights_table(
    weights: Mapping[str, float],
    baseline: Mapping[str, float],
    assets: Sequence[Asset],
    exclusions: Sequence[ExcludedAsset] = (),
) -> RenderableType:
    """Weights as a table and a bar chart, largest first, cash last; what is not held stands below, with the client's
    exclusions as the reason where they are it."""
    changes = {symbol: weight - baseline.get(symbol, 0.0) for symbol, weight in weights.items()}
    tilted = any(abs(change) >= SHOWN for change in changes.values())
    columns = ("", "weight>", "", "name", "group", *(("against the baseline>",) if tilted else ()))
    table = grid(*columns, title="Recommended weights")
    table.columns[2].no_wrap, table.columns[2].min_width = True, BAR_WIDTH
    names = {asset.symbol: (asset.name, asset.group) for asset in assets}
    largest = max(weights.values())
    order = sorted(weights, key=lambda symbol: (symbol == CASH, -weights[symbol], symbol))
    for symbol in order:
        if weights[symbol] < SHOWN and symbol != CASH:
            continue
        name, group = names.get(symbol, ("Cash", ""))
        moved = (f"{100 * changes[symbol]:+.1f}",) if tilted else ()
        drawn = Text(bar(weights[symbol], largest), style="cyan")
        table.add_row(symbol, percent(weights[symbol]), drawn, escape(name), escape(group), *moved)
    struck = {symbol for item in exclusions for symbol in item.symbols}
    hidden = [s for s in weights if s != CASH and s not in struck and weights[s] < SHOWN]
    same = "" if tilted else "These are the baseline's weights. "
    none = f"None of: {', '.join(hidden)}. " if hidden else ""
    note = f"{same}{none}Weights sum to {percent(sum(weights.values()), 4)}."
    reasons = [Text(item.note, style="dim") for item in exclusions if item.symbols]
    return Group(table, Text(note, style="dim"), *reasons)


def views_table(views: Iterable[View], weights: Mapping[str, float]) -> RenderableType:
    """Personas across, assets down, for the assets that are held; abstentions are named, not zeroed."""
    rows = list(views)
    personas = list(dict.fromkeys(view.persona for view in rows))
    held = sorted((s for s in weights if s != CASH and weights[s] >= SHOWN), key=lambda s: (-weights[s], s))
    table = grid(
        "", *(f"{name}>" for name in personas), title="What each persona said (score −1 … +1, with its confidence)"
    )
    by_key = {(view.persona, view.symbol): view for view in rows}
    for symbol in held:
        cells = []
        for name in personas:
            view = by_key.get((name, symbol))
            if view is None or view.score is None:
                cells.append(Text("abstains", style="dim"))
            else:
                style = "green" if view.score > 0.05 else "red" if view.score < -0.05 else ""
                cells.append(Text(f"{view.score:+.2f} ({view.confidence:.2f})", style=style))
        table.add_row(symbol, *cells)
    causes = list(
        dict.fromkeys(f"{view.persona} on {view.symbol}: {view.abstained}" for view in rows if view.abstained)
    )
    lines = [Text(f"Abstained: {cause}", style="dim") for cause in causes[:4]]
    if len(causes) > len(lines):
        lines.append(Text(f"… and {len(causes) - len(lines)} more; `quorum trace show` lists all.", style="dim"))
    return Group(table, *lines)


def decision_table(decision: Decision) -> RenderableType:
    """Which limits bind and what they cost, or which contradict each other and the ways out."""
    if not decision.feasible:
        table = grid("limit", "now>", "needed>", "why", title="These limits cannot hold together")
        for item in decision.relaxations:
            now, needed = limit_number(item.limit, item.current), limit_number(item.limit, item.needed)
            table.add_row(escape(item.limit), now, needed, escape(item.reason))
        return Group(Text(f"In conflict: {'; '.join(decision.conflict)}."), table)
    table = grid("limit that binds", "bound>", "value>", "dual price>", "because", title="What the risk manager held")
    for limit in decision.binding:
        table.add_row(
            escape(limit.name),
            limit_number(limit.name, limit.bound),
            limit_number(limit.name, limit.value),
            f"{limit.dual:.4f}" if limit.dual >= 0.00005 else "met as proposed",
            escape(limit.reason),
        )
    notes = [Text(note, style="dim") for note in decision.notes]
    if not decision.binding:
        return Group(Text("No limit binds: the proposal stands as it was made."), *notes)
    return Group(table, *notes)


def orders_table(orders: Iterable[Order]) -> RenderableType:
    """Orders as money where an amount is known, else as a change of weight."""
    table = grid("side", "asset", "amount>", "weight>", "price of>", "note", title="Orders")
    for order in orders:
        amount = "–" if order.amount is None else f"{order.amount:,.2f}"
        change = f"{100 * order.weight_change:+.1f}"
        table.add_row(order.side, order.symbol, amount, change, str(order.price_date), escape(order.note))
    return table


def contributions_table(contributions: Iterable[Contribution], most: int = 8) -> RenderableType:
    """Who moved which weight away from the baseline, in percentage points; the largest moves first."""
    rows = list(contributions)
    players = list(dict.fromkeys(item.player for item in rows))
    by_symbol: dict[str, dict[str, float]] = {}
    for item in rows:
        by_symbol.setdefault(item.symbol, {})[item.player] = item.amount
    order = sorted(by_symbol, key=lambda s: (-sum(abs(v) for v in by_symbol[s].values()), s))[:most]
    table = grid("", *(f"{p}>" for p in players), "sum>", title="Who moved the weights (points against the baseline)")
    for symbol in order:
        shares = by_symbol[symbol]
        table.add_row(
            symbol, *(f"{100 * shares.get(p, 0.0):+.2f}" for p in players), f"{100 * sum(shares.values()):+.2f}"
        )
    return table


def figures_table(figures: Iterable[ExpectedFigure]) -> RenderableType:
    """Expected figures, each with what it was measured on."""
    table = grid("figure", "value>", "measured on", title="What to expect")
    for figure in figures:
        shown = percent(figure.value) if figure.unit in {"fraction", "%"} else f"{figure.value:,.2f} {figure.unit}"
        table.add_row(escape(figure.name), shown, escape(figure.basis))
    return table


def findings_table(findings: Iterable[Finding], most: int = 5) -> RenderableType:
    """What the analysts made of dated evidence, the most material first."""
    rows = sorted(findings, key=lambda item: (-item.materiality, item.symbol, item.analyst))
    if not rows:
        return Text("The analysts had no documents to cite.", style="dim")
    table = grid("", "sentiment>", "matters>", "what the analysts cite", title="News and filings")
    for item in rows[:most]:
        table.add_row(item.symbol, f"{item.sentiment:+.2f}", f"{item.materiality:.2f}", escape(item.summary))
    more = len(rows) - most
    return Group(table, Text(f"… and {more} more findings in the trace.", style="dim")) if more > 0 else table


def costs_table(costs: tuple[PartCost, ...]) -> Table:
    """What language models were asked, part by part."""
    table = grid("asked a model", "model", "answers", "tokens read", "written", "cost", title="Language models")
    for row in costs:
        read, written = (_counted(number) for number in (row.input_tokens, row.output_tokens))
        money = "no price" if row.cost is None else f"{row.cost:.4f}"
        table.add_row(row.part, escape(row.model), f"{row.answered} of {row.asked}", read, written, money)
    return table


def _counted(number: int | None) -> str:
    return "not counted" if number is None else f"{number:,}"
