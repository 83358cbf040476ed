"""A language model behind one method that never raises for the model's trouble.

`LanguageModel.ask` sends messages to any OpenAI-compatible endpoint and returns an `Answer`: a checked record, or
the cause for which there is none. Valid answers are kept on disk by request fingerprint and replayed (rung "cache").

Contract
--------
- An answer that is empty, prose, cut off or of a wrong type is shown its fault and asked for once more.
- 429, 5xx, time-outs and broken connections are tried again with growing, seeded, jittered pauses; a refused
  connection and other 4xx are not, since asking again cannot help.
- One `ask` takes at most `PATIENCE` times the call's time-out, even against an endpoint that drips bytes.
- After `breaker.FAILURES_ALLOWED` failed asks in a row the endpoint is left alone for a while, and answers say so.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from tools.llm.answers import AnswerCache, KeptAnswer, Usage, fingerprint_of, text_hash
from tools.llm.breaker import Breaker
from tools.errors import ModelUnavailable
from tools.llm.faults import WaitFromServer, invoke_kindly, is_passing, tell
from tools.prompts import Message, load_prompt
from tools.settings import Settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

T = TypeVar("T", bound=BaseModel)

PATIENCE = 2.0
"""An ask lasts at most this many times the time-out of a call, tries, pauses and repair together."""
OPENAI_URL = "https://api.openai.com/v1"
_SHOWN = 4000
"""Characters of a faulty answer that are shown back to the model and kept in `Answer.raw`."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What came of one request.

    Attributes
    ----------
    value : the checked record; None when there is none
    rung : "cache" when replayed from disk, else "llm"
    cause : why there is no value; None when there is one
    raw : the model's last words, cut at 4,000 characters when faulty; None when it said nothing
    fingerprint : SHA-256 of the request, under which the answer is kept
    usage : tokens, None when the endpoint reports none
    calls : how many times the endpoint was called, 0 for a replay
    note : what went wrong beside the answer (it could not be kept, a kept one was damaged), for people
    """

    value: T | None
    rung: Literal["llm", "cache"]
    cause: str | None
    raw: str | None
    fingerprint: str
    usage: Usage | None = None
    calls: int = 0
    note: str | None = None


@dataclass
class _Attempt:
    """The bookkeeping of one `ask`."""

    deadline: float
    calls: int = 0
    usage: Usage | None = None
    raw: str | None = None

    def count(self, reply: "BaseMessage") -> None:
        tokens = getattr(reply, "usage_metadata", None)
        if tokens:
            used = Usage(input_tokens=tokens["input_tokens"], output_tokens=tokens["output_tokens"])
            self.usage = used if self.usage is None else self.usage + used


class _Failed(Exception):  # noqa: N818 - not an error type that anyone else meets
    """One cause, for people."""


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
    answers : where answers are kept; None keeps none
    clock, sleep : monotonic seconds and a pause, replaceable for tests of time
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        key: SecretStr | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        temperature: float = 0.0,
        seed: int = 0,
        answers: AnswerCache | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.name = name
        self.key = key
        self.timeout = timeout
        self.retries = retries
        self.temperature = temperature
        self.seed = seed
        self.answers = answers
        self.clock = clock
        self.sleep = sleep
        self._breaker = Breaker(clock)
        self._client: ChatOpenAI | None = None
        self._client_lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> "LanguageModel | None":
        """The model that the settings name; None when they name none, so that the rules answer.

        Raises ModelUnavailable when the settings name half a model.
        """
        if settings.model_name is None and settings.model_url is None:
            return None
        if settings.model_name is None:
            raise ModelUnavailable(
                "QUORUM_MODEL_URL is set without a model's name", "set QUORUM_MODEL_NAME too, or unset the address"
            )
        if settings.model_url is None and settings.model_key is None:
            raise ModelUnavailable(
                "QUORUM_MODEL_NAME is set without an address or a key",
                "set QUORUM_MODEL_URL, or QUORUM_MODEL_KEY for OpenAI's own",
            )
        url = settings.model_url or OPENAI_URL
        if not re.match(r"https?://[^/\s]+", url):
            raise ModelUnavailable(
                f"QUORUM_MODEL_URL is no web address: {url}", "write it like http://localhost:8080/v1"
            )
        return cls(
            url,
            settings.model_name,
            key=settings.model_key,
            timeout=settings.model_timeout,
            retries=settings.model_retries,
            temperature=settings.model_temperature,
            seed=settings.model_seed,
            answers=AnswerCache(settings.home / "answers"),
        )

    def ask(
        self, messages: Sequence[Message], schema: type[T], *, purpose: str, prompt_fingerprint: str = ""
    ) -> Answer[T]:
        """One structured request; never raises for trouble of the model, its endpoint or the disk.

        Parameters
        ----------
        messages : (role, text) pairs, as `Prompt.render` makes them
        schema : the record that the answer must fit
        purpose : what it is for, kept with the answer for people; not part of the fingerprint
        prompt_fingerprint : `Prompt.fingerprint` of the prompt, so that a new version asks anew
        """
        fingerprint = self.fingerprint(messages, schema, prompt_fingerprint)
        note: str | None = None
        if self.answers is not None:
            kept, note = self.answers.read(fingerprint)
            if kept is not None:
                value, fault = _checked(kept.content, schema)
                if value is not None:
                    return Answer(value, "cache", None, kept.content, fingerprint, usage=kept.usage)
                note = f"the kept answer no longer fits ({fault}) and was asked for again"
        if (refusal := self._breaker.refusal()) is not None:
            return Answer(None, "llm", refusal, None, fingerprint, note=note)
        attempt = _Attempt(deadline=self.clock() + PATIENCE * self.timeout)
        try:
            value, content = self._checked_answer(messages, schema, attempt, fingerprint)
        except _Failed as failure:
            cause = str(failure)
            self._breaker.learn(cause)
            return Answer(None, "llm", cause, attempt.raw, fingerprint, attempt.usage, attempt.calls, note)
        self._breaker.learn(None)
        if self.answers is not None:
            kept = KeptAnswer(
                fingerprint=fingerprint,
                model=self.name,
                purpose=purpose,
                content=content,
                content_hash=text_hash(content),
                usage=attempt.usage,
            )
            note = " ".join(part for part in (note, self.answers.keep(kept)) if part) or None
        return Answer(value, "llm", None, content, fingerprint, attempt.usage, attempt.calls, note)

    def fingerprint(self, messages: Sequence[Message], schema: type[BaseModel], prompt_fingerprint: str = "") -> str:
        """SHA-256 of all that an answer depends on. The address is left out: a model may move."""
        return fingerprint_of(
            {
                "messages": [[role, text] for role, text in messages],
                "schema": _json_schema(schema),
                "model": self.name,
                "temperature": self.temperature,
                "seed": self.seed,
                "prompt": prompt_fingerprint,
                "repair": load_prompt("repair").fingerprint,
            }
        )

    def _checked_answer(
        self, messages: Sequence[Message], schema: type[T], attempt: _Attempt, fingerprint: str
    ) -> tuple[T, str]:
        """A valid answer and its text, after at most one repair. Raises _Failed with the cause."""
        pauses = random.Random(fingerprint)
        content, fault = self._content(messages, schema, attempt, pauses)
        if fault is None:
            value, fault = _checked(content, schema)
            if value is not None:
                return value, content
        said: list[Message] = [("assistant", content[:_SHOWN])] if content.strip() else []
        mend = load_prompt("repair").render(fault=str(fault))
        content, second = self._content([*messages, *said, *mend], schema, attempt, pauses)
        if second is None:
            value, second = _checked(content, schema)
            if value is not None:
                return value, content
        raise _Failed(f"the model {self.name} gave no usable answer, also when asked again: {second}")

    def _content(
        self, messages: Sequence[Message], schema: type[BaseModel], attempt: _Attempt, pauses: random.Random
    ) -> tuple[str, str | None]:
        """The reply's text, and what is wrong with the reply as such (cut off, refused), if anything."""
        reply = self._reply(messages, schema, attempt, pauses)
        attempt.count(reply)
        content = reply.content if isinstance(reply.content, str) else reply.text
        attempt.raw = content[:_SHOWN] or None
        if reply.additional_kwargs.get("refusal"):
            return content, f"the model refused: {str(reply.additional_kwargs['refusal'])[:300]}"
        if reply.response_metadata.get("finish_reason") == "length":
            return content, "the answer was cut off at the length limit; be shorter"
        if not content.strip():
            return content, "the answer was empty"
        return content, None

    def _reply(
        self, messages: Sequence[Message], schema: type[BaseModel], attempt: _Attempt, pauses: random.Random
    ) -> "BaseMessage":
        """One reply, tried again after passing failures. Raises _Failed."""
        import tenacity

        def left() -> float:
            return attempt.deadline - self.clock()

        wait = WaitFromServer(pauses, longest=self.timeout / 2)
        tries = tenacity.Retrying(
            stop=lambda state: state.attempt_number > self.retries or left() <= wait(state),
            wait=wait,
            retry=tenacity.retry_if_exception(is_passing),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return tries(lambda: self._call(messages, schema, attempt, min(self.timeout, left())))
        except Exception as error:  # whatever a foreign client raises becomes a cause in the answer
            raise _Failed(self._redacted(tell(error, self.url, self.name, self.timeout))) from error

    def _call(
        self, messages: Sequence[Message], schema: type[BaseModel], attempt: _Attempt, seconds: float
    ) -> "BaseMessage":
        """One HTTP call in a thread that can be abandoned: a socket's time-out never ends a dripping answer."""
        if seconds <= 0:
            raise TimeoutError
        chain = self._model().with_structured_output(
            {"title": schema.__name__, **_json_schema(schema)}, method="json_schema", include_raw=True
        )
        outcome: list[BaseMessage | BaseException] = []

        def work() -> None:
            try:
                outcome.append(invoke_kindly(chain, messages))
            except Exception as error:  # noqa: BLE001 - carried over to the asking thread and raised there
                outcome.append(error)

        attempt.calls += 1
        thread = threading.Thread(target=work, name="language-model", daemon=True)
        thread.start()
        thread.join(seconds)
        if not outcome:
            raise TimeoutError
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _model(self) -> "ChatOpenAI":
        with self._client_lock:
            if self._client is None:
                from langchain_openai import ChatOpenAI

                self._client = ChatOpenAI(
                    model=self.name,
                    base_url=self.url,
                    # Local servers want no key, but the client refuses to start without one.
                    api_key=self.key or SecretStr("none"),
                    timeout=self.timeout,
                    max_retries=0,
                    temperature=self.temperature,
                    seed=self.seed,
                    use_responses_api=False,
                )
            return self._client

    def _redacted(self, text: str) -> str:
        secret = self.key.get_secret_value() if self.key else ""
        return text.replace(secret, "***") if secret else text


def _json_schema(schema: type[BaseModel]) -> dict[str, JsonValue]:
    return schema.model_json_schema()


def _checked(content: str, schema: type[T]) -> tuple[T | None, str | None]:
    """The record in the text, or what is wrong with it. A code fence around the JSON is forgiven."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", content, re.DOTALL)
    try:
        return schema.model_validate_json(fenced[1] if fenced else content), None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'the answer'}: {fault['msg']}" for fault in error.errors()]
        return None, "; ".join(faults[:8])
