"""The language model port against a real local server that speaks, or garbles, the protocol of OpenAI."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from portfolio.records import Record
from tests.tools.llm.server import (
    GOOD,
    MESSAGES,
    Reply,
    Verdict,
    completion,
    dripping,
    endpoint,
    failing,
    hanging_up,
    model,
    plain,
    slow,
)
from tools.errors import ModelUnavailable
from tools.llm import Answer, LanguageModel
from tools.llm.answers import AnswerCache, KeptAnswer, text_hash
from tools.llm.breaker import FAILURES_ALLOWED, REST_SECONDS
from tools.settings import Settings


def ask(m: LanguageModel) -> Answer[Verdict]:
    return m.ask(MESSAGES, Verdict, purpose="test")


def test_a_proper_answer_is_a_checked_record_with_its_tokens() -> None:
    with endpoint(completion(GOOD)) as server:
        answer = ask(model(server.url, seed=7))
    assert answer.value == Verdict(score=0.5, why="calm")
    assert (answer.rung, answer.replayed, answer.cause, answer.calls) == ("llm", False, None, 1)
    assert answer.usage is not None and (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    asked = server.asked[0]
    assert asked["response_format"]["type"] == "json_schema"
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["score", "why"]
    assert (asked["seed"], asked["temperature"], asked["model"]) == (7, 0.0, "test-model")
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]


def test_the_same_request_is_replayed_from_disk_with_the_same_value(tmp_path: Path) -> None:
    with endpoint(completion(GOOD), failing(500)) as server:
        first, second = ask(model(server.url, tmp_path)), ask(model(server.url, tmp_path))
        assert len(server.asked) == 1
    assert (second.replayed, second.value, second.calls) == (True, first.value, 0)
    assert (second.rung, second.raw, second.usage) == (first.rung, first.raw, first.usage)
    assert second.fingerprint == first.fingerprint


def test_all_that_an_answer_depends_on_is_in_its_fingerprint() -> None:
    class Other(Record):
        score: float

    base = model("http://x")
    prints = {
        base.fingerprint(MESSAGES, Verdict),
        base.fingerprint(MESSAGES[:1], Verdict),
        base.fingerprint(MESSAGES, Other),
        base.fingerprint(MESSAGES, Verdict, "another version of the prompt"),
        model("http://x", temperature=0.5).fingerprint(MESSAGES, Verdict),
        model("http://x", seed=1).fingerprint(MESSAGES, Verdict),
        LanguageModel("http://x", "other").fingerprint(MESSAGES, Verdict),
    }
    assert len(prints) == 7
    assert model("http://moved").fingerprint(MESSAGES, Verdict) in prints


@pytest.mark.parametrize(
    ("faulty", "shown"),
    [
        (completion("I would rather say: it is calm."), "JSON"),
        (completion('{"score": "high", "why": "calm"}'), "score"),
        (completion('{"score": 0.5, "why": "calm", "weight": 1}'), "weight"),
        (completion('{"score": NaN, "why": "calm"}'), "score"),
        (completion('{"score": 0.5, "why": "ca', finish="length"), "cut off"),
        (completion(""), "empty"),
        (completion(None), "empty"),
        (completion("null"), "the answer"),
        (completion(None, refusal="I may not"), "refused"),
    ],
)
def test_a_faulty_answer_is_shown_its_fault_and_mended_once(faulty: Reply, shown: str) -> None:
    with endpoint(faulty, completion(GOOD)) as server:
        answer = ask(model(server.url))
    assert answer.value == Verdict(score=0.5, why="calm")
    assert answer.calls == 2
    assert shown in server.asked[1]["messages"][-1]["content"]


@pytest.mark.parametrize("faulty", ["prose", "", "null", "[]", '{"score": 0.5'])
def test_a_second_faulty_answer_is_a_cause_with_the_raw_words_and_no_value(tmp_path: Path, faulty: str) -> None:
    with endpoint(completion(faulty)) as server:
        answer = ask(model(server.url, tmp_path))
        assert len(server.asked) == 2
    assert answer.value is None
    assert answer.cause is not None and "no usable answer" in answer.cause
    assert answer.raw == (faulty or None)
    assert not list(tmp_path.rglob("*.json")), "a faulty answer must not be replayed"


def test_a_code_fence_around_the_answer_is_forgiven() -> None:
    with endpoint(completion(f"```json\n{GOOD}\n```")) as server:
        assert ask(model(server.url)).value is not None


@pytest.mark.parametrize("trouble", [failing(500), failing(503), failing(429), failing(408), hanging_up])
def test_passing_trouble_is_tried_again(trouble: Reply) -> None:
    with endpoint(trouble, trouble, completion(GOOD)) as server:
        answer = ask(model(server.url, retries=2))
    assert answer.value is not None
    assert answer.calls == 3


@pytest.mark.parametrize(
    ("trouble", "calls", "says"),
    [
        (failing(500), 3, "status 500"),
        (failing(429), 3, "status 429"),
        (failing(429, "insufficient_quota"), 1, "status 429"),
        (failing(400), 1, "status 400"),
        (failing(401), 1, "does not accept the key"),
        (failing(404), 1, "knows no model test-model"),
        (plain("<html>hello</html>", kind="text/html"), 1, "not answer in the protocol"),
        (plain('{"choices": null}'), 1, "not answer in the protocol"),
        (plain('{"choices": []}'), 1, "not answer in the protocol"),
        (plain("[1, 2"), 1, "not answer in the protocol"),
    ],
)
def test_lasting_trouble_is_a_cause_in_clear_words(trouble: Reply, calls: int, says: str) -> None:
    with endpoint(trouble) as server:
        answer = ask(model(server.url, key=SecretStr("sk-secret")))
    assert answer.value is None
    assert answer.cause is not None and says in answer.cause
    assert answer.calls == calls
    assert "sk-secret" not in answer.cause


def test_the_servers_own_waiting_time_is_kept() -> None:
    pauses: list[float] = []
    with endpoint(failing(429, headers=("Retry-After", "3")), completion(GOOD)) as server:
        assert ask(model(server.url, sleep=pauses.append)).value is not None
    assert pauses == [3.0]


def test_a_waiting_time_beyond_our_patience_ends_the_request_at_once() -> None:
    with endpoint(failing(429, headers=("Retry-After", "3600")), completion(GOOD)) as server:
        answer = ask(model(server.url))
    assert answer.value is None and answer.calls == 1


def test_pauses_grow_and_are_the_same_in_every_run() -> None:
    def run() -> list[float]:
        pauses: list[float] = []
        with endpoint(failing(500)) as server:
            ask(model(server.url, sleep=pauses.append, retries=3, timeout=60.0))
        return pauses

    first = run()
    assert len(first) == 3 and all(low <= p <= 2 * low for low, p in zip((0.25, 0.5, 1.0), first, strict=True))
    assert run() == first


@pytest.mark.parametrize("trouble", [slow, dripping])
def test_a_slow_endpoint_ends_in_time(trouble: Reply) -> None:
    with endpoint(trouble) as server:
        m = model(server.url, timeout=0.3, sleep=time.sleep)
        m.ask(MESSAGES[:1], Verdict, purpose="import the client outside the measured time")
        start = time.monotonic()
        answer = ask(m)
        lasted = time.monotonic() - start
    assert answer.value is None
    assert answer.cause is not None and "did not answer within 0.3 s" in answer.cause
    assert lasted < 1.5


def test_a_refused_connection_is_told_at_once_and_not_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = ask(model(f"http://127.0.0.1:{port}/v1"))
    assert answer.value is None and answer.calls == 1
    assert answer.cause is not None and "nothing answers at" in answer.cause


def test_after_failures_in_a_row_the_endpoint_is_left_alone_and_later_tried_once() -> None:
    now = [0.0]
    with endpoint(failing(400)) as server:
        m = model(server.url, clock=lambda: now[0])
        for _ in range(FAILURES_ALLOWED):
            ask(m)
        refused = ask(m)
        assert len(server.asked) == FAILURES_ALLOWED
        assert refused.cause is not None and "not asked" in refused.cause and "status 400" in refused.cause
        now[0] += REST_SECONDS + 1
        server.replies = [completion(GOOD)]
        assert ask(m).value is not None
        assert ask(m).value is not None, "a success closes the breaker"


def test_a_kept_answer_is_replayed_though_the_endpoint_is_dead(tmp_path: Path) -> None:
    with endpoint(completion(GOOD)) as server:
        m = model(server.url, tmp_path)
        ask(m)
    assert ask(m).replayed


@pytest.mark.parametrize("damage", ["", "{", "null", '{"fingerprint": "x"}'])
def test_a_damaged_kept_answer_is_a_reported_miss(tmp_path: Path, damage: str) -> None:
    with endpoint(completion(GOOD)) as server:
        ask(model(server.url, tmp_path))
        (file,) = tmp_path.rglob("*.json")
        file.write_text(damage)
        again = ask(model(server.url, tmp_path))
        assert len(server.asked) == 2
        assert again.value is not None and again.note is not None and "damaged" in again.note
        assert ask(model(server.url, tmp_path)).replayed, "the damaged file was replaced"


def test_an_edited_kept_answer_is_noticed(tmp_path: Path) -> None:
    with endpoint(completion(GOOD)) as server:
        ask(model(server.url, tmp_path))
        (file,) = tmp_path.rglob("*.json")
        file.write_text(file.read_text().replace("0.5", "0.9"))
        again = ask(model(server.url, tmp_path))
    assert not again.replayed and again.note is not None and "its own hash" in again.note


def test_a_disk_that_takes_nothing_does_not_lose_the_answer(tmp_path: Path) -> None:
    blocked = tmp_path / "answers"
    blocked.write_text("a file where the folder should be")
    with endpoint(completion(GOOD)) as server:
        answer = ask(model(server.url, blocked))
    assert answer.value is not None
    assert answer.note is not None and "could not be kept" in answer.note


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache = AnswerCache(tmp_path)
    note = cache.keep(_kept("ab" * 32, "x"))
    assert note is not None and "No space left" in note
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def _kept(fingerprint: str, content: str) -> KeptAnswer:
    return KeptAnswer(
        fingerprint=fingerprint, model="m", purpose="p", content=content, content_hash=text_hash(content), usage=None
    )


WRITER = """
import sys
from pathlib import Path
from tools.llm.answers import AnswerCache, KeptAnswer, text_hash
cache = AnswerCache(Path(sys.argv[1]))
for turn in range(100):
    text = sys.argv[2] * 5000
    assert cache.keep(KeptAnswer(fingerprint="cd" * 32, model="m", purpose="p", content=text,
                                 content_hash=text_hash(text), usage=None)) is None
    kept, note = cache.read("cd" * 32)
    assert kept is not None and note is None, note
"""


def test_several_processes_never_see_half_an_answer(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], cwd=root, stderr=subprocess.PIPE)
        for name in ("a", "b")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()


def test_parallel_requests_share_one_model() -> None:
    with endpoint(completion(GOOD)) as server, ThreadPoolExecutor(8) as pool:
        m = model(server.url)
        answers = list(pool.map(lambda _: ask(m), range(16)))
    assert all(answer.value is not None for answer in answers)


def test_without_a_model_in_the_settings_there_is_none(tmp_path: Path) -> None:
    assert LanguageModel.from_settings(Settings(home=tmp_path, _env_file=None)) is None  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "half", [{"model_url": "http://x/v1"}, {"model_name": "m"}, {"model_name": "m", "model_url": "localhost:8080"}]
)
def test_half_a_model_in_the_settings_is_an_error_with_a_remedy(tmp_path: Path, half: dict[str, str]) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        LanguageModel.from_settings(Settings(home=tmp_path, _env_file=None, **half))  # type: ignore[arg-type, call-arg]
    assert "QUORUM_MODEL" in str(caught.value) and caught.value.remedy


def test_a_model_in_the_settings_keeps_its_answers_at_home(tmp_path: Path) -> None:
    with endpoint(completion(GOOD)) as server:
        settings = Settings(home=tmp_path, model_url=server.url, model_name="m", _env_file=None)  # type: ignore[call-arg]
        m = LanguageModel.from_settings(settings)
        assert m is not None and ask(m).value is not None
    assert list((tmp_path / "answers").rglob("*.json"))
