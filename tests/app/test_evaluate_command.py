"""`quorum evaluate quality` on a small made-up folder of data: results, page, and errors with a remedy."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import cli


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "news"
    folder.mkdir(parents=True)
    lines = ["text,label"]
    for i in range(8):
        lines += [f"Splunk {i} EPS beats and shares rise,1", f"Okta {i} falls on a downgrade,0", f"Call at {i},2"]
    with gzip.open(folder / "labelled_financial_tweets.csv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return tmp_path / "data"


def run(*words: str) -> "tuple[int, str]":
    done = CliRunner().invoke(cli, ["evaluate", "quality", *words])
    return done.exit_code, done.output


def test_one_command_measures_keeps_and_draws(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUORUM_MODEL_NAME", raising=False)
    words = ("--data", str(data), "--out", "page.md", "--part", "sentiment", "--home", str(tmp_path / "home"))
    code, said = run(*words)
    assert code == 0, said
    kept = json.loads((tmp_path / "page" / "sentiment.rules.json").read_text())
    assert {method["n"] for method in kept["methods"]} == {12}, "held-out rows only"
    text = (tmp_path / "page.md").read_text()
    assert "the product's rules" in text and "Not measured yet." in text
    assert str(tmp_path) not in text, "no path of one machine"
    assert run(*words)[0] == 0
    assert (tmp_path / "page.md").read_text() == text


def test_a_folder_without_the_data_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        cli, ["evaluate", "quality", "--data", str(tmp_path), "--out", str(tmp_path / "p.md"), "--part", "returns"]
    )
    assert done.exit_code != 0
    assert "holds no file" in str(done.exception)
    assert not (tmp_path / "p.md").exists()
