"""Test windows, opened: the accounts of policy, ensemble, product and baselines, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np
import torch

from lab.walk_forward.accounts import PERIODS, Account, Measured
from lab.walk_forward.desk import Desk, strung, year_of
from lab.walk_forward.records import (
    Comparison,
    Option,
    RiskYear,
    Row,
    StudyConfig,
    UniverseReport,
    WindowReport,
)
from lab.walk_forward.strategies import EQUAL_WEIGHT, Sleeves
from lab.walk_forward.training import Client
from lab.walk_forward.windows import Window
from portfolio.market import Floats
from portfolio.statistics import Interval, Statistic, deflated_sharpe, paired_difference, sharpe_statistic

POLICY, ENSEMBLE, PRODUCT, SHIPPED = (
    "policy (one seed)", "policy (ensemble of seeds)", "gated product", "gated product, else equal weight",
)  # fmt: skip
NAMED = "named baseline"


@dataclass(frozen=True, eq=False)
class Opened:
    """One test window with all that was fixed before it was opened.

    Attributes
    ----------
    days : decision days of the test year ; leaning : (S, L, C, N) seeds' mean actions there, for clients at `risks`
    """

    window: Window
    days: torch.Tensor
    baseline: str
    rule: str
    option: Option
    advantage: float
    gate_low: float | None
    leaning: Floats
    risks: tuple[float, ...]
    weights_sha256: str

    @property
    def gate_open(self) -> bool:
        """Validation alone decides: ahead of the named baselines on average, and its 10th percentile too."""
        return self.advantage > 0.0 and self.gate_low is not None and self.gate_low > 0.0

    def sleeves(self, desk: Desk, volatility: float, seed: int | None) -> Sleeves:
        """Of one seed's policy (its place), or of the ensemble, for the client at a volatility."""
        made = self.leaning[:, :, self.risks.index(volatility)]
        mean = made.mean(axis=0) if seed is None else made[seed]
        rule = EQUAL_WEIGHT if self.option.sleeve == EQUAL_WEIGHT else self.rule
        return desk.tilted(self.option.action_range * mean, self.days, rule)

    def gated(self, desk: Desk, volatility: float, otherwise: str) -> Sleeves:
        """The ensemble where the gate is open, else the strategy named `otherwise`."""
        return self.sleeves(desk, volatility, None) if self.gate_open else desk.rule_on(otherwise, self.days)

    def pair(self, study: "Measuring") -> tuple[Account, Account]:
        """The ensemble and the named baseline in this window alone, once it lies in the past."""
        desk, until = study.desk, self.window.test[1]
        volatility, cost = study.config.reference
        one, two = (
            desk.account(made, self.days, volatility, cost, until)
            for made in (self.sleeves(desk, volatility, None), desk.rule_on(self.baseline, self.days))
        )
        return one, two


class Measuring(Protocol):
    """What the measuring needs to know of the study."""

    @property
    def desk(self) -> Desk: ...

    @property
    def config(self) -> StudyConfig: ...

    @property
    def data(self) -> str: ...

    @property
    def tried(self) -> Floats:
        """Sharpe per day of every trial that other studies registered on the universe."""


def report_of(study: Measuring, opened: Sequence[Opened]) -> UniverseReport:
    """Accounts run through all test years without a break, so that a change of policy is paid for too."""
    universe, config = study.desk.universe, study.config
    rows: list[Row] = []
    comparisons: list[Comparison] = []
    windows: tuple[WindowReport, ...] = ()
    for volatility in config.volatilities:
        for cost in config.costs:
            accounts = accounts_of(study, opened, volatility, cost)
            aversion = Client(volatility).risk_aversion
            rows += _rows(accounts, volatility, cost, aversion)
            comparisons += _comparisons(accounts, study, volatility, cost)
            if (volatility, cost) == config.reference:
                windows = tuple(_window(accounts, one, config, aversion) for one in opened)
    return UniverseReport(
        universe=universe.name,
        ratio=universe.ratio,
        zero_shot=universe.zero_shot,
        first=opened[0].window.test[0],
        last=min(opened[-1].window.test[1], str(universe.panel.last_date)),
        notes=universe.notes,
        data_sha256=study.data,
        rows=tuple(rows),
        comparisons=tuple(comparisons),
        windows=windows,
        risk=tuple(_risk(study, opened)),
    )


Key = tuple[str, int | None]
"""A strategy and, of a policy, its seed."""


def accounts_of(study: Measuring, opened: Sequence[Opened], volatility: float, cost: float) -> dict[Key, Account]:
    """Every strategy's account through all test years, a policy's by seed."""
    desk, config = study.desk, study.config
    days = torch.cat([one.days for one in opened])
    until = opened[-1].window.test[1]

    chosen: dict[Key, list[Sleeves]] = {}
    for place, seed in enumerate(config.seeds):
        chosen[POLICY, seed] = [one.sleeves(desk, volatility, place) for one in opened]
    chosen[ENSEMBLE, None] = [one.sleeves(desk, volatility, None) for one in opened]
    chosen[PRODUCT, None] = [one.gated(desk, volatility, one.baseline) for one in opened]
    chosen[SHIPPED, None] = [one.gated(desk, volatility, EQUAL_WEIGHT) for one in opened]
    chosen[NAMED, None] = [desk.rule_on(one.baseline, one.days) for one in opened]
    for name in desk.rules:
        chosen[name, None] = [desk.rule_on(name, one.days) for one in opened]
    return {key: desk.account(strung(parts), days, volatility, cost, until) for key, parts in chosen.items()}


def _rows(accounts: Mapping[Key, Account], volatility: float, cost: float, aversion: float) -> list[Row]:
    return [
        Row(strategy=name, seed=seed, volatility=volatility, cost=cost, figures=Measured.of(account, aversion))
        for (name, seed), account in accounts.items()
    ]


def _comparisons(accounts: Mapping[Key, Account], study: Measuring, volatility: float, cost: float) -> list[Comparison]:
    base, config, aversion = accounts[NAMED, None], study.config, Client(volatility).risk_aversion
    seeds = [Measured.of(accounts[POLICY, seed], aversion) for seed in config.seeds]
    ranked = sorted(range(len(seeds)), key=lambda place: seeds[place].sharpe or 0.0)
    middle = accounts[POLICY, config.seeds[ranked[(len(ranked) - 1) // 2]]]
    ensemble, product = accounts[ENSEMBLE, None], accounts[PRODUCT, None]
    learned = [accounts[POLICY, seed] for seed in config.seeds] + [ensemble, product]
    own = [(Measured.of(account, aversion).sharpe or 0.0) / PERIODS**0.5 for account in learned]
    trials = np.concatenate([study.tried, own])
    out = []
    for name, account, figures in (
        ("policy, median of seeds", middle, middle_of(seeds)),
        (ENSEMBLE, ensemble, Measured.of(ensemble, aversion)),
        (PRODUCT, product, Measured.of(product, aversion)),
    ):
        out.append(
            Comparison(
                strategy=name,
                volatility=volatility,
                cost=cost,
                figures=figures,
                baseline=Measured.of(base, aversion),
                sharpe=_yearly_sharpe(account, base, config),
                certainty_equivalent=paired_difference(
                    account.net, base.net, certain(aversion), seed=config.bootstrap_seed, draws=config.draws
                ),
                equal_weight=_yearly_sharpe(account, accounts[EQUAL_WEIGHT, None], config),
                deflated=deflated_sharpe(account.excess, trials),
            )
        )
    return out


def _yearly_sharpe(own: Account, base: Account, config: StudyConfig) -> Interval:
    made = paired_difference(own.excess, base.excess, sharpe_statistic, seed=config.bootstrap_seed, draws=config.draws)
    scale = PERIODS**0.5
    return made.model_copy(
        update={"estimate": scale * made.estimate, "low": scale * made.low, "high": scale * made.high}
    )


def certain(aversion: float) -> Statistic:
    """Yearly certainty equivalent of each draw of daily returns: `portfolio.metrics.certainty_equivalent` on rows."""

    def statistic(samples: Floats) -> Floats:
        logs = np.log1p(np.maximum(samples, -0.999))
        if abs(aversion - 1.0) < 1e-9:
            sure = logs.mean(axis=1)
        else:
            power = 1.0 - aversion
            sure = np.log(np.exp(power * logs).mean(axis=1)) / power
        return np.asarray(np.expm1(sure * PERIODS), dtype=np.float64)

    return statistic


def middle_of(seeds: Sequence[Measured]) -> Measured:
    """Each figure's median over the seeds."""

    def of(name: str) -> float | None:
        values = [getattr(one, name) for one in seeds]
        return None if any(value is None for value in values) else float(median(values))

    return Measured.model_validate({name: of(name) for name in Measured.model_fields})


def _window(accounts: Mapping[Key, Account], one: Opened, config: StudyConfig, aversion: float) -> WindowReport:
    def measured(key: Key) -> Measured:
        return Measured.of(year_of(accounts[key], one.window.year), aversion)

    seeds = [measured((POLICY, seed)) for seed in config.seeds]
    return WindowReport(
        year=one.window.year,
        baseline=one.baseline,
        rule=one.rule,
        option=one.option,
        advantage=one.advantage,
        gate_low=one.gate_low,
        gate_open=one.gate_open,
        policy=middle_of(seeds),
        seed_sharpes=tuple(seed.sharpe or 0.0 for seed in seeds),
        product=measured((PRODUCT, None)),
        baseline_figures=measured((NAMED, None)),
        weights_sha256=one.weights_sha256,
    )


def _risk(study: Measuring, opened: Sequence[Opened]) -> list[RiskYear]:
    """Each test year at each target, of the one ensemble trained for it, at the lowest cost."""
    desk, config = study.desk, study.config
    days = torch.cat([one.days for one in opened])
    out = []
    for target in config.targets:
        sleeves = [one.sleeves(desk, target, None) for one in opened]
        account = desk.account(strung(sleeves), days, target, config.costs[0], opened[-1].window.test[1])
        for one, made in zip(opened, sleeves, strict=True):
            figures = Measured.of(year_of(account, one.window.year), Client(target).risk_aversion)
            full = made.at_risk(target)[:, -1] <= 1e-9
            out.append(
                RiskYear(
                    year=one.window.year,
                    target=target,
                    realised=figures.volatility,
                    max_drawdown=figures.max_drawdown,
                    invested=float(full.mean()),
                )
            )
    return out
