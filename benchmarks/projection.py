"""How long a projection onto the limits takes: the fast path against cvxpy, in the same run.

    python benchmarks/projection.py [--json]

Peers: cvxpy built anew for each projection (what a backtest does when it writes the problem where it needs it) and
cvxpy compiled once with parameters. All solve the same random proposals on the same limits; the largest difference in
weights is printed beside the times. Milliseconds are medians.
"""

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from portfolio.constraints import compile_constraints
from portfolio.limits import ConstraintSet
from portfolio.mandate import Limit, Mandate
from portfolio.market import Floats
from portfolio.profile import Objective
from portfolio.projection import Projector
from portfolio.reference import Reference
from portfolio.universe import Asset, Universe
from portfolio.violations import max_violation

SIZES = (20, 100, 500)
SCENARIOS = 500
SEED = 7
TARGET_RATIO = 20.0
"""What linear-only at 20 and 100 assets must reach over cvxpy built anew."""


@dataclass(frozen=True)
class Line:
    """Milliseconds a projection, for one size and one set of limits."""

    assets: int
    limits: str
    fast_ms: float
    anew_ms: float
    compiled_ms: float
    times_anew: float
    times_compiled: float
    largest_difference: float
    solver: str


def problem(assets: int, everything: bool) -> tuple[ConstraintSet, Floats]:
    """A mandate over a made-up market with three factors, and (B, N + 1) proposals that break it."""
    rng = np.random.default_rng(SEED)
    loadings = rng.normal(1.0, 0.3, (assets, 3)) * np.array([0.15, 0.06, 0.05])
    covariance = loadings @ loadings.T + np.diag(rng.uniform(0.1, 0.4, assets) ** 2)
    scenarios = rng.standard_t(4, (SCENARIOS, assets)) @ np.linalg.cholesky(covariance).T * 0.7 / np.sqrt(12.0) + 0.008
    listed = tuple(
        Asset(
            symbol=f"A{i:03d}",
            name=f"Asset {i}",
            asset_class="share" if i % 4 else "fund",
            group=f"Sector {i % 8}",
            first_date=date(1990, 1, 2),
            last_date=date(2022, 12, 28),
        )
        for i in range(assets)
    )
    universe = Universe(name="benchmark", assets=listed)

    def limit(value: float) -> Limit:
        return Limit(value=value, reason="benchmark")

    mandate = Mandate(
        volatility_cap=limit(0.10),
        cvar_cap=limit(0.13),
        cash_floor=limit(0.05),
        risk_asset_cap=limit(0.9),
        share_cap=limit(max(0.12, 3.0 / assets)),
        fund_cap=limit(0.4),
        single_shares_cap=limit(0.7),
        complex_cap=limit(0.1),
        group_cap=limit(0.15),
        turnover_cap=limit(0.8),
        risk_aversion=limit(3.0),
        objective_mix={Objective.LONG_TERM_GAIN: 1.0},
    )
    held = dict(zip((*universe.symbols, "CASH"), rng.dirichlet(np.ones(assets + 1)).tolist(), strict=True))
    constraints = compile_constraints(
        mandate, universe, covariance=covariance, scenarios=scenarios, current=held if everything else None
    )
    if not everything:
        constraints = linear_only(constraints)
    proposals = rng.dirichlet(np.full(assets + 1, 0.3), 40)
    broken = [target for target in proposals if max_violation(target, constraints) > 1e-6]
    return constraints, np.array(broken[:12])


def linear_only(constraints: ConstraintSet) -> ConstraintSet:
    """The same limits without turnover, volatility and CVaR."""
    return ConstraintSet(
        symbols=constraints.symbols,
        rows=constraints.rows,
        turnover=None,
        volatility=None,
        cvar=None,
        current=None,
        covariance=constraints.covariance,
        scenarios=constraints.scenarios[:0],
    )


def timed(solve: Callable[[Floats], Floats], targets: Floats, budget: float) -> tuple[float, list[Floats]]:
    """Median milliseconds over as many targets as the budget in seconds allows (at least one), and their answers."""
    spent, times, answers = 0.0, [], []
    for target in targets:
        start = time.perf_counter()
        answers.append(solve(target))
        times.append(time.perf_counter() - start)
        spent += times[-1]
        if spent > budget:
            break
    return 1000.0 * statistics.median(times), answers


def measure(assets: int, everything: bool) -> Line:
    """One line of the table."""
    constraints, targets = problem(assets, everything)
    projector = Projector(constraints)
    solvers: list[str] = []

    def fast(target: Floats) -> Floats:
        projection = projector.project(target)
        solvers.append(projection.solver)
        return projection.weights

    def anew(target: Floats) -> Floats:
        return Reference(constraints, fixed_risk=True).solve(target, constraints).weights

    fast(targets[0])
    fast_ms, fast_answers = timed(fast, np.repeat(targets, 1 if everything else 5, axis=0), 8.0)
    if not everything:
        fast_answers = fast_answers[::5]
    anew_ms, anew_answers = timed(anew, targets, 4.0)
    compiled = Reference(constraints, fixed_risk=True)
    compiled.solve(targets[0], constraints)
    compiled_ms, _ = timed(lambda target: compiled.solve(target, constraints).weights, targets, 4.0)
    pairs = zip(fast_answers, anew_answers, strict=False)
    return Line(
        assets=assets,
        limits="all limits" if everything else "linear only",
        fast_ms=fast_ms,
        anew_ms=anew_ms,
        compiled_ms=compiled_ms,
        times_anew=anew_ms / fast_ms,
        times_compiled=compiled_ms / fast_ms,
        largest_difference=max(float(np.abs(one - other).max()) for one, other in pairs),
        solver="+".join(sorted(set(solvers))),
    )


def main() -> None:
    """Prints the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = bool(parser.parse_args().json)
    warnings.filterwarnings("ignore", message="Solution may be inaccurate")
    lines = []
    for everything in (False, True):
        for assets in SIZES:
            lines.append(measure(assets, everything))
            if not as_json:
                show(lines[-1])
    met = all(line.times_anew >= TARGET_RATIO for line in lines if line.limits == "linear only" and line.assets <= 100)
    if as_json:
        print(json.dumps({"lines": [asdict(line) for line in lines], "target": TARGET_RATIO, "met": met}, indent=2))
    else:
        print(
            f"linear only at 20 and 100 assets: {'at least' if met else 'below'} {TARGET_RATIO:.0f} x cvxpy built anew"
        )


def show(line: Line) -> None:
    """One line for people."""
    print(
        f"{line.limits:12} {line.assets:4d} assets: {line.fast_ms:9.3f} ms ({line.solver}); "
        f"cvxpy anew {line.anew_ms:8.1f} ms = {line.times_anew:6.1f} x, "
        f"compiled {line.compiled_ms:8.1f} ms = {line.times_compiled:6.1f} x; "
        f"largest difference {line.largest_difference:.1e}",
        flush=True,
    )


if __name__ == "__main__":
    main()
