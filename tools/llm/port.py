"""A language model behind one method that never raises for the model's trouble.

`LanguageModel.ask` sends messages to any OpenAI-compatible endpoint and returns an `Answer`: a checked record, or
the cause for which there is none. Valid answers are kept on disk by request fingerprint and replayed.

Contract
--------
- A kept answer is replayed before anything is asked, paid or waited for; nothing in the answer but `replayed` tells.
- Structure comes by the strongest way that the endpoint can (`tools.llm.shapes`); one that refuses a way is asked
  again by the next.
- An answer that is empty, prose, cut off or of a wrong type is shown its fault and asked for once more.
- 429, 5xx, time-outs and broken connections are tried again with growing, seeded, jittered pauses; a refused
  connection and other 4xx are not, since asking again cannot help.
- One `ask`, once it has its place, takes at most `PATIENCE` times the call's time-out, even against an endpoint that
  drips bytes.
- After `breaker.FAILURES_ALLOWED` failed asks in a row the endpoint is left alone for a while, and answers say so.
- Tokens and money are reserved before a call; when the budget is spent nothing is asked, and the answer says so.
"""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, SecretStr

from tools.llm.answers import AnswerCache, KeptAnswer, Usage, fingerprint_of, text_hash
from tools.llm.budget import Budget, Price, Spent
from tools.llm.capabilities import Capabilities
from tools.llm.endpoint import Endpoint
from tools.llm.shapes import Schema, checked, narrowed
from tools.llm.uses import Asked, ModelUse
from tools.llm.wire import SHOWN, Attempt, Failed, Wire
from tools.prompts import Message, load_prompt
from tools.settings import Settings

T = TypeVar("T", bound=BaseModel)

PATIENCE = 2.0
"""An ask lasts at most this many times the time-out of a call, tries, pauses and repair together."""
CHARACTERS_PER_TOKEN = 2
"""For a reservation. English has about four; figures and other scripts have fewer."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What came of one request.

    Attributes
    ----------
    value : the checked record; None when there is none
    cause : why there is no value; None when there is one
    raw : the model's last words, cut at 4,000 characters when faulty; None when it said nothing
    fingerprint : SHA-256 of the request, under which the answer is kept
    usage : tokens, None when the endpoint reports none
    replayed : whether it came from disk; the only field that differs between a first run and its repetition
    calls : how many times the endpoint was called, 0 for a replay
    note : what went wrong beside the answer (it could not be kept, a kept one was damaged), for people
    rung : who judged, for views and findings
    """

    value: T | None
    cause: str | None
    raw: str | None
    fingerprint: str
    usage: Usage | None = None
    replayed: bool = False
    calls: int = 0
    note: str | None = None
    rung: Literal["llm"] = "llm"


class LanguageModel:
    """One model at one endpoint.

    Parameters
    ----------
    url : base address of an OpenAI-compatible endpoint
    name : the model's name there
    key : secret for the endpoint, None where it wants none
    timeout : seconds for one call
    retries : further tries after a passing failure
    temperature, seed : sampling, sent with each request and part of its fingerprint
    max_output : tokens of one answer at the most
    answers : where answers are kept; None keeps none
    can : what the endpoint is known to do
    endpoint : the address's shared breaker and places; None makes one for this model alone
    budget : the purse that calls are paid from; None counts nothing
    price : of this model; None where unknown
    clock, sleep : monotonic seconds and a pause, replaceable for tests of time
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        key: SecretStr | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        temperature: float = 0.0,
        seed: int = 0,
        max_output: int = 4096,
        answers: AnswerCache | None = None,
        can: Capabilities | None = None,
        endpoint: Endpoint | None = None,
        budget: Budget | None = None,
        price: Price | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        endpoint = endpoint or Endpoint(url, clock=clock)
        pause = sleep or endpoint.stop.wait
        can = can or Capabilities()
        self.wire = Wire(url, name, key, timeout, retries, temperature, seed, max_output, can, endpoint, pause)
        self.answers = answers
        self.budget = budget
        self.price = price
        self.uses: list[ModelUse] = []
        self.journal: list[Asked] = []

    @classmethod
    def from_settings(cls, settings: Settings) -> "LanguageModel | None":
        """The common model of the settings, with no budget; `tools.llm.models` has those of the roles.

        Raises ModelUnavailable when the settings name half a model.
        """
        from tools.llm.models import LanguageModels

        models = LanguageModels.from_settings(settings)
        return None if models is None else models.of(None)

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self.wire.name

    def listening(self) -> "LanguageModel":
        """The same model with empty lists of its own: what is asked through it can be told from all else."""
        mine = copy.copy(self)
        mine.uses, mine.journal = [], []
        return mine

    @property
    def context_length(self) -> int | None:
        """Tokens that prompt and answer may have together, where known."""
        return self.wire.can.context_length

    def ask(
        self,
        messages: Sequence[Message],
        schema: type[T],
        *,
        purpose: str,
        prompt_fingerprint: str = "",
        offered: Mapping[str, Sequence[str]] | None = None,
    ) -> Answer[T]:
        """One structured request; never raises for trouble of the model, its endpoint or the disk.

        Parameters
        ----------
        messages : (role, text) pairs, as `Prompt.render` makes them
        schema : the record that the answer must fit
        purpose : what it is for, kept with the answer for people; not part of the fingerprint
        prompt_fingerprint : `Prompt.fingerprint` of the prompt, so that a new version asks anew
        offered : what fields of the record may hold where the endpoint keeps to schemas; see `shapes.narrowed`
        """
        shape = narrowed(schema, offered or {})
        start = self.wire.endpoint.clock()
        answer = self._answer(messages, schema, shape, purpose, prompt_fingerprint)
        cost = None if self.price is None or answer.usage is None else self.price.cost(answer.usage)
        self.uses.append(
            ModelUse(
                purpose=purpose,
                model=self.name,
                prompt=prompt_fingerprint,
                request=answer.fingerprint,
                messages=tuple((role, text) for role, text in messages),
                answer=answer.raw,
                cause=answer.cause,
                usage=answer.usage,
                cost=cost,
            )
        )
        lasted = self.wire.endpoint.clock() - start
        silent = answer.value is None and answer.raw is None
        self.journal.append(
            Asked(purpose, answer.replayed, answer.calls, lasted, answer.usage, cost, answer.note, silent)
        )
        return answer

    def _answer(
        self, messages: Sequence[Message], schema: type[T], shape: Schema, purpose: str, prompt_fingerprint: str
    ) -> Answer[T]:
        """Replay, else ask, else say why not."""
        fingerprint = self._fingerprint(messages, shape, prompt_fingerprint)
        note: str | None = None
        if self.answers is not None:
            kept, note = self.answers.read(fingerprint)
            if kept is not None:
                value, fault = checked(kept.content, schema)
                if value is not None:
                    return Answer(value, None, kept.content, fingerprint, kept.usage, replayed=True)
                note = f"the kept answer no longer fits ({fault}) and was asked for again"
        attempt = Attempt()
        try:
            value, content, way = self._asked_for(messages, schema, shape, attempt, fingerprint)
        except Failed as failure:
            told = _joined(note, attempt.note)
            return Answer(None, str(failure), attempt.raw, fingerprint, attempt.usage, calls=attempt.calls, note=told)
        note = _joined(note, attempt.note)
        if self.answers is not None:
            kept = KeptAnswer(
                fingerprint=fingerprint,
                model=self.name,
                purpose=purpose,
                messages=tuple((role, text) for role, text in messages),
                way=way,
                content=content,
                content_hash=text_hash(content),
                usage=attempt.usage,
            )
            note = _joined(note, self.answers.keep(kept))
        return Answer(value, None, content, fingerprint, attempt.usage, calls=attempt.calls, note=note)

    def fingerprint(self, messages: Sequence[Message], schema: type[BaseModel], prompt_fingerprint: str = "") -> str:
        """SHA-256 of all that an answer depends on. The address is left out: a model may move. So is the way to
        structure, which is learned from the endpoint and changes the form of an answer, not the question."""
        return self._fingerprint(messages, narrowed(schema, {}), prompt_fingerprint)

    def _fingerprint(self, messages: Sequence[Message], shape: Schema, prompt_fingerprint: str) -> str:
        return fingerprint_of(
            {
                "messages": [[role, text] for role, text in messages],
                "schema": shape,
                "model": self.name,
                "temperature": self.wire.temperature,
                "seed": self.wire.seed,
                "max_output": self.wire.max_output,
                "prompt": prompt_fingerprint,
                "repair": load_prompt("repair").fingerprint,
                "shape": load_prompt("shape").fingerprint,
            }
        )

    def _asked_for(
        self, messages: Sequence[Message], schema: type[T], shape: Schema, attempt: Attempt, fingerprint: str
    ) -> tuple[T, str, str]:
        """A valid answer, its text and its way, paid from the budget. Raises Failed with the cause."""
        if (refusal := self.wire.endpoint.breaker.refusal()) is not None:
            raise Failed(refusal)
        most = self._most(messages)
        self._reserve(most)
        try:
            return self._in_turn(messages, schema, shape, attempt, fingerprint)
        finally:
            attempt.note = self._settle(most, attempt)

    def _in_turn(
        self, messages: Sequence[Message], schema: type[T], shape: Schema, attempt: Attempt, fingerprint: str
    ) -> tuple[T, str, str]:
        """The same once the endpoint has a free place; its breaker learns what came of it."""
        endpoint = self.wire.endpoint
        if not endpoint.enter():
            raise Failed("not asked: the run was stopped")
        try:
            attempt.deadline = endpoint.clock() + PATIENCE * self.wire.timeout
            found = self.wire.checked_answer(messages, schema, shape, attempt, fingerprint)
        except Failed as failure:
            if not endpoint.stop.is_set():
                endpoint.breaker.learn(str(failure))
            raise
        finally:
            endpoint.gate.release()
        endpoint.breaker.learn(None)
        return found

    def _most(self, messages: Sequence[Message]) -> Spent:
        """What a call and its repair may use at the most, told from lengths."""
        read = sum(len(text) for _, text in messages) // CHARACTERS_PER_TOKEN
        again = read + SHOWN // CHARACTERS_PER_TOKEN
        return self._spent(Usage(input_tokens=read + again, output_tokens=2 * self.wire.max_output))

    def _spent(self, usage: Usage) -> Spent:
        money = self.price.cost(usage) if self.price else 0.0
        return Spent(tokens=usage.input_tokens + usage.output_tokens, money=money)

    def _reserve(self, most: Spent) -> None:
        if self.budget is None:
            return
        try:
            refusal = self.budget.reserve(most)
        except OSError as error:
            raise Failed(f"not asked: the day's spending cannot be read ({error})") from error
        if refusal is not None:
            raise Failed(refusal)

    def _settle(self, reserved: Spent, attempt: Attempt) -> str | None:
        """Give back what was not used; a note for people when the day's count could not be written.

        Tokens that the endpoint did not count, or spent on an answer that came too late, stay reserved.
        """
        if self.budget is None:
            return None
        used = reserved if attempt.uncounted else Spent() if attempt.usage is None else self._spent(attempt.usage)
        try:
            self.budget.settle(reserved, used)
        except OSError as error:
            return f"the day's spending could not be written ({error})"
        return None


def _joined(*notes: str | None) -> str | None:
    return " ".join(note for note in notes if note) or None
