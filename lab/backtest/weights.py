"""From sleeves to weights: the same risk and the same limits for every strategy, at every decision."""

from dataclasses import dataclass

import numpy as np

from lab.backtest.plan import Plan
from lab.backtest.seen import INDEX, Seen, World
from lab.backtest.strategies import Strategy
from portfolio.limits import VOLATILITY, ConstraintSet, LimitRow, ScalarLimit
from portfolio.market import Floats
from portfolio.projection import Infeasible, project
from portfolio.records import CASH


@dataclass(frozen=True, eq=False)
class Decided:
    """The weights of all strategies on all decision rows.

    rows (R,), columns M names, weights: name -> row -> (M + 1,), cash last; risks: row -> (M, M) yearly covariance of
    the columns, for risk contributions.
    """

    rows: tuple[int, ...]
    columns: tuple[str, ...]
    weights: dict[str, dict[int, Floats]]
    risks: dict[int, Floats]


def weights_on(strategy: Strategy, seen: Seen, columns: tuple[str, ...], risk: Floats, plan: Plan) -> Floats:
    """(M + 1,) weights, cash last: nothing to hold is all cash."""
    count = len(columns)
    cash = np.append(np.zeros(count), 1.0)
    if strategy.kind != "index" and not seen.eligible.any():
        return cash
    made = np.asarray(strategy.decide(seen), dtype=np.float64)
    assets = len(seen.eligible)
    if strategy.kind == "learned":
        wide = np.concatenate([made[:assets], np.zeros(count - assets), made[-1:]])
    else:
        sleeve = np.concatenate([made, np.zeros(count - len(made))])
        own = float(sleeve @ risk @ sleeve) ** 0.5
        share = min(1.0, plan.volatility / own) if own > 0.0 else 1.0
        wide = np.append(share * sleeve, 1.0 - share * float(sleeve.sum()))
    return wide if strategy.kind == "index" else _under_cap(wide, seen, columns, risk, plan)


def _under_cap(weights: Floats, seen: Seen, columns: tuple[str, ...], risk: Floats, plan: Plan) -> Floats:
    """The nearest weights with no asset above the cap and no more risk: a projection, never clip and rescale."""
    cap = max(plan.cap, 1.0 / max(1, int(seen.eligible.sum())))
    if float(weights[:-1].max()) <= cap + 1e-9:
        return weights
    rows = tuple(
        LimitRow(name=f"cap {name}", limit="largest weight", kind="cap", members=(place,), bound=cap, reason="the plan")
        for place, name in enumerate(columns)
    )
    limits = ConstraintSet(
        symbols=(*columns, CASH),
        rows=rows,
        turnover=None,
        volatility=ScalarLimit(VOLATILITY, plan.volatility, "the plan"),
        cvar=None,
        current=None,
        covariance=risk,
        scenarios=np.zeros((0, len(columns))),
    )
    try:
        out: Floats = project(weights, limits).weights
    except Infeasible as error:  # pragma: no cover - all cash obeys these limits
        raise ValueError(f"a cap of {cap} and a volatility of {plan.volatility} leave no portfolio") from error
    return out


def joint_risk(seen: Seen, world: World) -> Floats:
    """(M, M) the assets' covariance, the index beside them with its own variance (it is never mixed with shares)."""
    if world.columns[-1] != INDEX:
        return seen.covariance
    count = len(seen.eligible)
    out = np.zeros((count + 1, count + 1))
    out[:count, :count] = seen.covariance
    out[count, count] = seen.index_volatility() ** 2
    return out
