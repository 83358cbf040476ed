"""Small universes, mandates and markets for the tests of limits; everything drawn from an explicit seed."""

from datetime import date

import numpy as np

from portfolio.constraints import compile_constraints
from portfolio.limits import ConstraintSet
from portfolio.mandate import AssetBound, ExcludedAsset, GroupBound, Limit, Mandate
from portfolio.market import Floats
from portfolio.profile import Exclusion, Objective
from portfolio.universe import Asset, AssetClass, Universe

CLASSES: tuple[AssetClass, ...] = ("share", "share", "share", "fund", "bond_fund", "commodity", "crypto")
SECTORS = ("Energy", "Technology", "Health Care")


def asset(symbol: str, asset_class: AssetClass = "share", group: str = "Energy", tags: tuple[str, ...] = ()) -> Asset:
    return Asset(
        symbol=symbol,
        name=symbol,
        asset_class=asset_class,
        group=group,
        tags=tags,
        first_date=date(2000, 1, 1),
        last_date=date(2022, 12, 28),
    )


def universe(size: int) -> Universe:
    assets = (asset(f"A{i}", CLASSES[i % len(CLASSES)], SECTORS[i % len(SECTORS)], ("other",)) for i in range(size))
    return Universe(name="test", assets=tuple(assets))


def limit(value: float, reason: str = "a test says so") -> Limit:
    return Limit(value=value, reason=reason)


def mandate(
    *,
    volatility: float = 5.0,
    cvar: float = 0.9,
    cash: float = 0.0,
    risk_assets: float = 1.0,
    share: float = 1.0,
    fund: float = 1.0,
    shares: float = 1.0,
    complexity: float = 1.0,
    group: float = 1.0,
    turnover: float = 1.0,
    assets: tuple[AssetBound, ...] = (),
    groups: tuple[GroupBound, ...] = (),
    exclusions: tuple[ExcludedAsset, ...] = (),
) -> Mandate:
    return Mandate(
        volatility_cap=limit(volatility, "swings"),
        cvar_cap=limit(cvar, "bad years"),
        cash_floor=limit(cash, "cash to hand"),
        risk_asset_cap=limit(risk_assets),
        share_cap=limit(share, "no single share too large"),
        fund_cap=limit(fund),
        single_shares_cap=limit(shares),
        complex_cap=limit(complexity),
        group_cap=limit(group),
        turnover_cap=limit(turnover, "trade little"),
        asset_bounds=assets,
        group_bounds=groups,
        exclusions=exclusions,
        risk_aversion=limit(3.0),
        objective_mix={Objective.LONG_TERM_GAIN: 1.0},
    )


def excluded(*symbols: str, key: str = "oil") -> ExcludedAsset:
    return ExcludedAsset(exclusion=Exclusion(kind="theme", key=key), symbols=symbols, note=f"no {key}")


def risk(size: int, scenarios: int, seed: int) -> tuple[Floats, Floats]:
    """Covariance (N, N) of a year and 21-day returns (S, N): three factors, fat tails."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(1.0, 0.3, (size, 3)) * np.array([0.15, 0.06, 0.05])
    covariance = loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.3, size) ** 2)
    shocks = rng.standard_t(4, (scenarios, size)) @ np.linalg.cholesky(covariance).T
    return covariance, shocks * 0.7 / np.sqrt(12.0) + 0.008


def compiled(
    rules: Mandate, assets: Universe, *, seed: int = 0, scenarios: int = 60, current: dict[str, float] | None = None
) -> ConstraintSet:
    covariance, returns = risk(len(assets.assets), scenarios, seed)
    return compile_constraints(rules, assets, covariance=covariance, scenarios=returns, current=current)


def random_problem(seed: int, size: int = 6, scenarios: int = 40) -> tuple[Floats, ConstraintSet]:
    """A proposal, wild one time in five, and a mandate that may be loose, tight or impossible."""
    rng = np.random.default_rng(seed)
    assets = universe(size)
    share = float(rng.choice([0.1, 0.25, 0.5]))
    floors: tuple[AssetBound, ...] = ()
    if rng.random() < 0.3:
        floors = (AssetBound(symbol="A0", floor=float(rng.uniform(0, 1.1 * share)), cap=1.0, reason="wanted"),)
    strikes = (excluded("A1"),) if rng.random() < 0.3 else ()
    turnover = float(rng.choice([0.3, 0.6, 1.0]))
    rules = mandate(
        volatility=float(rng.choice([0.03, 0.06, 0.1, 0.15, 0.9])),
        cvar=float(rng.choice([0.03, 0.06, 0.12, 0.25, 0.9])),
        cash=float(rng.choice([0.0, 0.05, 0.2])),
        risk_assets=float(rng.choice([0.5, 0.8, 1.0])),
        share=share,
        fund=float(rng.choice([0.4, 1.0])),
        shares=0.5,
        complexity=0.1,
        group=float(rng.choice([0.3, 0.45])),
        turnover=turnover,
        assets=floors,
        groups=(GroupBound(kind="asset_class", key="fund", floor=0.02, cap=0.6, reason="some funds"),),
        exclusions=strikes,
    )
    current = None
    if turnover < 1:
        held = rng.dirichlet(np.ones(size + 1))
        current = dict(zip((*assets.symbols, "CASH"), held.tolist(), strict=True))
    target = rng.dirichlet(np.full(size + 1, float(rng.choice([0.1, 0.5, 3.0]))))
    if rng.random() < 0.2:
        target = target + rng.normal(0.0, 0.5, size + 1)
    return target, compiled(rules, assets, seed=seed, scenarios=scenarios, current=current)
