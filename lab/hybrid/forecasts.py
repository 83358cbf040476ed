"""What one kind of forecaster says of a history, walk-forward: the study's first jobs, which all the rest reads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from lab.hybrid.records import HybridConfig, LearningFigures
from lab.hybrid.universes import Case
from portfolio.market import Floats, MarketPanel
from portfolio.universe import Universe
from rl.branches.forecaster import fit_forecaster
from rl.branches.forecaster_fit import ForecasterConfig, paper_config

KINDS = ("per_asset", "shared")


@dataclass(frozen=True, eq=False)
class Question:
    """Which forecaster is fitted on which history, and on which rows of it (R,) it is asked."""

    panel: MarketPanel
    universe: Universe
    config: ForecasterConfig
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The answer: values (S, R, N, 2) of each seed in the targets' units, known (R, N), and how the last fit went."""

    values: Floats
    known: NDArray[np.bool_]
    learning: LearningFigures


def foretell(questions: Mapping[str, Question], name: str) -> bytes:
    """Fit the forecaster of one question and ask it; a job for `lab.spread`. The same question gives the same bytes.

    A forecast of a day is that of a model fitted on targets that had ended before it.
    """
    asked = questions[name]
    fitted = fit_forecaster(asked.panel, asked.universe, asked.config, lambda _: None)
    values, known = fitted.by_seed(asked.panel, asked.rows)
    card = fitted.cuts[-1].card
    stopped = sum(epoch == 0 for epoch in card.epochs)
    learning = np.array([len(card.epochs), stopped, float(np.mean(card.validation_loss))])
    return save({"values": values, "known": known, "learning": learning})


def told(data: bytes) -> Forecasts:
    """What `foretell` answered."""
    parts = load(data)
    models, stopped, loss = parts["learning"].tolist()
    learning = LearningFigures(models=int(models), stopped_at_once=int(stopped), validation_loss=loss)
    return Forecasts(parts["values"], parts["known"], learning)


def case_questions(case: Case, config: HybridConfig) -> dict[str, Question]:
    """Both kinds of forecaster on a universe, asked on every row: kind -> question."""
    paper = paper_config(case.test_year - 2, config.seeds, step=case.step, refit_years=config.refit_years)
    rows = np.arange(len(case.panel.dates))
    out = {}
    for kind in KINDS:
        changes: dict[str, object] = {
            "min_windows": config.min_windows,
            "hidden": config.hidden if kind == "per_asset" else config.shared_hidden,
            "epochs": config.epochs,
            "patience": config.patience,
            "kind": kind,
        }
        chosen = ForecasterConfig.model_validate(paper.model_dump() | changes)
        out[kind] = Question(case.panel, case.universe, chosen, rows)
    return out


def quality_questions(panel: MarketPanel, universe: Universe, config: HybridConfig) -> dict[str, Question]:
    """Both kinds of forecaster on months that do not overlap: kind -> question."""
    shared = config.quality_shared
    paper = paper_config(shared.first_cut, shared.seeds, step=shared.step, refit_years=shared.refit_years)
    per_asset = paper.model_copy(update={"hidden": config.hidden, "epochs": config.epochs, "patience": config.patience})
    first = int(np.searchsorted(panel.dates, np.datetime64(f"{shared.first_cut}-01-01")))
    rows = np.arange(first, len(panel.dates) - shared.step, shared.step)
    return {
        "per_asset": Question(panel, universe, per_asset, rows),
        "shared": Question(panel, universe, shared, rows),
    }
