"""`quorum backtest --committee` from a folder of prices: one command, the same bytes again, and nothing made twice."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import cli
from rl.checkpoint import shipped
from tests.lab.conftest import made_up
from tools.errors import DataError
from tools.settings import Settings

RUN = CliRunner()


def prices(folder: Path) -> Path:
    """Five years of six assets as files."""
    panel = made_up(years=5).panel
    folder.mkdir()
    for column, symbol in enumerate(panel.symbols):
        rows = zip(panel.dates, panel.close[:, column], strict=True)
        text = "".join(f"{day.astype('datetime64[D]')},{price:.4f}\n" for day, price in rows)
        (folder / f"{symbol}.csv").write_text(f"date,adj_close\n{text}", encoding="utf-8")
    return folder


def command(tmp_path: Path, *more: str) -> list[str]:
    return [
        *(
            "backtest",
            "--committee",
            "--ways",
            "committee,ensemble",
            "--strategy",
            "equal-weight",
            "--every",
            "quarter",
        ),
        *("--first", "2015-01-01", "--draws", "100", "--today", "2026-11-21", "--home", str(tmp_path / "home")),
        *("--data", str(tmp_path / "prices"), "--out", str(tmp_path / "report"), *more),
    ]


@pytest.mark.slow
def test_the_live_committee_is_backtested_by_one_command_and_a_second_run_has_the_same_bytes(tmp_path: Path) -> None:
    prices(tmp_path / "prices")
    page = tmp_path / "committee.md"
    done = RUN.invoke(cli, command(tmp_path, "--committee-page", str(page)))
    assert done.exit_code == 0, done.output
    written = {path.name: path.read_bytes() for path in sorted((tmp_path / "report").iterdir())}
    assert "committee, its gate kept" in written["report.md"].decode()
    assert page.read_text(encoding="utf-8").startswith("# Is the committee better than equal weight?")
    decisions = tmp_path / "home" / "decisions"
    before = {path.name: path.stat().st_mtime_ns for path in decisions.iterdir()}
    assert RUN.invoke(cli, command(tmp_path)).exit_code == 0
    after = {path.name: path.stat().st_mtime_ns for path in decisions.iterdir() if path.name != "key"}
    assert after == {name: stamp for name, stamp in before.items() if name != "key"}
    assert {path.name: path.read_bytes() for path in sorted((tmp_path / "report").iterdir())} == written
    assert len(after) == 2 * json.loads(written["report.json"])["decisions"]


def test_a_way_that_there_is_not_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    prices(tmp_path / "prices")
    done = RUN.invoke(cli, [*command(tmp_path), "--ways", "guess"])
    assert done.exit_code != 0
    assert "there is no way 'guess'" in str(done.exception) and "ensemble" in str(done.exception)


def test_a_checkpoint_that_is_named_is_the_committees_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices(tmp_path / "prices")
    asked: list[Path | None] = []

    def sit(settings: Settings, *_: object, **__: object) -> None:
        asked.append(settings.checkpoint)
        raise DataError("enough was seen", "go on")

    monkeypatch.setattr("lab.committee.strategies.sit", sit)
    folder = str(shipped())
    assert RUN.invoke(cli, command(tmp_path, "--checkpoint", folder)).exit_code != 0
    assert asked == [Path(folder)]
