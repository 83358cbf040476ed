"""The page of the objectives: the answer from the figures, then a table for each universe and question."""

from collections.abc import Iterator, Sequence

from lab.objectives.records import Cell, Money, Policy, Result, UniverseResult
from portfolio.profile import OBJECTIVES, Objective
from portfolio.statistics import Interval
from portfolio.taxes import TaxRates

DEFAULT_MIX = "default_mix"
ALIKE = 0.01
"""Share of the money below which two portfolios are called nearly one."""
SHORT = {
    "short_term_alpha": "alpha",
    "short_term_gain": "short gain",
    "long_term_gain": "long gain",
    "capital_preservation": "preserve",
    "tax_loss_harvesting": "harvest",
    "long_term_gains_only": "long only",
}


def section(result: Result) -> str:
    """Markdown, the answer first."""
    lines = [answer(result), "", money_answer(result), "", window_answer(result), "", *_overview(result), ""]
    lines += _method(result)
    for universe in result.universes:
        lines += ["", f"## {universe.name}, {universe.first} to {universe.last}", "", *_universe(universe)]
    lines += ["", "## How to read it", "", *_legend(result)]
    return "\n".join(lines)


def answer(result: Result) -> str:
    """Whether asking for an objective gives more of it."""
    told = [(universe, cell) for universe in result.universes for cell in universe.policies[0].cells]
    more = [(universe, cell) for universe, cell in told if cell.obeyed]
    less = [(universe, cell) for universe, cell in told if cell.contrary]
    count = len(result.universes)
    first = sum(cell.own_rank == 1 for _, cell in told)
    word = "mostly gives" if 2 * len(more) > len(told) else "mostly does not give" if more else "does not give"
    head = f"**Asking the shipped policy for an objective {word} more of it.**"
    apart = [universe.policies[0].distances.mean for universe in result.universes]
    strict = sum(cell.dominant for _, cell in told)
    by_chance = (1.0 - result.config.level) / 2.0 * len(told)
    return (
        f"{head} On {len(more)} of {len(told)} comparisons ({count} universe{'s' * (count > 1)} x {len(told) // count} "
        "yardsticks) the wish that a yardstick belongs to shows more of it than the mean of the other five, beyond "
        f"chance; on {len(less)} it shows less, and on {len(told) - len(more) - len(less)} no difference can be told; "
        f"chance alone makes about {by_chance:.1f} of either.\n\n"
        f"More{_listed(more)}. Less{_listed(less)}. More than each of the other five, beyond chance: {strict}. Best of "
        f"the six: {first} (by chance {len(told) / 6:.1f}). Two wishes' portfolios differ in {_range(apart)} of the "
        f"money on average. {_alike(result)}"
    )


def _alike(result: Result) -> str:
    """Which wishes are nearly one, and how much of preservation is the router's doing."""
    distances = [universe.policies[0].distances for universe in result.universes]
    close = [
        f"{_words(one)} and {_words(other)} in {_range([each.pairs[row][column] for each in distances])}"
        for column, other in enumerate(OBJECTIVES)
        for row, one in enumerate(OBJECTIVES[:column])
        if max(each.pairs[row][column] for each in distances) < ALIKE
    ]
    said = f"Nearly one portfolio: {'; '.join(close)}. " if close else ""
    return (
        f"{said}Capital preservation differs from the others in {_range([one.preservation for one in distances])}, of "
        f"which the router alone makes {_range([one.preservation_by_router for one in distances])}: the rest is a rule "
        "that leans the baseline to calm assets."
    )


def money_answer(result: Result) -> str:
    """What was earned beside equal weight, before and after tax."""
    rows = [
        (universe, row)
        for universe in result.universes
        for row in universe.money
        if row.name in {f"{universe.policies[0].name}.{one.value}" for one in OBJECTIVES}
    ]
    before = [row.ahead_before for _, row in rows if row.ahead_before is not None]
    after = [row.ahead_after for _, row in rows if row.ahead_after is not None]

    def said(ahead: Sequence[Interval], when: str) -> str:
        low, high = min(one.estimate for one in ahead), max(one.estimate for one in ahead)
        better, worse = sum(one.low > 0.0 for one in ahead), sum(one.high < 0.0 for one in ahead)
        return (
            f"{when} the six wishes' portfolios grew by {low:+.1%} to {high:+.1%} a year beside equal weight at the "
            f"same risk: better beyond chance in {better} of {len(ahead)}, worse in {worse}"
        )

    verdict = (
        "no better than equal weight" if not any(one.low > 0.0 for one in after) else "better than equal weight in some"
    )
    return (
        f"**After tax and costs, {verdict}.** {said(before, 'Before tax')}. "
        f"{said(after, f'After tax ({_rates(result.config.rates)}, sold at the end)')}."
    )


def window_answer(result: Result) -> str:
    """What the paper's fourteen days can say."""
    said = []
    for one in result.universes[0].windows:
        said.append(f"{one.percentile.estimate:.0%} of ours were below its {one.paper:+.2%} ({one.what})")
    gap = next((one for one in result.universes[0].windows if one.what == "policy less equal weight"), None)
    need = (
        ""
        if gap is None or gap.needed is None
        else f" To tell our policy's mean difference to equal weight ({gap.mean:+.3%} a window) from zero takes "
        f"{gap.needed:,} separate windows, {gap.needed * 14 / 365.25:,.0f} years."
    )
    return (
        f"**One window of fourteen days, the evidence of {result.paper}, says next to nothing.** On "
        f"{result.universes[0].name}: {'; '.join(said)}.{need}"
    )


def _overview(result: Result) -> Iterator[str]:
    """One row a yardstick, one column a universe: its own wish beside the other five."""
    yield "| objective | its yardstick | " + " | ".join(one.name for one in result.universes) + " |"
    yield "| --- | --- |" + " ---: |" * len(result.universes)
    for row in zip(*(one.policies[0].cells for one in result.universes), strict=True):
        shown = " | ".join(f"{_interval(cell.contrast)} {_mark(cell)}".rstrip() for cell in row)
        yield f"| {_words(row[0].objective)} | {_title(row[0])} | {shown} |"
    yield ""
    yield (
        f"How far the wish stands ahead of the mean of the other five on its own yardstick, always in the direction "
        f"that is better, with its {result.config.level:.0%} interval; **more** and *less* where that leaves out zero."
    )


def _method(result: Result) -> Iterator[str]:
    config = result.config
    yield (
        f"The shipped policies, trained to 2015, decide at each month's end from {config.first} on, dealt at the next "
        f"close at {config.basis_points:g} bp, every portfolio mixed with cash to {config.volatility:.0%} volatility "
        "and under the same cap on one asset; US shares are the assets that they were trained on, the other universes "
        f"they have never seen. Two clients: {_rates(config.rates)} and {_rates(config.high_rates)} (ordinary / "
        "long-term), both with $100,000, lots sold highest basis first, wash sales, $3,000 of net loss a year against "
        f"ordinary income, the rest carried forward. {result.trials} accounts in all, each in the trial register. Not "
        "run, to save time: the second policy's seeds alone, the convex baseline for the second client, and any seed "
        "alone for that client or at the dearer cost. Indonesian shares are left out: they have neither dividends nor "
        "a bill rate."
    )


def _universe(universe: UniverseResult) -> Iterator[str]:
    first = universe.policies[0]
    yield (
        f"{universe.assets} assets, {universe.months} monthly decisions ({universe.source}). {' '.join(universe.notes)}"
    )
    yield from ("", f"### Does asking for an objective give more of it? (`{first.name}`)", "")
    yield from _cells(first)
    yield from ("", *_distances(universe))
    yield from ("", "### What was left, before and after tax", "")
    yield from _money(universe)
    yield from ("", "### All windows of fourteen days (default mix, fully invested)", "")
    yield from _windows(universe)


def _cells(policy: Policy) -> Iterator[str]:
    names = " | ".join(SHORT[one.value] for one in OBJECTIVES)
    yield f"| yardstick (of) | {names} | equal weight | own beside the other five | seeds | more of it? |"
    yield "| --- |" + " ---: |" * (len(OBJECTIVES) + 3) + " --- |"
    for cell in policy.cells:
        shown = " | ".join(
            f"**{_share(value)}**" if one is cell.objective else _share(value) for one, value in cell.values.items()
        )
        seeds = "" if cell.seeds_ahead is None else f"{cell.seeds_ahead} of {len(cell.seed_contrasts)}"
        yield (
            f"| {_title(cell)} ({SHORT[cell.objective.value]}) "
            f"| {shown} | {_share(cell.baseline)} | {_interval(cell.contrast)} | {seeds} | {_verdict(cell)} |"
        )


def _distances(universe: UniverseResult) -> Iterator[str]:
    first = universe.policies[0]
    yield (
        "Mean share of the money that lies elsewhere when one wish is put in another's place "
        f"(`{first.name}`; beside equal weight {first.distances.from_baseline:.1%}):"
    )
    yield ""
    yield "| | " + " | ".join(SHORT[one.value] for one in OBJECTIVES) + " |"
    yield "| --- |" + " ---: |" * len(OBJECTIVES)
    for one, row in zip(OBJECTIVES, first.distances.pairs, strict=True):
        yield f"| {SHORT[one.value]} | " + " | ".join(f"{value:.1%}" for value in row) + " |"
    for policy in universe.policies[1:]:
        obeyed, contrary = (sum(getattr(cell, name) for cell in policy.cells) for name in ("obeyed", "contrary"))
        yield ""
        yield (
            f"`{policy.name}`, the policy that everybody is served by: two wishes differ in "
            f"{policy.distances.mean:.1%} of the money ({policy.distances.from_baseline:.1%} beside equal weight); "
            f"more of its own yardstick beyond chance on {obeyed} of {len(policy.cells)}, less on {contrary}, best of "
            f"the six on {policy.diagonal}."
        )


def _money(universe: UniverseResult) -> Iterator[str]:
    rows = [row for row in universe.money if _shown(row, universe)]
    yield (
        f"| before tax | return | volatility | {universe.ratio} | drawdown | turnover a year | beside equal weight |"
    )
    yield "| --- |" + " ---: |" * 6
    for row in rows:
        yield (
            f"| {row.title} | {row.annual_return:.2%} | {row.volatility:.1%} | {_number(row.sharpe)} "
            f"| {row.max_drawdown:.1%} | {row.turnover:.2f} | {_maybe(row.ahead_before)} |"
        )
    yield ""
    yield (
        "| after tax | return | sold | drag, sold | tax paid | gains long-term | losses harvested | washed | high: "
        "return | high: sold | dearer: sold | sold, beside equal weight |"
    )
    yield "| --- |" + " ---: |" * 11
    for row in rows:
        yield (
            f"| {row.title} | {row.typical_after:.2%} | {row.typical_liquidated:.2%} "
            f"| {row.annual_return - row.typical_liquidated:.2%} | {row.typical_paid:.1%} "
            f"| {_some(row.long_share, '.0%')} | {row.harvested:.1%} | {row.washed:.1%} "
            f"| {_some(row.high_after, '.2%')} | {_some(row.high_liquidated, '.2%')} "
            f"| {_some(row.dear_liquidated, '.2%')} | {_maybe(row.ahead_after)} |"
        )
    for name, why in universe.missing.items():
        yield ""
        yield f"{name} is missing: {why}."


def _shown(row: Money, universe: UniverseResult) -> bool:
    """The other policies' wishes, which hardly differ, stand in the JSON."""
    return not any(
        row.name.startswith(f"{policy.name}.") and row.name != f"{policy.name}.{DEFAULT_MIX}"
        for policy in universe.policies[1:]
    )


def _windows(universe: UniverseResult) -> Iterator[str]:
    yield "| | paper | ours below it | mean | deviation | lowest | 10th | median | 90th | highest | needed |"
    yield "| --- |" + " ---: |" * 10
    for one in universe.windows:
        figures = (one.mean, one.deviation, one.lowest, one.tenth, one.median, one.ninetieth, one.highest)
        shown = " | ".join(f"{value:.2%}" for value in figures)
        between = f"{one.percentile.estimate:.0%} ({one.percentile.low:.0%} to {one.percentile.high:.0%})"
        needed = "" if one.needed is None else f"{one.needed:,}"
        yield f"| {one.what} | {one.paper:+.2%} | {between} | {shown} | {needed} |"


def _legend(result: Result) -> Iterator[str]:
    config = result.config
    yield (
        "- *Own beside the other five*: the bold figure less the mean of the other five, in the direction that is "
        f"better, with a {config.level:.0%} interval of the paired block bootstrap (days or months drawn together for "
        "all six). *More of it?* says yes or *less* only where the interval leaves out zero, and *than any other* "
        "where that against the best of the five does too; of so many comparisons about one in ten leaves it out by "
        "chance. *Seeds*: of the trainings followed alone, those ahead."
    )
    yield (
        "- *Gain over equal weight*: 12 x the mean difference of 1-month returns; *after a charge for risk* takes "
        "gamma/4 x the squared return from each log return (the objective's own reward in training, gamma "
        f"{config.risk_aversion:g}). *After-tax growth*: a year, of what would be left each month if all were sold and "
        "taxed. *Losses harvested*: realised losses that count for tax, a year, of the account. *Gains that are "
        "long-term*: of all gains realised. Formulas: `lab/objectives/yardsticks.py`."
    )
    yield (
        "- *After tax*: compound yearly return after taxes on what was realised, paid or owed; *sold*: after selling "
        "everything on the last day and paying those taxes too; *drag*: what all taxes took of the yearly return. *Tax "
        "paid*: of the money at the start. *Losses harvested* count for tax, *washed* ones do not yet (a repurchase "
        "within 30 days); both a year, of the money at the start. *High*: the client at "
        f"{_rates(config.high_rates)}. *Dearer*: at {config.dear_basis_points:g} bp. *Beside equal weight*: log "
        "growth a year, paired by month."
    )
    yield (
        "- *tax aware* is the per-lot convex baseline of arXiv 2008.04985, near equal weight, decided for the first "
        "client; its lots are then sold highest basis first. *Buy and hold* is brought to the risk once, at the start, "
        "and drifts from it. One that is calmer than the risk when fully invested stays calmer: nothing is borrowed. "
        "*Router alone*: capital preservation without the rule that leans the baseline itself to "
        "calm assets. *Default mix*: what the house assumes of a client of whom nothing is known."
    )
    yield (
        "- *Maximum drawdown*: days drawn in blocks break up a long fall, so its interval says little of how deep one "
        "goes."
    )
    yield (
        "- *Windows*: one from each trading day, so neighbours overlap; the percentile's interval allows for that. "
        "*Needed*: separate windows to tell the mean from zero four times in five at the 5 % level."
    )
    yield (
        "- Every portfolio is brought to the same volatility, as each client of that limit would get it. So "
        "preserving capital can only show in the shape of the losses: a calmer sleeve means less cash beside it. "
        "How much a client can lose is set by their limits, not by their objective."
    )
    yield "- What these figures do not show: " + " ".join(_unseen(result))


def _unseen(result: Result) -> Iterator[str]:
    yield "neither policy sees the client's tax lots, so it can serve the tax objectives by trading less at most;"
    yield "dividends lie within adjusted prices and are taxed as gains when sold, later and cheaper than in life;"
    yield "rates stay the same for all years and states tax nothing here;"
    yield "the assets are those that still stood at the end."
    yield "The paper gives neither its portfolio nor its dates, so its window can be placed but not repeated."
    if result.adapter is not None:
        yield f"What a personal adapter's reading is worth was measured elsewhere: {result.adapter}"


def _title(cell: Cell) -> str:
    return cell.title + ("" if cell.more_is_better else ", less is better")


def _mark(cell: Cell) -> str:
    return "**more**" if cell.obeyed else "*less*" if cell.contrary else ""


def _verdict(cell: Cell) -> str:
    if cell.dominant:
        return "yes, than any other"
    return "yes" if cell.obeyed else "less" if cell.contrary else "cannot be told"


def _listed(found: Sequence[tuple[UniverseResult, Cell]]) -> str:
    if not found:
        return ": none"
    titles: dict[str, list[str]] = {}
    for universe, cell in found:
        titles.setdefault(cell.title, []).append(universe.name)
    return ": " + "; ".join(f"{title} ({', '.join(names)})" for title, names in titles.items())


def _range(shares: Sequence[float]) -> str:
    low, high = f"{min(shares):.1%}", f"{max(shares):.1%}"
    return low if low == high else f"{low} to {high}"


def _words(objective: Objective) -> str:
    return objective.value.replace("_", " ")


def _rates(rates: TaxRates) -> str:
    return f"{rates.on_short:.1%} / {rates.on_long:.1%}"


def _share(value: float) -> str:
    return f"{value:.2%}"


def _interval(found: Interval) -> str:
    return f"{_signed(found.estimate)} ({_signed(found.low)} to {_signed(found.high)})"


def _signed(value: float) -> str:
    shown = f"{value:+.2%}"
    return "0.00%" if shown in ("+0.00%", "-0.00%") else shown


def _maybe(found: Interval | None) -> str:
    return "" if found is None else _interval(found)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _some(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
