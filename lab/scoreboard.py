"""What `quorum scoreboard` tells: how good each persona's rules and models were, and what the record allows them."""

from collections.abc import Sequence

import numpy as np

from agents.personas import Persona, score_history
from portfolio.calibration import BrierComparison, Calibration, fit_calibration, out_of_sample_brier
from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.scoreboard import RULES, history_of, judge
from portfolio.standings import Standing, Verdict, debate_helps, standings
from portfolio.view_quality import masked, outcomes_after, quality
from tools.scoreboard import Board

MONTH = 21
"""Trading days between the dates on which the rules are judged."""


class DebateRecord(Record):
    """One model's debates."""

    model: str
    verdict: Verdict


class ScoreboardReport(Record):
    """`quorum scoreboard --json`."""

    source: str
    first_date: str
    as_of: str
    recorded: int
    """Views that models took part in."""
    judged: int
    """Of these, how many have an outcome by `as_of`."""
    damaged: tuple[str, ...]
    """Lines of the record that could not be read."""
    models: tuple[Standing, ...]
    calibrations: tuple[Calibration, ...]
    brier: BrierComparison | None
    debates: tuple[DebateRecord, ...]
    rules: tuple[Standing, ...]
    """Each persona's rules once a month over the whole history, over the horizon that it is about."""


def scoreboard_report(board: Board, personas: Sequence[Persona], panel: MarketPanel) -> ScoreboardReport:
    """The whole board as known on the panel's last day."""
    as_of = panel.last_date
    entries = [entry for entry in board.entries if entry.as_of <= as_of]
    outcomes = judge(entries, panel)
    history = history_of(outcomes)
    names = sorted({entry.model for entry in entries if entry.round == 2})
    return ScoreboardReport(
        source=panel.source,
        first_date=str(panel.first_date),
        as_of=str(as_of),
        recorded=len(entries),
        judged=len(outcomes),
        damaged=board.damaged,
        models=standings(outcomes),
        calibrations=fit_calibration(history, as_of),
        brier=out_of_sample_brier(history),
        debates=tuple(DebateRecord(model=name, verdict=debate_helps(outcomes, name)) for name in names),
        rules=rules_standings(personas, panel),
    )


def rules_standings(personas: Sequence[Persona], panel: MarketPanel, every: int = MONTH) -> tuple[Standing, ...]:
    """The personas' rules on every `every`-th day of the panel, counted back from its last, by name.

    The figures are those that `judge` and `standings` would give of the same scores as entries.
    """
    scores = score_history(personas, panel)
    rows = np.arange((len(panel.dates) - 1) % every, len(panel.dates), every)
    out: list[Standing] = []
    for place, persona in enumerate(personas):
        days = persona.spec.horizon_days
        made = quality(
            outcomes_after(panel, rows, days).judge(masked(scores.score[place][rows], scores.mask[place][rows]))
        )
        if made.n:
            out.append(
                Standing(
                    persona=persona.spec.name,
                    model=RULES,
                    voice="rules",
                    round=1,
                    horizon_days=days,
                    n=made.n,
                    hit_rate=made.hit_rate,
                    rank_correlation=made.rank_correlation,
                    brier=None,
                )
            )
    return tuple(sorted(out, key=lambda item: item.persona))
