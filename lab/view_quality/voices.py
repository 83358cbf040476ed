"""Who is judged: the personas' rules over a whole history, and what models said, as arrays of dates x assets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.personas import Persona, score_history
from lab.backtest.look_ahead import scrambled
from portfolio.calibration_curve import stated_probability
from portfolio.market import Floats, MarketPanel
from portfolio.scoreboard import RULES, Entry, Voice
from portfolio.view_quality import masked
from portfolio.views import ScoreHistory

CUTS = 3
"""Days after which everything is scrambled, evenly spread over the history."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """One voice's scores.

    Attributes
    ----------
    rows : (R,) rows of the panel on whose close it spoke
    score : (R, N) in [-1, 1], NaN where it was silent
    probability : (R, N) stated probability of beating the cross-section's median, NaN where none was stated
    variants : how many were tried to find this persona
    """

    persona: str
    model: str
    voice: Voice
    round: int
    own_horizon: int
    rows: NDArray[np.int64]
    score: Floats
    probability: Floats
    variants: int = 1
    leaks: bool | None = None
    live: float | None = None


def by_rules(
    personas: Sequence[Persona],
    scores: ScoreHistory,
    rows: NDArray[np.int64],
    leaking: frozenset[str],
    variants: dict[str, int],
) -> tuple[Spoken, ...]:
    """Every persona's rules on the rows; `leaking` are the names that were found to see the future."""
    out = []
    for place, persona in enumerate(personas):
        score = masked(scores.score[place][rows], scores.mask[place][rows])
        out.append(
            Spoken(
                persona=persona.spec.name,
                model=RULES,
                voice="rules",
                round=1,
                own_horizon=persona.spec.horizon_days,
                rows=rows,
                score=score,
                probability=stated_probability(score),
                variants=variants.get(persona.spec.name, 1),
                leaks=persona.spec.name in leaking,
            )
        )
    return tuple(out)


def who_leaks(personas: Sequence[Persona], panel: MarketPanel, true: ScoreHistory, seed: int) -> frozenset[str]:
    """Names of those who score a day otherwise when everything after it is scrambled."""
    found = set[str]()
    last = len(panel.dates) - 1
    for number, cut in enumerate(np.linspace(0.5 * last, 0.95 * last, CUTS).astype(int).tolist()):
        other = score_history(personas, scrambled(panel, cut, seed + number))
        for place, persona in enumerate(personas):
            for one, two in ((true.score, other.score), (true.mask, other.mask)):
                if not np.array_equal(one[place, : cut + 1], two[place, : cut + 1]):
                    found.add(persona.spec.name)
    return frozenset(found)


def by_models(entries: Sequence[Entry], panel: MarketPanel) -> tuple[Spoken, ...]:
    """Every model's voices that the entries hold: its own score, and the view that it moved, by persona and round.

    Entries on assets that the panel lacks, or dated before its first day, are left out. The first entry of an asset
    and day stands, as on the board.
    """
    column = {symbol: place for place, symbol in enumerate(panel.symbols)}
    groups: dict[tuple[str, str, Voice, int, int], list[Entry]] = {}
    voices: tuple[Voice, ...] = ("model", "view")
    for entry in entries:
        if entry.model == RULES or entry.symbol not in column or entry.as_of < panel.first_date:
            continue
        for voice in voices:
            if entry.said(voice) is not None:
                key = (entry.persona, entry.model, voice, entry.round, entry.horizon_days)
                groups.setdefault(key, []).append(entry)
    return tuple(_spoken(key, groups[key], panel, column) for key in sorted(groups))


def _spoken(
    key: tuple[str, str, Voice, int, int], mine: Sequence[Entry], panel: MarketPanel, column: dict[str, int]
) -> Spoken:
    persona, model, voice, number, days = key
    place = {
        entry.as_of: int(np.searchsorted(panel.dates, np.datetime64(entry.as_of, "D"), side="right")) - 1
        for entry in mine
    }
    rows = np.array(sorted(set(place.values())), dtype=np.int64)
    line = {row: number for number, row in enumerate(rows.tolist())}
    score = np.full((len(rows), len(panel.symbols)), np.nan)
    probability = np.full_like(score, np.nan)
    for entry in mine:
        at = line[place[entry.as_of]], column[entry.symbol]
        said = entry.said(voice)
        if said is None or np.isfinite(score[at]):
            continue
        score[at] = said
        probability[at] = (1.0 + said) / 2.0
        if voice == "model" and entry.model_confidence is not None:
            probability[at] = 0.5 + np.sign(said) * entry.model_confidence / 2.0  # as a model states it: of being right
    return Spoken(
        persona=persona,
        model=model,
        voice=voice,
        round=number,
        own_horizon=days,
        rows=rows,
        score=score,
        probability=probability,
        live=float(np.mean([entry.live for entry in mine])),
    )
