"""What models may use: tokens and money, in one run and in one day, reserved before each call.

A call reserves what it may need at the most and gives back what it did not use, so that calls side by side cannot
overspend together. The day's sum lies in a file, shared by all processes under one home.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError

from portfolio.records import Record
from tools.llm.answers import Usage

MILLION = 1_000_000
LOCK_SECONDS = 20.0


class Price(Record):
    """Money for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def cost(self, usage: Usage) -> float:
        """Money for these tokens."""
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / MILLION


class Limits(Record):
    """The most that may be used; None is no limit."""

    run_tokens: int | None = None
    day_tokens: int | None = None
    run_money: float | None = None
    day_money: float | None = None


class Spent(Record):
    """Tokens and money, used or reserved."""

    tokens: int = 0
    money: float = 0.0

    def plus(self, other: "Spent", sign: int = 1) -> "Spent":
        return Spent(tokens=self.tokens + sign * other.tokens, money=self.money + sign * other.money)


@dataclass
class Budget:
    """The purse of a process.

    Attributes
    ----------
    limits : the most that may be used
    folder, day : where the day's sum is kept, `<day>.json`; None keeps none, and a day's limit then cannot be given
    run : what this run has used or reserved so far
    """

    limits: Limits = field(default_factory=Limits)
    folder: Path | None = None
    day: date | None = None
    run: Spent = field(default_factory=Spent)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_run(self) -> None:
        """Forget what the last run used; the day's sum stays."""
        with self._lock:
            self.run = Spent()

    def reserve(self, most: Spent) -> str | None:
        """Set this much aside; or, with nothing set aside, why it is too much. Raises OSError for an unreadable day."""
        with self._lock:
            after = self.run.plus(most)
            if (refusal := _beyond(after, self.limits.run_tokens, self.limits.run_money, "this run")) is not None:
                return refusal
            if self._by_day:
                with self._day_file() as path:
                    total = _read(path).plus(most)
                    told = _beyond(total, self.limits.day_tokens, self.limits.day_money, f"the day {self.day}")
                    if told is not None:
                        return told
                    _write(path, total)
            self.run = after
            return None

    def settle(self, reserved: Spent, used: Spent) -> None:
        """Replace a reservation by what was used. Raises OSError when the day's file cannot be written."""
        with self._lock:
            self.run = self.run.plus(reserved, -1).plus(used)
            if self._by_day:
                with self._day_file() as path:
                    _write(path, _read(path).plus(reserved, -1).plus(used))

    @property
    def _by_day(self) -> bool:
        return self.folder is not None and self.day is not None

    @contextmanager
    def _day_file(self) -> Iterator[Path]:
        from filelock import FileLock, Timeout

        assert self.folder is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.day}.json"
        try:
            with FileLock(f"{path}.lock", timeout=LOCK_SECONDS):
                yield path
        except Timeout as error:
            raise OSError(f"another process holds {path.name}.lock") from error


def _beyond(total: Spent, tokens: int | None, money: float | None, what: str) -> str | None:
    if tokens is not None and total.tokens > tokens:
        return f"not asked: it could take {what} to {total.tokens:,} tokens, beyond its budget of {tokens:,}"
    if money is not None and total.money > money:
        return f"not asked: it could take {what} to {total.money:.4f} in money, beyond its budget of {money:g}"
    return None


def _read(path: Path) -> Spent:
    try:
        return Spent.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Spent()
    except ValidationError as error:
        raise OSError(f"{path.name} is damaged; remove it to start the day's count anew") from error


def _write(path: Path, total: Spent) -> None:
    part = path.with_suffix(".part")
    part.write_text(total.model_dump_json() + "\n", encoding="utf-8")
    part.replace(path)
