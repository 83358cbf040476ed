"""Endpoints that can do less: the port finds a way that works, and the probe writes down which."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from portfolio.records import Record
from tests.tools.llm.server import GOOD, MESSAGES, Endpoint, Verdict, completion, endpoint, failing, model, plain
from tools.errors import ModelUnavailable
from tools.llm.capabilities import Capabilities, CapabilityTable
from tools.llm.probe import probe
from tools.llm.shapes import WAYS, checked, narrowed, ways_for

Able = Callable[[dict[str, Any]], str | None]
"""From a request to the way that it uses, or None when the endpoint rejects it."""


def way_of(request: dict[str, Any]) -> str:
    form = request.get("response_format", {})
    if form.get("type") == "json_schema":
        return "json_schema"
    if form.get("type") == "json_object":
        return "grammar" if "schema" in form else "json_object"
    return "tools" if "tools" in request else "prompt"


def able(*ways: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An endpoint that knows only these ways, and says which parameter it does not know."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        server = handler.server
        assert isinstance(server, Endpoint)
        way = way_of(server.asked[-1])
        if way not in ways:
            body = {"error": {"message": "unknown parameter: response_format or tools"}}
            plain(json.dumps(body), status=400)(handler)
        elif way == "tools":
            call = {"id": "c", "type": "function", "function": {"name": "Verdict", "arguments": GOOD}}
            completion(None, finish="tool_calls", tool_calls=[call])(handler)
        else:
            completion(f"Sure! {GOOD} That is all." if way == "prompt" else GOOD)(handler)

    return reply


@pytest.mark.parametrize("only", ["json_schema", "grammar", "tools", "json_object", "prompt"])
def test_whatever_single_way_an_endpoint_knows_the_answer_is_a_record(only: str) -> None:
    with endpoint(able(only)) as server:
        answer = model(server.url).ask(MESSAGES, Verdict, purpose="test")
    assert answer.value == Verdict(score=0.5, why="calm")
    assert way_of(server.asked[-1]) == only


def test_a_refused_way_is_not_tried_again_in_the_same_process() -> None:
    with endpoint(able("tools")) as server:
        m = model(server.url)
        m.ask(MESSAGES, Verdict, purpose="first")
        tried = len(server.asked)
        m.ask(MESSAGES, Verdict, purpose="second")
        assert len(server.asked) == tried + 1


def test_ways_without_a_schema_of_their_own_say_it_in_words() -> None:
    with endpoint(able("prompt")) as server:
        model(server.url).ask(MESSAGES, Verdict, purpose="test")
    said = server.asked[-1]["messages"][-1]["content"]
    assert said.startswith("Judge it.") and '"score"' in said


def test_a_repair_says_the_schema_in_words_whatever_the_way() -> None:
    with endpoint(completion("no"), completion(GOOD)) as server:
        model(server.url).ask(MESSAGES, Verdict, purpose="test")
    assert '"score"' in server.asked[-1]["messages"][-1]["content"]


def test_a_way_known_to_fail_is_skipped_and_an_unknown_one_is_tried() -> None:
    names = [way.name for way in ways_for(Capabilities(json_schema=False, tools=True))]
    assert names == ["grammar", "tools", "json_object", "prompt"]
    assert [way.name for way in ways_for(Capabilities())] == [way.name for way in WAYS]


def test_the_way_is_no_part_of_the_fingerprint_so_that_learning_it_changes_no_answer() -> None:
    learned = model("http://x", can=Capabilities(json_schema=False, context_length=2048))
    assert learned.fingerprint(MESSAGES, Verdict) == model("http://x").fingerprint(MESSAGES, Verdict)


@pytest.mark.parametrize(
    ("said", "usable"),
    [
        (f"<think>Is {{it}} calm? yes</think>{GOOD}", True),
        (f"Here you are: {GOOD}", True),
        (f"{GOOD} or rather {GOOD}", False),
        ("Nothing to say {really}", False),
        (f'[{GOOD}, {{"score": 1, "why": "x"}}]', False),
    ],
)
def test_one_object_among_words_is_found_and_two_are_a_fault(said: str, usable: bool) -> None:
    assert (checked(said, Verdict)[0] is not None) == usable


class Talker:
    """A whole endpoint: keeps to the schema only by the ways given, repeats by seed, counts log-probabilities."""

    def __init__(self, *ways: str) -> None:
        self.ways = ways

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        assert isinstance(handler.server, Endpoint)
        request = handler.server.asked[-1]
        way = way_of(request)
        if way not in {*self.ways, "prompt"}:
            return failing(400)(handler)
        shape = '{"colour_name": "blue", "confidence_percent": 90, "season": "any"}'
        if way == "tools":
            call = {"id": "c", "type": "function", "function": {"name": "Shape", "arguments": shape}}
            return completion(None, finish="tool_calls", tool_calls=[call])(handler)
        if way == "prompt":
            return completion(f"It is blue, says number {request.get('seed')}.")(handler)
        return completion(shape)(handler)


def test_the_probe_finds_what_an_endpoint_can_do() -> None:
    with endpoint(Talker("json_schema", "json_object")) as server:
        found, trouble = probe(model(server.url))
    assert trouble is None
    assert (found.json_schema, found.json_object, found.grammar, found.tools) == (True, True, False, False)
    assert (found.seed, found.log_probabilities, found.context_length) == (True, False, None)


def test_an_endpoint_that_ignores_the_schema_is_not_said_to_keep_it() -> None:
    with endpoint(completion("The sky is blue.")) as server:
        found, _ = probe(model(server.url))
    assert not (found.json_schema or found.grammar or found.tools or found.json_object)


def test_the_probe_of_a_dead_endpoint_says_so_and_knows_nothing() -> None:
    found, trouble = probe(model("http://127.0.0.1:9/v1"))
    assert found == Capabilities() and trouble is not None and "nothing answers" in trouble


def test_what_a_probe_found_is_kept_by_endpoint_and_model(tmp_path: Path) -> None:
    table = CapabilityTable(tmp_path / "deep" / "capabilities.json")
    table.write("http://a/v1", "m", Capabilities(tools=True))
    table.write("http://a/v1/", "n", Capabilities(tools=False))
    assert table.read("http://a/v1/", "m").tools is True
    assert table.read("http://a/v1", "n").tools is False
    assert table.read("http://b/v1", "m") == Capabilities()


def test_a_person_overrides_the_probe_and_a_misspelt_capability_is_told() -> None:
    assert Capabilities(tools=True).with_overrides({"tools": False}).tools is False
    with pytest.raises(ModelUnavailable, match="json_schma"):
        Capabilities().with_overrides({"json_schma": False})


def test_what_is_offered_bounds_the_schema_so_that_no_model_can_go_on_for_ever() -> None:
    class One(Record):
        symbol: str
        score: float = Field(ge=-1, le=1)
        points: float | None = Field(default=None, ge=1, le=10)
        cited: tuple[str, ...] = Field(default=(), max_length=2)

    class Many(Record):
        ones: tuple[One, ...] = Field(max_length=2000)

    shape = narrowed(Many, {"symbol": ["AAA", "BBB", "CCC"], "cited": ["1", "2", "3"]})
    assert shape["properties"]["ones"]["maxItems"] == 3  # type: ignore[index, call-overload]
    fields = shape["$defs"]["One"]["properties"]  # type: ignore[index, call-overload]
    assert fields["symbol"] == {"type": "string", "enum": ["AAA", "BBB", "CCC"]}
    assert fields["cited"]["items"]["enum"] == ["1", "2", "3"] and fields["cited"]["maxItems"] == 2
    assert fields["score"]["enum"][0] == -1.0 and len(fields["score"]["enum"]) == 21
    assert fields["points"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 10}


def test_what_was_offered_is_part_of_the_question(tmp_path: Path) -> None:
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, tmp_path)
        one = m.ask(MESSAGES, Verdict, purpose="test", offered={"why": ["calm"]})
        two = m.ask(MESSAGES, Verdict, purpose="test", offered={"why": ["calm", "wild"]})
    assert one.fingerprint != two.fingerprint
