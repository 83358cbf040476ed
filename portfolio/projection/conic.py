"""The limits as one conic problem for Clarabel: the slow, sure way, and the one that can relax limits.

Two questions are asked of it. Which weights are nearest to a target (`nearest`)? And by how little must some limits
give for any weights to exist (`least_relaxation`)? Both see the same rows, so what the second calls feasible the first
can project onto.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import clarabel
import numpy as np
from scipy import sparse

from portfolio.limits import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.violations import TAIL

COMMON = "*"
"""Asks `least_relaxation` for one number by which every limit gives, in place of one number a limit."""


PRECISION = ((1e-12, 0.9), (1e-9, 0.99))
"""Tolerance and longest step, tried in this order. Shorter steps stay nearer the central path: beside the cone the
weights are then off by 1e-8 in place of 1e-6. Sets that are empty by little get a verdict from the second."""


class SolverError(RuntimeError):
    """Clarabel gave no usable answer. `proved`: it proved that there is none, rather than losing its way."""

    def __init__(self, status: str) -> None:
        self.proved = status in ("PrimalInfeasible", "AlmostPrimalInfeasible")
        super().__init__(f"Clarabel answered {status}")


@dataclass(frozen=True)
class ConicAnswer:
    """weights (N + 1,) as solved; slack: limit -> by how much it gave; duals: row or limit name -> multiplier >= 0."""

    weights: Floats
    slack: dict[str, float]
    duals: dict[str, float]
    equality: float
    status: str


def factor(covariance: Floats) -> Floats:
    """(K, N) matrix F with F'F = covariance, K its numerical rank."""
    values, vectors = np.linalg.eigh(covariance)
    keep = values > 1e-14 * max(float(values[-1]), 0.0) if len(values) else np.zeros(0, dtype=bool)
    return np.ascontiguousarray((vectors[:, keep] * np.sqrt(values[keep])).T)


def nearest(target: Floats, constraints: ConstraintSet) -> ConicAnswer:
    """Weights nearest to (N + 1,) `target`; duals are those of half the squared distance.

    Raises SolverError, also where no weights exist.
    """
    return _Problem(constraints, constraints.limits, ()).solve(target)


def least_relaxation(
    constraints: ConstraintSet, kept: Sequence[str], elastic: Sequence[str], *, may_tighten: bool = False
) -> ConicAnswer:
    """The smallest sum of relaxations of the `elastic` limits under which the `kept` limits can hold together.

    `elastic` names limits out of `kept`, or is `(COMMON,)` for one number by which all give. With `may_tighten` that
    number may be negative: the weights then lie strictly inside every limit on a weight that is free to move. Raises
    SolverError, also where no relaxation helps.
    """
    return _Problem(constraints, kept, elastic, may_tighten=may_tighten).solve(None)


class _Problem:
    """Rows of `A x + s = b, s in K` for x = (weights, turnover parts, relaxations, VaR, tail excesses)."""

    def __init__(
        self, constraints: ConstraintSet, kept: Sequence[str], elastic: Sequence[str], *, may_tighten: bool = False
    ) -> None:
        self.constraints, self.elastic, self.may_tighten = constraints, tuple(elastic), may_tighten
        keep = set(kept)
        size = constraints.size
        self.turnover = constraints.turnover if TURNOVER in keep else None
        self.volatility = constraints.volatility if VOLATILITY in keep else None
        self.cvar = constraints.cvar if CVAR in keep else None
        self.parts = size
        self.gives = self.parts + (size if self.turnover else 0)
        self.var = self.gives + len(self.elastic)
        self.columns = self.var + (1 + len(constraints.scenarios) if self.cvar else 0)
        self.rows = [row for row in constraints.rows if row.limit in keep]
        self.free = constraints.upper > constraints.lower
        self.blocks: list[sparse.coo_array] = []
        self.right: list[Floats] = []
        self.names: list[tuple[str, int]] = []

    def solve(self, target: Floats | None) -> ConicAnswer:
        size, width = self.constraints.size, self.columns
        hessian = np.zeros(width)
        linear = np.zeros(width)
        if target is None:
            linear[self.gives : self.gives + len(self.elastic)] = 1.0
        else:
            hessian[:size] = 1.0
            linear[:size] = -target
        self._linear_rows()
        self._turnover_rows()
        self._cvar_rows()
        inequalities = sum(len(item) for item in self.right) - 1
        cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(inequalities)]
        cones += self._volatility_rows()
        matrix = sparse.csc_matrix(sparse.vstack(self.blocks, format="csc"))
        right = np.concatenate(self.right)
        quadratic = sparse.csc_matrix(sparse.diags_array(hessian))
        for tolerance, step in PRECISION:
            settings = clarabel.DefaultSettings()
            settings.verbose = False
            settings.max_threads = 1
            settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
            settings.max_step_fraction = step
            solution = clarabel.DefaultSolver(quadratic, linear, matrix, right, cones, settings).solve()
            status = str(solution.status)
            # An answer just short of what was asked is judged by what it left.
            near = status in ("AlmostSolved", "InsufficientProgress", "MaxIterations") and (
                max(solution.r_prim, solution.r_dual) < 1e-8 and abs(solution.obj_val - solution.obj_val_dual) < 1e-8
            )
            if status == "Solved" or near:
                break
            if (tolerance, step) == PRECISION[-1] or status == "PrimalInfeasible":
                raise SolverError(status)
        x, z = np.array(solution.x), np.array(solution.z)
        duals: dict[str, float] = {}
        for name, position in self.names:
            duals[name] = duals.get(name, 0.0) + max(float(z[position]), 0.0)
        slack = {name: float(x[self.gives + k]) for k, name in enumerate(self.elastic)}
        return ConicAnswer(weights=x[:size], slack=slack, duals=duals, equality=float(z[0]), status=status)

    def _add(self, block: sparse.coo_array | Floats, right: Floats) -> int:
        """Appends rows and returns the position of the first."""
        start = sum(len(item) for item in self.right)
        self.blocks.append(sparse.coo_array(block))
        self.right.append(np.asarray(right, dtype=np.float64))
        return start

    def _give(self, limit: str) -> int | None:
        """The column of the relaxation that a limit may use."""
        for name in (limit, COMMON):
            if name in self.elastic:
                return self.gives + self.elastic.index(name)
        return None

    def _linear_rows(self) -> None:
        size, width = self.constraints.size, self.columns
        total = np.zeros((1, width))
        total[0, :size] = 1.0
        self._add(total, np.ones(1))
        block = np.zeros((len(self.rows), width))
        right = np.zeros(len(self.rows))
        for position, row in enumerate(self.rows):
            sign = 1.0 if row.kind == "cap" else -1.0
            block[position, list(row.members)] = sign
            right[position] = sign * row.bound
            give = self._give(row.limit)
            if give is not None and not (self.may_tighten and not self.free[list(row.members)].any()):
                block[position, give] = -1.0
        start = self._add(block, right)
        self.names += [(row.name, start + position) for position, row in enumerate(self.rows)]
        if self.may_tighten:
            bounded = np.zeros((1, width))
            bounded[0, self.gives] = 1.0
            self._add(bounded, np.zeros(1))
        elif self.elastic:
            gives = np.zeros((len(self.elastic), width))
            gives[np.arange(len(self.elastic)), self.gives + np.arange(len(self.elastic))] = -1.0
            self._add(gives, np.zeros(len(self.elastic)))
        # Long-only is a law of the house: it never gives, but a point strictly inside must be inside of it too.
        long_only = np.hstack([-np.eye(size), np.zeros((size, width - size))])
        if self.may_tighten:
            long_only[self.free, self.gives] = -1.0
        self._add(long_only, np.zeros(size))

    def _turnover_rows(self) -> None:
        current = self.constraints.current
        if self.turnover is None or current is None:
            return
        size, width = self.constraints.size, self.columns
        eye = sparse.eye_array(size, format="coo")
        rest = width - 2 * size
        self._add(sparse.hstack([eye, -eye, sparse.coo_array((size, rest))]), current)
        self._add(sparse.hstack([sparse.coo_array((size, size)), -eye, sparse.coo_array((size, rest))]), np.zeros(size))
        cap = np.zeros((1, width))
        cap[0, self.parts : self.parts + size] = 1.0
        give = self._give(TURNOVER)
        if give is not None:
            cap[0, give] = -1.0
        self.names.append((TURNOVER, self._add(cap, np.array([self.turnover.bound]))))

    def _cvar_rows(self) -> None:
        if self.cvar is None:
            return
        scenarios = self.constraints.scenarios
        count, risky = scenarios.shape
        width = self.columns
        cap = np.zeros((1, width))
        cap[0, self.var] = MONTHS_ROOT
        cap[0, self.var + 1 :] = MONTHS_ROOT / (TAIL * count)
        give = self._give(CVAR)
        if give is not None:
            cap[0, give] = -1.0
        self.names.append((CVAR, self._add(cap, np.array([self.cvar.bound]))))
        eye = sparse.eye_array(count, format="coo")
        middle = sparse.coo_array((count, self.var - risky))
        self._add(
            sparse.hstack([sparse.coo_array(-scenarios), middle, sparse.coo_array(np.full((count, 1), -1.0)), -eye]),
            np.zeros(count),
        )
        self._add(sparse.hstack([sparse.coo_array((count, self.var + 1)), -eye]), np.zeros(count))

    def _volatility_rows(self) -> list[clarabel.SecondOrderConeT]:
        if self.volatility is None:
            return []
        roots = factor(self.constraints.covariance)
        block = np.zeros((1 + len(roots), self.columns))
        block[1:, : roots.shape[1]] = -roots
        give = self._give(VOLATILITY)
        if give is not None:
            block[0, give] = -1.0
        right = np.zeros(1 + len(roots))
        right[0] = self.volatility.bound
        self.names.append((VOLATILITY, self._add(block, right)))
        return [clarabel.SecondOrderConeT(1 + len(roots))]
