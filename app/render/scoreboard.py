"""The scoreboard as terminal tables. No figure is computed here but the trust that a record says it earns."""

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.render.tables import grid
from lab.scoreboard import ScoreboardReport
from portfolio.calibration import Calibration, Curve
from portfolio.standings import Interval, Standing

SHOWN_CONFIDENCE = 0.8
"""Trust is shown at this stated confidence: what models are fond of stating."""


def scoreboard_tables(report: ScoreboardReport) -> RenderableType:
    """The rules' record, then the models', what they may be trusted with, and the debate."""
    parts: list[RenderableType] = [
        _rules(report.rules),
        Text(f"{report.source}, {report.first_date} to {report.as_of}", style="dim"),
        Text(
            "± is the reach of a 95 % interval over dates; a coin has 50 %, 0 and a Brier score of 0.25.", style="dim"
        ),
        Text(),
    ]
    waiting = report.recorded - report.judged
    if report.recorded:
        if report.models:
            parts += [_models(report.models), Text()]
        if report.calibrations:
            parts += [_trust(report), Text()]
        parts += [Text(f"Debate of {item.model}: {item.verdict.reason}.") for item in report.debates]
        parts.append(Text(f"{report.judged} recorded views have an outcome; {waiting} wait for theirs.", style="dim"))
    else:
        parts.append(Text("No model has been heard yet; half of a first one's stated confidence will be believed."))
    if report.damaged:
        parts.append(Text(f"Unreadable and left out: {', '.join(report.damaged)}.", style="yellow"))
    return Group(*parts)


def _rules(rows: tuple[Standing, ...]) -> Table:
    table = grid("persona", "horizon>", "views>", "hit rate>", "rank correlation>", title="The rules, once a month")
    for row in rows:
        hits, order = _shown(row.hit_rate, ".1%"), _shown(row.rank_correlation, "+.3f")
        table.add_row(escape(row.persona), f"{row.horizon_days} days", f"{row.n:,}", hits, order)
    return table


def _models(rows: tuple[Standing, ...]) -> Table:
    title = "The models, and the views that they moved"
    table = grid("persona", "whose score", "views>", "hit rate>", "rank corr.>", "Brier>", title=title)
    for row in rows:
        if row.voice == "rules":
            continue
        whose = f"{'model' if row.voice == 'model' else 'view with'} {row.model}" + (", debated" * (row.round == 2))
        hits, order = _shown(row.hit_rate, ".1%"), _shown(row.rank_correlation, "+.3f")
        table.add_row(escape(row.persona), escape(whose), f"{row.n:,}", hits, order, _shown(row.brier, ".3f"))
    return table


def _shown(interval: Interval | None, form: str) -> str:
    """The mean and how far its interval reaches; "?" where too few dates give no interval."""
    if interval is None:
        return "–"
    reach = "?" if interval.high is None else format(interval.high - interval.mean, form.lstrip("+"))
    return f"{interval.mean:{form}} ± {reach}"


def _trust(report: ScoreboardReport) -> RenderableType:
    title = f"How far a stated confidence of {SHOWN_CONFIDENCE} is believed"
    table = grid("persona", "model", "outcomes>", "of up>", "of down>", "by", "Brier>", title=title)
    for item in report.calibrations:
        brier = "–" if item.brier is None else f"{item.brier:.3f}"
        rests = _rests(item.up) if _rests(item.up) == _rests(item.down) else f"{_rests(item.up)}; {_rests(item.down)}"
        table.add_row(
            escape(item.persona), escape(item.model), f"{item.n:,}", _of(item, 1.0), _of(item, -1.0), rests, brier
        )
    if report.brier is None:
        return table
    told = (
        f"Out of sample, over {report.brier.n:,} opinions: Brier {report.brier.stated:.3f} as stated, "
        f"{report.brier.calibrated:.3f} calibrated, {report.brier.coin:.3f} for a coin."
    )
    return Group(table, Text(told, style="dim"))


def _of(item: Calibration, side: float) -> str:
    return f"{item.trust(side, SHOWN_CONFIDENCE):.0%}"


def _rests(curve: Curve) -> str:
    if curve.method == "prior":
        return "the prior: too short a record"
    return f"{curve.method} fit" + ("" if curve.live else ", asked in hindsight: never raised")
