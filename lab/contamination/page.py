"""The page of the contamination study: the answer first, every table behind it, and what it does not show."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab.contamination.records import GapRow, PlaceboRow, Result, When, Worlds
from portfolio.statistics import Interval

TITLE = "Does the committee know the answer by heart?"
PAGE = Path("docs/contamination.md")
WHEN: dict[When, str] = {
    "all": "all",
    "until": "up to its training's end",
    "after": "after its training's end",
    "unknown": "all, possibly remembered",
}


def page(result: Result) -> str:
    """Markdown of the whole page."""
    made = f"Made by `{result.command}`; the figures stand as JSON in `docs/evidence/contamination.json`."
    return f"# {TITLE}\n\n{made}\n\n{section(result)}"


def section(result: Result) -> str:
    """Markdown without a title: for the study's own page, and for a report that shows it among others."""
    lines = [answer(result), ""]
    for worlds in result.worlds:
        lines += [*_worlds(worlds), ""]
    lines += [*_placebos(result), "", *_training(result), "", "## What the columns mean", ""]
    lines += [f"- {words}" for words in COLUMNS]
    lines += ["", "## What the figures do not show", ""]
    lines += [f"- {words}" for words in (*_limits(result), *LIMITS)]
    return "\n".join(lines) + "\n"


def answer(result: Result) -> str:
    """The answer in a few plain sentences, each from the figures."""
    told = [sentence for worlds in result.worlds for sentence in _masked_words(worlds)]
    return " ".join([*told, *_placebo_words(result.placebos)])


def _masked_words(worlds: Worlds) -> Iterator[str]:
    rows = [row for row in worlds.masked if row.when in ("all", "unknown")]
    moved = [row for row in rows if row.same < row.dates]
    who = "The rules" if worlds.subject == "rules" else f"The model {worlds.subject}"
    dates = len(worlds.days)
    if worlds.subject == "rules" and not moved:
        yield (
            f"The rules and the policy know no names: with names, tickers, dates and price levels masked, "
            f"{len(rows)} ways to weights decided the same to 1e-9 on each of {dates} dates."
        )
        return
    if worlds.subject != "rules" and worlds.model_views == 0:
        yield f"{who} gave no score on any date, so nothing is known of what it remembers."
        return
    if not moved:
        yield f"{who} moved no weight when the names were masked, on {dates} dates of {len(worlds.assets)} assets."
        return
    most = max(moved, key=lambda row: row.largest)
    yield (
        f"{who} decided otherwise under the mask ({dates} dates, {len(worlds.assets)} assets): {len(moved)} of "
        f"{len(rows)} ways differ, {most.way} by up to {_percent(most.largest)} of one weight."
    )
    gaps = [row for row in moved if row.gap is not None]
    sure = [row for row in gaps if row.gap is not None and row.gap.low > 0.0]
    if sure:
        told = ", ".join(f"{row.way} ({_span(row.gap)} a year)" for row in sure)
        yield f"It gained more where it could see the names: {told}; that much of its gain may be memory."
    elif gaps:
        yield "No way gained more with the names than without them beyond chance; so few dates cannot show a small gap."
    else:
        yield "The dates are too few to say what that is worth."
    if any(row.when == "unknown" for row in rows):
        yield "To which day it was trained is not known, so every one of these dates may be remembered."


def _placebo_words(rows: Sequence[PlaceboRow]) -> Iterator[str]:
    whole = [row for row in rows if row.when == "all"]
    if not whole:
        return
    heard = [row.strategy for row in whole if row.worth.low > 0.0]
    if heard:
        yield f"What the personas say was worth something beyond chance to {', '.join(heard)}."
    else:
        names = ", ".join(row.strategy for row in whole)
        yield (
            f"No strategy gained beyond chance by what the personas say: on scores scrambled among the assets, {names} "
            "did no worse than chance allows."
        )
    for name in dict.fromkeys(row.strategy for row in rows if row.when == "until"):
        by = {row.when: row for row in rows if row.strategy == name}
        before, after = by["until"], by.get("after")
        if before.gain.low > 0.0 and before.worth.low <= 0.0:
            told = (
                f"The {name}'s gain on equal weight in the years it was trained on ({_signed(before.gain.estimate)} a "
                f"year) survives the placebo ({_signed(before.placebo)}), so none of it can be told to come from the "
                "personas"
            )
        else:
            told = f"In the years it was trained on the {name} gained {_span(before.gain)} a year on equal weight"
        if after is None:
            yield f"{told}."
        elif before.gain.low > 0.0 and after.gain.low <= 0.0:
            gone = f"after them it is gone ({_span(after.gain)})"
            yield f"{told}; {gone}: it was fitted to those years, and is no better than equal weight."
        else:
            yield f"{told}; after them it gained {_span(after.gain)}."


def _worlds(worlds: Worlds) -> Iterator[str]:
    who = "By rules" if worlds.subject == "rules" else f"With the model {worlds.subject}"
    move = f"{abs(worlds.weeks)} weeks {'later' if worlds.weeks > 0 else 'earlier'}"
    sectors = "their own names" if worlds.groups == "kept" else "neutral names"
    yield f"## {who}: true names, masked names, another's evidence"
    yield ""
    yield (
        f"{worlds.source}; {len(worlds.assets)} assets ({', '.join(worlds.assets)}); decisions on "
        f"{', '.join(map(str, worlds.days))}, the last held to {worlds.held_until}. Mask of seed {worlds.seed}: dates "
        f"{move}, sectors under {sectors}; {worlds.reports} earnings reports"
        + (
            f", {worlds.documents} documents, of which {worlds.left_over} still hold a true name or ticker."
            if worlds.documents
            else ", no news or filings."
        )
    )
    if worlds.weights_sha256:
        yield f"Weights of SHA-256 {worlds.weights_sha256}; {worlds.model_views} scores of its own in both worlds."
    if worlds.roles:
        told = " and ".join(worlds.roles)
        yield f"The model was asked in the role of {told} alone; client and reports were read by the rules."
    if worlds.personas:
        yield f"Of the personas, only {' and '.join(worlds.personas)} were heard."
    yield ""
    yield (
        "| way | dates | same | largest | moved | scores agree | model's agree | gain, true names "
        "| gain, masked | gap |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield from (_gap(row) for row in worlds.masked)
    if worlds.swapped:
        yield ""
        yield (
            "| way | dates | same | largest | moved | scores agree | model's agree | gain, own evidence "
            "| gain, another's | gap |"
        )
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        yield from (_gap(row) for row in worlds.swapped)


def _gap(row: GapRow) -> str:
    cells = (
        row.way,
        f"{row.dates}, {WHEN[row.when]}",
        f"{row.same} of {row.dates}",
        _percent(row.largest),
        _interval(row.moved, _percent),
        _interval(row.agreement, _ratio),
        _interval(row.model_agreement, _ratio),
        _span(row.gain),
        _span(row.other_gain),
        _span(row.gap),
    )
    return f"| {' | '.join(cells)} |"


def _placebos(result: Result) -> Iterator[str]:
    yield "## On scores scrambled among the assets"
    yield ""
    yield (
        f"{result.placebo_source}; monthly decisions, {100 * result.volatility:.0f} % volatility, "
        f"{result.cost_basis_points:g} basis points a trade. Gains are over equal weight at the same risk."
    )
    yield ""
    yield "| strategy | years | decisions | gain | placebos | their gain (90 % of them) | scores are worth | p |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for row in result.placebos:
        years = f"{row.first} to {row.last}" + ("" if row.when == "all" else f", {WHEN[row.when]}")
        spread = f"{_signed(row.placebo)} [{_signed(row.placebo_low)}, {_signed(row.placebo_high)}]"
        cells = (
            row.strategy,
            years,
            str(row.decisions),
            _span(row.gain),
            str(row.placebos),
            spread,
            _span(row.worth),
            f"{row.p_value:.2f}",
        )
        yield f"| {' | '.join(cells)} |"


def _training(result: Result) -> Iterator[str]:
    yield "## To which day each part was trained"
    yield ""
    yield "| part | trained to | how that is known |"
    yield "| --- | --- | --- |"
    for item in result.trained:
        until = str(item.until) if item.until else ("never trained" if item.known else "unknown")
        yield f"| {item.part} | {until} | {item.why} |"


COLUMNS = (
    "Same: dates on which no weight differs by more than 1e-9. Largest: the largest difference of one weight.",
    "Moved: half the sum of absolute differences of the weights, mean over dates, with a 90 % bootstrap interval.",
    "Scores agree: Spearman correlation over the assets of what each voice scored in the two worlds, mean over voices "
    "and dates; model's agree: the same of the model's own scores, before they are bounded. One is full agreement; a "
    "dash stands where there are fewer than three dates on which the model told three assets apart.",
    "Gain: certainty-equivalent return a year (mean less half the risk aversion times the variance) over the baseline "
    "on the same days, with a 90 % paired block-bootstrap interval. Gap: the first world less the second.",
    "Placebos: the same strategy with the personas' scores of each date dealt out among the assets by a seeded "
    "permutation; what the scores are worth is the gain less the placebos' mean, paired by day; p is the share of "
    "placebos, and the strategy itself, that gained as much.",
    "Another's evidence: documents and passages on earnings under another asset's name, prices as they are.",
)
LIMITS = (
    "A mask hides names, tickers, dates and price levels. It does not hide products, people, places or figures in "
    "texts, nor the pattern of returns itself: whoever knows a price path by heart would know it under any name.",
    "The worlds carry over sectors, themes, earnings reports, the bill rate and the index; what a source calls itself "
    "is lost. Who shares a sector stays visible, for limits need it.",
    "With names in texts, even rules that read tone by word vectors may move: the exact equality is for prices, "
    "reports and figures.",
    "A model that scores the same under both names may still remember; one that differs may only be sensitive to "
    "words. Dates after a model's training are the only ones that it cannot remember; views given in their own time "
    "are counted by `quorum scoreboard`.",
    "Placebos are no trials: nobody could have chosen one. The strategies themselves are in the trial register, and so "
    "are the ways, by what the true world paid them.",
)


def _limits(result: Result) -> Iterator[str]:
    for worlds in result.worlds:
        yield (
            f"{'By rules' if worlds.subject == 'rules' else worlds.subject}: n = {len(worlds.days)} dates and "
            f"{len(worlds.assets)} assets. Gains of so few decisions, each held for years, have wide intervals."
        )


def _interval(value: Interval | None, show: Callable[[float], str]) -> str:
    if value is None:
        return "–"
    point, low, high = show(value.estimate), show(value.low), show(value.high)
    return point if low == high else f"{point} [{low}, {high}]"


def _span(value: Interval | None) -> str:
    return _interval(value, _signed)


def _percent(value: float) -> str:
    return f"{value:.2%}".replace("%", " %")


def _signed(value: float) -> str:
    return f"{value + 0.0:+.2%}".replace("%", " %").replace("-0.00 %", "0.00 %").replace("+0.00 %", "0.00 %")


def _ratio(value: float) -> str:
    return f"{value:.2f}"
