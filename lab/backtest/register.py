"""Every backtest is a trial of each of its strategies: written to the register, and counted from it."""

from datetime import date
from hashlib import sha256

from lab.backtest.account import Accounts, metrics_of
from lab.backtest.learned import POLICY, SEED_PREFIX
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.run import Study
from lab.backtest.seen import fingerprint
from lab.register import Register, Trial, TrialFigures, trial_sharpes
from portfolio.market import Floats, day_of
from portfolio.metrics import sharpe_ratio

__all__ = ["STUDY", "figures_of", "fingerprint", "trials_of"]

STUDY = "quorum backtest"
AFTERWARDS = {"taxes", "lots", "account"}
"""Fields of a plan that tell more of the same trial and do not make it another."""


def trials_of(study: Study, register: Register, opened: date) -> Floats:
    """(K,) ratios per period of everything ever tried on this market, after this run's own are written down.

    A policy whose seeds were followed alone as well counts as one try more for each of them. The same run again adds
    nothing. Raises RegisterError as the register does.
    """
    data = fingerprint(study.world)
    # What the answer depends on beside the prices; which other strategies ran is not among it.
    told = study.plan.model_copy(update={"strategies": ()}).model_dump_json(exclude=AFTERWARDS)
    config = sha256(told.encode()).hexdigest()
    base = figures_of(study.accounts, BASELINE, study.start, study.plan)
    test = study.test_dates

    def trial(name: str) -> Trial:
        figures = figures_of(study.accounts, name, study.start, study.plan)
        seeds = _seeds(study, name)
        return Trial(
            study=STUDY,
            universe=study.world.panel.source,
            method=f"{name}, {study.plan.every}",
            first=day_of(test[0]),
            last=day_of(test[-1]),
            config_sha256=config,
            weights_sha256=_weights(study, name),
            data_sha256=data,
            volatility=study.plan.volatility,
            cost=study.plan.cost_basis_points / 10_000.0,
            seeds=tuple(seeds) or (0,),
            seed_sharpes=tuple(seeds.values()) or (figures.sharpe,),
            ensemble=bool(seeds),
            figures=figures,
            baseline=BASELINE,
            baseline_figures=base,
            opened=opened,
        )

    register.open([trial(name) for name in study.names])
    return trial_sharpes(register.trials(), study.world.panel.source, study.accounts.periods)


def _seeds(study: Study, name: str) -> dict[int, float]:
    """The yearly ratio in the test window of each seed of a strategy that was followed alone; one that is not defined
    counts as zero."""
    cash, periods = study.accounts.cash[study.start :], study.accounts.periods
    return {
        int(told.removeprefix(SEED_PREFIX)): sharpe_ratio(returns, cash, periods) or 0.0
        for told, returns in (study.seeds.items() if name == POLICY else ())
    }


def _weights(study: Study, name: str) -> str:
    """SHA-256 of the weights that traded in the test window."""
    begin = study.test_dates[0]
    digest = sha256()
    for row, weights in sorted(study.decided.weights[name].items()):
        if study.world.panel.dates[row] >= begin:
            digest.update(weights.tobytes())
    return digest.hexdigest()


def figures_of(accounts: Accounts, name: str, start: int, plan: Plan) -> TrialFigures:
    """Of an account from the day `start` on."""
    made = metrics_of(accounts, name, start, BASELINE, plan.risk_aversion)
    return TrialFigures.told(
        made.sharpe,
        made.certainty_equivalent,
        max_drawdown=made.max_drawdown,
        volatility=made.volatility,
        turnover=made.turnover,
    )
