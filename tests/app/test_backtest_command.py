"""`quorum backtest` and its kin from the command line: whom they hear, what cash earns, and how orders are dealt."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from app.main import cli
from lab.backtest.look_ahead import LookAhead
from lab.backtest.plan import Plan
from lab.backtest.seen import World
from tests.app.test_backtest_committee_command import prices
from tests.lab.conftest import made_up
from tools.errors import DataError, QuorumError

RUN = CliRunner()
OWN = Path(__file__).parents[2] / "docs" / "examples" / "personas" / "quality_of_sleep.md"
SHIPPED = {"value", "momentum", "risk", "contrarian"}


def home_with_a_persona(folder: Path) -> Path:
    (folder / "personas").mkdir(parents=True)
    shutil.copy(OWN, folder / "personas" / "mine.md")
    return folder


def bill_folder(folder: Path) -> Path:
    """Five years of a fund of bills at about two percent, and a fund of shares."""
    dates = made_up(years=5).panel.dates
    folder.mkdir()
    for symbol, closes in (("BIL", 90.0 * 1.02 ** (np.arange(len(dates)) / 252)), ("SPY", np.full(len(dates), 200.0))):
        rows = "".join(f"{day},{price!r}\n" for day, price in zip(dates, closes.tolist(), strict=True))
        (folder / f"{symbol}.csv").write_text(f"date,adj_close\n{rows}", encoding="utf-8")
    return folder


def backtest(tmp_path: Path, home: Path, out: str, *more: str) -> dict[str, Any]:
    done = RUN.invoke(
        cli,
        [
            *("backtest", "--strategy", "blended-scores", "--every", "quarter", "--draws", "100", "--no-seeds"),
            *("--data", str(tmp_path / "prices"), "--home", str(home), "--today", "2026-11-21", "--json"),
            *("--out", str(tmp_path / out), *more),
        ],
    )
    assert done.exit_code == 0, done.output
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_a_persons_own_persona_is_heard_in_the_blended_scores(tmp_path: Path) -> None:
    prices(tmp_path / "prices")
    home = home_with_a_persona(tmp_path / "mine")
    without = backtest(tmp_path, tmp_path / "plain", "plain-report")
    heard = backtest(tmp_path, home, "own-report")
    assert {curve["persona"] for curve in heard["curves"]} - {curve["persona"] for curve in without["curves"]} == {
        "quality_of_sleep"
    }
    decided = [(tmp_path / name / "weights.parquet").read_bytes() for name in ("plain-report", "own-report")]
    assert decided[0] != decided[1], "the blended scores weigh it"


def test_a_fund_of_bills_tells_what_cash_earns_and_the_report_names_it(tmp_path: Path) -> None:
    prices(tmp_path / "prices")
    bills = bill_folder(tmp_path / "funds")
    without = backtest(tmp_path, tmp_path / "home", "plain")
    made = backtest(tmp_path, tmp_path / "home", "billed", "--bills", str(bills))
    assert without["ratio_name"] == "return / volatility" and made["ratio_name"] == "Sharpe ratio"
    assert "Cash earns trailing 63-day return of BIL" in made["cash"]
    assert made["cash"] in (tmp_path / "billed" / "report.md").read_text(encoding="utf-8")


def test_options_of_dealing_reach_the_plan_and_an_idle_one_is_refused(tmp_path: Path) -> None:
    prices(tmp_path / "prices")
    made = backtest(
        tmp_path, tmp_path / "home", "dealt",
        *("--lot", "1", "--account", "30000", "--spread", "12", "--rebalance", "band", "--watch", "decisions"),
    )  # fmt: skip
    plan = Plan.model_validate(made["plan"])
    assert plan.execution.lot == 1.0 and plan.execution.money == 30_000.0
    assert plan.execution.rebalancing.kind == "band" and plan.execution.rebalancing.check == "decisions"
    assert plan.execution.words in (tmp_path / "dealt" / "report.md").read_text(encoding="utf-8")
    refused = RUN.invoke(cli, ["backtest", "--width", "0.1", "--home", str(tmp_path / "home")])
    assert isinstance(refused.exception, QuorumError) and "--width" in str(refused.exception)


def test_the_search_for_sight_of_the_future_examines_a_persons_own_persona(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices(tmp_path / "prices")
    home = home_with_a_persona(tmp_path / "mine")
    monkeypatch.setattr("lab.backtest.look_ahead_live.check_live", lambda *_, **__: None)
    done = RUN.invoke(
        cli,
        [
            *("backtest", "--check-look-ahead", "--strategy", "equal-weight", "--every", "quarter", "--json"),
            *("--data", str(tmp_path / "prices"), "--home", str(home)),
        ],
    )
    assert done.exit_code == 0, done.output
    assert set(LookAhead.model_validate_json(done.stdout).personas) == SHIPPED | {"quality_of_sleep"}


class StoppedError(DataError):
    """Raised in the place of a study, when the world that it was given has been seen."""


@pytest.mark.parametrize(
    ("command", "study"),
    [
        (("evaluate", "strategies", "--prices"), "lab.backtest.run.run"),
        (("evaluate", "cross-validation", "--bills"), "lab.cross_validation.study.run"),
    ],
)
def test_the_studies_of_strategies_hear_it_too_and_know_the_bill_rate_to_the_last_day(
    command: tuple[str, ...], study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folders"
    folder.mkdir()
    bills = bill_folder(folder / "etf")
    prices(tmp_path / "prices")
    worlds: list[World] = []

    def seen(world: World, *_: object, **__: object) -> None:
        worlds.append(world)
        raise StoppedError("enough was seen", "go on")

    monkeypatch.setattr(study, seen)
    monkeypatch.setenv("QUORUM_PRICES", str(tmp_path / "prices"))
    named = folder if command[-1] == "--prices" else bills
    home = home_with_a_persona(tmp_path / "mine")
    done = RUN.invoke(cli, [*command, str(named), "--home", str(home), "--out", str(tmp_path / "page.md")])
    assert isinstance(done.exception, StoppedError), done.output
    (world,) = worlds
    assert set(world.scores.personas) == SHIPPED | {"quality_of_sleep"}
    assert world.panel.cash_rate is not None and np.isfinite(world.panel.cash_rate[63:]).all()
    assert "BIL" in (world.panel.cash_rate_source or "")
