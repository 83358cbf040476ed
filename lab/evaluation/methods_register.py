"""Every way to weights as a trial on its market: written down, so that later luck is counted against all."""

import json
from datetime import date
from hashlib import sha256

import numpy as np

from lab.committee.ways import BASELINE
from lab.evaluation.methods import RISK_AVERSION, YEAR, Account, Comparison
from lab.register import Trial, TrialFigures

STUDY = "quorum evaluate methods"


def trials_of(made: Comparison, opened: date) -> tuple[Trial, ...]:
    """One trial for each way but the baseline, which was named before any of them ran; none of them draws a seed.

    `opened` is the day of the run.
    """
    report = made.report
    settings = json.dumps([report.client, report.model, report.every, report.volatility_cap])
    base = _figures(made.accounts[BASELINE.name])

    def trial(name: str) -> Trial:
        account = made.accounts[name]
        figures = _figures(account)
        weights = sha256(np.array([account.decided[row] for row in sorted(account.decided)]).tobytes())
        return Trial(
            study=STUDY,
            universe=report.source,
            method=f"{name}, {report.every}, {report.model or 'rules'}",
            first=report.first,
            last=report.last,
            config_sha256=sha256(settings.encode()).hexdigest(),
            weights_sha256=weights.hexdigest(),
            data_sha256=made.data_sha256,
            volatility=report.volatility_cap,
            cost=report.cost_basis_points / 10_000.0,
            seeds=(0,),
            seed_sharpes=(figures.sharpe,),
            figures=figures,
            baseline=BASELINE.name,
            baseline_figures=base,
            opened=opened,
        )

    return tuple(trial(way.name) for way in made.ways if way.name != BASELINE.name)


def _figures(account: Account) -> TrialFigures:
    return TrialFigures.of_returns(
        account.returns, account.cash, risk_aversion=RISK_AVERSION, periods=YEAR, turnover=account.turnover
    )
