"""The document store: Chroma on disk, embedded by default, with the date filter inside every query.

Contract
--------
- Nothing published after `as_of` can come out of a search: Chroma itself is asked for earlier passages only.
- Adding is idempotent: a passage that is there is neither embedded nor written again.
- One process writes at a time (a lock file); readers need no lock.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from portfolio.views import Evidence
from tools.documents.records import Document, DocumentKind
from tools.embedding import MODEL_NAME, Embedder
from tools.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult, Metadata, Where

COLLECTION = "passages"
BATCH = 256
LOCK_SECONDS = 60.0
REMEDY = "free disk space or grant access; or move the store's folder away and run `quorum ingest` again"


def day_number(day: date) -> int:
    """2022-12-28 -> 20221228: a number that compares as the date does."""
    return day.year * 10_000 + day.month * 100 + day.day


class DocumentStore:
    """Passages in a folder. Opens on first use; every trouble with the disk is a StoreError."""

    def __init__(self, path: Path, embedder: Embedder | None = None) -> None:
        self.path = path
        self.embedder = embedder or Embedder()

    def add(self, documents: Iterable[Document], progress: Callable[[int, int], None] | None = None) -> int:
        """Write what is not there yet; returns how many passages were new. Raises StoreError."""
        unique = {document.id: document for document in documents}
        if not unique:
            return 0
        with self._locked(), self._clear():
            ids = sorted(unique)
            known = set[str]()
            for start in range(0, len(ids), BATCH):
                known.update(self._collection.get(ids=ids[start : start + BATCH], include=[])["ids"])
            fresh = [name for name in ids if name not in known]
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

    def search(
        self,
        query: str,
        *,
        as_of: date,
        symbols: Sequence[str] | None = None,
        kinds: Sequence[DocumentKind] | None = None,
        k: int = 8,
    ) -> tuple[Evidence, ...]:
        """The `k` passages nearest in meaning, published on or before `as_of`; ties by id. Raises StoreError."""
        with self._clear():
            if self._collection.count() == 0:
                return ()
            found = self._collection.query(
                query_embeddings=list(self.embedder.embed([query])),
                n_results=k,
                where=_where(as_of, None, symbols, kinds),
                include=["documents", "metadatas", "distances"],
            )
        rows = zip(
            (found["distances"] or [[]])[0],
            found["ids"][0],
            (found["documents"] or [[]])[0],
            (found["metadatas"] or [[]])[0],
            strict=True,
        )
        ranked = sorted(rows, key=lambda row: (round(row[0], 6), row[1]))
        return tuple(_evidence(name, text, meta) for _, name, text, meta in ranked)

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

    @cached_property
    def _collection(self) -> "Collection":
        import chromadb
        from chromadb.config import Settings

        self.path.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(
            str(self.path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
        return client.get_or_create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
            metadata={"embedding": MODEL_NAME},
        )

    @contextmanager
    def _clear(self) -> "Iterator[None]":
        """Every failure of Chroma or the disk as one StoreError. Chroma raises many types, so all are caught here."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise StoreError(f"the document store {self.path.name} cannot be used: {told}", REMEDY) from error

    @contextmanager
    def _locked(self) -> "Iterator[None]":
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / "write.lock", timeout=LOCK_SECONDS):
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
        "hash": document.hash,
    }


def _where(
    as_of: date, since: date | None, symbols: Sequence[str] | None, kinds: Sequence[DocumentKind] | None
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
