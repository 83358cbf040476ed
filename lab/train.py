"""`quorum train`: train the allocator on the personas' scores, choose by walk-forward, test once, write the card.

Contract
--------
- Choices (among `TrainConfig.candidates`, and how many updates) are made by walk-forward folds that end before the test
  years. The test years are read once, after everything is chosen, and the gate's rule is a constant
  (`lab.trial.GATE_RULE`).
- Same configuration, data and personas: the same checkpoint bytes, on one core, many, or a Ray cluster. An interrupted
  training takes up its finished jobs again; finished jobs of another configuration or other data are an error.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from lab.spread import SERIAL, Job, SpreadMismatch, SpreadProgress, Workers, spread
from lab.train_branches import branch_models, described
from lab.train_config import Candidate, TrainConfig
from lab.train_jobs import Graft, Markets, TrainJob, grafting, market_name, policy_of, snapshots, work
from lab.trial import MONTHS, evaluation_clients, trial
from portfolio.market import MarketPanel
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.branches.records import BranchModel
from rl.branches.shelf import EMBEDDINGS
from rl.card import Fold, ModelCard, Span, page
from rl.checkpoint import weights_bytes, write
from rl.diagnostics import expert_collapse, gradient_conflict, in_words, router_usage
from rl.ensemble import Ensemble, advantage
from rl.environment import Market, market_of
from rl.features import ASSET_FEATURES, MARKET_FEATURES
from rl.networks import Policy
from rl.ppo import PPOConfig, deterministic

__all__ = ["Candidate", "TrainConfig", "TrainProgress", "TrainReport", "TrainingMismatch", "train", "train_on"]

TrainingMismatch = SpreadMismatch


@dataclass(frozen=True)
class TrainProgress:
    """One step of the training, for a progress bar."""

    done: int
    total: int
    message: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class TrainReport:
    """Where the checkpoint was written, and its card."""

    folder: Path
    card: ModelCard


@dataclass(frozen=True)
class _Choice:
    """What the folds chose, with the evidence."""

    learner: PPOConfig
    updates: int
    folds: tuple[Fold, ...]
    candidates: tuple[str, ...]


OnTrainProgress = Callable[[TrainProgress], None]


def train(config: TrainConfig, progress: OnTrainProgress, *, folder: Path, workers: Workers = SERIAL) -> TrainReport:
    """Train on the bundled history with every installed persona, and write the checkpoint to `folder`.

    Raises TrainingMismatch, and what reading the data and writing the folder raise.
    """
    from agents.personas import load_personas, score_history
    from tools.market.bundled import load_bundled

    data = load_bundled()
    progress(TrainProgress(0, 1, "personas score the history"))
    scores = score_history(load_personas(), data.panel)
    return train_on(data.panel, scores, config, progress, folder=folder, universe=data.universe, workers=workers)


def train_on(
    panel: MarketPanel,
    scores: ScoreHistory,
    config: TrainConfig,
    progress: OnTrainProgress,
    *,
    folder: Path,
    universe: Universe | None = None,
    workers: Workers = SERIAL,
) -> TrainReport:
    """Train on any panel and scores; see `train`. Branches need the universe.

    Raises ValueError where a branch is asked for without a universe, and what making the branches raises.
    """
    panel = _with_whole_bill_rate(panel, config)
    data_key = fingerprint(panel, scores)
    key = sha256((config.model_dump_json() + data_key).encode()).hexdigest()
    cuts = (*(_day_before(first) for first, _ in config.folds), config.folds[-1][1])
    with deterministic(0):
        candidates, markets, models = _prepared(panel, scores, universe, config, cuts, folder / EMBEDDINGS, progress)
        kept = folder / ".training"
        jobs = _Jobs(Markets(markets), config, kept, key, workers, progress)
        choice = _choose(markets, config, candidates, jobs)
        grafts = config.graft_updates > 0 and choice.learner.shape.intent
        last_training_day = cuts[-2] if grafts else cuts[-1]
        members, grafted = jobs.members(choice, last_training_day, grafts)
        ensemble = Ensemble(members, choice.learner.action_range, choice.learner.sleeve)
        market = markets[market_name(last_training_day, choice.learner)]
        mixture = _mixture(members[0], choice.learner, market, market.between(config.first, last_training_day))
        spans = (
            _span("training", market, config.first, last_training_day),
            _span("test", market, *config.test),
        )
        table, gate = trial(
            panel, market, ensemble, config.seeds, market.between(*config.test), spans[1], choice.folds, config.cost
        )
    data = weights_bytes(ensemble)
    card = ModelCard(
        name=config.name,
        made_by=config.made_by,
        config=choice.learner,
        updates=choice.updates,
        candidates=choice.candidates,
        config_key=key,
        data_source=panel.source,
        data_sha256=data_key,
        cash=_cash_words(panel),
        ratio_name="return over volatility, for want of a bill rate" if panel.cash_rate is None else "Sharpe ratio",
        personas=scores.personas,
        asset_features=ASSET_FEATURES,
        market_features=MARKET_FEATURES,
        seeds=config.seeds,
        spans=spans,
        folds=choice.folds,
        figures=table,
        gate=gate,
        limits=(
            "Every asset of the bundled history survived to its end, so all strategies look better than they were.",
            "One stretch of history: the interval speaks of these years, not of others.",
            "The test years cover 2020 and 2022; they hold one market of large US companies.",
            f"Costs are {config.cost:.2%} of what is traded; taxes are not in these figures.",
        ),
        mixture=(*grafted, *mixture),
        versions={name: version(name) for name in ("numpy", "torch")},
        weights_sha256=sha256(data).hexdigest(),
    )
    write(folder, data, card, page(card))
    for model in models:
        model.save(folder)
    jobs.clear()
    return TrainReport(folder, card)


def fingerprint(panel: MarketPanel, scores: ScoreHistory) -> str:
    """SHA-256 of everything that the training reads."""
    digest = sha256(json.dumps([panel.symbols, scores.personas]).encode())
    days = panel.dates.astype("datetime64[D]").astype(np.float64)
    arrays = [days, panel.close, scores.score, scores.confidence, scores.mask.astype(np.float64)]
    arrays += [extra for extra in (panel.cash_rate, panel.index) if extra is not None]
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _prepared(
    panel: MarketPanel,
    scores: ScoreHistory,
    universe: Universe | None,
    config: TrainConfig,
    cuts: tuple[str, ...],
    cache: Path,
    progress: OnTrainProgress,
) -> tuple[tuple[Candidate, ...], dict[str, Market], tuple[BranchModel, ...]]:
    """The candidates with the branches in their shapes, a market for each cut and sleeve, and the last cut's models."""
    sleeves = list(dict.fromkeys(candidate.learner.sleeve for candidate in config.candidates))
    if not config.branches:
        plain = {sleeve: market_of(panel, scores, (), sleeve) for sleeve in sleeves}
        return config.candidates, {f"{cut}-{sleeve}": plain[sleeve] for cut in cuts for sleeve in sleeves}, ()
    if universe is None:
        raise ValueError("branches describe the assets of a universe; give `universe` as well")
    markets: dict[str, Market] = {}
    models: tuple[BranchModel, ...] = ()
    for cut in cuts:
        models = branch_models(
            config.branches,
            panel,
            universe,
            np.datetime64(cut).astype(object),
            lambda message: progress(TrainProgress(0, 1, message)),
            chronos=config.chronos,
            cache=cache,
        )
        branches = described(models, panel, universe)
        markets.update({f"{cut}-{sleeve}": market_of(panel, scores, branches, sleeve) for sleeve in sleeves})
    widths = tuple((model.name, model.width) for model in models)
    shaped = tuple(
        candidate.model_copy(
            update={
                "learner": candidate.learner.model_copy(
                    update={"shape": candidate.learner.shape.model_copy(update={"branches": widths})}
                )
            }
        )
        for candidate in config.candidates
    )
    return shaped, markets, models


class _Jobs:
    """The trainings of one run, spread over the workers; finished ones are kept on disk until the card is written."""

    def __init__(
        self, shared: Markets, config: TrainConfig, folder: Path, key: str, workers: Workers, progress: OnTrainProgress
    ) -> None:
        self._shared, self._config, self._folder, self._key = shared, config, folder, key
        self._workers, self._progress = workers, progress
        self._folds = len(config.candidates) * len(config.folds) * len(config.fold_seeds)

    def run(self, wanted: dict[str, TrainJob], before: int) -> dict[str, bytes]:
        """Name -> what the job answered; `before` jobs of this run are done already."""
        total = self._folds + len(self._config.seeds)

        def show(step: SpreadProgress) -> None:
            self._progress(TrainProgress(before + step.done, total, step.name, step.seconds_left))

        jobs = [Job(name, job) for name, job in wanted.items()]
        return spread(
            work, self._shared, jobs, folder=self._folder, key=self._key, workers=self._workers, progress=show
        )

    def members(self, choice: _Choice, until: str, grafts: bool) -> tuple[tuple[Policy, ...], tuple[str, ...]]:
        """The chosen learner, every seed, trained on everything to `until`, and what was grafted, in words."""
        config = self._config
        how = Graft(config.graft_updates, *config.folds[-1]) if grafts else None
        wanted = {
            f"final-{seed}": TrainJob(
                learner=choice.learner,
                first=config.first,
                until=until,
                seed=seed,
                check_every=config.check_every,
                device=config.device,
                stop=choice.updates,
                graft=how,
            )
            for seed in config.seeds
        }
        made = self.run(wanted, self._folds)
        words = []
        for seed, name in zip(config.seeds, wanted, strict=True):
            report = grafting(made[name])
            words += [f"seed {seed}, {item.expert}: {item.reason}" for item in report.grafts] if report else []
        members = tuple(policy_of(choice.learner, snapshots(made[name])[choice.updates]) for name in wanted)
        return members, tuple(words)

    def clear(self) -> None:
        for path in sorted(self._folder.iterdir()):
            path.unlink()
        self._folder.rmdir()


def _choose(markets: dict[str, Market], config: TrainConfig, candidates: tuple[Candidate, ...], jobs: _Jobs) -> _Choice:
    """The candidate and number of updates with the best mean advantage over the folds, with the evidence."""
    clients = evaluation_clients()
    wanted: dict[str, TrainJob] = {}
    for place, candidate in enumerate(candidates):
        for first, _ in config.folds:
            for seed in config.fold_seeds:
                until = _day_before(first)
                wanted[f"{place}-{until}-{seed}"] = TrainJob(
                    candidate.learner, config.first, until, seed, config.check_every, config.device
                )
    made = jobs.run(wanted, 0)
    scores: dict[tuple[int, int], list[float]] = {}
    for place, candidate in enumerate(candidates):
        learner = candidate.learner
        for first, last in config.folds:
            until = _day_before(first)
            market = markets[market_name(until, learner)]
            runs = [snapshots(made[f"{place}-{until}-{seed}"]) for seed in config.fold_seeds]
            days = market.between(first, last)
            for updates in runs[0]:
                members = tuple(policy_of(learner, run[updates]) for run in runs)
                ahead = torch.cat(
                    advantage(
                        Ensemble(members, learner.action_range, learner.sleeve), market, days, clients, config.cost
                    )
                )
                scores.setdefault((place, updates), []).append(MONTHS * float(ahead.mean()))
    best = max(scores, key=lambda choice: (float(np.mean(scores[choice])), -choice[0], -choice[1]))
    return _Choice(
        learner=candidates[best[0]].learner,
        updates=best[1],
        folds=tuple(
            Fold.model_validate({"first": first, "last": last, "advantage": value})
            for (first, last), value in zip(config.folds, scores[best], strict=True)
        ),
        candidates=tuple(
            f"{candidates[place].name}, {updates} updates: {np.mean(values):+.3%}"
            for (place, updates), values in scores.items()
        ),
    )


def _mixture(policy: Policy, learner: PPOConfig, market: Market, days: torch.Tensor) -> tuple[str, ...]:
    """How the first seed's experts differ and are used, in words for the card."""
    collapse, usage = expert_collapse(policy, market, days), router_usage(policy, market, days)
    policy.requires_grad_(True)
    conflict = gradient_conflict(policy, learner, market, days)
    policy.requires_grad_(False)
    return in_words(collapse, usage, conflict)


def _span(name: str, market: Market, first: str, last: str) -> Span:
    days = market.between(first, last)
    dates = market.dates[days.numpy()]
    return Span.model_validate({"name": name, "first": str(dates[0]), "last": str(dates[-1]), "decisions": len(dates)})


def _day_before(day: str) -> str:
    return str(np.datetime64(day) - np.timedelta64(1, "D"))


def _with_whole_bill_rate(panel: MarketPanel, config: TrainConfig) -> MarketPanel:
    """The panel with its bill rate only if that covers every day of training and test: half a rate is no rate."""
    if panel.cash_rate is None:
        return panel
    first, last = np.datetime64(config.first), np.datetime64(config.test[1])
    used = panel.cash_rate[(panel.dates >= first) & (panel.dates <= last)]
    return panel if np.isfinite(used).all() else replace(panel, cash_rate=None, cash_rate_source=None)


def _cash_words(panel: MarketPanel) -> str:
    if panel.cash_rate is None:
        return "No bill rate covers these years: cash earns nothing here, for every strategy alike."
    return f"Cash earns {panel.cash_rate_source}."
