"""The document store: Chroma on disk, embedded by default, with the date filter inside every query.

Contract
--------
- Nothing published after `as_of` comes out of a search, nor moves what does: see `tools.retrieval.ranking`.
- A search is exact: every passage that may be seen is compared, in arrays that are held in memory. Chroma's approximate
  index would let later passages, unseen, change which earlier ones are found, through the shape of its graph.
- Adding is idempotent: a passage that is there is neither embedded nor written again.
- One process writes or opens at a time (a lock file); reading needs no lock.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from portfolio.views import Evidence
from tools.documents.records import Document, DocumentKind
from tools.embedding import MODEL_NAME, WEIGHTS_HASH, WIDTH, Embedder, Vectors
from tools.errors import StoreError
from tools.retrieval.live_index import LiveIndex
from tools.retrieval.passage_index import Filter, PassageIndex, day_number
from tools.retrieval.search import Mode, search_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult, Metadata, Where
    from filelock import FileLock

COLLECTION = "passages"
BATCH = 64
ASKED_KEPT = 256
"""Vectors of questions that are kept: the analysts put the same few to many companies in a row."""
EMBEDDING = f"{MODEL_NAME} {WEIGHTS_HASH[:16]}"
"""What a store's vectors were made with; vectors of two models cannot be compared."""
LOCK_SECONDS = 60.0
REMEDY = "free disk space or grant access; or move the store's folder away and run `quorum ingest` again"


class DocumentStore:
    """Passages in a folder. Opens on first use; every trouble with the disk is a StoreError."""

    def __init__(self, path: Path, embedder: Embedder | None = None) -> None:
        self.path = path
        self.embedder = embedder or Embedder()
        self._opening = threading.Lock()
        self._opened: Collection | None = None
        self._index = LiveIndex(path, EMBEDDING)
        self._asked: dict[str, Vectors] = {}

    def add(self, documents: Iterable[Document], progress: Callable[[int, int], None] | None = None) -> int:
        """Write what is not there yet; returns how many passages were new. Raises StoreError."""
        unique = {document.id: document for document in documents}
        if not unique:
            return 0
        if not self._unknown(sorted(unique)):
            return 0  # without the lock, so that a store that may only be read serves what it has
        with self._locked(), self._clear():
            fresh = self._unknown(sorted(unique))
            for start in range(0, len(fresh), BATCH):
                part = [unique[name] for name in fresh[start : start + BATCH]]
                self._collection.add(
                    ids=[item.id for item in part],
                    documents=[item.text for item in part],
                    embeddings=list(self.embedder.embed([_embedded(item) for item in part])),
                    metadatas=[_metadata(item) for item in part],
                )
                if progress is not None:
                    progress(min(start + BATCH, len(fresh)), len(fresh))
            return len(fresh)

    def _unknown(self, ids: Sequence[str]) -> list[str]:
        known = set[str]()
        with self._clear():
            for start in range(0, len(ids), BATCH):
                known.update(self._collection.get(ids=list(ids[start : start + BATCH]), include=[])["ids"])
        return [name for name in ids if name not in known]

    def search(
        self,
        query: str,
        *,
        as_of: date,
        since: date | None = None,
        symbols: Sequence[str] | None = None,
        kinds: Sequence[DocumentKind] | None = None,
        sections: Sequence[str] | None = None,
        forms: Sequence[str] | None = None,
        k: int = 8,
        mode: Mode = "hybrid",
    ) -> tuple[Evidence, ...]:
        """The `k` best passages for a question, published on or before `as_of`; ties by id. Raises StoreError.

        `mode` "dense" compares meanings (exact cosine), "lexical" words (BM25); "hybrid" fuses both by reciprocal rank
        and spells out the financial terms of the question. `symbols` may hold "" for passages of no asset, `sections`
        and `forms` "" for those of none.
        """
        wanted = Filter(
            as_of=as_of,
            since=since,
            symbols=None if symbols is None else tuple(symbols),
            kinds=None if kinds is None else tuple(kinds),
            sections=None if sections is None else tuple(sections),
            forms=None if forms is None else tuple(forms),
        )
        with self._clear():
            index = self._index.of(self._collection)
            rows = search_index(index, query, wanted, ask=self._vector_of, k=k, mode=mode, spell=mode == "hybrid")
            return self._cited([index.ids[row] for row in rows])

    @property
    def index(self) -> PassageIndex:
        """All passages as arrays, as of now. Raises StoreError."""
        with self._clear():
            return self._index.of(self._collection)

    def _cited(self, ids: Sequence[str]) -> tuple[Evidence, ...]:
        if not ids:
            return ()
        found = self._collection.get(ids=list(ids), include=["documents", "metadatas"])
        rows = zip(found["ids"], found["documents"] or [], found["metadatas"] or [], strict=True)
        by_id = {name: _evidence(name, text, meta) for name, text, meta in rows}
        return tuple(by_id[name] for name in ids)

    def _vector_of(self, question: str) -> Vectors:
        # Looked up and stored in single steps, since threads share the store; the oldest is forgotten.
        known = self._asked.get(question)
        if known is None:
            known = self.embedder.embed([question])[0]
            kept = dict(list(self._asked.items())[-ASKED_KEPT + 1 :])
            self._asked = {**kept, question: known}
        return known

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(len(ids), 384) the stored unit vectors of passages, in the order asked for. Raises StoreError."""
        out = np.zeros((len(ids), WIDTH), dtype=np.float32)
        place = {name: i for i, name in enumerate(ids)}
        with self._clear():
            for start in range(0, len(ids), BATCH):
                found = self._collection.get(ids=list(ids[start : start + BATCH]), include=["embeddings"])
                for name, vector in zip(found["ids"], np.asarray(found["embeddings"]), strict=True):
                    out[place.pop(name)] = vector
        if place:
            raise StoreError(f"{len(place)} passages are no longer in the store {self.path.name}", REMEDY)
        return out

    def get(
        self,
        *,
        as_of: date,
        since: date | None = None,
        symbols: Sequence[str] | None = None,
        kinds: Sequence[DocumentKind] | None = None,
    ) -> tuple[Evidence, ...]:
        """All passages from `since` to `as_of`, newest first, then by id. Raises StoreError."""
        with self._clear():
            found: GetResult = self._collection.get(
                where=_where(as_of, since, symbols, kinds), include=["documents", "metadatas"]
            )
        rows = zip(found["ids"], found["documents"] or [], found["metadatas"] or [], strict=True)
        every = [_evidence(name, text, meta) for name, text, meta in rows]
        return tuple(sorted(every, key=lambda item: (-item.published.toordinal(), item.id)))

    def count(self) -> int:
        """How many passages there are. Raises StoreError."""
        with self._clear():
            return self._collection.count()

    @property
    def _collection(self) -> "Collection":
        # Chroma's own opening is safe neither between threads nor between processes.
        with self._opening:
            if self._opened is None:
                with self._locked():
                    self._opened = self._open()
            return self._opened

    def _open(self) -> "Collection":
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(
            str(self.path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
        collection = client.get_or_create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
            metadata={"embedding": EMBEDDING},
        )
        made_with = (collection.metadata or {}).get("embedding")
        if made_with != EMBEDDING:
            raise StoreError(
                f"the document store {self.path.name} was made with the embedding {made_with}, not {EMBEDDING}",
                "move the store's folder away and run `quorum ingest` again",
            )
        return collection

    @contextmanager
    def _clear(self) -> "Iterator[None]":
        """Every failure of Chroma or the disk as one StoreError. Chroma raises many types, so all are caught here."""
        try:
            yield
        except (StoreError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a panic of Chroma's Rust core is not an Exception
            told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise StoreError(f"the document store {self.path.name} cannot be used: {told}", REMEDY) from error

    @cached_property
    def _file_lock(self) -> "FileLock":
        from filelock import FileLock

        # One object: a thread that holds it (adding) may take it again (opening).
        return FileLock(self.path / "write.lock", timeout=LOCK_SECONDS)

    @contextmanager
    def _locked(self) -> "Iterator[None]":
        from filelock import Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with self._file_lock:
                yield
        except Timeout as error:
            raise StoreError(
                f"another process has been writing to the store for {LOCK_SECONDS:.0f} seconds",
                "wait for it, or end it and remove write.lock",
            ) from error
        except OSError as error:
            raise StoreError(f"the document store cannot be written: {error}", REMEDY) from error


def _embedded(document: Document) -> str:
    """What is embedded: the title gives a passage its context."""
    return f"{document.title}\n{document.text}" if document.title else document.text


def _metadata(document: Document) -> "Metadata":
    return {
        "symbol": document.symbol or "",
        "kind": document.kind,
        "published": day_number(document.published),
        "source": document.source,
        "title": document.title,
        "section": document.section,
        "form": document.form,
        "hash": document.hash,
    }


def _where(
    as_of: date,
    since: date | None,
    symbols: Sequence[str] | None,
    kinds: Sequence[DocumentKind] | None,
) -> "Where":
    parts: list[dict[str, object]] = [{"published": {"$lte": day_number(as_of)}}]
    if since is not None:
        parts.append({"published": {"$gte": day_number(since)}})
    if symbols is not None:
        parts.append({"symbol": {"$in": list(symbols)}})
    if kinds is not None:
        parts.append({"kind": {"$in": list(kinds)}})
    return cast("Where", parts[0] if len(parts) == 1 else {"$and": parts})


def _evidence(name: str, text: str, meta: "Metadata") -> Evidence:
    number = int(cast(int, meta["published"]))
    fields = {
        "id": name,
        "source": str(meta["source"]) + (f", {meta['section']}" if meta["section"] else ""),
        "published": date(number // 10_000, number // 100 % 100, number % 100),
        "symbol": str(meta["symbol"]) or None,
        "kind": meta["kind"],
        "text": text,
        "hash": meta["hash"],
    }
    return Evidence.model_validate(fields)
