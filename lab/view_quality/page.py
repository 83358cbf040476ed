"""The page of the study of views: the answer, the tables, what each column means, and what they do not show."""

import textwrap
from collections.abc import Sequence

from lab.view_quality.records import EnsembleFigures, Result, UniverseViews, VoiceRecord
from lab.view_quality.words import NONE, answer, span, told, weighing_answer
from portfolio.periods import REGIMES
from portfolio.turnover_efficiency import TurnoverEfficiency
from portfolio.view_quality import Quality
from portfolio.wording import percent

WIDTH = 118


def page(result: Result) -> str:
    """The whole page, Markdown."""
    head = f"# Whose views are worth listening to?\n\nMade by `{result.command}`; do not edit it.\n\n"
    return head + section(result)


def section(result: Result) -> str:
    """The page without its title: the answer first."""
    parts = [
        _wrapped(answer(result)),
        _wrapped(
            "Each persona's rules over its own horizon; training years end with "
            f"{result.split.year - 1}, test years begin with {result.split.year}:"
        ),
        _own_table(result),
        _wrapped(
            "*Rank correlation*: Spearman's, of a month-end's scores with the returns that followed the next close, "
            "less the cross-section's median; the mean over dates with a 95 % interval (Newey and West, the lag "
            "covering the overlap of horizons, Student's t with as many degrees of freedom as horizons lie side by "
            "side, less one). "
            "*Hit rate*: share of scores on the right side of the median, all years. *Break-even*: cost of a trade in "
            "basis points at which a long-only tilt by the scores has no gain left, test years. *Verdict*: by the rule "
            f"below, every one of {result.tries} looks counted (times the variants tried to find a persona)."
        ),
        *(_universe(universe) for universe in result.universes),
        _calibration(result),
        _turnover(result),
        _agreement(result),
        _regimes(result),
        _years(result),
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
                    _rank(cell.training),
                    _rank(cell.test),
                    told(hit, ".3f"),
                    _points(traded),
                    f"{cell.verdict.word} ({cell.verdict.reason})",
                )
            )
    head = ("universe", "persona", "horizon", "training years", "test years", "hit rate", "break-even", "verdict")
    return _table(head, rows)


def _universe(universe: UniverseViews) -> str:
    horizons = sorted({cell.horizon_days for voice in universe.voices for cell in voice.cells})
    rows = []
    for voice in universe.voices:
        cells = {cell.horizon_days: cell for cell in voice.cells}
        for name in ("whole", "training", "test"):
            made = [getattr(cells[days], name) if days in cells else None for days in horizons]
            if any(made):
                rows.append((voice.name, {"whole": "all"}.get(name, name), *(_rank(item) for item in made)))
    other = [
        f"{voice.name} over {span(cell.horizon_days)}: {cell.verdict.word}, {cell.verdict.reason}"
        for voice in universe.voices
        for cell in voice.cells
        if cell.verdict.word != "chance"
    ]
    lines = [
        f"## {universe.name}: rank correlation by horizon",
        _wrapped(
            f"{universe.source}, {universe.first} to {universe.last}, {universe.assets} assets, "
            f"{universe.decisions} month-ends. {' '.join(universe.notes)}"
        ),
        _table(("persona", "years", *(span(days) for days in horizons)), rows),
        _wrapped(
            f"Verdicts other than chance: {'; '.join(other)}." if other else "No verdict here is other than chance."
        ),
    ]
    return "\n\n".join(lines)


def _calibration(result: Result) -> str:
    rows = []
    for universe in result.universes:
        for voice in universe.voices:
            made = voice.calibration
            if made is None:
                continue
            again = made.recalibrated
            rows.append(
                (
                    universe.name,
                    voice.name,
                    f"{made.stated.brier:.3f}",
                    f"{made.stated.reliability:.3f}",
                    f"{made.stated.resolution:.4f}",
                    f"{made.stated.base_rate:.3f}",
                    NONE if made.stated.skill is None else f"{made.stated.skill:+.1%}",
                    told(made.stated_gain),
                    NONE if again is None or again.skill is None else f"{again.skill:+.2%}",
                    told(made.recalibrated_gain, "+.4f"),
                )
            )
    if not rows:
        return ""
    head = (
        "universe", "persona", "Brier", "reliability", "resolution", "base rate", "skill", "gain on a coin",
        "skill, recalibrated", "gain, recalibrated",
    )  # fmt: skip
    words = (
        "A score s is read as the probability (1 + s) / 2 of beating the median over the persona's horizon. Brier = "
        "reliability - resolution + uncertainty (0.25) + a little from within bins: reliability 0 is calibrated, "
        "resolution 0 tells nothing apart. Skill is beside always stating the base rate. Recalibrated: a logistic "
        "curve "
        "fitted each year to outcomes known before it (out of sample)."
    )
    return "\n\n".join(["## Do scores mean what they say?", _table(head, rows), _wrapped(words)])


def _turnover(result: Result) -> str:
    rows = []
    for universe in result.universes:
        for voice in universe.voices:
            for name in ("training", "test"):
                made = getattr(voice.traded, name) if voice.traded is not None else None
                if made is None:
                    continue
                rows.append(
                    (
                        universe.name,
                        voice.name,
                        name,
                        f"{made.gain.estimate:+.2%} [{made.gain.low:+.2%}, {made.gain.high:+.2%}]",
                        NONE if made.certainty_gain is None else f"{made.certainty_gain:+.2%}",
                        percent(made.turnover, 0),
                        NONE if made.efficiency is None else f"{made.efficiency:+.4f}",
                        _points(made),
                    )
                )
    if not rows:
        return ""
    head = ("universe", "persona", "years", "gain a year", "certainty equivalent", "turnover", "per unit", "break-even")
    words = (
        "A long-only sleeve of equal weights, each multiplied by exp(score) and scaled back, decided at month-ends, "
        "dealt at the next close, before costs. *Gain*: mean return a year less the equal-weight sleeve's, 95 % block "
        "bootstrap. *Certainty equivalent*: the same for a risk aversion of 5, so that a rougher sleeve is charged for "
        "it. *Turnover*: one-way a year beyond the sleeve's own. *Per unit*: gain divided by turnover. *Break-even*: "
        "half "
        "of it, in basis points of the value traded; trading costs some 10."
    )
    return "\n\n".join(["## What trading on the scores earns", _table(head, rows), _wrapped(words)])


def _agreement(result: Result) -> str:
    rows = [
        (universe.name, f"{pair.first} and {pair.second}", told(pair.rank_correlation, "+.2f"))
        for universe in result.universes
        for pair in universe.agreements
        if pair.rank_correlation is not None
    ]
    if not rows:
        return ""
    means = "; ".join(
        f"{told(universe.mean_agreement, '+.2f')} on {universe.name}"
        for universe in result.universes
        if universe.mean_agreement is not None
    )
    words = (
        f"Mean over all pairs on the dates on which all spoke: {means}. Rank correlation of two personas' scores on a "
        "date, the mean over dates; 0 is two independent opinions, and the nearer to -1, the more an average of the "
        "two "
        "says nothing."
    )
    return "\n\n".join(["## Do personas agree?", _table(("universe", "pair", "agreement"), rows), _wrapped(words)])


def _regimes(result: Result) -> str:
    rows = []
    for universe in result.universes:
        for voice in universe.voices:
            found = {item.name: item.rank_correlation for item in voice.regimes}
            if found:
                rows.append((universe.name, voice.name, *(told(found.get(name)) for name in REGIMES)))
    if not rows:
        return ""
    words = (
        "Rank correlation over the persona's own horizon, all years, by the state of the market on the day of the "
        "score (above or below its 200-day mean; swings above or below their median so far), which was known then. "
        "Sixty-odd intervals: about one in twenty lies off zero by chance."
    )
    return "\n\n".join(["## By regime", _table(("universe", "persona", *REGIMES), rows), _wrapped(words)])


def _years(result: Result) -> str:
    if not result.universes:
        return ""
    first = result.universes[0]
    years = sorted({item.name for voice in first.voices for item in voice.years})
    rows = []
    for year in years:
        found = [
            next((item.rank_correlation for item in voice.years if item.name == year), None) for voice in first.voices
        ]
        rows.append((year, *(NONE if item is None else f"{item.mean:+.2f}" for item in found)))
    words = "Mean rank correlation of the month-ends of a year with what followed over the persona's own horizon."
    return "\n\n".join(
        [
            f"## By year: {first.name}",
            _table(("year", *(voice.name for voice in first.voices)), rows),
            _wrapped(f"{words} The other universes' years are in the figures beside this page."),
        ]
    )


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
        "*By record*: each persona's voice is multiplied by a weight from its monthly rank correlations known by that "
        "day, shrunk to 0.03 by their Newey-West error (prior deviation 0.03) and never below a quarter of an equal "
        "share; these numbers were fixed before the figures were seen. *Gain by record*: rank correlation less that of "
        "equal voices, paired by date. Returns are after 10 basis points a trade; certainty equivalents (risk aversion "
        "5) compare at the same volatility, the rougher mixed with cash that earns nothing, with 95 % block-bootstrap "
        f"intervals. Weights on the last day: {'; '.join(last)}."
    )
    return "\n\n".join(
        ["## Should the committee weigh voices by their record?", _wrapped(weighing_answer(result)), _table(head, rows),
         _wrapped(words)]
    )  # fmt: skip


def _ensemble(figures: EnsembleFigures) -> tuple[str, ...]:
    return (
        figures.name,
        told(figures.rank_correlation),
        told(figures.gain),
        percent(figures.annual_return),
        percent(figures.volatility),
        percent(figures.turnover, 0),
        _bounds(figures.certainty_gain, figures.certainty_low, figures.certainty_high),
        _bounds(figures.over_equal_voices, figures.over_equal_low, figures.over_equal_high),
    )


def _models(result: Result) -> str:
    title = "## Models"
    if not result.models:
        words = (
            f"{result.recorded} views of models are on the board, none with an outcome that can be judged. "
            "`quorum scoreboard` adds each run's; `--ask DATES` asks the configured model, or a `--gguf`, on past days."
        )
        return f"{title}\n\n{_wrapped(words)}"
    rows = [_model_row(voice) for voice in result.models]
    head = ("voice", "horizon", "scores", "in their own time", "hit rate", "rank correlation", "Brier", "verdict")
    words = (
        "*Model* is the model's own score, with its stated confidence as the probability; *view* is what the allocator "
        "read after the bounded shift. A score that was not asked for in its own time may be memory."
    )
    return "\n\n".join([title, _table(head, rows), _wrapped(words)])


def _model_row(voice: VoiceRecord) -> tuple[str, ...]:
    cell, made = voice.own, voice.calibration
    return (
        voice.name,
        span(voice.own_horizon),
        str(cell.whole.n if cell.whole is not None else 0),
        NONE if voice.live is None else f"{voice.live:.0%}",
        told(cell.whole.hit_rate if cell.whole is not None else None, ".3f"),
        _rank(cell.whole),
        NONE if made is None else f"{made.stated.brier:.3f}",
        f"{cell.verdict.word} ({cell.verdict.reason})",
    )


def _reading(result: Result) -> str:
    lines = [
        "## How the verdict is found, and what the figures do not show",
        "- *leaks*: the scores of a day change when every later price is scrambled (three cuts, each universe). "
        "*too good*: the whole interval of a rank correlation lies above 0.15, which nobody has. *held*: better than "
        "chance in the training years with every look counted (Bonferroni), and the test years' interval above zero. "
        "*faded*: only the first. *luck*: better than chance by itself, not with every look counted. *untested*: "
        "better "
        "than chance with every look counted, in the only years there are. *wrong*: worse than chance. *chance*: none.",
        "- Personas are factors of papers from 1985 to 2014: most training years were known to their authors, so that "
        "these years flatter them. The test years are few: seven years hold seven yearly horizons.",
        "- For noise that lasts as long as a persona's scores do, the 95 % interval held the truth in 87 to 95 % of "
        "simulations (see the tests), so a p-value near 0.05 is nearer to 0.1.",
        "- The assets are survivors (20 US shares and coins that still stood), so that buying what fell looks better "
        "than it was. Cross-sections of 19 to 56 assets tell little a month.",
        "- Rules only read prices and earnings surprises here; what models add is in the section on models.",
        f"- Of the board of recorded views {result.damaged} lines could not be read.",
    ]
    return "\n".join([lines[0], "", *(_wrapped(line, indent="  ") for line in lines[1:])])


def _rank(made: Quality | None) -> str:
    return told(made.rank_correlation if made is not None else None)


def _points(made: TurnoverEfficiency | None) -> str:
    return NONE if made is None or made.break_even is None else f"{10_000.0 * made.break_even:+.0f} bp"


def _bounds(mean: float | None, low: float | None, high: float | None) -> str:
    return NONE if mean is None or low is None or high is None else f"{mean:+.2%} [{low:+.2%}, {high:+.2%}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    marks = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *rows))


def _wrapped(words: str, indent: str = "") -> str:
    return textwrap.fill(words, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
