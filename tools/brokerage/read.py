"""A broker's file to a client's history. The format is found from what stands in the file, never from its name."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from portfolio.transactions import Transaction
from tools.brokerage.cells import LARGEST_FILE, decoded, number, plain, symbol_of
from tools.brokerage.layouts import LAYOUTS, Layout, Place
from tools.brokerage.ofx import looks_like_ofx, read_ofx
from tools.brokerage.records import History, LeftOut
from tools.brokerage.tables import MOST_ROWS, Row, Table, table_with
from tools.errors import DataError

_TITLE_SYMBOL = re.compile(r"^([A-Z0-9.\-/]{1,12}) Lot Details for (\S+)", re.IGNORECASE)
_TITLE_ACCOUNT = re.compile(r"\bfor account (.+?) as of\b", re.IGNORECASE)
REMEDY = (
    "export the transaction history as CSV, OFX or QFX, or write a plain CSV with the columns date, action, symbol, "
    "quantity, price, fees (see docs/personalise.md)"
)


def read_history(path: Path) -> History:
    """Read one file. Raises DataError when it cannot be opened or is in no format that is known here; a row that was
    not understood is a line of the history, never an error."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path.name} is larger than {LARGEST_FILE // 2**20} MB", "export fewer years at a time")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the file's name and permissions") from error
    return history_of(data, path.name)


def history_of(data: bytes, name: str) -> History:
    """The same, of bytes; see `read_history`."""
    text = decoded(data, name)
    digest = sha256(data).hexdigest()
    if looks_like_ofx(text):
        return _ofx(text, name, digest)
    for layout in LAYOUTS:
        table = table_with(text, layout.columns)
        if table is not None:
            return _table(table, layout, text, name, digest)
    raise DataError(f"{name} is in no format that is known here", REMEDY)


def _ofx(text: str, name: str, digest: str) -> History:
    rows = read_ofx(text, name)
    done = [row.made for row in rows if row.made is not None]
    left = tuple(
        LeftOut(line=row.line, text=row.text, reason=row.reason, understood=False) for row in rows if row.made is None
    )
    notes = _notes_on(done)
    return History(
        format="ofx",
        source=name,
        sha256=digest,
        transactions=_ordered(done),
        left_out=left,
        rows=len(rows),
        notes=notes,
    )


def _table(table: Table, layout: Layout, text: str, name: str, digest: str) -> History:
    account, symbol = _title(table.before)
    done: list[Transaction] = []
    left = [_left(row, "before the table", True) for row in table.before if not row.blank]
    filled = [row for row in table.rows if not row.blank]
    if layout.format == "plain":
        _check_days(table, filled, name)
    ended = False
    for row in filled:
        try:
            named = table.named(row)
            if len([cell for cell in row.cells if cell.strip()]) == 1 and not _has_day(row):
                ended = True
                left.append(_left(row, "a note around the table", True))
                continue
            missing = [column for column in layout.columns if column not in named]
            if missing:
                raise ValueError("it has fewer cells than the header has columns")
            found = layout.read(named, Place(row.line, table.decimal_comma, account, symbol))
        except ValueError as error:
            note = ended and not _has_day(row)  # after the first note nothing without a day is a trade
            left.append(_left(row, "a note around the table" if note else _first_line(error), note))
            continue
        if isinstance(found, str):
            left.append(_left(row, found, True))
        else:
            done.append(found)
    notes = list(layout.notes) + list(_notes_on(done))
    if layout.format == "schwab_lots":
        notes += _check_total(table, filled, done)
    if len(text.splitlines()) > MOST_ROWS:
        notes.append(f"Only the first {MOST_ROWS:,} rows were read.")
    rows = len(filled) + sum(not row.blank for row in table.before)
    return History(
        format=layout.format,
        source=name,
        sha256=digest,
        transactions=_ordered(done),
        left_out=tuple(left),
        rows=rows,
        notes=tuple(notes),
    )


def _title(before: Sequence[Row]) -> tuple[str, str | None]:
    """Account and symbol as the lines before the table name them."""
    account, symbol = "", None
    for row in before:
        title = row.text
        lots = _TITLE_SYMBOL.search(title)
        if lots:
            account, symbol = lots[2], symbol_of(lots[1])[0]
        named = _TITLE_ACCOUNT.search(title)
        if named:
            account = named[1]
    return account, symbol


def _left(row: Row, reason: str, understood: bool) -> LeftOut:
    return LeftOut(line=row.line, text=plain(row.text, 160), reason=reason, understood=understood)


def _first_line(error: ValueError) -> str:
    """One sentence; of pydantic's several lines the one that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("Value error, ")), lines[0] if lines else "not readable")
    return plain(re.sub(r"^Value error, | \[type=.*$", "", told), 160)


def _has_day(row: Row) -> bool:
    return re.match(r"\s*\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}", row.cells[0] if row.cells else "") is not None


def _check_days(table: Table, rows: Sequence[Row], name: str) -> None:
    """Raises DataError where days come first (31/12/2020): then 05/04/2020 would be read wrongly and silently."""
    place = table.header.index("date")
    for row in rows:
        found = re.match(r"\s*(\d{1,2})/(\d{1,2})/\d{4}", row.cells[place] if place < len(row.cells) else "")
        if found and int(found[1]) > 12 >= int(found[2]):
            raise DataError(f"{name} writes the day before the month (line {row.line})", "write dates as YYYY-MM-DD")


def _check_total(table: Table, rows: Sequence[Row], done: Sequence[Transaction]) -> list[str]:
    place = table.header.index("quantity")
    total = next((row for row in rows if row.cells[0].strip().lower() == "total"), None)
    if total is None:
        return []
    try:
        # Newer files shift the total's cells by one column; the first number after its name is the quantity.
        said = next((value for cell in total.cells[1 : place + 2] if (value := number(cell)) is not None), None)
    except ValueError:
        return []
    summed = sum(item.units or 0.0 for item in done)
    if said is None or abs(said - summed) < 1e-6:
        return []
    return [f"The file's own total says {said:g} units, its lots add up to {summed:g}."]


def _notes_on(done: Sequence[Transaction]) -> tuple[str, ...]:
    notes = []
    options = sum(item.instrument == "option" for item in done)
    if options:
        notes.append(f"{options} trades in options were read; the figures of behaviour are about shares and funds.")
    currencies = sorted({item.currency for item in done})
    if len(currencies) > 1:
        notes.append(f"Money is in {', '.join(currencies)}; it is never converted here.")
    return tuple(notes)


def _ordered(done: Sequence[Transaction]) -> tuple[Transaction, ...]:
    return tuple(sorted(done, key=lambda item: (item.day, item.line)))
