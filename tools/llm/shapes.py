"""Five ways to make an endpoint answer in a schema, the strongest first; each is a row of one table.

A way says which capability it needs, what it adds to a request, and where the answer's text then stands.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError

from tools.llm.capabilities import Capabilities
from tools.prompts import Message, load_prompt

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

WayName = Literal["json_schema", "grammar", "tools", "json_object", "prompt"]
Schema = dict[str, JsonValue]
T = TypeVar("T", bound=BaseModel)


TENTHS = 2.0
"""A range up to this wide is told in tenths, a wider one in whole numbers."""


@dataclass(frozen=True)
class Way:
    """Attributes
    ----------
    name : also the capability that it needs; "prompt" needs none
    options : from (title, schema) to what the request carries besides its messages
    told : whether the schema must also be said in words, because nothing else carries it
    """

    name: WayName
    options: Callable[[str, Schema], dict[str, object]]
    told: bool


WAYS: tuple[Way, ...] = (
    Way(
        "json_schema",
        lambda title, schema: {
            "response_format": {"type": "json_schema", "json_schema": {"name": title, "schema": schema}}
        },
        told=False,
    ),
    Way("grammar", lambda _, schema: {"response_format": {"type": "json_object", "schema": schema}}, told=False),
    Way(
        "tools",
        lambda title, schema: {
            "tools": [{"type": "function", "function": {"name": title, "parameters": schema}}],
            "tool_choice": {"type": "function", "function": {"name": title}},
        },
        told=False,
    ),
    Way("json_object", lambda _title, _schema: {"response_format": {"type": "json_object"}}, told=True),
    Way("prompt", lambda _title, _schema: {}, told=True),
)


def narrowed(schema: type[BaseModel], offered: Mapping[str, Sequence[str]]) -> Schema:
    """A record's JSON schema that says as much as an endpoint can be held to: names, lengths and ranges.

    - Fields of some names may only hold what was offered, and a list of records that each name one of n offered
      things has at most n items: held to that, a model can neither invent a name nor repeat itself without end.
    - Servers that compile schemas to grammars pass over the bounds of fractions (llama.cpp does), so a bounded number
      becomes a choice of tenths, and one over a wide range a whole number.

    The answer is checked against the record alone: an endpoint that is not held to the schema is judged by what can
    be used.

    Parameters
    ----------
    offered : field name ("symbol") to its possible values; an empty one narrows nothing
    """
    made = schema.model_json_schema()
    definitions = cast(dict[str, Schema], made.get("$defs", {}))
    for shape in (made, *definitions.values()):
        fields = cast(dict[str, Schema], shape.get("properties", {}))
        for name in fields:
            fields[name] = _narrowed_field(fields[name], offered.get(name, ()), offered, definitions)
    return made


def _narrowed_field(
    field: Schema, values: Sequence[str], offered: Mapping[str, Sequence[str]], definitions: dict[str, Schema]
) -> Schema:
    kind = field.get("type")
    if "anyOf" in field:
        options = [
            _narrowed_field(cast(Schema, one), values, offered, definitions)
            for one in cast(list[JsonValue], field["anyOf"])
        ]
        return {**field, "anyOf": cast(JsonValue, options)}
    if kind == "string" and values:
        return {"type": "string", "enum": list(values)}
    if (
        kind == "number"
        and isinstance(field.get("minimum"), int | float)
        and isinstance(field.get("maximum"), int | float)
    ):
        return _graspable(cast(float, field["minimum"]), cast(float, field["maximum"]))
    if kind != "array":
        return field
    if values:
        most = min(len(values), cast(int, field.get("maxItems", len(values))))
        return {**field, "items": {"type": "string", "enum": list(values)}, "maxItems": most}
    inner = definitions.get(str(cast(Schema, field.get("items", {})).get("$ref", "")).rpartition("/")[2], {})
    counts = [len(offered[key]) for key in cast(Schema, inner.get("properties", {})) if offered.get(key)]
    return {**field, "maxItems": max(counts)} if counts else field


def _graspable(low: float, high: float) -> Schema:
    if high - low > TENTHS:
        return {"type": "integer", "minimum": int(low), "maximum": int(high)}
    return {"type": "number", "enum": [round(low + step / 10, 1) for step in range(round(10 * (high - low)) + 1)]}


def ways_for(known: Capabilities) -> tuple[Way, ...]:
    """The ways that may work, strongest first: those known to work, or not known to fail."""
    can = known.model_dump()
    return tuple(way for way in WAYS if can.get(way.name, True) is not False)


def told(messages: Sequence[Message], schema: Schema) -> tuple[Message, ...]:
    """The messages with the schema said at the end of the last one, for ways that carry it in no other form."""
    role, text = messages[-1]
    (_, words), *_ = load_prompt("shape").render(schema=json.dumps(schema, separators=(",", ":")))
    return (*messages[:-1], (role, f"{text}\n\n{words}"))


def text_of(reply: "BaseMessage") -> str:
    """Where the answer stands: a tool call's arguments, else the words."""
    calls = getattr(reply, "tool_calls", None)
    if calls:
        return json.dumps(calls[0]["args"], ensure_ascii=False)
    broken = getattr(reply, "invalid_tool_calls", None)
    if broken:
        return str(broken[0]["args"] or "")
    return reply.content if isinstance(reply.content, str) else reply.text


def checked(content: str, schema: type[T]) -> tuple[T | None, str | None]:
    """The record in the text, or what is wrong with it.

    A code fence is forgiven, and so are words or a thinking block around one JSON object: models without a grammar
    add them. Two objects are a fault, because nobody can say which one is meant.
    """
    plain = re.sub(r"<think>.*?</think>", "", content, flags=re.DOTALL).strip()
    fenced = re.fullmatch(r"```(?:json)?\s*\n(.*?)\n?\s*```", plain, re.DOTALL)
    body = fenced[1] if fenced else plain
    if not body.startswith("{") and (inside := _only_object(body)) is not None:
        body = inside
    try:
        return schema.model_validate_json(body), None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'the answer'}: {fault['msg']}" for fault in error.errors()]
        return None, "; ".join(faults[:8])


def _only_object(text: str) -> str | None:
    """The one JSON object in some prose, None when there is none or more than one."""
    decoder = json.JSONDecoder()
    found: list[str] = []
    at = text.find("{")
    while at >= 0:
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
            continue
        found.append(text[at:end])
        at = text.find("{", end)
    return found[0] if len(found) == 1 else None
