"""Self-supervised pretraining of the encoder, on one universe or several at once.

Contract
--------
- No row after `until` is read: panels are cut first, and the last target lies on `until` at the latest.
- Regime thresholds are fitted on the training days; the last days before the cut (`config.holdout`) are not
  trained on, and measure what the card says.
- Same panels, settings and cut: the same weights to the bit, on one thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.encoder import (
    REGIMES,
    Encoder,
    EncoderCard,
    EncoderConfig,
    EncoderFigures,
    Network,
    OnPretraining,
    PretrainingStep,
    TaskFigure,
    TrainedOn,
    weights_bytes,
)
from rl.branches.pretraining_tasks import TASKS, Batch, Cuts, Losses, fit_cuts, losses, mean_cosine, regimes
from rl.branches.windows import LOOKBACK, OWN, SEEN, WINDOW, Series, series_of
from rl.ppo import deterministic

MEASURED_DAYS = 96
"""Days on which losses are measured, spread evenly over the span."""


@dataclass(frozen=True, eq=False)
class _Source:
    """One universe's series, labels and the rows that may be drawn."""

    series: Series
    regime: NDArray[np.int64]
    rows: NDArray[np.int64]


def pretrain_encoder(
    panels: Sequence[MarketPanel],
    universes: Sequence[Universe],
    config: EncoderConfig,
    until: date,
    progress: OnPretraining,
) -> Encoder:
    """Train an encoder on what was known at the close of `until`.

    A universe whose history before the cut is shorter than one window and the holdout is an error, not left out.
    Raises ValueError when panels and universes do not match, or when one has too few days before `until`.
    """
    if not panels or len(panels) != len(universes):
        raise ValueError(f"{len(panels)} panels and {len(universes)} universes: one of each is needed, in one order")
    known = [panel.until(until) for panel in panels]
    with deterministic(config.seed):
        sources, held, told = zip(
            *(_prepared(p, u, config) for p, u in zip(known, universes, strict=True)), strict=True
        )
        network = Network(config)
        _fit(network, sources, config, progress)
        network.eval().requires_grad_(False)
        answers = _constants(sources)
        figures = _figures(network, held, config, answers)
    weights = weights_bytes(network)
    card = EncoderCard(
        config=config,
        until=until,
        trained_on=told,
        holdout=figures,
        data_sha256=_fingerprint(known),
        weights_sha256=sha256(weights).hexdigest(),
    )
    return Encoder(network, card)


def measure(encoder: Encoder, panel: MarketPanel, first: date, last: date) -> EncoderFigures:
    """The encoder on the days from `first` to `last` of any universe, seen in training or not.

    The constants it is set beside, and the regimes' thresholds, are of the panel's days before `first`.
    Raises ValueError when either stretch has no window.
    """
    panel = panel.until(last)
    rows = _known_rows(series_of(panel))
    before, inside = rows[panel.dates[rows] < np.datetime64(first)], rows[panel.dates[rows] >= np.datetime64(first)]
    if not len(before) or not len(inside):
        raise ValueError(f"the panel needs windows both before and after {first} to measure an encoder on it")
    with deterministic(encoder.card.config.seed):
        cuts = fit_cuts(panel, before)
        series, regime = series_of(panel), regimes(panel, cuts)
        answers = _constants([_Source(series, regime, before)])
        return _figures(encoder.network(), [_Source(series, regime, inside)], encoder.card.config, answers)


def _prepared(panel: MarketPanel, universe: Universe, config: EncoderConfig) -> tuple[_Source, _Source, TrainedOn]:
    """A universe's training days, its held-out days, and what the card says of it."""
    if panel.symbols != universe.symbols:
        raise ValueError(f"the panel's assets are not those of the universe {universe.name}")
    series = series_of(panel)
    rows = _known_rows(series)
    if len(rows) < 2 * WINDOW:
        raise ValueError(
            f"{universe.name} has {len(rows)} days with a window before the cut, {2 * WINDOW} are needed; "
            "use a later cut, or leave it out of the pretraining"
        )
    stop = int(len(rows) * (1.0 - config.holdout))
    # The last training target is the day after its row: leave that one day between the two parts.
    train, held = rows[: stop - 1], rows[stop:]
    cuts: Cuts = fit_cuts(panel, train)
    regime = regimes(panel, cuts)
    days = [panel.dates[row].astype(object) for row in (train[0], train[-1])]
    told = TrainedOn(name=universe.name, first=days[0], last=days[1], assets=len(panel.symbols), cuts=cuts)
    return _Source(series, regime, train), _Source(series, regime, held), told


def _known_rows(series: Series) -> NDArray[np.int64]:
    """Rows with a whole lookback, some known window, and a next day to foretell."""
    rows = np.flatnonzero(series.known.any(axis=1))
    return rows[(rows >= LOOKBACK - 1) & (rows < len(series.known) - 1)]


def _fit(network: Network, sources: Sequence[_Source], config: EncoderConfig, progress: OnPretraining) -> None:
    """AdamW under a one-cycle learning rate; each step one universe, drawn in proportion to its windows."""
    random = torch.Generator().manual_seed(config.seed)
    sizes = torch.tensor([float(source.series.known[source.rows].sum()) for source in sources])
    weights = torch.tensor([config.next_bar, config.recovery, config.regime, config.contrast])
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, foreach=True
    )
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=config.steps)
    for step in range(1, config.steps + 1):
        source = sources[int(torch.multinomial(sizes, 1, generator=random))]
        pick = torch.randint(len(source.rows), (config.days,), generator=random).numpy()
        batch = _batch(source, source.rows[pick], config.assets, random)
        loss = (losses(network, batch, config, random).mean() * weights).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        pace.step()
        progress(PretrainingStep(step, config.steps, float(loss.detach())))


def _batch(source: _Source, rows: NDArray[np.int64], most: int, random: torch.Generator) -> Batch:
    """The windows of some days: of all assets, or of `most` of them drawn at random."""
    known = source.series.known
    columns = np.arange(known.shape[1])
    if len(columns) > most:
        columns = np.sort(torch.randperm(len(columns), generator=random)[:most].numpy())
    back = rows[:, None] + np.arange(1 - WINDOW, 1)
    window = source.series.values[back[:, None, :], columns[None, :, None]]
    ahead = source.series.values[rows + 1][:, columns]
    return Batch(
        window=torch.from_numpy(window.astype(np.float32)).flatten(0, 1),
        present=torch.from_numpy(known[rows][:, columns]),
        target=torch.from_numpy(ahead[..., OWN[0]].astype(np.float32)).reshape(-1),
        has_target=torch.from_numpy(ahead[..., SEEN[0]] > 0).reshape(-1),
        regime=torch.from_numpy(source.regime[rows]),
    )


@dataclass(frozen=True, eq=False)
class _Constants:
    """The best constant answers of the training days: mean next return, mean own figures, share of each regime."""

    bar: float
    own: torch.Tensor
    shares: torch.Tensor


def _constants(sources: Sequence[_Source]) -> _Constants:
    own, regime = [], []
    for source in sources:
        values = source.series.values[source.rows][source.series.known[source.rows]]
        own.append(values[:, [*OWN, *SEEN]])
        regime.append(source.regime[source.rows])
    figures = np.concatenate(own)
    counts = np.maximum(figures[:, len(OWN) :].sum(axis=0), 1.0)
    mean = (figures[:, : len(OWN)] * figures[:, len(OWN) :]).sum(axis=0) / counts
    # One is added to each count, so that a regime which never came costs much and not infinitely much.
    shares = np.bincount(np.concatenate(regime), minlength=REGIMES) + 1.0
    return _Constants(
        bar=float(mean[0]),
        own=torch.from_numpy(mean.astype(np.float32)),
        shares=torch.from_numpy((shares / shares.sum()).astype(np.float32)),
    )


class _Trivial(Network):
    """The network's stand-in that always gives the constants, so that both are measured by the same code."""

    def __init__(self, config: EncoderConfig, answers: _Constants) -> None:
        super().__init__(config)
        for head, bias in (
            (self.next_bar, torch.tensor([answers.bar])),
            (self.recovery, answers.own.repeat(self.recovery.out_features // len(answers.own))),
            (self.regime, answers.shares.log()),
        ):
            nn.init.zeros_(head.weight)
            head.bias.data.copy_(bias)
        # One embedding for everything: the contrast is then the logarithm of the number of assets.
        nn.init.zeros_(self.embedding.weight)
        nn.init.ones_(self.embedding.bias)


def _figures(
    network: Network, sources: Sequence[_Source], config: EncoderConfig, answers: _Constants
) -> EncoderFigures:
    """Losses and cosines over evenly spread days, the same hidden weeks and crops for the network and the constants."""
    always = config.model_copy(update={"contrast": max(config.contrast, 1.0)})
    found: list[torch.Tensor] = []
    cosines: list[tuple[float, int]] = []
    count = 0
    for model in (network, _Trivial(config, answers)):
        random = torch.Generator().manual_seed(config.seed + 1)
        sums: list[Losses] = []
        for source in sources:
            spread = np.unique(np.linspace(0, len(source.rows) - 1, MEASURED_DAYS).astype(np.int64))
            for rows in np.array_split(source.rows[spread], max(1, len(spread) // 8)):
                batch = _batch(source, rows, max(config.assets, 64), random)
                with torch.no_grad():
                    sums.append(losses(model, batch, always, random))
                    if model is network:
                        count += int(batch.present.sum())
                        embedding = model(batch.window)[0].view(*batch.present.shape, -1)
                        alike = mean_cosine(embedding, batch.present)
                        cosines += [] if alike is None else [(alike, len(rows))]
        total = Losses(torch.stack([s.total for s in sums]).sum(0), torch.stack([s.count for s in sums]).sum(0))
        found.append(total.mean())
    tasks = tuple(
        TaskFigure(name=name, loss=float(own), trivial=float(plain))
        for name, own, plain in zip(TASKS, *found, strict=True)
    )
    days = sum(weight for _, weight in cosines)
    return EncoderFigures(
        tasks=tasks,
        cosine=sum(value * weight for value, weight in cosines) / days if days else None,
        windows=count,
    )


def _fingerprint(panels: Sequence[MarketPanel]) -> str:
    """SHA-256 of everything that the pretraining reads."""
    digest = sha256()
    for panel in panels:
        extra = [item for item in (panel.index, panel.signals.get("volume")) if item is not None]
        for array in (panel.close, *extra):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return digest.hexdigest()
