"""The strategies that had placebos, as lines of the trial register: their windows were opened, so they count."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import numpy as np

from lab.backtest.account import Accounts
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.register import figures_of, fingerprint
from lab.backtest.seen import World
from lab.register import Trial

STUDY = "quorum evaluate contamination"


def trials_of(accounts: Accounts, names: Sequence[str], world: World, plan: Plan, opened: date) -> list[Trial]:
    """One trial a strategy over the whole span; `opened` is the day of the run."""
    figures = {name: figures_of(accounts, name, 0, plan) for name in (BASELINE, *names)}
    data = fingerprint(world)
    days: list[date] = accounts.dates[[0, -1]].astype("datetime64[D]").astype(object).tolist()
    return [
        Trial(
            study=STUDY,
            universe=world.panel.source,
            method=f"{name}, {plan.every}",
            first=days[0],
            last=days[1],
            config_sha256=sha256(plan.model_dump_json().encode()).hexdigest(),
            weights_sha256=sha256(np.ascontiguousarray(accounts.results[name].returns).tobytes()).hexdigest(),
            data_sha256=data,
            volatility=plan.volatility,
            cost=plan.cost_basis_points / 10_000.0,
            seeds=(plan.seed,),
            seed_sharpes=(figures[name].sharpe,),
            figures=figures[name],
            baseline=BASELINE,
            baseline_figures=figures[BASELINE],
            opened=opened,
        )
        for name in names
    ]
