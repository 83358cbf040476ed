"""A mandate as limits on weights: which asset each number binds, by asset class, sector, theme and name.

A limit that can never bind (a cap of one, a floor of zero) makes no row. Where a client states a limit twice, the
tighter one counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from portfolio.limits import (
    CVAR,
    EXCLUDED,
    FEWEST,
    MOST,
    SMALLEST,
    TURNOVER,
    VOLATILITY,
    ConstraintSet,
    LimitRow,
    PositionLimits,
    ScalarLimit,
)
from portfolio.mandate import Limit, Mandate
from portfolio.market import Floats
from portfolio.matching import matching, wording
from portfolio.records import CASH
from portfolio.universe import UNKNOWN_GROUP, Asset, AssetClass, Universe

__all__ = ["ConstraintSet", "compile_constraints"]

SINGLE: tuple[AssetClass, ...] = ("share", "crypto", "commodity")
"""One undiversified thing each: `share_cap` applies."""
DIVERSIFIED: tuple[AssetClass, ...] = ("fund", "bond_fund", "property_fund")
"""`fund_cap` applies."""
RISKY: tuple[AssetClass, ...] = ("share", "fund", "commodity", "crypto", "property_fund")
"""Counted by `risk_asset_cap`: bond funds and bills (class "cash") are not."""
COMPLEX: tuple[AssetClass, ...] = ("commodity", "crypto")
"""Counted by `complex_cap`."""
LEAST_POSITION = 0.005
"""What counts as a position where the client wants a least number of them and names no smallest size."""


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
        positions=_positions(mandate),
    )


def _positions(mandate: Mandate) -> PositionLimits | None:
    """The limits on positions, or None where there are none."""
    most, fewest, smallest = mandate.most_positions, mandate.fewest_positions, mandate.smallest_position
    if most is None and fewest is None and smallest is None:
        return None
    size = None if smallest is None else _scalar(SMALLEST, smallest)
    if size is None and fewest is not None:
        counts = f"What counts as one of at least {fewest.value:.0f} positions: a house rule, since no size was said."
        size = ScalarLimit(SMALLEST, LEAST_POSITION, counts)
    return PositionLimits(
        most=None if most is None else _scalar(MOST, most),
        fewest=None if fewest is None else _scalar(FEWEST, fewest),
        smallest=size,
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
                name = f"{EXCLUDED}{asset.symbol}{again}"
                yield LimitRow(name, f"{EXCLUDED}{key}", "cap", (column,), 0.0, item.note)


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
        if group != UNKNOWN_GROUP and members and mandate.group_cap.value < 1:
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
