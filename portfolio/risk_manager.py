"""The risk manager: a proposal goes in; weights that obey every limit come out, or the limits that cannot.

Weights are never clipped and rescaled: that would break other limits on the way. They are the nearest ones that obey
all limits at once, with the price of each limit that holds them there.
"""

from collections.abc import Iterable, Mapping

from portfolio.decision import BindingLimit, Decision
from portfolio.infeasibility import conflict, relaxations
from portfolio.limits import CVAR, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.projection import Infeasible, Projection, Projector
from portfolio.violations import max_violation, turnover, volatility, yearly_cvar

BINDS = 1e-7
"""A limit holds with equality when its value is this near to its bound."""


def decide(proposal: Mapping[str, float], constraints: ConstraintSet) -> Decision:
    """The decision on a proposal: symbol -> weight, cash included, summing to one.

    `distance` is how far the limits moved the proposal and `binding` is what moved it: enough for a caller to send the
    proposal back once. Raises ValueError for a proposal that is no set of weights over these symbols.
    """
    target = constraints.vector(proposal)
    try:
        projection = Projector(constraints).project(target)
    except Infeasible as error:
        return _refusal(constraints, error)
    weights = projection.weights
    notes = list(constraints.notes)
    if projection.solver == "clarabel":
        notes.append("The fast solver did not settle on these limits, so Clarabel answered (slower, same limits).")
    return Decision(
        feasible=True,
        weights=constraints.mapping(weights),
        distance=projection.distance,
        binding=tuple(_binding(projection, constraints)),
        max_violation=max_violation(weights, constraints),
        volatility=volatility(weights, constraints),
        cvar=yearly_cvar(weights, constraints) if len(constraints.scenarios) else None,
        solver=projection.solver,
        notes=tuple(notes),
    )


def _refusal(constraints: ConstraintSet, error: Infeasible) -> Decision:
    names = conflict(constraints)
    changes, notes = relaxations(constraints, names)
    return Decision(
        feasible=False,
        weights=None,
        conflict=names,
        relaxations=changes,
        solver="clarabel",
        notes=(*constraints.notes, f"These limits cannot hold together: {', '.join(names)}.", *notes)
        if names
        else (*constraints.notes, str(error)),
    )


def _binding(projection: Projection, constraints: ConstraintSet) -> Iterable[BindingLimit]:
    """Limits that hold with equality. An asset that may not be held is named only where it would be wanted."""
    weights = projection.weights
    for row in constraints.rows:
        value = float(weights[list(row.members)].sum())
        price = projection.duals.get(row.name, 0.0)
        if abs(value - row.bound) <= BINDS and (price > 0.0 or row.bound > 0.0):
            yield BindingLimit(name=row.name, bound=row.bound, value=value, dual=price, reason=row.reason)
    for scalar in (constraints.turnover, constraints.volatility, constraints.cvar):
        if scalar is not None:
            value = _measure(scalar.name, weights, constraints)
            if abs(value - scalar.bound) <= BINDS:
                price = projection.duals.get(scalar.name, 0.0)
                yield BindingLimit(name=scalar.name, bound=scalar.bound, value=value, dual=price, reason=scalar.reason)


def _measure(name: str, weights: Floats, constraints: ConstraintSet) -> float:
    if name == TURNOVER and constraints.current is not None:
        return turnover(weights, constraints.current)
    if name == VOLATILITY:
        return volatility(weights, constraints)
    if name == CVAR:
        return yearly_cvar(weights, constraints)
    raise ValueError(f"{name} is not measured here")
