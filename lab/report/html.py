"""The report as one file that needs no network: style, tables and pictures, plotly's script in it once."""

import json
from collections.abc import Sequence
from html import escape

from lab.report.markdown import family
from lab.report.pictures import Picture
from lab.report.records import Line, Part, Report
from lab.report.style import SCRIPT, STYLE
from lab.report.words import UNIT, number, percent, signed
from portfolio.statistics import Interval

CLOSED = "<\\/"
"""What `</` is written as inside a script, so that no text can end it."""


def page(report: Report, pictures: Sequence[Picture]) -> str:
    """The whole document. The same report and pictures give the same bytes."""
    from plotly.offline import get_plotlyjs  # type: ignore[import-untyped,unused-ignore]

    plan = report.plan
    facts = (
        ("Prices", report.source),
        ("Test window", f"{report.test_first} to {report.last}, {report.test_decisions} decisions"),
        ("Years before", f"from {report.first}; they named the rival"),
        ("Decisions", plan.every),
        ("Cost of a trade", f"{plan.cost_basis_points:g} basis points"),
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
        _main(report),
        f"<p class=note>{escape(report.rule)}</p>",
        "<details><summary>What each strategy holds</summary><ul>",
        *(f"<li><b>{escape(line.title)}</b>: {escape(line.note)}</li>" for line in report.lines),
        "</ul></details></section>",
        *_figure(pictures, "equity"),
        *_figure(pictures, "rolling"),
        "<section><h2>How much of it is luck</h2>",
        f"<p>{escape(family(report))}</p>",
        _luck(report),
        "<p class=note>PSR: probability that the true ratio is above zero. Deflated: that it, or the gain on equal "
        "weight, is above what the best of all trials would show without skill.</p></section>",
        *_against(report),
        *_spans(report),
        *_figure(pictures, "costs"),
        *_figure(pictures, "seeds"),
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


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> str:
    """Cells are HTML already; the first column is a heading, those in `words` are text, the others figures."""

    def cell(place: int, value: str) -> str:
        return f"<td class=text>{value}</td>" if place in words else f"<td>{value}</td>"

    top = "".join(
        f"<th scope=col{' class=text' if place in words else ''}>{head}</th>" for place, head in enumerate(heads)
    )
    body = "".join(
        f"<tr><th scope=row>{row[0]}</th>{''.join(cell(place + 1, value) for place, value in enumerate(row[1:]))}</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _main(report: Report) -> str:
    heads = (
        "Strategy", "Verdict", "Gain on<br>equal weight", "Certainty<br>equivalent", "Return<br>a year", "Volatility",
        _narrow(report.ratio_name), "Sortino", "Worst<br>fall", "CVaR 95<br>a day", "Turnover<br>a year",
        "Cost<br>a year",
    )  # fmt: skip
    return _table(heads, [_line(line, line.name == report.rival) for line in report.lines], words=(1,))


def _line(line: Line, rival: bool) -> tuple[str, ...]:
    metrics, doubt = line.metrics, line.doubt
    mark = " <span class=tag>rival</span>" if rival else ""
    verdict = "baseline" if doubt.gain is None else doubt.word
    kind = {"better": "good", "worse": "bad"}.get(verdict, "plain")
    gain = "–" if doubt.gain is None else f"{signed(doubt.gain.estimate)}{_signs(doubt.gain)}"
    return (
        f"{escape(line.title)}{mark}",
        f"<span class={kind}>{verdict}</span>",
        gain,
        f"{percent(metrics.certainty_equivalent)}{_range(doubt.intervals['certainty_equivalent'])}",
        f"{percent(metrics.annual_return)}{_range(doubt.intervals['annual_return'])}",
        f"{percent(metrics.volatility)}{_range(doubt.intervals['volatility'])}",
        f"{number(metrics.sharpe)}{_plain(doubt.intervals['sharpe'])}",
        f"{number(metrics.sortino)}{_plain(doubt.intervals['sortino'])}",
        f"{percent(metrics.max_drawdown, 0)}{_range(doubt.intervals['max_drawdown'], 0)}",
        f"{percent(metrics.conditional_value_at_risk)}{_range(doubt.intervals['conditional_value_at_risk'])}",
        percent(metrics.turnover, 0),
        percent(metrics.cost_drag, 2),
    )


def _luck(report: Report) -> str:
    rows = [
        (
            escape(line.title),
            number(line.doubt.probabilistic_sharpe),
            number(line.doubt.deflated_sharpe),
            number(line.doubt.deflated_gain),
            "–" if line.doubt.gain is None else number(line.doubt.gain.p_value, 3),
            "–"
            if line.doubt.sharpe_gain is None
            else f"{number(line.doubt.sharpe_gain.estimate)}{_plain(line.doubt.sharpe_gain)}",
            escape("; ".join(line.doubt.failed)) or "–",
        )
        for line in report.lines
    ]
    ahead = f"{_narrow(report.ratio_name)} ahead"
    heads = (
        "Strategy",
        "PSR",
        "Deflated<br>Sharpe",
        "Deflated<br>gain",
        "p of<br>the gain",
        ahead,
        "Why it is not better",
    )
    return _table(heads, rows, words=(6,))


def _against(report: Report) -> list[str]:
    heads = ("Row less column", *(str(place + 1) for place in range(len(report.lines))))
    rows = [
        (
            f"{place + 1}&ensp;{escape(line.title)}",
            *(_cell(line.doubt.against.get(other.name)) for other in report.lines),
        )
        for place, line in enumerate(report.lines)
    ]
    return [
        "<section><h2>Against each other</h2><p class=note>Certainty-equivalent return a year of the row less the "
        f"column's, percent, paired by day. Bold where the {report.plan.level:.0%} interval leaves out zero.</p>",
        _table(heads, rows),
        "</section>",
    ]


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return "·"
    text = signed(interval.estimate).removesuffix(UNIT)
    return f"<b>{text}</b>" if interval.low > 0.0 or interval.high < 0.0 else text


def _spans(report: Report) -> list[str]:
    out = []
    if report.regimes:
        out += [
            f"<section><h2>By regime</h2><p class=note>{escape(report.regime_rule)} Yearly return, below it "
            "volatility.</p>",
            _parts(report, report.regimes),
            "</section>",
        ]
    if report.stress:
        out += [
            "<section><h2>In bad times</h2><p class=note>Total return, below it the deepest fall. † in the years on "
            "which the policy was trained.</p>",
            _parts(report, report.stress),
            "</section>",
        ]
    return out


def _parts(report: Report, parts: Sequence[Part]) -> str:
    heads = ("Strategy", *(f"{escape(part.name)}<small>{part.days} days</small>" for part in parts))
    rows = []
    for line in report.lines:
        cells = []
        for part in parts:
            mark = "†" if line.learned and part.first is not None and part.first < report.test_first else ""
            cells.append(f"{signed(part.total[line.name], 0)}{mark}{_small(percent(part.fall[line.name], 0))}")
        rows.append((escape(line.title), *cells))
    return _table(heads, rows)


def _range(interval: Interval, digits: int = 1) -> str:
    low, high = (percent(value, digits).removesuffix(UNIT) for value in (interval.low, interval.high))
    return _small(f"{low} to {high}")


def _signs(interval: Interval) -> str:
    low, high = (signed(value).removesuffix(UNIT) for value in (interval.low, interval.high))
    return _small(f"{low} to {high}")


def _narrow(text: str) -> str:
    return escape(text).replace(" / ", " /<br>").replace("Sharpe ", "Sharpe<br>")


def _plain(interval: Interval) -> str:
    return _small(f"{number(interval.low)} to {number(interval.high)}")


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>"
