"""The index of a Chroma collection, kept up to date as the collection grows, with a copy on disk when it is large."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.embedding import WIDTH
from tools.retrieval.passage_index import PassageIndex, Passages, empty_index
from tools.retrieval.snapshot import load_index, save_index

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

PAGE = 5_000
"""Passages read from the collection at a time."""
SAVED_FROM = 2_000
"""Passages that are not on disk yet from which the copy is written: fewer are read again in a moment."""
SAVED_SHARE = 0.1
"""And the share of the whole that they must be, so that a large copy is not rewritten for every day's news."""
NAME = "index.npz"


class LiveIndex:
    """Threads may share one; the index handed out is a value that later additions leave as it is."""

    def __init__(self, folder: Path, made_with: str) -> None:
        self.path = folder / NAME
        self.made_with = made_with
        self._lock = threading.Lock()
        self._index: PassageIndex | None = None
        self._saved = 0

    def of(self, collection: "Collection") -> PassageIndex:
        """The index of all that the collection holds now. Raises whatever Chroma raises.

        Passages are never taken out of a store nor changed under their ids, so an equal count is an equal content.
        """
        with self._lock:
            if self._index is None or len(self._index) != collection.count():
                self._index = self._refreshed(collection, self._index)
            return self._index

    def _refreshed(self, collection: "Collection", index: PassageIndex | None) -> PassageIndex:
        there = _all_ids(collection)
        if index is None:
            index = load_index(self.path, self.made_with)
            self._saved = len(index) if index is not None else 0
        if index is None or not there.keys() >= set(index.ids):
            index, self._saved = empty_index(), 0
        known = set(index.ids)
        fresh = [name for name in there if name not in known]
        more = [_read(collection, fresh[start : start + PAGE]) for start in range(0, len(fresh), PAGE)]
        if more:
            index = index.followed_by(_joined(more))
        if len(index) - self._saved >= max(SAVED_FROM, SAVED_SHARE * len(index)):
            self._save(index)
        return index

    def _save(self, index: PassageIndex) -> None:
        try:
            save_index(index, self.path, self.made_with)
        except OSError:
            return  # a folder that may only be read costs time at the next opening, and nothing else
        self._saved = len(index)


def _all_ids(collection: "Collection") -> dict[str, None]:
    """In the order of the alphabet, so that the rows of an index depend on its content alone."""
    return dict.fromkeys(sorted(collection.get(include=[])["ids"]))


def _read(collection: "Collection", ids: Sequence[str]) -> Passages:
    found = collection.get(ids=list(ids), include=["documents", "metadatas", "embeddings"])
    place = {name: i for i, name in enumerate(found["ids"])}
    order = [place[name] for name in ids]
    metadatas, documents = found["metadatas"] or [], found["documents"] or []
    meta = [metadatas[i] for i in order]
    vectors = np.asarray(found["embeddings"], dtype=np.float32).reshape(-1, WIDTH)
    return Passages(
        ids=list(ids),
        texts=[f"{told['title']}\n{documents[i]}" for told, i in zip(meta, order, strict=True)],
        vectors=vectors[order],
        days=[int(str(told["published"])) for told in meta],
        symbols=[str(told["symbol"]) for told in meta],
        kinds=[str(told["kind"]) for told in meta],
        sections=[str(told["section"]) for told in meta],
        forms=[str(told.get("form", "")) for told in meta],
    )


def _joined(parts: Sequence[Passages]) -> Passages:
    def chained(name: str) -> list[str]:
        return [value for part in parts for value in getattr(part, name)]

    return Passages(
        ids=chained("ids"),
        texts=chained("texts"),
        vectors=np.concatenate([part.vectors for part in parts]),
        days=[day for part in parts for day in part.days],
        symbols=chained("symbols"),
        kinds=chained("kinds"),
        sections=chained("sections"),
        forms=chained("forms"),
    )
