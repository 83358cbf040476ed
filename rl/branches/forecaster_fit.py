"""Fitting the forecaster walk-forward: one cut every few years, each from what was known before its first day.

Contract
--------
- A cut that serves days from `valid_from` on was fitted on windows whose targets ended before that day; its scaling
  and its early stopping too. No later price can move a bit of it.
- A cut depends on the configuration and the rows before it alone (`Cut.key` is their hash), never on another cut: an
  interrupted fit takes its finished cuts up again, and a longer history adds cuts without touching the old ones.
- Same configuration and data: the same bytes.

All models of a cut (assets x seeds) are one batch of weights. Source of the form: Kevin and Yugopuspito, arXiv
2511.17963 (one LSTM per asset); the kind shared across assets is the house's.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from portfolio.market import MarketPanel
from portfolio.records import Record
from rl.branches.forecaster_network import BatchedAdam, Weights, forward, initial
from rl.branches.forecaster_series import INPUTS, TARGETS, PeriodSeries, period_series
from rl.ppo import deterministic

Ints = NDArray[np.int64]


class ForecasterConfig(Record):
    """What to forecast and how to learn it; rates are the paper's (arXiv 2511.17963).

    The defaults are the shared kind at the allocator's horizon; `paper_config` is the paper's own. Half the paper's
    units give the shared kind the same validation loss in less than half the time.
    """

    name: str = "forecaster"
    kind: Literal["shared", "per_asset"] = "shared"
    """One LSTM for every asset, or one for each asset (which has nothing to say on an asset it was not fitted on)."""
    step: int = Field(default=21, ge=2)
    """Trading days of a period and of the horizon: 5 is weekly, 21 monthly."""
    periods: int = Field(default=30, ge=2)
    min_periods: int = Field(default=12, ge=1)
    """Periods of the window that must have been observed."""
    hidden: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    batch: int = Field(default=256, ge=1)
    """Windows per step and model; the paper's 64 belongs to its few hundred windows per asset."""
    volatility: bool = True
    """Whether it learns the volatility ahead too; if not, that figure stays at the mean of its training."""
    epochs: int = Field(default=40, ge=1)
    patience: int = Field(default=4, ge=1)
    """Epochs without a better validation loss after which a model has stopped."""
    validation: float = Field(default=0.15, gt=0, lt=1)
    """The last share of a cut's rows, held back to decide when to stop."""
    stride: int = Field(default=21, ge=1)
    """An epoch reads one window in `stride`, drawn anew: neighbours a day apart tell almost the same."""
    min_windows: int = Field(default=40, ge=2)
    """Windows of a model (before the stride) without which a cut, or an asset of it, is left out."""
    first_cut: int = 1997
    """Year on whose first trading day the first forecasts are made."""
    refit_years: int = Field(default=3, ge=1)
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1)
    """Forecasts of several seeds are averaged."""


def paper_config(first_cut: int, seeds: tuple[int, ...], *, step: int = 5, refit_years: int = 1) -> ForecasterConfig:
    """The paper's forecaster: one LSTM per asset, weekly, batches of 64, returns alone."""
    return ForecasterConfig(
        kind="per_asset",
        step=step,
        hidden=64,
        batch=64,
        stride=step,
        volatility=False,
        first_cut=first_cut,
        refit_years=refit_years,
        seeds=seeds,
    )


class CutCard(Record):
    """What a cut was fitted on, and how it went."""

    valid_from: str
    """First day (ISO) on which it may be used."""
    data_until: str
    """Last day that any of its targets reached: before `valid_from`."""
    key: str
    symbols: tuple[str, ...]
    """The asset of each model of the per-asset kind; () for the shared kind."""
    windows: int
    epochs: tuple[int, ...]
    """Epochs of the kept weights, per model."""
    validation_loss: tuple[float, ...]
    """Mean squared error in standard deviations of the target: about 1 when nothing can be foretold."""


@dataclass(frozen=True, eq=False)
class Cut:
    """One fit. Weights and scaling have a leading dimension of models: seeds x assets, seeds outermost.

    input_mean, input_std (M, F) and target_mean, target_std (M, O) come from the training rows alone.
    """

    card: CutCard
    weights: Weights
    input_mean: torch.Tensor
    input_std: torch.Tensor
    target_mean: torch.Tensor
    target_std: torch.Tensor


@dataclass(frozen=True, eq=False)
class FitProgress:
    """One finished cut of `total`."""

    done: int
    total: int
    cut: Cut


OnCut = Callable[[FitProgress], None]


@dataclass(frozen=True, eq=False)
class _Windows:
    """Which windows a model may learn from: rows and assets (G, S) for G assets (or one group), and whether usable."""

    rows: torch.Tensor
    assets: torch.Tensor
    usable: torch.Tensor


def fit_cuts(
    panel: MarketPanel, config: ForecasterConfig, on_cut: OnCut, *, finished: Sequence[Cut] = ()
) -> tuple[Cut, ...]:
    """All cuts that the panel allows. Cuts in `finished` with the same key are taken as they are.

    Raises ValueError when no cut has enough windows.
    """
    series = period_series(panel, config.step, config.periods, config.min_periods)
    kept = {cut.card.key: cut for cut in finished}
    starts = cut_rows(panel, config)
    cuts: list[Cut] = []
    for done, row in enumerate(starts, start=1):
        key = _key(panel, config, row)
        cut = kept[key] if key in kept else _fit(panel, series, config, row, key)
        if cut is not None:
            cuts.append(cut)
            on_cut(FitProgress(done, len(starts), cut))
    if not cuts:
        raise ValueError(
            f"{panel.source} has too few windows before each January from {config.first_cut} to fit a forecaster on; "
            "set a later first_cut, a shorter step, or give more history"
        )
    return tuple(cuts)


def cut_rows(panel: MarketPanel, config: ForecasterConfig) -> list[int]:
    """The first row of every `refit_years`-th year from `first_cut`; a year that began before the panel is no cut."""
    years = panel.dates.astype("datetime64[Y]").astype(np.int64) + 1970
    wanted = range(config.first_cut, int(years[-1]) + 1, config.refit_years)
    rows = [int(np.searchsorted(years, year)) for year in wanted]
    return [row for row, year in zip(rows, wanted, strict=True) if row > 0 and years[row] == year]


def _key(panel: MarketPanel, config: ForecasterConfig, row: int) -> str:
    """SHA-256 of what the cut at `row` depends on. Later cuts of the same configuration do not enter."""
    schedule = {"first_cut", "refit_years"}
    digest = sha256(json.dumps([config.model_dump(mode="json", exclude=schedule), panel.symbols]).encode())
    digest.update(panel.dates[: row + 1].astype("datetime64[D]").astype(np.int64).tobytes())
    digest.update(np.ascontiguousarray(panel.close[:row]).tobytes())
    return digest.hexdigest()


def _fit(panel: MarketPanel, series: PeriodSeries, config: ForecasterConfig, row: int, key: str) -> Cut | None:
    """The cut at `row`; None when there are too few windows."""
    last = row - 1 - config.step  # the target of this row ends on the day before the cut
    rows = np.arange(max(last + 1, 0))
    usable = series.known[rows] & torch.isfinite(series.target[rows]).all(dim=-1).numpy()
    seen = np.flatnonzero(usable.any(axis=1))
    if len(seen) == 0:
        return None
    border = int(seen[int(len(seen) * (1.0 - config.validation))])
    # Purged: no training target reaches into the validation rows.
    training = rows < border - config.step
    if config.kind == "shared":
        columns = np.arange(panel.close.shape[1])
        enough = int(usable[training].sum()) >= config.min_windows and bool(usable[border:].any())
        symbols: tuple[str, ...] = ()
    else:
        counted = (usable[training].sum(axis=0) >= config.min_windows) & usable[border:].any(axis=0)
        columns = np.flatnonzero(counted)
        enough = len(columns) > 0
        symbols = tuple(panel.symbols[column] for column in columns)
    if not enough:
        return None
    made = [
        _windows_of(rows[part], usable[part], columns, shared=config.kind == "shared")
        for part in (training, rows >= border)
    ]
    fitted = _Fit(series, config, made[0], made[1])
    with deterministic(0):
        weights, epochs, losses = fitted.run()
    card = CutCard(
        valid_from=str(panel.dates[row]),
        data_until=str(panel.dates[int(seen[-1]) + config.step]),
        key=key,
        symbols=symbols,
        windows=int(made[0].usable.sum()),
        epochs=tuple(epochs.tolist()),
        validation_loss=tuple(losses.double().tolist()),
    )
    return Cut(card, weights, fitted.input_mean, fitted.input_std, fitted.target_mean, fitted.target_std)


def _windows_of(rows: Ints, usable: NDArray[np.bool_], columns: Ints, *, shared: bool) -> _Windows:
    """One list of all usable windows for the shared kind; every row for each asset of the other."""
    if shared:
        at, asset = np.nonzero(usable)
        where = torch.from_numpy(rows[at]).unsqueeze(0), torch.from_numpy(asset).unsqueeze(0)
        return _Windows(*where, torch.ones(1, len(at), dtype=torch.bool))
    shape = (len(columns), len(rows))
    return _Windows(
        torch.from_numpy(rows).expand(shape),
        torch.from_numpy(columns).unsqueeze(1).expand(shape),
        torch.from_numpy(np.ascontiguousarray(usable[:, columns].T)),
    )


class _Fit:
    """One cut's training: seeds x groups of models in one batch, each stopped by its own validation loss."""

    def __init__(self, series: PeriodSeries, config: ForecasterConfig, training: _Windows, validation: _Windows):
        self._series, self._config, self._training = series, config, training
        self._seeds = [torch.Generator().manual_seed(seed) for seed in config.seeds]
        self._groups = len(training.rows)
        every = torch.arange(training.rows.shape[1])[:: config.stride]
        self._per_epoch = len(every)
        self._scale(every)
        held = torch.arange(validation.rows.shape[1])[:: config.stride]
        every_model = torch.arange(len(config.seeds) * self._groups)
        self._validation = self._read(validation, held.expand(len(config.seeds), len(held)), every_model)

    def run(self) -> tuple[Weights, torch.Tensor, torch.Tensor]:
        """The weights of each model's best epoch (float32), those epochs, and their validation losses (M,)."""
        config, groups = self._config, self._groups
        parts = [initial(groups, len(INPUTS), config.hidden, len(TARGETS), random) for random in self._seeds]
        best = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        active = torch.arange(len(self._seeds) * groups)
        learner = BatchedAdam(best, config.learning_rate, config.weight_decay)
        lowest, at = self._loss(best, active), torch.zeros(len(active), dtype=torch.int64)
        for epoch in range(1, config.epochs + 1):
            order = torch.stack([torch.randperm(self._training.rows.shape[1], generator=g) for g in self._seeds])
            for pick in torch.split(order[:, : self._per_epoch], config.batch, dim=1):
                windows, target, weight = self._read(self._training, pick, active)
                keep = self._keep(pick.shape[1])
                made = forward(learner.weights, windows, None if keep is None else keep[active])
                self._error(made, target, weight).sum().backward()  # type: ignore[no-untyped-call]
                learner.step()
            loss = self._loss(learner.weights, active)
            better = loss < lowest[active]
            improved = active[better]
            lowest[improved], at[improved] = loss[better], epoch
            for name, value in learner.weights.items():
                best[name][improved] = value.detach()[better]
            # A model that has stopped leaves the batch, so that the slowest does not cost what all would.
            going = epoch - at[active] < config.patience
            if not bool(going.all()):
                active = active[going]
                if len(active) == 0:
                    break
                learner.keep(going)
        return best, at, lowest

    def _scale(self, every: torch.Tensor) -> None:
        """Mean and deviation of inputs and targets per group, from training windows alone."""
        training = self._training
        rows, assets, usable = training.rows[:, every], training.assets[:, every], training.usable[:, every]
        windows = self._series.windows(rows, assets)  # (P, G, S, F)
        seen = (windows[..., -1] > 0) & usable
        input_mean, input_std = _moments(windows, seen, dims=(0, 2))
        # The last input says whether a period was observed; it is a flag and stays one.
        input_mean[:, -1], input_std[:, -1] = 0.0, 1.0
        target_mean, target_std = _moments(self._series.target[rows, assets], usable, dims=(1,))
        copies = len(self._seeds)
        self.input_mean, self.input_std = input_mean.repeat(copies, 1), input_std.repeat(copies, 1)
        self.target_mean, self.target_std = target_mean.repeat(copies, 1), target_std.repeat(copies, 1)

    def _read(
        self, source: _Windows, pick: torch.Tensor, active: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scaled inputs (P, A, B, F), targets (A, B, O) and weights (A, B) of the active models (A,) among the seeds'
        picks (seeds, B)."""
        place, group = pick[active // self._groups], (active % self._groups).unsqueeze(1)
        rows, assets, usable = source.rows[group, place], source.assets[group, place], source.usable[group, place]
        windows = standardised(self._series.windows(rows, assets), self.input_mean[active], self.input_std[active])
        mean, std = self.target_mean[active].unsqueeze(1), self.target_std[active].unsqueeze(1)
        target = (self._series.target[rows, assets] - mean) / std
        target = torch.where(usable.unsqueeze(-1), target, torch.zeros_like(target))
        return windows.float(), target.float(), usable.float()

    def _keep(self, batch: int) -> torch.Tensor | None:
        """Drop-out mask (M, B, H), drawn per seed."""
        chance, size = 1.0 - self._config.dropout, (self._groups, batch, self._config.hidden)
        if chance == 1.0:
            return None
        return torch.cat([(torch.rand(size, generator=g) < chance).float() / chance for g in self._seeds])

    def _loss(self, weights: Weights, active: torch.Tensor) -> torch.Tensor:
        windows, target, weight = self._validation
        with torch.no_grad():
            return self._error(forward(weights, windows[:, active]), target[active], weight[active])

    def _error(self, output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """(A,) mean squared error over the windows that count, and over the figures that are learned."""
        figures = len(TARGETS) if self._config.volatility else 1
        error = ((output - target) ** 2)[..., :figures].mean(dim=-1)
        return (error * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)


def standardised(windows: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """(P, M, B, F) inputs in a model's own deviations; a period not observed is at the mean."""
    seen = windows[..., -1:] > 0
    scaled = (windows - mean.unsqueeze(1)) / std.unsqueeze(1)
    return torch.where(seen, scaled, torch.zeros_like(scaled))


def _moments(values: torch.Tensor, counts: torch.Tensor, dims: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation (at least 1e-3) over `dims` of the values that count."""
    kept = torch.where(counts.unsqueeze(-1), values, torch.zeros_like(values))
    count = counts.sum(dim=dims).clamp(min=1).unsqueeze(-1)
    mean = kept.sum(dim=dims) / count
    wide = mean
    for dim in sorted(dims):
        wide = wide.unsqueeze(dim)
    square = torch.where(counts.unsqueeze(-1), (values - wide) ** 2, torch.zeros_like(values)).sum(dim=dims) / count
    return mean, square.sqrt().clamp(min=1e-3)
