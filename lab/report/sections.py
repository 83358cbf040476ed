"""What other studies say beside a backtest: the choice by cross-validation, the committee's answers, contamination."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from lab.backtest.plan import BASELINE
from lab.backtest.run import Study
from lab.committee.told import Answering
from lab.contamination.records import GapRow, PlaceboRow
from lab.contamination.records import Result as Contamination
from lab.cross_validation.judge import Yardstick
from lab.cross_validation.rules import choose_by_cross_validation
from lab.cross_validation.study import FULL
from lab.report.records import Cell, Section
from lab.report.words import percent, signed, span
from portfolio.statistics import Interval
from tools.errors import DataError


def choice_section(study: Study) -> Section | None:
    """Choosing the best rule by its ratio in training groups; None with fewer than two rules or too few days."""
    rules = {
        one.name: study.accounts.results[one.name]
        for one in study.strategies
        if one.kind == "rule" or one.name == BASELINE
    }
    design, days = FULL.rules, len(study.accounts.dates) - 1
    if len(rules) < 3 or days < design.folds * (design.purge + design.embargo + 2):
        return None
    plan = study.plan
    stick = Yardstick(study.accounts.periods, plan.risk_aversion, plan.draws, plan.level, plan.seed)
    choice, _ = choose_by_cross_validation(replace(study.accounts, results=rules), design, stick)
    out = choice.outcome
    beyond = "" if out.gain.low > 0.0 or out.gain.high < 0.0 else ", no better than chance"
    titles = {one.name: one.title for one in study.strategies}
    return Section(
        title="Choosing by purged cross-validation",
        paragraphs=(
            "The rule with the best ratio in eight tenths of the history, held in the other two, gained "
            f"{signed(out.gain.estimate)} a year {span(out.gain)} on equal weight{beyond}; its ratio was ahead in "
            f"{percent(out.ahead_splits, 0)} of {out.splits} splits.",
        ),
        heads=("rule", "splits in which it was chosen", "ratio over the whole history"),
        rows=tuple(
            (titles[one.rule], f"{one.splits}", one.ratio)
            for one in sorted(choice.chosen, key=lambda one: -one.splits)
            if one.splits
        ),
        notes=(
            f"Combinatorial: {design.folds} groups of days, {design.test_folds} held out at a time, {design.purge} "
            f"days purged and {design.embargo} embargoed around them; over the whole history, not the test window "
            "alone. The gain is in certainty-equivalent return.",
        ),
    )


def committee_section(ways: Sequence[Answering]) -> Section:
    """Who answered, way by way."""
    return Section(
        title="How the committee answered",
        paragraphs=("Every way was asked at every decision by the graph of a live recommendation.",),
        heads=("way", "decisions", "its own", "proposed by", "judged by", "model", "answered", "tokens", "cost"),
        rows=tuple(
            (
                one.title,
                f"{one.decisions}",
                f"{one.own}",
                _counts(one.proposed),
                _counts(one.judged),
                ", ".join(one.models) or "none",
                f"{one.answered:,} of {one.asked:,}" if one.asked else "–",
                "–" if one.input_tokens is None else f"{one.input_tokens + (one.output_tokens or 0):,}",
                one.cost,
            )
            for one in ways
        ),
        notes=(
            "Its own: decisions that the way itself made, and no lower rung in its place. Judged by: rungs of personas "
            "and scorers, over parts and decisions.",
            *(
                f"{one.title}: replaced because {cause} ({count})."
                for one in ways
                for cause, count in one.causes.items()
            ),
        ),
    )


def read_contamination(path: Path) -> Contamination:
    """What `quorum evaluate contamination` wrote. Raises DataError."""
    try:
        return Contamination.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(
            f"{path} holds no figures of the contamination study", "name the JSON that it wrote beside its page"
        ) from error


def contamination_section(result: Contamination) -> Section:
    """What names, tickers and dates were worth, and to which day each part was trained."""
    rows = [(world.subject, one, world.source) for world in result.worlds for one in world.masked]
    return Section(
        title="Could it have remembered?",
        paragraphs=(
            "The same decisions with names, tickers and dates masked: what the true world gained more than the masked "
            f"one, from `{result.command}`.",
            " ".join(
                f"{part.part}: trained to {part.until}." if part.until else f"{part.part}: {part.why}."
                for part in result.trained
            ),
        ),
        heads=("subject", "way", "dates", "same decision", "weights moved", "gap a year"),
        rows=tuple((subject, *_gap(one)) for subject, one, _ in rows),
        notes=("Dates: all, or those until or after the day to which the model was trained.",),
    )


def placebo_section(result: Contamination) -> Section | None:
    """What the personas' scores were worth beside the same scores dealt out at random; None where none were tried."""
    if not result.placebos:
        return None
    return Section(
        title="Does it heed what it is told?",
        paragraphs=(
            "The same strategies on placebos, the personas' scores of each date scrambled among the assets: what lives "
            f"on scrambled scores does not live by what the personas say. From `{result.command}`.",
        ),
        heads=("strategy", "dates", "decisions", "gain", "placebos", "their gain", "scores are worth", "p"),
        rows=tuple(_placebo(row) for row in result.placebos),
        notes=(
            f"{result.placebo_source}; gains a year over equal weight at {percent(result.volatility, 0)} volatility, "
            f"{result.cost_basis_points:g} basis points a trade. Their gain: mean of the placebos, and between which "
            "90 % of them lie. Scores are worth: the gain less that mean. p: share of the placebos, and the strategy "
            "itself, that gained as much. Dates: all, or those until or after the day to which it was trained.",
        ),
    )


def _placebo(row: PlaceboRow) -> tuple[Cell, ...]:
    return (
        row.strategy,
        f"{row.first} to {row.last} ({row.when})",
        f"{row.decisions}",
        _interval(row.gain, signs=True),
        f"{row.placebos}",
        f"{signed(row.placebo)} [{signed(row.placebo_low)}, {signed(row.placebo_high)}]",
        _interval(row.worth, signs=True),
        row.p_value,
    )


def _gap(one: GapRow) -> tuple[str, ...]:
    return (
        one.way,
        one.when,
        f"{one.same} of {one.dates}",
        _interval(one.moved, signs=False),
        _interval(one.gap, signs=True),
    )


def _interval(interval: Interval | None, *, signs: bool) -> str:
    if interval is None:
        return "–"
    if signs:
        return f"{signed(interval.estimate)} {span(interval)}"
    return f"{percent(interval.estimate)} [{percent(interval.low)}, {percent(interval.high)}]"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "–"
