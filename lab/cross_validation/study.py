"""The study: accounts of the rules once, the choice among them on each split, and a small policy trained on each.

Contract
--------
- The choice and the training see the training groups alone; the month that a decision is held is purged on both sides
  of every test group, and the year that inputs look back is embargoed after it.
- Years after a test group do train what is judged on it. That is what cross-validation is: it asks whether choosing or
  learning carries over to other years, not what an investor of that day could have had (that is the walk-forward).
- The same data and settings give the same bytes; finished trainings are kept and taken up again.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from pydantic import Field

from lab.backtest.account import bill_rate, carry
from lab.backtest.decide import decide
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.run import decisions_of
from lab.backtest.seen import World
from lab.backtest.strategies import RULES
from lab.code import code_digest
from lab.cross_validation.judge import Yardstick
from lab.cross_validation.learner import LEARNER, Judge, jobs_of, judge_learned, plan_of, train_on_days
from lab.cross_validation.records import Design, Outcome, Result
from lab.cross_validation.rules import CHOICE, choose_by_cross_validation
from lab.register import Register, Trial, TrialFigures, trial_sharpes
from lab.spread import SERIAL, OnSpread, SpreadProgress, Workers, quiet, spread
from lab.train import fingerprint
from lab.walk_forward.accounts import PERIODS
from portfolio.backtest.calendar import Frequency
from portfolio.market import Floats
from portfolio.metrics import max_drawdown, volatility
from portfolio.records import Record
from rl.environment import PERIOD, PHASES, market_of
from rl.features import YEAR
from rl.networks import NetworkShape
from rl.ppo import PPOConfig

STUDY = "quorum evaluate cross-validation"


class Config(Record):
    """What is split, chosen and trained. Days of rules are trading days, days of the learner a third of a month."""

    rules: Design = Design(folds=10, test_folds=2, purge=PERIOD, embargo=YEAR)
    learner: Design = Design(folds=6, test_folds=2, purge=PHASES, embargo=YEAR * PHASES // PERIOD)
    policy: PPOConfig = PPOConfig(action_range=1.0, updates=20, clients=12, steps=12, shape=NetworkShape(hidden=16))
    """The smallest of the walk-forward's candidates, on paths of a year, which fit into every training group."""
    seeds: tuple[int, ...] = Field(default=(0, 1), min_length=1)
    every: Frequency = "monthly"
    volatility: float = 0.10
    cost_basis_points: float = 10.0
    risk_aversion: float = 5.0
    draws: int = Field(default=1000, ge=100)
    level: float = 0.90
    bootstrap_seed: int = 0


FULL = Config()
QUICK = Config(
    rules=FULL.rules.model_copy(update={"folds": 6}),
    learner=FULL.learner.model_copy(update={"folds": 4}),
    policy=FULL.policy.model_copy(update={"updates": 4}),
    seeds=(0,),
    every="quarterly",
    draws=200,
)
"""To see the machinery at work in half a minute; too short to say anything."""


@dataclass(frozen=True, eq=False)
class Study:
    """The figures; the paths' net returns (P, S) of the choice and of the policy; the ratio of each of the policy's
    seeds alone, where there are several; and the key of data and settings."""

    result: Result
    choice: Floats
    learned: Floats
    alone: tuple[float, ...]
    data_sha256: str
    config_sha256: str


def run(
    world: World,
    config: Config,
    *,
    command: str,
    folder: Path,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
) -> Study:
    """The whole study; `result.trials` is left at zero for the register to fill.

    Parameters
    ----------
    folder : where finished decisions and trainings are kept; other data or settings get a folder of their own

    Raises ValueError or DataError where the history is too short, and what `lab.spread.spread` raises.
    """
    plan = Plan(
        every=config.every,
        volatility=config.volatility,
        risk_aversion=config.risk_aversion,
        cost_basis_points=config.cost_basis_points,
    )
    rows = decisions_of(world, plan)
    rate, cash = bill_rate(world, rows[0])
    panel = world.panel if rate is not None else replace(world.panel, cash_rate=None, cash_rate_source=None)
    market = market_of(panel, world.scores)
    split = plan_of(market, config.learner, config.policy)  # before anything long is computed: it may be too short
    data = fingerprint(panel, world.scores)
    code = code_digest(("portfolio", "rl", "lab.cross_validation"))  # finished trainings of other code are others
    told = [config.learner.model_dump(), config.policy.model_dump(mode="json"), list(config.seeds), data, code]
    key = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    family = tuple(rule for rule in RULES if rule.kind == "rule")

    def deciding(done: int, total: int, what: str) -> None:
        progress(SpreadProgress(done, total, what, None))

    decided, _ = decide(world, family, (), rows, (), plan, deciding, home=folder / "decisions", workers=workers)
    accounts = carry(world, decided, rate, config.cost_basis_points)

    def stick(periods: float) -> Yardstick:
        return Yardstick(periods, config.risk_aversion, config.draws, config.level, config.bootstrap_seed)

    rules, choice = choose_by_cross_validation(accounts, config.rules, stick(accounts.periods))
    trained = spread(
        train_on_days,
        market,
        jobs_of(split, config.policy, config.seeds),
        folder=folder / f"policies-{key[:16]}",
        key=key,
        workers=workers,
        progress=progress,
    )
    judge = Judge(panel, market, config.volatility, config.cost_basis_points / 10_000.0)
    learner, learned, alone = judge_learned(split, trained, config.policy, config.seeds, judge, stick(PERIODS))
    result = Result(
        command=command,
        source=world.panel.source,
        first=str(accounts.dates[0].astype("datetime64[D]")),
        last=str(accounts.dates[-1].astype("datetime64[D]")),
        decisions=len(rows),
        volatility=config.volatility,
        cost=config.cost_basis_points / 10_000.0,
        risk_aversion=config.risk_aversion,
        ratio_name="Sharpe ratio" if rate is not None else "return over volatility",
        level=config.level,
        trials=0,
        rules=rules,
        learner=learner,
        cash=cash if rate is not None else "",
        p_adjusted=holm(rules.outcome.gain.p_value, learner.outcome.gain.p_value),
    )
    return Study(result, choice, learned, alone, data, sha256(config.model_dump_json().encode()).hexdigest())


def holm(first: float, second: float) -> tuple[float, float]:
    """Two p-values, each allowing for the other (Holm 1979): the smaller doubled, the larger no smaller than that."""
    least = min(2.0 * min(first, second), 1.0)
    larger = max(first, second, least)
    return (least, larger) if first <= second else (larger, least)


def registered(study: Study, register: Register, opened: date) -> Result:
    """The result with the number of trials of these prices, this study's own written down among them.

    Raises RegisterError as the register does.
    """
    register.open(trials_of(study, opened))
    count = len(trial_sharpes(register.trials(), study.result.source, PERIODS))
    return study.result.model_copy(update={"trials": count})


def trials_of(study: Study, opened: date) -> tuple[Trial, ...]:
    """The choice and the policy as two trials, each with the figures of its middle path; a policy of several seeds is
    an ensemble of them, and each of them counts beside it."""
    rules, learner = study.result.rules, study.result.learner
    return (
        _trial(study, CHOICE, rules.outcome, study.choice, (0,), (), opened),
        _trial(study, LEARNER, learner.outcome, study.learned, learner.seeds, study.alone, opened),
    )


def _trial(
    study: Study,
    name: str,
    outcome: Outcome,
    paths: Floats,
    seeds: tuple[int, ...],
    alone: tuple[float, ...],
    opened: date,
) -> Trial:
    made = study.result
    order = sorted(range(len(paths)), key=lambda place: (outcome.paths[place].ratio or 0.0, place))
    middle = order[len(order) // 2]
    path, base = outcome.paths[middle], outcome.equal_weight
    return Trial(
        study=STUDY,
        universe=made.source,
        method=name,
        first=date.fromisoformat(made.first),
        last=date.fromisoformat(made.last),
        config_sha256=study.config_sha256,
        weights_sha256=sha256(paths.tobytes()).hexdigest(),
        data_sha256=study.data_sha256,
        volatility=made.volatility,
        cost=made.cost,
        seeds=seeds,
        seed_sharpes=alone or (path.ratio or 0.0,),
        ensemble=bool(alone),
        figures=_figures(path.ratio, path.certainty_equivalent, paths[middle]),
        baseline=BASELINE,
        baseline_figures=TrialFigures.told(
            base.ratio,
            base.certainty_equivalent,
            max_drawdown=base.max_drawdown,
            volatility=made.volatility,
            turnover=0.0,
        ),
        opened=opened,
    )


def _figures(ratio: float | None, sure: float | None, returns: Floats) -> TrialFigures:
    return TrialFigures.told(
        ratio,
        sure,
        max_drawdown=max_drawdown(returns)[0],
        volatility=volatility(returns, PERIODS),
        turnover=0.0,
    )
