"""The branches that a training asks for: fitted on what was known at a date, described on the decision days, kept.

A model is fitted once for each last training day, so that no fold's policy reads anything fitted on the fold.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.records import Branch, BranchModel, BranchUnavailable, branch_on
from rl.branches.shelf import BranchName
from rl.environment import decision_rows

Say = Callable[[str], None]
YEARS_BEFORE_FORECASTS = 7
"""Years of history before the first forecaster is fitted."""


def branch_models(
    names: Sequence[BranchName],
    panel: MarketPanel,
    universe: Universe,
    until: date,
    say: Say,
    *,
    chronos: str | None,
    cache: Path,
) -> tuple[BranchModel, ...]:
    """One frozen model for each name, fitted on what was known at the close of `until`.

    The forecaster is walk-forward by itself: each of its models was fitted before the days on which it speaks, so it
    is given the whole panel. `chronos` is a folder or model id, `cache` where its embeddings are kept. Raises
    BranchUnavailable where Chronos cannot be had, ValueError for too little history.
    """
    makers: dict[BranchName, Callable[[], BranchModel]] = {
        "forecaster": lambda: _forecaster(panel, universe, say),
        "encoder": lambda: _encoder(panel, universe, until, say),
        "metadata": _metadata,
        "chronos": lambda: _chronos(panel, universe, until, say, chronos, cache),
    }
    return tuple(makers[name]() for name in names)


def described(models: Sequence[BranchModel], panel: MarketPanel, universe: Universe) -> tuple[Branch, ...]:
    """Each model's branch on the decision days."""
    rows = decision_rows(panel)
    return tuple(branch_on(model, panel, universe, rows) for model in models)


def _forecaster(panel: MarketPanel, universe: Universe, say: Say) -> BranchModel:
    from rl.branches.forecaster import fit_forecaster
    from rl.branches.forecaster_fit import ForecasterConfig

    config = ForecasterConfig(first_cut=panel.first_date.year + YEARS_BEFORE_FORECASTS)
    return fit_forecaster(panel, universe, config, lambda step: say(f"forecaster: refit {step.done} of {step.total}"))


def _encoder(panel: MarketPanel, universe: Universe, until: date, say: Say) -> BranchModel:
    from rl.branches.encoder import EncoderConfig, PretrainingStep
    from rl.branches.pretraining import pretrain_encoder

    def show(step: PretrainingStep) -> None:
        if step.done % 50 == 0:
            say(f"encoder to {until}: step {step.done} of {step.total}, loss {step.loss:.3f}")

    return pretrain_encoder([panel], [universe], EncoderConfig(), until, show)


def _metadata() -> BranchModel:
    from rl.branches.metadata import Metadata, MetadataConfig

    return Metadata(MetadataConfig())


def _chronos(
    panel: MarketPanel, universe: Universe, until: date, say: Say, checkpoint: str | None, cache: Path
) -> BranchModel:
    from rl.branches.chronos import ChronosConfig, fit_chronos

    if checkpoint is None:
        raise BranchUnavailable("the Chronos branch has no weights", "name them with --chronos FOLDER")
    say(f"chronos: components to {until}")
    return fit_chronos(checkpoint, panel, universe, ChronosConfig(), until, cache)
