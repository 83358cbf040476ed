"""`quorum evaluate views` as a shell meets it: the page, the figures beside it, the register, a model that is asked."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.personas import load_personas
from app.main import cli
from lab.register import Register
from lab.view_quality.ask import ask_personas, past_dates
from lab.view_quality.page import page
from lab.view_quality.records import Result
from lab.view_quality.voices import by_models
from lab.walk_forward.universes import StudyUniverse
from portfolio.market import MarketPanel
from tests.tools.llm.server import completion, endpoint, model

RUN = CliRunner()
ROOT = Path(__file__).parents[2]


def market() -> MarketPanel:
    rng = np.random.default_rng(4)
    dates = np.arange(np.datetime64("2013-01-01"), np.datetime64("2020-01-01"))
    dates = dates[np.is_busday(dates)]
    moves = rng.normal(0.0003, 0.01, (len(dates), 6))
    close = np.asarray(40.0 * np.cumprod(1.0 + moves, axis=0), dtype=np.float64)
    return MarketPanel(dates=dates, symbols=("KO", "PEP", "JNJ", "XOM", "JPM", "WMT"), close=close, source="made up")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One small universe and a folder of its prices, so that the command's own work is what is tested."""
    panel, folder = market(), tmp_path / "prices"
    folder.mkdir()
    for place, symbol in enumerate(panel.symbols):
        rows = (f"{day},{close:.6f}\n" for day, close in zip(panel.dates, panel.close[:, place], strict=True))
        (folder / f"{symbol}.csv").write_text("date,adj_close\n" + "".join(rows), encoding="utf-8")
    monkeypatch.setenv("QUORUM_PRICES", str(folder))
    one = StudyUniverse(name="made up", panel=market(), first_year=2013, last_year=2019)
    monkeypatch.setattr("lab.walk_forward.universes.load_universes", lambda prices: (one,))


@pytest.mark.usefixtures("small")
def test_the_command_writes_the_page_its_figures_and_the_trials_and_the_same_bytes_twice(tmp_path: Path) -> None:
    out, register = tmp_path / "docs" / "views.md", tmp_path / "trials.jsonl"
    words = ["evaluate", "views", "--home", str(tmp_path / "home"), "--out", str(out), "--register", str(register)]
    words += ["--tries", "momentum=3", "--today", "2026-01-01", "--draws", "100", "--json"]
    shown = RUN.invoke(cli, words)
    assert shown.exit_code == 0, shown.output
    result = Result.model_validate_json(shown.stdout)
    figures = out.parent / "evidence" / "views.json"
    assert Result.model_validate_json(figures.read_bytes()) == result
    assert out.read_text(encoding="utf-8") == page(result)
    assert result.command == "quorum evaluate views --tries momentum=3 --draws 100 --register trials.jsonl"
    assert {voice.persona: voice.variants for voice in result.universes[0].voices}["momentum"] == 3
    assert {trial.opened for trial in Register(register).trials()} == {date(2026, 1, 1)}
    before = figures.read_bytes(), out.read_bytes(), register.read_bytes()
    assert RUN.invoke(cli, words).exit_code == 0
    assert (figures.read_bytes(), out.read_bytes(), register.read_bytes()) == before


@pytest.mark.parametrize("words", ["momentum", "momentum=", "momentum=0", "=4", "momentum=two"])
def test_tries_that_cannot_be_read_are_an_error_with_an_example(words: str, tmp_path: Path) -> None:
    shown = RUN.invoke(cli, ["evaluate", "views", "--home", str(tmp_path), "--tries", words])
    assert shown.exit_code != 0
    assert "value=200" in shown.output or "value=200" in str(getattr(shown.exception, "remedy", ""))


def test_a_model_that_is_asked_about_past_days_is_judged_apart_and_not_in_its_own_time() -> None:
    panel = market()
    views = [{"symbol": name, "score": score, "confidence": 0.6} for name, score in (("KO", 0.5), ("XOM", -0.5))]
    with endpoint(completion(json.dumps({"views": views}))) as server:
        entries = ask_personas(
            panel,
            load_personas(["momentum", "contrarian"]),
            model(server.url),
            dates=2,
            asked_on=date(2026, 1, 1),
            step=lambda *_: None,
        )
        assert len(server.asked) == 4
    assert {entry.symbol for entry in entries} == {"KO", "XOM"} and len(entries) == 8
    assert not any(entry.live for entry in entries)
    spoken = by_models(entries, panel)
    assert {(voice.persona, voice.voice) for voice in spoken} == {
        (name, voice) for name in ("momentum", "contrarian") for voice in ("model", "view")
    }
    assert all(voice.live == 0.0 for voice in spoken)


@pytest.mark.usefixtures("small")
def test_the_model_of_the_settings_is_asked_and_stands_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"views": [{"symbol": name, "score": 0.5, "confidence": 0.6} for name in ("KO", "XOM", "JPM")]}
    out = tmp_path / "views.md"
    words = ["evaluate", "views", "--home", str(tmp_path), "--out", str(out), "--draws", "100", "--ask", "1"]
    with endpoint(completion(json.dumps(answer))) as server:
        monkeypatch.setenv("QUORUM_MODEL_NAME", "tiny")
        monkeypatch.setenv("QUORUM_MODEL_URL", server.url)
        shown = RUN.invoke(cli, words)
    assert shown.exit_code == 0, shown.output
    text = out.read_text(encoding="utf-8")
    assert "| momentum by tiny (model) | a quarter | 3 | 0% |" in text
    assert "views --ask 1" in text.splitlines()[2]


def test_a_model_is_asked_only_about_days_whose_outcome_is_known() -> None:
    panel = market()
    days = past_dates(panel, 3, 252)
    assert len(days) == 3 and np.datetime64(days[-1]) == panel.dates[-254]
    with pytest.raises(ValueError, match="bring a longer history"):
        past_dates(panel.window(0, 100), 3, 252)


def test_the_published_page_is_made_of_the_published_figures() -> None:
    figures = ROOT / "docs" / "evidence" / "views.json"
    if not figures.is_file():
        pytest.skip("the study has not been published yet: run quorum evaluate views")
    result = Result.model_validate_json(figures.read_bytes())
    assert (ROOT / "docs" / "views.md").read_text(encoding="utf-8") == page(result)
