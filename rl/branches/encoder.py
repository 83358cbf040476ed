"""The ticker-free encoder: a window of prices and volumes to a small vector, the same for every asset (phase 1 of
arXiv 2606.30997).

A window is 24 weeks; each week is one token. Two residual convolutions over neighbouring weeks and a pooling by
attention make the embedding. Of the forms tried at this width it costs least: a tenth of causal convolutions over
single days, a quarter of a GRU over them, under half of a transformer over the weeks (benchmarks/branches.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from rl.branches.records import Branch, BranchUnavailable, on_grid
from rl.branches.windows import CHANNELS, LOOKBACK, OWN, SEEN, WEEK, WEEKS, series_of, windows

REGIMES = 6
"""Market regimes to tell apart: three of volatility times two of trend."""
CHUNK = 2048
"""Windows encoded at once, about: bounds the memory of describing a long history of many assets."""


class EncoderConfig(Record):
    """Sizes of the encoder and how it is pretrained. The defaults train in about a minute on one thread."""

    width: int = Field(default=24, ge=2)
    """Numbers in an embedding."""
    hidden: int = Field(default=48, ge=4)
    steps: int = Field(default=400, ge=1)
    days: int = Field(default=12, ge=1)
    """Days in a batch; all their assets (at most `assets`) are compared with each other."""
    assets: int = Field(default=24, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    next_bar: float = Field(default=1.0, ge=0)
    """Weight of the next day's return; likewise below: of masked recovery, of the regime, of the contrast."""
    recovery: float = Field(default=1.0, ge=0)
    regime: float = Field(default=1.0, ge=0)
    contrast: float = Field(default=1.0, ge=0)
    """0 leaves the contrastive loss out: the control that shows what it is for."""
    temperature: float = Field(default=0.2, gt=0)
    shared: int = Field(default=6, ge=0)
    """Last numbers of the embedding that the contrast leaves alone: all assets of a day share the regime, and a
    contrast over the whole embedding drives it out (its loss was then no better than a constant's)."""
    hidden_share: float = Field(default=0.3, gt=0, lt=1)
    """Share of a window's weeks whose own return and volume are hidden, to be recovered."""
    shortest_crop: int = Field(default=12, ge=2, le=WEEKS)
    """Weeks in the shortest crop of a window; a crop is between this and the whole."""
    holdout: float = Field(default=0.1, gt=0, lt=0.5)
    """Last share of the training span's days: never trained on, it measures the losses on the card."""
    seed: int = 0

    @model_validator(mode="after")
    def _something_is_contrasted(self) -> "EncoderConfig":
        if self.shared >= self.width:
            raise ValueError(f"shared is {self.shared}: it must leave some of the width of {self.width} to contrast")
        return self


class TaskFigure(Record):
    """Mean loss of one pretraining task beside that of the best constant answer of the training days."""

    name: str
    loss: float
    trivial: float


class EncoderFigures(Record):
    """How the encoder does on some days: the losses, and how alike it finds different assets."""

    tasks: tuple[TaskFigure, ...]
    cosine: float | None
    """Mean cosine between two assets' embeddings on one day (1: collapsed); None where there is one asset."""
    windows: int


class TrainedOn(Record):
    """One universe's part in the pretraining."""

    name: str
    first: date
    last: date
    assets: int
    cuts: tuple[float, float, float]
    """Regime thresholds fitted on the training days: two of volatility, one of trend."""


class EncoderCard(Record):
    """What a saved encoder is: settings, the cut after which it saw nothing, and how it did before that cut."""

    config: EncoderConfig
    until: date
    """No row after this day was read."""
    trained_on: tuple[TrainedOn, ...]
    holdout: EncoderFigures
    data_sha256: str
    weights_sha256: str
    channels: tuple[str, ...] = CHANNELS


class Network(nn.Module):
    """Windows to embeddings, and the heads of the pretraining tasks (which serving does not read)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        hidden = config.hidden
        self.token = nn.Linear(WEEK * len(CHANNELS), hidden)
        self.place = nn.Parameter(0.1 * torch.randn(WEEKS, hidden))
        self.mixers = nn.ModuleList(nn.Linear(3 * hidden, hidden) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(2))
        self.attention = nn.Linear(hidden, 4)
        self.embedding = nn.Linear(4 * hidden, config.width)
        self.parts = [config.width - config.shared, config.shared] if config.shared else [config.width]
        self.next_bar = nn.Linear(config.width, 1)
        self.recovery = nn.Linear(hidden + config.width, WEEK * len(OWN))
        self.regime = nn.Linear(config.width, REGIMES)

    def forward(self, window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, WINDOW, C) windows to embeddings (B, width) of order one and weeks' tokens (B, WEEKS, hidden).

        A week in which nothing of the asset was observed is left out of the pooling.
        """
        weeks = window.reshape(len(window), WEEKS, -1)
        token = nn.functional.gelu(self.token(weeks) + self.place)
        for mixer, norm in zip(self.mixers, self.norms, strict=True):
            near = nn.functional.pad(norm(token), (0, 0, 1, 1))
            # A convolution over three weeks, written as one product: several times faster than Conv1d at this size.
            token = token + nn.functional.gelu(mixer(torch.cat([near[:, :-2], near[:, 1:-1], near[:, 2:]], dim=-1)))
        seen = (window[..., SEEN[0]] > 0).reshape(len(window), WEEKS, WEEK).any(dim=-1)
        seen = seen | ~seen.any(dim=-1, keepdim=True)
        score = self.attention(token).masked_fill(~seen.unsqueeze(-1), -1e9)
        pooled = torch.einsum("bwk,bwh->bkh", torch.softmax(score, dim=1), token)
        parts = torch.split(self.embedding(pooled.flatten(1)), self.parts, dim=-1)
        # Each part has root mean square one: the contrast measures angles, so that without this the network makes
        # the contrasted part small beside the other, and assets stay alike in what the policy reads.
        return torch.cat([nn.functional.rms_norm(part, part.shape[-1:], eps=1e-6) for part in parts], dim=-1), token


@dataclass(frozen=True)
class PretrainingStep:
    """Steps done, all steps, and the weighted loss of this one."""

    done: int
    total: int
    loss: float


OnPretraining = Callable[[PretrainingStep], None]


class Encoder:
    """A frozen encoder: a `RowBranchModel` named "encoder"."""

    name = "encoder"
    lookback = LOOKBACK

    def __init__(self, network: Network, card: EncoderCard) -> None:
        self.card = card
        self._network = network.double().eval().requires_grad_(False)

    @property
    def width(self) -> int:
        return self.card.config.width

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        """The embeddings of every day of the panel."""
        return self.describe_rows(panel, universe, np.arange(len(panel.dates)))

    def describe_rows(self, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
        """The embeddings of some days; unknown where the asset is not traded or its history is too short."""
        _same_assets(panel, universe)
        series = series_of(panel)
        known = series.known[rows]
        values = np.zeros((*known.shape, self.width))
        days = max(1, CHUNK // known.shape[1])
        for start in range(0, len(rows), days):
            part = slice(start, start + days)
            if known[part].any():
                values[part][known[part]] = self._embed(windows(series, rows[part])[known[part]])
        return Branch(self.name, on_grid(values), known)

    def network(self) -> Network:
        """A copy of the network in single precision, heads included, for measuring it."""
        copy = Network(self.card.config)
        copy.load_state_dict(self._network.state_dict())
        return copy.eval()

    def save(self, folder: Path) -> None:
        """Write `encoder.safetensors` and `encoder.json`; each is moved into place whole."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            f"{self.name}.safetensors": weights_bytes(self._network),
            f"{self.name}.json": (self.card.model_dump_json(indent=1) + "\n").encode(),
        }
        for name, content in files.items():
            part = folder / f".{name}.part"
            part.write_bytes(content)
            part.replace(folder / name)

    def _embed(self, window: NDArray[np.float64]) -> NDArray[np.float64]:
        with torch.no_grad():
            embedding: torch.Tensor = self._network(torch.from_numpy(window))[0]
        return embedding.numpy()


def load_encoder(folder: Path) -> Encoder:
    """Read a saved encoder. Raises BranchUnavailable when it is missing, corrupt or made for other channels."""
    remedy = "pretrain it again, or train without the encoder branch"
    try:
        card = EncoderCard.model_validate_json((folder / f"{Encoder.name}.json").read_bytes())
        data = (folder / f"{Encoder.name}.safetensors").read_bytes()
    except OSError as error:
        raise BranchUnavailable(f"no encoder can be read at {folder}: {error.strerror}", remedy) from error
    except ValidationError as error:
        raise BranchUnavailable(
            f"the encoder's card at {folder} is not one this version understands", remedy
        ) from error
    if sha256(data).hexdigest() != card.weights_sha256:
        raise BranchUnavailable(f"the encoder's weights at {folder} are not those its card describes", remedy)
    if card.channels != CHANNELS:
        raise BranchUnavailable(f"the encoder at {folder} reads other channels than are made here", remedy)
    network = Network(card.config)
    try:
        network.load_state_dict(load(data))
    except (SafetensorError, RuntimeError) as error:
        raise BranchUnavailable(f"the encoder's weights at {folder} do not fit its settings", remedy) from error
    return Encoder(network, card)


def weights_bytes(network: Network) -> bytes:
    """The weights as safetensors in single precision, in name order."""
    state = sorted(network.state_dict().items())
    return save({name: tensor.detach().to(torch.float32).contiguous() for name, tensor in state})


def _same_assets(panel: MarketPanel, universe: Universe) -> None:
    if panel.symbols != universe.symbols:
        raise ValueError(
            f"the panel's assets are not those of the universe {universe.name}; "
            "use panel.select(universe.symbols) to put them in order"
        )
