"""The backtest as a plain loop over days and assets: slow, and the meaning of the other two engines.

Each day, at the close: cash earns, dividends arrive, assets without a close keep their last one, those without one for
too long are paid out; then what is due is traded; then the day's decision is taken. Weights drift in between, since it
is units that are held.
"""

from collections.abc import Callable
from math import floor, isfinite, sqrt

import numpy as np

from portfolio.backtest.inputs import BAND, DECISIONS, NEAR, ROUND_UP, SMALLEST, Path, Problem
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE
from portfolio.market import Floats

Decide = Callable[[int, Floats], Floats]
"""(number of the decision, weights (N + 1,) held now) -> target (N + 1,), checked."""


def run(problem: Problem, decide: Decide | None = None) -> Path:
    """Simulate one portfolio; `decide` stands in for `problem.targets` when the decisions depend on the weights."""
    days, assets = problem.close.shape
    book = _Book(problem)
    numbers = {int(row): number for number, row in enumerate(problem.decided)}
    standing: list[float] | None = None  # the target that was last put to trade
    decided: list[float] | None = None  # tomorrow's
    due = False
    watches = problem.terms.kind != DECISIONS and not problem.terms.gated

    def decision(row: int) -> list[float]:
        number = numbers[row]
        made = problem.targets[number] if decide is None else decide(number, np.array(book.weights()))
        return [float(weight) for weight in made]

    for row in range(days):
        book.see(row)
        if row < problem.start:
            continue
        paid = book.accrue(row)
        if problem.terms.same_close and row in numbers:
            decided = decision(row)
        reason = DELISTED if paid else 0
        goal: list[float] = []
        if decided is not None:
            first, standing, decided = standing is None, decided, None
            book.waiting = [False] * assets
            if first or not problem.terms.gated:
                goal, reason = standing, DECISION
            elif book.outside(standing):
                goal, reason = book.destination(standing), DECISION
        elif standing is not None and watches and (book.outside(standing) if problem.terms.same_close else due):
            goal, reason = book.destination(standing), DRIFT
        if not goal and standing is not None and book.late_order_can_trade():
            goal, reason = standing, LATE
        traded = book.trade(row, goal) if goal else [0.0] * assets
        book.record(row, reason, traded, paid)
        due = watches and standing is not None and book.outside(standing)
        if not problem.terms.same_close and row in numbers:
            decided = decision(row)
    return book.path()


class _Book:
    """Units, cash and what is known of prices, as plain lists; one method a step of the day."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        assets = problem.close.shape[1]
        self.units = [0.0] * assets
        self.cash = problem.terms.initial
        self.last = [0.0] * assets
        self.missing = [0] * assets
        self.tradable = [False] * assets
        self.waiting = [False] * assets
        self._wealth: list[float] = []
        self._cash: list[float] = []
        self._changes: list[tuple[int, int, list[float], list[float]]] = []

    def see(self, row: int) -> None:
        """Take the day's closes; an asset without one keeps its last, or is worth what the marks say."""
        for i, price in enumerate(self.problem.close[row].tolist()):
            self.tradable[i] = price == price  # noqa: PLR0124  (false for NaN)
            if self.tradable[i]:
                self.last[i] = price
                self.missing[i] = 0
            else:
                self.missing[i] += 1
                if len(self.problem.marks) and isfinite(mark := float(self.problem.marks[row, i])):
                    self.last[i] = mark

    def accrue(self, row: int) -> bool:
        """Interest, dividends and payouts of the day; whether a holding was paid out."""
        paid = False
        self.cash *= float(self.problem.growth[row])
        if len(self.problem.dividends):
            for i, units in enumerate(self.units):
                self.cash += units * float(self.problem.dividends[row, i])
        for i, units in enumerate(self.units):
            if units > 0.0 and self.missing[i] == self.problem.terms.missing_limit:
                self.cash += self.problem.terms.recovery * units * self.last[i]
                self.units[i] = 0.0
                paid = True
        return paid

    def values(self) -> list[float]:
        return [units * price for units, price in zip(self.units, self.last, strict=True)]

    def wealth(self) -> float:
        return sum(self.values()) + self.cash

    def weights(self) -> list[float]:
        wealth = self.wealth()
        if wealth <= 0.0:
            return [0.0] * len(self.units) + [1.0]
        return [value / wealth for value in self.values()] + [self.cash / wealth]

    def half_width(self, target: float) -> float:
        return self.problem.terms.width * target if self.problem.terms.relative else self.problem.terms.width

    def outside(self, target: list[float]) -> bool:
        """Whether any asset with a close today stands outside its limits."""
        weights = self.weights()
        return any(
            tradable and abs(weights[i] - target[i]) > self.half_width(target[i]) + SMALLEST
            for i, tradable in enumerate(self.tradable)
        )

    def destination(self, target: list[float]) -> list[float]:
        """Where a drifted portfolio goes: the target, or the nearest edges of the bands."""
        if self.problem.terms.kind != BAND:
            return target
        now = self.weights()
        assets = range(len(self.units))
        edge, home = now[:-1], now[:-1]
        for i in assets:
            if self.tradable[i]:
                half = self.half_width(target[i])
                edge[i] = min(max(now[i], target[i] - half, 0.0), target[i] + half)
                home[i] = target[i]
        # Cash has a band of its own. Where the edges leave it, all move on towards the target, just far enough.
        half = self.half_width(target[-1])
        cash_at_edge, cash_at_home = 1.0 - sum(edge), 1.0 - sum(home)
        bound = min(max(cash_at_edge, target[-1] - half, 0.0), target[-1] + half)
        way = 0.0
        if abs(bound - cash_at_edge) > NEAR and abs(cash_at_home - cash_at_edge) > NEAR:
            way = min(max((bound - cash_at_edge) / (cash_at_home - cash_at_edge), 0.0), 1.0)
        goal = [edge[i] + way * (home[i] - edge[i]) for i in assets]
        return [*goal, max(1.0 - sum(goal), 0.0)]

    def late_order_can_trade(self) -> bool:
        return any(wait and tradable for wait, tradable in zip(self.waiting, self.tradable, strict=True))

    def trade(self, row: int, goal: list[float]) -> list[float]:
        """Go to the goal as far as closes, costs and cash allow; money bought (+) and sold (-) per asset.

        The goal is a share of what is left after costs: s, the part of today's wealth that the new weights apply to,
        solves cash + sales - purchases - costs = goal's cash, so that weights are met exactly and cash never goes
        below zero. The left side falls and is concave in s, so Newton's steps from 1 come down to its root.
        """
        held = self.values()
        wealth = sum(held) + self.cash
        traded = [0.0] * len(held)
        within_reach = self.share_within_reach(goal, held, wealth)
        chosen = []
        for i, value in enumerate(held):
            aim = goal[i] * wealth * (within_reach if self.tradable[i] else 1.0)
            wish = abs(aim - value)
            wanted = wish > SMALLEST * wealth and (
                wish >= self.problem.terms.minimum_trade * (1.0 - SMALLEST) or goal[i] == 0.0
            )
            self.waiting[i] = wanted and not self.tradable[i]
            if wanted and self.tradable[i]:
                chosen.append(i)
        if not chosen:
            return traded
        share = self.share_after_costs(row, goal, held, wealth, chosen)
        if share < 0.0:  # the fees are more than there is
            return traded
        for i in chosen:
            units = share * goal[i] * wealth / self.last[i]
            if self.problem.terms.lot > 0.0:
                units = self.problem.terms.lot * floor(units / self.problem.terms.lot * (1.0 + SMALLEST) + ROUND_UP)
            amount = units * self.last[i] - held[i]
            if abs(amount) <= SMALLEST * wealth:
                continue
            traded[i], self.units[i] = amount, units
            self.cash -= traded[i] + self.cost(row, i, abs(traded[i])) + self.problem.terms.order_fee
        self.cash = max(self.cash, 0.0)  # round-off only
        return traded

    def share_within_reach(self, goal: list[float], held: list[float], wealth: float) -> float:
        """The share of wealth that the goal could apply to if trading were free; below 1 only when money is stuck."""
        can = [i for i, tradable in enumerate(self.tradable) if tradable]
        money = self.cash + sum(held[i] for i in can)
        load = wealth * (sum(goal[i] for i in can) + goal[-1])
        return min(1.0, money / load) if load > 0.0 else 1.0

    def share_after_costs(
        self, row: int, goal: list[float], held: list[float], wealth: float, chosen: list[int]
    ) -> float:
        """The share of wealth that the goal's weights apply to, in 0 .. 1; -1 when the fees cannot be paid."""
        money = self.cash + sum(held[i] for i in chosen) - self.problem.terms.order_fee * len(chosen)
        load = wealth * (sum(goal[i] for i in chosen) + goal[-1])

        def rest(share: float) -> float:
            spent = sum(self.cost(row, i, abs(share * goal[i] * wealth - held[i])) for i in chosen)
            return money - spent - share * load

        if rest(1.0) >= 0.0:
            return 1.0
        if rest(0.0) < 0.0:
            return -1.0
        share = 1.0
        for _ in range(60):
            slope = -load
            for i in chosen:
                move = share * goal[i] * wealth - held[i]
                marginal = self.marginal_cost(row, i, abs(move)) * goal[i] * wealth
                slope -= marginal if move > 0.0 else -marginal
            step = rest(share) / slope
            share = max(share - step, 0.0)
            if abs(step) <= 1e-15:
                break
        return share

    def cost(self, row: int, i: int, size: float) -> float:
        impact = float(self.problem.impact[row, i]) if len(self.problem.impact) else 0.0
        return float(self.problem.rates[i]) * size + impact * size * sqrt(size)

    def marginal_cost(self, row: int, i: int, size: float) -> float:
        impact = float(self.problem.impact[row, i]) if len(self.problem.impact) else 0.0
        return float(self.problem.rates[i]) + 1.5 * impact * sqrt(size)

    def record(self, row: int, reason: int, traded: list[float], paid: bool) -> None:
        self._wealth.append(self.wealth())
        self._cash.append(self.cash)
        dealt = any(amount != 0.0 for amount in traded)
        if dealt or paid:
            self._changes.append((row - self.problem.start, reason if dealt else DELISTED, list(self.units), traded))

    def path(self) -> Path:
        assets = len(self.units)
        rows, reasons, units, traded = zip(*self._changes, strict=True) if self._changes else ((), (), (), ())
        return Path(
            wealth=np.array(self._wealth),
            cash=np.array(self._cash),
            rows=np.array(rows, dtype=np.int64),
            reasons=np.array(reasons, dtype=np.int64),
            units=np.array(units, dtype=np.float64).reshape(-1, assets),
            traded=np.array(traded, dtype=np.float64).reshape(-1, assets),
        )
