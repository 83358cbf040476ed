"""Rows of a delimited file, with the line each stands on: no cell can swallow the file, no row can vanish."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
HEADER_ROWS = 40
"""Rows among which the header must stand; brokers put titles and blank lines before it."""
QUOTED_LINES = 5
"""A quoted cell may run over so many lines; a quote left open for longer belongs to its own line alone."""
MOST_ROWS = 2_000_000


@dataclass(frozen=True)
class Row:
    """One row: the line on which it begins and its cells, unquoted."""

    line: int
    cells: tuple[str, ...]

    @property
    def text(self) -> str:
        return " | ".join(cell.strip() for cell in self.cells if cell.strip())

    @property
    def blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """A header, and the rows before and after it; `decimal_comma` where the file writes 1,5 for one and a half."""

    header: tuple[str, ...]
    before: tuple[Row, ...]
    rows: tuple[Row, ...]
    decimal_comma: bool

    def named(self, row: Row) -> Mapping[str, str]:
        """Column name -> cell; a short row lacks its last columns, cells beyond the header are dropped if blank.

        Raises ValueError when a row has more filled cells than the header has columns.
        """
        if any(cell.strip() for cell in row.cells[len(self.header) :]):
            raise ValueError("it has more cells than the header has columns")
        return {name: cell.strip() for name, cell in zip(self.header, row.cells, strict=False) if name}


def column_name(cell: str) -> str:
    """ "Price ($)" -> "price", "Fees & Comm" -> "fees & comm"."""
    return re.sub(r"\s+", " ", re.sub(r"\(.*?\)", "", cell)).strip().lower()


def table_with(text: str, required: frozenset[str]) -> Table | None:
    """The table whose header has all of the `required` columns, by whichever delimiter makes one; None if none does."""
    lines = text.splitlines()[: MOST_ROWS + 1]
    for delimiter in DELIMITERS:
        rows = rows_of(lines[: HEADER_ROWS * 2], delimiter)
        for row in rows[:HEADER_ROWS]:
            header = tuple(column_name(cell) for cell in row.cells)
            if required <= set(header):
                every = rows_of(lines, delimiter)
                place = next(i for i, other in enumerate(every) if other.line == row.line)
                body = tuple(every[place + 1 :])
                return Table(header, tuple(every[:place]), body, delimiter != "," and _writes_commas(body))
    return None


def rows_of(lines: Sequence[str], delimiter: str) -> list[Row]:
    """Every line as a row, in order."""
    return [Row(line, cells) for line, cells in _rows(lines, delimiter)]


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    at = 0
    while at < len(lines):
        taken = 1
        if lines[at].count('"') % 2:
            for more in range(2, QUOTED_LINES + 1):
                if sum(line.count('"') for line in lines[at : at + more]) % 2 == 0:
                    taken = more
                    break
        joined = "\n".join(lines[at : at + taken])
        yield at + 1, _cells(joined, delimiter)
        at += taken


def _cells(text: str, delimiter: str) -> tuple[str, ...]:
    if text.count('"') % 2:  # a quote left open quotes nothing
        return tuple(text.split(delimiter))
    try:
        parsed = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:  # a cell longer than the module allows: plain cutting still tells what stands there
        parsed = text.split(delimiter)
    return tuple(parsed)


def _writes_commas(rows: Sequence[Row]) -> bool:
    cells = [cell.strip() for row in rows[:2000] for cell in row.cells]
    points = sum(re.fullmatch(r"[-+]?\d+\.\d+", cell) is not None for cell in cells)
    commas = sum(re.fullmatch(r"[-+]?\d+,\d+", cell) is not None for cell in cells)
    return commas > 0 and points == 0
