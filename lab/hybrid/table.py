"""One universe's table: what every strategy, K and seed earned in the test year.

Contract
--------
- Forecasts are walk-forward everywhere, in the years on which PPO trains too: no strategy sees a forecast of a model
  that was fitted on what it foretells.
- The test year is read once for each strategy, K and seed; every one of these looks is answered beside the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray

from lab.hybrid.forecasts import KINDS, Forecasts, case_questions, told
from lab.hybrid.records import CaseResult, HybridConfig, Look, Measured, Row, Spread
from lab.hybrid.universes import Case
from lab.register import TrialFigures
from portfolio import metrics
from portfolio.backtest import Costs, ManyResult, backtest_many
from portfolio.market import Floats, MarketPanel, day_of
from portfolio.statistics import paired_difference
from rl.branches.forecaster import AMPLIFIED
from rl.branches.forecaster_series import period_series
from rl.hybrid import HybridMarket, hybrid_market, ranked_weights
from rl.hybrid_ppo import HybridLearner, Variant

EQUAL_WEIGHT = "equal weight"
RISK_AVERSION = 5.0
"""Of the certainty equivalent that the register wants, as in the other studies."""
SEED = 2511


@dataclass(frozen=True, eq=False)
class Tables:
    """What all tables share: the universes by slug, the settings, and (slug, kind) -> what `foretell` answered."""

    cases: Mapping[str, Case]
    config: HybridConfig
    forecasts: Mapping[tuple[str, str], bytes]


def tabulate(shared: Tables, slug: str) -> bytes:
    """One universe's `Measured` as JSON; a job for `lab.spread`."""
    made = {kind: told(shared.forecasts[slug, kind]) for kind in KINDS}
    return measure(shared.cases[slug], shared.config, made).model_dump_json(indent=1).encode()


def measure(case: Case, config: HybridConfig, made: Mapping[str, Forecasts]) -> Measured:
    """Train, and look once at the test year for every strategy, K and seed; `made` holds both kinds of forecasts."""
    panel, assets = case.panel, len(case.panel.symbols)
    start = int(np.searchsorted(panel.dates, np.datetime64(f"{case.test_year}-01-01")))
    # The last close before the test year is the first decision; it is dealt at the year's first close.
    decisions = np.arange(start - 1, len(panel.dates) - 1, case.step)
    market = hybrid_market(panel, config.rules.model_copy(update={"step": case.step}))
    tops = list(dict.fromkeys(min(top, assets) for top in config.tops))

    targets: dict[tuple[str, str], Floats] = {}
    even = market.eligible.numpy()[decisions].astype(np.float64)
    targets[EQUAL_WEIGHT, ""] = (even / np.maximum(even.sum(axis=1, keepdims=True), 1.0))[None]
    for kind, name in (("per_asset", "LSTM only"), ("shared", "LSTM only, shared")):
        expected = _expected(case, config, kind, made[kind])[:, decisions]
        for top in tops:
            chosen = [ranked_weights(seed, market.eligible.numpy()[decisions], top) for seed in expected]
            targets[name, _label(top, config.tops, assets)] = np.stack(chosen)
    decided = _learned(case, config, market, made["per_asset"], tops, decisions)
    for (name, top), weights in decided.items():
        targets[name, _label(top, config.tops, assets)] = weights
    accounts = {place: _dealt(panel, weights, decisions, config) for place, weights in targets.items()}
    even_net = accounts[EQUAL_WEIGHT, ""].returns[0]
    rows = tuple(_row(*place, account, even_net) for place, account in accounts.items())
    result = CaseResult(
        slug=case.slug,
        title=case.title,
        key=case_key(config, panel),
        assets=assets,
        first=str(panel.dates[0]),
        last=str(panel.dates[-1]),
        test_year=case.test_year,
        ratio_over="zero" if panel.cash_rate is None else "the bill rate (BIL)",
        note=case.note,
        runs=sum(row.seeds for row in rows),
        per_asset=made["per_asset"].learning,
        shared=made["shared"].learning,
        rows=rows,
    )
    return Measured(
        case=result,
        source=panel.source,
        first=day_of(panel.dates[start]),
        last=day_of(panel.dates[-1]),
        data_sha256=data_sha256(panel),
        looks=tuple(_look(*place, accounts[place], targets[place], config.seeds) for place in targets),
    )


def _expected(case: Case, config: HybridConfig, kind: str, made: Forecasts) -> Floats:
    """(S, T, N) the next period's return as a fraction; NaN where nothing is foretold."""
    asked = case_questions(case, config)[kind].config
    scale = period_series(case.panel, asked.step, asked.periods, asked.min_periods).scale.numpy()
    return np.where(made.known, made.values[..., 0] * scale, np.nan)


def _learned(
    case: Case,
    config: HybridConfig,
    market: HybridMarket,
    made: Forecasts,
    tops: list[int],
    decisions: NDArray[np.int64],
) -> dict[tuple[str, int], Floats]:
    """(strategy, K) -> (seeds, R, N) weights of PPO without and with forecasts, all trained in one run."""
    variants = tuple(
        Variant(top, seed, forecasts) for forecasts in (False, True) for top in tops for seed in config.seeds
    )
    forecast = torch.from_numpy(np.clip(AMPLIFIED * made.values[..., 0], -4.0, 4.0)).float()
    able = market.eligible.any(dim=1)
    first = max(int(torch.nonzero(able)[0]), market.rules.recent * case.step)
    learner = HybridLearner(config.ppo, market, forecast, variants, first, int(decisions[0]))
    learner.train(lambda _: None)
    weights = learner.decide(decisions).double().numpy()
    out: dict[tuple[str, int], Floats] = {}
    for forecasts, name in ((False, "PPO only"), (True, "hybrid")):
        for top in tops:
            mine = [v.top == top and v.forecasts == forecasts for v in variants]
            out[name, top] = weights[np.array(mine)]
    return out


def _dealt(panel: MarketPanel, weights: Floats, decisions: NDArray[np.int64], config: HybridConfig) -> ManyResult:
    """Accounts of weights (seeds, R, N) decided on rows of the panel, dealt at the next close."""
    total = weights.sum(axis=-1, keepdims=True)
    # Weights come from float32: make the whole exact, with what is not in an asset in cash.
    shares = np.where(total > 0.5, weights / np.maximum(total, 1e-12), 0.0)
    targets = np.concatenate([shares, 1.0 - shares.sum(axis=-1, keepdims=True)], axis=-1).clip(min=0.0)
    start = int(decisions[0])
    return backtest_many(
        panel.close[start:],
        panel.dates[start:],
        targets,
        costs=Costs(commission=config.rules.cost),
        decisions=decisions - start,
        cash_rate=None if panel.cash_rate is None else panel.cash_rate[start:],
        engine="vectorised",
    )


def _ratios(result: ManyResult) -> tuple[list[float], int]:
    """Each seed's ratio, and which seed has the median one (the lower of the two in the middle)."""
    periods = metrics.periods_per_year(result.dates)
    ratios = [metrics.sharpe_ratio(net, result.cash_returns, periods) or 0.0 for net in result.returns]
    return ratios, int(np.argsort(ratios, kind="stable")[(len(ratios) - 1) // 2])


def _row(name: str, top: str, result: ManyResult, even: Floats) -> Row:
    """Figures of the accounts of all seeds, beside equal weight's daily returns `even`."""
    periods = metrics.periods_per_year(result.dates)
    net = list(result.returns)
    years = len(net[0]) / periods
    ratios, middle = _ratios(result)
    return Row(
        strategy=name,
        top=top,
        seeds=len(net),
        annual_return=_spread([metrics.annual_return(r, periods) for r in net]),
        volatility=_spread([metrics.volatility(r, periods) for r in net]),
        ratio=_spread(ratios),
        max_drawdown=_spread([metrics.max_drawdown(r)[0] for r in net]),
        turnover=_spread([float(t.sum()) / years for t in result.turnover]),
        ahead=None if not top else paired_difference(periods * net[middle], periods * even, seed=SEED),
    )


def _look(name: str, top: str, result: ManyResult, weights: Floats, seeds: tuple[int, ...]) -> Look:
    """The same accounts as the register tells them; equal weight, which learns nothing, is one seed."""
    periods = metrics.periods_per_year(result.dates)
    ratios, middle = _ratios(result)
    net = result.returns[middle]
    sure = metrics.certainty_equivalent(net, RISK_AVERSION, periods)
    return Look(
        method=f"{name}, top {top}" if top else name,
        seeds=seeds if top else (0,),
        ratios=tuple(ratios),
        figures=TrialFigures(
            sharpe=ratios[middle],
            certainty_equivalent=-1.0 if sure is None else sure,  # a total loss, which no such investor would take
            max_drawdown=metrics.max_drawdown(net)[0],
            volatility=metrics.volatility(net, periods),
            turnover=float(result.turnover[middle].sum()) * periods / len(net),
        ),
        weights_sha256=sha256(np.round(weights, 6).tobytes()).hexdigest(),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(median=float(np.median(values)), low=min(values), high=max(values))


def _label(top: int, tops: tuple[int, ...], assets: int) -> str:
    whole = [str(item) for item in tops if item >= assets]
    return f"{'/'.join(whole)} (all {assets})" if top >= assets else str(top)


def case_key(config: HybridConfig, panel: MarketPanel) -> str:
    """SHA-256 of the settings and the prices."""
    digest = sha256(config.model_dump_json().encode())
    digest.update("|".join((*panel.symbols, str(panel.dates[0]), str(panel.dates[-1]))).encode())
    digest.update(np.ascontiguousarray(panel.close).tobytes())
    return digest.hexdigest()


def data_sha256(panel: MarketPanel) -> str:
    """SHA-256 of everything that the study reads of a panel."""
    digest = sha256("|".join(panel.symbols).encode())
    digest.update(panel.dates.astype("datetime64[D]").astype(np.int64).tobytes())
    for values in (panel.close, panel.cash_rate):
        digest.update(b"none" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
