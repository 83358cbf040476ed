"""The risk manager: a proposal goes in; weights that obey every limit come out, or the limits that cannot.

Weights are never clipped and rescaled: that would break other limits on the way. They are the nearest ones that obey
all limits at once, with the price of each limit that holds them there. Where the mandate limits the positions
themselves (so many at most, nothing or at least so much), `portfolio.selection` chooses them first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from portfolio.decision import BindingLimit, Decision
from portfolio.infeasibility import conflict, relaxations
from portfolio.limits import CVAR, FEWEST, MOST, SMALLEST, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.position_conflicts import position_relaxations, positions_conflict
from portfolio.projection import Infeasible, Projection, Projector
from portfolio.selection import ScoreRule, Selection, invested, select, with_minimum_score
from portfolio.support import NOT_HELD, NoSupportError
from portfolio.violations import max_violation, position_violations, turnover, volatility, yearly_cvar
from portfolio.wording import percent

BINDS = 1e-7
"""A limit holds with equality when its value is this near to its bound."""


def decide(proposal: Mapping[str, float], constraints: ConstraintSet, rule: ScoreRule | None = None) -> Decision:
    """The decision on a proposal: symbol -> weight, cash included, summing to one.

    `rule` strikes assets that do not reach a least score; None strikes none. `distance` is how far the limits moved the
    proposal and `binding` is what moved it: enough for a caller to send the proposal back once. Raises ValueError for
    a proposal that is no set of weights over these symbols.
    """
    target = constraints.vector(proposal)
    if rule is not None:
        constraints = with_minimum_score(constraints, rule)
    chosen: Selection | None = None
    try:
        if constraints.positions is None:
            projection = Projector(constraints).project(target)
        else:
            chosen = select(target, constraints)
            projection = invested(target, chosen)
    except Infeasible as error:
        return _refusal(constraints, error)
    except NoSupportError as error:
        return _no_positions(constraints, error)
    weights = projection.weights
    notes = list(constraints.notes)
    if projection.solver == "clarabel":
        notes.append("The fast solver did not settle on these limits, so Clarabel answered (slower, same limits).")
    if chosen is not None:
        notes += _told(chosen)
    return Decision(
        feasible=True,
        weights=constraints.mapping(weights),
        distance=projection.distance,
        binding=(*_binding(projection, chosen.constraints if chosen else constraints), *_counts(weights, constraints)),
        max_violation=max(
            max_violation(weights, constraints), *position_violations(weights, constraints).values(), 0.0
        ),
        volatility=volatility(weights, constraints),
        cvar=yearly_cvar(weights, constraints) if len(constraints.scenarios) else None,
        solver=projection.solver,
        notes=tuple(notes),
    )


def _told(chosen: Selection) -> list[str]:
    """How the positions were chosen, and what is not known of them; nothing where the limits on them did not matter."""
    if chosen.nodes <= 1:
        return []
    count = int(chosen.held.sum())
    if chosen.proved:
        found = f"No other choice of positions than these {count} comes nearer to the proposal"
    else:
        found = (
            f"These {count} positions come nearest to the proposal of all that the search tried; another choice might "
            f"come nearer by {percent(chosen.gap, 2)} at the most, as the length of the difference of weights"
        )
    return [f"{found}. What the other assets would have held is shared among them, as far as the limits allow."]


def _counts(weights: Floats, constraints: ConstraintSet) -> Iterable[BindingLimit]:
    """Numbers of positions that stand at their limit. A whole number has no price."""
    limits = constraints.positions
    held = float((weights[:-1] > 0.0).sum())
    for item in (limits.most, limits.fewest) if limits is not None else ():
        if item is not None and held == item.bound:
            yield BindingLimit(name=item.name, bound=item.bound, value=held, dual=0.0, reason=item.reason)


def _no_positions(constraints: ConstraintSet, error: NoSupportError) -> Decision:
    """The convex limits may contradict each other already; else those on positions do, alone or with others."""
    names = conflict(replace(constraints, positions=None))
    if names:
        return _refusal(constraints, error)
    names = positions_conflict(constraints) if error.proved else ()
    if not names:
        return Decision(
            feasible=False,
            weights=None,
            solver="branch and bound",
            notes=(*constraints.notes, f"{error}."[:1].upper() + f"{error}."[1:]),
        )
    changes = position_relaxations(constraints, names)
    notes = [f"These limits cannot hold together: {', '.join(names)}."]
    others = [name for name in names if name not in (MOST, FEWEST, SMALLEST)]
    if others:
        notes.append(f"Or give way on the {', the '.join(others)}.")
    return Decision(
        feasible=False,
        weights=None,
        conflict=names,
        relaxations=changes,
        solver="branch and bound",
        notes=(*constraints.notes, *notes),
    )


def _refusal(constraints: ConstraintSet, error: ValueError) -> Decision:
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
        if row.limit == NOT_HELD:
            continue
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
