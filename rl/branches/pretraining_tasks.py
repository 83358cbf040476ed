"""What the encoder is pretrained on: crops of windows, what is hidden in them, labels, and the four losses.

next bar      mean squared error of the next day's scaled return (that of `windows.CHANNELS`)
recovery      mean squared error of the asset's own return and volume in hidden weeks, the market in sight
regime        cross-entropy of the market's regime: volatility (thirds) times trend (halves), of past days only
contrast      InfoNCE (van den Oord et al. 2018): of all assets' crops of one day, which is the same asset's?
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from portfolio.market import Floats, MarketPanel
from rl.branches.encoder import EncoderConfig, Network
from rl.branches.windows import CHANNELS, OWN, SEEN, WEEK, WEEKS
from rl.features import MARKET_FEATURES, MarketFeatures, features

TASKS = ("next_bar", "recovery", "regime", "contrast")
Cuts = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Batch:
    """D days x A assets of one universe, flattened to B = D * A windows.

    Attributes
    ----------
    window : (B, WINDOW, C) float32
    present : (D, A) the window is known
    target : (B,) the next day's scaled return; `has_target` (B,) where it was observed
    regime : (D,) the market's regime on the day
    """

    window: torch.Tensor
    present: torch.Tensor
    target: torch.Tensor
    has_target: torch.Tensor
    regime: torch.Tensor


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums of each task's loss, and how many answers each sum is over: (len(TASKS),) tensors."""

    total: torch.Tensor
    count: torch.Tensor

    def mean(self) -> torch.Tensor:
        return self.total / self.count.clamp(min=1.0)


def fit_cuts(panel: MarketPanel, rows: NDArray[np.int64]) -> Cuts:
    """Thresholds of the market's volatility (thirds) and trend (the median) over the given rows."""
    volatility, trend = _state(features(panel))
    low, high = np.quantile(volatility[rows], [1 / 3, 2 / 3])
    return float(low), float(high), float(np.median(trend[rows]))


def regimes(panel: MarketPanel, cuts: Cuts) -> NDArray[np.int64]:
    """(T,) the regime of every day, from 0 to `encoder.REGIMES` - 1: features of rows <= t against fixed cuts."""
    volatility, trend = _state(features(panel))
    calm = (volatility > cuts[0]).astype(np.int64) + (volatility > cuts[1])
    return np.asarray(2 * calm + (trend > cuts[2]), dtype=np.int64)


def _state(made: MarketFeatures) -> tuple[Floats, Floats]:
    """The market's volatility of a month (that of a year times their ratio, from the features) and its
    return of a quarter in deviations: both lie within a window, so that they can be told from it."""
    column = {name: made.market[:, place].astype(np.float64) for place, name in enumerate(MARKET_FEATURES)}
    volatility = (column["volatility_252"] + 1.0) * (column["volatility_21_to_252"] + 1.0)
    return volatility, column["return_63"]


def hide(window: torch.Tensor, share: float, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The windows with the asset's own channels hidden in some weeks, and which weeks (B, WEEKS) those are."""
    hidden = torch.rand(len(window), WEEKS, generator=random) < share
    days = hidden.repeat_interleave(WEEK, dim=1)
    own = torch.zeros(len(CHANNELS), dtype=torch.bool)
    own[[*OWN, *SEEN]] = True
    return window.masked_fill(days.unsqueeze(-1) & own, 0.0), hidden


def crop(window: torch.Tensor, shortest: int, at_end: bool, random: torch.Generator) -> torch.Tensor:
    """The windows with everything outside one stretch of weeks set to unknown; with `at_end` the last week stays."""
    length = torch.randint(shortest, WEEKS + 1, (len(window), 1), generator=random)
    free = WEEKS - length
    start = free if at_end else (torch.rand(len(window), 1, generator=random) * (free + 1)).long().clamp(max=WEEKS)
    week = torch.arange(WEEKS).expand(len(window), WEEKS)
    kept = ((week >= start) & (week < start + length)).repeat_interleave(WEEK, dim=1)
    return window * kept.unsqueeze(-1)


def losses(network: Network, batch: Batch, config: EncoderConfig, random: torch.Generator) -> Losses:
    """All tasks on one batch. One crop that ends on the day serves every task; a second one only the contrast."""
    present = batch.present.reshape(-1)
    near = crop(batch.window, config.shortest_crop, True, random)
    shown, hidden = hide(near, config.hidden_share, random)
    embedding, token = network(shown)

    has = batch.has_target & present
    bar = (network.next_bar(embedding).squeeze(-1) - batch.target) ** 2

    truth = near.reshape(len(near), WEEKS, WEEK, len(CHANNELS))
    asked = (truth[..., list(SEEN)] > 0) & hidden.view(*hidden.shape, 1, 1) & present.view(-1, 1, 1, 1)
    wide = embedding.unsqueeze(1).expand(*token.shape[:2], embedding.shape[-1])
    guess = network.recovery(torch.cat([token, wide], dim=-1)).view(*truth.shape[:3], len(OWN))
    miss = (guess - truth[..., list(OWN)]) ** 2

    days, assets = batch.present.shape
    state = batch.regime.repeat_interleave(assets)
    named = nn.functional.cross_entropy(network.regime(embedding), state, reduction="none")

    other = torch.zeros_like(embedding)
    if config.contrast > 0:
        other = network(crop(batch.window, config.shortest_crop, False, random))[0]
    apart = config.width - config.shared
    told, counted = contrast(
        embedding.view(days, assets, -1)[..., :apart],
        other.view(days, assets, -1)[..., :apart],
        batch.present,
        config.temperature,
    )
    total = torch.stack([(bar * has).sum(), (miss * asked).sum(), (named * present).sum(), told])
    count = torch.stack([has.sum(), asked.sum(), present.sum(), counted]).to(total.dtype)
    return Losses(total, count)


def contrast(
    one: torch.Tensor, other: torch.Tensor, present: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum of InfoNCE over the assets of each day, and their number; days with one asset have nothing to tell apart.

    `one` and `other` are (D, A, W) embeddings of two crops; absent assets are neither asked about nor offered.
    """
    near = nn.functional.normalize(one, dim=-1) @ nn.functional.normalize(other, dim=-1).transpose(1, 2)
    asked = present & (present.sum(dim=1, keepdim=True) > 1)
    offered = present.unsqueeze(1) | torch.eye(present.shape[1], dtype=torch.bool)
    right = torch.arange(present.shape[1]).expand(present.shape)

    def entropy(likeness: torch.Tensor) -> torch.Tensor:
        logits = (likeness / temperature).masked_fill(~offered, -1e9)
        return nn.functional.cross_entropy(logits.flatten(0, 1), right.flatten(), reduction="none").view(asked.shape)

    told = 0.5 * (entropy(near) + entropy(near.transpose(1, 2)))
    return (told * asked).sum(), asked.sum()


def mean_cosine(embedding: torch.Tensor, present: torch.Tensor) -> float | None:
    """Mean cosine between different assets' embeddings (D, A, W) on the same day, over all pairs; None if none."""
    unit = nn.functional.normalize(embedding, dim=-1) * present.unsqueeze(-1)
    count = present.sum(dim=1).to(unit.dtype)
    pairs = (count * (count - 1.0)).sum()
    # The sum over pairs is the square of the sum less the squares: no (A, A) matrix is needed.
    total = (unit.sum(dim=1) ** 2).sum() - (unit * unit).sum()
    return float(total / pairs) if float(pairs) > 0 else None
