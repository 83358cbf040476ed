"""The whole committee with a real language model on this machine: SmolLM2-135M behind llama.cpp's own server.

Where the extra `local` and the weights are installed the server runs in a process of its own and can be killed;
elsewhere its answers are played from the tape that it left (`tests/recorded`). The model is far too small to be right:
what is shown is that its opinions are heard, labelled, bounded and repeated, and that its death leaves good advice.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import pytest

from graph.advisor import Advisor
from tests.recorded.committee import SAID, SYMBOLS, TODAY, write_prices
from tests.recorded.tape import RECORD, RECORD_AGAIN, TAPE, Recording, Tape
from tools.llm.answers import KeptAnswer
from tools.local_model import LocalServer, find_weights
from tools.local_model.server import has_engine
from tools.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Endpoint(Protocol):
    """What can be asked, and what can be killed."""

    @property
    def environment(self) -> dict[str, str]: ...

    def kill(self) -> None: ...


@dataclass
class Played:
    """The tape in the server's place."""

    recording: Recording
    pause: float
    tape: Tape = field(init=False)

    def __post_init__(self) -> None:
        self.tape = Tape(self.recording.exchanges, pause=self.pause)

    @property
    def environment(self) -> dict[str, str]:
        return {"QUORUM_MODEL_URL": self.tape.url, **self.recording.environment}

    def kill(self) -> None:
        if not self.tape.dead.is_set():
            self.tape.kill()


class Recorded(LocalServer):
    """The server, with every exchange kept."""

    tape: Tape

    def start(self) -> "Recorded":
        super().start()
        self.tape = Tape(source=self.url)
        return self

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "QUORUM_MODEL_URL": self.tape.url}

    def kill(self) -> None:
        if not self.tape.dead.is_set():
            self.tape.kill()
        super().kill()

    def write(self) -> None:
        environment = {name: value for name, value in self.environment.items() if name != "QUORUM_MODEL_URL"}
        exchanges = tuple(self.tape.known[name] for name in sorted(self.tape.known))
        made = Recording(
            model=self.options.name,
            weights=self.digest,
            engine=version("xllamacpp"),
            environment=environment,
            exchanges=exchanges,
        )
        TAPE.write_text(made.model_dump_json(indent=1) + "\n", encoding="utf-8")


def is_live() -> bool:
    return has_engine() and find_weights() is not None


def endpoint(pause: float = 0.0) -> Endpoint:
    """The server, ready; or its tape, each answer of which takes `pause` seconds."""
    if not is_live():
        return Played(Recording.model_validate_json(TAPE.read_bytes()), pause)
    weights = find_weights()
    assert weights is not None
    server = Recorded(weights, threads=1) if os.environ.get(RECORD) else LocalServer(weights, threads=1)
    return server.start()


def advise(home: Path, environment: dict[str, str]) -> str:
    """What `quorum advise --json` prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "advise", "--json", "--today", TODAY.isoformat(), "--text", SAID],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment, "QUORUM_HOME": str(home), "QUORUM_PRICES": str(home / "prices")},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Told:
    """A first run: where it lives, who was asked, what it printed."""

    home: Path
    endpoint: Endpoint
    environment: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    home = tmp_path_factory.mktemp("local-model")
    write_prices(home / "prices")
    model = endpoint()
    try:
        environment = model.environment
        yield Told(home, model, environment, advise(home, environment))
        if isinstance(model, Recorded):
            model.write()
    finally:
        model.kill()
        if isinstance(model, LocalServer):
            model.close()


def test_the_whole_graph_runs_on_a_local_model_from_conversation_to_recommendation(first: Told) -> None:
    told = first.json
    assert told["status"] == "awaiting_approval"
    assert sum(told["weights"].values()) == pytest.approx(1.0, abs=1e-8)
    assert told["decision"]["max_violation"] <= 1e-8
    by_model = [view for view in told["views"] if view["rung"] == "llm" and view["score"] is not None]
    assert by_model, f"nobody heard the model; {told['fallbacks']}; {RECORD_AGAIN}"
    assert all(abs(view["shift"]) <= 0.25 and view["model_score"] is not None for view in by_model)
    assert {view["symbol"] for view in by_model} <= set(SYMBOLS)


def test_the_trace_shows_which_views_came_from_the_model_and_what_it_was_asked(first: Told) -> None:
    told = first.json
    trace = json.loads((first.home / "traces" / f"{told['trace_id']}.json").read_text(encoding="utf-8"))
    by_model = {(view["persona"], view["symbol"]) for view in told["views"] if view["rung"] == "llm"}
    assert {(view["persona"], view["symbol"]) for view in trace["views"]["views"] if view["rung"] == "llm"} == by_model
    asked = {use["purpose"]: use for use in trace["model_uses"]}
    assert {f"persona {name}" for name, _ in by_model} <= set(asked)
    for name, symbol in by_model:
        use = asked[f"persona {name}"]
        assert use["model"] == first.environment["QUORUM_MODEL_NAME"]
        assert symbol in str(use["answer"])
        assert any(symbol in text for _, text in use["messages"])
    for view in told["views"]:
        assert view["rung"] == "llm" or view["fallback"], "a view by rules alone says why no model is in it"


def test_killing_the_server_in_the_middle_of_a_run_leaves_labelled_suitable_advice(first: Told, tmp_path: Path) -> None:
    home = tmp_path / "killed"
    shutil.copytree(first.home / "prices", home / "prices")
    for path in sorted((first.home / "answers").rglob("*.json")):
        kept = KeptAnswer.model_validate_json(path.read_bytes())
        if not kept.purpose.startswith("persona"):  # what was answered before the kill need not be asked again
            target = home / path.relative_to(first.home)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    model = endpoint(pause=2.0)
    killer = threading.Timer(0.3, model.kill)
    begun = threading.Lock()

    def kill_while_a_persona_waits(node: str) -> None:
        if node.startswith("persona") and begun.acquire(blocking=False):
            killer.start()

    try:
        given = {name.removeprefix("QUORUM_").lower(): value for name, value in model.environment.items()}
        settings = Settings.model_validate({"home": home, "prices": home / "prices", **given})
        with Advisor(settings, today=TODAY, before_node=kill_while_a_persona_waits) as advisor:
            turn = advisor.say(advisor.open(None), SAID, insist=True)
        killer.join()
    finally:
        model.kill()
        if isinstance(model, LocalServer):
            model.close()
    assert turn.status == "awaiting_approval"
    assert turn.views and turn.decision and turn.decision.weights
    by_rules = [view for view in turn.views.views if view.rung == "rules"]
    assert by_rules and all(view.fallback for view in by_rules), "every view without its model says why"
    assert any(item.part.startswith("persona: ") and item.rung == "rules" and item.cause for item in turn.fallbacks)
    assert turn.decision.max_violation is not None and turn.decision.max_violation <= 1e-8
    assert turn.decision.weights.keys() <= {*SYMBOLS, "CASH"}


def test_a_second_identical_run_asks_nobody_and_prints_the_same_bytes(first: Told) -> None:
    first.endpoint.kill()
    assert advise(first.home, first.environment) == first.text
