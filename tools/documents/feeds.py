"""RSS and Atom feeds to dated news. An entry without a date is left out and reported; it is never dated today."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tools.documents.blocks import squeeze
from tools.documents.html import text_of_html
from tools.documents.records import Document
from tools.errors import DocumentError

TIMEOUT = 15.0
"""Seconds for a feed's server to answer."""
LARGEST = 20_000_000
"""Bytes of a feed that are read; a larger answer is not a feed."""
LONGEST = 4_000
"""Characters of an entry that are kept."""


@dataclass(frozen=True)
class News:
    """Attributes
    ----------
    documents : dated entries or rows, in their order
    dropped : what was left out and why, one sentence each, with how many
    """

    documents: tuple[Document, ...]
    dropped: tuple[str, ...]


def fetch(url: str, timeout: float = TIMEOUT) -> bytes:
    """The bytes at an http(s) address. Raises DocumentError when there is no answer in time, or too long a one."""
    if not url.lower().startswith(("http://", "https://")):
        raise DocumentError(f"{url} is not an address on the web", "give one that begins with http:// or https://")
    request = Request(url, headers={"User-Agent": "quorum-advisor (feed reader)"})
    try:
        with urlopen(request, timeout=timeout) as reply:
            data = reply.read(LARGEST + 1)
    except (URLError, OSError, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        raise DocumentError(f"{url} cannot be reached: {cause}", "check the address and the network") from error
    if len(data) > LARGEST:
        raise DocumentError(f"{url} answers with more than {LARGEST // 1_000_000} MB")
    return bytes(data)


def read_feed(source: bytes | Path | str, *, name: str | None = None, symbol: str | None = None) -> News:
    """The entries of a feed given as bytes, a file or an address.

    Dates are the publisher's, in UTC. `symbol` is the asset of a feed on one company. Raises DocumentError when the
    source cannot be read or is no feed.
    """
    import feedparser

    if isinstance(source, bytes):
        data, told = source, name or "a feed"
    elif isinstance(source, Path):
        data, told = source.read_bytes(), name or source.name
    else:
        data, told = fetch(source), name or source
    # Bytes alone: given a text, feedparser would take it for an address and go to the network by itself.
    feed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not feed.version and not feed.entries:
        cause = f": {squeeze(str(feed.bozo_exception))}" if feed.get("bozo") else ""
        raise DocumentError(f"{told} is not an RSS or Atom feed{cause}")
    documents, undated, empty = [], 0, 0
    for entry in feed.entries:
        # dict's own get: feedparser's answers a question for one date with the other, and a warning.
        day = _day(dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed"))
        title = text_of_html(entry.get("title", ""))
        body = " ".join(text_of_html(part.get("value", "")) for part in entry.get("content", []))
        text = squeeze(f"{title}. {body or text_of_html(entry.get('summary', ''))}" if title else body)
        if day is None:
            undated += 1
        elif not text.strip(". "):
            empty += 1
        else:
            documents.append(
                Document(
                    source=str(entry.get("link") or told),
                    published=day,
                    symbol=symbol,
                    kind="news",
                    title=title,
                    text=text[:LONGEST].removesuffix(". "),
                )
            )
    dropped = [f"{undated} entries have no date that can be read"] if undated else []
    dropped += [f"{empty} entries have no text"] if empty else []
    return News(tuple(documents), tuple(dropped))


def _day(moment: time.struct_time | None) -> date | None:
    return date(moment.tm_year, moment.tm_mon, moment.tm_mday) if moment else None
