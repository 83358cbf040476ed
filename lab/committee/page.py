"""The committee's backtest as Markdown: the answer first, then who stands where, who answered, and what it is not."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from lab.backtest.run import TEST_FROM, Study
from lab.committee.strategies import Sitting
from lab.committee.study import Compared, Result, Stand, result_of, stands_of
from lab.committee.told import Answering
from lab.report.records import Report
from lab.report.words import listed, number, percent, signed
from portfolio.market import day_of

TITLE = "Is the committee better than equal weight?"
HOW = """## How it was asked

Each decision is the live graph's, with the day as `--today` and `--as-of`: `quorum advise` on that day leaves the same
trace. It is kept in the home folder under the SHA-256 of all that it depends on (prices and documents up to the day,
the client's words, way, personas, prompts, models, checkpoint, code), so a second run asks nothing and has the same
bytes, later prices change no old decision, and an interrupted run goes on where it stopped. Answers of a language model
are kept by request as well: where one prompt changed, only what it is part of is asked again. Runs over many cores
(`--workers`) or Ray (`--ray`) give the same bytes, and share an endpoint's free places between them.

`--client` takes another client's words or a file of them, `--ways` some of the ways; with a model in the settings there
is one more, its own direct allocation. A decision at which the model could not be reached counts as what the client
would have been given, labelled, and is asked again by the next run.
"""
PRODUCT = "committee"
"""The way that people get unless they ask for another."""
WORDS = {"better": "better", "no better": "no better than equal weight", "worse": "worse than equal weight"}


def notes(study: Study, sitting: Sitting) -> tuple[str, ...]:
    """Paragraphs of a backtest's report: the answer on the committee, and how its ways answered."""
    first: date = day_of(study.test_dates[0])
    doubts = (words.removeprefix("- ") for words in trained_years(first))
    return answer(stands_of(study.judgement, sitting)).replace("**", ""), sitting.words, *doubts


def write_page(study: Study, report: Report, sitting: Sitting, model: str | None, command: str, path: Path) -> Result:
    """Write the page to `path`, and the figures as JSON into `evidence` beside it; `command` is what made them. Raises
    OSError."""
    result = result_of(study, report, sitting, model, command)
    figures = path.parent / "evidence" / f"{path.stem}.json"
    figures.parent.mkdir(parents=True, exist_ok=True)
    figures.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    path.write_text(page(result), encoding="utf-8")
    return result


def page(result: Result) -> str:
    """The whole page, ending in a newline."""
    return (
        f"# {TITLE}\n\nMade by `{result.command}`; do not edit by hand. The command also writes the whole report of "
        f"the run, with pictures, regimes, bad times and other costs.\n\n{section(result)}\n{HOW}"
    )


def section(result: Result) -> str:
    """What the figures say and do not say, ending in a newline."""
    model = "by rules, without a language model" if result.model is None else f"with {result.model}"
    told = [
        answer(result.ways),
        "",
        f"{result.source}; {result.decisions} {result.every} decisions from {result.first} to {result.last}, "
        f"{result.cost_basis_points:g} basis points a trade, {model}. At each decision the graph of a live "
        "recommendation ran as it does for a client, believing that it was that day. Every strategy is brought to "
        f"the client's volatility cap of {percent(result.volatility)}{_range(result)} by the same covariance (buy and "
        f"hold once, at the start, and drifts from it). {_made(result)}The client: "
        f"“{result.client}”",
        "",
        *_lines(result),
        "",
        f"Gain: certainty-equivalent return a year (risk aversion {result.risk_aversion:g}{_whose(result)}) ahead of "
        f"equal weight at the same risk, paired by day, {result.level:.0%} interval by block bootstrap. Beyond luck: "
        f"the probability that the gain is more than the best of {result.trials} trials would show without skill. "
        "Verdict: better needs all three parts of the rule in [how a strategy is backtested](backtest.md); worse means "
        "that the whole interval lies below zero.",
        "",
        "## Which way is better than which",
        "",
        *_against(result),
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
        "- The ways start from the client's own baseline, equal weight under their limits and leanings, and not from "
        "the plain equal weight of the table: what separates the two is the client's, not the committee's.",
        "- Each decision is advice to a client who holds nothing yet: limits on turnover, and taxes on what is held, "
        "bind a returning client and bound nobody here. What was traded is charged by the backtest.",
        *trained_years(result.first),
        "- Nothing here is said of what a language model adds"
        + (
            " (none was asked)."
            if result.model is None
            else ": it may remember these years, so its gain is no evidence until [masking](contamination.md) says so."
        ),
        "- Taxes are not in these figures.",
    ]
    return "\n".join(told) + "\n"


def _range(result: Result) -> str:
    """The client's caps, where their mean is not all of them."""
    if result.caps is None or result.caps[1] - result.caps[0] <= 1e-9:
        return ""
    return f" (the mean of {percent(result.caps[0])} to {percent(result.caps[1])} over the days)"


def _made(result: Result) -> str:
    """What cash earned and how orders were dealt, each a sentence."""
    return "".join(f"{words} " for words in (result.cash, result.execution) if words)


def _whose(result: Result) -> str:
    return f", {result.aversion}" if result.aversion else ""


def trained_years(first: date) -> tuple[str, ...]:
    """A warning where the test holds days on which the shipped policy was trained; else nothing."""
    if first >= TEST_FROM:
        return ()
    return (
        f"- The shipped policy was trained on days before {TEST_FROM}: what it gains on those from {first} on is no "
        "evidence of skill.",
    )


def answer(ways: Sequence[Stand]) -> str:
    """A few sentences for somebody who reads nothing else."""
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
    product = next((line for line in ways if line.name == PRODUCT), None)
    if product is not None:
        parts.append(f"What a client is recommended today is {_gain(product)}: {WORDS[product.word]}.")
    if rest:
        best = max(rest, key=lambda line: line.gain or 0.0)
        if best is not product:
            parts.append(f"Best of the others: {_gain(best)}, which is not beyond chance.")
    return " ".join(parts)


def _gain(line: Stand) -> str:
    return f"{line.title} ({signed(line.gain)} a year, {_span(line)})"


def _span(line: Stand) -> str:
    return f"[{signed(line.gain_low)}, {signed(line.gain_high)}]"


def _lines(result: Result) -> list[str]:
    heads = ("", "return a year", "volatility", result.ratio_name, "worst fall", "turnover a year",
             "gain on equal weight a year", "beyond luck", "verdict")  # fmt: skip
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


def _against(result: Result) -> list[str]:
    """Each way against the others and equal weight, and what is sure against the rules."""
    found = {(gap.way, gap.other): gap for gap in result.gaps}
    columns = [*result.ways, *(line for line in result.lines if line.gain is None and not line.way)]
    rows = []
    for line in result.ways:
        gaps = [found.get((line.name, other.name)) for other in columns]
        cells = ["·" if gap is None else f"{signed(gap.gain)}{'*' if gap.sure else ''}" for gap in gaps]
        rows.append((line.title, *cells))
    told = [
        f"Certainty-equivalent return a year of the row less the column's; * where the {result.level:.0%} interval "
        "leaves out zero, one pair at a time.",
        "",
        *_table(("", *(line.title for line in columns)), rows),
        "",
    ]
    rules = {line.name: line.title for line in result.lines if not line.way and line.gain is not None}
    beyond = []
    for line in result.ways:
        sure = [gap for gap in result.gaps if gap.way == line.name and gap.other in rules and gap.sure]
        above = [rules[gap.other] for gap in sure if gap.gain > 0.0]
        below = [rules[gap.other] for gap in sure if gap.gain < 0.0]
        words = [f"ahead of {listed(above)}"] if above else []
        words += [f"behind {listed(below)}"] if below else []
        if words:
            beyond.append(f"{line.title[0].upper()}{line.title[1:]} is {' and '.join(words)}.")
    if beyond:
        told += [f"Against the other rules, likewise one pair at a time: {' '.join(beyond)}", ""]
    if result.quarterly:
        titles = {line.name: line.title for line in result.ways}
        rare = "; ".join(
            f"{titles[gap.way]} {signed(gap.gain)} [{signed(gap.low)}, {signed(gap.high)}]" for gap in result.quarterly
        )
        told += [f"Had the same decisions been dealt at quarters' ends alone, the gains on equal weight: {rare}.", ""]
    return [*told, _family(result)]


def _family(result: Result) -> str:
    out = []
    if result.spa is not None and result.reality_check is not None:
        out.append(
            f"That nothing here is better than equal weight: SPA p = {number(result.spa)}, White's reality check p = "
            f"{number(result.reality_check)}."
        )
    if result.overfitting is not None:
        out.append(f"Probability of backtest overfitting: {number(result.overfitting)} (0.5 is a coin).")
    return " ".join(out)


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
