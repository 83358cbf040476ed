"""What `quorum scoreboard` tells: how good each persona's rules and models were, and what the record allows them."""

from collections.abc import Iterable, Sequence

from agents.personas import Persona, score_history
from portfolio.calibration import BrierComparison, Calibration, fit_calibration, out_of_sample_brier
from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.scoreboard import RULES, Entry, history_of, judge
from portfolio.standings import Standing, Verdict, debate_helps, standings
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
        rules=tuple(item for item in standings(judge(rules_entries(personas, panel), panel)) if item.voice == "rules"),
    )


def rules_entries(personas: Sequence[Persona], panel: MarketPanel, every: int = MONTH) -> Iterable[Entry]:
    """The personas' rules scores on every `every`-th day of the panel, counted back from its last."""
    scores = score_history(personas, panel)
    for row in range((len(panel.dates) - 1) % every, len(panel.dates), every):
        for i, persona in enumerate(personas):
            for j, symbol in enumerate(panel.symbols):
                if scores.mask[i, row, j]:
                    score = float(scores.score[i, row, j])
                    yield Entry(
                        persona=persona.spec.name,
                        model=RULES,
                        as_of=panel.dates[row].astype(object),
                        symbol=symbol,
                        prompt=persona.spec.fingerprint,
                        horizon_days=persona.spec.horizon_days,
                        score=score,
                        rules_score=score,
                    )
