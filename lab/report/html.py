"""The report as one file that needs no network: style, tables and pictures, plotly's script in it once."""

import json
from collections.abc import Sequence
from html import escape

from lab.report import tables
from lab.report.markdown import beyond, family, learned_mark, meanings
from lab.report.plots import Picture
from lab.report.records import Report
from lab.report.style import SCRIPT, STYLE
from lab.report.words import percent

CLOSED = "<\\/"
"""What `</` is written as inside a script, so that no text can end it."""


def page(report: Report, pictures: Sequence[Picture]) -> str:
    """The whole document. The same report and pictures give the same bytes."""
    from plotly.offline import get_plotlyjs  # type: ignore[import-untyped,unused-ignore]

    plan = report.plan
    facts = (
        ("Prices", report.source),
        ("Test window", f"{report.test_first} to {report.last}, {report.test_decisions} decisions"),
        ("Years before", f"from {report.first}; they named the rival" if report.rival else "none that name a rival"),
        ("Decisions", plan.every),
        ("Cost of a trade", f"{plan.cost_basis_points:g} basis points"),
        *((("Orders", plan.execution.words),) if plan.execution.words else ()),
        ("Risk target", f"{percent(plan.volatility, 0)} volatility, the rest in cash"),
        ("Largest weight", percent(plan.cap, 0)),
        ("Risk aversion", f"{plan.risk_aversion:g}"),
    )
    body = [
        "<header>",
        "<p class=kicker>Quorum backtest</p>",
        "<h1>Is it better than equal weight?</h1>",
        f"<p class=answer>{escape(report.answer)}</p>",
        *(f"<p>{escape(note)}</p>" for note in report.notes),
        f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{escape(value)}</dd></div>' for name, value in facts)}</dl>",
        f"<p class=note>{escape(report.cash)}</p>",
        "</header>",
        *_figure(pictures, "gains"),
        "<section><h2>In the test window</h2>",
        tables.main(report),
        f"<p class=note>In small print below each figure its {report.plan.level:.0%} interval. "
        f"{escape(report.rule)}</p>",
        "<details><summary>Every other figure, with its interval</summary>",
        tables.more(report),
        f"<p class=note>{escape(meanings())}</p></details>",
        "<details><summary>What each strategy holds</summary><ul>",
        *(f"<li><b>{escape(line.title)}</b>: {escape(line.note)}</li>" for line in report.lines),
        "</ul></details></section>",
        *_figure(pictures, "equity"),
        *_figure(pictures, "rolling"),
        "<section><h2>How much of it is luck</h2>",
        f"<p>{escape(family(report))}</p>",
        tables.luck(report),
        "<p class=note>PSR: probability that the true ratio is above zero. Deflated: that it, or the gain on equal "
        "weight, is above what the best of all trials would show without skill.</p></section>",
        "<section><h2>Against each other</h2><p class=note>Certainty-equivalent return a year of the row less the "
        f"column's, percent, paired by day. Bold where the {report.plan.level:.0%} interval leaves out zero.</p>",
        tables.against(report),
        "</section>",
        *_taxes(report, pictures),
        *_spans(report),
        *_figure(pictures, "costs"),
        *_figure(pictures, "seeds"),
        *_figure(pictures, "calibration"),
        *(tables.section(one) for one in report.sections),
        *_figure(pictures, "weights"),
        *_figure(pictures, "risks"),
        *_figure(pictures, "months"),
        "<section><h2>What these figures do not show</h2><ul>",
        *(f"<li>{escape(limit)}</li>" for limit in report.limits),
        *(f"<li>Left out: {escape(name)}, because {escape(why)}.</li>" for name, why in report.missing.items()),
        "</ul></section>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Quorum backtest: {escape(report.source)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + f"\n</main>\n<script>{get_plotlyjs()}</script>\n<script>{SCRIPT}</script>\n</body></html>\n"
    )


def _figure(pictures: Sequence[Picture], name: str) -> list[str]:
    for picture in pictures:
        if picture.name == name:
            break
    else:
        return []
    choice = ""
    if len(picture.figures) > 1:
        options = "".join(f"<option>{escape(title)}</option>" for title in picture.figures)
        choice = f'<label>Strategy <select data-for="{name}">{options}</select></label>'
    data = ",".join(f"{json.dumps(title)}:{figure}" for title, figure in picture.figures.items()).replace("</", CLOSED)
    return [
        f"<section><h2>{escape(picture.title)}</h2><p class=note>{escape(picture.caption)}</p>{choice}",
        f'<div class=plot id="plot-{name}" role=img aria-label="{escape(picture.title)}" '
        f'style="height:{picture.height}px"><noscript>Pictures need JavaScript; tables do not.</noscript></div>',
        f'<script type="application/json" data-plot="{name}">{{{data}}}</script></section>',
    ]


def _taxes(report: Report, pictures: Sequence[Picture]) -> list[str]:
    if report.taxes is None:
        return []
    return [
        f"<section><h2>After taxes</h2><p class=note>{escape(report.taxes)}</p>",
        tables.after_taxes(report),
        "</section>",
        *_figure(pictures, "taxes"),
    ]


def _spans(report: Report) -> list[str]:
    out = []
    if report.regimes:
        out += [
            f"<section><h2>By regime</h2><p class=note>{escape(report.regime_rule)} Yearly return, below it "
            "volatility.</p>",
            tables.parts(report, report.regimes),
            "</section>",
        ]
    if report.stress:
        out += [
            "<section><h2>In bad times</h2><p class=note>From the market's peak to its trough, which was known only "
            "afterwards: these windows describe, and nothing was chosen on them. Total return, below it the deepest "
            f"fall.{escape(learned_mark(report))}{escape(beyond(report))}</p>",
            tables.parts(report, report.stress),
            "</section>",
        ]
    return out
