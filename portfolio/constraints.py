"""A mandate as arrays: every limit on the weights of one universe, with its name and its reason.

Contract
--------
- A weight vector has N + 1 entries: the universe's order, then CASH. Weights are at least zero and sum to one.
- Every linear limit is a cap or a floor on the sum over some members, so a row is a set of columns and a number.
- A row carries two names. `name` says what binds ("share cap: XOM"); `limit` says which number the client could change
  ("share cap"). Diagnosis relaxes limits, reports name rows.
- A limit that can never bind (a cap of one, a floor of zero) makes no row.
- Nothing here solves; `portfolio.violations` measures and `portfolio.projection` projects.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from portfolio.mandate import Limit, Mandate
from portfolio.market import Floats
from portfolio.matching import matching, wording
from portfolio.records import CASH
from portfolio.universe import Asset, AssetClass, Universe

MONTHS_ROOT = float(np.sqrt(12.0))
"""A yearly CVaR cap over this is its 21-day cap (square root of time, twelve 21-day months a year)."""
SINGLE: tuple[AssetClass, ...] = ("share", "crypto", "commodity")
"""One undiversified thing each: `share_cap` applies."""
DIVERSIFIED: tuple[AssetClass, ...] = ("fund", "bond_fund", "property_fund")
"""`fund_cap` applies."""
RISKY: tuple[AssetClass, ...] = ("share", "fund", "commodity", "crypto", "property_fund")
"""Counted by `risk_asset_cap`: bond funds and bills (class "cash") are not."""
COMPLEX: tuple[AssetClass, ...] = ("commodity", "crypto")
"""Counted by `complex_cap`."""
TURNOVER, VOLATILITY, CVAR = "turnover cap", "volatility cap", "CVaR cap"


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

    @property
    def lower(self) -> Floats:
        """(N + 1,) the highest floor on each single weight, at least zero."""
        out = np.zeros(self.size)
        for row in self.rows:
            if row.kind == "floor" and len(row.members) == 1:
                out[row.members[0]] = max(out[row.members[0]], row.bound)
        return out

    @property
    def upper(self) -> Floats:
        """(N + 1,) the lowest cap on each single weight, at most one."""
        out = np.ones(self.size)
        for row in self.rows:
            if row.kind == "cap" and len(row.members) == 1:
                out[row.members[0]] = min(out[row.members[0]], row.bound)
        return out

    @property
    def group_rows(self) -> tuple[LimitRow, ...]:
        """The linear limits that are not on one single weight."""
        return tuple(row for row in self.rows if len(row.members) != 1)

    @property
    def limits(self) -> tuple[str, ...]:
        """Names of all limits, each once, in the order in which they stand."""
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


def compile_constraints(
    mandate: Mandate,
    universe: Universe,
    *,
    covariance: Floats,
    scenarios: Floats,
    current: Mapping[str, float] | None = None,
    tradable: NDArray[np.bool_] | None = None,
) -> ConstraintSet:
    """The mandate's limits over the universe and cash.

    Parameters
    ----------
    covariance : (N, N) yearly; may be NaN for an asset that may not be held
    scenarios : (S, N) 21-day simple returns; the same
    current : weights held now, summing to one; CASH may be left out and is then the rest. None: nothing is held yet,
        and turnover is not limited
    tradable : (N,) False where an asset has no price today; None: all have one

    Raises
    ------
    ValueError : a holding outside the universe, holdings that do not sum to one, a floor on an unknown asset, or
        missing risk figures of an asset that may be held
    """
    held = _held_now(current, universe) if current is not None else None
    rows = _merged(
        (
            *_market_rows(universe, tradable),
            *_exclusion_rows(mandate, universe),
            *_class_caps(mandate, universe),
            *_stated_bounds(mandate, universe),
            *_sums(mandate, universe),
        )
    )
    struck = {row.members[0] for row in rows if row.kind == "cap" and len(row.members) == 1 and row.bound <= 0.0}
    may_hold = np.array([column not in struck for column in range(len(universe.assets))])
    covariance, scenarios = finite_risk(covariance, scenarios, may_hold)
    notes = tuple(item.note for item in mandate.exclusions if not item.symbols)
    if not may_hold.any():
        notes += ("No asset of the universe may be held, so everything stays in cash.",)
    return ConstraintSet(
        symbols=(*universe.symbols, CASH),
        rows=rows,
        turnover=_scalar(TURNOVER, mandate.turnover_cap)
        if held is not None and mandate.turnover_cap.value < 1
        else None,
        volatility=_scalar(VOLATILITY, mandate.volatility_cap),
        cvar=_scalar(CVAR, mandate.cvar_cap) if mandate.cvar_cap.value < 1 else None,
        current=held,
        covariance=covariance,
        scenarios=scenarios,
        notes=notes,
    )


def _scalar(name: str, limit: Limit) -> ScalarLimit:
    return ScalarLimit(name=name, bound=limit.value, reason=limit.reason)


def _held_now(current: Mapping[str, float], universe: Universe) -> Floats:
    unknown = sorted(set(current) - {*universe.symbols, CASH})
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} held but not in {universe.name}; leave it out or add it to the universe"
        )
    risky = np.array([current.get(symbol, 0.0) for symbol in universe.symbols], dtype=np.float64)
    cash = current[CASH] if CASH in current else 1.0 - float(risky.sum())
    held = np.append(risky, cash)
    if not np.isfinite(held).all() or held.min() < -1e-9 or abs(float(held.sum()) - 1.0) > 1e-6:
        raise ValueError("weights held now must be at least zero and, cash included, sum to one; check the holdings")
    held = np.maximum(held, 0.0)
    return np.asarray(held / held.sum(), dtype=np.float64)


def _market_rows(universe: Universe, tradable: NDArray[np.bool_] | None) -> Iterable[LimitRow]:
    for column, asset in enumerate(universe.assets):
        if asset.asset_class == "index":
            reason = f"{asset.symbol} is an index: it can be measured but not bought."
            yield _row("not holdable", "cap", [column], 0.0, reason, detail=asset.symbol, settable=False)
        elif tradable is not None and not tradable[column]:
            reason = f"{asset.symbol} has no price today, so it cannot be traded."
            yield _row("not tradable", "cap", [column], 0.0, reason, detail=asset.symbol, settable=False)


def _exclusion_rows(mandate: Mandate, universe: Universe) -> Iterable[LimitRow]:
    """One row an exclusion and asset: an asset struck twice stays struck when one exclusion is dropped."""
    struck: set[str] = set()
    for item in mandate.exclusions:
        key = wording(item.exclusion.kind, item.exclusion.key)
        for column, asset in enumerate(universe.assets):
            if asset.symbol in item.symbols:
                again = f" (also {key})" if asset.symbol in struck else ""
                struck.add(asset.symbol)
                yield LimitRow(f"excluded: {asset.symbol}{again}", f"excluded: {key}", "cap", (column,), 0.0, item.note)


def _class_caps(mandate: Mandate, universe: Universe) -> Iterable[LimitRow]:
    caps = ((mandate.share_cap, "share cap", SINGLE), (mandate.fund_cap, "fund cap", DIVERSIFIED))
    for limit, name, classes in caps:
        for column, asset in enumerate(universe.assets):
            if asset.asset_class in classes and limit.value < 1:
                yield _row(name, "cap", [column], limit.value, limit.reason, detail=asset.symbol)


def _stated_bounds(mandate: Mandate, universe: Universe) -> Iterable[LimitRow]:
    cash = len(universe.assets)
    if mandate.cash_floor.value > 0:
        yield _row("cash floor", "floor", [cash], mandate.cash_floor.value, mandate.cash_floor.reason)
    for asset_bound in mandate.asset_bounds:
        known = asset_bound.symbol == CASH or asset_bound.symbol in universe.symbols
        if not known and asset_bound.floor > 0:
            raise ValueError(
                f"a floor is stated on {asset_bound.symbol}, which is not in {universe.name}; drop the floor"
            )
        if known:
            column = cash if asset_bound.symbol == CASH else universe.symbols.index(asset_bound.symbol)
            yield from _both(asset_bound.symbol, [column], asset_bound.floor, asset_bound.cap, asset_bound.reason)
    for bound in mandate.group_bounds:
        members = [universe.symbols.index(symbol) for symbol in matching(universe, bound.kind, bound.key)]
        label = f"{bound.kind.replace('_', ' ')} {wording(bound.kind, bound.key)}"
        yield from _both(label, members, bound.floor, bound.cap, bound.reason)


def _both(label: str, members: Sequence[int], floor: float, cap: float, reason: str) -> Iterable[LimitRow]:
    if floor > 0:
        yield _row(f"stated floor: {label}", "floor", members, floor, reason)
    if cap < 1 and members:
        yield _row(f"stated cap: {label}", "cap", members, cap, reason)


def _sums(mandate: Mandate, universe: Universe) -> Iterable[LimitRow]:
    def of(classes: tuple[AssetClass, ...]) -> list[int]:
        return [column for column, asset in enumerate(universe.assets) if asset.asset_class in classes]

    def in_sector(asset: Asset, group: str) -> bool:
        return asset.asset_class == "share" and asset.group == group

    sums = (
        (mandate.risk_asset_cap, "risk asset cap", of(RISKY)),
        (mandate.single_shares_cap, "single shares cap", of(("share",))),
        (mandate.complex_cap, "complex assets cap", of(COMPLEX)),
    )
    for limit, name, members in sums:
        if members and limit.value < 1:
            yield _row(name, "cap", members, limit.value, limit.reason)
    for group in universe.groups:
        members = [column for column, asset in enumerate(universe.assets) if in_sector(asset, group)]
        if members and mandate.group_cap.value < 1:
            yield _row("group cap", "cap", members, mandate.group_cap.value, mandate.group_cap.reason, detail=group)


def _row(
    limit: str,
    kind: Literal["cap", "floor"],
    members: Sequence[int],
    bound: float,
    reason: str,
    *,
    detail: str = "",
    settable: bool = True,
) -> LimitRow:
    name = f"{limit}: {detail}" if detail else limit
    return LimitRow(name, limit, kind, tuple(members), bound, reason, settable)


def _merged(rows: Iterable[LimitRow]) -> tuple[LimitRow, ...]:
    """One row a name, the tightest: a client may state a limit twice, or strike an asset by two exclusions."""
    out: dict[str, LimitRow] = {}
    for row in rows:
        other = out.get(row.name)
        tighter = other is None or (row.bound < other.bound if row.kind == "cap" else row.bound > other.bound)
        if tighter:
            out[row.name] = row
    return tuple(out.values())


def finite_risk(covariance: Floats, scenarios: Floats, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Risk figures with zeros in place of assets that may not be held anyway.

    `held` is (N,): True where the weight may exceed zero. Raises ValueError when a figure of such an asset is missing.
    """
    if covariance.shape != (len(held), len(held)) or scenarios.ndim != 2 or scenarios.shape[1] != len(held):
        raise ValueError(f"{len(held)} assets expected; covariance is {covariance.shape}, scenarios {scenarios.shape}")
    missing = not (np.isfinite(covariance[held][:, held]).all() and np.isfinite(scenarios[:, held]).all())
    if missing:
        raise ValueError("an asset that may be held has no covariance or no scenarios; mark it as not tradable")
    covariance = np.where(held[:, None] & held[None, :], covariance, 0.0)
    return 0.5 * (covariance + covariance.T), np.where(held[None, :], scenarios, 0.0)
