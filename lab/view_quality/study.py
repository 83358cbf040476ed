"""The study of views, from raw prices and the board of recorded views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from agents.personas import Persona, score_history
from lab.view_quality.judge import agreements, all_outcomes, market_states, voice_record
from lab.view_quality.records import Result, UniverseViews, VoiceRecord
from lab.view_quality.voices import Spoken, by_models, by_rules, who_leaks
from lab.view_quality.weighing import Combined, combine, weigh
from lab.walk_forward.universes import StudyUniverse
from portfolio.backtest import decision_rows
from portfolio.market import MarketPanel
from portfolio.scoreboard import RULES, Entry
from portfolio.standings import LEVEL
from portfolio.view_quality import HORIZONS

SPLIT = date(2016, 1, 1)
"""As for the trained policy: years before are training, later ones are test."""
OnStep = Callable[[int, int, str], None]
"""Steps done, steps in all, what is done."""


@dataclass(frozen=True)
class Views:
    """What is judged, and how.

    Attributes
    ----------
    variants : how many were tried to find a persona, by name; one where it is not named
    entries : recorded views, of models
    board_panel : prices that recorded views are judged by
    seed, draws : of the bootstrap; the seed also of the scrambled prices
    """

    personas: tuple[Persona, ...]
    universes: tuple[StudyUniverse, ...]
    entries: tuple[Entry, ...] = ()
    damaged: int = 0
    board_panel: MarketPanel | None = None
    variants: Mapping[str, int] = field(default_factory=dict)
    horizons: tuple[int, ...] = HORIZONS
    split: date = SPLIT
    seed: int = 0
    draws: int = 2000


@dataclass(frozen=True, eq=False)
class Study:
    """The result, and the ensembles by universe for the trial register."""

    result: Result
    combined: Mapping[str, Combined]


def run_study(asked: Views, *, command: str, progress: OnStep) -> Study:
    """Judge every voice. Raises ValueError for variants of a persona that is not there."""
    names = [persona.spec.name for persona in asked.personas]
    strange = sorted(set(asked.variants) - set(names))
    if strange:
        raise ValueError(f"there is no persona {', '.join(strange)} to count tries of; there are {', '.join(names)}")
    steps = len(asked.universes) * (len(names) + 1) + 1
    tries = max(1, len(names)) * len(asked.horizons) * max(1, len(asked.universes))
    combined: dict[str, Combined] = {}
    made: list[UniverseViews] = []
    for number, universe in enumerate(asked.universes):
        one, ensembles = _universe(asked, universe, tries, _from(progress, number * (len(names) + 1), steps))
        made.append(one)
        combined[universe.name] = ensembles
    progress(steps - 1, steps, "recorded views of models")
    result = Result(
        command=command,
        seed=asked.seed,
        split=asked.split,
        horizons=asked.horizons,
        level=LEVEL,
        tries=tries,
        universes=tuple(made),
        models=_models(asked),
        recorded=sum(entry.model != RULES for entry in asked.entries),
        damaged=asked.damaged,
    )
    progress(steps, steps, "done")
    return Study(result, combined)


def _universe(asked: Views, universe: StudyUniverse, tries: int, step: OnStep) -> tuple[UniverseViews, Combined]:
    panel = universe.panel
    step(0, 0, f"{universe.name}: scores")
    scores = score_history(asked.personas, panel)
    rows = decision_rows(panel.dates, "monthly")
    spoken = by_rules(
        asked.personas, scores, rows, who_leaks(asked.personas, panel, scores, asked.seed), dict(asked.variants)
    )
    outcomes = all_outcomes(panel, rows, _horizons(asked, spoken))
    states = market_states(panel)
    voices: list[VoiceRecord] = []
    for number, voice in enumerate(spoken):
        step(number, 0, f"{universe.name}: {voice.persona}")
        mine = {days: outcomes[days] for days in sorted({*asked.horizons, voice.own_horizon})}
        voices.append(
            voice_record(
                voice,
                panel,
                mine,
                split=asked.split,
                tries=tries,
                states=states,
                seed=asked.seed,
                draws=asked.draws,
            )
        )
    step(len(spoken), 0, f"{universe.name}: ensembles")
    pairs, mean = agreements(spoken, panel)
    ensembles = combine(panel, scores, rows)
    told = UniverseViews(
        name=universe.name,
        source=panel.source,
        first=panel.first_date,
        last=panel.last_date,
        assets=len(panel.symbols),
        decisions=len(rows),
        voices=tuple(voices),
        agreements=pairs,
        mean_agreement=mean,
        weighing=weigh(panel, ensembles, asked.split, seed=asked.seed, draws=asked.draws),
        notes=universe.notes,
    )
    return told, ensembles


def _models(asked: Views) -> tuple[VoiceRecord, ...]:
    """Every model's voices, each over its own dates; without training years, since a model's own lie elsewhere."""
    if asked.board_panel is None or not asked.entries:
        return ()
    spoken = by_models(asked.entries, asked.board_panel)
    tries = max(1, len(spoken)) * len(asked.horizons)
    states = market_states(asked.board_panel)
    out = []
    for voice in spoken:
        mine = all_outcomes(asked.board_panel, voice.rows, sorted({*asked.horizons, voice.own_horizon}))
        out.append(
            voice_record(
                voice,
                asked.board_panel,
                mine,
                split=date(1, 1, 1),
                tries=tries,
                states=states,
                seed=asked.seed,
                draws=asked.draws,
            )
        )
    return tuple(out)


def _horizons(asked: Views, spoken: Sequence[Spoken]) -> list[int]:
    return sorted({*asked.horizons, *(voice.own_horizon for voice in spoken)})


def _from(progress: OnStep, before: int, total: int) -> OnStep:
    return lambda done, _, what: progress(before + done, total, what)
