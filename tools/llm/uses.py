"""What a run asked of models: the part that repeats to the byte, and the part that is only true of this time."""

from dataclasses import dataclass

from portfolio.records import Record
from tools.llm.answers import Usage


class ModelUse(Record):
    """One question to a model and its answer, the same whether it was asked now or replayed from disk."""

    purpose: str
    model: str
    prompt: str
    """Fingerprint of the prompt's file; empty where there is none."""
    request: str
    """Fingerprint of the whole request: the answer's name in the cache."""
    messages: tuple[tuple[str, str], ...]
    answer: str | None
    """The model's words that fitted the schema; its last words, cut, where none did."""
    cause: str | None
    """Why there is no usable answer."""
    usage: Usage | None
    """Tokens of all attempts when it was asked; None when the endpoint counts none."""
    cost: float | None
    """Money for them at the prices of the settings; None where tokens or prices are unknown."""


@dataclass(frozen=True)
class Asked:
    """How a question was answered this time: kept beside a trace, never inside it."""

    purpose: str
    replayed: bool
    calls: int
    seconds: float
    usage: Usage | None
    cost: float | None
    note: str | None = None
    silent: bool = False
    """The model said nothing at all, for want of an endpoint, a budget or time: asking again later may help."""
