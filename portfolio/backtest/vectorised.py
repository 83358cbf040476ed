"""The backtest by blocks of days in numpy: between two changes of the holdings, wealth is prices times units.

The same account as `reference`, which explains each rule; here a block of days is one matrix product, and the next day
on which anything can happen is looked up instead of waited for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.backtest.inputs import BAND, DECISIONS, ROUND_UP, SMALLEST, Path, Problem
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE, Ints
from portfolio.market import Floats

Flags = NDArray[np.bool_]


def run(problem: Problem) -> Path:
    """Simulate one portfolio."""
    quotes = _Quotes.of(problem)
    days, assets = problem.close.shape
    start = problem.start
    wealth, cash_path = np.empty(days - start), np.empty(days - start)
    changes: list[tuple[int, int, Floats, Floats]] = []
    units, cash = np.zeros(assets), problem.initial
    waiting = np.zeros(assets, dtype=np.bool_)
    standing: Floats | None = None
    watches = problem.kind != DECISIONS and not problem.gated
    next_decision, row, due = 0, start, False
    while True:
        # The day `row`: its interest and dividends are in already.
        paid = quotes.paid_out[row] & (units > 0.0) if quotes.pays[row] else None
        if paid is not None and bool(paid.any()):
            cash += problem.recovery * float(units[paid] @ quotes.last[row, paid])
            units = np.where(paid, 0.0, units)
        else:
            paid = None
        prices, tradable = quotes.last[row], quotes.tradable[row]
        held = units * prices
        goal, reason = None, 0
        if watches and problem.same_close and standing is not None:  # a payout may have changed the weights
            due = bool(_outside(problem, held[None], np.array([cash]), tradable[None], standing)[0])
        if next_decision < len(problem.executed) and problem.executed[next_decision] == row:
            first, standing = standing is None, problem.targets[next_decision]
            next_decision += 1
            waiting = np.zeros(assets, dtype=np.bool_)
            if first or not problem.gated:
                goal, reason = standing, DECISION
            elif _outside(problem, held[None], np.array([cash]), tradable[None], standing)[0]:
                goal, reason = _destination(problem, held, cash, tradable, standing), DECISION
        elif due and standing is not None:
            goal, reason = _destination(problem, held, cash, tradable, standing), DRIFT
        if goal is None and standing is not None and bool((waiting & tradable).any()):
            goal, reason = standing, LATE
        traded = np.zeros(0)
        if goal is not None:
            units, cash, traded, waiting = _trade(problem, row, goal, units, held, cash, prices, tradable)
        if paid is not None or traded.any():
            dealt = bool(traded.any())
            changes.append((row - start, reason if dealt else DELISTED, units, traded if dealt else np.zeros(assets)))
        wealth[row - start], cash_path[row - start] = float(units @ prices) + cash, cash
        # From here to the next day on which holdings can change.
        stop = quotes.next_event(row, problem, next_decision, waiting)
        block = slice(row + 1, stop + 1)
        values = quotes.last[block] * units
        path = _cash_path(problem, block, units, cash)
        due = False
        if watches and standing is not None:
            seen_values, seen_cash, rows = values, path, np.arange(row + 1, stop + 1)
            if not problem.same_close:  # seen at one close, traded at the next
                seen_values = np.vstack([(units * prices)[None], values[:-1]])
                seen_cash, rows = np.append(cash, path[:-1]), rows - 1
            out = _outside(problem, seen_values, seen_cash, quotes.tradable[rows], standing)
            if out.any():
                due = True
                length = int(np.argmax(out)) + 1
                stop, values, path = row + length, values[:length], path[:length]
                block = slice(row + 1, stop + 1)
        if row >= days - 1:
            break
        wealth[row + 1 - start : stop + 1 - start] = values.sum(axis=1) + path
        cash_path[row + 1 - start : stop + 1 - start] = path
        row, cash = stop, float(path[-1])
        if stop >= days:
            break
    return _path(wealth, cash_path, changes, assets)


@dataclass(frozen=True, eq=False)
class _Quotes:
    """What is known of prices on each row: last closes, who can be traded, who is paid out, and when that is."""

    last: Floats
    tradable: Flags
    paid_out: Flags
    pays: Flags
    pay_rows: Ints

    @classmethod
    def of(cls, problem: Problem) -> "_Quotes":
        close = problem.close
        tradable = np.isfinite(close)
        if bool(tradable.all()):
            nothing = np.broadcast_to(np.False_, close.shape)
            return cls(close, tradable, nothing, np.zeros(len(close), dtype=np.bool_), np.zeros(0, dtype=np.int64))
        rows = np.arange(len(close))[:, None]
        seen = np.maximum.accumulate(np.where(tradable, rows, -1), axis=0)
        last = np.where(seen >= 0, np.take_along_axis(close, np.maximum(seen, 0), axis=0), 0.0)
        paid_out = (rows - seen == problem.missing_limit) & (seen >= 0)
        pays = paid_out.any(axis=1)
        return cls(last, tradable, paid_out, pays, np.flatnonzero(pays).astype(np.int64))

    def next_event(self, row: int, problem: Problem, next_decision: int, waiting: Flags) -> int:
        """The next row on which holdings can change without drift being asked, or the last row."""
        stop = len(self.last) - 1
        if next_decision < len(problem.executed):
            stop = min(stop, int(problem.executed[next_decision]))
        if len(self.pay_rows):
            place = int(np.searchsorted(self.pay_rows, row, side="right"))
            if place < len(self.pay_rows):
                stop = min(stop, int(self.pay_rows[place]))
        if waiting.any():
            can = self.tradable[row + 1 : stop + 1, waiting].any(axis=1)
            if can.any():
                stop = min(stop, row + 1 + int(np.argmax(can)))
        return stop


def _cash_path(problem: Problem, block: slice, units: Floats, cash: float) -> Floats:
    """(L,) cash on the days of the block: interest on what was there, then the day's dividends."""
    grown = np.cumprod(problem.growth[block])
    if not len(problem.dividends):
        return np.asarray(cash * grown, dtype=np.float64)
    paid = problem.dividends[block] @ units
    return np.asarray(grown * (cash + np.cumsum(paid / grown)), dtype=np.float64)


def _half_width(problem: Problem, target: Floats) -> Floats:
    return problem.width * target if problem.relative else np.full_like(target, problem.width)


def _outside(problem: Problem, values: Floats, cash: Floats, tradable: Flags, target: Floats) -> Flags:
    """(L,) whether any asset with a close stands outside its limits; values (L, N), cash (L,)."""
    wealth = values.sum(axis=1) + cash
    weights = values / np.where(wealth > 0.0, wealth, 1.0)[:, None]
    far = np.abs(weights - target[:-1]) > _half_width(problem, target[:-1]) + SMALLEST
    found: Flags = (far & tradable).any(axis=1)
    return found


def _destination(problem: Problem, held: Floats, cash: float, tradable: Flags, target: Floats) -> Floats:
    if problem.kind != BAND:
        return target
    wealth = float(held.sum()) + cash
    now = held / wealth if wealth > 0.0 else np.zeros_like(held)
    half = _half_width(problem, target)
    low, high = np.maximum(target - half, 0.0), target + half
    edge = np.where(tradable, np.clip(now, low[:-1], high[:-1]), now)
    home = np.where(tradable, target[:-1], now)
    cash_at_edge, cash_at_home = 1.0 - float(edge.sum()), 1.0 - float(home.sum())
    bound = min(max(cash_at_edge, float(low[-1])), float(high[-1]))
    way = 0.0
    if cash_at_edge not in (bound, cash_at_home):
        way = min(max((bound - cash_at_edge) / (cash_at_home - cash_at_edge), 0.0), 1.0)
    goal = edge + way * (home - edge)
    return np.append(goal, max(1.0 - float(goal.sum()), 0.0))


def _trade(
    problem: Problem, row: int, goal: Floats, units: Floats, held: Floats, cash: float, prices: Floats, tradable: Flags
) -> tuple[Floats, float, Floats, Flags]:
    """(units, cash, traded, waiting) after going to the goal; see `reference` for the equation it solves."""
    wealth = float(held.sum()) + cash
    wish = np.abs(goal[:-1] * wealth - held)
    enough = (wish >= problem.minimum_trade * (1.0 - SMALLEST)) | (goal[:-1] == 0.0)
    wanted = (wish > SMALLEST * wealth) & enough
    waiting, chosen = wanted & ~tradable, np.flatnonzero(wanted & tradable)
    traded = np.zeros(len(held))
    if not len(chosen):
        return units, cash, traded, waiting
    aim, have, price = goal[chosen] * wealth, held[chosen], prices[chosen]
    rate = problem.rates[chosen]
    impact = problem.impact[row, chosen] if len(problem.impact) else None
    money = cash + float(have.sum()) - problem.order_fee * len(chosen)
    share = _share_after_costs(aim, have, rate, impact, money, float(aim.sum()) + wealth * float(goal[-1]))
    if share < 0.0:
        return units, cash, traded, waiting
    count = share * aim / price
    if problem.lot > 0.0:
        count = problem.lot * np.floor(count / problem.lot * (1.0 + SMALLEST) + ROUND_UP)
        kept = np.abs(count - units[chosen]) >= ROUND_UP
        chosen, count, have, price, rate = chosen[kept], count[kept], have[kept], price[kept], rate[kept]
        impact = None if impact is None else impact[kept]
    moved = count * price - have
    units = units.copy()
    units[chosen], traded[chosen] = count, moved
    cash -= float(moved.sum()) + float(_costs(np.abs(moved), rate, impact).sum()) + problem.order_fee * len(chosen)
    return units, max(cash, 0.0), traded, waiting


def _costs(size: Floats, rate: Floats, impact: Floats | None) -> Floats:
    return rate * size if impact is None else rate * size + impact * size**1.5


def _share_after_costs(
    aim: Floats, have: Floats, rate: Floats, impact: Floats | None, money: float, load: float
) -> float:
    def rest(share: float) -> float:
        return money - float(_costs(np.abs(share * aim - have), rate, impact).sum()) - share * load

    now = rest(1.0)
    if now >= 0.0:
        return 1.0
    if rest(0.0) < 0.0:
        return -1.0
    share = 1.0
    for _ in range(60):
        move = share * aim - have
        marginal = rate if impact is None else rate + 1.5 * impact * np.sqrt(np.abs(move))
        slope = -load - float((np.where(move > 0.0, marginal, -marginal) * aim).sum())
        step = now / slope
        share = max(share - step, 0.0)
        if abs(step) <= 1e-15:
            break
        now = rest(share)
    return share


def _path(wealth: Floats, cash: Floats, changes: list[tuple[int, int, Floats, Floats]], assets: int) -> Path:
    return Path(
        wealth=wealth,
        cash=cash,
        rows=np.array([change[0] for change in changes], dtype=np.int64),
        reasons=np.array([change[1] for change in changes], dtype=np.int64),
        units=np.array([change[2] for change in changes], dtype=np.float64).reshape(-1, assets),
        traded=np.array([change[3] for change in changes], dtype=np.float64).reshape(-1, assets),
    )
