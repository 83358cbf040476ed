"""The doors, each opened in a process of its own as a person would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = "I'm 34, I want to retire at 60, I can stomach a bad year but I'd sell if I lost a third, no tobacco"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def quorum(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        input=stdin,
        env={**os.environ, "QUORUM_HOME": str(home), "COLUMNS": "140"},
    )


def test_a_profile_is_read_and_printed_as_one_object(home: Path) -> None:
    done = quorum(home, "profile", "--json", "--text", TEXT)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["profile"]["age"]["value"] == 34
    assert printed["profile"]["age"]["quote"] in TEXT
    assert printed["profile"]["income"] is None
    assert printed["mandate"]["cvar_cap"]["value"] < 1 / 3


def test_a_refusal_has_reasons_and_its_own_exit_code(home: Path) -> None:
    done = quorum(home, "advise", "--json", "--text", "I'm 12 and I want to put my pocket money into shares")
    assert done.returncode == 4, done.stderr
    printed = json.loads(done.stdout)
    assert printed["status"] == "refused" and printed["weights"] is None
    assert printed["refused"][0]["reason"] and printed["refused"][0]["remedy"]


def test_contradicting_limits_are_named_with_ways_out_and_an_exit_code(home: Path) -> None:
    text = "I'm 40, 20 years, moderate. Keep 80% in cash and put at least 40% in healthcare."
    done = quorum(home, "advise", "--json", "--text", text)
    assert done.returncode == 5, done.stderr or done.stdout[-2000:]
    decision = json.loads(done.stdout)["decision"]
    assert decision["feasible"] is False and decision["conflict"] and decision["relaxations"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["advise", "--text", TEXT, "--as-of", "1980-01-01"], "begins on 1990-01-02"),
        (["advise", "--text", TEXT, "--as-of", "2030-01-01"], "2022-12-28"),
        (["advise", "--text", TEXT, "--prices", "no-such-folder"], "is not a folder"),
        (["advise", "--text", TEXT, "--personas", "astrologer"], "astrologer"),
        (["advise", "--text", "   "], "empty"),
        (["trace", "show", "0000"], "no trace"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_a_remedy(home: Path, arguments: list[str], says: str) -> None:
    done = quorum(home, *arguments)
    assert done.returncode == 3, done.stderr
    assert says in done.stderr.replace("\n", " ")
    assert "What to do:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_setting_fails_at_start_and_names_itself(home: Path) -> None:
    env = {**os.environ, "QUORUM_HOME": str(home), "QUORUM_MODEL_TIMEOUT": "soon"}
    done = subprocess.run([sys.executable, "-m", "app", "doctor"], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 3
    assert "QUORUM_MODEL_TIMEOUT" in done.stderr and "Traceback" not in done.stderr


def test_a_recommendation_is_shown_and_its_trace_can_be_listed_shown_and_exported(home: Path, tmp_path: Path) -> None:
    done = quorum(home, "advise", "--text", TEXT, "--today", "2026-11-21")
    assert done.returncode == 0, done.stderr
    for words in (
        "Your profile",
        "Your mandate in numbers",
        "Recommended weights",
        "Orders",
        "bundled history to 2022",
    ):
        assert words in done.stdout
    listed = json.loads(quorum(home, "trace", "list", "--json").stdout)
    trace_id = listed[0]["trace_id"]
    assert trace_id in done.stdout
    assert "Node by node" in quorum(home, "trace", "show", trace_id).stdout
    page = tmp_path / "why.html"
    assert quorum(home, "trace", "export", trace_id, str(page)).returncode == 0
    assert "http" not in page.read_text(encoding="utf-8").replace("http-equiv", "")


def test_a_chat_from_a_pipe_asks_advises_approves_and_resumes(home: Path) -> None:
    first = quorum(home, "chat", "--json", "--session", "mine", stdin=f"{TEXT}\n")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout.splitlines()[-1])["status"] == "needs_answer"
    then = quorum(home, "chat", "--json", "--session", "mine", stdin="go ahead\nwhy so much cash?\napprove\n")
    turns = [json.loads(line) for line in then.stdout.splitlines()]
    assert [turn["status"] for turn in turns] == ["awaiting_approval", "answered", "approved"], then.stderr
    assert turns[1]["answer"] and turns[0]["trace_id"] == turns[2]["trace_id"]


def test_doctor_finds_a_dead_endpoint_and_says_what_to_do(home: Path) -> None:
    env = {**os.environ, "QUORUM_HOME": str(home), "QUORUM_MODEL_URL": "http://127.0.0.1:9/v1"}
    env |= {"QUORUM_MODEL_NAME": "none", "QUORUM_MODEL_TIMEOUT": "1", "QUORUM_MODEL_RETRIES": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor", "--json"], capture_output=True, text=True, check=False, env=env
    )
    rows = {row["part"]: row for row in json.loads(done.stdout)["findings"]}
    assert done.returncode == 6
    assert rows["model"]["state"] == "bad" and rows["model"]["remedy"]
    assert rows["data"]["state"] in {"good", "note"}


def test_a_missing_checkpoint_is_a_labelled_baseline(home: Path, tmp_path: Path) -> None:
    env = {**os.environ, "QUORUM_HOME": str(home), "QUORUM_CHECKPOINT": str(tmp_path / "nothing")}
    done = subprocess.run(
        [sys.executable, "-m", "app", "advise", "--json", "--text", TEXT],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert [item["rung"] for item in printed["fallbacks"] if item["part"] == "allocator"] == ["baseline"]
    assert printed["status"] == "awaiting_approval"


def test_an_unknown_exclusion_is_said_to_bind_nothing(home: Path) -> None:
    done = quorum(home, "profile", "--json", "--text", "I'm 40, 15 years, moderate, no crypto please")
    notes = [item["note"] for item in json.loads(done.stdout)["mandate"]["exclusions"]]
    assert notes and "binds nothing" in notes[0]


def test_one_asset_is_a_universe(home: Path, tmp_path: Path) -> None:
    prices = tmp_path / "one"
    prices.mkdir()
    rows = "\n".join(f"2020-{1 + i // 28:02d}-{1 + i % 28:02d},{100 + i % 7}" for i in range(300))
    (prices / "ONLY.csv").write_text("date,adj_close\n" + rows + "\n", encoding="utf-8")
    done = quorum(home, "advise", "--json", "--text", TEXT, "--prices", str(prices))
    assert done.returncode == 0, done.stderr
    weights = json.loads(done.stdout)["weights"]
    assert set(weights) == {"ONLY", "CASH"} and abs(sum(weights.values()) - 1) < 1e-9
