"""How near any choice of positions can come, without solving for it: a Lagrangian bound (Geoffrion 1974).

Every convex limit is moved into the objective at a price, volatility, CVaR and turnover by the plane that touches them
at some weights. What is left is separable: each asset is nothing, or between its floor and its cap, on its own, and the
best ones take the places there are. For any prices of zero or more, and any price of the budget, that minimum bounds
the squared distance from below; the budget's price is chosen to make it largest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.limits import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.projection import Projection
from portfolio.violations import tail, turnover, volatility

Bools = NDArray[np.bool_]
HALVINGS = 40
"""Of the interval in which the budget's price lies."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Convex limits at their prices: `linear` (N + 1,) times the weights, less `constant`, is at most zero for all
    weights that obey them."""

    linear: Floats
    constant: float


def prices_of(projection: Projection, constraints: ConstraintSet) -> Prices:
    """The limits at the prices that a projection found for them; limits of single weights are left to the boxes."""
    weights, duals = projection.weights, projection.duals
    linear, constant = np.zeros(constraints.size), 0.0
    for row in constraints.group_rows:
        signed = duals.get(row.name, 0.0) * (1.0 if row.kind == "cap" else -1.0)
        linear[list(row.members)] += signed
        constant += signed * row.bound
    if constraints.volatility is not None and (price := duals.get(VOLATILITY, 0.0)) > 0.0:
        swings = volatility(weights, constraints)
        if swings > 0.0:
            linear[:-1] += price * (constraints.covariance @ weights[:-1]) / swings
            constant += price * constraints.volatility.bound
    if constraints.cvar is not None and (price := duals.get(CVAR, 0.0)) > 0.0:
        share = tail(-(constraints.scenarios @ weights[:-1]))
        linear[:-1] -= price * MONTHS_ROOT * (share @ constraints.scenarios)
        constant += price * constraints.cvar.bound
    if constraints.turnover is not None and constraints.current is not None:
        price = duals.get(TURNOVER, 0.0)
        slope: Floats = 0.5 * np.sign(weights - constraints.current)
        linear += price * slope
        room = constraints.turnover.bound - turnover(weights, constraints.current) + float(slope @ weights)
        constant += price * room
    return Prices(linear, constant)


@dataclass(frozen=True, eq=False)
class Boxes:
    """Of N + 1 weights, cash last: what each may weigh where it is held. `lower` holds the smallest position."""

    lower: Floats
    upper: Floats


def lagrangian_bound(
    target: Floats, prices: Prices, boxes: Boxes, held: Bools, out: Bools, fewest: int, most: int
) -> tuple[float, Bools]:
    """A squared distance that no choice beats, and the (N,) positions for which the bound is reached.

    Every choice has the `held` assets, none that is `out`, and from `fewest` to `most` of the N in all. The bound is
    infinite where the numbers alone allow no choice.
    """
    undecided = ~held & ~out
    count, places = int(held.sum()), int(undecided.sum())
    least, room = max(fewest - count, 0), min(most - count, places)
    if room < 0 or least > places:
        return float("inf"), held
    nothing = target[:-1] ** 2
    reach = 4.0 + 2.0 * float(np.abs(prices.linear).max())
    low, high = -reach, reach
    best, chosen_best = -np.inf, held
    for _ in range(HALVINGS):
        price = 0.5 * (low + high)
        slope = prices.linear + price
        weights = np.clip(target - 0.5 * slope, boxes.lower, boxes.upper)
        value = (weights - target) ** 2 + slope * weights
        saved = np.where(undecided, value[:-1] - nothing, np.inf)
        order = np.argsort(saved, kind="stable")[:room]
        taken = order[: max(least, int((saved[order] < 0.0).sum()))]
        chosen = held.copy()
        chosen[taken] = True
        total = float(np.where(chosen, value[:-1], nothing).sum() + value[-1]) - prices.constant - price
        if total > best:
            best, chosen_best = total, chosen
        # The bound is concave in the price, and this is its slope.
        if float(weights[:-1][chosen].sum() + weights[-1]) > 1.0:
            low = price
        else:
            high = price
    return best, chosen_best
