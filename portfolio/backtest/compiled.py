"""The backtest compiled by numba (the extra `fast`): the loop of `reference`, for one portfolio or thousands.

Import this module only when the compiled engine is asked for: numba takes a second to load, and the first call of a
fresh installation compiles for some seconds (kept on disk afterwards).
"""

from collections.abc import Callable
from math import floor, sqrt
from typing import TypeVar, cast

import numpy as np
from numba import njit

from portfolio.backtest.inputs import BAND, DECISIONS, ROUND_UP, SMALLEST, Path, Problem
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE, Flags, Ints
from portfolio.market import Floats

F = TypeVar("F", bound=Callable[..., object])


def _compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True)(function))


def _compiled_sum(function: F) -> F:
    """Sums may be taken in any order, which lets the processor add several terms at once."""
    return cast(F, njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})(function))


def run(problem: Problem) -> Path:
    """Simulate one portfolio."""
    return Path(*_simulate(problem, problem.targets))


def run_many(problem: Problem, targets: Floats) -> tuple[Floats, Floats, Floats]:
    """Wealth, costs and one-way turnover, (P, S) each, of P portfolios with targets (P, R, N + 1)."""
    return _simulate_many(problem, targets)


@_compiled
def _outside(problem: Problem, held: Floats, cash: float, today: Floats, target: Floats) -> bool:
    wealth = cash
    for i in range(len(held)):
        wealth += held[i]
    if wealth <= 0.0:
        wealth = 1.0
    for i in range(len(held)):
        half = problem.width * target[i] if problem.relative else problem.width
        if not np.isnan(today[i]) and abs(held[i] / wealth - target[i]) > half + SMALLEST:
            return True
    return False


@_compiled
def _destination(problem: Problem, held: Floats, cash: float, today: Floats, target: Floats, goal: Floats) -> None:
    """Write the nearest edges of the bands, or the target, into `goal`."""
    goal[:] = target
    if problem.kind != BAND:
        return
    assets = len(held)
    wealth = cash
    for i in range(assets):
        wealth += held[i]
    home = np.empty(assets)
    cash_at_edge = cash_at_home = 1.0
    for i in range(assets):
        now = held[i] / wealth if wealth > 0.0 else 0.0
        goal[i] = home[i] = now
        if not np.isnan(today[i]):
            half = problem.width * target[i] if problem.relative else problem.width
            goal[i] = min(max(now, target[i] - half, 0.0), target[i] + half)
            home[i] = target[i]
        cash_at_edge -= goal[i]
        cash_at_home -= home[i]
    half = problem.width * target[assets] if problem.relative else problem.width
    bound = min(max(cash_at_edge, target[assets] - half, 0.0), target[assets] + half)
    way = 0.0
    if cash_at_edge not in (bound, cash_at_home):
        way = min(max((bound - cash_at_edge) / (cash_at_home - cash_at_edge), 0.0), 1.0)
    rest = 1.0
    for i in range(assets):
        goal[i] += way * (home[i] - goal[i])
        rest -= goal[i]
    goal[assets] = max(rest, 0.0)


@_compiled
def _rest(aim: Floats, held: Floats, rates: Floats, impact: Floats, share: float, money: float, load: float) -> float:
    rest = money - share * load
    for i in range(len(held)):
        if aim[i] >= 0.0:
            size = abs(share * aim[i] - held[i])
            rest -= rates[i] * size
            if len(impact) > 0:
                rest -= impact[i] * size * sqrt(size)
    return rest


@_compiled
def _share_after_costs(aim: Floats, held: Floats, rates: Floats, impact: Floats, money: float, load: float) -> float:
    """As in `reference`; an asset that is not traded has a negative aim, and no impact has length 0."""
    now = _rest(aim, held, rates, impact, 1.0, money, load)
    if now >= 0.0:
        return 1.0
    if _rest(aim, held, rates, impact, 0.0, money, load) < 0.0:
        return -1.0
    share = 1.0
    for _ in range(60):
        slope = -load
        for i in range(len(held)):
            if aim[i] >= 0.0:
                move = share * aim[i] - held[i]
                marginal = rates[i]
                if len(impact) > 0:
                    marginal += 1.5 * impact[i] * sqrt(abs(move))
                slope -= aim[i] * (marginal if move > 0.0 else -marginal)
        step = now / slope
        share = max(share - step, 0.0)
        if abs(step) <= 1e-15:
            break
        now = _rest(aim, held, rates, impact, share, money, load)
    return share


@_compiled
def _wishes(
    problem: Problem, wealth: float, cash: float, goal: Floats, held: Floats, today: Floats, waiting: Ints, aim: Floats
) -> int:
    """Write what is waited for and the money aimed at (-1 where nothing is traded); the number of orders."""
    minimum, orders = problem.minimum_trade * (1.0 - SMALLEST), 0
    money, load = cash, goal[-1] * wealth
    for i in range(len(held)):
        if not np.isnan(today[i]):
            money += held[i]
            load += goal[i] * wealth
    within_reach = min(1.0, money / load) if load > 0.0 else 1.0
    for i in range(len(held)):
        wish = abs(goal[i] * wealth * (1.0 if np.isnan(today[i]) else within_reach) - held[i])
        wanted = wish > SMALLEST * wealth and (wish >= minimum or goal[i] == 0.0)
        waiting[i] = 1 if wanted and np.isnan(today[i]) else 0
        aim[i] = -1.0
        if wanted and waiting[i] == 0:
            aim[i] = goal[i] * wealth
            orders += 1
    return orders


@_compiled
def _trade(
    problem: Problem,
    row: int,
    goal: Floats,
    units: Floats,
    held: Floats,
    cash: float,
    prices: Floats,
    waiting: Ints,
    traded: Floats,
) -> float:
    """Change units, traded and waiting in place; the cash that is left."""
    wealth = cash + held.sum()
    aim = np.empty(len(units))
    orders = _wishes(problem, wealth, cash, goal, held, problem.close[row], waiting, aim)
    if orders == 0:
        return cash
    rates, lot, fee = problem.rates, problem.lot, problem.order_fee
    impact = problem.impact[row] if len(problem.impact) > 0 else rates[:0]
    money, load = cash - fee * orders, goal[-1] * wealth
    for i in range(len(units)):
        if aim[i] >= 0.0:
            money += held[i]
            load += aim[i]
    share = _share_after_costs(aim, held, rates, impact, money, load)
    if share < 0.0:
        return cash
    for i in range(len(units)):
        if aim[i] >= 0.0:
            bought = share * aim[i] / prices[i]
            if lot > 0.0:
                bought = lot * floor(bought / lot * (1.0 + SMALLEST) + ROUND_UP)
            amount = bought * prices[i] - held[i]
            size = abs(amount)
            if size <= SMALLEST * wealth:
                continue
            traded[i], units[i] = amount, bought
            cash -= traded[i] + rates[i] * size + fee
            if len(impact) > 0:
                cash -= impact[i] * size * sqrt(size)
    return max(cash, 0.0)


@_compiled_sum
def _complete(close: Floats) -> Flags:
    """(T,) rows on which every asset has a close, which need no bookkeeping of missing ones."""
    complete = np.empty(len(close), dtype=np.bool_)
    for row in range(close.shape[0]):
        total = 0.0
        for i in range(close.shape[1]):
            total += close[row, i]
        complete[row] = not np.isnan(total)
    return complete


@_compiled_sum
def _drift(
    close: Floats, growth: Floats, complete: Flags, units: Floats, cash: float, first: int, stop: int, account: Floats
) -> int:
    """Write wealth and cash (2, T) of the rows from `first` on which nothing can happen; the row after them."""
    row = first
    while row < stop and complete[row]:
        cash *= growth[row]
        total = 0.0
        for i in range(close.shape[1]):
            total += units[i] * close[row, i]
        account[0, row] = total + cash
        account[1, row] = cash
        row += 1
    return row


@_compiled
def _before(close: Floats, start: int, last: Floats, missing: Ints) -> None:
    """Write each asset's last close before `start`, and the rows without one since, into `last` and `missing`."""
    for i in range(close.shape[1]):
        for row in range(start - 1, -1, -1):
            if not np.isnan(close[row, i]):
                last[i] = close[row, i]
                missing[i] = start - 1 - row
                break


@_compiled
def _see_gaps(
    problem: Problem, row: int, fresh: bool, units: Floats, last: Floats, missing: Ints, waiting: Ints, cash: float
) -> tuple[bool, bool, float]:
    """Keep last closes on a row with holes: (an asset that waits has a close, a holding was paid out, cash).

    `fresh` says that the row before had no hole, so that its closes are the last ones.
    """
    returned, paid = False, False
    if fresh:
        last[:] = problem.close[row - 1]
        missing[:] = 0
    for i in range(len(units)):
        price = problem.close[row, i]
        if not np.isnan(price):
            last[i] = price
            missing[i] = 0
            returned = returned or waiting[i] == 1
        else:
            missing[i] += 1
            if missing[i] == problem.missing_limit and units[i] > 0.0:
                cash += problem.recovery * units[i] * last[i]
                units[i] = 0.0
                paid = True
    return returned, paid, cash


@_compiled_sum
def _sum_of_products(first: Floats, second: Floats) -> float:
    total = 0.0
    for i in range(len(first)):
        total += first[i] * second[i]
    return total


@_compiled
def _goal(
    problem: Problem,
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
    if decides and (first or not problem.gated):
        return DECISION
    if decides:
        due = _outside(problem, held, cash, today, target)
    elif problem.kind == DECISIONS or problem.gated:
        due = False
    elif problem.same_close:
        due = _outside(problem, held, cash, today, target)
    if not due:
        return 0
    _destination(problem, held, cash, today, target, goal)
    return DECISION if decides else DRIFT


@_compiled
def _simulate(problem: Problem, targets: Floats) -> tuple[Floats, Floats, Ints, Ints, Floats, Floats]:
    """The fields of `Path`, in order."""
    close, growth, executed = problem.close, problem.growth, problem.executed
    days, assets = close.shape
    start, pays = problem.decided[0], len(problem.dividends) > 0
    watches = problem.kind != DECISIONS and not problem.gated
    complete, account = _complete(close), np.empty((2, days))
    # Most of this room is never touched, and memory that is not touched is not taken.
    rows, reasons = np.empty(days - start, dtype=np.int64), np.empty(days - start, dtype=np.int64)
    all_units, all_traded = np.empty((days - start, assets)), np.empty((days - start, assets))
    units, last, held, traded = np.zeros(assets), np.zeros(assets), np.zeros(assets), np.zeros(assets)
    missing, waiting = np.zeros(assets, dtype=np.int64), np.zeros(assets, dtype=np.int64)
    goal, cash = np.empty(assets + 1), problem.initial
    changes, number, due, late, row = 0, 0, False, False, start
    _before(close, start, last, missing)
    while row < days:
        next_decision = executed[number] if number < len(executed) else days
        if row > start and not (watches or late or pays):
            after = _drift(close, growth, complete, units, cash, row, min(next_decision, days), account)
            if after > row:
                cash, row = account[1, after - 1], after
                continue
        today = close[row]
        cash *= growth[row]
        if pays:
            cash += _sum_of_products(units, problem.dividends[row])
        returned, paid = True, False
        if not complete[row]:
            returned, paid, cash = _see_gaps(
                problem, row, row > start and complete[row - 1], units, last, missing, waiting, cash
            )
        prices = today if complete[row] else last
        held[:] = units * prices
        decides, reason = row == next_decision, 0
        if decides:
            number, late = number + 1, False
            waiting[:] = 0
        if number > 0:
            reason = _goal(problem, targets[number - 1], decides, number == 1, due, held, cash, today, goal)
            reason = LATE if reason == 0 and late and returned else reason
        traded[:] = 0.0
        if reason > 0:
            cash = _trade(problem, row, goal, units, held, cash, prices, waiting, traded)
            held[:] = units * prices
            late = waiting.sum() > 0
        dealt = traded.any()
        if dealt or paid:
            rows[changes], reasons[changes] = row - start, reason if dealt else DELISTED
            all_units[changes], all_traded[changes] = units, traded
            changes += 1
        due = watches and number > 0 and _outside(problem, held, cash, today, targets[number - 1])
        account[0, row], account[1, row] = held.sum() + cash, cash
        row += 1
    daily, kept = account[:, start:], slice(0, changes)
    return daily[0], daily[1], rows[kept], reasons[kept], all_units[kept], all_traded[kept]


@_compiled
def _simulate_many(problem: Problem, targets: Floats) -> tuple[Floats, Floats, Floats]:
    span = problem.close.shape[0] - problem.decided[0]
    start = problem.decided[0]
    wealth, costs = np.empty((len(targets), span)), np.zeros((len(targets), span))
    turnover = np.zeros((len(targets), span))
    for place in range(len(targets)):
        path, _, rows, _, _, traded = _simulate(problem, targets[place])
        wealth[place] = path
        for change in range(len(rows)):
            row = rows[change]
            bought = sold = cost = 0.0
            for i in range(traded.shape[1]):
                size = abs(traded[change, i])
                if size > 0.0:
                    cost += problem.rates[i] * size + problem.order_fee
                    if len(problem.impact) > 0:
                        cost += problem.impact[row + start, i] * size * sqrt(size)
                if traded[change, i] > 0.0:
                    bought += size
                else:
                    sold += size
            costs[place, row] = cost
            before = path[row] + cost
            turnover[place, row] = max(bought, sold) / before if before > 0.0 else 0.0
    return wealth, costs, turnover
