"""When an endpoint keeps failing, stop asking it for a while, so that a dead one costs a run seconds, not minutes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES_ALLOWED = 3
REST_SECONDS = 60.0


@dataclass
class Breaker:
    """Counts failed requests in a row, for all threads of a process, by a clock in monotonic seconds."""

    clock: Callable[[], float]
    failures: int = 0
    rests_until: float = 0.0
    last: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refusal(self) -> str | None:
        """Why not to ask now, or None. After the rest one request may try; its failure starts the rest anew."""
        with self.lock:
            if self.failures >= FAILURES_ALLOWED and self.clock() < self.rests_until:
                return f"not asked: {self.failures} requests in a row failed, the last because {self.last}"
            return None

    def learn(self, cause: str | None) -> None:
        """A request's outcome: the cause of its failure, None for a success."""
        with self.lock:
            self.failures = 0 if cause is None else self.failures + 1
            self.last = cause or ""
            self.rests_until = self.clock() + REST_SECONDS
