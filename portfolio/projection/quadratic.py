"""The projection as a sparse quadratic programme for PIQP, with every weight that cannot move taken out.

minimise 1/2 |w - target|^2 + 1/2 (w - anchor)' H (w - anchor)   over   x = (w, p, a, s)

w : F free weights; p : their increases over what is held now (turnover); a : value at risk, s : M tail excesses (CVaR
by Rockafellar and Uryasev 2000, on M chosen scenarios: leaving scenarios out never overstates CVaR, so it cuts off no
feasible weight).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import piqp
from numpy.typing import NDArray

from portfolio.limits import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.projection.sparse_rows import SparseRows
from portfolio.violations import TAIL

EPSILON = 1e-12
"""What PIQP must reach: residuals, absolute."""
GAP = 1e-15
"""And the duality gap. Where a weight and its price both vanish, the weight is off by the root of the gap."""
NEAR = 1e-13
"""A duality gap with which an answer is taken that could not be improved."""
SAME = 1e-12
"""A floor and a cap nearer than this leave a weight no room."""
NO_RISK = 1e-9
"""A volatility cap below this allows no risk at all: then only weights without variance may exceed zero. (Without this
rule the feasible set has no interior and no solver is exact on it. Risky assets that hedge each other perfectly at
positive weights would be lost; estimated covariances hold none.)"""


WHOLE = 60
"""Up to so many free weights the whole covariance bends the objective. Above, its leading factors and the diagonal of
the rest do: any curvature leads to the same weights, and factors keep the programme sparse."""
FACTORS = 16


class NoWeightsError(ValueError):
    """The linear limits leave no weights, or the solver found none."""


@dataclass(frozen=True)
class Curvature:
    """Volatility seen from a point: sigma(w) >= gradient'w, with equality there; H = scale * covariance, or nearly."""

    anchor: Floats
    gradient: Floats
    scale: float
    """Price of volatility over volatility at the anchor: zero where the cap had no price yet."""


@dataclass(frozen=True)
class Bend:
    """H / scale = within + factors' factors: (F, F), diagonal where there are factors, and (K, F)."""

    within: Floats
    factors: Floats

    def __matmul__(self, weights: Floats) -> Floats:
        out: Floats = self.within @ weights + self.factors.T @ (self.factors @ weights)
        return out


@dataclass(frozen=True)
class QuadraticAnswer:
    """weights (N + 1,); duals name -> multiplier; gradient (N + 1,): what bounds of single weights must balance."""

    weights: Floats
    duals: dict[str, float]
    gradient: Floats
    iterations: int


class Quadratic:
    """The linear limits of one `ConstraintSet`, set up once; see the module for the programme.

    Raises NoWeightsError where bounds contradict each other outright.
    """

    def __init__(self, constraints: ConstraintSet) -> None:
        self.constraints = constraints
        self.lower, self.upper = constraints.lower, constraints.upper
        cap = constraints.volatility
        if cap is not None and cap.bound <= NO_RISK:
            risky = np.append(np.diag(constraints.covariance) > 0.0, False)
            self.upper = np.where(risky, 0.0, self.upper)
        if bool((self.lower > self.upper + SAME).any()):
            raise NoWeightsError("a floor stands above a cap")
        self.free: NDArray[np.bool_] = self.upper > self.lower + SAME
        self.fixed = np.where(self.free, 0.0, self.lower)
        self.columns = np.flatnonzero(self.free)
        self.group, self.right = self._groups()
        self.budget = 1.0 - float(self.fixed.sum())
        self.turnover = self._turnover_left()
        if len(self.columns) == 0 and abs(self.budget) > SAME:
            raise NoWeightsError("no weight may move and they do not sum to one")
        self.solver = self._linear() if len(self.columns) else None

    def solve(self, target: Floats) -> QuadraticAnswer:
        """Nearest weights to (N + 1,) `target` under the linear limits. Raises NoWeightsError."""
        if self.solver is None:
            return QuadraticAnswer(self.fixed.copy(), {}, self.fixed - target, 0)
        linear = np.zeros(len(self.columns) * (1 if self.turnover is None else 2))
        linear[: len(self.columns)] = -target[self.columns]
        self.solver.update(c=linear)
        return self._answer(self.solver, target, None, None)

    def solve_with(self, target: Floats, curvature: Curvature | None, scenarios: Floats | None) -> QuadraticAnswer:
        """The same with a cut for volatility and CVaR over (M, N) chosen scenarios. Raises NoWeightsError."""
        if self.solver is None:
            return QuadraticAnswer(self.fixed.copy(), {}, self.fixed - target, 0)
        solver = self._with_risk(target, curvature, scenarios)
        return self._answer(solver, target, curvature, scenarios)

    @property
    def is_newton(self) -> bool:
        """Whether steps use all of the curvature, so that their error is squared each time."""
        return len(self.columns) <= WHOLE

    @cached_property
    def bend(self) -> Bend:
        """The curvature of half the variance in the free weights, as factors and a diagonal, or whole."""
        risky = self.columns[self.columns < self.constraints.size - 1]
        covariance = np.zeros((len(self.columns), len(self.columns)))
        covariance[: len(risky), : len(risky)] = self.constraints.covariance[np.ix_(risky, risky)]
        if self.is_newton:
            return Bend(covariance, np.zeros((0, len(self.columns))))
        values, vectors = np.linalg.eigh(covariance)
        factors = (vectors[:, -FACTORS:] * np.sqrt(np.maximum(values[-FACTORS:], 0.0))).T
        rest = np.maximum(np.diag(covariance) - (factors**2).sum(axis=0), 0.0)
        return Bend(np.diag(rest), factors)

    def _groups(self) -> tuple[Floats, Floats]:
        """Rows that could bind, as caps over all N + 1 columns, and their bounds for the free weights alone."""
        matrix, bounds = self.constraints.group_caps
        reach = matrix * self.free
        right = bounds - matrix @ self.fixed
        lowest = np.minimum(reach * self.upper, reach * self.lower).sum(axis=1)
        highest = np.maximum(reach * self.upper, reach * self.lower).sum(axis=1)
        for row in np.flatnonzero(lowest > right + SAME).tolist():
            raise NoWeightsError(
                f"{self.constraints.group_rows[row].name} cannot hold beside the limits on its members"
            )
        kept = highest > right
        self.names = [self.constraints.group_rows[row].name for row in np.flatnonzero(kept)]
        return matrix[kept], right[kept]

    def _turnover_left(self) -> float | None:
        """One-way turnover that the free weights may spend; None where turnover is not limited."""
        current, cap = self.constraints.current, self.constraints.turnover
        if cap is None or current is None:
            return None
        left = cap.bound - float(np.maximum(self.fixed - current, 0.0)[~self.free].sum())
        if left < -SAME:
            raise NoWeightsError("the weights that cannot move break the turnover cap")
        return max(left, 0.0)

    def _base(self) -> tuple[SparseRows, list[Floats], int]:
        """Linear rows over (w, p), their right-hand sides, and the number of those columns."""
        rows, count = SparseRows(), len(self.columns)
        rows.block(rows.new(len(self.group)), 0, self.group[:, self.columns])
        if self.turnover is None or self.constraints.current is None:
            return rows, [self.right], count
        rise = rows.new(count)
        rows.diagonal(rise, 0, count, 1.0)
        rows.diagonal(rise, count, count, -1.0)
        rows.block(rows.new(1), count, np.ones((1, count)))
        return rows, [self.right, self.constraints.current[self.columns], np.array([self.turnover])], 2 * count

    def _linear(self) -> piqp.SparseSolver:
        """Set up with a target of zero, so that scaling, and so each bit of each answer, forgets earlier targets."""
        rows, right, width = self._base()
        return self._set_up(0.0, np.zeros(width), rows, right)

    def _with_risk(self, target: Floats, curvature: Curvature | None, scenarios: Floats | None) -> piqp.SparseSolver:
        constraints, columns = self.constraints, self.columns
        rows, right, width = self._base()
        count, tail = len(columns), 0 if scenarios is None else len(scenarios) + 1
        linear = np.zeros(width + tail)
        linear[:count] = -target[columns]
        scale = curvature.scale if curvature is not None else 0.0
        if curvature is not None and constraints.volatility is not None:
            rows.block(rows.new(1), 0, curvature.gradient[columns][None, :])
            right.append(np.array([constraints.volatility.bound - float(curvature.gradient @ self.fixed)]))
            if curvature.scale > 0.0:
                pull = curvature.scale * curvature.anchor[columns]
                linear[:count] -= self.bend @ pull
        if scenarios is not None and constraints.cvar is not None:
            chosen = len(scenarios)
            losses = np.hstack([-scenarios, np.zeros((chosen, 1))])
            cap = rows.new(1)
            rows.block(cap, width, np.array([[MONTHS_ROOT]]))
            rows.block(cap, width + 1, np.full((1, chosen), MONTHS_ROOT / (TAIL * len(constraints.scenarios))))
            excess = rows.new(chosen)
            rows.block(excess, 0, losses[:, columns])
            rows.block(excess, width, np.full((chosen, 1), -1.0))
            rows.diagonal(excess, width + 1, chosen, -1.0)
            right += [np.array([constraints.cvar.bound]), -(losses @ self.fixed)]
        return self._set_up(scale, linear, rows, right)

    def _set_up(self, scale: float, linear: Floats, rows: SparseRows, right: list[Floats]) -> piqp.SparseSolver:
        """PIQP over (w, p, a, s) and, where H comes as factors, y = factors @ w."""
        count, known = len(self.columns), len(linear)
        factors = self.bend.factors if scale > 0.0 else np.zeros((0, count))
        width = known + len(factors)
        hessian = SparseRows()
        hessian.new(width)
        hessian.block(0, 0, np.eye(count) + (scale * self.bend.within if scale > 0.0 else 0.0))
        hessian.diagonal(known, known, len(factors), scale)
        equal = SparseRows()
        equal.block(equal.new(1), 0, np.ones((1, count)))
        start = equal.new(len(factors))
        equal.block(start, 0, factors)
        equal.diagonal(start, known, len(factors), -1.0)
        equals = np.concatenate([[self.budget], np.zeros(len(factors))])
        low, high = np.zeros(width), np.full(width, np.inf)
        low[:count], high[:count] = self.lower[self.columns], self.upper[self.columns]
        # Value at risk, right after the weights and their increases, may be negative, and so may y.
        moved = count if self.turnover is None else 2 * count
        low[moved : moved + 1] = -np.inf
        low[known:] = -np.inf
        linear = np.concatenate([linear, np.zeros(len(factors))])
        above = np.concatenate(right)
        solver = piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = EPSILON
        settings.eps_duality_gap_abs = GAP
        settings.eps_rel = settings.eps_duality_gap_rel = 0.0
        settings.max_iter = 60
        settings.preconditioner_reuse_on_update = True
        below = np.full(len(above), -np.inf)
        matrices = hessian.csc(width), equal.csc(width), rows.csc(width)
        solver.setup(matrices[0], linear, matrices[1], equals, matrices[2], below, above, low, high)
        return solver

    def _answer(
        self, solver: piqp.SparseSolver, target: Floats, curvature: Curvature | None, scenarios: Floats | None
    ) -> QuadraticAnswer:
        """Weights and multipliers out of PIQP's buffers, which the next solve overwrites."""
        status = solver.solve()
        info = solver.result.info
        near = max(info.primal_res, info.dual_res) < 10 * EPSILON and abs(info.duality_gap) < NEAR
        if status != piqp.PIQP_SOLVED and not near:
            raise NoWeightsError(f"PIQP answered {status}")
        count = len(self.columns)
        weights = self.fixed.copy()
        weights[self.columns] = solver.result.x[:count]
        price = np.maximum(np.array(solver.result.z_u), 0.0)
        gradient = weights - target + float(solver.result.y[0])
        duals: dict[str, float] = {}
        groups = len(self.names)
        duals.update(zip(self.names, price[:groups].tolist(), strict=True))
        gradient += price[:groups] @ self.group
        at = groups
        current = self.constraints.current
        if self.turnover is not None and current is not None:
            gradient[self.columns] += price[at : at + count]
            at += count
            duals[TURNOVER] = float(price[at])
            stuck = ~self.free
            gradient[stuck & (self.fixed > current)] += price[at]
            level = stuck & (self.fixed == current)
            gradient[level] += np.clip(-gradient[level], 0.0, price[at])
            at += 1
        if curvature is not None:
            duals[VOLATILITY] = float(price[at])
            gradient += price[at] * curvature.gradient
            gradient[self.columns] += curvature.scale * (self.bend @ (weights - curvature.anchor)[self.columns])
            at += 1
        if scenarios is not None:
            duals[CVAR] = float(price[at])
            gradient[:-1] -= price[at + 1 :] @ scenarios
        return QuadraticAnswer(weights, duals, gradient, int(info.iter))
