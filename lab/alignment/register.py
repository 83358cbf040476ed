"""Every arm of the re-test is a trial on its market: written down, so that later luck is counted against all."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import numpy as np

from lab.alignment.arms import DECIDED, EQUAL
from lab.alignment.study import Measured, Plan
from lab.register import Trial, TrialFigures
from portfolio.metrics import certainty_equivalent

STUDY = "quorum evaluate alignment"
RISK_AVERSION = 5.0


def trials_of(spans: Sequence[Measured], plan: Plan, opened: date) -> tuple[Trial, ...]:
    """One trial an arm and span; the figures are medians over clients. A ratio that is not defined counts as zero."""
    return tuple(_trial(one, arm.name, arm.title, plan, opened) for one in spans for arm in DECIDED)


def _trial(one: Measured, name: str, title: str, plan: Plan, opened: date) -> Trial:
    figures = _figures(one, name)
    return Trial(
        study=STUDY,
        universe=one.span.source,
        method=f"{title}; {one.span.clients} clients",
        first=one.span.first,
        last=one.span.last,
        config_sha256=sha256(f"{one.span.policy} {plan.basis_points}".encode()).hexdigest(),
        weights_sha256=sha256(np.round(one.decided.weights[name], 6).tobytes()).hexdigest(),
        data_sha256=one.data,
        volatility=figures.volatility,
        cost=plan.basis_points / 10_000.0,
        seeds=(0,),
        seed_sharpes=(figures.sharpe,),
        figures=figures,
        baseline=EQUAL,
        baseline_figures=_figures(one, EQUAL),
        opened=opened,
    )


def _figures(one: Measured, name: str) -> TrialFigures:
    row, accounts = one.span.row(name), one.accounts
    sure = [certainty_equivalent(column, RISK_AVERSION, accounts.periods) for column in accounts.of(name).T]
    return TrialFigures(
        sharpe=row.ratio.value or 0.0,
        certainty_equivalent=float(np.median([-1.0 if value is None else value for value in sure])),
        max_drawdown=row.max_drawdown.value or 0.0,
        volatility=row.volatility.value or 0.0,
        turnover=row.turnover,
    )
