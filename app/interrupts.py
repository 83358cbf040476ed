"""Ctrl-C while a language model is awaited: the waiting ends at once, then the command does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.advisor import Advisor


@contextmanager
def stopping(advisor: "Advisor") -> Iterator[None]:
    """Within this block the first Ctrl-C stops the advisor's waiting before it interrupts the program.

    Without it, the graph would wait for its parallel steps, and so for their models, before it lets the program go.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        advisor.stop()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
