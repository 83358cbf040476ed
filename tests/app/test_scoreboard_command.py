"""`quorum scoreboard` as a shell meets it, on prices that need no package."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.personas import Persona, load_personas, score_history
from agents.personas.conformance import random_panel
from app.main import cli
from lab.scoreboard import scoreboard_report
from portfolio.market import MarketPanel
from portfolio.scoreboard import RULES, Entry, judge
from portfolio.standings import standings
from tools.scoreboard import Board, ScoreboardStore

RUN = CliRunner()
FIRST = date(2015, 1, 1)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prices")
    for number, symbol in enumerate(("AAA", "BBB", "CCC", "DDD", "EEE")):
        steps = np.random.default_rng(number).normal(0.0003, 0.01, 900)
        close = 100.0 * np.exp(np.cumsum(steps))
        rows = "".join(f"{FIRST + timedelta(days=day)},{value:.4f}\n" for day, value in enumerate(close))
        (folder / f"{symbol}.csv").write_text("date,adj_close\n" + rows)
    return folder


def entry(symbol: str, day: int, **changes: object) -> Entry:
    fields: dict[str, object] = {
        "persona": "risk", "model": "tiny", "as_of": FIRST + timedelta(days=day), "symbol": symbol, "prompt": "p",
        "horizon_days": 21, "score": 0.1, "rules_score": 0.2, "model_score": 0.1 * (ord(symbol[0]) - 67),
        "model_confidence": 0.9,
    }  # fmt: skip
    return Entry.model_validate({**fields, **changes})


def test_without_a_record_the_rules_are_judged_and_the_prior_is_told(prices: Path, tmp_path: Path) -> None:
    words = ("scoreboard", "--home", str(tmp_path), "--prices", str(prices), "--personas", "risk")
    shown = RUN.invoke(cli, words)
    assert shown.exit_code == 0
    assert "risk" in shown.stdout and "126 days" in shown.stdout and "No model has been heard yet" in shown.stdout
    told = json.loads(RUN.invoke(cli, [*words, "--json"]).stdout)
    assert told["recorded"] == 0 and told["models"] == [] and told["brier"] is None
    assert {row["voice"] for row in told["rules"]} == {"rules"}


def test_recorded_views_are_judged_as_known_on_the_date(prices: Path, tmp_path: Path) -> None:
    names = ("AAA", "BBB", "CCC", "DDD", "EEE")
    store = ScoreboardStore(tmp_path / "scoreboard")
    store.append(entry(name, day) for day in (600, 800, 899) for name in names)
    store.append(
        entry(name, day, round=2, debate_prompt="d", model_score=0.5, score=0.1 * number)
        for day in (600, 800, 899)
        for number, name in enumerate(names)
    )
    words = ["scoreboard", "--home", str(tmp_path), "--prices", str(prices), "--personas", "risk"]
    told = json.loads(RUN.invoke(cli, [*words, "--json"]).stdout)
    assert (told["recorded"], told["judged"]) == (30, 20)
    assert told["debates"][0]["model"] == "tiny" and not told["debates"][0]["verdict"]["helps"]
    assert told["calibrations"][0]["up"]["method"] == "prior"
    earlier = json.loads(RUN.invoke(cli, [*words, "--json", "--as-of", str(FIRST + timedelta(days=700))]).stdout)
    assert (earlier["recorded"], earlier["judged"]) == (10, 10)
    shown = RUN.invoke(cli, words).stdout
    assert "Debate of tiny: off" in " ".join(shown.split()) and "10 wait for theirs" in shown


def entries_of_rules(personas: Sequence[Persona], panel: MarketPanel) -> list[Entry]:
    """Every rules score of every 21st day, counted back from the last, as an entry of its own."""
    scores = score_history(personas, panel)
    return [
        Entry(
            persona=one.spec.name, model=RULES, as_of=panel.dates[row].astype(object), symbol=symbol,
            prompt=one.spec.fingerprint, horizon_days=one.spec.horizon_days,
            score=float(scores.score[i, row, j]), rules_score=float(scores.score[i, row, j]),
        )
        for row in range((len(panel.dates) - 1) % 21, len(panel.dates), 21)
        for i, one in enumerate(personas)
        for j, symbol in enumerate(panel.symbols)
        if scores.mask[i, row, j]
    ]  # fmt: skip


def test_the_rules_are_judged_by_scores_of_their_own_days_as_entries_on_the_board_are() -> None:
    panel, personas = random_panel(), load_personas(["momentum", "contrarian"])
    report = scoreboard_report(Board((), ("2020.jsonl:3",)), personas, panel)
    one_by_one = [item for item in standings(judge(entries_of_rules(personas, panel), panel)) if item.voice == "rules"]
    assert [item.persona for item in report.rules] == ["contrarian", "momentum"]
    for made, wanted in zip(report.rules, one_by_one, strict=True):
        assert (made.persona, made.n, made.horizon_days) == (wanted.persona, wanted.n, wanted.horizon_days)
        for name in ("hit_rate", "rank_correlation"):
            one, other = getattr(made, name), getattr(wanted, name)
            assert (one.mean, one.low, one.high) == pytest.approx((other.mean, other.low, other.high), rel=1e-12)
    assert report.damaged == ("2020.jsonl:3",)
