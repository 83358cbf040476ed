"""One address that answers for several models: its breaker, its free places, and the stop that ends all waiting."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.llm.breaker import Breaker

TICK = 0.05
"""Seconds between looks at the stop while an answer is awaited."""


@dataclass
class Endpoint:
    """Shared by every model at one address.

    Attributes
    ----------
    places : calls at a time; further ones wait their turn
    clock : monotonic seconds
    stop : once set, waiting calls end at once and new ones are not made, until it is cleared
    """

    url: str
    places: int = 4
    clock: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    breaker: Breaker = field(init=False)
    gate: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock)
        self.gate = threading.BoundedSemaphore(self.places)

    def enter(self) -> bool:
        """Wait for a free place; False when stopped first. Whoever entered must `gate.release()`."""
        while not self.stop.is_set():
            if self.gate.acquire(timeout=TICK):
                return True
        return False

    def join(self, thread: threading.Thread, seconds: float) -> None:
        """Wait for a thread until it ends, the time is over, or everything is stopped."""
        end = time.monotonic() + seconds
        while thread.is_alive() and not self.stop.is_set() and (left := end - time.monotonic()) > 0:
            thread.join(min(TICK, left))
