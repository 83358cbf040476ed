"""The report: one file, no network, the answer first, the same bytes."""

import base64
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pyarrow.parquet as pq
import pytest

from agents.personas import load_personas, score_history
from lab.backtest.learned import learned
from lab.backtest.plan import Plan
from lab.backtest.run import Study, run, world_of
from lab.report.files import write
from lab.report.make import report_of
from lab.report.pictures import pictures
from lab.report.records import Report
from lab.report.words import percent, signed
from tools.market.records import MarketData

NAMES = ("inverse-volatility", "buy-and-hold", "policy", "gated")


def study_of(data: MarketData, plan: Plan) -> Study:
    both, seeds, _ = learned()
    plan = plan.model_copy(update={"strategies": NAMES, "test_from": date(2015, 1, 1)})
    world = world_of(data, lambda cut: score_history(load_personas(), cut.panel), plan)
    return run(world, plan, lambda *_: None, extra=both, seeds=seeds[:2])


@pytest.fixture(scope="module")
def made(
    backtest_data: MarketData, backtest_plan: Plan, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Path]:
    study, folder = study_of(backtest_data, backtest_plan), tmp_path_factory.mktemp("report")
    write(study, folder)
    return study, folder


def test_the_page_opens_with_the_answer_and_asks_no_network(made: tuple[Study, Path]) -> None:
    study, folder = made
    page = (folder / "report.html").read_text(encoding="utf-8")
    answer = report_of(study).answer
    assert "no better than equal weight" in answer
    assert page.index("class=answer") < page.index("<script") < page.index("<table")
    assert page.count("<script>") == 2, "plotly once, and the drawing"
    own = page[: page.index("<script>")]
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", own)
    assert "@import" not in page[: page.index("</style>")]


def test_every_picture_is_a_figure_that_plotly_takes(made: tuple[Study, Path]) -> None:
    study, folder = made
    report = report_of(study)
    named = [picture.name for picture in pictures(study, report)]
    assert named == ["gains", "equity", "rolling", "costs", "seeds", "weights", "risks", "months"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    for name in named:
        found = re.search(rf'<script type="application/json" data-plot="{name}">(.*?)</script>', page, re.DOTALL)
        assert found is not None
        for figure in json.loads(found[1]).values():
            assert go.Figure(figure).data


def numbers(packed: dict[str, str]) -> np.ndarray:
    """What plotly writes of an array: its type and its bytes."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"]).astype(float)


def test_risk_contributions_sum_to_one_hundred_and_weights_too(made: tuple[Study, Path]) -> None:
    study, _ = made
    for picture in pictures(study, report_of(study)):
        if picture.name in {"risks", "weights"}:
            for figure in picture.figures.values():
                total = np.sum([numbers(trace["y"]) for trace in json.loads(figure)["data"]], axis=0)
                assert np.allclose(total, 100.0, atol=0.01)


def test_the_same_inputs_give_the_same_bytes(
    made: tuple[Study, Path], backtest_data: MarketData, backtest_plan: Plan, tmp_path: Path
) -> None:
    write(study_of(backtest_data, backtest_plan), tmp_path)
    for path in sorted(made[1].iterdir()):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_the_json_reads_back_and_the_tables_hold_the_daily_account(made: tuple[Study, Path]) -> None:
    study, folder = made
    report = Report.model_validate_json((folder / "report.json").read_bytes())
    assert report == report_of(study)
    daily = pq.read_table(folder / "returns.parquet")
    assert daily.column_names == ["date", "cash", *study.names]
    assert np.array_equal(daily["policy"].to_numpy(), study.accounts.returns("policy"))
    held = pq.read_table(folder / "weights.parquet").to_pandas()
    assert np.allclose(held.groupby(["strategy", "date"])["weight"].sum(), 1.0)


def test_each_line_has_its_intervals_costs_and_a_paired_difference_to_each_other(made: tuple[Study, Path]) -> None:
    report = report_of(made[0])
    for line in report.lines:
        assert set(line.doubt.against) == {other.name for other in report.lines} - {line.name}
        for interval in line.doubt.intervals.values():
            assert interval.low <= interval.high
    for row in report.costs:
        ratios = [ratio for ratio in row.ratio if ratio is not None]
        assert ratios == sorted(ratios, reverse=True), "more cost, less ratio"
    assert [part.name[:4] for part in report.stress] == ["2015"], "only windows that the data cover"


def test_a_figure_is_written_with_a_true_minus_and_no_negative_zero() -> None:
    assert percent(-0.0001, 0) == "0\u00a0%" and signed(-0.012) == "−1.2\u00a0%" and signed(0.0) == "0.0\u00a0%"
    assert percent(None) == "–"
