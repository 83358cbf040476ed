"""What weights are, measured from the weights alone: volatility, CVaR, turnover, and by how much each limit is broken.

No solver is consulted here, so that a solver's claim can be checked against it.
"""

import numpy as np

from portfolio.limits import CVAR, FEWEST, MONTHS_ROOT, MOST, SMALLEST, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats

TAIL = 0.05
"""The worst share of scenarios that CVaR95 averages over."""
SUM_TO_ONE, LONG_ONLY = "sum to one", "long only"
"""How `violations` names the two laws that stand above every mandate."""


def volatility(weights: Floats, constraints: ConstraintSet) -> float:
    """Yearly volatility of (N + 1,) weights, cash at zero."""
    risky = weights[:-1]
    return float(np.sqrt(max(float(risky @ constraints.covariance @ risky), 0.0)))


def tail(losses: Floats, share: float = TAIL) -> Floats:
    """(S,) probabilities, summing to one, with which CVaR averages `losses`.

    The worst `share` of scenarios count fully and the one on the border in part, so that CVaR is exact for any S
    (Rockafellar and Uryasev 2002). Ties go to the earlier scenario.
    """
    count = share * len(losses)
    whole = int(np.floor(count + 1e-12))
    order = np.argsort(-losses, kind="stable")
    out = np.zeros(len(losses))
    out[order[:whole]] = 1.0 / count
    if whole < len(losses):
        out[order[whole]] = max(count - whole, 0.0) / count
    return out


def monthly_cvar(weights: Floats, scenarios: Floats) -> float:
    """CVaR95 of the 21-day loss of (N + 1,) weights over (S, N) scenarios, as a fraction; negative is a gain."""
    losses = -(scenarios @ weights[:-1])
    return float(tail(losses) @ losses)


def yearly_cvar(weights: Floats, constraints: ConstraintSet) -> float:
    """CVaR95 of (N + 1,) weights on the mandate's yearly scale."""
    return monthly_cvar(weights, constraints.scenarios) * MONTHS_ROOT


def turnover(weights: Floats, current: Floats) -> float:
    """One-way turnover: half the sum of absolute changes, cash included."""
    return 0.5 * float(np.abs(weights - current).sum())


def violations(weights: Floats, constraints: ConstraintSet) -> dict[str, float]:
    """By how much (N + 1,) weights break each limit: limit name -> excess above zero, empty when all hold.

    Measured from the weights alone, apart from any solver. "sum to one" and "long only" stand for the simplex; the
    CVaR excess is on the 21-day scale on which the constraint holds.
    """
    if weights.shape != (constraints.size,) or not np.isfinite(weights).all():
        raise ValueError(f"{constraints.size} finite weights expected, cash last; got shape {weights.shape}")
    excess = {SUM_TO_ONE: abs(float(weights.sum()) - 1.0), LONG_ONLY: -float(weights.min())}
    for row in constraints.rows:
        held = float(weights[list(row.members)].sum())
        excess[row.name] = held - row.bound if row.kind == "cap" else row.bound - held
    if constraints.turnover is not None and constraints.current is not None:
        excess[TURNOVER] = turnover(weights, constraints.current) - constraints.turnover.bound
    if constraints.volatility is not None:
        excess[VOLATILITY] = volatility(weights, constraints) - constraints.volatility.bound
    if constraints.cvar is not None:
        excess[CVAR] = monthly_cvar(weights, constraints.scenarios) - constraints.cvar.bound / MONTHS_ROOT
    excess.update(position_violations(weights, constraints))
    return {name: value for name, value in excess.items() if value > 0.0}


def position_violations(weights: Floats, constraints: ConstraintSet) -> dict[str, float]:
    """By how much (N + 1,) weights break the limits on positions: numbers of positions too many or too few, and the
    weight that each position lacks. Exact: any weight above zero beside cash is a position."""
    limits = constraints.positions
    if limits is None:
        return {}
    risky = weights[:-1]
    count = int((risky > 0.0).sum())
    excess: dict[str, float] = {}
    if limits.most is not None:
        excess[MOST] = count - limits.most.bound
    if limits.fewest is not None:
        excess[FEWEST] = limits.fewest.bound - count
    for column in np.flatnonzero((risky > 0.0) & (risky < limits.floor)).tolist():
        excess[f"{SMALLEST}: {constraints.symbols[column]}"] = limits.floor - float(risky[column])
    return {name: value for name, value in excess.items() if value > 0.0}


def max_violation(weights: Floats, constraints: ConstraintSet) -> float:
    """The largest of `violations` over the convex limits, zero when they hold; without the names, and so many times
    faster. Limits on positions are left out: the projection, which asks this, does not see them."""
    matrix, bounds = constraints.group_caps
    excess = [
        abs(float(weights.sum()) - 1.0),
        float((constraints.lower - weights).max()),
        float((weights - constraints.upper).max()),
        float((matrix @ weights - bounds).max(initial=0.0)),
    ]
    if constraints.turnover is not None and constraints.current is not None:
        excess.append(turnover(weights, constraints.current) - constraints.turnover.bound)
    if constraints.volatility is not None:
        excess.append(volatility(weights, constraints) - constraints.volatility.bound)
    if constraints.cvar is not None:
        excess.append(monthly_cvar(weights, constraints.scenarios) - constraints.cvar.bound / MONTHS_ROOT)
    return max(*excess, 0.0)
