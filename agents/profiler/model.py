"""The language model's part: it may find what the rules missed, never say what the client did not.

A field of the model's answer is taken only when its quote stands word for word in one of the client's messages, its
numbers can be read from that quote by the same reader of quantities, and the rules found nothing for the field.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from agents.profiler.quantities import quantities
from agents.profiler.text import Message
from portfolio.profile import InvestorProfile, Level, RiskBand

B = TypeVar("B", bound=BaseModel)
C_co = TypeVar("C_co", bound=BaseModel, covariant=True)
_CONFIDENCE_CAP = 0.7


class AnswerPort(Protocol[C_co]):
    """What this module needs of an answer; `tools.llm.Answer` has it."""

    @property
    def value(self) -> C_co | None: ...
    @property
    def cause(self) -> str | None: ...
    @property
    def rung(self) -> Literal["llm"]: ...


class ModelPort(Protocol):
    """What this module needs of a language model; `tools.llm.LanguageModel` has it."""

    def ask(
        self, messages: Sequence[tuple[str, str]], schema: type[B], *, purpose: str, prompt_fingerprint: str = ""
    ) -> "AnswerPort[B]":
        """One structured request; the answer's value is None, and its cause a sentence, where the model failed."""


class NumberFound(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: float
    quote: str = Field(description="the client's words, copied exactly")


class WordFound(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: str
    quote: str = Field(description="the client's words, copied exactly")


class ProfileAnswer(BaseModel):
    """Only what the client said; null everywhere else. Fractions for percentages, yearly income, years for horizons."""

    model_config = ConfigDict(extra="forbid")
    age: NumberFound | None = None
    income: NumberFound | None = None
    net_worth: NumberFound | None = None
    amount_to_invest: NumberFound | None = None
    horizon: NumberFound | None = None
    loss_limit: NumberFound | None = None
    risk_tolerance: WordFound | None = None
    capacity: WordFound | None = None
    liquidity_need: WordFound | None = None
    experience: WordFound | None = None


_NUMBERS = ("income", "net_worth", "amount_to_invest", "horizon", "loss_limit")
_WORDS: dict[str, type[RiskBand] | type[Level]] = {
    "risk_tolerance": RiskBand,
    "capacity": Level,
    "liquidity_need": Level,
    "experience": Level,
}


def added_by_model(
    profile: InvestorProfile, messages: Sequence[str], today: date, model: ModelPort
) -> tuple[InvestorProfile, str | None]:
    """The profile with the model's acceptable additions, and the cause when it gave no answer."""
    from tools.prompts import load_prompt

    prompt = load_prompt("profiler")
    rendered = prompt.render(today=today.isoformat(), messages="\n\n".join(messages))
    answer = model.ask(rendered, ProfileAnswer, purpose="profiler", prompt_fingerprint=prompt.fingerprint)
    if answer.value is None:
        return profile, answer.cause or "the language model gave no answer"
    update: dict[str, object] = {}
    rung = answer.rung
    for name in ("age", *_NUMBERS, *_WORDS):
        found = getattr(answer.value, name)
        if found is None or getattr(profile, name) is not None:
            continue
        turn = next((i for i, message in enumerate(messages) if found.quote and found.quote in message), None)
        if turn is None:
            continue
        value = _accepted(name, found, today)
        if value is not None:
            update[name] = {
                "value": value,
                "confidence": _CONFIDENCE_CAP,
                "quote": found.quote,
                "turn": turn,
                "rung": rung,
            }
    known = {name: stated.model_dump() for name, stated in profile if stated is not None}
    return InvestorProfile.model_validate(known | update), None


def _accepted(name: str, found: NumberFound | WordFound, today: date) -> object | None:
    """The value, when the quote carries it."""
    if isinstance(found, WordFound):
        kinds = _WORDS[name]
        return kinds(found.value) if found.value in set(kinds) else None
    quote = Message(found.quote)
    if name == "age":
        numbers = {float(n) for n in re.findall(r"\d+", quote.norm)}
        return int(found.value) if found.value in numbers and 1 <= found.value <= 115 else None
    kind = {"horizon": "duration", "loss_limit": "percent"}.get(name, "money")
    seen = [q.yearly if name == "income" else q.value for q in quantities(quote, today) if q.kind == kind]
    seen += [q.value - today.year for q in quantities(quote, today) if kind == "duration" and q.kind == "year"]
    return found.value if any(abs(found.value - value) <= 0.005 * max(abs(value), 1e-9) for value in seen) else None
