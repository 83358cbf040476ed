"""Every look of the re-test at a test year as a trial: each strategy and K of a universe, with its seeds' ratios."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from lab.hybrid.records import HybridConfig, Measured
from lab.hybrid.table import EQUAL_WEIGHT
from lab.register import Trial

STUDY = "quorum evaluate lstm-ppo"


def trials_of(measured: Sequence[Measured], config: HybridConfig, opened: date) -> tuple[Trial, ...]:
    """One trial for each strategy and K on each universe, over its test year.

    The volatility is equal weight's: nothing is mixed with cash. The forecasts' quality is no trial, for nothing is
    held by it.
    """
    settings = sha256(config.model_dump_json().encode()).hexdigest()
    return tuple(
        Trial(
            study=STUDY,
            universe=one.source,
            method=f"{one.case.title}: {look.method}",
            first=one.first,
            last=one.last,
            config_sha256=settings,
            weights_sha256=look.weights_sha256,
            data_sha256=one.data_sha256,
            volatility=one.looks[0].figures.volatility,
            cost=config.rules.cost,
            seeds=look.seeds,
            seed_sharpes=look.ratios,
            figures=look.figures,
            baseline=EQUAL_WEIGHT,
            baseline_figures=one.looks[0].figures,
            opened=opened,
        )
        for one in measured
        for look in one.looks
    )
