"""The re-test, from prices and checkpoints to its result: decide, deal, tax, and hold to the yardsticks.

Contract
--------
- A decision sees rows up to its day and is dealt at the next close.
- Same prices, checkpoints and settings: the same bytes, however the jobs are spread.
- Finished jobs (one an account, one a universe's convex baseline) are kept, so an interrupted run goes on.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from lab.backtest.plan import BASELINE
from lab.backtest.register import fingerprint
from lab.backtest.seen import plain_mandate, seen_on
from lab.backtest.strategies import available
from lab.backtest.weights import joint_risk, weights_on
from lab.code import code_digest
from lab.objectives.accounts import Account, Order, Shared, dealt, work
from lab.objectives.convex import tax_aware_weights
from lab.objectives.judge import money_of, policy_of
from lab.objectives.records import Config, Policy, Result, UniverseResult, Windows
from lab.objectives.windows import PAPER, window_returns, windows_of
from lab.objectives.wishes import DEFAULT_MIX, PURE, ROUTER_ALONE, WISHES, Learned, Wish, strategies_of, strategy_name
from lab.objectives.worlds import Ground, plan_of
from lab.spread import SERIAL, Job, OnSpread, Workers, quiet, spread
from portfolio.market import Floats, day_of

RULES = (BASELINE, "buy-and-hold", "index", "min-variance", "mean-variance")
"""Baselines of `quorum backtest`; one that a universe does not allow is left out and named."""
CONVEX = "tax-aware"
DECIDING = ("portfolio", "rl", "lab.backtest", "lab.objectives")
"""Packages in which weights and accounts of this study are made."""
FULLY_INVESTED = 1.0
"""Volatility limit under which nothing is kept in cash, as in the paper's window."""

OnStep = Callable[[str], None]


def silent(_: str) -> None:
    """For tests and scripts."""


@dataclass(frozen=True, eq=False)
class Decided:
    """name -> (R, M + 1) weights of the decision rows, (1, M + 1) for what is decided once; row -> (M, M) yearly
    covariance; rules that the universe does not allow -> why."""

    weights: dict[str, Floats]
    risks: dict[int, Floats]
    missing: dict[str, str]


@dataclass(frozen=True, eq=False)
class Study:
    """The result, and what the trial register needs: accounts and decided weights of every strategy, by universe."""

    result: Result
    grounds: tuple[Ground, ...]
    accounts: Mapping[str, Mapping[str, Account]]
    weights: Mapping[str, Mapping[str, Floats]]
    policies: tuple[Learned, ...]
    key: str


def run_study(
    grounds: Sequence[Ground],
    policies: Sequence[Learned],
    config: Config,
    *,
    command: str,
    folder: Path,
    workers: Workers = SERIAL,
    progress: OnSpread = quiet,
    step: OnStep = silent,
) -> Study:
    """Everything. The first of `policies` is the one whose windows are shown and whose seeds are followed alone.

    Raises SpreadMismatch and JobsFailed as `lab.spread` does.
    """
    key = study_key(grounds, policies, config)
    decided: dict[str, Decided] = {}
    for ground in grounds:
        step(f"decisions on {ground.name}")
        decided[ground.name] = decide_on(ground, policies, WISHES, config, config.volatility)
    shared = Shared(config, {ground.name: ground.market for ground in grounds})
    run = partial(spread, folder=folder, key=key, workers=workers, progress=progress)
    weights = {name: dict(made.weights) for name, made in decided.items()}
    if config.convex:
        kept = run(_convex, shared, _lot_jobs(grounds, decided))
        for ground in grounds:
            weights[ground.name][CONVEX] = np.array(json.loads(kept[_lots_name(ground)]))
    kept = run(work, shared, _account_jobs(grounds, weights, policies))
    accounts = {
        ground.name: {name: Account.model_validate_json(kept[_name(ground, name)]) for name in weights[ground.name]}
        for ground in grounds
    }
    results = []
    for ground in grounds:
        step(f"yardsticks on {ground.name}")
        results.append(
            _result(ground, policies, config, accounts[ground.name], weights[ground.name], decided[ground.name].missing)
        )
    result = Result(
        command=command,
        config=config,
        universes=tuple(results),
        trials=sum(len(made) for made in accounts.values()),
    )
    return Study(result, tuple(grounds), accounts, weights, tuple(policies), key)


def study_key(grounds: Sequence[Ground], policies: Sequence[Learned], config: Config) -> str:
    """SHA-256 of settings, data, checkpoints and code: what finished jobs must share.

    What was decided is no part of the jobs' names, so all that decides it must be here.
    """
    parts = [config.model_dump_json(), *(one.weights_sha256 for one in policies), code_digest(DECIDING)]
    for ground in grounds:
        parts += [fingerprint(ground.world), ground.world.universe.model_dump_json(), *map(str, ground.rows)]
        signals = ground.world.panel.signals
        parts += [sha256(np.ascontiguousarray(signals[name]).tobytes()).hexdigest() for name in sorted(signals)]
    return sha256(json.dumps(parts).encode()).hexdigest()


def decide_on(
    ground: Ground, policies: Sequence[Learned], wishes: Sequence[Wish], config: Config, volatility: float
) -> Decided:
    """The rules and every policy under every wish on the universe's decision days, all at the same risk and cap."""
    there, missing = available(ground.world)
    rules = [strategy for strategy in there if strategy.name in RULES]
    learned = [
        strategy
        for policy in policies
        for strategy in strategies_of(ground.world, ground.rows, policy, wishes, config, volatility)
    ]
    plan, mandate = plan_of(config, volatility), plain_mandate(volatility, config.risk_aversion)
    weights: dict[str, list[Floats]] = {strategy.name: [] for strategy in (*rules, *learned)}
    risks = {}
    for row in ground.rows:
        seen = seen_on(ground.world, row, mandate, plan.cap)
        risks[row] = joint_risk(seen, ground.world)
        for strategy in (*rules, *learned):
            if strategy.kind != "hold" or row == ground.rows[0]:
                weights[strategy.name].append(weights_on(strategy, seen, ground.world.columns, risks[row], plan))
    made = {name: np.stack(held) for name, held in weights.items()}
    return Decided(made, risks, {name: why for name, why in missing.items() if name in RULES})


@dataclass(frozen=True, eq=False)
class _Lots:
    universe: str
    target: Floats
    risks: dict[int, Floats]


def _convex(shared: Shared, lots: _Lots) -> bytes:
    market = shared.markets[lots.universe]
    made = tax_aware_weights(market, lots.target, lots.risks, shared.config.rates, shared.config)
    return json.dumps(made.tolist()).encode()


def _name(ground: Ground, strategy: str) -> str:
    return f"{ground.short}.{strategy}"


def _lots_name(ground: Ground) -> str:
    return _name(ground, f"{CONVEX}-weights")


def _lot_jobs(grounds: Sequence[Ground], decided: Mapping[str, Decided]) -> list[Job[_Lots]]:
    return [
        Job(_lots_name(ground), _Lots(ground.name, made.weights[BASELINE], made.risks))
        for ground, made in ((ground, decided[ground.name]) for ground in grounds)
    ]


def _account_jobs(
    grounds: Sequence[Ground], weights: Mapping[str, Mapping[str, Floats]], policies: Sequence[Learned]
) -> list[Job[Order]]:
    return [
        Job(_name(ground, name), order)
        for ground in grounds
        for name, order in _orders(ground, weights[ground.name], policies).items()
    ]


def _orders(ground: Ground, weights: Mapping[str, Floats], policies: Sequence[Learned]) -> dict[str, Order]:
    """Seeds alone are taxed for the typical client only, and the second policy is not dealt at the dearer cost."""
    return {
        name: Order(
            universe=ground.name,
            rows=ground.rows[: len(made)],
            weights=made,
            high=".seed-" not in name,
            dear=".seed-" not in name and not any(name.startswith(f"{one.name}.") for one in policies[1:]),
        )
        for name, made in weights.items()
    }


def _result(
    ground: Ground,
    policies: Sequence[Learned],
    config: Config,
    accounts: Mapping[str, Account],
    weights: Mapping[str, Floats],
    missing: Mapping[str, str],
) -> UniverseResult:
    days = ground.market.dates
    order = [*RULES[:3], CONVEX, *RULES[3:], *accounts]
    ensembles = [name for name in dict.fromkeys(order) if name in accounts and ".seed-" not in name]
    return UniverseResult(
        name=ground.name,
        source=ground.world.panel.source,
        first=day_of(days[ground.rows[0]]),
        last=day_of(days[-1]),
        assets=len(ground.world.panel.symbols),
        months=len(ground.rows),
        ratio=ground.ratio,
        notes=ground.notes,
        missing=dict(missing),
        money=tuple(money_of(name, accounts, config) for name in ensembles),
        policies=tuple(_policy(policy, config, accounts, weights) for policy in policies),
        windows=_windows(ground, policies[0], config),
        window_policy=policies[0].name,
    )


def _policy(policy: Learned, config: Config, accounts: Mapping[str, Account], weights: Mapping[str, Floats]) -> Policy:
    names = [strategy_name(policy.name, wish.name) for wish in PURE]
    seeds = policy.seeds if config.seeds else ()
    alone = [[accounts[strategy_name(policy.name, wish.name, seed)] for wish in PURE] for seed in seeds]
    return policy_of(
        policy.name,
        policy.weights_sha256,
        seeds,
        [accounts[name] for name in names],
        [weights[name] for name in names],
        alone,
        accounts[BASELINE],
        weights[BASELINE],
        weights[strategy_name(policy.name, ROUTER_ALONE)],
        config,
    )


def _windows(ground: Ground, policy: Learned, config: Config) -> tuple[Windows, ...]:
    """The policy of the house's default mix, fully invested as the paper's, beside equal weight and the index."""
    plain = [wish for wish in WISHES if wish.name == DEFAULT_MIX]
    alone = Learned(policy.name, policy.ensemble, (), policy.weights_sha256)
    made = decide_on(ground, [alone], plain, config, FULLY_INVESTED).weights

    def moves(name: str) -> Floats:
        result = dealt(ground.market, ground.rows[: len(made[name])], made[name], config.basis_points)
        return window_returns(result.dates, result.returns)

    own = moves(strategy_name(policy.name, DEFAULT_MIX))
    series = {"policy": own, "policy less equal weight": own - moves(BASELINE)}
    if "index" in made:
        series["policy less index"] = own - moves("index")
    return tuple(
        windows_of(what, values, PAPER[what], seed=config.seed, draws=config.draws, level=config.level)
        for what, values in series.items()
    )
