"""The tables of the page that follow the verdicts: calibration, trading, agreement, regimes, years."""

import textwrap
from collections.abc import Sequence

from lab.view_quality.records import Result
from lab.view_quality.words import NONE, told
from portfolio.periods import REGIMES
from portfolio.turnover_efficiency import TurnoverEfficiency
from portfolio.view_quality import Quality
from portfolio.wording import percent

WIDTH = 118


def calibration(result: Result) -> str:
    """Stated probabilities against what happened; empty where nobody spoke."""
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
    return "\n\n".join(["## Do scores mean what they say?", table(head, rows), wrapped(words)])


def turnover(result: Result) -> str:
    """What a tilt by the scores earned for what it traded."""
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
                        points(made),
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
    return "\n\n".join(["## What trading on the scores earns", table(head, rows), wrapped(words)])


def agreement(result: Result) -> str:
    """Every pair of personas, by universe."""
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
    return "\n\n".join(["## Do personas agree?", table(("universe", "pair", "agreement"), rows), wrapped(words)])


def by_regime(result: Result) -> str:
    """Rank correlation in the four states of the market."""
    rows = []
    for universe in result.universes:
        for voice in universe.voices:
            found = {item.name: item.rank_correlation for item in voice.regimes}
            if found:
                rows.append((universe.name, voice.name, *(told(found.get(name)) for name in REGIMES)))
    if not rows:
        return ""
    count = sum(
        item.rank_correlation.low is not None
        for universe in result.universes
        for voice in universe.voices
        for item in voice.regimes
    )
    words = (
        "Rank correlation over the persona's own horizon, all years, by the state of the market on the day of the "
        "score (above or below its 200-day mean; swings above or below their median so far), which was known then. "
        f"Of {count} intervals about one in twenty lies off zero by chance alone."
    )
    return "\n\n".join(["## By regime", table(("universe", "persona", *REGIMES), rows), wrapped(words)])


def by_year(result: Result) -> str:
    """Rank correlation year by year on the first universe."""
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
            table(("year", *(voice.name for voice in first.voices)), rows),
            wrapped(f"{words} The other universes' years are in the figures beside this page."),
        ]
    )


def rank(made: Quality | None) -> str:
    """The rank correlation with its interval."""
    return told(made.rank_correlation if made is not None else None)


def points(made: TurnoverEfficiency | None) -> str:
    """The break-even cost in basis points."""
    return NONE if made is None or made.break_even is None else f"{10_000.0 * made.break_even:+.0f} bp"


def bounds(mean: float | None, low: float | None, high: float | None) -> str:
    """A fraction with its interval, in percent."""
    return NONE if mean is None or low is None or high is None else f"{mean:+.2%} [{low:+.2%}, {high:+.2%}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    marks = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *rows))


def wrapped(words: str, indent: str = "") -> str:
    """A paragraph in lines of at most `WIDTH` characters."""
    return textwrap.fill(words, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
