"""What an endpoint's failures mean: which pass by themselves, how long to wait, and how to tell a person."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tenacity
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0


class WaitFromServer:
    """Seconds before the next try: the server's Retry-After, else 0.5 s doubling to 8 s, with seeded jitter.

    Jitter keeps many clients from returning together (Brooker, AWS 2015); the seed keeps a run repeatable. Asked
    twice about the same try, it answers the same.
    """

    def __init__(self, pauses: random.Random, *, longest: float) -> None:
        self.pauses = pauses
        self.longest = min(longest, _LONGEST_PAUSE)
        self._jitter: dict[int, float] = {}

    def __call__(self, state: "tenacity.RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        asked = _retry_after(error)
        if asked is not None:
            return asked
        number = state.attempt_number
        jitter = self._jitter.setdefault(number, self.pauses.random())
        return min(self.longest, _FIRST_PAUSE * 2.0 ** (number - 1)) * (0.5 + 0.5 * jitter)


class Stopped(Exception):  # noqa: N818 - no error of ours: somebody ended the run
    """Nobody waits for the answer any more."""


def invoke_kindly(chain: "Runnable[Any, Any]", messages: Sequence[tuple[str, str]]) -> "BaseMessage":
    """The reply of a chat model.

    The client raises for a reply that was cut off or filtered; here those are replies too, since a repair can help.
    """
    import openai
    from langchain_core.messages import AIMessage

    try:
        reply: BaseMessage = chain.invoke(list(messages))
    except openai.LengthFinishReasonError as error:
        text, usage = error.completion.choices[0].message.content, error.completion.usage
        tokens = None
        if usage is not None:
            tokens = {
                "input_tokens": usage.prompt_tokens,
                "output_tokens": usage.completion_tokens,
                "total_tokens": usage.total_tokens,
            }
        return AIMessage(text or "", response_metadata={"finish_reason": "length"}, usage_metadata=tokens)
    except openai.ContentFilterFinishReasonError:
        return AIMessage("", additional_kwargs={"refusal": "its content filter stopped the answer"})
    return reply


_WAY_WORDS = ("response_format", "json_schema", "json_object", "schema", "grammar", "tool", "function", "unsupported")


def refuses_way(error: BaseException) -> bool:
    """Whether the endpoint rejects how structure was asked for, so that another way may do."""
    import openai

    if not isinstance(error, openai.APIStatusError) or error.status_code not in {400, 404, 415, 422, 500, 501}:
        return False
    return any(word in str(error).lower() for word in _WAY_WORDS)


def is_passing(error: BaseException) -> bool:
    """Whether the same request may well succeed in a moment."""
    import openai

    if refuses_way(error):
        return False
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return True
    if isinstance(error, openai.RateLimitError):
        return error.code != "insufficient_quota"
    if isinstance(error, openai.APIConnectionError):
        return not _refused(error)
    return isinstance(error, openai.APIStatusError) and (error.status_code >= 500 or error.status_code == 408)


def tell(error: BaseException, url: str, model: str, timeout: float) -> str:  # noqa: PLR0911 - a table of cases
    """The failure in one clause for people, with what to do about it."""
    import openai

    if isinstance(error, Stopped):
        return "not waited for: the run was stopped"
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return f"the model at {url} did not answer within {timeout:g} s"
    if isinstance(error, openai.APIConnectionError):
        if _refused(error):
            return f"nothing answers at {url}; start the server or mend QUORUM_MODEL_URL"
        return f"the connection to {url} broke off ({_short(error.__cause__ or error)})"
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return f"{url} does not accept the key (status {error.status_code}); mend QUORUM_MODEL_KEY"
    if isinstance(error, openai.NotFoundError):
        return f"{url} knows no model {model} or no such path; mend QUORUM_MODEL_NAME or QUORUM_MODEL_URL"
    if isinstance(error, openai.APIStatusError):
        return f"{url} answered with status {error.status_code} ({_short(error)})"
    return f"{url} did not answer in the protocol of OpenAI ({type(error).__name__}: {_short(error)})"


def _retry_after(error: BaseException | None) -> float | None:
    import openai

    if not isinstance(error, openai.APIStatusError):
        return None
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None  # a date or nothing: the growing pause answers
    return seconds if 0.0 <= seconds < float("inf") else None


def _refused(error: BaseException) -> bool:
    # The HTTP library's error lies some links down, and is httpx's in some versions of openai and httpx2's in others.
    link: BaseException | None = error
    while link is not None:
        if type(link).__name__ in ("ConnectError", "UnsupportedProtocol", "InvalidURL"):
            return True
        link = link.__cause__ or link.__context__
    return False


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
