"""What a measurement tells a progress bar."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`done` of `total` steps of a part; `total` 0 where it is not known."""

    part: str
    message: str
    done: int = 0
    total: int = 0


OnStep = Callable[[Step], None]


def silent(_: Step) -> None:
    """For tests and scripts."""
