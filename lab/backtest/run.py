"""`quorum backtest`: from raw prices to accounts, figures and the doubts about them.

Contract
--------
- A decision of day t is made from rows up to t and dealt at the next close. `lab.backtest.look_ahead` proves it.
- The rival is the rule with the best ratio in the years before the test window; it is named before those after are
  looked at, and nothing fitted on those years may be it.
- Same plan, prices, scores and checkpoint: the same arrays to the bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from lab.backtest.account import Accounts, CostRow, bill_rate, carry, cost_ladder
from lab.backtest.judge import Judgement, judge
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.seen import World
from lab.backtest.strategies import Strategy, available, choose
from lab.backtest.weights import Decided, decide_all
from portfolio.backtest import decision_rows
from portfolio.market import Dates, Floats
from portfolio.metrics import sharpe_ratio
from portfolio.views import ScoreHistory
from rl.features import YEAR
from tools.errors import DataError
from tools.market.records import MarketData

TEST_FROM = date(2016, 1, 1)
"""The day after the shipped policy's last training day."""
LEAST_TEST_DAYS = 126

OnStep = Callable[[int, int, str], None]


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
    progress: OnStep,
    *,
    extra: Sequence[Strategy] = (),
    seeds: Sequence[Strategy] = (),
    trials: Callable[["Study"], Floats] | None = None,
) -> Study:
    """The whole study.

    Parameters
    ----------
    extra : strategies beside the rules: the learned ones, or a test's own
    seeds : further learned ones, of which only the test window's returns are kept
    trials : the study so far -> ratios per period of everything ever tried on this market; None: this run alone

    Raises DataError for too little history, QuorumError for a strategy that is not there.
    """
    there, missing = available(world)
    strategies = choose(plan.strategies, (*there, *extra), missing)
    rows = decisions_of(world, plan)
    place = test_start(world, rows, plan)
    holds = (rows[0], rows[place])
    total = len(rows) + 4 + len(seeds)

    def step(done: int, _: int, message: str) -> None:
        progress(done, total, message)

    decided = decide_all(world, strategies, rows, holds, plan, step)
    rate, words = bill_rate(world, rows[place])
    accounts = carry(world, decided, rate, plan.cost_basis_points)
    start = rows[place] - rows[0]
    early = _early(accounts, strategies, start)
    rival = max(early, key=lambda name: early[name]) if early else None
    step(len(rows) + 1, 0, "intervals and tests")
    names = tuple(strategy.name for strategy in strategies)
    table = np.column_stack([accounts.returns(name, start) for name in names])
    study = Study(
        plan=plan,
        world=world,
        strategies=strategies,
        decided=decided,
        accounts=accounts,
        start=start,
        rival=rival,
        early=early,
        judgement=_nothing_judged(),
        costs=(),
        missing=missing if not plan.strategies else {},
        cash=words,
        billed=rate is not None,
    )
    tried = own_ratios(study) if trials is None else trials(study)
    judged = judge(names, table, accounts.cash[start:], accounts.periods, plan, baseline=BASELINE, trial_sharpes=tried)
    step(len(rows) + 2, 0, "other costs")
    ladder = cost_ladder(world, decided, rate, start, names, plan.risk_aversion)
    step(len(rows) + 3, 0, "seeds")
    kept = _seeds(world, seeds, rows[place:], plan, rate, lambda done: step(len(rows) + 3 + done, 0, "seeds"))
    step(total, 0, "done")
    return replace(study, judgement=judged, costs=ladder, seeds=kept)


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


def _seeds(
    world: World,
    seeds: Sequence[Strategy],
    rows: Sequence[int],
    plan: Plan,
    rate: Floats | None,
    done: Callable[[int], None],
) -> dict[str, Floats]:
    out: dict[str, Floats] = {}
    for place, strategy in enumerate(seeds):
        made = decide_all(world, (strategy,), rows, (), plan, lambda *_: None)
        out[strategy.name] = carry(world, made, rate, plan.cost_basis_points).returns(strategy.name)
        done(place + 1)
    return out


def _nothing_judged() -> Judgement:
    return Judgement(baseline=BASELINE, trials=0, overfitting=None, superiority=None, block=0, doubts=())
