"""The door of the backtest: check the inputs, run one of three engines that agree, account for the result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from portfolio.backtest import reference, vectorised
from portfolio.backtest.currencies import Currencies
from portfolio.backtest.inputs import Path, Problem, checked_rows, checked_targets, problem_of
from portfolio.backtest.records import BacktestResult, Costs, Engine, Ints, Ledger, Rules, net_returns
from portfolio.market import Dates, Floats, MarketPanel

DEFAULT_RULES = Rules()
INITIAL = 100_000.0


@dataclass(frozen=True, eq=False)
class Past:
    """What a strategy may look at on a decision day: nothing later than that day's close.

    dates (t + 1,), close (t + 1, N) with NaN where missing, and weights (N + 1,) held now, cash last; read-only.
    """

    dates: Dates
    close: Floats
    weights: Floats


Strategy = Callable[[Past], Floats]
"""What was known -> target weights (N + 1,), cash last, long-only, sum one."""


def backtest(
    close: Floats,
    dates: Dates,
    targets: Floats | Mapping[int, Floats] | Strategy,
    *,
    costs: Costs,
    decisions: Ints | None = None,
    cash_rate: Floats | None = None,
    dividends: Floats | None = None,
    impact: Floats | None = None,
    initial: float = INITIAL,
    rules: Rules = DEFAULT_RULES,
    currencies: Currencies | None = None,
    engine: Engine = "vectorised",
) -> BacktestResult:
    """One long-only portfolio over T days and N assets: units are held, so weights drift between rebalances.

    The account opens in cash at the close of the first decision and is dealt at the next close (`rules.trade`). An
    asset without a close cannot be dealt in: its order waits for its next close, and the portfolio then goes to its
    target again. Nothing is borrowed or sold short. Taxes are not in it; `result.ledger` is what they need.

    Parameters
    ----------
    close : (T, N) prices, NaN where not traded. Adjusted for splits; adjusted for dividends too (total return) unless
        `dividends` are given
    dates : (T,) datetime64[D], strictly increasing
    targets : (R, N + 1) weights with cash last, one row per decision; or a mapping from row to weights (N + 1,); or a
        strategy called on each decision row, which runs on the reference engine because each decision sees the weights
    costs : rates and fees; `Costs()` is free of charge
    decisions : (R,) rows on which targets were decided; not needed with a mapping
    cash_rate : (T,) yearly bill rate as a fraction, NaN where unknown; None pays nothing
    dividends : (T, N) money per unit on the ex-day, paid in cash
    impact : (T, N) from `square_root_impact`
    initial : money at the start
    rules : how and when orders are dealt
    currencies : where assets are quoted in several, what they are worth in the base currency. Closes, dividends and
        impact are then each asset's own; everything else, what a strategy sees and the result are in the base currency
    engine : `reference`, `vectorised` or `compiled` (needs numba); they agree to 1e-9

    Raises ValueError with what to change when an input is not what it says.
    """
    strategy = targets if callable(targets) else None
    if isinstance(targets, Mapping):
        decisions = np.array(sorted(targets), dtype=np.int64)
        targets = np.stack([np.asarray(targets[int(row)], dtype=np.float64) for row in decisions])
    if decisions is None:
        raise ValueError("the rows of the decisions are missing; give decisions=, or targets as a mapping")
    if strategy is not None:
        rows = checked_rows(decisions, len(dates))
        targets = np.zeros((len(rows), close.shape[1] + 1))
        targets[:, -1] = 1.0  # overwritten as the strategy decides
        engine = "reference"
    assert isinstance(targets, np.ndarray)
    problem = problem_of(
        close,
        dates,
        targets,
        decisions,
        costs=costs,
        cash_rate=cash_rate,
        dividends=dividends,
        impact=impact,
        initial=initial,
        rules=rules,
        currencies=currencies,
    )
    path = _follow(problem, dates, strategy) if strategy is not None else _engine(engine)(problem)
    return _account(problem, path, dates, engine)


def backtest_panel(
    panel: MarketPanel,
    targets: Floats | Mapping[int, Floats] | Strategy,
    *,
    costs: Costs,
    decisions: Ints | None = None,
    initial: float = INITIAL,
    rules: Rules = DEFAULT_RULES,
    currencies: Currencies | None = None,
    engine: Engine = "vectorised",
) -> BacktestResult:
    """`backtest` on a panel's closes (total return) and its bill rate."""
    return backtest(
        panel.close,
        panel.dates,
        targets,
        costs=costs,
        decisions=decisions,
        cash_rate=panel.cash_rate,
        initial=initial,
        rules=rules,
        currencies=currencies,
        engine=engine,
    )


@dataclass(frozen=True, eq=False)
class ManyResult:
    """Daily accounts of P portfolios over S days: wealth and costs in money, one-way turnover, (P, S) each."""

    dates: Dates
    initial: float
    wealth: Floats
    costs: Floats
    turnover: Floats
    cash_returns: Floats

    @property
    def returns(self) -> Floats:
        """(P, S - 1) net simple returns; a first day's costs fall into the first return."""
        return net_returns(self.wealth, self.initial)


def backtest_many(
    close: Floats,
    dates: Dates,
    targets: Floats,
    *,
    costs: Costs,
    decisions: Ints,
    cash_rate: Floats | None = None,
    dividends: Floats | None = None,
    impact: Floats | None = None,
    initial: float = INITIAL,
    rules: Rules = DEFAULT_RULES,
    currencies: Currencies | None = None,
    engine: Engine = "compiled",
) -> ManyResult:
    """P portfolios with targets (P, R, N + 1) on one market; 24 bytes a portfolio and day come back."""
    if targets.ndim != 3 or 0 in targets.shape:
        raise ValueError(f"targets are {targets.shape}; portfolios x decisions x assets and cash expected")
    checked = checked_targets(targets.reshape(-1, targets.shape[2]), close.shape[1]).reshape(targets.shape)
    problem = problem_of(
        close,
        dates,
        checked[0],
        decisions,
        costs=costs,
        cash_rate=cash_rate,
        dividends=dividends,
        impact=impact,
        initial=initial,
        rules=rules,
        currencies=currencies,
    )
    if engine == "compiled":
        from portfolio.backtest import compiled

        wealth, paid, turnover = compiled.run_many(problem, checked)
    else:
        run = _engine(engine)
        each = [_account(problem, run(problem._replace(targets=part)), dates, engine) for part in checked]
        wealth, paid, turnover = (
            np.stack([getattr(one, name) for one in each]) for name in ("wealth", "costs", "turnover")
        )
    span = slice(problem.start, None)
    return ManyResult(dates[span], problem.terms.initial, wealth, paid, turnover, problem.growth[span][1:] - 1.0)


def _engine(name: Engine) -> Callable[[Problem], Path]:
    if name == "reference":
        return reference.run
    if name == "vectorised":
        return vectorised.run
    if name == "compiled":
        try:
            from portfolio.backtest import compiled
        except ModuleNotFoundError as cause:
            raise ValueError("the compiled engine needs numba; install it, or take engine='vectorised'") from cause
        return compiled.run
    raise ValueError(f"there is no engine {name!r}; take reference, vectorised or compiled")


def _follow(problem: Problem, dates: Dates, strategy: Strategy) -> Path:
    """Run the reference with a strategy, whose decisions are written into the problem's targets."""
    closes, days = problem.close.view(), dates.view()
    closes.flags.writeable = days.flags.writeable = False

    def decide(number: int, weights: Floats) -> Floats:
        seen = int(problem.decided[number]) + 1
        weights.flags.writeable = False
        made = strategy(Past(dates=days[:seen], close=closes[:seen], weights=weights))
        problem.targets[number : number + 1] = checked_targets(np.asarray(made)[None], problem.close.shape[1])
        target: Floats = problem.targets[number]
        return target

    return reference.run(problem, decide)


def _account(problem: Problem, path: Path, dates: Dates, engine: Engine) -> BacktestResult:
    """The result, one way for all engines."""
    closes = problem.close[problem.start :]
    if bool(np.isnan(closes[0]).any()):
        closes = closes.copy()
        closes[0] = problem.marks[problem.start] if len(problem.marks) else _last_seen(problem.close, problem.start)
    return BacktestResult(
        dates=dates[problem.start :],
        initial=problem.terms.initial,
        wealth=path.wealth,
        cash=path.cash,
        cash_returns=problem.growth[problem.start :][1:] - 1.0,
        ledger=Ledger(
            rows=path.rows,
            reasons=path.reasons,
            units=path.units,
            traded=path.traded,
            rates=problem.charges,
            impact=problem.impact[path.rows + problem.start] if len(problem.impact) else problem.impact,
            order_fee=problem.terms.order_fee,
        ),
        targets=problem.targets,
        decided=problem.decided - problem.start,
        unexecuted=int((problem.executed >= len(dates)).sum()),
        closes=closes,
        marks=problem.marks[problem.start :],
        dividends=problem.dividends[problem.start :],
        engine=engine,
    )


def _last_seen(close: Floats, row: int) -> Floats:
    """(N,) each asset's last close up to a row, NaN where there is none."""
    closes = close[: row + 1]
    rows = np.where(np.isnan(closes), -1, np.arange(len(closes))[:, None]).max(axis=0)
    last: Floats = closes[np.maximum(rows, 0), np.arange(closes.shape[1])].copy()
    last[rows < 0] = np.nan
    return last
