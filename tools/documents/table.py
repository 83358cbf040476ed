"""Dated news in a CSV file, one item a row, with or without a line of column names."""

import csv
import io
from collections.abc import Mapping, Sequence

from tools.documents.blocks import squeeze
from tools.documents.dates import any_date
from tools.documents.feeds import LONGEST, News
from tools.documents.html import text_of_html
from tools.documents.records import Document
from tools.documents.text import decode
from tools.errors import DocumentError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "published", "published_at", "datetime", "time", "timestamp", "publishdate"),
    "text": ("text", "new_text", "article", "content", "body", "summary", "lsa_summary", "headline", "headlines"),
    "title": ("title", "article_title", "headline", "headlines"),
    "symbol": ("symbol", "ticker", "stock_symbol", "stock"),
    "source": ("url", "link", "source", "publisher"),
}
"""What the columns may be called, the first found wins; letters' case and blanks do not matter."""


def read_news_table(
    data: bytes, name: str, *, symbol: str | None = None, columns: Mapping[str, str] | None = None
) -> News:
    """News from CSV bytes.

    `columns` maps "date", "text", "title", "symbol", "source" to the file's own names where they are others than in
    `COLUMNS`. A file whose first row begins with a date has no names: date, then text. Rows without a readable date or
    text are left out and reported. Raises DocumentError when no column of dates or of text can be told.
    """
    csv.field_size_limit(10_000_000)
    try:
        rows = list(csv.reader(io.StringIO(decode(data), newline="")))
    except csv.Error as error:
        raise DocumentError(f"{name} is not readable CSV: {error}") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise DocumentError(f"{name} is empty")
    if columns is None and any_date(rows[0][0]) is not None and len(rows[0]) > 1:
        place, body = {"date": 0, "text": 1}, rows
    else:
        place, body = _places(rows[0], columns or {}, name), rows[1:]
    documents, undated, empty = [], 0, 0
    for row in body:
        day = any_date(_cell(row, place, "date"))
        title, text = _clean(_cell(row, place, "title")), _clean(_cell(row, place, "text"))
        told = text if not title or text.startswith(title) else f"{title}. {text}".removesuffix(". ")
        if day is None:
            undated += 1
        elif not told:
            empty += 1
        else:
            documents.append(
                Document(
                    source=_cell(row, place, "source") or name,
                    published=day,
                    symbol=_cell(row, place, "symbol").upper() or symbol,
                    kind="news",
                    title=title,
                    text=told[:LONGEST],
                )
            )
    dropped = [f"{undated} rows have no date that can be read"] if undated else []
    dropped += [f"{empty} rows have no text"] if empty else []
    return News(tuple(documents), tuple(dropped))


def _places(header: Sequence[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    names = [squeeze(cell).lower().replace(" ", "_") for cell in header]
    place: dict[str, int] = {}
    for field, known in COLUMNS.items():
        wanted = (columns[field].lower().replace(" ", "_"),) if field in columns else known
        found = next((names.index(one) for one in wanted if one in names), None)
        if found is not None:
            place[field] = found
        elif field in columns:
            raise DocumentError(f"{name} has no column {columns[field]}", f"it has {', '.join(header)}")
    if "text" not in place and "title" in place:
        place["text"] = place["title"]
    if missing := [field for field in ("date", "text") if field not in place]:
        raise DocumentError(
            f"{name} has no column that is known to hold the {' and the '.join(missing)} of news",
            f"it has {', '.join(header)}; rename them to date and text",
        )
    return place


def _cell(row: Sequence[str], place: Mapping[str, int], field: str) -> str:
    at = place.get(field)
    return row[at].strip() if at is not None and at < len(row) else ""


def _clean(text: str) -> str:
    return text_of_html(text) if "<" in text and "</" in text else squeeze(text)
