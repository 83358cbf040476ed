"""Projection onto all limits: PIQP for the linear ones, then as many cuts as volatility and CVaR ask for.

Method
------
1. The nearest weights under the linear limits. Most often they also keep volatility and CVaR, and are the answer.
2. Otherwise sequential quadratic programming. Volatility enters as the plane that touches it at the last weights, with
   its curvature in the objective (Newton's method, so the last steps converge quadratically); CVaR as the scenarios
   that were in the tail of any weights so far, which is exact as soon as no new scenario enters the tail. Both only
   ever leave weights in, so where a step has no weights, no weights exist.
3. Where that does not settle, Clarabel solves the whole problem as one cone programme. An answer of it that breaks a
   limit by rounding is drawn towards a point strictly inside just far enough; the set is convex, so that is exact.

Each result is measured by `portfolio.violations`, apart from the solvers, before it is returned.
"""

from dataclasses import dataclass

import numpy as np

from portfolio.limits import MONTHS_ROOT, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.projection import conic
from portfolio.projection.quadratic import NO_RISK, Curvature, NoWeightsError, Quadratic, QuadraticAnswer
from portfolio.violations import TAIL, max_violation, monthly_cvar, volatility

TOLERANCE = 1e-8
"""No limit is broken by more than this, ever: the house's promise."""
CLEAN = 1e-10
"""What the fast path must reach to be believed."""
SETTLED = 1e-6
"""A Newton step shorter than this leaves an error of about a hundred times its square."""
NOISE = 1e-8
"""A multiplier below this is the solver's noise."""
AT_BOUND = 1e-9
"""A weight this near to its cap or floor stands at it."""
DUST = 1e-12
"""A weight below this is an interior-point solver's zero."""
BREATH = 1e-5
"""A volatility cap so small that its price is that of the first bit of risk."""
NEAR_CAP = 1.05
"""Scenarios are watched once volatility is no further than this above its cap."""
REACH = 1.3
"""Scenarios watched at a time, over those in the tail: fewer make more rounds, more make each slower (measured)."""
ROUNDS = 30


class Infeasible(ValueError):  # noqa: N818 - the word of the house
    """No weights obey all limits. `excess`: by how much every limit would have to give for some to exist."""

    def __init__(self, excess: float) -> None:
        self.excess = excess
        super().__init__(
            f"no weights obey all limits (each would have to give by {excess:.4g}); "
            "ask portfolio.risk_manager.decide which limits conflict and what to relax"
        )


@dataclass(frozen=True, eq=False)
class Projection:
    """The nearest weights, and what each binding limit costs.

    Attributes
    ----------
    weights : (N + 1,), summing to one within 1e-12, at least zero, exactly zero where not allowed
    duals : name of a binding limit -> fall of the squared distance per unit by which it is relaxed, above zero
    distance : Euclidean distance between target and weights
    max_violation : the largest excess over any limit, measured apart from the solver
    solver : "none" where the target obeys every limit and stays to the bit, else "piqp" or "clarabel"
    rounds : programmes that the answering solver took; 0 where none was needed
    """

    weights: Floats
    duals: dict[str, float]
    distance: float
    max_violation: float
    solver: str
    rounds: int


class Projector:
    """Projects many targets onto one `ConstraintSet`; keep it for as long as the limits stay.

    Not for several threads at once: the solver's buffers are its own.
    """

    def __init__(self, constraints: ConstraintSet) -> None:
        """Raises Infeasible where the bounds alone leave no weights."""
        self.constraints = constraints
        try:
            self._quadratic = Quadratic(constraints)
        except NoWeightsError as error:
            raise Infeasible(conic_excess(constraints)) from error

    def project(self, target: Floats) -> Projection:
        """The weights nearest to (N + 1,) `target`, any finite vector. Raises Infeasible, or ValueError on NaN."""
        target = np.asarray(target, dtype=np.float64)
        if target.shape != (self.constraints.size,) or not np.isfinite(target).all():
            raise ValueError(f"a target needs {self.constraints.size} finite weights, cash last")
        if max_violation(target, self.constraints) <= DUST and bool((target >= 0.0).all()):
            return Projection(target.copy(), {}, 0.0, max_violation(target, self.constraints), "none", 0)
        try:
            answer, rounds = self._settle(target)
        except NoWeightsError:
            return self._surely(target)
        weights = self._tidy(answer.weights)
        worst = max_violation(weights, self.constraints)
        if worst > CLEAN:
            return self._surely(target)
        duals = {**answer.duals, **self._bound_duals(weights, answer.gradient), **self._no_risk_dual(target)}
        return Projection(weights, _prices(duals), _distance(target, weights), worst, "piqp", rounds)

    def _settle(self, target: Floats) -> tuple[QuadraticAnswer, int]:
        """Step 1 and 2 of the module; raises NoWeightsError where they find none or do not settle."""
        constraints, quadratic = self.constraints, self._quadratic
        answer = quadratic.solve(target)
        curvature: Curvature | None = None
        watched = np.zeros(len(constraints.scenarios), dtype=bool)
        for spent in range(1, ROUNDS):
            weights, previous = answer.weights, curvature
            swings = volatility(weights, constraints)
            wild = constraints.volatility is not None and swings - constraints.volatility.bound > CLEAN / 100
            deep = constraints.cvar is not None and (
                monthly_cvar(weights, constraints.scenarios) - constraints.cvar.bound / MONTHS_ROOT > CLEAN / 100
            )
            moved = 0.0 if previous is None else float(np.abs(weights - previous.anchor).max())
            bent = previous is not None and (previous.scale > 0.0 or answer.duals.get(VOLATILITY, 0.0) > 0.0)
            if not wild and not deep and not (bent and moved > (SETTLED if quadratic.is_newton else NOISE)):
                return answer, spent
            if (wild or previous is not None) and swings > 0.0:
                slope = np.append(constraints.covariance @ weights[:-1], 0.0) / swings
                curvature = Curvature(weights, slope, answer.duals.get(VOLATILITY, 0.0) / swings)
            # Volatility first, with its small programmes: what keeps it often keeps CVaR too.
            if deep and not (constraints.volatility is not None and swings > NEAR_CAP * constraints.volatility.bound):
                losses = -(constraints.scenarios @ weights[:-1])
                worst = np.argsort(-losses, kind="stable")[: int(np.ceil(REACH * TAIL * len(losses))) + 1]
                watched[worst] = True
            chosen = constraints.scenarios[watched] if watched.any() else None
            answer = quadratic.solve_with(target, curvature, chosen)
        raise NoWeightsError(f"not settled after {ROUNDS} rounds")

    def _surely(self, target: Floats) -> Projection:
        """Step 3 of the module: Clarabel, or the proof that there is nothing to find."""
        constraints = self.constraints
        try:
            answer = conic.nearest(target, constraints)
        except conic.SolverError:
            answer = self._on_the_edge(target)
        weights = self._tidy(answer.weights)
        worst = max_violation(weights, constraints)
        if worst > CLEAN:
            weights = self._inwards(weights, worst)
            worst = max_violation(weights, constraints)
        if worst > TOLERANCE:
            raise Infeasible(conic_excess(constraints))
        return Projection(weights, _prices(answer.duals), _distance(target, weights), worst, "clarabel", 1)

    def _on_the_edge(self, target: Floats) -> conic.ConicAnswer:
        """For a set so thin that a solver misses it: every limit wider by half of what may be broken."""
        constraints = self.constraints
        excess = conic_excess(constraints)
        if excess > TOLERANCE / 2:
            raise Infeasible(excess)
        wider = {
            limit: constraints.bound_of(limit) + TOLERANCE / 2 * (-1.0 if constraints.is_floor(limit) else 1.0)
            for limit in constraints.limits
            if constraints.bound_of(limit) > 0.0
        }
        try:
            return conic.nearest(target, constraints.relaxed(wider))
        except conic.SolverError:
            return conic.least_relaxation(constraints, constraints.limits, (conic.COMMON,))

    def _inwards(self, weights: Floats, worst: float) -> Floats:
        """The weights, drawn towards the point deepest inside the set just far enough to break no limit."""
        limits = self.constraints.limits
        try:
            deepest = conic.least_relaxation(self.constraints, limits, (conic.COMMON,), may_tighten=True)
        except conic.SolverError:
            return weights
        inside = self._tidy(deepest.weights)
        room = -deepest.slack[conic.COMMON] / MONTHS_ROOT
        if room <= 0.0 or max_violation(inside, self.constraints) > 0.0:
            return weights
        share = worst / (worst + room)
        return self._tidy((1.0 - share) * weights + share * inside)

    def _tidy(self, weights: Floats) -> Floats:
        """Rounds a solver's last digits away: bounds exactly, dust to zero, the sum carried by the roomiest weight."""
        lower, upper = self._quadratic.lower, self._quadratic.upper
        out = np.clip(np.where(weights < DUST, 0.0, weights), lower, upper)
        for _ in range(2):
            rest = 1.0 - float(out.sum())
            room = upper - out if rest > 0 else out - lower
            # Cash first: it is in no volatility, no CVaR and no group.
            carrier = len(out) - 1 if room[-1] >= abs(rest) else int(np.argmax(room))
            out[carrier] = min(max(out[carrier] + rest, lower[carrier]), upper[carrier])
        return out

    def _no_risk_dual(self, target: Floats) -> dict[str, float]:
        """The price of a volatility cap of zero, where nothing risky moves: that of the first bit of risk."""
        cap = self.constraints.volatility
        if cap is None or cap.bound > NO_RISK:
            return {}
        opened = Projector(self.constraints.relaxed({VOLATILITY: BREATH})).project(target)
        return {VOLATILITY: 0.5 * opened.duals.get(VOLATILITY, 0.0)}

    def _bound_duals(self, weights: Floats, gradient: Floats) -> dict[str, float]:
        """Prices of caps and floors on single weights: they balance what is left of the gradient."""
        out: dict[str, float] = {}
        lower, upper = self._quadratic.lower, self._quadratic.upper
        for column in np.flatnonzero(np.abs(gradient) > NOISE).tolist():
            kind, bound = ("cap", upper[column]) if gradient[column] < 0 else ("floor", lower[column])
            if abs(weights[column] - bound) > AT_BOUND:
                continue
            row = self.constraints.tightest.get((kind, column))
            if row is not None and row.bound == bound:
                out[row.name] = abs(float(gradient[column]))
        return out


def _prices(duals: dict[str, float]) -> dict[str, float]:
    """Multipliers of half the squared distance as prices on the squared distance, a solver's noise left out."""
    return {name: 2.0 * price for name, price in duals.items() if price > NOISE}


def _distance(target: Floats, weights: Floats) -> float:
    return float(np.linalg.norm(target - weights))


def conic_excess(constraints: ConstraintSet) -> float:
    """By how much every limit would have to give for weights to exist; zero where they do."""
    answer = conic.least_relaxation(constraints, constraints.limits, (conic.COMMON,))
    return max(answer.slack[conic.COMMON], 0.0)


def project(target: Floats, constraints: ConstraintSet) -> Projection:
    """The weights nearest to (N + 1,) `target`, cash last, that obey every limit. Raises Infeasible."""
    return Projector(constraints).project(target)


def project_many(targets: Floats, constraints: ConstraintSet) -> Floats:
    """(B, N + 1) nearest weights of (B, N + 1) targets under the same limits. Raises Infeasible."""
    projector = Projector(constraints)
    return np.array([projector.project(target).weights for target in targets]).reshape(len(targets), constraints.size)
