"""The report as Markdown: the same answer, tables and limits as the page, without the pictures."""

from collections.abc import Sequence

from lab.report.records import Line, Part, Report
from lab.report.shown import MATCHED, MORE, SURE, VOLATILITY, between, cell, value
from lab.report.words import number, percent, signed, span
from portfolio.periods import STRESS_WINDOWS
from portfolio.statistics import Interval

EVERY = (VOLATILITY, SURE, MATCHED, *MORE)
"""Figures that the main table shows without an interval, or not at all."""


def page(report: Report) -> str:
    """The whole of it, ending in a newline."""
    plan = report.plan
    parts = [
        "# Is it better than equal weight?",
        "",
        report.answer,
        "",
        *(line for note in report.notes for line in (note, "")),
        f"{report.source}; {plan.every} decisions, {plan.cost_basis_points:g} basis points a trade, every strategy "
        f"mixed with cash to {percent(plan.volatility, 0)} volatility, no asset above {percent(plan.cap, 0)}. "
        f"{plan.execution.words}{' ' if plan.execution.words else ''}"
        f"Test window {report.test_first} to {report.last} ({report.test_decisions} decisions); years before it from "
        f"{report.first}. {report.cash}",
        "",
        "## In the test window",
        "",
        *table(
            (
                "strategy",
                "return a year",
                "volatility",
                report.ratio_name,
                f"its {plan.level:.0%} interval",
                "worst fall",
                "return at the same realised volatility",
                "certainty equivalent",
                "gain on equal weight a year",
                "turnover a year",
                "verdict",
            ),
            [_row(line) for line in report.lines],
        ),
        "",
        f"{report.rule}",
        "",
        "## Every other figure",
        "",
        f"In brackets the {plan.level:.0%} interval. {meanings()}",
        "",
        *table(("strategy", *(shown.head for shown in EVERY)), [_more(line) for line in report.lines]),
        "",
        "## How much of it is luck",
        "",
        *table(
            ("strategy", "PSR", "deflated Sharpe", "deflated gain", "p of the gain", "why not better"),
            [
                (
                    line.title,
                    number(line.doubt.probabilistic_sharpe),
                    number(line.doubt.deflated_sharpe),
                    number(line.doubt.deflated_gain),
                    "–" if line.doubt.gain is None else number(line.doubt.gain.p_value, 3),
                    "; ".join(line.doubt.failed) or "–",
                )
                for line in report.lines
            ],
            text_last=True,
        ),
        "",
        family(report),
        "",
        "## Against each other",
        "",
        f"Certainty-equivalent return a year of the row less the column's, paired by day; * where the {plan.level:.0%} "
        "interval leaves out zero.",
        "",
        *table(
            ("", *(str(place + 1) for place in range(len(report.lines)))),
            [
                (f"{place + 1} {line.title}", *(_cell(line.doubt.against.get(other.name)) for other in report.lines))
                for place, line in enumerate(report.lines)
            ],
        ),
        "",
    ]
    if report.taxes is not None:
        parts += ["## After taxes", "", report.taxes, "", *_taxes(report), ""]
    if report.regimes:
        parts += ["## By regime", "", report.regime_rule, "", *_parts(report, report.regimes, False), ""]
    if report.stress:
        told = "Total return, and the deepest fall in brackets, from the market's peak to its trough, which was known"
        told += f" only afterwards.{learned_mark(report)}{beyond(report)}"
        parts += ["## In bad times", "", told, ""]
        parts += [*_parts(report, report.stress, True), ""]
    parts += ["## At other costs", "", f"{report.ratio_name[0].upper()}{report.ratio_name[1:]} in the test window.", ""]
    heads = ("strategy", *(f"{points:g} bp" for points in report.cost_points))
    titles = {line.name: line.title for line in report.lines}
    parts += table(heads, [(titles[row.name], *(number(value) for value in row.ratio)) for row in report.costs])
    if report.seeds:
        parts += ["", "## Over seeds", ""]
        parts += table(
            ("policy", report.ratio_name, "gain on equal weight a year"),
            [(row.name, number(row.ratio), signed(row.gain, 2)) for row in report.seeds],
        )
    if report.curves:
        parts += ["", "## Do the personas' scores mean what they say?", "", curve_words(report), ""]
        parts += table(
            ("persona", "scores", "Brier score", "skill over a coin", "highest scores beat the median"), _curves(report)
        )
    for one in report.sections:
        parts += ["", f"## {one.title}", "", *(line for text in one.paragraphs for line in (text, ""))]
        if one.rows:
            parts += table(one.heads, [[cell(item).replace("|", "\\|") for item in row] for row in one.rows])
        parts += [line for note in one.notes for line in ("", note)]
    parts += ["", "## What these figures do not show", "", *(f"- {limit}" for limit in report.limits)]
    parts += [f"- Left out: {name}, because {cause}." for name, cause in report.missing.items()]
    return "\n".join(parts) + "\n"


def family(report: Report) -> str:
    """One paragraph on the choosing."""
    out = [f"{report.trials} trials stand in the register for this market."]
    if report.overfitting is not None:
        out.append(
            f"Probability of backtest overfitting {number(report.overfitting.probability)} over "
            f"{report.overfitting.splits:,} splits (0.5 is a coin)."
        )
    if report.superiority is not None:
        out.append(
            f"That none of the {report.superiority.strategies} others is better than equal weight in utility: White's "
            f"reality check p = {number(report.superiority.reality_check)}, Hansen's SPA p = "
            f"{number(report.superiority.spa)}."
        )
    out.append(f"Intervals by circular blocks of {report.block} days, {report.plan.draws:,} draws.")
    return " ".join(out)


def meanings() -> str:
    """What each figure of the second table says."""
    told = "; ".join(f"{shown.head}: {shown.meaning}" for shown in (MATCHED, *MORE))
    return f"{told[0].upper()}{told[1:]}."


def learned_mark(report: Report) -> str:
    """What the dagger means, where it stands."""
    return " † in the years on which the policy was trained." if any(line.learned for line in report.lines) else ""


def beyond(report: Report) -> str:
    """The named windows that these prices do not cover."""
    there = {part.name for part in report.stress}
    gone = [window.name for window in STRESS_WINDOWS if window.name not in there]
    return f" Not in these prices: {'; '.join(gone)}." if gone else ""


def curve_words(report: Report) -> str:
    """How scores are read as probabilities."""
    return (
        "A score is read as the probability (1 + score) / 2 that the asset beats the median of all over the next "
        f"{report.curve_days} days, at the test window's decisions. Skill is one less the Brier score over that of "
        "always stating the base rate: above zero is better than a coin."
    )


def _curves(report: Report) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for curve in report.curves:
        last, brier = curve.bins[-1], curve.brier
        skill = None if brier is None else brier.skill
        rows.append(
            (
                curve.persona,
                f"{sum(one.n for one in curve.bins):,}",
                "–" if brier is None else number(brier.brier, 3),
                signed(skill),
                f"{percent(last.happened, 0)} of {last.n:,} at {percent(last.stated, 0)}",
            )
        )
    return rows


def _more(line: Line) -> tuple[str, ...]:
    cells = []
    for shown in EVERY:
        ends = between(line, shown)
        cells.append(f"{value(line, shown)} [{ends}]" if ends else value(line, shown))
    return (line.title, *cells)


def _taxes(report: Report) -> list[str]:
    heads = (
        "strategy", "before tax a year", "after tax a year", "its interval", "gain on equal weight after tax",
        "after tax, all sold", "tax paid, of the first money", "gains held over a year",
    )  # fmt: skip
    rows = []
    for line in report.lines:
        if line.tax is None:
            continue
        gain = line.doubt.tax_gain
        rows.append(
            (
                line.title,
                percent(line.tax.before, 2),
                percent(line.tax.after, 2),
                span(line.doubt.intervals["after_tax_return"]),
                "–" if gain is None else f"{signed(gain.estimate)} {span(gain)}",
                percent(line.tax.after_liquidation, 2),
                percent(line.tax.paid, 0),
                percent(line.tax.long_share, 0),
            )
        )
    return table(heads, rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], text_last: bool = False) -> list[str]:
    """Markdown rows; the first column is text, the others figures."""
    marks = ["---", *("---:" for _ in heads[1:])]
    if text_last:
        marks[-1] = "---"
    return [f"| {' | '.join(row)} |" for row in (heads, marks, *rows)]


def _row(line: Line) -> tuple[str, ...]:
    metrics, doubt = line.metrics, line.doubt
    ratio = doubt.intervals["sharpe"]
    gain = "–" if doubt.gain is None else f"{signed(doubt.gain.estimate)} {span(doubt.gain)}"
    return (
        line.title,
        percent(metrics.annual_return),
        percent(metrics.volatility),
        number(metrics.sharpe),
        f"{number(ratio.low)} to {number(ratio.high)}",
        percent(metrics.max_drawdown, 0),
        value(line, MATCHED),
        percent(metrics.certainty_equivalent),
        gain,
        percent(metrics.turnover, 0),
        "baseline" if doubt.gain is None else doubt.word,
    )


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return "·"
    sure = interval.low > 0.0 or interval.high < 0.0
    return f"{signed(interval.estimate)}{'*' if sure else ''}"


def _parts(report: Report, parts: Sequence[Part], falls: bool) -> list[str]:
    rows = []
    for line in report.lines:
        mark = "†" if line.learned else ""
        cells = []
        for part in parts:
            old = mark if part.first is not None and part.first < report.test_first else ""
            cells.append(
                f"{signed(part.total[line.name], 0)}{f' ({percent(part.fall[line.name], 0)})' if falls else ''}{old}"
            )
        rows.append((line.title, *cells))
    return table(("strategy", *(f"{part.name} ({part.days} days)" for part in parts)), rows)
