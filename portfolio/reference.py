"""The projection written down in cvxpy: slow to start, easy to check, and what the fast path is measured against.

Everything of a constraint set is a parameter (disciplined parametrised programming), so one compiled problem serves
every constraint set of the same shape.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from portfolio.limits import CVAR, MONTHS_ROOT, TURNOVER, VOLATILITY, ConstraintSet
from portfolio.market import Floats
from portfolio.projection.conic import factor
from portfolio.violations import TAIL

TOLERANCES: tuple[dict[str, float | int], ...] = (
    {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12, "max_step_fraction": 0.9, "max_threads": 1},
    {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10, "max_threads": 1},
)
"""For Clarabel: the edge of double precision first (short steps stay near the central path, which the cone rewards);
where that ends in no verdict, as it may on sets that are empty by little, a hundredth of it."""


class ReferenceFailedError(RuntimeError):
    """cvxpy found no weights; the message carries its status."""


@dataclass(frozen=True, eq=False)
class ReferenceAnswer:
    """weights (N + 1,); duals: name of a limit -> price on the squared distance (see `Projection.duals`); status."""

    weights: Floats
    duals: dict[str, float]
    status: str


@dataclass(frozen=True)
class Shape:
    """What two constraint sets must share for one compiled problem to serve both."""

    assets: int
    groups: int
    scenarios: int
    turnover: bool
    volatility: bool
    cvar: bool


def shape_of(constraints: ConstraintSet) -> Shape:
    """The shape of a constraint set."""
    return Shape(
        assets=constraints.size - 1,
        groups=len(constraints.group_rows),
        scenarios=len(constraints.scenarios),
        turnover=constraints.turnover is not None,
        volatility=constraints.volatility is not None,
        cvar=constraints.cvar is not None,
    )


class Reference:
    """minimise |w - target|^2 over all limits, compiled on the first solve.

    `fixed_risk` writes covariance, scenarios and groups of the given set in as constants: then only targets, bounds and
    holdings may change, and large universes compile in reasonable time.
    """

    def __init__(self, constraints: ConstraintSet, *, fixed_risk: bool = False) -> None:
        # cvxpy takes over a second to import, and advice never needs it; its types are too thin to check against.
        cp: Any = import_module("cvxpy")

        self.shape = shape_of(constraints)
        self._fixed = constraints if fixed_risk else None
        shape = self.shape
        size = shape.assets + 1
        self._parameters: dict[str, Any] = {}

        def parameter(name: str, dimensions: tuple[int, ...], risk: Floats | None = None) -> Any:
            if fixed_risk and risk is not None:
                return risk
            self._parameters[name] = cp.Parameter(dimensions)
            return self._parameters[name]

        weights = cp.Variable(size)
        risky = weights[: shape.assets]
        rules: dict[str, Any] = {
            "sum": cp.sum(weights) == 1,
            "lower": weights >= parameter("lower", (size,)),
            "upper": weights <= parameter("upper", (size,)),
        }
        if shape.groups:
            groups = parameter("groups", (shape.groups, size), constraints.group_caps[0])
            rules["groups"] = groups @ weights <= parameter("group_bounds", (shape.groups,))
        if shape.turnover:
            change = cp.norm1(weights - parameter("current", (size,)))
            rules[TURNOVER] = 0.5 * change <= parameter("turnover", ())
        if shape.volatility:
            roots = parameter("roots", (shape.assets, shape.assets), _roots(constraints))
            rules[VOLATILITY] = cp.norm2(roots @ risky) <= parameter("volatility", ())
        if shape.cvar:
            value_at_risk = cp.Variable()
            losses = -(parameter("scenarios", (shape.scenarios, shape.assets), constraints.scenarios) @ risky)
            excess = cp.sum(cp.pos(losses - value_at_risk)) / (TAIL * shape.scenarios)
            rules[CVAR] = MONTHS_ROOT * (value_at_risk + excess) <= parameter("cvar", ())
        self._rules, self._weights = rules, weights
        objective = cp.Minimize(cp.sum_squares(weights - parameter("target", (size,))))
        self._problem: Any = cp.Problem(objective, list(rules.values()))
        self._solver, self._failed = cp.CLARABEL, cp.error.SolverError

    def solve(self, target: Floats, constraints: ConstraintSet) -> ReferenceAnswer:
        """Weights nearest to (N + 1,) `target`.

        Raises ReferenceFailedError where none exist, ValueError for a set of another shape.
        """
        if shape_of(constraints) != self.shape:
            raise ValueError(f"compiled for {self.shape}, asked for {shape_of(constraints)}; make another Reference")
        groups, group_bounds = constraints.group_caps
        values: dict[str, Floats | float] = {
            "target": target,
            "lower": constraints.lower,
            "upper": constraints.upper,
            "groups": groups,
            "group_bounds": group_bounds,
            "scenarios": constraints.scenarios,
        }
        if constraints.turnover is not None and constraints.current is not None:
            values |= {"current": constraints.current, "turnover": constraints.turnover.bound}
        if constraints.volatility is not None:
            values["volatility"] = constraints.volatility.bound
            if "roots" in self._parameters:
                values["roots"] = _roots(constraints)
        if constraints.cvar is not None:
            values["cvar"] = constraints.cvar.bound
        for name, parameter in self._parameters.items():
            parameter.value = values[name]
        status = ""
        for tolerances in TOLERANCES:
            try:
                self._problem.solve(solver=self._solver, **tolerances)
                status = str(self._problem.status)
            except self._failed as error:
                status = str(error)
            if not status.startswith(("user_limit", "Solver")):
                break
        if not status.startswith("optimal"):
            raise ReferenceFailedError(f"cvxpy answered {status}")
        return ReferenceAnswer(np.array(self._weights.value), self._duals(constraints), str(self._problem.status))

    def _duals(self, constraints: ConstraintSet) -> dict[str, float]:
        out: dict[str, float] = {}
        for kind, bounds in (("floor", constraints.lower), ("cap", constraints.upper)):
            prices = self._rules["lower" if kind == "floor" else "upper"].dual_value
            for column, price in enumerate(prices):
                row = constraints.tightest.get((kind, column))
                if row is not None and row.bound == bounds[column]:
                    out[row.name] = float(price)
        if constraints.group_rows:
            prices = self._rules["groups"].dual_value
            out |= {row.name: float(price) for row, price in zip(constraints.group_rows, prices, strict=True)}
        out |= {
            name: float(self._rules[name].dual_value) for name in (TURNOVER, VOLATILITY, CVAR) if name in self._rules
        }
        return out


def _roots(constraints: ConstraintSet) -> Floats:
    """(N, N) F with F'F = covariance: the factor, padded with zeros to a shape that does not depend on its rank."""
    roots = factor(constraints.covariance)
    return np.vstack([roots, np.zeros((constraints.size - 1 - len(roots), constraints.size - 1))])
