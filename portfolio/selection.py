"""Which assets to hold, where limits are not convex: so many at most, so many at least, nothing or at least so much.

The question
------------
Of all weights that obey every limit, positions included, those nearest to a target. Once it is known which assets are
held, the rest is a convex projection: floors on what is held, zero for all else. So only the support is searched.

Method
------
1. Two steps: the projection without the limits on positions ranks the assets; the best supports of each size are
   projected exactly, and swaps improve the best of them.
2. Branch and bound (Land and Doig 1960; for portfolios Bienstock 1996), best bound first. A node fixes some assets as
   held and some as not. Its bound is the larger of two: the distance of its relaxation, the house's own projection with
   two more rows (what is open may weigh no more together than the largest caps of as many assets as there are places
   left; the fewest positions must have their least weight together); and a Lagrangian bound that knows of each asset
   that it is nothing or a position (`portfolio.support_bound`). Both leave every choice in.

Where the search is not ended by its limit of nodes the answer is the best there is; otherwise `gap` says how much
nearer another choice could be at the most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from portfolio.limits import EXCLUDED, ConstraintSet, LimitRow
from portfolio.market import Floats
from portfolio.projection import Infeasible, Projection, project, project_many
from portfolio.support import Bools, NoSupportError, SupportSearch, exact, on_support
from portfolio.violations import position_violations

SMALL = 40
"""Up to so many open assets branch and bound is tried; above, the two steps and the bound of the first relaxation."""
NODES = 200
"""Projections that branch and bound may spend: a second or two at 20 assets, where it seldom needs fifty."""


@dataclass(frozen=True)
class ScoreRule:
    """A least score for an asset to be held.

    Attributes
    ----------
    minimum : from 1 to 10
    scores : symbol -> combined score from 1 to 10; None, or no entry, is unknown. What is unknown is not shown to
        reach the minimum, so it is not held.
    reason : whose rule it is
    """

    minimum: float
    scores: Mapping[str, float | None]
    reason: str


@dataclass(frozen=True, eq=False)
class Selection:
    """The chosen positions and their weights.

    Attributes
    ----------
    projection : of the target onto the limits with these positions; its duals hold with the positions as they are
    constraints : those limits: floors on what is held, zero on what is not
    held : (N,) what is held
    gap : Euclidean distance by which another choice might be nearer, at the most; 0 where `proved`
    proved : no other choice is nearer
    nodes : projections that the search took
    """

    projection: Projection
    constraints: ConstraintSet
    held: Bools
    gap: float
    proved: bool
    nodes: int


def select(target: Floats, constraints: ConstraintSet, *, nodes: int = NODES) -> Selection:
    """The nearest weights to (N + 1,) `target`, cash last, that also obey the limits on positions.

    Each weight beside cash is exactly zero or at least the smallest position. Raises `portfolio.support.NoSupportError`
    where the search found none; its `proved` says whether none exists. Raises ValueError on a target that is not finite
    or of another length.
    """
    target = np.asarray(target, dtype=np.float64)
    if target.shape != (constraints.size,) or not np.isfinite(target).all():
        raise ValueError(f"a target needs {constraints.size} finite weights, cash last")
    plain = _without_positions(target, constraints)
    if plain is not None:
        return Selection(plain, replace(constraints, positions=None), plain.weights[:-1] > 0.0, 0.0, True, 1)
    search = SupportSearch(target, constraints)
    allowed = nodes if int(search.open.sum()) <= SMALL else 0
    search.two_steps()
    search.branch_and_bound(allowed)
    if search.best is None:
        raise NoSupportError(search.proved)
    _, projection = search.best
    # Newton's last digits: another choice may be nearer by as much as a projection is exact.
    gap = 0.0 if search.proved else max(0.0, projection.distance - float(np.sqrt(max(search.bound, 0.0))))
    held = np.asarray(projection.weights[:-1] > 0.0)
    return Selection(projection, on_support(constraints, held), held, gap, search.proved, search.nodes)


def invested(target: Floats, chosen: Selection) -> Projection:
    """The chosen positions with what the others would have held shared among them in proportion to the target.

    The nearest weights of `select` let cash take most of it, so that few positions would mean little risk, which
    nobody asked for. Here the target is brought to the positions first, cash as it was, and then projected onto the
    same limits. `distance` is from the target as it was given.
    """
    risky = np.maximum(target[:-1], 0.0)
    kept = float(risky[chosen.held].sum())
    if chosen.nodes <= 1 or kept <= 0.0:
        return chosen.projection
    shared = np.append(np.where(chosen.held, risky * (float(risky.sum()) / kept), 0.0), target[-1])
    found = project(shared, chosen.constraints)
    return exact(found, chosen.held, chosen.constraints.lower, target)


def nearest_many(targets: Floats, constraints: ConstraintSet) -> Floats:
    """(B, N + 1) weights of (B, N + 1) targets as the risk manager finds them, positions included where limited.

    Positions are chosen in two steps, without branch and bound: for attribution, which asks for dozens. Raises
    Infeasible or NoSupportError.
    """
    if constraints.positions is None:
        return project_many(targets, constraints)
    found = [invested(target, select(target, constraints, nodes=0)).weights for target in targets]
    return np.array(found).reshape(len(targets), constraints.size)


def _without_positions(target: Floats, constraints: ConstraintSet) -> Projection | None:
    """The projection that knows nothing of positions, where its weights obey those limits all the same."""
    try:
        plain = project(target, replace(constraints, positions=None))
    except Infeasible:
        return None
    return None if position_violations(plain.weights, constraints) else plain


def with_minimum_score(constraints: ConstraintSet, rule: ScoreRule) -> ConstraintSet:
    """The limits with every asset struck that does not reach the rule's minimum; convex, so any solver sees it."""
    limit = f"{EXCLUDED}scored under {rule.minimum:g} of 10"
    rows = []
    for column, symbol in enumerate(constraints.symbols[:-1]):
        score = rule.scores.get(symbol)
        if score is None or score < rule.minimum:
            told = f"{symbol} has no score" if score is None else f"{symbol} scores {score:.2f} of 10"
            reason = f"{told}, and at least {rule.minimum:g} is asked for. {rule.reason}"
            rows.append(LimitRow(f"{limit}: {symbol}", limit, "cap", (column,), 0.0, reason))
    return replace(constraints, rows=(*constraints.rows, *rows))
