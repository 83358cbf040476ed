"""The page's tables as HTML."""

from collections.abc import Sequence
from html import escape

from lab.report.records import Line, Part, Report, Section
from lab.report.shown import FALL, MATCHED, MORE, RETURN, SURE, VOLATILITY, Shown, between, cell, value
from lab.report.words import UNIT, number, percent, signed
from portfolio.statistics import Interval

LONG = 60
"""Letters of a cell that needs a wide column, on a phone too."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> str:
    """Cells are HTML already; the first column is a heading, those in `words` are text, the others figures."""
    long = {place for place in words if any(len(row[place]) > LONG for row in rows)}

    def data(place: int, text: str) -> str:
        kind = ' class="text long"' if place in long else " class=text" if place in words else ""
        return f"<td{kind}>{text}</td>"

    top = "".join(
        f"<th scope=col{' class=text' if place in words else ''}>{head}</th>" for place, head in enumerate(heads)
    )
    body = "".join(
        f"<tr><th scope=row>{row[0]}</th>{''.join(data(place + 1, text) for place, text in enumerate(row[1:]))}</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def main(report: Report) -> str:
    """The test window, what most people look for."""
    taxed = report.taxes is not None
    heads = [
        "Strategy", "Verdict", "Gain on<br>equal weight", "Certainty<br>equivalent", "Return<br>a year", "Volatility",
        narrow(report.ratio_name), "Worst<br>fall", "Return at same<br>realised volatility",
    ]  # fmt: skip
    if taxed:
        heads.append("Return a year<br>after tax")
    return table(heads, [_line(line, line.name == report.rival) for line in report.lines], words=(1,))


def _line(line: Line, rival: bool) -> tuple[str, ...]:
    doubt = line.doubt
    mark = " <span class=tag>rival</span>" if rival else ""
    verdict = "baseline" if doubt.gain is None else doubt.word
    kind = {"better": "good", "worse": "bad"}.get(verdict, "plain")
    gain = "–" if doubt.gain is None else f"{signed(doubt.gain.estimate)}{_signs(doubt.gain)}"
    ratio = doubt.intervals["sharpe"]
    cells = [
        f"{escape(line.title)}{mark}",
        f"<span class={kind}>{verdict}</span>",
        gain,
        *(figure(line, shown) for shown in (SURE, RETURN, VOLATILITY)),
        f"{number(line.metrics.sharpe)}{small(f'{number(ratio.low)} to {number(ratio.high)}')}",
        *(figure(line, shown) for shown in (FALL, MATCHED)),
    ]
    if line.tax is not None:
        cells.append(_after_tax(line, line.tax.after))
    return tuple(cells)


def figure(line: Line, shown: Shown) -> str:
    """A cell: the figure, below it its interval."""
    ends = between(line, shown)
    return value(line, shown) + (small(ends) if ends else "")


def more(report: Report) -> str:
    """Every other figure with its interval."""
    heads = ("Strategy", *(f"{shown.head[0].upper()}{shown.head[1:]}".replace(" ", "<br>", 1) for shown in MORE))
    return table(heads, [(escape(line.title), *(figure(line, shown) for shown in MORE)) for line in report.lines])


def after_taxes(report: Report) -> str:
    """What taxes took of each strategy."""
    heads = (
        "Strategy", "Before tax<br>a year", "After tax<br>a year", "Gain on equal<br>weight, after tax",
        "After tax,<br>all sold", "Tax took<br>a year", "Tax paid, of<br>the first money", "Gains held<br>over a year",
    )  # fmt: skip
    rows = []
    for line in report.lines:
        if line.tax is None:
            continue
        tax, gain = line.tax, line.doubt.tax_gain
        rows.append(
            (
                escape(line.title),
                percent(tax.before, 2),
                _after_tax(line, tax.after),
                "–" if gain is None else f"{signed(gain.estimate)}{_signs(gain)}",
                percent(tax.after_liquidation, 2),
                percent(tax.before - tax.after, 2),
                percent(tax.paid, 0),
                percent(tax.long_share, 0),
            )
        )
    return table(heads, rows)


def _after_tax(line: Line, after: float) -> str:
    interval = line.doubt.intervals["after_tax_return"]
    return f"{percent(after, 2)}{_range(interval)}"


def luck(report: Report) -> str:
    """What remains after doubt."""
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
    ahead = f"{narrow(report.ratio_name)} ahead"
    heads = (
        "Strategy", "PSR", "Deflated<br>Sharpe", "Deflated<br>gain", "p of<br>the gain", ahead, "Why it is not better",
    )  # fmt: skip
    return table(heads, rows, words=(6,))


def against(report: Report) -> str:
    """Each strategy less each other one."""
    heads = ("Row less column", *(str(place + 1) for place in range(len(report.lines))))
    rows = [
        (
            f"{place + 1}&ensp;{escape(line.title)}",
            *(_cell(line.doubt.against.get(other.name)) for other in report.lines),
        )
        for place, line in enumerate(report.lines)
    ]
    return table(heads, rows)


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return "·"
    text = signed(interval.estimate).removesuffix(UNIT)
    return f"<b>{text}</b>" if interval.low > 0.0 or interval.high < 0.0 else text


def parts(report: Report, spans: Sequence[Part]) -> str:
    """Stretches of days, or regimes."""
    heads = ("Strategy", *(f"{escape(part.name)}<small>{part.days} days</small>" for part in spans))
    rows = []
    for line in report.lines:
        cells = []
        for part in spans:
            mark = "†" if line.learned and part.first is not None and part.first < report.test_first else ""
            cells.append(f"{signed(part.total[line.name], 0)}{mark}{small(percent(part.fall[line.name], 0))}")
        rows.append((escape(line.title), *cells))
    return table(heads, rows)


def section(one: Section) -> str:
    """Another study's table, with its words."""
    out = [f"<section><h2>{escape(one.title)}</h2>", *(f"<p>{escape(text)}</p>" for text in one.paragraphs)]
    if one.rows:
        words = [place for place in range(1, len(one.heads)) if any(isinstance(row[place], str) for row in one.rows)]
        out.append(
            table(
                [escape(head) for head in one.heads], [[escape(cell(item)) for item in row] for row in one.rows], words
            )
        )
    return "".join([*out, *(f"<p class=note>{escape(note)}</p>" for note in one.notes), "</section>"])


def _range(interval: Interval, digits: int = 1) -> str:
    low, high = (percent(end, digits).removesuffix(UNIT) for end in (interval.low, interval.high))
    return small(f"{low} to {high}")


def _signs(interval: Interval) -> str:
    low, high = (signed(end).removesuffix(UNIT) for end in (interval.low, interval.high))
    return small(f"{low} to {high}")


def narrow(text: str) -> str:
    """A heading in two lines."""
    return escape(text).replace(" / ", " /<br>").replace("Sharpe ", "Sharpe<br>")


def _plain(interval: Interval) -> str:
    return small(f"{number(interval.low)} to {number(interval.high)}")


def small(text: str) -> str:
    """Below the figure, in small print."""
    return f"<small>{escape(text)}</small>"
