"""The committee's backtest as Markdown: the answer first, then who stands where, who answered, and what it is not."""

from collections.abc import Sequence
from pathlib import Path

from lab.committee.strategies import Sitting
from lab.committee.study import Compared, Result, result_of
from lab.committee.told import Answering
from lab.report.records import Report
from lab.report.words import listed, number, percent, signed

TITLE = "Is the committee better than equal weight?"


def write_page(report: Report, sitting: Sitting, model: str | None, path: Path) -> Result:
    """Write the page to `path`, and the figures as JSON into `evidence` beside it. Raises OSError."""
    result = result_of(report, sitting, model)
    figures = path.parent / "evidence" / f"{path.stem}.json"
    figures.parent.mkdir(parents=True, exist_ok=True)
    figures.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    path.write_text(page(result), encoding="utf-8")
    return result


def page(result: Result) -> str:
    """The whole page, ending in a newline."""
    return (
        f"# {TITLE}\n\nMade by `{result.command}`; do not edit by hand. The command also writes the whole report of "
        f"the run, with pictures, regimes, bad times and other costs.\n\n{section(result)}"
    )


def section(result: Result) -> str:
    """What the figures say and do not say, ending in a newline."""
    model = "by rules, without a language model" if result.model is None else f"with {result.model}"
    told = [
        answer(result),
        "",
        f"{result.source}; {result.decisions} {result.every} decisions from {result.first} to {result.last}, "
        f"{result.cost_basis_points:g} basis points a trade, {model}. At each decision the graph of a live "
        "recommendation ran as it does for a client, believing that it was that day. Every strategy is brought to "
        f"the client's volatility cap of {percent(result.volatility)} by the same covariance. The client: "
        f"“{result.client}”",
        "",
        *_lines(result),
        "",
        f"Gain: certainty-equivalent return a year (risk aversion {result.risk_aversion:g}) ahead of equal weight at "
        f"the same risk, paired by day, {result.level:.0%} interval by block bootstrap. Luck: probability that the "
        f"gain is more than the best of {result.trials} trials would show without skill. Verdict: better needs all "
        "three parts of the rule in [how a strategy is backtested](backtest.md); worse means that the whole interval "
        "lies below zero.",
        "",
        _against(result),
        "",
        "## Who answered",
        "",
        *_answering(result.answering),
        "",
        "Own: decisions that the way itself made, and no lower rung in its place. Judged by: who scored the assets.",
        "",
        "## What these figures do not show",
        "",
        "- One stretch of years, one client, and assets that are today's survivors: equal weight looks better than "
        "it was.",
        "- The policy's weights stand for its gate left open; with the gate shut a client gets the first way.",
        "- Nothing here is said of what a language model adds"
        + (
            " (none was asked)."
            if result.model is None
            else ": it may remember these years, so its gain is no evidence until [masking](contamination.md) says so."
        ),
        "- Taxes are not in these figures.",
    ]
    return "\n".join(told) + "\n"


def answer(result: Result) -> str:
    """One or two sentences for somebody who reads nothing else."""
    ways = result.ways
    better = [line for line in ways if line.word == "better"]
    worse = [line for line in ways if line.word == "worse"]
    if better:
        first = f"{listed([_gain(line) for line in better])}: better than equal weight at the same risk."
    else:
        first = (
            f"No: none of the committee's {len(ways)} ways to weights is better than equal weight at the same risk "
            "beyond chance."
        )
    parts = [f"**{first}**"]
    if worse:
        parts.append(f"Worse beyond chance: {listed([_gain(line) for line in worse])}.")
    rest = [line for line in ways if line.word == "no better" and line.gain is not None]
    if rest:
        best = max(rest, key=lambda line: line.gain or 0.0)
        parts.append(f"Nearest to a gain is {_gain(best)}, which chance explains.")
    return " ".join(parts)


def _gain(line: Compared) -> str:
    return f"{line.title} ({signed(line.gain)} a year, {_span(line)})"


def _span(line: Compared) -> str:
    return f"[{signed(line.gain_low)}, {signed(line.gain_high)}]"


def _lines(result: Result) -> list[str]:
    heads = ("", "return a year", "volatility", result.ratio_name, "worst fall", "turnover a year",
             "gain on equal weight a year", "luck", "verdict")  # fmt: skip
    order = [*result.ways, *(line for line in result.lines if not line.way)]
    return _table(heads, [_row(line) for line in order])


def _row(line: Compared) -> tuple[str, ...]:
    gain = "–" if line.gain is None else f"{signed(line.gain)} {_span(line)}"
    return (
        f"**{line.title}**" if line.way else line.title,
        percent(line.annual_return),
        percent(line.volatility),
        number(line.ratio),
        percent(line.max_drawdown, 0),
        percent(line.turnover, 0),
        gain,
        number(line.deflated_gain),
        "baseline" if line.gain is None else line.word,
    )


def _against(result: Result) -> str:
    """Who beat whom, as far as it is sure."""
    titles = {line.name: line.title for line in result.lines}
    own = {line.name for line in result.ways}
    between = [item for item in result.ahead if {item.better, item.worse} <= own]
    others = [item for item in result.ahead if not {item.better, item.worse} <= own]
    told = ["Between the ways themselves, beyond chance one pair at a time: "]
    told.append(
        "none is ahead of another."
        if not between
        else "; ".join(
            f"{titles[item.better]} is ahead of {titles[item.worse]} by {signed(item.gain)} a year "
            f"[{signed(item.low)}, {signed(item.high)}]"
            for item in between
        )
        + "."
    )
    for line in result.ways:
        name = f"{line.title[0].upper()}{line.title[1:]}"
        beats = [titles[item.worse] for item in others if item.better == line.name]
        beaten = [titles[item.better] for item in others if item.worse == line.name]
        told += [f" {name} is ahead of {listed(beats)}."] if beats else []
        told += [f" {name} is behind {listed(beaten)}."] if beaten else []
    told.append(_family(result))
    return "".join(told)


def _family(result: Result) -> str:
    out = ""
    if result.spa is not None and result.reality_check is not None:
        out += (
            f" That nothing here is better than equal weight: SPA p = {number(result.spa)}, White's reality check p = "
            f"{number(result.reality_check)}."
        )
    if result.overfitting is not None:
        out += f" Probability of backtest overfitting: {number(result.overfitting)} (0.5 is a coin)."
    return out


def _answering(rows: Sequence[Answering]) -> list[str]:
    heads = ("way", "own", "proposed by", "judged by", "questions answered", "tokens", "cost")
    return _table(heads, [_answered(row) for row in rows])


def _answered(row: Answering) -> tuple[str, ...]:
    tokens = None if row.input_tokens is None else row.input_tokens + (row.output_tokens or 0)
    return (
        row.title,
        f"{row.own} of {row.decisions}",
        ", ".join(f"{name} {count}" for name, count in row.proposed.items()),
        ", ".join(f"{name} {count}" for name, count in row.judged.items()) or "–",
        f"{row.answered:,} of {row.asked:,}" if row.asked else "–",
        "–" if tokens is None else f"{tokens:,}",
        "–" if row.cost is None else f"{row.cost:.2f}",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    marks = ["---", *("---:" for _ in heads[1:])]
    return [f"| {' | '.join(row)} |" for row in (heads, marks, *rows)]
