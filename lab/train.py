"""`quorum train`: train the allocator on the personas' scores, choose by walk-forward, test once, write the card.

Contract
--------
- Choices (action range, number of updates) are made by walk-forward folds that end before the test years. The test
  years are read once, after everything is chosen, and the gate's rule is a constant (`lab.trial.GATE_RULE`).
- Same configuration, data and personas: the same checkpoint bytes. An interrupted training takes up its finished
  jobs again; finished jobs of another configuration or other data are an error.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from pydantic import Field

from lab.trial import MONTHS, evaluation_clients, trial
from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.views import ScoreHistory
from rl.card import Fold, ModelCard, Span, page
from rl.checkpoint import weights_bytes, write
from rl.ensemble import Ensemble, advantage
from rl.environment import COST, Market, market_of
from rl.features import ASSET_FEATURES, MARKET_FEATURES
from rl.networks import Policy
from rl.ppo import Learner, PPOConfig, deterministic
from tools.errors import QuorumError


class TrainingMismatch(QuorumError):  # noqa: N818 - named for what happened, as the others in tools.errors
    """The folder holds finished jobs of another configuration or of other data."""


class TrainConfig(Record):
    """What to train, on which years, and with how many seeds."""

    name: str = "allocator"
    learner: PPOConfig = PPOConfig()
    action_ranges: tuple[float, ...] = (0.5, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    fold_seeds: tuple[int, ...] = (0, 1)
    check_every: int = Field(default=15, ge=1)
    """Updates between snapshots; the walk-forward folds choose among them."""
    first: str = "1991-01-01"
    folds: tuple[tuple[str, str], ...] = (
        ("2001-01-01", "2003-12-31"),
        ("2004-01-01", "2006-12-31"),
        ("2007-01-01", "2009-12-31"),
        ("2010-01-01", "2012-12-31"),
        ("2013-01-01", "2015-12-31"),
    )
    test: tuple[str, str] = ("2016-01-01", "2022-12-31")
    cost: float = Field(default=COST, ge=0)


@dataclass(frozen=True)
class TrainProgress:
    """One step of the training, for a progress bar."""

    done: int
    total: int
    message: str


@dataclass(frozen=True)
class TrainReport:
    """Where the checkpoint was written, and its card."""

    folder: Path
    card: ModelCard


OnTrainProgress = Callable[[TrainProgress], None]
Weights = dict[str, torch.Tensor]


def train(config: TrainConfig, progress: OnTrainProgress, *, folder: Path) -> TrainReport:
    """Train on the bundled history with every installed persona, and write the checkpoint to `folder`.

    Raises TrainingMismatch, and what reading the data and writing the folder raise.
    """
    from agents.personas import load_personas, score_history
    from tools.market.bundled import load_bundled

    data = load_bundled()
    progress(TrainProgress(0, 1, "personas score the history"))
    scores = score_history(load_personas(), data.panel)
    return train_on(data.panel, scores, config, progress, folder=folder)


def train_on(
    panel: MarketPanel, scores: ScoreHistory, config: TrainConfig, progress: OnTrainProgress, *, folder: Path
) -> TrainReport:
    """Train on any panel and scores; see `train`."""
    panel = _with_whole_bill_rate(panel, config)
    data_key = fingerprint(panel, scores)
    key = sha256((config.model_dump_json() + data_key).encode()).hexdigest()
    market = market_of(panel, scores)
    jobs = _Jobs(market, config, folder / ".training", key, progress)
    with deterministic(0):
        chosen, updates, folds, candidates = _choose(market, config, jobs)
        last_training_day = config.folds[-1][1]
        members = tuple(jobs.run(chosen, last_training_day, seed)[updates] for seed in config.seeds)
        learner = config.learner.model_copy(update={"action_range": chosen})
        ensemble = Ensemble(tuple(_policy(learner, weights) for weights in members), chosen)
        spans = (
            _span("training", market, config.first, last_training_day),
            _span("test", market, *config.test),
        )
        table, gate = trial(
            panel, market, ensemble, config.seeds, market.between(*config.test), spans[1], folds, config.cost
        )
    data = weights_bytes(ensemble)
    card = ModelCard(
        name=config.name,
        made_by="quorum train",
        config=learner,
        updates=updates,
        candidates=candidates,
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
        folds=folds,
        figures=table,
        gate=gate,
        limits=(
            "Every asset of the bundled history survived to its end, so all strategies look better than they were.",
            "One stretch of history: the interval speaks of these years, not of others.",
            "The test years cover 2020 and 2022; they hold one market of large US companies.",
            f"Costs are {config.cost:.2%} of what is traded; taxes are not in these figures.",
        ),
        versions={name: version(name) for name in ("numpy", "torch")},
        weights_sha256=sha256(data).hexdigest(),
    )
    write(folder, data, card, page(card))
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


class _Jobs:
    """Trainings, each a pure function of action range, last training day and seed; finished ones are kept on disk."""

    def __init__(self, market: Market, config: TrainConfig, folder: Path, key: str, progress: OnTrainProgress) -> None:
        self._market, self._config, self._folder, self._progress = market, config, folder, progress
        per_fold = len(config.action_ranges) * len(config.fold_seeds)
        self._total = (per_fold * len(config.folds) + len(config.seeds)) * config.learner.updates
        self._done = 0
        stamp = folder / "key"
        if stamp.exists() and stamp.read_text() != key:
            raise TrainingMismatch(
                f"{folder} holds an interrupted training with other settings or data",
                f"delete {folder} to start anew, or repeat the settings and data of that training",
            )
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text(key)

    def run(self, action_range: float, until: str, seed: int) -> dict[int, Weights]:
        """Number of updates -> weights, at every check, of a policy trained from the first year to `until`."""
        config = self._config
        path = self._folder / f"{action_range}-{until}-{seed}.pt"
        if path.exists():
            self._done += config.learner.updates
            kept: dict[int, Weights] = torch.load(path, weights_only=True)
            return kept
        learner = Learner(
            config.learner.model_copy(update={"action_range": action_range}),
            self._market,
            self._market.between(config.first, until),
            seed,
        )
        snapshots: dict[int, Weights] = {}
        for done in range(1, config.learner.updates + 1):
            report = learner.update()
            self._done += 1
            message = f"to {until[:4]}, range {action_range}, seed {seed}: {report.reward:+.3f}"
            self._progress(TrainProgress(self._done, self._total, message))
            if done % config.check_every == 0 or done == config.learner.updates:
                snapshots[done] = {name: value.clone() for name, value in learner.policy.state_dict().items()}
        part = path.with_suffix(".part")
        torch.save(snapshots, part)
        part.replace(path)
        return snapshots

    def clear(self) -> None:
        for path in sorted(self._folder.iterdir()):
            path.unlink()
        self._folder.rmdir()


def _choose(market: Market, config: TrainConfig, jobs: _Jobs) -> tuple[float, int, tuple[Fold, ...], tuple[str, ...]]:
    """Action range and number of updates with the best mean advantage over the folds, with the evidence."""
    clients = evaluation_clients()
    scores: dict[tuple[float, int], list[float]] = {}
    starts = [first for first, _ in config.folds]
    for action_range in config.action_ranges:
        learner = config.learner.model_copy(update={"action_range": action_range})
        for first, last in config.folds:
            runs = [jobs.run(action_range, _day_before(first), seed) for seed in config.fold_seeds]
            days = market.between(first, last)
            for updates in runs[0]:
                ensemble = Ensemble(tuple(_policy(learner, run[updates]) for run in runs), action_range)
                ahead = torch.cat(advantage(ensemble, market, days, clients, config.cost))
                scores.setdefault((action_range, updates), []).append(MONTHS * float(ahead.mean()))
    best = max(scores, key=lambda choice: (float(np.mean(scores[choice])), -choice[0], -choice[1]))
    ends = [last for _, last in config.folds]
    folds = tuple(
        Fold.model_validate({"first": first, "last": last, "advantage": value})
        for first, last, value in zip(starts, ends, scores[best], strict=True)
    )
    candidates = tuple(
        f"action range {action_range}, {updates} updates: {np.mean(values):+.3%}"
        for (action_range, updates), values in scores.items()
    )
    return best[0], best[1], folds, candidates


def _policy(config: PPOConfig, weights: Weights) -> Policy:
    policy = Policy(config.shape)
    policy.load_state_dict(weights)
    return policy.eval().requires_grad_(False)


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
