"""The Chronos branch: what a frozen time-series foundation model makes of an asset's last year, in a few numbers.

Contract
--------
- The window is the last `context` closes over the last one: no level enters, and nothing after the day.
- Each window is embedded once per checkpoint: the embedding is kept under a hash of checkpoint, settings and window,
  so that an interrupted run goes on where it stopped.
- The projection to a small width is fitted on windows that end by `until`, and saved with that date.

Why principal components and not a random projection: pooled embeddings share one large direction (their mean), beside
which a random projection of differences is noise; components need 2,000 embeddings of the training span and no label,
and after them the branch's numbers are uncorrelated and of size one there, whatever the checkpoint's scale.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from portfolio.market import Floats, MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from rl.branches.chronos_cache import DiskCache, EmbeddingCache
from rl.branches.chronos_checkpoint import Embedder, find_checkpoint, open_checkpoint
from rl.branches.records import Branch, BranchUnavailable, on_grid
from rl.features import CARRY, MIN_HISTORY, Bools, carried

BATCH = 32
"""Windows embedded at once. Always so many (the last ones are repeated), so that no sum depends on how many remain."""
CHUNK = 64
"""Days whose windows are held at once."""
BOUND = 4.0


@dataclass(frozen=True)
class EmbeddingStep:
    """Windows done, and all windows of the call; those that the cache held count too."""

    done: int
    total: int


OnEmbedding = Callable[[EmbeddingStep], None]


class ChronosConfig(Record):
    """What is embedded and how small it is made."""

    context: int = Field(default=256, ge=MIN_HISTORY)
    """Days in a window. 512 costs T5 five times what 256 costs."""
    width: int = Field(default=16, ge=1)
    fitted_on: int = Field(default=2000, ge=2)
    """Windows of the training span, spread evenly, on which the components are fitted."""
    double: bool = False
    """Double precision: the same bits on other machines too, at two to three times the cost."""


class ChronosCard(Record):
    """What a saved branch is; its checkpoint is named and not copied."""

    config: ChronosConfig
    checkpoint: str
    checkpoint_sha256: str
    until: date
    """The components are fitted on windows that end on this day or before."""
    windows: int
    explained: float
    """Share of the fitted embeddings' variance that the components keep."""
    data_sha256: str
    weights_sha256: str


@dataclass(frozen=True, eq=False)
class Projection:
    """Embeddings (D,) to numbers (W,): `(embedding - mean) @ components`, cut at `BOUND`."""

    mean: Floats
    components: Floats
    explained: float

    def __call__(self, embeddings: NDArray[np.float32]) -> Floats:
        return np.clip((embeddings.astype(np.float64) - self.mean) @ self.components, -BOUND, BOUND)


class ChronosBranch:
    """A `RowBranchModel` named "chronos". `describe_rows` is what to ask: `describe` embeds every day."""

    name = "chronos"

    def __init__(
        self,
        embedder: Embedder,
        projection: Projection,
        card: ChronosCard,
        cache: EmbeddingCache,
        progress: OnEmbedding | None = None,
    ) -> None:
        self.card = card
        self._embedder, self._projection, self._cache, self._progress = embedder, projection, cache, progress

    @property
    def width(self) -> int:
        return self.card.config.width

    @property
    def lookback(self) -> int:
        return self.card.config.context + CARRY

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        """Every day of the panel: dear where the cache does not hold it."""
        return self.describe_rows(panel, universe, np.arange(len(panel.dates)))

    def describe_rows(self, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
        """Some days; unknown where the asset is not traded or has fewer than `MIN_HISTORY` closes in the window."""
        _same_assets(panel, universe)
        closes = carried(panel.close)
        known = _known(closes, self.card.config.context)[rows]
        values = np.zeros((*known.shape, self.width))
        done, total = 0, int(known.sum())
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            windows = _windows(closes, rows[part], known[part], self.card.config.context)
            made = embed_windows(self._embedder, self.card.config, windows, self._cache)
            if len(made):
                values[part][known[part]] = self._projection(made)
            done += len(windows)
            if self._progress is not None:
                self._progress(EmbeddingStep(done, total))
        return Branch(self.name, on_grid(values), known)

    def save(self, folder: Path) -> None:
        """Write `chronos.safetensors` (the projection) and `chronos.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.safetensors").write_bytes(_bytes(self._projection))
        (folder / f"{self.name}.json").write_text(self.card.model_dump_json(indent=1) + "\n")


def fit_chronos(
    checkpoint: str,
    panel: MarketPanel,
    universe: Universe,
    config: ChronosConfig,
    until: date,
    cache: EmbeddingCache | Path,
    progress: OnEmbedding | None = None,
    *,
    hub_cache: Path | None = None,
) -> ChronosBranch:
    """The branch of a checkpoint (a folder or a model id on this machine), its projection fitted up to `until`.

    `cache` is a folder for the embeddings or a cache of the caller's. Raises BranchUnavailable where the branch cannot
    be had, and ValueError where no window ends by `until`.
    """
    _same_assets(panel, universe)
    panel = panel.until(until)
    found = find_checkpoint(checkpoint, hub_cache=hub_cache)
    embedder = open_checkpoint(found, config.context, double=config.double)
    store = DiskCache(cache) if isinstance(cache, Path) else cache
    closes = carried(panel.close)
    every = np.argwhere(_known(closes, config.context))
    if len(every) < 2:
        raise ValueError(f"no asset has {MIN_HISTORY} closes by {until}; use a later cut")
    picked = every[np.unique(np.linspace(0, len(every) - 1, config.fitted_on).astype(np.int64))]
    some = np.zeros(closes.shape, dtype=np.bool_)
    some[picked[:, 0], picked[:, 1]] = True
    rows = np.flatnonzero(some.any(axis=1))
    made = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        windows = _windows(closes, part, some[part], config.context)
        made.append(embed_windows(embedder, config, windows, store))
        if progress is not None:
            progress(EmbeddingStep(sum(map(len, made)), len(picked)))
    projection = fit_projection(np.concatenate(made), config.width)
    card = ChronosCard(
        config=config,
        checkpoint=found.name,
        checkpoint_sha256=found.sha256,
        until=until,
        windows=len(picked),
        explained=projection.explained,
        data_sha256=sha256(np.ascontiguousarray(panel.close).tobytes()).hexdigest(),
        weights_sha256=sha256(_bytes(projection)).hexdigest(),
    )
    return ChronosBranch(embedder, projection, card, store, progress)


def load_chronos(
    folder: Path,
    cache: EmbeddingCache | Path,
    progress: OnEmbedding | None = None,
    *,
    checkpoint: str | None = None,
    hub_cache: Path | None = None,
) -> ChronosBranch:
    """Read a saved branch; its checkpoint is looked for by the name on the card, or by `checkpoint`.

    Raises BranchUnavailable when anything is missing or damaged, or when the checkpoint is not the one of the card.
    """
    remedy = "fit the branch again, or train without it"
    try:
        card = ChronosCard.model_validate_json((folder / f"{ChronosBranch.name}.json").read_bytes())
        data = (folder / f"{ChronosBranch.name}.safetensors").read_bytes()
    except OSError as error:
        raise BranchUnavailable(f"no Chronos branch can be read at {folder}: {error.strerror}", remedy) from error
    except ValidationError as error:
        raise BranchUnavailable(f"the Chronos card at {folder} is not one this version understands", remedy) from error
    if sha256(data).hexdigest() != card.weights_sha256:
        raise BranchUnavailable(f"the projection at {folder} is not the one its card describes", remedy)
    try:
        tensors = load(data)
        projection = Projection(tensors["mean"], tensors["components"], card.explained)
    except (SafetensorError, KeyError) as error:
        raise BranchUnavailable(f"the projection at {folder} cannot be read", remedy) from error
    found = find_checkpoint(checkpoint or card.checkpoint, hub_cache=hub_cache)
    if found.sha256 != card.checkpoint_sha256:
        raise BranchUnavailable(f"the weights of {found.name} are not those the branch was fitted with", remedy)
    embedder = open_checkpoint(found, card.config.context, double=card.config.double)
    store = DiskCache(cache) if isinstance(cache, Path) else cache
    return ChronosBranch(embedder, projection, card, store, progress)


def embed_windows(
    embedder: Embedder, config: ChronosConfig, windows: NDArray[np.float32], cache: EmbeddingCache
) -> NDArray[np.float32]:
    """(K, D) embeddings of (K, context) windows; those the cache lacks are made, batch by batch, and kept at once."""
    start = f"{embedder.checkpoint.sha256} mean {config.context} {'float64' if config.double else 'float32'} ".encode()
    keys = [sha256(start + window.astype("<f4").tobytes()).digest() for window in windows]
    found = cache.get(list(dict.fromkeys(keys)))
    missing = {key: place for place, key in enumerate(keys) if key not in found}
    for batch in _batches(list(missing.values())):
        made = embedder.embed(windows[batch])
        new = {keys[place]: vector for place, vector in zip(batch, made, strict=True)}
        cache.put(new)
        found |= new
    return np.stack([found[key] for key in keys]) if keys else np.zeros((0, 0), dtype=np.float32)


def fit_projection(embeddings: NDArray[np.float32], width: int) -> Projection:
    """Principal components, each scaled to variance one. Where there are fewer than `width`, the rest are zero.

    The sign of a component is chosen so that its largest loading is positive.
    """
    values = embeddings.astype(np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    size, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    size, axes = size[::-1], axes[:, ::-1]
    kept = min(width, len(size))
    components = np.zeros((len(size), width))
    for place in range(kept):
        if size[place] > 1e-9 * max(size[0], 1e-30):
            axis = axes[:, place]
            components[:, place] = axis * np.sign(axis[np.abs(axis).argmax()]) / np.sqrt(size[place])
    total = float(np.maximum(size, 0.0).sum())
    return Projection(mean, components, float(size[:kept].sum()) / total if total > 0 else 0.0)


def _bytes(projection: Projection) -> bytes:
    return save({"components": projection.components, "mean": projection.mean})


def _batches(places: list[int]) -> Iterator[list[int]]:
    """Lists of `BATCH` places; the last place is repeated to fill the last list."""
    for start in range(0, len(places), BATCH):
        part = places[start : start + BATCH]
        yield part + [part[-1]] * (BATCH - len(part))


def _known(closes: Floats, context: int) -> Bools:
    """(T, N) traded on the day, and `MIN_HISTORY` closes in the window."""
    seen = np.isfinite(closes)
    count = np.cumsum(seen, axis=0, dtype=np.int64)
    count[context:] -= count[:-context].copy()
    return seen & (count >= MIN_HISTORY)


def _windows(closes: Floats, rows: NDArray[np.int64], known: Bools, context: int) -> NDArray[np.float32]:
    """(K, context) the known assets' closes over their last one, NaN where missing or before the panel."""
    place, column = np.nonzero(known)
    back = rows[place][:, None] + np.arange(1 - context, 1)
    cut = np.where(back >= 0, closes[np.maximum(back, 0), column[:, None]], np.nan)
    return np.asarray(cut / cut[:, -1:], dtype=np.float32)


def _same_assets(panel: MarketPanel, universe: Universe) -> None:
    if panel.symbols != universe.symbols:
        raise ValueError(f"the panel's assets are not those of the universe {universe.name}")
