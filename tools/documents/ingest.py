"""Files, folders and addresses into the store: what can be read and dated goes in, the rest is reported by name."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from portfolio.records import Record
from tools.documents.blocks import squeeze
from tools.documents.feeds import News, fetch, read_feed
from tools.documents.filing import Filing, read_filing
from tools.documents.records import Document
from tools.documents.table import read_news_table
from tools.documents.text import decode, looks_like_html, read_text, split_submission
from tools.errors import DocumentError
from tools.store import DocumentStore

LARGEST = 100_000_000
"""Bytes of one file, unpacked."""
READS = ".html .htm .xhtml .pdf .txt .md .csv .xml .rss .atom, each also as .gz; and the http(s) address of a feed"
_FILINGS = frozenset({".html", ".htm", ".xhtml", ".pdf"})
_FEEDS = frozenset({".xml", ".rss", ".atom"})
_TEXTS = frozenset({".txt", ".md", ".text"})
_IS_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)\b")

Progress = Callable[[int, int, str], None]
"""Called with sources done, sources in all, and the one at work."""


class Skipped(Record):
    """A source, or part of one, that did not go in."""

    source: str
    reason: str


class IngestReport(Record):
    """What became of everything that was given. `added` and `unchanged` count passages, `read` counts sources."""

    read: int
    added: int
    unchanged: int
    skipped: tuple[Skipped, ...]


class _Read(NamedTuple):
    documents: tuple[Document, ...]
    dropped: tuple[str, ...] = ()


def ingest(
    paths_or_urls: Sequence[str | Path],
    store: DocumentStore,
    *,
    published: date | None = None,
    symbol: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read each source and add its passages to the store.

    Folders are walked in order of names. `published` dates what carries no date of its own (and a filing that does
    not state its filing date); `symbol` names the asset of what names none. A source that cannot be read or dated is
    reported and the others go on; a store that cannot be written raises StoreError.
    """
    given = list(_sources(paths_or_urls))
    read = added = unchanged = 0
    skipped: list[Skipped] = []
    for done, source in enumerate(given):
        if progress is not None:
            progress(done, len(given), str(source))
        try:
            found = read_source(source, published=published, symbol=symbol)
        except (DocumentError, OSError) as error:
            told = str(error) if isinstance(error, DocumentError) else f"it cannot be opened: {error.strerror or error}"
            skipped.append(Skipped(source=str(source), reason=told))
            continue
        skipped += [Skipped(source=str(source), reason=reason) for reason in found.dropped]
        new = store.add(found.documents, _passages(progress, done, len(given), str(source)))
        read += 1
        added += new
        unchanged += len({document.id for document in found.documents}) - new
    if progress is not None:
        progress(len(given), len(given), "")
    return IngestReport(read=read, added=added, unchanged=unchanged, skipped=tuple(skipped))


def _passages(progress: Progress | None, done: int, total: int, source: str) -> Callable[[int, int], None] | None:
    """A long report takes a minute to embed: its passages are told too."""
    if progress is None:
        return None
    return lambda written, fresh: progress(done, total, f"{source}: {written} of {fresh} passages")


def read_source(source: str | Path, *, published: date | None = None, symbol: str | None = None) -> _Read:
    """The passages of one file or address. Raises DocumentError, or OSError where a file cannot be opened."""
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        return _news(read_feed(fetch(source), name=source, symbol=symbol))
    path = Path(source)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if packed else suffixes)[-1:] or [""]
    if kind[0] not in {*_FILINGS, *_FEEDS, *_TEXTS, ".csv"}:
        raise DocumentError(f"{path.name} is of a kind that is not read", f"what is: {READS}")
    data = _bytes(path, packed)
    if not data.strip():
        raise DocumentError(f"{path.name} is empty")
    if kind[0] == ".csv":
        return _news(read_news_table(data, path.name, symbol=symbol))
    if kind[0] in _FEEDS and (_IS_FEED.search(data[:4096]) or not looks_like_html(data)):
        return _news(read_feed(data, name=path.name, symbol=symbol))
    if kind[0] in _TEXTS:
        return _text(data, path.name, published, symbol)
    filings = read_filing(data, path.name, "pdf" if kind[0] == ".pdf" else "html")
    return _filings(filings, path.name, published, symbol)


def _sources(given: Sequence[str | Path]) -> Iterator[str | Path]:
    for source in given:
        if isinstance(source, str) and "://" in source:
            yield source
            continue
        path = Path(source).expanduser()
        if path.is_dir():
            inside = (item for item in path.rglob("*") if item.is_file())
            yield from sorted(
                item for item in inside if not any(p.startswith(".") for p in item.relative_to(path).parts)
            )
        else:
            yield path


def _bytes(path: Path, packed: bool) -> bytes:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DocumentError(f"{path.name} is a broken gzip file: {squeeze(str(error))}") from error
    if len(data) > LARGEST:
        raise DocumentError(f"{path.name} is larger than {LARGEST // 1_000_000} MB")
    return data


def _news(news: News) -> _Read:
    return _Read(news.documents, news.dropped)


def _filings(filings: Sequence[Filing], name: str, published: date | None, symbol: str | None) -> _Read:
    """A filing of which no asset is known could never be found again, so its symbol must be stated or given."""
    documents: list[Document] = []
    for filing in filings:
        if symbol is None and filing.symbol is None:
            raise DocumentError(f"{name} does not state the symbol of its company", "give it with --symbol")
        documents += filing.documents(published=published, symbol=symbol)
    return _Read(tuple(documents))


def _text(data: bytes, name: str, published: date | None, symbol: str | None) -> _Read:
    """A submission file or a report in plain text is a filing; any other text is one piece of news."""
    text = decode(data)
    filings = read_filing(data, name, "text")
    if split_submission(text) is not None or any(section.name for filing in filings for section in filing.sections):
        return _filings(filings, name, published, symbol)
    day = published or filings[0].filed
    if day is None:
        raise DocumentError(f"{name} has no date", "give the day it was published with --published")
    blocks = read_text(data)
    body = "\n".join(block.text for block in blocks)
    title = blocks[0].text if len(blocks) > 1 and len(blocks[0].text) < 200 else ""
    item = Document(source=name, published=day, symbol=symbol, kind="news", title=title, text=body)
    return _Read((item,))
