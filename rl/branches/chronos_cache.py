"""Where embeddings are kept: once computed, an embedding of the same bytes by the same checkpoint is read back."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rl.branches.records import BranchUnavailable

Vector = NDArray[np.float32]
FILE = "embeddings.sqlite"
MOST_KEYS = 500
"""Keys asked for in one query."""


class EmbeddingCache(Protocol):
    """Content key -> embedding. A key stands for checkpoint, settings and window, so an entry is never out of date."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        """Those of the keys that are there."""

    def put(self, found: Mapping[bytes, Vector]) -> None:
        """Keep some; those that are there already stay as they are."""


class DiskCache:
    """One SQLite file in a folder. Each `put` is one transaction: what was kept survives an interruption, whole, and
    several processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        found: dict[bytes, Vector] = {}
        with self._open() as db:
            for start in range(0, len(keys), MOST_KEYS):
                part = keys[start : start + MOST_KEYS]
                asked = f"SELECT key, value FROM embeddings WHERE key IN ({','.join('?' * len(part))})"
                found |= {key: np.frombuffer(value, dtype="<f4") for key, value in db.execute(asked, part)}
        return found

    def put(self, found: Mapping[bytes, Vector]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in found.items()]
        with self._open() as db:
            db.executemany("INSERT OR IGNORE INTO embeddings VALUES (?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection that commits on leaving. Raises BranchUnavailable where the file cannot be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=60)
            try:
                with db:
                    db.execute("CREATE TABLE IF NOT EXISTS embeddings (key BLOB PRIMARY KEY, value BLOB)")
                    yield db
            finally:
                db.close()
        except (OSError, sqlite3.Error) as error:
            raise BranchUnavailable(
                f"the cache of embeddings at {self._path} cannot be used: {error}",
                "delete that file (it is made again), or name a folder that can be written to",
            ) from error
