"""`quorum evaluate lstm-ppo`: the table of arXiv 2511.17963 rebuilt on real prices with seeds, its forecaster judged.

Contract
--------
- Forecasts are walk-forward everywhere, in the years on which PPO trains too: no strategy sees a forecast of a model
  that was fitted on what it foretells.
- A universe's test year is read once for each strategy, K and seed; how often stands on the page.
- A finished universe is kept beside the page and not computed again while its settings and data are the same.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from lab.hybrid_page import page
from lab.hybrid_quality import measure_quality
from lab.hybrid_records import CaseResult, HybridConfig, LearningFigures, QualityResult, Result, Row, Spread
from lab.hybrid_universes import SLUGS, Case, cases
from portfolio import metrics
from portfolio.backtest import Costs, ManyResult, backtest_many
from portfolio.market import Floats, MarketPanel
from portfolio.statistics import paired_difference
from rl.branches.forecaster import AMPLIFIED, Forecaster, fit_forecaster
from rl.branches.forecaster_fit import ForecasterConfig, paper_config
from rl.branches.forecaster_series import period_series
from rl.hybrid import HybridMarket, hybrid_market, ranked_weights
from rl.hybrid_ppo import HybridLearner, Variant

Say = Callable[[str], None]
QUALITY = "quality"
SEED = 2511


def measure(case: Case, config: HybridConfig, say: Say) -> CaseResult:
    """One universe's table: fit, train, and one look at the test year for every strategy, K and seed."""
    panel, assets = case.panel, len(case.panel.symbols)
    start = int(np.searchsorted(panel.dates, np.datetime64(f"{case.test_year}-01-01")))
    # The last close before the test year is the first decision; it is dealt at the year's first close.
    decisions = np.arange(start - 1, len(panel.dates) - 1, case.step)
    market = hybrid_market(panel, config.rules.model_copy(update={"step": case.step}))
    fitted = {kind: _fit(case, config, kind, say) for kind in ("per_asset", "shared")}
    made = {kind: forecaster.by_seed(panel, np.arange(len(panel.dates))) for kind, forecaster in fitted.items()}
    tops = list(dict.fromkeys(min(top, assets) for top in config.tops))

    targets: dict[tuple[str, str], Floats] = {}
    even = market.eligible.numpy()[decisions].astype(np.float64)
    targets["equal weight", ""] = (even / np.maximum(even.sum(axis=1, keepdims=True), 1.0))[None]
    for kind, name in (("per_asset", "LSTM only"), ("shared", "LSTM only, shared")):
        expected = _expected(fitted[kind], panel, *made[kind])[:, decisions]
        for top in tops:
            chosen = [ranked_weights(seed, market.eligible.numpy()[decisions], top) for seed in expected]
            targets[name, _label(top, config.tops, assets)] = np.stack(chosen)
    decided = _learned(case, config, market, made["per_asset"], tops, decisions, say)
    for (name, top), weights in decided.items():
        targets[name, _label(top, config.tops, assets)] = weights
    even_net = _dealt(panel, targets["equal weight", ""], decisions, config).returns[0]
    rows = tuple(
        _row(name, top, panel, weights, decisions, config, even_net) for (name, top), weights in targets.items()
    )
    return CaseResult(
        slug=case.slug,
        title=case.title,
        key=_key(config, panel),
        assets=assets,
        first=str(panel.dates[0]),
        last=str(panel.dates[-1]),
        test_year=case.test_year,
        ratio_over="zero" if panel.cash_rate is None else "the bill rate (BIL)",
        note=case.note,
        runs=sum(row.seeds for row in rows),
        per_asset=_learning(fitted["per_asset"]),
        shared=_learning(fitted["shared"]),
        rows=rows,
    )


def _fit(case: Case, config: HybridConfig, kind: str, say: Say) -> Forecaster:
    first_cut = case.test_year - 2
    paper = paper_config(first_cut, config.seeds, step=case.step, refit_years=config.refit_years)
    changes: dict[str, object] = {
        "min_windows": config.min_windows,
        "hidden": config.hidden if kind == "per_asset" else config.shared_hidden,
        "epochs": config.epochs,
        "patience": config.patience,
        "kind": kind,
    }
    chosen = ForecasterConfig.model_validate(paper.model_dump() | changes)
    return fit_forecaster(
        case.panel,
        case.universe,
        chosen,
        lambda step: say(f"{case.title}: {kind} LSTM of {step.cut.card.valid_from} is fitted"),
    )


def _expected(forecaster: Forecaster, panel: MarketPanel, values: Floats, known: NDArray[np.bool_]) -> Floats:
    """(S, T, N) the next week's return as a fraction; NaN where nothing is foretold."""
    config = forecaster.config
    scale = period_series(panel, config.step, config.periods, config.min_periods).scale.numpy()
    return np.where(known, values[..., 0] * scale, np.nan)


def _learned(
    case: Case,
    config: HybridConfig,
    market: HybridMarket,
    made: tuple[Floats, NDArray[np.bool_]],
    tops: list[int],
    decisions: NDArray[np.int64],
    say: Say,
) -> dict[tuple[str, int], Floats]:
    """(strategy, K) -> (seeds, R, N) weights of PPO without and with forecasts, all trained in one run."""
    variants = tuple(
        Variant(top, seed, forecasts) for forecasts in (False, True) for top in tops for seed in config.seeds
    )
    forecast = torch.from_numpy(np.clip(AMPLIFIED * made[0][..., 0], -4.0, 4.0)).float()
    able = market.eligible.any(dim=1)
    first = max(int(torch.nonzero(able)[0]), market.rules.recent * case.step)
    learner = HybridLearner(config.ppo, market, forecast, variants, first, int(decisions[0]))
    learner.train(lambda done: say(f"{case.title}: PPO {done} of {config.ppo.updates}") if done % 10 == 0 else None)
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


def _row(
    name: str,
    top: str,
    panel: MarketPanel,
    weights: Floats,
    decisions: NDArray[np.int64],
    config: HybridConfig,
    even: Floats,
) -> Row:
    """Figures of the accounts of weights (seeds, R, N), beside equal weight's daily returns `even`."""
    result = _dealt(panel, weights, decisions, config)
    periods = metrics.periods_per_year(result.dates)
    cash = result.cash_returns
    net = list(result.returns)
    years = len(net[0]) / periods
    ratios = [metrics.sharpe_ratio(r, cash, periods) or 0.0 for r in net]
    middle = net[int(np.argsort(ratios, kind="stable")[(len(ratios) - 1) // 2])]
    return Row(
        strategy=name,
        top=top,
        seeds=len(weights),
        annual_return=_spread([metrics.annual_return(r, periods) for r in net]),
        volatility=_spread([metrics.volatility(r, periods) for r in net]),
        ratio=_spread(ratios),
        max_drawdown=_spread([metrics.max_drawdown(r)[0] for r in net]),
        turnover=_spread([float(t.sum()) / years for t in result.turnover]),
        ahead=None if not top else paired_difference(periods * middle, periods * even, seed=SEED),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(median=float(np.median(values)), low=min(values), high=max(values))


def _label(top: int, tops: tuple[int, ...], assets: int) -> str:
    whole = [str(item) for item in tops if item >= assets]
    return f"{'/'.join(whole)} (all {assets})" if top >= assets else str(top)


def _learning(forecaster: Forecaster) -> LearningFigures:
    card = forecaster.cuts[-1].card
    return LearningFigures(
        models=len(card.epochs),
        stopped_at_once=sum(epoch == 0 for epoch in card.epochs),
        validation_loss=float(np.mean(card.validation_loss)),
    )


def _key(config: HybridConfig, panel: MarketPanel) -> str:
    digest = sha256(config.model_dump_json().encode())
    digest.update("|".join((*panel.symbols, str(panel.dates[0]), str(panel.dates[-1]))).encode())
    digest.update(np.ascontiguousarray(panel.close).tobytes())
    return digest.hexdigest()


Kept = TypeVar("Kept", bound=BaseModel)


def _kept(path: Path, kind: type[Kept]) -> Kept | None:
    """A result kept earlier; None when there is none, or one of another version, which is measured again."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _results(folder: Path) -> Iterator[CaseResult]:
    for slug in SLUGS:
        kept = _kept(folder / f"{slug}.json", CaseResult)
        if kept is not None:
            yield kept


def run(
    data: Path,
    out: Path,
    wanted: tuple[str, ...],
    config: HybridConfig,
    say: Say,
    *,
    command: str = "quorum evaluate lstm-ppo",
    again: bool = False,
) -> Result:
    """Measure what is wanted and not kept (all that is wanted with `again`), then write page and figures of everything
    that is kept: the page to `out`, the figures to `evidence/lstm_ppo.json` beside it.

    Raises DataError where a folder of `data` cannot be read.
    """
    from tools.market.bundled import SHARES, load_bundled

    folder = out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases(data, wanted):
        path = folder / f"{case.slug}.json"
        kept = None if again else _kept(path, CaseResult)
        if kept is None or kept.key != _key(config, case.panel):
            path.write_text(measure(case, config, say).model_dump_json(indent=1) + "\n", encoding="utf-8")
    path = folder / f"{QUALITY}.json"
    if QUALITY in wanted:
        made = load_bundled()
        universe = made.universe.model_copy(update={"assets": tuple(made.universe.asset(name) for name in SHARES)})
        panel = made.panel.select(SHARES)
        key = _key(config, panel)
        kept_quality = None if again else _kept(path, QualityResult)
        if kept_quality is None or kept_quality.key != key:
            quality = measure_quality(panel, universe, config, key, say)
            path.write_text(quality.model_dump_json(indent=1) + "\n", encoding="utf-8")
    result = Result(command=command, config=config, cases=tuple(_results(folder)), quality=_kept(path, QualityResult))
    figures = out.parent / "evidence" / "lstm_ppo.json"
    figures.parent.mkdir(parents=True, exist_ok=True)
    figures.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    out.write_text(page(result), encoding="utf-8")
    return result
