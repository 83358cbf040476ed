"""The projection as a sparse quadratic programme for PIQP, with every weight that cannot move taken out.

minimise 1/2 |w - target|^2 + 1/2 (w - anchor)' H (w - anchor)   over   x = (w, p, a, s)

w : F free weights; p : their increases over what is held now (turnover); a : value at risk, s : M tail excesses (CVaR
by Rockafellar and Uryasev 2000, on M chosen scenarios: leaving scenarios out never overstates CVaR, so it cuts off no
feasible weight).
"""

from dataclasses import dataclass

import numpy as np
import piqp
from numpy.typing import NDArray

from portfolio.constraints import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
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


class NoWeightsError(ValueError):
    """The linear limits leave no weights, or the solver found none."""


@dataclass(frozen=True)
class Curvature:
    """Volatility seen from a point: sigma(w) >= gradient'w, with equality there, and H = price / sigma * covariance."""

    anchor: Floats
    gradient: Floats
    scale: float
    """Price of volatility over volatility at the anchor: zero where the cap had no price yet."""


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
        whole = np.zeros((constraints.size, constraints.size))
        whole[:-1, :-1] = constraints.covariance
        self.covariance = whole[np.ix_(self.columns, self.columns)]
        self.names: list[str] = []
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

    def _groups(self) -> tuple[Floats, Floats]:
        """Rows that could bind, as caps over all N + 1 columns, and their bounds for the free weights alone."""
        rows, right = [], []
        for row in self.constraints.group_rows:
            members = np.zeros(self.constraints.size)
            members[list(row.members)] = 1.0
            sign = 1.0 if row.kind == "cap" else -1.0
            bound = sign * (row.bound - float(members @ self.fixed))
            reach = sign * members * self.free
            highest = float(np.maximum(reach * self.upper, reach * self.lower).sum())
            lowest = float(np.minimum(reach * self.upper, reach * self.lower).sum())
            if lowest > bound + SAME:
                raise NoWeightsError(f"{row.name} cannot hold beside the limits on its members")
            if highest > bound:
                rows.append(sign * members)
                right.append(bound)
                self.names.append(row.name)
        return np.array(rows).reshape(len(rows), self.constraints.size), np.array(right)

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
        return self._set_up(None, np.zeros(width), rows, right)

    def _with_risk(self, target: Floats, curvature: Curvature | None, scenarios: Floats | None) -> piqp.SparseSolver:
        constraints, columns = self.constraints, self.columns
        rows, right, width = self._base()
        count, tail = len(columns), 0 if scenarios is None else len(scenarios) + 1
        linear = np.zeros(width + tail)
        linear[:count] = -target[columns]
        bend: Floats | None = None
        if curvature is not None and constraints.volatility is not None:
            rows.block(rows.new(1), 0, curvature.gradient[columns][None, :])
            right.append(np.array([constraints.volatility.bound - float(curvature.gradient @ self.fixed)]))
            if curvature.scale > 0.0:
                bend = curvature.scale * self.covariance
                linear[:count] -= bend @ curvature.anchor[columns]
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
        return self._set_up(bend, linear, rows, right)

    def _set_up(self, bend: Floats | None, linear: Floats, rows: SparseRows, right: list[Floats]) -> piqp.SparseSolver:
        count, width = len(self.columns), len(linear)
        hessian = SparseRows()
        hessian.new(width)
        if bend is None:
            hessian.diagonal(0, 0, count, 1.0)
        else:
            hessian.block(0, 0, np.eye(count) + bend)
        total = SparseRows()
        total.block(total.new(1), 0, np.ones((1, count)))
        low, high = np.zeros(width), np.full(width, np.inf)
        low[:count], high[:count] = self.lower[self.columns], self.upper[self.columns]
        # Value at risk, right after the weights and their increases, is the one variable that may be negative.
        moved = count if self.turnover is None else 2 * count
        low[moved : moved + 1] = -np.inf
        above = np.concatenate(right)
        solver = piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = EPSILON
        settings.eps_duality_gap_abs = GAP
        settings.eps_rel = settings.eps_duality_gap_rel = 0.0
        settings.max_iter = 60
        settings.preconditioner_reuse_on_update = True
        below = np.full(len(above), -np.inf)
        matrices = hessian.csc(width), total.csc(width), rows.csc(width)
        solver.setup(matrices[0], linear, matrices[1], np.array([self.budget]), matrices[2], below, above, low, high)
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
            gradient[self.columns] += curvature.scale * (self.covariance @ (weights - curvature.anchor)[self.columns])
            at += 1
        if scenarios is not None:
            duals[CVAR] = float(price[at])
            gradient[:-1] -= price[at + 1 :] @ scenarios
        return QuadraticAnswer(weights, duals, gradient, int(info.iter))
