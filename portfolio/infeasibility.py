"""Why no weights exist: the limits that contradict each other, and the least that would have to give.

Method
------
- The programme "by how little must every limit give at once" has multipliers that prove the contradiction; limits
  without a multiplier have no part in it. A deletion filter (Chinneck 2008, "Feasibility and Infeasibility in
  Optimization") thins the rest until every limit left is needed: a minimal conflicting set, not always the only one.
- A relaxation is itself a convex programme: the smallest change of one limit with all others as they are.
"""

import math
from collections.abc import Sequence

from portfolio.decision import Relaxation
from portfolio.limits import EXCLUDED, ConstraintSet
from portfolio.projection.conic import COMMON, SolverError, least_relaxation

TOLERANCE = 1e-8
"""Limits that hold together after giving this much are feasible."""
STEP = 1e-6
"""Relaxations are rounded up to it, so that the relaxed limits leave room for a solver."""


def holds_together(constraints: ConstraintSet, kept: Sequence[str]) -> bool:
    """Whether weights exist that obey the `kept` limits, long-only and summing to one."""
    return not kept or least_relaxation(constraints, kept, (COMMON,)).slack[COMMON] <= TOLERANCE


def conflict(constraints: ConstraintSet) -> tuple[str, ...]:
    """Names of a minimal set of limits that contradict each other; empty where all hold together.

    Facts of the market are left out where the client's limits contradict each other without them.
    """
    everything = least_relaxation(constraints, constraints.limits, (COMMON,))
    if everything.slack[COMMON] <= TOLERANCE:
        return ()
    limit_of = {row.name: row.limit for row in constraints.rows}
    strength: dict[str, float] = {}
    for name, price in everything.duals.items():
        limit = limit_of.get(name, name)
        strength[limit] = strength.get(limit, 0.0) + price
    threshold = 1e-6 * max(strength.values())
    suspects = [limit for limit in constraints.limits if strength.get(limit, 0.0) > threshold]
    left = list(constraints.limits) if holds_together(constraints, suspects) else suspects
    for limit in sorted(left, key=constraints.is_settable):
        without = [other for other in left if other != limit]
        if not holds_together(constraints, without):
            left = without
    return tuple(left)


def relaxations(constraints: ConstraintSet, among: Sequence[str]) -> tuple[tuple[Relaxation, ...], tuple[str, ...]]:
    """The smallest change to each limit of `among` that helps by itself, cheapest first, and notes.

    Where no single limit helps, because several conflicts stand at once, the changes are those of the smallest joint
    relaxation (least sum over all limits that can be changed) and each says with which others it goes.
    """
    found: list[Relaxation] = []
    notes: list[str] = []
    for limit in among:
        if not constraints.is_settable(limit):
            notes.append(f"{constraints.reason_of(limit)} No wish can change that.")
            continue
        try:
            give = least_relaxation(constraints, constraints.limits, (limit,)).slack[limit]
        except SolverError as error:
            if not error.proved:
                notes.append(f"Whether changing the {limit} alone would help is not known: {error}.")
            continue
        found.append(_relaxation(constraints, limit, give))
    if not found:
        joint, note = _joint(constraints)
        return joint, (*notes, note)
    found.sort(key=lambda item: (abs(item.needed - item.current), item.limit))
    return tuple(found), tuple(notes)


def _relaxation(constraints: ConstraintSet, limit: str, give: float, together: Sequence[str] = ()) -> Relaxation:
    current = constraints.bound_of(limit)
    change = math.ceil(max(give, 0.0) / STEP + 1e-3) * STEP
    needed = max(current - change, 0.0) if constraints.is_floor(limit) else current + change
    with_others = f"together with {', '.join(together)}" if together else "everything else as it is"
    if limit.startswith(EXCLUDED):
        wish = f"allow up to {_percent(needed, up=True)} in each asset that is {limit}"
    elif constraints.is_floor(limit):
        wish = f"lower the {limit} from {_percent(current, up=False)} to {_percent(needed, up=False)}"
    else:
        wish = f"raise the {limit} from {_percent(current, up=True)} to {_percent(needed, up=True)}"
    reason = f"{wish[0].upper()}{wish[1:]}, {with_others}. ({constraints.reason_of(limit)})"
    return Relaxation(limit=limit, current=current, needed=needed, reason=reason)


def _joint(constraints: ConstraintSet) -> tuple[tuple[Relaxation, ...], str]:
    settable = [limit for limit in constraints.limits if constraints.is_settable(limit)]
    try:
        gives = least_relaxation(constraints, constraints.limits, settable).slack
    except SolverError as error:
        return (), f"No change of the client's limits is known to help: {error}."
    needed = [limit for limit in settable if gives[limit] > 10 * TOLERANCE]
    changes = tuple(
        _relaxation(constraints, limit, gives[limit], [other for other in needed if other != limit]) for limit in needed
    )
    return changes, "No single limit is enough by itself: the changes listed are needed together."


def _percent(value: float, *, up: bool) -> str:
    """Hundredths of a percent, rounded to the generous side: nobody is told a number that is not quite enough."""
    steps = math.ceil(10_000 * value - 1e-6) if up else math.floor(10_000 * value + 1e-6)
    return f"{steps / 100:g} %"
