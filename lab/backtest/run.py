"""`quorum backtest`: from raw prices to accounts, figures and the doubts about them.

Contract
--------
- A decision of day t is made from rows up to t and dealt at the next close. `lab.backtest.look_ahead` proves it.
- The rival is the rule with the best ratio in the years before the test window; it is named before those after are
  looked at, and nothing fitted on those years may be it.
- Same plan, prices, scores and checkpoint: the same arrays to the bit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from lab.backtest.account import Accounts, CostRow, bill_rate, carry, cost_ladder, dealing_of, tax
from lab.backtest.decide import OnJob, decide
from lab.backtest.judge import Judgement, judge
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.seen import World
from lab.backtest.strategies import Strategy, available, choose
from lab.backtest.weights import Decided
from lab.spread import SERIAL, Workers
from portfolio.backtest import decision_rows
from portfolio.market import Dates, Floats
from portfolio.metrics import sharpe_ratio
from portfolio.taxes import AfterTax
from portfolio.views import ScoreHistory
from rl.features import YEAR
from tools.errors import DataError
from tools.market.records import MarketData

TEST_FROM = date(2016, 1, 1)
"""The day after the shipped policy's last training day."""
LEAST_TEST_DAYS = 126
AFTER = ("accounts", "seeds and taxes", "intervals and tests", "other costs")
"""What is left to do when all decisions are made."""


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that a report is made of.

    Attributes
    ----------
    start : row of `accounts.dates` on which the test begins: its first decision
    rival : the best rule of the years before, named by them; None where there are too few
    early : ratio of each rule in those years
    seeds : accounts of each seed's policy over the test window, if they were asked for
    missing : strategies that this market does not allow -> why
    cash : how cash was treated, in words
    billed : whether ratios are over the bill rate
    taxed : every strategy's account after taxes from the test's start, where the plan has rates
    """

    plan: Plan
    world: World
    strategies: tuple[Strategy, ...]
    decided: Decided
    accounts: Accounts
    start: int
    rival: str | None
    early: Mapping[str, float]
    judgement: Judgement
    costs: tuple[CostRow, ...]
    missing: Mapping[str, str]
    cash: str
    billed: bool
    seeds: Mapping[str, Floats] = field(default_factory=dict)
    taxed: Mapping[str, AfterTax] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(strategy.name for strategy in self.strategies)

    def strategy(self, name: str) -> Strategy:
        """By name."""
        return self.strategies[self.names.index(name)]

    @property
    def test_dates(self) -> Dates:
        """(S - start,) closes of the test window."""
        return self.accounts.dates[self.start :]


def world_of(data: MarketData, scores: Callable[[MarketData], ScoreHistory], plan: Plan) -> World:
    """The data up to the plan's last day, with the personas' scores on them."""
    if plan.last is not None and plan.last < data.panel.first_date:
        raise DataError(f"the prices begin on {data.panel.first_date}, after {plan.last}", "choose a later --last")
    cut = data if plan.last is None else replace(data, panel=data.panel.until(plan.last))
    return World(cut.panel, cut.universe, scores(cut))


def decisions_of(world: World, plan: Plan) -> tuple[int, ...]:
    """Rows of the decision days, each with a year of prices before it. Raises DataError where there are too few."""
    dates = world.panel.dates
    first = max(YEAR, 0 if plan.first is None else int(np.searchsorted(dates, np.datetime64(plan.first))))
    rows = tuple(int(row) for row in decision_rows(dates, plan.every) if row >= first)
    if len(rows) < 4:
        raise DataError(
            f"there are {len(rows)} {plan.every} decisions after a year of history in {world.panel.source}",
            "bring more prices, or choose an earlier --first or a later --last",
        )
    return rows


def test_start(world: World, rows: Sequence[int], plan: Plan) -> int:
    """Place in `rows` of the test's first decision: the plan's day; else `TEST_FROM` where a year of decisions lies on
    either side of it; else the middle."""
    days = world.panel.dates[list(rows)]
    if plan.test_from is not None:
        place = int(np.searchsorted(days, np.datetime64(plan.test_from)))
        if place >= len(rows) or len(world.panel.dates) - rows[place] < LEAST_TEST_DAYS:
            raise DataError(
                f"fewer than {LEAST_TEST_DAYS} days of prices follow the first decision from {plan.test_from}",
                "choose an earlier --test-from or a later --last",
            )
        return place
    place = int(np.searchsorted(days, np.datetime64(TEST_FROM)))
    year = np.timedelta64(365, "D")
    if 0 < place < len(rows) and days[place] - days[0] > year and days[-1] - days[place] > year:
        return place
    return len(rows) // 2


def run(
    world: World,
    plan: Plan,
    progress: OnJob,
    *,
    extra: Sequence[Strategy] = (),
    seeds: Sequence[Strategy] = (),
    trials: Callable[["Study"], Floats] | None = None,
    home: Path | None = None,
    workers: Workers = SERIAL,
) -> Study:
    """The whole study.

    Parameters
    ----------
    extra : strategies beside the rules: the learned ones, or a test's own
    seeds : further learned ones, of which only the test window's returns are kept
    trials : the study so far -> ratios per period of everything ever tried on this market; None: this run alone
    home : where finished decisions are kept, so that a run that was stopped goes on; None keeps none
    workers : who decides; the figures are the same whoever it is

    Raises DataError for too little history, QuorumError for a strategy that is not there, and what
    `lab.spread.spread` raises.
    """
    there, missing = available(world)
    strategies = choose(plan.strategies, (*there, *extra), missing)
    rows = decisions_of(world, plan)
    place = test_start(world, rows, plan)
    holds = (rows[0], rows[place])
    done = 0

    def step(at: int, total: int, message: str) -> None:
        nonlocal done
        done = at
        progress(at, total + len(AFTER), message)

    def after(place: int) -> None:
        progress(done + place, done + len(AFTER), AFTER[place])

    decided, late = decide(world, strategies, seeds, rows, holds, plan, step, home=home, workers=workers)
    rate, words = bill_rate(world, rows[place])
    holding = frozenset(strategy.name for strategy in strategies if strategy.kind == "hold")

    def carried(some: Decided, basis_points: float) -> Accounts:
        return carry(world, some, rate, basis_points, plan.execution, holding)

    after(0)
    accounts = carried(decided, plan.cost_basis_points)
    start = rows[place] - rows[0]
    early = _early(accounts, strategies, start)
    names = tuple(strategy.name for strategy in strategies)
    table = np.column_stack([accounts.returns(name, start) for name in names])
    after(1)
    study = Study(
        plan=plan,
        world=world,
        strategies=strategies,
        decided=decided,
        accounts=accounts,
        start=start,
        rival=max(early, key=lambda name: early[name]) if early else None,
        early=early,
        judgement=_nothing_judged(),
        costs=(),
        missing=missing if not plan.strategies else {},
        cash=words,
        billed=rate is not None,
        seeds={name: carried(one, plan.cost_basis_points).returns(name) for name, one in _each(late)},
        taxed=None if plan.taxes is None else tax(accounts, start, plan.taxes, plan.lots, plan.taxed_account),
    )
    after(2)
    judged = judge(
        names,
        table,
        accounts.cash[start:],
        accounts.periods,
        plan,
        baseline=BASELINE,
        trial_sharpes=own_ratios(study) if trials is None else trials(study),
        dealing=dealing_of(accounts, names, start, study.taxed),
    )
    after(3)
    whole = not plan.execution.plain
    ladder = cost_ladder(
        carried, decided, accounts, start, names, plan.risk_aversion, plan.cost_basis_points, whole=whole
    )
    progress(done + len(AFTER), done + len(AFTER), "done")
    return replace(study, judgement=judged, costs=ladder)


def own_ratios(study: Study) -> Floats:
    """(K,) this run's ratios per period in the test window."""
    cash = study.accounts.cash[study.start :]
    ratios = (sharpe_ratio(study.accounts.returns(name, study.start), cash, 1.0) for name in study.names)
    return np.array([ratio for ratio in ratios if ratio is not None], dtype=np.float64)


def _early(accounts: Accounts, strategies: Sequence[Strategy], start: int) -> dict[str, float]:
    """Ratio of each rule but the baseline in the years before the test; none where there is less than a year."""
    if start < YEAR:
        return {}
    out = {}
    for strategy in strategies:
        if strategy.kind != "learned" and strategy.name != BASELINE:
            net = accounts.returns(strategy.name)[:start]
            ratio = sharpe_ratio(net, accounts.cash[:start], accounts.periods)
            if ratio is not None:
                out[strategy.name] = ratio
    return out


def _each(decided: Decided) -> Iterator[tuple[str, Decided]]:
    """One strategy at a time, so that each begins on its own first day."""
    for name, weights in decided.weights.items():
        yield name, replace(decided, weights={name: weights})


def _nothing_judged() -> Judgement:
    return Judgement(baseline=BASELINE, trials=0, overfitting=None, superiority=None, block=0, doubts=())
