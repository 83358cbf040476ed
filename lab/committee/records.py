"""One decision of one way on one day, as it is kept on disk: plain, whole, and named by what it depends on."""

from datetime import date

from graph.turns import Fallback
from portfolio.records import Record


class Decision(Record):
    """What a client would have been offered at the close of a day."""

    fingerprint: str
    """SHA-256 of `depends`, under which the decision is kept."""
    depends: dict[str, str]
    """All that the decision depends on: part -> digest or plain value."""
    day: date
    way: str
    weights: dict[str, float]
    """By symbol, CASH among them: what the risk manager decided."""
    own: bool
    """Whether the way itself answered, and not a lower rung in its place."""
    rung: str
    """Who proposed: "policy", "baseline", "scores" ..."""
    rungs: dict[str, str]
    """Part -> who answered."""
    fallbacks: tuple[Fallback, ...]
    """Every part that a lower rung answered, with the cause."""
    trace_id: str
    """Of the live run: `quorum advise` with the same words, way, `--today` and `--as-of` leaves this trace."""
    volatility_cap: float
    """The client's, as a fraction a year."""
    risk_aversion: float
    model: str | None
    asked: int
    """Requests to language models, those that were replayed among them."""
    answered: int
    """Of those, how many gave a usable answer."""
    silent: int
    """Of those, how many got no answer at all: asked again in the next run, so such a decision is not kept."""
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None

    @property
    def cause(self) -> str | None:
        """Why the way itself did not answer; None where it did."""
        return next((item.cause for item in self.fallbacks if item.part == ALLOCATOR), None)


ALLOCATOR = "allocator"
"""The part whose fallback means that another way than the one asked for made the weights."""
