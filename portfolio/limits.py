"""Limits as arrays: everything that the weights of one universe must obey, with its name and its reason.

Contract
--------
- A weight vector has N + 1 entries: the universe's order, then CASH. Weights are at least zero and sum to one.
- Every linear limit is a cap or a floor on the sum over some members, so a row is a set of columns and a number.
- A row carries two names. `name` says what binds ("share cap: XOM"); `limit` says which number the client could change
  ("share cap"). Diagnosis relaxes limits, reports name rows.
- Nothing here solves; `portfolio.violations` measures and `portfolio.projection` projects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from portfolio.market import Floats

MONTHS_ROOT = float(np.sqrt(12.0))
"""A yearly CVaR cap over this is its 21-day cap (square root of time, twelve 21-day months a year)."""
EXCLUDED = "excluded: "
"""How the limits begin that strike assets from the universe."""
TURNOVER, VOLATILITY, CVAR = "turnover cap", "volatility cap", "CVaR cap"
MOST, FEWEST, SMALLEST = "most positions", "fewest positions", "smallest position"


@dataclass(frozen=True)
class LimitRow:
    """`sum of weights[members] <= bound` for a cap, `>= bound` for a floor."""

    name: str
    limit: str
    kind: Literal["cap", "floor"]
    members: tuple[int, ...]
    bound: float
    reason: str
    settable: bool = True
    """False for facts of the market (an asset that is not traded today): no client can change them."""


@dataclass(frozen=True)
class ScalarLimit:
    """A cap on one non-linear measure of the whole portfolio: turnover, yearly volatility or yearly CVaR."""

    name: str
    bound: float
    reason: str


@dataclass(frozen=True)
class PositionLimits:
    """Limits on which weights beside cash may differ from zero. None is convex, so no projection sees them:
    `portfolio.selection` chooses the positions, and then a projection finds their weights.

    Attributes
    ----------
    most, fewest : how many weights may, or must, exceed zero
    smallest : a weight is zero or at least this; always there beside `fewest`, or dust would count as a position
    """

    most: ScalarLimit | None = None
    fewest: ScalarLimit | None = None
    smallest: ScalarLimit | None = None

    def __post_init__(self) -> None:
        if self.fewest is not None and self.smallest is None:
            raise ValueError("a least number of positions needs a smallest position; say what counts as one")

    @property
    def stated(self) -> tuple[ScalarLimit, ...]:
        """Those that there are."""
        return tuple(item for item in (self.most, self.fewest, self.smallest) if item is not None)

    @property
    def floor(self) -> float:
        """The least weight of a position; 0 where none is stated."""
        return 0.0 if self.smallest is None else self.smallest.bound


@dataclass(frozen=True, eq=False)
class ConstraintSet:
    """Everything that the final weights must obey.

    Attributes
    ----------
    symbols : N + 1 names, CASH last
    rows : linear limits, single assets first, in the mandate's order
    turnover : one-way turnover from `current`, cash included; None where nothing is held or it cannot bind
    volatility : cap on sqrt(w' covariance w) a year, cash at zero
    cvar : cap on the yearly CVaR95; on the 21-day scenarios the cap is `cvar.bound / sqrt(12)`
    current : (N + 1,) weights held now, summing to one, or None
    covariance : (N, N) yearly, symmetric and positive semi-definite
    scenarios : (S, N) 21-day simple returns
    notes : what compiling found that a reader should know
    positions : limits on which weights may differ from zero, or None; `limits` and the projection leave them out
    """

    symbols: tuple[str, ...]
    rows: tuple[LimitRow, ...]
    turnover: ScalarLimit | None
    volatility: ScalarLimit | None
    cvar: ScalarLimit | None
    current: Floats | None
    covariance: Floats
    scenarios: Floats
    notes: tuple[str, ...] = ()
    positions: PositionLimits | None = None

    def __post_init__(self) -> None:
        risky = len(self.symbols) - 1
        if self.covariance.shape != (risky, risky):
            raise ValueError(f"covariance is {self.covariance.shape}; {(risky, risky)} expected, cash left out")
        if self.scenarios.ndim != 2 or self.scenarios.shape[1] != risky:
            raise ValueError(f"scenarios are {self.scenarios.shape}; (S, {risky}) expected, cash left out")
        if self.cvar is not None and len(self.scenarios) == 0:
            raise ValueError("a CVaR cap needs scenarios and there are none; give more history")
        if self.turnover is not None and self.current is None:
            raise ValueError("a turnover cap needs the weights held now; pass `current` or drop the cap")
        names = [row.name for row in self.rows]
        if len(set(names)) != len(names):
            raise ValueError("two limits share a name; merge them before compiling")

    @property
    def size(self) -> int:
        """N + 1."""
        return len(self.symbols)

    @cached_property
    def tightest(self) -> dict[tuple[str, int], LimitRow]:
        """("cap" or "floor", column) -> the limit that binds that single weight first; earlier rows win ties."""
        out: dict[tuple[str, int], LimitRow] = {}
        for row in self.rows:
            if len(row.members) == 1:
                key = row.kind, row.members[0]
                sign = 1.0 if row.kind == "cap" else -1.0
                if key not in out or sign * row.bound < sign * out[key].bound:
                    out[key] = row
        return out

    @cached_property
    def lower(self) -> Floats:
        """(N + 1,) the highest floor on each single weight, at least zero; read-only."""
        return self._bounds("floor", np.zeros(self.size))

    @cached_property
    def upper(self) -> Floats:
        """(N + 1,) the lowest cap on each single weight, at most one; read-only."""
        return self._bounds("cap", np.ones(self.size))

    def _bounds(self, kind: str, out: Floats) -> Floats:
        for (side, column), row in self.tightest.items():
            if side == kind:
                out[column] = max(out[column], row.bound) if kind == "floor" else min(out[column], row.bound)
        out.setflags(write=False)
        return out

    @cached_property
    def group_rows(self) -> tuple[LimitRow, ...]:
        """The linear limits that are not on one single weight."""
        return tuple(row for row in self.rows if len(row.members) != 1)

    @cached_property
    def group_caps(self) -> tuple[Floats, Floats]:
        """`group_rows` as `matrix @ weights <= bounds`, floors with signs turned: (R, N + 1) and (R,); read-only."""
        matrix = np.zeros((len(self.group_rows), self.size))
        signs = np.array([1.0 if row.kind == "cap" else -1.0 for row in self.group_rows])
        for position, row in enumerate(self.group_rows):
            matrix[position, list(row.members)] = signs[position]
        bounds = signs * np.array([row.bound for row in self.group_rows])
        matrix.setflags(write=False)
        bounds.setflags(write=False)
        return matrix, bounds

    @property
    def limits(self) -> tuple[str, ...]:
        """Names of all convex limits, each once, in the order in which they stand."""
        scalars = [item.name for item in (self.turnover, self.volatility, self.cvar) if item is not None]
        return tuple(dict.fromkeys([*(row.limit for row in self.rows), *scalars]))

    def is_settable(self, limit: str) -> bool:
        """Whether a client could change the limit: False for facts of the market."""
        return all(row.settable for row in self.rows if row.limit == limit)

    def bound_of(self, limit: str) -> float:
        """The number of a limit. Raises KeyError for a limit that is not here."""
        for scalar in (self.turnover, self.volatility, self.cvar):
            if scalar is not None and scalar.name == limit:
                return scalar.bound
        for row in self.rows:
            if row.limit == limit:
                return row.bound
        raise KeyError(f"there is no limit {limit!r}; known: {', '.join(self.limits)}")

    def reason_of(self, limit: str) -> str:
        """Why the limit is that number. Raises KeyError for a limit that is not here."""
        for scalar in (self.turnover, self.volatility, self.cvar):
            if scalar is not None and scalar.name == limit:
                return scalar.reason
        for row in self.rows:
            if row.limit == limit:
                return row.reason
        raise KeyError(f"there is no limit {limit!r}; known: {', '.join(self.limits)}")

    def is_floor(self, limit: str) -> bool:
        """Whether relaxing the limit means lowering it."""
        return any(row.limit == limit and row.kind == "floor" for row in self.rows)

    def relaxed(self, bounds: Mapping[str, float]) -> "ConstraintSet":
        """The same limits with other numbers: limit name -> new bound. Raises KeyError for an unknown limit."""
        for limit in bounds:
            self.bound_of(limit)

        def scalar(item: ScalarLimit | None) -> ScalarLimit | None:
            return item if item is None or item.name not in bounds else replace(item, bound=bounds[item.name])

        return replace(
            self,
            rows=tuple(replace(row, bound=bounds.get(row.limit, row.bound)) for row in self.rows),
            turnover=scalar(self.turnover),
            volatility=scalar(self.volatility),
            cvar=scalar(self.cvar),
        )

    def vector(self, weights: Mapping[str, float]) -> Floats:
        """(N + 1,) array of a full set of weights; what is not named weighs zero.

        Raises ValueError for a symbol that is not here, a weight that is not finite, or a sum other than one.
        """
        unknown = sorted(set(weights) - set(self.symbols))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not in this universe; leave out what cannot be held")
        out = np.array([weights.get(symbol, 0.0) for symbol in self.symbols], dtype=np.float64)
        if not np.isfinite(out).all():
            raise ValueError("a weight is not a finite number; check the proposal")
        if abs(float(out.sum()) - 1.0) > 1e-6:
            raise ValueError(f"weights sum to {out.sum():.6f}; cash included they must sum to one")
        return out

    def mapping(self, weights: Floats) -> dict[str, float]:
        """Symbol -> weight, in the universe's order, CASH last."""
        return {symbol: float(weight) for symbol, weight in zip(self.symbols, weights, strict=True)}
