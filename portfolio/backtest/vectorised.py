"""The backtest in numpy: between two changes of the holdings, wealth is prices times units and nothing is looped over.

The same account as `reference`, which explains each rule; here the next day on which anything can happen is looked up
instead of waited for, and the daily account is made for all days at once.
"""

from dataclasses import dataclass

import numpy as np

from portfolio.backtest.inputs import BAND, DECISIONS, NEAR, ROUND_UP, SMALLEST, Path, Problem
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE, Flags, Ints
from portfolio.market import Floats


def run(problem: Problem) -> Path:
    """Simulate one portfolio."""
    book = _Book(problem)
    row, due = problem.start, False
    while True:
        book.deal(row, due)
        if row == len(problem.close) - 1:
            return book.path()
        row, due = book.drift(row)


class _Book:
    """What is held, and the days on which that changed."""

    def __init__(self, problem: Problem) -> None:
        assets = problem.close.shape[1]
        self.problem = problem
        self.quotes = _Quotes.of(problem)
        self.units, self.cash = np.zeros(assets), problem.terms.initial
        self.waiting = np.zeros(assets, dtype=np.bool_)
        self.number = 0  # decisions put to trade so far
        self.standing: Floats | None = None
        self.watches = problem.terms.kind != DECISIONS and not problem.terms.gated
        self.none = np.zeros(assets)
        self.changes: list[tuple[int, int, Floats, float, Floats]] = []

    def deal(self, row: int, due: bool) -> None:
        """All that happens at the close of a day whose interest and dividends are in cash already."""
        paid = self._pay_out(row)
        prices, tradable = self.quotes.last[row], self.quotes.tradable[row]
        held = self.units * prices
        goal, reason = self._goal(row, due, held, tradable)
        traded = self.none
        if goal is not None:
            self.units, self.cash, traded, self.waiting = _trade(
                self.problem, row, goal, self.units, held, self.cash, prices, tradable
            )
        if paid or traded.any():
            self.changes.append((row, reason if traded.any() else DELISTED, self.units, self.cash, traded))

    def drift(self, row: int) -> tuple[int, bool]:
        """Go to the next row on which holdings can change, and whether that is because weights stand outside."""
        stop, due = self._next_event(row), False
        if self.watches and self.standing is not None:
            block = np.arange(row + 1, stop + 1)
            seen = block if self.problem.terms.same_close else block - 1  # seen at one close, traded at the next
            values, cash = self.quotes.last[seen] * self.units, self._cash_at(seen, row, self.units, self.cash)
            outside = _outside(self.problem, values, cash, self.quotes.tradable[seen], self.standing)
            if outside.any():
                stop, due = row + 1 + int(np.argmax(outside)), True
        self.cash = float(self._cash_at(np.array([stop]), row, self.units, self.cash)[0])
        return stop, due

    def path(self) -> Path:
        """The daily account of all days, from the days on which holdings changed."""
        start, days = self.problem.start, len(self.problem.close)
        changed = np.array([start - 1, *(change[0] for change in self.changes)], dtype=np.int64)
        units = np.array([self.none, *(change[2] for change in self.changes)])
        cash = np.array([self.problem.terms.initial, *(change[3] for change in self.changes)])
        rows = np.arange(start, days)
        state = np.searchsorted(changed, rows, side="right") - 1
        held = units[state]
        cash_path = self._cash_at(rows, np.maximum(changed, start)[state], held, cash[state])
        return Path(
            wealth=np.einsum("ij,ij->i", self.quotes.last[start:], held) + cash_path,
            cash=cash_path,
            rows=changed[1:] - start,
            reasons=np.array([change[1] for change in self.changes], dtype=np.int64),
            units=units[1:],
            traded=np.array([change[4] for change in self.changes]).reshape(-1, len(self.none)),
        )

    def _cash_at(self, rows: Ints, since: int | Ints, units: Floats, cash: float | Floats) -> Floats:
        """(L,) cash on rows after `since`: what there was then has earned, and dividends have come in."""
        growth, dividends = self.quotes.growth, self.quotes.dividends
        earned: Floats = cash * (growth[rows] / growth[since])
        if len(dividends):
            earned = earned + growth[rows] * ((dividends[rows] - dividends[since]) * units).sum(axis=1)
        return earned

    def _pay_out(self, row: int) -> bool:
        if not self.quotes.pays[row]:
            return False
        gone = self.quotes.paid_out[row] & (self.units > 0.0)
        self.cash += self.problem.terms.recovery * float(self.units[gone] @ self.quotes.last[row, gone])
        self.units = np.where(gone, 0.0, self.units)
        return bool(gone.any())

    def _goal(self, row: int, due: bool, held: Floats, tradable: Flags) -> tuple[Floats | None, int]:
        problem, number = self.problem, self.number
        if number < len(problem.executed) and problem.executed[number] == row:
            first, self.standing, self.number = number == 0, problem.targets[number], number + 1
            self.waiting = np.zeros(len(held), dtype=np.bool_)
            if first or not problem.terms.gated:
                return self.standing, DECISION
            if self._is_outside(held, tradable):
                return _destination(problem, held, self.cash, tradable, self.standing), DECISION
            return None, 0
        if self.standing is None:
            return None, 0
        if self.watches and (self._is_outside(held, tradable) if problem.terms.same_close else due):
            return _destination(problem, held, self.cash, tradable, self.standing), DRIFT
        return (self.standing, LATE) if bool((self.waiting & tradable).any()) else (None, 0)

    def _is_outside(self, held: Floats, tradable: Flags) -> bool:
        assert self.standing is not None
        return bool(_outside(self.problem, held[None], np.array([self.cash]), tradable[None], self.standing)[0])

    def _next_event(self, row: int) -> int:
        """The next row on which holdings can change without drift being asked, or the last row."""
        stop, quotes = len(self.quotes.last) - 1, self.quotes
        if self.number < len(self.problem.executed):
            stop = min(stop, int(self.problem.executed[self.number]))
        if len(quotes.pay_rows):
            place = int(np.searchsorted(quotes.pay_rows, row, side="right"))
            if place < len(quotes.pay_rows):
                stop = min(stop, int(quotes.pay_rows[place]))
        if self.waiting.any():
            can = quotes.tradable[row + 1 : stop + 1, self.waiting].any(axis=1)
            if can.any():
                stop = min(stop, row + 1 + int(np.argmax(can)))
        return stop


@dataclass(frozen=True, eq=False)
class _Quotes:
    """What is known on each row: last closes, who can be traded, who is paid out, and sums that make cash a lookup.

    growth (T,) is what a unit of cash on the first row has become; dividends (T, N), or (0, N), what a unit of each
    asset has paid since, in cash of the first row.
    """

    last: Floats
    tradable: Flags
    paid_out: Flags
    pays: Flags
    pay_rows: Ints
    growth: Floats
    dividends: Floats

    @classmethod
    def of(cls, problem: Problem) -> "_Quotes":
        close = problem.close
        growth: Floats = np.asarray(np.cumprod(problem.growth), dtype=np.float64)
        dividends = problem.dividends
        if len(dividends):
            dividends = np.cumsum(dividends / growth[:, None], axis=0)
        tradable = np.isfinite(close)
        if bool(tradable.all()):
            nothing = np.broadcast_to(np.False_, close.shape)
            pays, pay_rows = np.zeros(len(close), dtype=np.bool_), np.zeros(0, dtype=np.int64)
            return cls(close, tradable, nothing, pays, pay_rows, growth, dividends)
        rows = np.arange(len(close))[:, None]
        seen = np.maximum.accumulate(np.where(tradable, rows, -1), axis=0)
        if len(problem.marks):
            last = np.where(seen >= 0, np.where(tradable, close, problem.marks), 0.0)
        else:
            last = np.where(seen >= 0, np.take_along_axis(close, np.maximum(seen, 0), axis=0), 0.0)
        paid_out = (rows - seen == problem.terms.missing_limit) & (seen >= 0)
        pays = paid_out.any(axis=1)
        return cls(last, tradable, paid_out, pays, np.flatnonzero(pays).astype(np.int64), growth, dividends)


def _half_width(problem: Problem, target: Floats) -> Floats:
    if problem.terms.relative:
        return np.asarray(problem.terms.width * target, dtype=np.float64)
    return np.full_like(target, problem.terms.width)


def _outside(problem: Problem, values: Floats, cash: Floats, tradable: Flags, target: Floats) -> Flags:
    """(L,) whether any asset with a close stands outside its limits; values (L, N), cash (L,)."""
    wealth = values.sum(axis=1) + cash
    weights = values / np.where(wealth > 0.0, wealth, 1.0)[:, None]
    far = np.abs(weights - target[:-1]) > _half_width(problem, target[:-1]) + SMALLEST
    return np.asarray((far & tradable).any(axis=1), dtype=np.bool_)


def _destination(problem: Problem, held: Floats, cash: float, tradable: Flags, target: Floats) -> Floats:
    if problem.terms.kind != BAND:
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
    if abs(bound - cash_at_edge) > NEAR and abs(cash_at_home - cash_at_edge) > NEAR:
        way = min(max((bound - cash_at_edge) / (cash_at_home - cash_at_edge), 0.0), 1.0)
    goal = edge + way * (home - edge)
    return np.append(goal, max(1.0 - float(goal.sum()), 0.0))


def _trade(
    problem: Problem, row: int, goal: Floats, units: Floats, held: Floats, cash: float, prices: Floats, tradable: Flags
) -> tuple[Floats, float, Floats, Flags]:
    """(units, cash, traded, waiting) after going to the goal; see `reference` for the equation it solves."""
    wealth = float(held.sum()) + cash
    load = wealth * float(goal[:-1][tradable].sum() + goal[-1])
    within_reach = min(1.0, (cash + float(held[tradable].sum())) / load) if load > 0.0 else 1.0
    wish = np.abs(goal[:-1] * wealth * np.where(tradable, within_reach, 1.0) - held)
    enough = (wish >= problem.terms.minimum_trade * (1.0 - SMALLEST)) | (goal[:-1] == 0.0)
    wanted = (wish > SMALLEST * wealth) & enough
    waiting, chosen = wanted & ~tradable, np.flatnonzero(wanted & tradable)
    traded = np.zeros(len(held))
    if not len(chosen):
        return units, cash, traded, waiting
    aim, have, price = goal[chosen] * wealth, held[chosen], prices[chosen]
    rate = problem.rates[chosen]
    impact = problem.impact[row, chosen] if len(problem.impact) else None
    money = cash + float(have.sum()) - problem.terms.order_fee * len(chosen)
    share = _share_after_costs(aim, have, rate, impact, money, float(aim.sum()) + wealth * float(goal[-1]))
    if share < 0.0:
        return units, cash, traded, waiting
    count = share * aim / price
    if problem.terms.lot > 0.0:
        count = problem.terms.lot * np.floor(count / problem.terms.lot * (1.0 + SMALLEST) + ROUND_UP)
    moved = count * price - have
    real = np.abs(moved) > SMALLEST * wealth
    if not real.all():
        chosen, count, moved, rate = chosen[real], count[real], moved[real], rate[real]
        impact = None if impact is None else impact[real]
    units = units.copy()
    units[chosen], traded[chosen] = count, moved
    cash -= (
        float(moved.sum()) + float(_costs(np.abs(moved), rate, impact).sum()) + problem.terms.order_fee * len(chosen)
    )
    return units, max(cash, 0.0), traded, waiting


def _costs(size: Floats, rate: Floats, impact: Floats | None) -> Floats:
    return rate * size if impact is None else rate * size + impact * size * np.sqrt(size)


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
