"""Deciding and dealing on one day, compiled by numba: what `compiled` calls on the days on which something happens.

Arrays are changed in place and only what is needed is passed, because compiled code counts references to arrays.
"""

from collections.abc import Callable
from math import floor, sqrt
from typing import TypeVar, cast

import numpy as np
from numba import njit

from portfolio.backtest.inputs import BAND, NEAR, ROUND_UP, SMALLEST, Terms
from portfolio.backtest.records import Ints
from portfolio.market import Floats

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile at the first call and keep the result on disk."""
    return cast(F, njit(cache=True, nogil=True)(function))


def compiled_sum(function: F) -> F:
    """Sums may be taken in any order, which lets the processor add several terms at once."""
    return cast(F, njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})(function))


@compiled
def outside(terms: Terms, held: Floats, cash: float, today: Floats, target: Floats) -> bool:
    """Whether any asset with a close today stands outside its limits; held (N,) money, target (N + 1,)."""
    wealth = cash
    for i in range(len(held)):
        wealth += held[i]
    if wealth <= 0.0:
        wealth = 1.0
    for i in range(len(held)):
        half = terms.width * target[i] if terms.relative else terms.width
        if not np.isnan(today[i]) and abs(held[i] / wealth - target[i]) > half + SMALLEST:
            return True
    return False


@compiled
def destination(terms: Terms, held: Floats, cash: float, today: Floats, target: Floats, goal: Floats) -> None:
    """Write the nearest edges of the bands, or the target, into `goal`."""
    goal[:] = target
    if terms.kind != BAND:
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
            half = terms.width * target[i] if terms.relative else terms.width
            goal[i] = min(max(now, target[i] - half, 0.0), target[i] + half)
            home[i] = target[i]
        cash_at_edge -= goal[i]
        cash_at_home -= home[i]
    half = terms.width * target[assets] if terms.relative else terms.width
    bound = min(max(cash_at_edge, target[assets] - half, 0.0), target[assets] + half)
    way = 0.0
    if abs(bound - cash_at_edge) > NEAR and abs(cash_at_home - cash_at_edge) > NEAR:
        way = min(max((bound - cash_at_edge) / (cash_at_home - cash_at_edge), 0.0), 1.0)
    rest = 1.0
    for i in range(assets):
        goal[i] += way * (home[i] - goal[i])
        rest -= goal[i]
    goal[assets] = max(rest, 0.0)


@compiled_sum
def _rest(
    aim: Floats, have: Floats, rate: Floats, impact: Floats, share: float, money: float, load: float
) -> tuple[float, float]:
    """What is left of the money when the goal applies to `share` of wealth, and its slope in share."""
    rest, slope = money - share * load, -load
    for i in range(len(aim)):
        move = share * aim[i] - have[i]
        rest -= rate[i] * abs(move)
        slope -= aim[i] * (rate[i] if move > 0.0 else -rate[i])
    for i in range(len(impact)):
        move = share * aim[i] - have[i]
        root = sqrt(abs(move))
        rest -= impact[i] * abs(move) * root
        slope -= 1.5 * aim[i] * (impact[i] * root if move > 0.0 else -impact[i] * root)
    return rest, slope


@compiled
def _share_after_costs(aim: Floats, have: Floats, rate: Floats, impact: Floats, money: float, load: float) -> float:
    """As in `reference`; (n,) of the assets that are traded, impact (0,) for none."""
    rest, slope = _rest(aim, have, rate, impact, 1.0, money, load)
    if rest >= 0.0:
        return 1.0
    if _rest(aim, have, rate, impact, 0.0, money, load)[0] < 0.0:
        return -1.0
    share = 1.0
    for _ in range(60):
        step = rest / slope
        share = max(share - step, 0.0)
        if abs(step) <= 1e-15:
            break
        rest, slope = _rest(aim, have, rate, impact, share, money, load)
    return share


@compiled
def _orders(
    terms: Terms, wealth: float, cash: float, goal: Floats, held: Floats, today: Floats, waiting: Ints, chosen: Ints
) -> int:
    """Write which assets wait for a close and which are traded; the number of those."""
    money, load = cash, goal[-1] * wealth
    for i in range(len(held)):
        if not np.isnan(today[i]):
            money += held[i]
            load += goal[i] * wealth
    within_reach = min(1.0, money / load) if load > 0.0 else 1.0
    minimum, orders = terms.minimum_trade * (1.0 - SMALLEST), 0
    for i in range(len(held)):
        closed = np.isnan(today[i])
        wish = abs(goal[i] * wealth * (1.0 if closed else within_reach) - held[i])
        wanted = wish > SMALLEST * wealth and (wish >= minimum or goal[i] == 0.0)
        waiting[i] = 1 if wanted and closed else 0
        if wanted and not closed:
            chosen[orders] = i
            orders += 1
    return orders


@compiled
def trade(
    terms: Terms,
    rates: Floats,
    impacts: Floats,
    today: Floats,
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
    chosen = np.empty(len(units), dtype=np.int64)
    orders = _orders(terms, wealth, cash, goal, held, today, waiting, chosen)
    if orders == 0:
        return cash
    lot, fee = terms.lot, terms.order_fee
    aim, have, rate = np.empty(orders), np.empty(orders), np.empty(orders)
    impact = np.empty(orders if len(impacts) > 0 else 0)
    money, load = cash - fee * orders, goal[-1] * wealth
    for place in range(orders):
        i = chosen[place]
        aim[place], have[place], rate[place] = goal[i] * wealth, held[i], rates[i]
        money += have[place]
        load += aim[place]
        if len(impact) > 0:
            impact[place] = impacts[i]
    share = _share_after_costs(aim, have, rate, impact, money, load)
    if share < 0.0:
        return cash
    for place in range(orders):
        i = chosen[place]
        bought = share * aim[place] / prices[i]
        if lot > 0.0:
            bought = lot * floor(bought / lot * (1.0 + SMALLEST) + ROUND_UP)
        amount = bought * prices[i] - have[place]
        size = abs(amount)
        if size > SMALLEST * wealth:
            traded[i], units[i] = amount, bought
            cash -= amount + rate[place] * size + fee
            if len(impact) > 0:
                cash -= impact[place] * size * sqrt(size)
    return max(cash, 0.0)
