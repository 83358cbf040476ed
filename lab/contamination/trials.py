"""The strategies that had placebos, and the ways that were paid by the true world, as lines of the trial register:
their windows were opened, so they count."""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import numpy as np

from lab.backtest.account import Accounts
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.register import figures_of, fingerprint
from lab.backtest.seen import World
from lab.committee.ways import BASELINE as NAMED
from lab.committee.ways import Way
from lab.contamination.decisions import Decisions
from lab.contamination.gap import Money
from lab.register import Trial, TrialFigures, prices_sha256
from portfolio.backtest import BacktestResult
from portfolio.market import day_of
from portfolio.metrics import periods_per_year

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
            seeds=(0,),
            seed_sharpes=(figures[name].sharpe,),
            figures=figures[name],
            baseline=BASELINE,
            baseline_figures=figures[BASELINE],
            opened=opened,
        )
        for name in names
    ]


def trials_of_ways(
    subject: str, ways: Sequence[Way], days: Sequence[date], decided: Decisions, client: str, money: Money, opened: date
) -> list[Trial]:
    """One trial for each way of a subject that decided on `days` in the true world, held to the last price that is
    seen; masked and swapped worlds are none, for nobody could have been paid by them.

    Nothing is brought to a volatility, so that of the baseline stands for it.
    """
    accounts = {
        way.name: money.carried({day: decided[way.name, day] for day in days}) for way in (NAMED, *ways)
    }  # fmt: skip
    figures = {name: _figures(account, money) for name, account in accounts.items()}
    config = json.dumps([subject, client, [str(day) for day in days], money.risk_aversion])
    data = prices_sha256(money.panel)

    def weights(way: str) -> str:
        told = [sorted(decided[way, day].weights.items()) for day in days]
        return sha256(json.dumps(told).encode()).hexdigest()

    return [
        Trial(
            study=STUDY,
            universe=money.panel.source,
            method=f"{way.name}, {subject}, {len(days)} dates",
            first=days[0],
            last=day_of(money.panel.dates[-1]),
            config_sha256=sha256(config.encode()).hexdigest(),
            weights_sha256=weights(way.name),
            data_sha256=data,
            volatility=figures[NAMED.name].volatility,
            cost=money.cost,
            seeds=(0,),
            seed_sharpes=(figures[way.name].sharpe,),
            figures=figures[way.name],
            baseline=NAMED.name,
            baseline_figures=figures[NAMED.name],
            opened=opened,
        )
        for way in ways
    ]


def _figures(account: BacktestResult, money: Money) -> TrialFigures:
    periods = periods_per_year(money.panel.dates)
    return TrialFigures.of_returns(
        account.returns,
        account.cash_returns,
        risk_aversion=money.risk_aversion,
        periods=periods,
        turnover=float(account.turnover.sum()) * periods / len(account.returns),
    )
