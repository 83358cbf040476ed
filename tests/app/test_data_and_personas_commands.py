"""`quorum data` and `quorum personas` as a shell meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.exits import Exit
from app.main import cli
from tools.errors import QuorumError

RUN = CliRunner()


def call(*words: str) -> tuple[int, str]:
    result = RUN.invoke(cli, list(words))
    if isinstance(result.exception, QuorumError):
        raise result.exception
    return result.exit_code, result.stdout


def folder_of_prices(tmp_path: Path) -> Path:
    folder = tmp_path / "prices"
    folder.mkdir()
    rows = "".join(f"2020-01-{day:02d},{100 + day}\n" for day in (2, 3, 6, 7, 8))
    (folder / "ZZZZ.csv").write_text("date,adj_close\n" + rows)
    return folder


def test_data_says_in_json_what_it_read_and_what_it_does_not_know(tmp_path: Path) -> None:
    code, text = call("data", "--json", "--home", str(tmp_path), "--prices", str(folder_of_prices(tmp_path)))
    told = json.loads(text)
    assert code == Exit.OK
    assert told["as_of"] == "2020-01-08"
    assert told["bill_rate"] is None and told["bill_rate_source"] is None
    assert {item["kind"] for item in told["report"]["findings"]} == {"unknown_facts", "short_history"}
    assert told["untradable"][0]["symbol"] == "ZZZZ"


def test_data_on_the_terminal_names_each_asset_and_finding(tmp_path: Path) -> None:
    code, text = call("data", "--home", str(tmp_path), "--prices", str(folder_of_prices(tmp_path)))
    assert code == Exit.OK
    assert "ZZZZ" in text and "unknown facts" in text and "2020-01-02" in text


def test_data_on_a_day_after_the_last_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuorumError, match="2020-01-08"):
        call("data", "--home", str(tmp_path), "--prices", str(folder_of_prices(tmp_path)), "--as-of", "2021-01-01")


def test_the_committee_is_listed_with_whoever_cannot_be_heard(tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "odd.md").write_text("no front matter")
    code, text = call("personas", "list", "--json", "--home", str(tmp_path))
    told = json.loads(text)
    assert code == Exit.OK
    assert {"value", "momentum", "risk", "contrarian"} <= {item["name"] for item in told["personas"]}
    assert [item["name"] for item in told["broken"]] == ["odd"] and told["broken"][0]["cause"]
    assert "odd" in call("personas", "list", "--home", str(tmp_path))[1]


def test_one_persona_is_shown_by_name(tmp_path: Path) -> None:
    assert json.loads(call("personas", "show", "risk", "--json", "--home", str(tmp_path))[1])["name"] == "risk"


def test_a_persona_that_does_not_exist_is_refused_with_the_names_of_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(QuorumError, match="momentum"):
        call("personas", "show", "momentun", "--home", str(tmp_path))


def test_a_broken_persona_fails_its_check_by_name_and_by_path(tmp_path: Path) -> None:
    path = tmp_path / "personas" / "odd.md"
    path.parent.mkdir()
    path.write_text("no front matter")
    for word in ("odd", str(path)):
        code, text = call("personas", "check", word, "--json", "--home", str(tmp_path))
        told = json.loads(text)
        assert code == Exit.FINDINGS
        assert not told["passed"] and told["items"][0]["remedy"]


def test_a_shipped_persona_passes_its_check(tmp_path: Path) -> None:
    code, text = call("personas", "check", "contrarian", "--json", "--home", str(tmp_path))
    assert code == Exit.OK and json.loads(text)["passed"]
