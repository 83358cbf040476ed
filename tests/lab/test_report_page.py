"""The report: one file, no network, the answer first, the same bytes."""

import base64
import json
import re
from dataclasses import replace
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
from lab.report.calibration import DAYS, curves
from lab.report.files import write
from lab.report.make import report_of
from lab.report.pictures import pictures
from lab.report.records import Report, Section
from lab.report.words import listed, percent, signed
from portfolio.metrics import Metrics
from portfolio.taxes import TaxRates
from portfolio.views import ScoreHistory
from tools.market.records import MarketData

NAMES = ("inverse-volatility", "buy-and-hold", "policy", "gated")


def study_of(data: MarketData, plan: Plan) -> Study:
    both, seeds, _ = learned()
    rates = TaxRates(ordinary=0.35, long=0.15)
    plan = plan.model_copy(update={"strategies": NAMES, "test_from": date(2015, 1, 1), "taxes": rates})
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
    assert named == [
        "gains", "equity", "rolling", "taxes", "costs", "seeds", "calibration", "weights", "risks", "months",
    ]  # fmt: skip
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
    compared = {"information_ratio", "tracking_error", "beta", "alpha", "hit_rate"}
    told = set(Metrics.model_fields) - {"periods", "days", "trades", "after_liquidation_return", "tax_paid"}
    for line in report.lines:
        own = told - compared if line.name == "equal-weight" else told
        assert set(line.doubt.intervals) == own | {"matched_return", "after_tax_equivalent"}, (
            "an interval on every figure"
        )
        for name in own:
            assert line.doubt.intervals[name].estimate == pytest.approx(getattr(line.metrics, name) or 0.0, abs=1e-9)
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
    assert listed(["a", "b", "c"]) == "a, b and c" and listed(["a, x", "b", "c"]) == "a, x; b; and c"


def test_taxes_take_nothing_that_is_not_told_and_the_verdict_is_before_them(made: tuple[Study, Path]) -> None:
    study, folder = made
    report = report_of(study)
    for line in report.lines:
        assert line.tax is not None and line.metrics.after_tax_return == line.tax.after
        assert line.tax.before >= line.tax.after >= line.tax.after_liquidation - 1e-12
        assert line.tax.before == pytest.approx(line.metrics.annual_return, abs=1e-9)
        assert line.doubt.intervals["after_tax_return"].estimate == pytest.approx(line.tax.after, abs=1e-9)
    assert report.line("policy").doubt.tax_gain is not None and report.line("equal-weight").doubt.tax_gain is None
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "After taxes" in page and "35.0\u00a0%" in page
    assert any("Verdicts are before tax" in limit for limit in report.limits)


def test_bad_times_are_said_to_be_known_afterwards_and_those_not_covered_are_named(made: tuple[Study, Path]) -> None:
    text = (made[1] / "report.md").read_text(encoding="utf-8")
    assert "known only afterwards" in text and "Not in these prices: 2000-02" in text
    assert "known only afterwards" in (made[1] / "report.html").read_text(encoding="utf-8")


def test_a_table_of_another_study_stands_in_page_and_text(made: tuple[Study, Path], tmp_path: Path) -> None:
    one = Section(
        title="Who answered <here>",
        paragraphs=("Two ways were asked.",),
        heads=("way", "answers", "said"),
        rows=(("committee", 12.5, "a | b"), ("direct", None, "nothing")),
        notes=("By the model.",),
    )
    write(made[0], tmp_path, ("A note.",), (one,))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Who answered &lt;here&gt;" in page and "<td>12.50</td>" in page and "A note." in page
    assert "| committee | 12.50 | a \\| b |" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_a_persona_that_knows_is_seen_in_the_curve_and_one_that_guesses_is_not(
    made: tuple[Study, Path],
) -> None:
    study = made[0]
    world, close = study.world, study.world.panel.close
    ahead = np.zeros_like(close)
    ahead[: -DAYS - 1] = close[DAYS + 1 :] / close[1:-DAYS] - 1.0
    knows = np.where(ahead > np.median(ahead, axis=1, keepdims=True), 0.8, -0.8)
    guess = np.random.default_rng(3).uniform(-1.0, 1.0, close.shape)
    told = ScoreHistory(("oracle", "coin"), np.stack([knows, guess]), np.ones((2, *close.shape)),
                        np.ones((2, *close.shape), dtype=bool))  # fmt: skip
    oracle, coin = curves(replace(study, world=replace(world, scores=told)))
    assert [bin_.happened for bin_ in oracle.bins] == [0.0, 1.0]
    assert oracle.brier is not None and oracle.brier.skill is not None and oracle.brier.skill > 0.9
    assert coin.brier is not None and coin.brier.skill is not None and coin.brier.skill < 0.0
