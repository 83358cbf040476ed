"""Reading the data that things are measured on: labelled headlines, daily sentiment, conversations."""

import csv
import gzip
import io
from datetime import date
from hashlib import sha256
from pathlib import Path

from lab.evaluation.records import Source
from tools.errors import DataError


def read_bytes(root: Path, name: str) -> bytes:
    """A file's bytes, unpacked where it is gzip. Raises DataError when it is not there."""
    path = root / name
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError) as error:
        raise DataError(
            f"{name} cannot be read in the folder of data: {error}",
            "name with --data the folder that holds `news`, `dialogues` and `filings`",
        ) from error


def rows_of(data: bytes) -> list[list[str]]:
    """Rows of a CSV, its header too."""
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def source_of(name: str, data: bytes, rows: int, first: date | None = None, last: date | None = None) -> Source:
    """The record of a file that was read; the hash is of its unpacked bytes."""
    return Source(file=name, sha256=sha256(data).hexdigest(), rows=rows, first=first, last=last)
