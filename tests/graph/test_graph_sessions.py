"""A conversation through the real graph on the bundled history: it survives its process, or says what changed."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from graph.advisor import Advisor, Approve, Ask, Edit, Reject
from tools.errors import SessionError
from tools.settings import Settings

TODAY = date(2026, 11, 21)
WORDS = (
    "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no tobacco. "
    "I have $50,000"
)
NODES = [
    *("profiler", "mandate", "gather", "news_analyst", "filings_analyst", "persona: value", "persona: momentum"),
    *("persona: risk", "persona: contrarian", "allocator", "risk_manager", "recommend", "approval"),
]
CHILD = """
import os, sys
from datetime import date
from pathlib import Path
from graph.advisor import Advisor
from tools.settings import Settings
home, node, words = sys.argv[1:]
stop = lambda name: os._exit(9) if name == node else None
advisor = Advisor(Settings(home=Path(home)), today=date(2026, 11, 21), use_policy="always", before_node=stop)
turn = advisor.resume("s") if words == "" else advisor.say("s", words, insist=True)
print(turn.model_copy(update={"seconds": None}).model_dump_json())
"""

KILLED_AT_EACH = """
import os, sys
from graph.advisor import Advisor  # imported once: each process below is a fork with a memory of its own
home, words, *nodes = sys.argv[1:]
code = compile(os.environ["CHILD"], "child", "exec")
for node in nodes:
    process = os.fork()
    if process == 0:
        sys.argv[1:] = [home, node, words]
        exec(code)
        os._exit(0)
    died = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if died != 9:
        sys.exit(f"{node}: ended with {died}")
    words = ""
"""


def child(home: Path, node: str, words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(home), node, words],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def advisor(home: Path) -> Advisor:
    return Advisor(Settings(home=home), today=TODAY, use_policy="always")


@pytest.mark.slow
def test_a_process_killed_at_every_node_in_turn_still_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole = child(tmp_path / "whole", "", WORDS)
    assert whole.returncode == 0, whole.stderr
    died = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH, str(tmp_path / "killed"), WORDS, *NODES],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1", "CHILD": CHILD},
    )  # fmt: skip
    assert died.returncode == 0, died.stderr
    resumed = child(tmp_path / "killed", "", "")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == whole.stdout
    name = json.loads(whole.stdout)["trace_id"]
    files = [(tmp_path / which / "traces" / f"{name}.json").read_bytes() for which in ("whole", "killed")]
    assert files[0] == files[1]


def test_words_said_after_a_crash_come_on_top_of_those_before_it(tmp_path: Path) -> None:
    assert child(tmp_path, "profiler", WORDS).returncode == 9
    with Advisor(Settings(home=tmp_path), today=TODAY, use_policy="never") as other, pytest.raises(SessionError):
        other.say("s", "no oil", insist=True)
    with Advisor(Settings(home=tmp_path), today=TODAY, use_policy="always") as advisor:
        turn = advisor.say("s", "And no oil.", insist=True)
    assert turn.profile.age is not None and turn.profile.age.value == 34
    assert turn.profile.exclusions is not None
    assert {item.key for item in turn.profile.exclusions.value} >= {"tobacco"}


def test_a_session_made_with_other_data_is_an_error_that_names_it(tmp_path: Path) -> None:
    with Advisor(Settings(home=tmp_path), today=TODAY, use_policy="never") as advisor:
        advisor.say("s", WORDS)
    changed = Advisor(Settings(home=tmp_path), today=TODAY, as_of=date(2020, 6, 30), use_policy="never")
    with changed, pytest.raises(SessionError, match=r"other .*data"):
        changed.resume("s")
    fewer = Advisor(Settings(home=tmp_path), today=TODAY, personas=["value"], use_policy="never")
    with fewer, pytest.raises(SessionError, match="other personas"):
        fewer.open("s")


def test_the_profiler_asks_until_told_to_go_ahead_then_a_person_decides(advisor: Advisor) -> None:
    session = advisor.open("talk")
    first = advisor.say(session, WORDS)
    assert first.status == "needs_answer" and first.ask and first.recommendation is None
    offered = advisor.say(session, "go ahead")
    assert offered.status == "awaiting_approval" and offered.recommendation is not None
    asked = advisor.review(session, Ask(question="why so much cash?"))
    assert asked.status == "answered" and asked.answer and "cash" in asked.answer
    edited = advisor.review(session, Edit(limits={"cash_floor": 0.6}))
    assert edited.decision and edited.decision.weights and edited.decision.weights["CASH"] >= 0.6 - 1e-8
    with pytest.raises(SessionError, match="loosen"):
        advisor.review(session, Edit(limits={"cash_floor": 0.1}))
    done = advisor.review(session, Approve())
    assert done.status == "approved" and done.trace_id == edited.trace_id
    with pytest.raises(SessionError, match="nothing awaits"):
        advisor.review(session, Approve())
    again = advisor.say(session, "Actually I want to retire at 50", insist=True)
    assert again.decision and again.decision.weights and again.decision.weights["CASH"] >= 0.6 - 1e-8


def test_an_answer_that_was_not_understood_is_named_with_its_question(advisor: Advisor) -> None:
    session = advisor.open("purple")
    first = advisor.say(session, "I'm 40 and have 50k.")
    second = advisor.say(session, "purple")
    assert first.ask and second.ask
    assert second.ask.startswith(f'I did not understand "purple" as an answer to "{first.ask}"')
    third = advisor.say(session, "I would wait")
    assert third.profile and third.profile.risk_tolerance is not None
    assert third.ask and "not understand" not in third.ask


def test_a_rejection_ends_the_turn_with_its_reason_kept(advisor: Advisor) -> None:
    session = advisor.open("no")
    advisor.say(session, WORDS, insist=True)
    assert advisor.review(session, Reject(reason="too much cash")).status == "rejected"


def test_contributions_add_up_to_the_decision_on_the_trained_policy(advisor: Advisor) -> None:
    turn = advisor.say(advisor.open("sum"), WORDS, insist=True)
    assert turn.proposal and turn.proposal.method == "policy" and turn.decision and turn.decision.weights
    assert turn.recommendation and turn.mandate
    limits = advisor.context.constraints(turn.mandate, None)
    from portfolio.risk_manager import decide

    start = decide(turn.proposal.baseline, limits).weights
    assert start is not None
    for symbol, weight in turn.decision.weights.items():
        moved = sum(item.amount for item in turn.recommendation.contributions if item.symbol == symbol)
        assert abs(start[symbol] + moved - weight) < 1e-9


def numbers_in(text: str) -> list[str]:
    return re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)


@pytest.mark.parametrize(
    "question",
    [
        "why so much cash?",
        "why AAPL?",
        "why not XOM?",
        "which limits bind?",
        "what did momentum say?",
        "how risky is it?",
        "what are the orders?",
        "what data did you use?",
        "what are my limits?",
        "why not the baseline?",
        "what is love?",
    ],
)
def test_every_figure_in_an_answer_stands_in_the_trace(advisor: Advisor, question: str) -> None:
    session = advisor.open("figures", fresh=True)
    turn = advisor.say(session, WORDS, insist=True)
    assert turn.trace_id and turn.recommendation
    record = advisor.trace_json(turn.trace_id)
    known = [float(word) for word in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", record)]
    plain = set(numbers_in(record))
    reply = advisor.say(session, question)
    assert reply.status == "answered" and reply.answer
    for text in (reply.answer, turn.recommendation.explanation):
        for word in numbers_in(text):
            places, value = len(word.partition(".")[2]), float(word.replace(",", ""))
            near = 0.5000001 * 10**-places
            ok = word in plain or any(abs(abs(k) * scale - value) <= near for k in known for scale in (1, 100))
            assert ok, f"{word} of {text!r} is not in the trace"


def test_a_trace_page_holds_no_markup_from_outside_and_no_outside_address(advisor: Advisor) -> None:
    hostile = "<script>alert(1)</script><img src=http://evil.example/x>"
    turn = advisor.say(advisor.open("html"), f"{WORDS} {hostile}", insist=True)
    assert turn.trace_id
    page = advisor.trace_html(turn.trace_id)
    assert "&lt;script&gt;" in page
    assert "<script" not in page and "<img" not in page and "src=" not in page.replace("src=http://evil", "")


def test_the_same_words_give_the_same_trace_id_in_two_sessions(advisor: Advisor) -> None:
    ids = {advisor.say(advisor.open(name), WORDS, insist=True).trace_id for name in ("one", "two")}
    assert len(ids) == 1


def test_a_disk_that_takes_no_trace_is_a_labelled_fallback_and_the_advice_still_comes(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("a file where the folder should be")
    with Advisor(Settings(home=tmp_path), today=TODAY, use_policy="never") as advisor:
        turn = advisor.say(advisor.open(), WORDS, insist=True)
    assert turn.status == "awaiting_approval"
    assert "trace" in {item.part for item in turn.fallbacks}


def test_an_empty_message_and_an_unknown_session_are_clear_errors(advisor: Advisor) -> None:
    with pytest.raises(SessionError, match="empty"):
        advisor.say(advisor.open(), "  ")
    with pytest.raises(SessionError, match="no session"):
        advisor.resume("never-opened")


def test_a_full_disk_ends_in_a_clear_error_and_loses_no_earlier_turn(tmp_path: Path) -> None:
    with Advisor(Settings(home=tmp_path), today=TODAY) as advisor:
        advisor.say("s", WORDS, insist=True)
        database = advisor._saver.conn
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(SessionError, match="could not be written") as told:
            advisor.say("s", "actually keep 30% in cash", insist=True)
        assert "free disk space" in told.value.remedy
    with Advisor(Settings(home=tmp_path), today=TODAY) as again:
        turn = again.say("s", "actually keep 30% in cash", insist=True)
    assert turn.profile.age is not None, "what was said before the disk was full is still known"
    assert turn.mandate is not None and turn.mandate.cash_floor.value == 0.3
