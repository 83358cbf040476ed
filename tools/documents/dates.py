"""Dates as filings, feeds and file names write them. What cannot be read is None: a date is never guessed."""

import re
from datetime import UTC, date, datetime

_FIRST_HALF = ("january", "february", "march", "april", "may", "june")
_MONTHS = (*_FIRST_HALF, "july", "august", "september", "october", "november", "december")
_LONG = re.compile(r"\b([A-Z][a-z]{2,8}|[A-Z]{3,9})\.?\s*(\d{1,2})\s*(?:st|nd|rd|th)?\s*,?\s*((?:19|20)\d\d)\b")
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_](\d\d)[-_](\d\d)(?!\d)")
_COMPACT = re.compile(r"\b((?:19|20)\d\d)(\d\d)(\d\d)\b")


def long_date(text: str) -> date | None:
    """The first "September 28, 2024" in a text."""
    for month, day, year in _LONG.findall(text):
        number = next((i for i, name in enumerate(_MONTHS, 1) if len(month) > 2 and name.startswith(month.lower())), 0)
        found = _date(int(year), number, int(day))
        if found:
            return found
    return None


def iso_date(text: str) -> date | None:
    """The first "2024-09-28" in a text."""
    return next((found for parts in _ISO.findall(text) if (found := _date(*map(int, parts)))), None)


def compact_date(text: str) -> date | None:
    """The first "20240928" in a text."""
    return next((found for parts in _COMPACT.findall(text) if (found := _date(*map(int, parts)))), None)


def any_date(text: str) -> date | None:
    """A date in any of the forms above; a time of day with an offset is first turned to UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return iso_date(text) or long_date(text)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def name_date(name: str) -> date | None:
    """The date in a file's name, written with separators: "aapl-10-k-2024-11-01.html.gz".

    Eight digits in a row are not read: in EDGAR's own names ("aapl-20240928.htm") they are the period's end, and
    taking that for the filing date would show a report weeks before it was published.
    """
    return next((found for parts in _IN_NAME.findall(name) if (found := _date(*map(int, parts)))), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
