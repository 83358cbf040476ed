"""The projection as a sparse quadratic programme for PIQP, with every weight that cannot move taken out.

minimise 1/2 |w - target|^2 + 1/2 (w - anchor)' H (w - anchor)   over   x = (w, p, a, s)

w : F free weights; p : their increases over what is held now (turnover); a : value at risk, s : M tail excesses (CVaR
by Rockafellar and Uryasev 2000, on M chosen scenarios: leaving scenarios out never overstates CVaR, so it cuts off no
feasible weight).
"""

from dataclasses import dataclass

import numpy as np
import piqp  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy import sparse

from portfolio.constraints import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.violations import TAIL

EPSILON = 1e-12
"""What PIQP must reach: residuals and duality gap, absolute."""
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

    def _base(self) -> tuple[list[sparse.coo_array], list[Floats], int]:
        """Blocks of linear rows over (w, p), their right-hand sides, and the number of those columns."""
        count = len(self.columns)
        group = sparse.coo_array(self.group[:, self.columns])
        if self.turnover is None or self.constraints.current is None:
            return [group], [self.right], count
        eye = sparse.eye_array(count, format="coo")
        total = sparse.coo_array(np.ones((1, count)))
        zero = sparse.coo_array((1, count))
        rises = sparse.hstack([eye, -eye], format="coo")
        group = sparse.hstack([group, sparse.coo_array(group.shape)], format="coo")
        cap = sparse.hstack([zero, total], format="coo")
        right = [self.right, self.constraints.current[self.columns], np.array([self.turnover])]
        return [group, rises, cap], right, 2 * count

    def _linear(self) -> piqp.SparseSolver:
        """Set up with a target of zero, so that scaling, and so each bit of each answer, forgets earlier targets."""
        blocks, right, width = self._base()
        return self._set_up(None, np.zeros(width), blocks, right, width)

    def _with_risk(self, target: Floats, curvature: Curvature | None, scenarios: Floats | None) -> piqp.SparseSolver:
        constraints, columns = self.constraints, self.columns
        blocks, right, width = self._base()
        count, tail = len(columns), 0 if scenarios is None else len(scenarios) + 1
        linear = np.zeros(width + tail)
        linear[:count] = -target[columns]
        bend: Floats | None = None
        if curvature is not None and constraints.volatility is not None:
            held = curvature.gradient[columns][None, :]
            blocks.append(sparse.hstack([sparse.coo_array(held), sparse.coo_array((1, width - count))], format="coo"))
            right.append(np.array([constraints.volatility.bound - float(curvature.gradient @ self.fixed)]))
            if curvature.scale > 0.0:
                covariance = np.zeros((constraints.size, constraints.size))
                covariance[:-1, :-1] = constraints.covariance
                bend = curvature.scale * covariance[np.ix_(columns, columns)]
                linear[:count] -= bend @ curvature.anchor[columns]
        if scenarios is not None and constraints.cvar is not None:
            chosen = len(scenarios)
            losses = np.hstack([-scenarios, np.zeros((chosen, 1))])
            cap = np.zeros((1, width + tail))
            cap[0, width] = MONTHS_ROOT
            cap[0, width + 1 :] = MONTHS_ROOT / (TAIL * len(constraints.scenarios))
            excess = sparse.hstack(
                [
                    sparse.coo_array(losses[:, columns]),
                    sparse.coo_array((chosen, width - count)),
                    sparse.coo_array(np.full((chosen, 1), -1.0)),
                    -sparse.eye_array(chosen, format="coo"),
                ],
                format="coo",
            )
            blocks = [sparse.hstack([item, sparse.coo_array((item.shape[0], tail))], format="coo") for item in blocks]
            blocks += [sparse.coo_array(cap), excess]
            right += [np.array([constraints.cvar.bound]), -(losses @ self.fixed)]
        return self._set_up(bend, linear, blocks, right, width + tail)

    def _set_up(
        self, bend: Floats | None, linear: Floats, blocks: list[sparse.coo_array], right: list[Floats], width: int
    ) -> piqp.SparseSolver:
        count = len(self.columns)
        hessian = sparse.eye_array(count, format="csc") if bend is None else sparse.csc_array(np.eye(count) + bend)
        if width > count:
            hessian = sparse.block_diag([hessian, sparse.csc_array((width - count, width - count))], format="csc")
        total = np.zeros((1, width))
        total[0, :count] = 1.0
        low, high = np.zeros(width), np.full(width, np.inf)
        low[:count], high[:count] = self.lower[self.columns], self.upper[self.columns]
        moved = count if self.turnover is None else 2 * count
        low[moved : moved + 1] = -np.inf
        above = np.concatenate(right)
        solver = piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = settings.eps_duality_gap_abs = EPSILON
        settings.eps_rel = settings.eps_duality_gap_rel = 0.0
        settings.preconditioner_reuse_on_update = True
        solver.setup(
            sparse.csc_matrix(hessian),
            linear,
            sparse.csc_matrix(total),
            np.array([self.budget]),
            sparse.csc_matrix(sparse.vstack(blocks, format="csc")),
            np.full(len(above), -np.inf),
            above,
            low,
            high,
        )
        return solver

    def _answer(
        self, solver: piqp.SparseSolver, target: Floats, curvature: Curvature | None, scenarios: Floats | None
    ) -> QuadraticAnswer:
        """Weights and multipliers out of PIQP's buffers, which the next solve overwrites."""
        status = solver.solve()
        info = solver.result.info
        near = max(info.primal_res, info.dual_res) < 10 * EPSILON and abs(info.duality_gap) < 10 * EPSILON
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
            at += 1
        if scenarios is not None:
            duals[CVAR] = float(price[at])
            gradient[:-1] -= price[at + 1 :] @ scenarios
        return QuadraticAnswer(weights, duals, gradient, int(info.iter))
