"""The page of the study of views: the answer, the tables, what each column means, and what they do not show."""

from lab.view_quality.records import EnsembleFigures, Result, UniverseViews, VoiceRecord
from lab.view_quality.tables import (
    agreement,
    bounds,
    by_regime,
    by_year,
    calibration,
    points,
    rank,
    table,
    turnover,
    wrapped,
)
from lab.view_quality.words import NONE, answer, span, told, weighing_answer
from portfolio.wording import percent


def page(result: Result) -> str:
    """The whole page, Markdown."""
    head = f"# Whose views are worth listening to?\n\nMade by `{result.command}`; do not edit it.\n\n"
    return head + section(result)


def section(result: Result) -> str:
    """The page without its title: the answer first."""
    parts = [
        wrapped(answer(result)),
        wrapped(
            "Each persona's rules over its own horizon; training years end with "
            f"{result.split.year - 1}, test years begin with {result.split.year}:"
        ),
        _own_table(result),
        wrapped(
            "*Rank correlation*: Spearman's, of a month-end's scores with the returns that followed the next close, "
            "less the cross-section's median; the mean over dates with a 95 % interval (Newey and West, the lag "
            "covering the overlap of horizons, Student's t with as many degrees of freedom as horizons lie side by "
            "side, less one). "
            "*Hit rate*: share of scores on the right side of the median, all years. *Break-even*: cost of a trade in "
            "basis points at which a long-only tilt by the scores has no gain left, test years. *Verdict*: by the rule "
            f"below, every one of {result.tries} looks counted (times the variants tried to find a persona)."
        ),
        *(_universe(universe) for universe in result.universes),
        calibration(result),
        turnover(result),
        agreement(result),
        by_regime(result),
        by_year(result),
        _weighing(result),
        _models(result),
        _reading(result),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _own_table(result: Result) -> str:
    rows = []
    for universe in result.universes:
        for voice in universe.voices:
            cell = voice.own
            hit = cell.whole.hit_rate if cell.whole is not None else None
            traded = voice.traded.test if voice.traded is not None else None
            rows.append(
                (
                    universe.name,
                    voice.name,
                    span(voice.own_horizon),
                    rank(cell.training),
                    rank(cell.test),
                    told(hit, ".3f"),
                    points(traded),
                    f"{cell.verdict.word} ({cell.verdict.reason})",
                )
            )
    head = ("universe", "persona", "horizon", "training years", "test years", "hit rate", "break-even", "verdict")
    return table(head, rows)


def _universe(universe: UniverseViews) -> str:
    horizons = sorted({cell.horizon_days for voice in universe.voices for cell in voice.cells})
    rows = []
    for voice in universe.voices:
        cells = {cell.horizon_days: cell for cell in voice.cells}
        for name in ("whole", "training", "test"):
            made = [getattr(cells[days], name) if days in cells else None for days in horizons]
            if any(made):
                rows.append((voice.name, {"whole": "all"}.get(name, name), *(rank(item) for item in made)))
    other = [
        f"{voice.name} over {span(cell.horizon_days)}: {cell.verdict.word}, {cell.verdict.reason}"
        for voice in universe.voices
        for cell in voice.cells
        if cell.verdict.word != "chance"
    ]
    lines = [
        f"## {universe.name}: rank correlation by horizon",
        wrapped(
            f"{universe.source}, {universe.first} to {universe.last}, {universe.assets} assets, "
            f"{universe.decisions} month-ends. {' '.join(universe.notes)}"
        ),
        table(("persona", "years", *(span(days) for days in horizons)), rows),
        wrapped(
            f"Verdicts other than chance: {'; '.join(other)}." if other else "No verdict here is other than chance."
        ),
    ]
    return "\n\n".join(lines)


def _weighing(result: Result) -> str:
    rows = []
    for universe in result.universes:
        for item in universe.weighing.spans if universe.weighing is not None else ():
            rows += [(universe.name, item.name, *_ensemble(figures)) for figures in item.ensembles]
    if not rows:
        return ""
    head = (
        "universe", "years", "sleeve", "rank correlation", "gain by record", "return", "volatility", "turnover",
        "certainty equivalent over equal weight", "over equal voices",
    )  # fmt: skip
    last = [
        f"{universe.name}: "
        + ", ".join(
            f"{name} {share:.0%}"
            for name, share in zip(universe.weighing.personas, universe.weighing.last_weights, strict=True)
        )
        for universe in result.universes
        if universe.weighing is not None
    ]
    words = (
        "`QUORUM_ENSEMBLE_VOICES=record` weighs them so in `quorum advise --method ensemble`. *By record*: each "
        "persona's voice is multiplied by a weight from its monthly rank correlations known by that day, shrunk to "
        "0.03 by their Newey-West error (prior deviation 0.03) and never below a quarter of an equal share; these "
        "numbers were fixed before the figures were seen. *Gain by record*: rank correlation less that of equal "
        "voices, paired by date. Returns are after 10 basis points a trade; certainty equivalents (risk aversion 5) "
        "compare at the same volatility, the rougher mixed with cash that earns nothing, with 95 % block-bootstrap "
        f"intervals. Weights on the last day: {'; '.join(last)}."
    )
    return "\n\n".join(
        ["## Should the committee weigh voices by their record?", wrapped(weighing_answer(result)), table(head, rows),
         wrapped(words)]
    )  # fmt: skip


def _ensemble(figures: EnsembleFigures) -> tuple[str, ...]:
    return (
        figures.name,
        told(figures.rank_correlation),
        told(figures.gain),
        percent(figures.annual_return),
        percent(figures.volatility),
        percent(figures.turnover, 0),
        bounds(figures.certainty_gain, figures.certainty_low, figures.certainty_high),
        bounds(figures.over_equal_voices, figures.over_equal_low, figures.over_equal_high),
    )


def _models(result: Result) -> str:
    title = "## Models"
    if not result.models:
        words = (
            f"{result.recorded} views of models are on the board, none with an outcome that can be judged. "
            "Each run with a model adds its own; `--ask DATES` asks the configured model, or a `--gguf`, on past days."
        )
        return f"{title}\n\n{wrapped(words)}"
    rows = [_model_row(voice) for voice in result.models]
    head = ("voice", "horizon", "scores", "in their own time", "hit rate", "rank correlation", "Brier", "verdict")
    words = (
        "*Model* is the model's own score, with its stated confidence as the probability; *view* is what the allocator "
        "read after the bounded shift. A score that was not asked for in its own time may be memory."
    )
    return "\n\n".join([title, table(head, rows), wrapped(words)])


def _model_row(voice: VoiceRecord) -> tuple[str, ...]:
    cell, made = voice.own, voice.calibration
    return (
        voice.name,
        span(voice.own_horizon),
        str(cell.whole.n if cell.whole is not None else 0),
        NONE if voice.live is None else f"{voice.live:.0%}",
        told(cell.whole.hit_rate if cell.whole is not None else None, ".3f"),
        rank(cell.whole),
        NONE if made is None else f"{made.stated.brier:.3f}",
        f"{cell.verdict.word} ({cell.verdict.reason})",
    )


def _reading(result: Result) -> str:
    sizes = [universe.assets for universe in result.universes] or [0]
    few, many = min(sizes), max(sizes)
    lines = [
        "## How the verdict is found, and what the figures do not show",
        "- *leaks*: the scores of a day change when every later price is scrambled (three cuts, each universe). "
        "*too good*: the whole interval of a rank correlation lies above 0.15, which nobody has. *held*: better than "
        "chance in the training years with every look counted (Bonferroni), and the test years' interval above zero. "
        "*faded*: only the first. *luck*: better than chance by itself, not with every look counted. *untested*: "
        "better "
        "than chance with every look counted, in the only years there are. *wrong*: worse than chance. *chance*: none.",
        "- Personas are factors of papers from 1985 to 2014: most training years were known to their authors, so that "
        "these years flatter them. The test years are few, and a year holds one yearly horizon.",
        "- For noise that lasts as long as a persona's scores do, a 95 % interval holds the truth a little less often "
        "than it says (a test measures how often), so a p-value near 0.05 is weaker than it looks.",
        f"- Cross-sections of {few} to {many} assets tell little a month. Most of these assets are survivors, so that "
        "buying what fell looks better than it was.",
        "- Rules only read prices and earnings surprises here; what models add is in the section on models.",
        f"- Of the board of recorded views {result.damaged} lines could not be read.",
    ]
    return "\n".join([lines[0], "", *(wrapped(line, indent="  ") for line in lines[1:])])
