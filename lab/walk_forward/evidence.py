"""From a study to the trial register: what was opened, by which method, with the gap to the target."""

from collections.abc import Sequence
from datetime import date

from lab.register import Trial, TrialFigures
from lab.walk_forward.accounts import Measured
from lab.walk_forward.opened import PRODUCT
from lab.walk_forward.records import StudyReport, UniverseReport, WindowReport

MEDIAN = "policy, median of seeds"


def trials_of(study: StudyReport, opened: date) -> tuple[Trial, ...]:
    """Two trials a window: the ungated policy, with every seed, and the gated product, at the reference risk and cost.

    Other risks and costs of the same window are read from the same opening, and are no further trials.
    """
    out: list[Trial] = []
    for report in study.reports:
        for window in report.windows:
            out += [
                _trial(study, report, window, opened, MEDIAN, window.policy, window.seed_sharpes),
                _trial(study, report, window, opened, PRODUCT, window.product, (window.product.sharpe or 0.0,)),
            ]
    return tuple(out)


def _trial(
    study: StudyReport,
    report: UniverseReport,
    window: WindowReport,
    opened: date,
    method: str,
    figures: Measured,
    sharpes: Sequence[float],
) -> Trial:
    volatility, cost = study.config.reference
    return Trial(
        study=study.config.name,
        universe=report.universe,
        method=method,
        first=date(window.year, 1, 1),
        last=date(window.year, 12, 31),
        config_sha256=study.key,
        weights_sha256=window.weights_sha256,
        data_sha256=report.data_sha256,
        volatility=volatility,
        cost=cost,
        seeds=study.config.seeds[: len(sharpes)],
        seed_sharpes=tuple(sharpes),
        figures=figures_of(figures),
        baseline=window.baseline,
        baseline_figures=figures_of(window.baseline_figures),
        opened=opened,
    )


def figures_of(made: Measured) -> TrialFigures:
    """The figures as the register tells them."""
    return TrialFigures.told(
        made.sharpe,
        made.certainty_equivalent,
        max_drawdown=made.max_drawdown,
        volatility=made.volatility,
        turnover=made.turnover,
    )
