"""Every row of the ablation as a trial with its seeds: written down, so that later luck is counted against all."""

import json
from datetime import date
from hashlib import sha256

from lab.ablation import Ablation, Ground, Variant
from lab.register import Trial
from lab.train import fingerprint
from lab.walk_forward.accounts import Measured
from lab.walk_forward.evidence import figures_of
from lab.walk_forward.strategies import EQUAL_WEIGHT
from lab.walk_forward.training import Client
from portfolio.market import day_of

STUDY = "quorum evaluate ablation"
TOLD_AFTERWARDS = {"variants", "draws", "seed", "chronos"}
"""Settings that are no part of what a row is: the other rows, the bootstrap's, and where weights lie on a disk."""


def trials_of(made: Ablation, ground: Ground, opened: date) -> tuple[Trial, ...]:
    """One trial for each row that has figures, over the test years, its figures the medians of its seeds.

    `opened` is the day of the run. A ratio that is not defined is registered as zero.
    """
    config = made.report.config
    aversion = Client(config.volatility).risk_aversion
    data = fingerprint(ground.universe.panel, ground.scores)
    figures = {row.name: row.figures for row in made.report.rows if row.figures is not None}
    settings = config.model_dump(mode="json", exclude=TOLD_AFTERWARDS)

    def trial(variant: Variant) -> Trial:
        walked = made.walked[variant.name]
        told = json.dumps([variant.model_dump(mode="json"), settings], sort_keys=True)
        return Trial(
            study=STUDY,
            universe=made.report.universe,
            method=f"{variant.name}, median of seeds",
            first=day_of(walked.equal_weight.dates[0]),
            last=day_of(walked.equal_weight.dates[-1]),
            config_sha256=sha256(told.encode()).hexdigest(),
            weights_sha256=sha256("".join(walked.weights_sha256).encode()).hexdigest(),
            data_sha256=data,
            volatility=config.volatility,
            cost=config.cost,
            seeds=tuple(walked.accounts),
            seed_sharpes=tuple(Measured.of(one, aversion).sharpe or 0.0 for one in walked.accounts.values()),
            figures=figures_of(figures[variant.name]),
            baseline=EQUAL_WEIGHT,
            baseline_figures=figures_of(Measured.of(walked.equal_weight, aversion)),
            opened=opened,
        )

    return tuple(trial(variant) for variant in config.variants if variant.name in figures)
