"""The backtest compiled by numba (the extra `fast`): the loop of `reference`, for one portfolio or thousands.

Import this module only when the compiled engine is asked for: numba takes a second to load, and the first call of a
fresh installation compiles for some seconds (kept on disk afterwards). What is kept is renewed when this file changes;
after a change in `compiled_orders` or in a constant only, delete `__pycache__/*.nb*` beside it.
"""

from math import sqrt

import numpy as np

from portfolio.backtest.compiled_orders import compiled, compiled_sum, destination, outside, trade
from portfolio.backtest.inputs import DECISIONS, Path, Problem, Terms
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE, Ints
from portfolio.market import Floats


def run(problem: Problem) -> Path:
    """Simulate one portfolio."""
    account, ledger = _simulate(problem, problem.targets)
    return Path(
        wealth=account[0],
        cash=account[1],
        rows=ledger[:, 0, -1].astype(np.int64),
        reasons=ledger[:, 1, -1].astype(np.int64),
        units=ledger[:, 0, :-1],
        traded=ledger[:, 1, :-1],
    )


def run_many(problem: Problem, targets: Floats) -> tuple[Floats, Floats, Floats]:
    """Wealth, costs and one-way turnover, (P, S) each, of P portfolios with targets (P, R, N + 1)."""
    return _simulate_many(problem, targets)


@compiled
def _value(units: Floats, prices: Floats, held: Floats) -> float:
    """Write the money in each asset into `held`; their sum."""
    total = 0.0
    for i in range(len(units)):
        held[i] = units[i] * prices[i]
        total += held[i]
    return total


@compiled_sum
def _sum_of_products(first: Floats, second: Floats) -> float:
    total = 0.0
    for i in range(len(first)):
        total += first[i] * second[i]
    return total


@compiled_sum
def _drift(close: Floats, growth: Floats, units: Floats, cash: float, first: int, stop: int, account: Floats) -> int:
    """Write wealth and cash (2, T) of the rows from `first` on which nothing can happen; the row after them.

    A row with a missing close sums to NaN, whoever is held, and ends the walk.
    """
    row = first
    while row < stop:
        total = 0.0
        for i in range(close.shape[1]):
            total += units[i] * close[row, i]
        if np.isnan(total):
            break
        cash *= growth[row]
        account[0, row] = total + cash
        account[1, row] = cash
        row += 1
    return row


@compiled
def _before(close: Floats, start: int, last: Floats, missing: Ints) -> None:
    """Write each asset's last close before `start`, and the rows without one since, into `last` and `missing`."""
    for i in range(close.shape[1]):
        for row in range(start - 1, -1, -1):
            if not np.isnan(close[row, i]):
                last[i] = close[row, i]
                missing[i] = start - 1 - row
                break


@compiled
def _see_gaps(
    terms: Terms,
    close: Floats,
    marks: Floats,
    row: int,
    fresh: bool,
    units: Floats,
    last: Floats,
    missing: Ints,
    waiting: Ints,
    cash: float,
) -> tuple[bool, bool, float]:
    """Keep last closes on a row with holes: (an asset that waits has a close, a holding was paid out, cash).

    `fresh` says that the row before had no hole, so that its closes are the last ones.
    """
    returned, paid = False, False
    if fresh:
        last[:] = close[row - 1]
        missing[:] = 0
    for i in range(len(units)):
        price = close[row, i]
        if not np.isnan(price):
            last[i] = price
            missing[i] = 0
            returned = returned or waiting[i] == 1
        else:
            missing[i] += 1
            if len(marks) > 0 and not np.isnan(marks[row, i]):
                last[i] = marks[row, i]
            if missing[i] == terms.missing_limit and units[i] > 0.0:
                cash += terms.recovery * units[i] * last[i]
                units[i] = 0.0
                paid = True
    return returned, paid, cash


@compiled
def _goal(
    terms: Terms,
    target: Floats,
    decides: bool,
    first: bool,
    due: bool,
    held: Floats,
    cash: float,
    today: Floats,
    goal: Floats,
) -> int:
    """Write where the day's orders lead into `goal`; the reason, 0 when nothing new is due."""
    goal[:] = target
    if decides and (first or not terms.gated):
        return DECISION
    if decides:
        due = outside(terms, held, cash, today, target)
    elif terms.kind == DECISIONS or terms.gated:
        due = False
    elif terms.same_close:
        due = outside(terms, held, cash, today, target)
    if not due:
        return 0
    destination(terms, held, cash, today, target, goal)
    return DECISION if decides else DRIFT


@compiled
def _noted(ledger: Floats, changes: int, row: int, reason: int, units: Floats, traded: Floats) -> Floats:
    """The ledger with a change written into it, twice as long when it was full."""
    if changes == len(ledger):
        ledger = np.concatenate((ledger, np.empty_like(ledger)))
    ledger[changes, 0, :-1], ledger[changes, 0, -1] = units, row
    ledger[changes, 1, :-1], ledger[changes, 1, -1] = traded, reason if traded.any() else DELISTED
    return ledger


@compiled
def _simulate(problem: Problem, targets: Floats) -> tuple[Floats, Floats]:
    """Wealth and cash (2, S), and the ledger (K, 2, N + 1): units with the row, money traded with the reason."""
    close, marks, growth, dividends, impact = (
        problem.close,
        problem.marks,
        problem.growth,
        problem.dividends,
        problem.impact,
    )
    executed, rates, terms = problem.executed, problem.rates, problem.terms
    days, assets = close.shape
    start, pays = problem.decided[0], len(dividends) > 0
    watches = terms.kind != DECISIONS and not terms.gated
    account = np.empty((2, days))
    changes, ledger = 0, np.empty((len(executed) + 8, 2, assets + 1))
    units, last, held, traded = np.zeros(assets), np.zeros(assets), np.zeros(assets), np.zeros(assets)
    missing, waiting = np.zeros(assets, dtype=np.int64), np.zeros(assets, dtype=np.int64)
    goal, cash = np.empty(assets + 1), terms.initial
    number, due, late, whole, row = 0, False, False, False, start
    _before(close, start, last, missing)
    while row < days:
        next_decision = executed[number] if number < len(executed) else days
        if row > start and not (watches or late or pays):
            after = _drift(close, growth, units, cash, row, min(next_decision, days), account)
            if after > row:
                cash, row, whole = account[1, after - 1], after, True
                continue
        today = close[row]
        cash *= growth[row]
        if pays:
            cash += _sum_of_products(units, dividends[row])
        returned, paid, fresh = True, False, whole
        whole = not np.isnan(today.sum())
        if not whole:
            returned, paid, cash = _see_gaps(terms, close, marks, row, fresh, units, last, missing, waiting, cash)
        prices = today if whole else last
        worth = _value(units, prices, held)
        decides, reason = row == next_decision, 0
        if decides:
            number, late = number + 1, False
            waiting[:] = 0
        if number > 0:
            reason = _goal(terms, targets[number - 1], decides, number == 1, due, held, cash, today, goal)
            reason = LATE if reason == 0 and late and returned else reason
        traded[:] = 0.0
        if reason > 0:
            impacts = impact[row] if len(impact) > 0 else rates[:0]
            cash = trade(terms, rates, impacts, today, goal, units, held, cash, prices, waiting, traded)
            worth = _value(units, prices, held)
            late = waiting.sum() > 0
        if paid or traded.any():
            ledger = _noted(ledger, changes, row - start, reason, units, traded)
            changes += 1
        due = watches and number > 0 and outside(terms, held, cash, today, targets[number - 1])
        account[0, row], account[1, row] = worth + cash, cash
        row += 1
    return account[:, start:], ledger[:changes]


@compiled
def _simulate_many(problem: Problem, targets: Floats) -> tuple[Floats, Floats, Floats]:
    start, terms = problem.decided[0], problem.terms
    span = problem.close.shape[0] - start
    wealth, costs = np.empty((len(targets), span)), np.zeros((len(targets), span))
    turnover = np.zeros((len(targets), span))
    for place in range(len(targets)):
        account, ledger = _simulate(problem, targets[place])
        wealth[place] = account[0]
        for change in range(len(ledger)):
            row, traded = int(ledger[change, 0, -1]), ledger[change, 1, :-1]
            bought = sold = cost = 0.0
            for i in range(len(traded)):
                size = abs(traded[i])
                if size > 0.0:
                    cost += problem.rates[i] * size + terms.order_fee
                    if len(problem.impact) > 0:
                        cost += problem.impact[row + start, i] * size * sqrt(size)
                if traded[i] > 0.0:
                    bought += size
                else:
                    sold += size
            costs[place, row] = cost
            before = account[0, row] + cost
            turnover[place, row] = max(bought, sold) / before if before > 0.0 else 0.0
    return wealth, costs, turnover
