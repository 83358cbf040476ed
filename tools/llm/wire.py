"""One request to one model: the ways to structure, the repair, the retries, and the call that can be abandoned."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, SecretStr

from tools.llm.answers import Usage
from tools.llm.capabilities import Capabilities
from tools.llm.endpoint import Endpoint
from tools.llm.faults import Stopped, WaitFromServer, invoke_kindly, is_passing, refuses_way, tell
from tools.llm.shapes import Schema, checked, text_of, told, ways_for
from tools.prompts import Message, load_prompt

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

T = TypeVar("T", bound=BaseModel)

SHOWN = 4000
"""Characters of a faulty answer that are shown back to the model and kept."""


@dataclass
class Attempt:
    """The bookkeeping of one `ask`.

    Attributes
    ----------
    deadline : when, by the endpoint's clock, no further try begins
    calls : HTTP calls made
    usage : tokens of all replies so far, None when the endpoint counts none
    raw : the model's last words
    uncounted : whether some tokens may have been spent that nobody counted
    note : trouble beside the answer, for people
    """

    deadline: float = 0.0
    calls: int = 0
    usage: Usage | None = None
    raw: str | None = None
    uncounted: bool = False
    note: str | None = None

    def count(self, reply: "BaseMessage") -> None:
        """Add a reply's tokens."""
        tokens = getattr(reply, "usage_metadata", None)
        self.uncounted = self.uncounted or not tokens
        if tokens:
            used = Usage(input_tokens=tokens["input_tokens"], output_tokens=tokens["output_tokens"])
            self.usage = used if self.usage is None else self.usage + used


class Failed(Exception):  # noqa: N818 - met by `LanguageModel` alone, which makes a cause of it
    """There is no answer; the message says why, for people."""


@dataclass(eq=False)
class Wire:
    """How one model is reached; the fields are those of `LanguageModel`."""

    url: str
    name: str
    key: SecretStr | None
    timeout: float
    retries: int
    temperature: float
    seed: int
    max_output: int
    can: Capabilities
    endpoint: Endpoint
    sleep: Callable[[float], object]
    _client: "ChatOpenAI | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: set[str] = field(default_factory=set)
    """Ways that the endpoint refused in this process."""

    def checked_answer(
        self, messages: Sequence[Message], schema: type[T], shape: Schema, attempt: Attempt, fingerprint: str
    ) -> tuple[T, str, str]:
        """A valid answer, its text and way, after at most one repair. Raises Failed with the cause."""
        pauses = random.Random(fingerprint)
        content, fault, way = self._content(messages, schema.__name__, shape, attempt, pauses)
        if fault is None:
            value, fault = checked(content, schema)
            if value is not None:
                return value, content, way
        said: list[Message] = [("assistant", content[:SHOWN])] if content.strip() else []
        mend = load_prompt("repair").render(fault=str(fault), schema=json.dumps(shape, separators=(",", ":")))
        content, second, way = self._content([*messages, *said, *mend], schema.__name__, shape, attempt, pauses)
        if second is None:
            value, second = checked(content, schema)
            if value is not None:
                return value, content, way
        raise Failed(f"the model {self.name} gave no usable answer, also when asked again: {second}")

    def _content(
        self, messages: Sequence[Message], title: str, shape: Schema, attempt: Attempt, pauses: random.Random
    ) -> tuple[str, str | None, str]:
        """The reply's text, what is wrong with the reply as such (cut off, refused) if anything, and the way."""
        reply, way = self._reply_somehow(messages, title, shape, attempt, pauses)
        attempt.count(reply)
        content = text_of(reply)
        attempt.raw = content[:SHOWN] or None
        fault: str | None = None
        if reply.additional_kwargs.get("refusal"):
            fault = f"the model refused: {str(reply.additional_kwargs['refusal'])[:300]}"
        elif reply.response_metadata.get("finish_reason") == "length":
            fault = "the answer was cut off at the length limit; be shorter"
        elif not content.strip():
            fault = "the answer was empty"
        return content, fault, way

    def _reply_somehow(
        self, messages: Sequence[Message], title: str, shape: Schema, attempt: Attempt, pauses: random.Random
    ) -> tuple["BaseMessage", str]:
        """A reply by the strongest way that the endpoint takes. Raises Failed."""
        ways = [way for way in ways_for(self.can) if way.name not in self._failed]
        refused: list[str] = []
        for way in ways:
            sent = told(messages, shape) if way.told else tuple(messages)
            try:
                reply = self._reply(sent, way.options(title, shape), attempt, pauses)
            except Exception as error:  # whatever a foreign client raises becomes a cause in the answer
                if refuses_way(error) and way is not ways[-1]:
                    refused.append(way.name)
                    continue
                raise Failed(self._redacted(tell(error, self.url, self.name, self.timeout))) from error
            self._failed.update(refused)  # only now is it known that the way was at fault, not the request
            return reply, way.name
        raise Failed(f"no way to structured output is left for {self.url}; mend QUORUM_MODEL_CAPABILITIES")

    def _reply(
        self, messages: Sequence[Message], options: dict[str, object], attempt: Attempt, pauses: random.Random
    ) -> "BaseMessage":
        """One reply, tried again after passing failures. Raises what the client raises."""
        import tenacity

        def left() -> float:
            return attempt.deadline - self.endpoint.clock()

        wait = WaitFromServer(pauses, longest=self.timeout / 2)
        tries = tenacity.Retrying(
            stop=lambda state: (
                state.attempt_number > self.retries or left() <= wait(state) or self.endpoint.stop.is_set()
            ),
            wait=wait,
            retry=tenacity.retry_if_exception(is_passing),
            sleep=self._pause,
            reraise=True,
        )
        return tries(lambda: self._call(messages, options, attempt, min(self.timeout, left())))

    def _call(
        self, messages: Sequence[Message], options: dict[str, object], attempt: Attempt, seconds: float
    ) -> "BaseMessage":
        """One HTTP call in a thread that can be abandoned: a socket's time-out never ends a dripping answer."""
        if seconds <= 0:
            raise TimeoutError
        chain = self.client().bind(**options)
        outcome: list[BaseMessage | BaseException] = []

        def work() -> None:
            try:
                outcome.append(invoke_kindly(chain, messages))
            except Exception as error:  # noqa: BLE001 - carried over to the asking thread and raised there
                outcome.append(error)

        attempt.calls += 1
        thread = threading.Thread(target=work, name="language-model", daemon=True)
        thread.start()
        self.endpoint.join(thread, seconds)
        if not outcome:
            attempt.uncounted = True
            raise Stopped if self.endpoint.stop.is_set() else TimeoutError
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def client(self) -> "ChatOpenAI":
        """LangChain's client for the endpoint, for the probe and for whoever needs what `ask` does not do."""
        with self._lock:
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
                    seed=None if self.can.seed is False else self.seed,
                    max_completion_tokens=self.max_output,
                    use_responses_api=False,
                )
            return self._client

    def _pause(self, seconds: float) -> None:
        self.sleep(seconds)

    def _redacted(self, text: str) -> str:
        secret = self.key.get_secret_value() if self.key else ""
        return text.replace(secret, "***") if secret else text
