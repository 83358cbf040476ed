"""Why no choice of positions exists: the limits that contradict each other, and which number of positions would do.

The convex limits have `portfolio.infeasibility`. What is left is a contradiction that only limits on positions make
("no position under 20 %" beside "at least six of them"). A limit belongs to it when the rest can hold without it, which
the search of `portfolio.support` proves or leaves open; an open question keeps the limit in, so that what is named does
contradict itself, though now and then it could be named more shortly.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from portfolio.decision import Relaxation
from portfolio.limits import FEWEST, MOST, SMALLEST, ConstraintSet, PositionLimits, ScalarLimit
from portfolio.support import SupportSearch

NODES = 60
"""Projections that one question may spend."""
STEP = 0.001
"""A smallest position is lowered by tenths of a percent."""


def positions_conflict(constraints: ConstraintSet) -> tuple[str, ...]:
    """Names of limits that contradict each other, limits on positions among them; empty where that is not proved.

    For limits whose convex part holds together.
    """
    limits = constraints.positions
    if limits is None or _exists(constraints) is not False:
        return ()
    left = [*(item.name for item in limits.stated), *constraints.limits]
    convex = [name for name in constraints.limits if constraints.is_settable(name)]
    facts = [name for name in constraints.limits if not constraints.is_settable(name)]
    # Facts of the market first, then the client's other limits: what only they forbid is told as theirs.
    for name in (*facts, *convex, *(item.name for item in limits.stated)):
        without = [other for other in left if other != name]
        if _exists(_kept(constraints, without)) is False:
            left = without
    return tuple(left)


def position_relaxations(constraints: ConstraintSet, among: Sequence[str]) -> tuple[Relaxation, ...]:
    """For each limit on positions of `among`: the nearest number with which, all else as it is, a choice exists."""
    limits = constraints.positions
    out: list[Relaxation] = []
    for item in limits.stated if limits is not None else ():
        if item.name not in among:
            continue
        for number in _other_numbers(item, constraints.size - 1):
            if _exists(_with(constraints, item.name, number)):
                out.append(Relaxation(limit=item.name, current=item.bound, needed=number, reason=_wish(item, number)))
                break
    return tuple(out)


def _other_numbers(item: ScalarLimit, assets: int) -> list[float]:
    """Looser numbers for a limit on positions, the nearest first."""
    if item.name == MOST:
        return [float(number) for number in range(int(item.bound) + 1, assets + 1)]
    if item.name == FEWEST:
        return [float(number) for number in range(int(np.ceil(item.bound)) - 1, -1, -1)]
    return [round(step * STEP, 4) for step in range(int(np.ceil(item.bound / STEP)) - 1, -1, -1)]


def _wish(item: ScalarLimit, number: float) -> str:
    if item.name == SMALLEST:
        return f"Allow positions from {100 * number:g} % on, everything else as it is. ({item.reason})"
    way = "Allow up to" if item.name == MOST else "Ask for no more than"
    return f"{way} {number:.0f} positions, everything else as it is. ({item.reason})"


def _exists(constraints: ConstraintSet) -> bool | None:
    """Whether a choice of positions obeys all limits; None where the search did not find out."""
    if constraints.positions is None:
        raise ValueError("there are no limits on positions; ask portfolio.infeasibility")
    search = SupportSearch(_middle(constraints), constraints)
    search.two_steps(swaps=False)
    if search.best is None:
        search.branch_and_bound(NODES)
    return True if search.best is not None else False if search.proved else None


def _middle(constraints: ConstraintSet) -> np.ndarray:
    """Equal weight over what may be held and cash: a target that prefers nobody."""
    may = np.append(constraints.upper[:-1] > 0.0, True)
    return np.where(may, 1.0 / may.sum(), 0.0)


def _with(constraints: ConstraintSet, name: str, number: float) -> ConstraintSet:
    limits = constraints.positions

    def other(item: ScalarLimit | None) -> ScalarLimit | None:
        return item if item is None or item.name != name else replace(item, bound=number)

    if limits is None:
        return constraints
    return replace(
        constraints,
        positions=PositionLimits(most=other(limits.most), fewest=other(limits.fewest), smallest=other(limits.smallest)),
    )


def _kept(constraints: ConstraintSet, names: Sequence[str]) -> ConstraintSet:
    """The same weights under some of the limits."""

    def one(item: ScalarLimit | None) -> ScalarLimit | None:
        return item if item is not None and item.name in names else None

    limits = constraints.positions or PositionLimits()
    fewest, smallest = one(limits.fewest), one(limits.smallest)
    if fewest is not None and smallest is None:
        # Without its size a position is any weight at all, so that as many exist as there are assets with room.
        smallest = ScalarLimit(SMALLEST, STEP / 100.0, "")
    return replace(
        constraints,
        rows=tuple(row for row in constraints.rows if row.limit in names),
        turnover=one(constraints.turnover),
        volatility=one(constraints.volatility),
        cvar=one(constraints.cvar),
        positions=PositionLimits(most=one(limits.most), fewest=fewest, smallest=smallest),
    )
