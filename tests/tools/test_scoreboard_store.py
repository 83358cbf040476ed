"""The scoreboard's file: added to, never rewritten; several processes at once; each view once."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from portfolio.scoreboard import Entry
from tools.errors import StoreError
from tools.scoreboard import Board, ScoreboardStore

ROOT = Path(__file__).parents[2]


def entry(symbol: str = "XOM", year: int = 2020, **changes: object) -> Entry:
    fields: dict[str, object] = {
        "persona": "value", "model": "m", "as_of": date(year, 3, 2), "symbol": symbol, "prompt": "f" * 64,
        "horizon_days": 252, "score": 0.1, "rules_score": 0.2, "model_score": 0.3, "model_confidence": 0.4,
    }  # fmt: skip
    return Entry.model_validate({**fields, **changes})


def test_what_was_added_is_read_back_in_the_order_of_years(tmp_path: Path) -> None:
    store = ScoreboardStore(tmp_path / "scoreboard")
    assert store.read().entries == ()
    assert store.append([entry("B", 2021), entry("A", 2021), entry("C", 2019)]) == 3
    assert [item.symbol for item in store.read().entries] == ["C", "B", "A"]
    assert sorted(path.name for path in store.folder.glob("*.jsonl")) == ["2019.jsonl", "2021.jsonl"]


def test_the_same_view_is_recorded_once_and_the_first_figures_stand(tmp_path: Path) -> None:
    store = ScoreboardStore(tmp_path)
    assert store.append([entry(), entry(), entry(score=0.9)]) == 1
    assert ScoreboardStore(tmp_path).append([entry(score=0.5)]) == 0
    assert store.read().entries == (entry(),)


@pytest.mark.parametrize(
    "changes",
    [
        {"persona": "risk"},
        {"model": "another"},
        {"as_of": date(2020, 3, 3)},
        {"symbol": "CVX"},
        {"prompt": "e" * 64},
        {"round": 2},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_persona_model_date_asset_prompt_or_round_is_another_entry(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    store = ScoreboardStore(tmp_path)
    store.append([entry()])
    assert store.append([entry(**changes)]) == 1


ADD = """
import sys
from pathlib import Path
from portfolio.scoreboard import Entry
from tools.scoreboard import ScoreboardStore
one, start = Entry.model_validate_json(sys.argv[2]), int(sys.argv[3])
for number in range(start, start + 20):
    ScoreboardStore(Path(sys.argv[1])).append([one.model_copy(update={"symbol": f"S{number}"}), one])
"""


def test_several_processes_lose_nothing_and_record_nothing_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ADD, str(tmp_path), entry("SHARED").model_dump_json()]
    workers = [subprocess.Popen([*command, str(20 * k)], cwd=ROOT) for k in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    symbols = [item.symbol for item in ScoreboardStore(tmp_path).read().entries]
    assert sorted(symbols) == sorted([*(f"S{number}" for number in range(60)), "SHARED"])


def test_a_line_that_a_killed_process_left_half_written_costs_only_itself(tmp_path: Path) -> None:
    store = ScoreboardStore(tmp_path)
    store.append([entry("A")])
    with (tmp_path / "2020.jsonl").open("ab") as file:
        file.write(b'{"persona": "val')
    assert store.read() == Board((entry("A"),), ())
    assert store.append([entry("B")]) == 1
    board = store.read()
    assert [item.symbol for item in board.entries] == ["A", "B"]
    assert board.damaged == ("2020.jsonl:2",)


def test_a_whole_line_without_its_end_is_no_reason_to_record_it_again(tmp_path: Path) -> None:
    store = ScoreboardStore(tmp_path)
    (tmp_path / "2020.jsonl").write_bytes(entry("A").model_dump_json().encode())
    assert store.append([entry("A")]) == 0
    assert store.read().entries == (entry("A"),)


def test_a_line_with_unknown_or_impossible_figures_is_reported_and_left_out(tmp_path: Path) -> None:
    store = ScoreboardStore(tmp_path)
    store.append([entry("A")])
    path = tmp_path / "2020.jsonl"
    path.write_text(path.read_text() + entry("B").model_dump_json().replace("0.3", "7.0") + "\n")
    board = store.read()
    assert [item.symbol for item in board.entries] == ["A"] and board.damaged == ("2020.jsonl:2",)
    assert path.read_text().count("\n") == 2


def test_a_folder_that_cannot_be_written_is_said_with_its_remedy(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        ScoreboardStore(blocked / "scoreboard").append([entry()])
    assert "writable" in caught.value.remedy


def test_nothing_to_record_makes_no_folder(tmp_path: Path) -> None:
    assert ScoreboardStore(tmp_path / "none").append([]) == 0
    assert not (tmp_path / "none").exists()
