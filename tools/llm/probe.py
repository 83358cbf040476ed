"""Find out what an endpoint can do by asking it: each capability is one small request with an answer that tells.

Structure is asked for with a prompt that does not mention it: an answer that fits shows that the endpoint, not the
model's good will, kept to the schema.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.llm.capabilities import Capabilities
from tools.llm.faults import tell
from tools.llm.port import LanguageModel
from tools.llm.shapes import WAYS, Way, checked, text_of

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

ROOM = 200
"""Tokens of a probe's answer."""
WINDOW_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
"""Under which servers tell the context length in their list of models."""
_ASKED = [("user", "Tell me in one short sentence which colour the sky has at noon.")]


class _Shape(BaseModel):
    """Nothing that a model would say unasked."""

    model_config = ConfigDict(extra="forbid")
    colour_name: str = Field(max_length=40)
    confidence_percent: int = Field(ge=0, le=100)
    season: Literal["any", "summer", "winter"]


def probe(model: LanguageModel) -> tuple[Capabilities, str | None]:
    """What the endpoint can do, and why it could not be asked at all, if so. Never raises for the endpoint's trouble.

    Takes about eight short requests. What could not be told stays None.
    """
    client = model.wire.client()
    try:
        client.bind(max_completion_tokens=ROOM).invoke(_ASKED)
    except Exception as error:  # noqa: BLE001 - whatever a foreign client raises is the endpoint's trouble
        wire = model.wire
        return Capabilities(), tell(error, wire.url, wire.name, wire.timeout)
    ways = {way.name: _keeps(client, way) for way in WAYS if way.name != "prompt"}
    return (
        Capabilities(
            json_schema=ways["json_schema"],
            grammar=ways["grammar"],
            tools=ways["tools"],
            json_object=_is_object(client),
            seed=_repeats(client),
            log_probabilities=_has_log_probabilities(client),
            context_length=_window(client, model.name),
        ),
        None,
    )


def _keeps(client: "ChatOpenAI", way: Way) -> bool:
    reply = _reply(client, **way.options("Shape", _Shape.model_json_schema()))
    return reply is not None and checked(text_of(reply), _Shape)[0] is not None


def _is_object(client: "ChatOpenAI") -> bool:
    reply = _reply(client, response_format={"type": "json_object"})
    return reply is not None and text_of(reply).lstrip().startswith("{")


def _repeats(client: "ChatOpenAI") -> bool | None:
    """None when even different seeds give the same words, so that nothing can be told."""
    said = [_reply(client, seed=seed, temperature=1.5) for seed in (11, 11, 12, 13)]
    if any(reply is None for reply in said):
        return False
    first, again, *others = (text_of(reply) for reply in said if reply is not None)
    if first != again:
        return False
    return True if any(other != first for other in others) else None


def _has_log_probabilities(client: "ChatOpenAI") -> bool:
    reply = _reply(client, logprobs=True)
    return bool(reply is not None and (reply.response_metadata.get("logprobs") or {}).get("content"))


def _window(client: "ChatOpenAI", name: str) -> int | None:
    """As the list of models tells it, for the model of this name or the only one there is."""
    try:
        listed = list(client.root_client.models.list())
    except Exception:  # noqa: BLE001 - an endpoint need not have a list
        return None
    rows = [row for row in listed if row.id == name] or (listed if len(listed) == 1 else [])
    for row in rows:
        told = row.model_dump()
        meta = told.get("meta")
        for source in (told, meta if isinstance(meta, dict) else {}):
            for key in WINDOW_NAMES:
                value = source.get(key)
                if isinstance(value, int) and value > 0:
                    return value
    return None


def _reply(client: "ChatOpenAI", **options: object) -> "BaseMessage | None":
    """One reply, or None for any refusal: that the endpoint cannot is what a probe wants to know."""
    try:
        reply: BaseMessage = client.bind(**{"max_completion_tokens": ROOM, **options}).invoke(_ASKED)
    except Exception:  # noqa: BLE001 - see above
        return None
    return reply
