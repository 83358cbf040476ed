"""The scoreboard on disk: one line of JSON an entry, only ever added to, in one file for each year of views.

Several processes may add at once: a lock file lets them in one by one, and what a killed one left half written is
closed off and reported, never read as an entry and never deleted. An entry that is there already, by `Entry.key`, is
not added again, so a run that is repeated or resumed leaves one record; the first figures recorded stand.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from portfolio.scoreboard import Entry, Key
from tools.errors import StoreError

LOCK_SECONDS = 30.0
"""How long to wait for another process; a year's file takes a fraction of a second."""


@dataclass(frozen=True)
class Board:
    """What is on disk.

    Attributes
    ----------
    entries : in the order of their years, and within one as they were added
    damaged : "file:line" of every line that is no entry, for people
    """

    entries: tuple[Entry, ...]
    damaged: tuple[str, ...]


class ScoreboardStore:
    """Entries below one folder, `settings.home / "scoreboard"`; it is made with the first entry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, entries: Iterable[Entry]) -> int:
        """How many were new. Raises StoreError when the folder cannot be written or another process holds it."""
        years: dict[int, list[Entry]] = {}
        for entry in entries:
            years.setdefault(entry.as_of.year, []).append(entry)
        if not years:
            return 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "scoreboard.lock", timeout=LOCK_SECONDS):
                return sum(self._append(self.folder / f"{year}.jsonl", years[year]) for year in sorted(years))
        except Timeout as error:
            raise StoreError(
                f"another process has held the scoreboard for {LOCK_SECONDS:.0f} seconds", "wait for it, or end it"
            ) from error
        except OSError as error:
            raise StoreError(
                f"the scoreboard cannot be written: {error.strerror or error}", f"make {self.folder} writable"
            ) from error

    def read(self) -> Board:
        """Every entry; empty where none was recorded. Raises StoreError when a file cannot be read."""
        entries: list[Entry] = []
        damaged: list[str] = []
        try:
            for path in sorted(self.folder.glob("*.jsonl")) if self.folder.is_dir() else ():
                found, broken = _read(path)
                entries += found
                damaged += broken
        except OSError as error:
            raise StoreError(
                f"the scoreboard cannot be read: {error.strerror or error}", f"make {self.folder} readable"
            ) from error
        return Board(tuple(entries), tuple(damaged))

    def _append(self, path: Path, entries: list[Entry]) -> int:
        _close_off(path)
        there = {entry.key for entry in _read(path)[0]} if path.exists() else set()
        new: dict[Key, Entry] = {}
        for entry in entries:
            if entry.key not in there:
                new.setdefault(entry.key, entry)
        if not new:
            return 0
        with path.open("ab") as file:
            file.write("".join(entry.model_dump_json() + "\n" for entry in new.values()).encode())
            file.flush()
            os.fsync(file.fileno())
        return len(new)


def _close_off(path: Path) -> None:
    """End a line that a killed process left unfinished, so that the next one begins on a line of its own."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


def _read(path: Path) -> tuple[list[Entry], list[str]]:
    """Entries and damaged lines; a last line without its end is left out, since somebody may be writing it."""
    entries: list[Entry] = []
    damaged: list[str] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        if not line.strip():
            continue
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError:
            damaged.append(f"{path.name}:{number}")
    return entries, damaged
