"""Vectors of texts on disk by the hash of the text, so that a long embedding is done once and may be interrupted."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from tools.embedding import WEIGHTS_HASH, WIDTH, Embedder, Vectors
from tools.errors import StoreError

PART = 512
"""Texts embedded between two writes."""


def embed_cached(
    texts: Sequence[str], folder: Path, embedder: Embedder, progress: Callable[[int, int], None] | None = None
) -> Vectors:
    """(len(texts), 384) unit vectors, in the order of `texts`; what `folder` does not have is embedded and kept there.

    Files are named after the embedding model's weights, so another model never meets these vectors. `progress` is told
    how many of the missing texts are done, and of how many. Raises StoreError when the folder cannot be used.
    """
    place = folder / WEIGHTS_HASH[:16]
    names = [sha256(text.encode()).hexdigest() for text in texts]
    try:
        place.mkdir(parents=True, exist_ok=True)
        known = _read(place)
        missing = sorted({name: text for name, text in zip(names, texts, strict=True) if name not in known}.items())
        for start in range(0, len(missing), PART):
            part = missing[start : start + PART]
            vectors = embedder.embed([text for _, text in part])
            _write(place, [name for name, _ in part], vectors)
            known.update(zip((name for name, _ in part), vectors, strict=True))
            if progress is not None:
                progress(min(start + PART, len(missing)), len(missing))
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"the cache of vectors {folder.name} cannot be used: {error}", "free disk space, or remove the folder"
        ) from error
    return np.stack([known[name] for name in names]) if names else np.zeros((0, WIDTH), dtype=np.float32)


def _read(place: Path) -> dict[str, Vectors]:
    known: dict[str, Vectors] = {}
    for path in sorted(place.glob("*.npz")):
        with np.load(path, allow_pickle=False) as part:
            known.update(zip(part["names"].tolist(), part["vectors"], strict=True))
    return known


def _write(place: Path, names: Sequence[str], vectors: Vectors) -> None:
    """A part appears whole or not at all: another process, or a run broken off, never reads half of one."""
    target = place / f"{sha256(''.join(names).encode()).hexdigest()[:16]}.npz"
    half = target.with_suffix(".half")
    with half.open("wb") as file:
        np.savez(file, names=np.array(names), vectors=vectors)
    half.replace(target)
