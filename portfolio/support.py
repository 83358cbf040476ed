"""The search for a support: which assets are held. `portfolio.selection` explains it."""

import heapq
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from portfolio.limits import FEWEST, MOST, SMALLEST, ConstraintSet, LimitRow
from portfolio.market import Floats
from portfolio.projection import Infeasible, Projection, Projector
from portfolio.support_bound import Boxes, Prices, lagrangian_bound, prices_of

Bools = NDArray[np.bool_]
NOT_HELD = "not held"
"""How the rows are called that keep an asset at zero because it is no position."""
NOTHING = 1e-9
"""A weight in a relaxation up to this is zero."""
SAME = 1e-10
"""Squared distances nearer than this are equal: a projection is no more exact."""
SIZES = 12
"""Supports of so many sizes are tried in the first step."""
SWAP_WIDTH = 4
"""Swaps try so many of what is held against so many of what is not."""
SWAP_ROUNDS = 6


class NoSupportError(ValueError):
    """No choice of positions obeys all limits, or none was found. `proved`: none exists."""

    def __init__(self, proved: bool) -> None:
        self.proved = proved
        super().__init__(
            "no choice of positions obeys all limits"
            if proved
            else "no choice of positions was found that obeys all limits; fewer limits on positions would help"
        )


def on_support(constraints: ConstraintSet, held: Bools) -> ConstraintSet:
    """The limits with (N,) `held` assets at least at the smallest position and all others at zero: convex again."""
    return _restricted(constraints, held, ~held, ())


def _restricted(constraints: ConstraintSet, held: Bools, out: Bools, more: tuple[LimitRow, ...]) -> ConstraintSet:
    limits = constraints.positions
    floor = 0.0 if limits is None else limits.floor
    reason = limits.smallest.reason if limits is not None and limits.smallest is not None else ""
    rows = [
        LimitRow(f"{SMALLEST}: {constraints.symbols[i]}", SMALLEST, "floor", (i,), floor, reason)
        for i in np.flatnonzero(held).tolist()
        if floor > 0.0
    ]
    rows += [
        LimitRow(f"{NOT_HELD}: {constraints.symbols[i]}", NOT_HELD, "cap", (i,), 0.0, "Other positions are nearer.")
        for i in np.flatnonzero(out).tolist()
    ]
    return replace(constraints, rows=(*constraints.rows, *rows, *more), positions=None)


@dataclass(frozen=True, eq=False)
class _Node:
    """Some assets decided. `bound`: no choice below has a smaller squared distance; `projection`: of the relaxation."""

    bound: float
    held: Bools
    out: Bools
    projection: Projection
    prices: Prices
    hint: Bools
    """The positions for which the bound is reached: a good guess."""


class SupportSearch:
    """One target, one set of limits.

    Attributes
    ----------
    open : (N,) assets on which there is something to decide
    best : the nearest choice so far and its projection, or None
    bound : no choice has a squared distance below it
    proved : the search ended: `best` is the nearest, or there is none
    nodes : projections solved so far
    """

    def __init__(self, target: Floats, constraints: ConstraintSet) -> None:
        if constraints.positions is None:
            raise ValueError("there are no limits on positions; project the target instead")
        self.target, self.constraints, self.limits = target, constraints, constraints.positions
        floor, risky = self.limits.floor, constraints.size - 1
        self.forced: Bools = constraints.lower[:-1] > 0.0
        self.struck: Bools = constraints.upper[:-1] < max(floor, SAME)
        self.open: Bools = ~self.forced & ~self.struck
        self.most = risky if self.limits.most is None else min(risky, int(self.limits.most.bound))
        self.fewest = 0 if self.limits.fewest is None else int(np.ceil(self.limits.fewest.bound))
        self.best: tuple[Bools, Projection] | None = None
        self.bound = 0.0
        self.proved = False
        self.nodes = 0
        lower = np.maximum(constraints.lower, np.append(np.full(risky, floor), 0.0))
        self._boxes = Boxes(lower, np.maximum(constraints.upper, lower))
        self._best_prices: tuple[Prices, ...] = ()
        self._tried: set[bytes] = set()
        self._root = self._node(self.forced, self.struck, ())

    def two_steps(self, *, swaps: bool = True) -> None:
        """Supports ranked by the relaxation, a few sizes, the bound's own guess, then swaps; without them the first
        that obeys the limits is enough."""
        if self._root is None:
            return
        weights = self._root.projection.weights[:-1]
        order = np.lexsort((-self.target[:-1], -weights))
        order = order[self.open[order]]
        base = int(self.forced.sum())
        least, most = max(self.fewest - base, 0), min(self.most - base, len(order))
        wanted = int((weights[order] > max(self.limits.floor / 2.0, NOTHING)).sum())
        self._try(self._root.hint)
        for size in sorted(range(least, most + 1), key=lambda size: (abs(size - wanted), size))[:SIZES]:
            held = self.forced.copy()
            held[order[:size]] = True
            self._try(held)
            if self.best is not None and not swaps:
                return
        for _ in range(SWAP_ROUNDS if swaps else 0):
            if not self._swap():
                break

    def branch_and_bound(self, nodes: int) -> None:
        """Best bound first, until nothing open can be nearer or `nodes` more projections are spent."""
        before, count = self.nodes, 0
        heap: list[tuple[float, int, _Node]] = [] if self._root is None else [(self._root.bound, 0, self._root)]
        while heap:
            # Bounds were made before the best was known, whose prices make them higher.
            node = heapq.heappop(heap)[2]
            bound = max(node.bound, self._below(node.held, node.out, self._best_prices)[0])
            if bound > node.bound and heap and bound > heap[0][0]:
                heapq.heappush(heap, (bound, count := count + 1, replace(node, bound=bound)))
                continue
            self.bound = min(bound, self._worst)
            if bound >= self._worst:
                break
            if self.nodes - before >= nodes:
                return
            column = self._branch(node.projection.weights[:-1], node.held, node.out)
            if column is None:
                self._try(np.asarray(node.projection.weights[:-1] > NOTHING) | node.held)
                continue
            self._try(node.hint)
            for side in (True, False):
                more, less = node.held.copy(), node.out.copy()
                (more if side else less)[column] = True
                child = self._node(*self._implied(more, less), (node.prices,))
                if child is not None:
                    heapq.heappush(heap, (max(child.bound, bound), count := count + 1, child))
        self.proved = True
        self.bound = np.inf if self.best is None else self.best[1].distance ** 2

    @property
    def _worst(self) -> float:
        """A squared distance that is no better than what there is."""
        return np.inf if self.best is None else self.best[1].distance ** 2 - SAME

    def _implied(self, held: Bools, out: Bools) -> tuple[Bools, Bools]:
        """What follows from the numbers alone: no place left strikes the rest, no spare asset holds it."""
        if int(held.sum()) == self.most:
            out = ~held
        elif int((~out).sum()) == self.fewest:
            held = ~out
        return held, out

    def _below(self, held: Bools, out: Bools, known: tuple[Prices, ...]) -> tuple[float, Bools]:
        """A squared distance that no choice with these held and these not beats; 0 where no prices are known."""
        bound, hint = 0.0, held
        for prices in known:
            least, chosen = lagrangian_bound(self.target, prices, self._boxes, held, out, self.fewest, self.most)
            if least > bound:
                bound, hint = least, chosen
        return bound, hint

    def _node(self, held: Bools, out: Bools, known: tuple[Prices, ...]) -> _Node | None:
        """The relaxation with these held, these not and the rest open; None where it holds nothing nearer."""
        undecided = ~held & ~out
        places = self.most - int(held.sum())
        if places < 0 or int((~out).sum()) < self.fewest or bool((held & out).any()):
            return None
        below = self._below(held, out, (*known, *self._best_prices))[0]
        if below >= self._worst:
            return None
        more: list[LimitRow] = []
        members = tuple(np.flatnonzero(undecided).tolist())
        if places < len(members):
            room = float(np.sort(self.constraints.upper[:-1][undecided])[::-1][:places].sum())
            more.append(LimitRow("places left", MOST, "cap", members, room, ""))
        if self.fewest > 0:
            able = tuple(np.flatnonzero(~out).tolist())
            more.append(LimitRow("places to fill", FEWEST, "floor", able, self.fewest * self.limits.floor, ""))
        found = self._project(_restricted(self.constraints, held, out, tuple(more)))
        if found is None:
            return None
        prices = prices_of(found, self.constraints)
        least, hint = self._below(held, out, (prices,))
        bound = max(found.distance**2, below, least)
        return None if bound >= self._worst else _Node(bound, held, out, found, prices, hint)

    def _branch(self, weights: Floats, held: Bools, out: Bools) -> int | None:
        """An undecided asset on which the relaxation breaks a limit on positions; None where it breaks none."""
        undecided, positive = ~held & ~out, weights > NOTHING
        thin = undecided & positive & (weights < self.limits.floor - NOTHING)
        if thin.any():
            return _first(-np.abs(weights - self.limits.floor / 2.0), thin)
        if int(positive.sum()) > self.most:
            return _first(weights, undecided & positive)
        if int(positive.sum()) < self.fewest:
            return _first(self.target[:-1], undecided & ~positive)
        return None

    def _try(self, held: Bools) -> bool:
        """Whether this support is nearer than the best so far, and so takes its place."""
        key, count = held.tobytes(), int(held.sum())
        if key in self._tried or not self.fewest <= count <= self.most or bool((held & self.struck).any()):
            return False
        self._tried.add(key)
        if self._below(held, ~held, self._best_prices)[0] >= self._worst:
            return False
        found = self._project(on_support(self.constraints, held))
        if found is None:
            return False
        found = exact(found, held, self._boxes.lower, self.target)
        if found.distance**2 >= self._worst:
            return False
        self.best = held.copy(), found
        self._best_prices = (prices_of(found, self.constraints),)
        return True

    def _swap(self) -> bool:
        """One round of dropping, adding and exchanging positions; whether it found anything nearer."""
        if self.best is None:
            return False
        held, projection = self.best
        weights, wish = projection.weights[:-1], self.target[:-1]
        leave = [i for i in np.lexsort((wish, weights)).tolist() if held[i] and self.open[i]][:SWAP_WIDTH]
        come = [i for i in np.argsort(-wish, kind="stable").tolist() if not held[i] and self.open[i]][:SWAP_WIDTH]
        moves = [((i,), ()) for i in leave] + [((), (j,)) for j in come] + [((i,), (j,)) for i in leave for j in come]
        for gone, added in moves:
            other = held.copy()
            other[list(gone)], other[list(added)] = False, True
            if self._try(other):
                return True
        return False

    def _project(self, limits: ConstraintSet) -> Projection | None:
        self.nodes += 1
        try:
            return Projector(limits).project(self.target)
        except Infeasible:
            return None


def exact(found: Projection, held: Bools, lower: Floats, target: Floats) -> Projection:
    """Weights exactly zero off the support and never a digit under the (N + 1,) floors on it; distance from `target`.

    At most the last digits of a target move, one that obeyed the limits within 1e-12 and was returned as it was.
    """
    weights = found.weights.copy()
    weights[:-1][~held] = 0.0
    weights[:-1][held] = np.maximum(weights[:-1][held], lower[:-1][held])
    weights[-1] += 1.0 - float(weights.sum())
    return replace(found, weights=weights, distance=float(np.linalg.norm(weights - target)))


def _first(values: Floats, among: Bools) -> int:
    """Column of the largest value; the first of equals."""
    return int(np.argmax(np.where(among, values, -np.inf)))
