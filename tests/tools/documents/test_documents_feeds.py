"""Feeds and tables of news: dated by their publishers or not at all."""

import socket
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.documents.feeds import fetch, read_feed
from tools.documents.table import read_news_table
from tools.errors import DocumentError

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>http://wire.test</link>
<item><title>Apple beats estimates</title><link>http://wire.test/1</link>
<description>&lt;p&gt;Apple (AAPL) rose &lt;b&gt;4%&lt;/b&gt;.&lt;/p&gt;</description>
<pubDate>Fri, 28 Oct 2022 20:30:00 GMT</pubDate></item>
<item><title>Nobody knows when</title><link>http://wire.test/2</link><description>Undated.</description></item>
<item><title>A date in words</title><description>x</description><pubDate>last Tuesday</pubDate></item>
<item><title>Late in New York</title><link>http://wire.test/3</link><description>y</description>
<pubDate>Fri, 28 Oct 2022 22:30:00 -0400</pubDate></item></channel></rss>"""

ATOM = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title>
<entry><title>Results</title><link href="http://blog.test/r"/><updated>2023-02-02T21:30:00Z</updated>
<content type="html">&lt;div&gt;Revenue fell 5%.&lt;/div&gt;</content></entry></feed>"""


def test_entries_are_dated_by_their_publisher_in_utc() -> None:
    news = read_feed(RSS, symbol="AAPL")
    assert [(item.published, item.source) for item in news.documents] == [
        (date(2022, 10, 28), "http://wire.test/1"),
        (date(2022, 10, 29), "http://wire.test/3"),
    ]
    assert news.documents[0].text == "Apple beats estimates. Apple (AAPL) rose 4%."
    assert news.documents[0].symbol == "AAPL"


def test_an_entry_without_a_date_is_dropped_and_reported_not_dated_today() -> None:
    news = read_feed(RSS)
    assert news.dropped == ("2 entries have no date that can be read",)
    assert not any("Nobody knows" in item.text or "in words" in item.text for item in news.documents)


def test_atom_feeds_and_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "blog.atom"
    file.write_bytes(ATOM)
    (item,) = read_feed(file).documents
    assert (item.published, item.text) == (date(2023, 2, 2), "Results. Revenue fell 5%.")


@pytest.mark.parametrize("data", [b"<html><body>no feed</body></html>", b"nonsense", b"{}", b"/etc/hostname"])
def test_what_is_no_feed_is_an_error_and_never_another_file(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not an RSS or Atom feed"):
        read_feed(data)


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/feed" else 404)
            self.end_headers()
            self.wfile.write(RSS if self.path == "/feed" else b"")

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_a_feed_is_read_from_its_address(server: str) -> None:
    assert len(read_feed(f"{server}/feed").documents) == 2


def test_an_address_that_is_gone_slow_or_no_web_address_is_a_clear_error(server: str) -> None:
    with pytest.raises(DocumentError, match="cannot be reached"):
        fetch(f"{server}/gone")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(DocumentError, match="cannot be reached"):
            fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
    with pytest.raises(DocumentError, match="not an address on the web"):
        fetch("file:///etc/hostname")


def test_a_table_of_news_is_read_by_its_column_names() -> None:
    data = b"Date,Url,Mark,New_text\n2024-01-17 03:52:00+00:00,http://n/1,1,Alcoa reports.\nsoon,http://n/2,1,Later.\n"
    news = read_news_table(data, "aa.csv", symbol="AA")
    assert [(i.published, i.source, i.symbol, i.text) for i in news.documents] == [
        (date(2024, 1, 17), "http://n/1", "AA", "Alcoa reports.")
    ]
    assert news.dropped == ("1 rows have no date that can be read",)


def test_a_table_without_column_names_is_a_date_and_a_text() -> None:
    news = read_news_table(b"2020-07-18,Disney cuts ad spending\n2020-07-17,S&P 500 ends higher\n", "r.csv")
    assert [item.text for item in news.documents] == ["Disney cuts ad spending", "S&P 500 ends higher"]


def test_columns_of_other_names_can_be_mapped() -> None:
    news = read_news_table(
        b'When,Stock,What\n"January 25, 2024 \xe2\x80\x94 03:33 am EST",aapl,Sales rose\n',
        "n.csv",
        columns={"date": "When", "text": "What", "symbol": "Stock"},
    )
    assert (news.documents[0].published, news.documents[0].symbol) == (date(2024, 1, 25), "AAPL")


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"a,b\n1,2\n", "no column that is known"), (b"date,price\n2020-01-01,5\n", "the text")],
)
def test_a_table_that_holds_no_news_says_what_it_holds(data: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read_news_table(data, "x.csv")


NEWS = Path(__file__).resolve().parents[4] / "shared" / "data" / "news"


@pytest.mark.skipif(not NEWS.is_dir(), reason="the real news of ../shared/data is not here")
@pytest.mark.parametrize(
    ("name", "least", "first"),
    [
        ("fnspid_AA_summarized.csv.gz", 1_500, date(2024, 1, 17)),
        ("fnspid_aapl_articles.csv.gz", 850, date(2024, 1, 25)),
        ("reuters_headlines.csv.gz", 32_000, date(2020, 7, 18)),
    ],
)
def test_real_files_of_news_are_read(name: str, least: int, first: date) -> None:
    from tools.documents.ingest import read_source

    read = read_source(NEWS / name)
    assert len(read.documents) >= least
    assert read.documents[0].published == first
