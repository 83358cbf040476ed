"""The comparison of ways to weights: paired, at the same limits, and honest when nothing is gained."""

from datetime import date
from pathlib import Path

import pytest

from lab.committee.ways import BASELINE, WAYS
from lab.evaluation.methods import Comparison, compare_methods
from lab.evaluation.methods_page import page, verdict
from lab.evaluation.methods_register import trials_of
from lab.register import Register, trial_sharpes
from portfolio.method_evidence import MethodReport, record_of
from tools.settings import Settings

ENSEMBLE = next(item for item in WAYS if item.method == "ensemble")
GATED = WAYS[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    home = tmp_path_factory.mktemp("methods")
    return compare_methods(Settings(home=home), date(2022, 3, 1), ways=(GATED, ENSEMBLE))


@pytest.fixture(scope="module")
def report(made: Comparison) -> MethodReport:
    return made.report


def test_every_way_but_the_baseline_is_a_trial_of_its_window_and_the_same_run_adds_none(
    made: Comparison, tmp_path: Path
) -> None:
    book = Register(tmp_path / "trials.jsonl")
    assert book.open(trials_of(made, date(2026, 1, 1))) == 2
    assert book.open(trials_of(made, date(2026, 1, 2))) == 0
    gated, ensemble = book.trials()
    assert gated.gap == 0.0 and gated.method.startswith(GATED.name), "its gate is shut: it is the baseline"
    assert gated.weights_sha256 != ensemble.weights_sha256
    assert (ensemble.first, ensemble.last) == (made.report.first, made.report.last)
    assert ensemble.figures.turnover == made.report.scores[-1].turnover
    assert len(trial_sharpes(book.trials(), "US shares", 252.0)) == 2, "the bundled history under another name"


def test_a_committee_whose_gate_is_shut_is_its_baseline_to_the_bit(report: MethodReport) -> None:
    baseline, gated, _ = report.scores
    assert baseline.name == BASELINE.title
    assert gated.moved == 0.0 and gated.gain == 0.0
    assert gated.annual_return == baseline.annual_return


def test_a_way_that_decides_is_counted_and_its_gain_has_an_interval(report: MethodReport) -> None:
    ensemble = report.scores[-1]
    assert ensemble.own_answers == report.decisions == 3
    assert ensemble.moved > 0.0
    assert ensemble.gain is not None and ensemble.gain_low is not None and ensemble.gain_high is not None
    assert ensemble.gain_low <= ensemble.gain <= ensemble.gain_high


def test_every_way_pays_for_its_first_purchase(report: MethodReport) -> None:
    assert all(score.turnover > 0.3 for score in report.scores)


def test_the_page_says_so_when_nothing_is_better_than_equal_weight(report: MethodReport) -> None:
    flat = report.model_copy(update={"scores": tuple(s.model_copy(update={"gain_low": -0.01}) for s in report.scores)})
    assert "No way was better" in verdict(flat)
    lucky = flat.model_copy(
        update={"scores": (*flat.scores[:-1], flat.scores[-1].model_copy(update={"gain": 0.02, "gain_low": 0.01}))}
    )
    assert "ensemble" in verdict(lucky) and "by chance" in verdict(lucky)
    assert page((report,), "quorum evaluate methods").count("\n| ") == 2 + len(report.scores)


def test_a_period_without_two_decisions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="longer period"):
        compare_methods(Settings(home=tmp_path), date(2022, 12, 1))


def test_a_way_that_lost_is_told_so_in_a_sentence(report: MethodReport) -> None:
    ensemble = report.scores[-1]

    def told(low: float, gain: float, high: float) -> str | None:
        changed = ensemble.model_copy(update={"gain_low": low, "gain": gain, "gain_high": high})
        return record_of(report.model_copy(update={"scores": (changed,)}), "ensemble")

    assert "lost 1.00 %" in (told(-0.02, -0.01, -0.001) or "")
    assert "the baseline was the better choice" in (told(-0.02, -0.01, -0.001) or "")
    assert "may be chance" in (told(-0.02, 0.01, 0.03) or "")
    assert record_of(report, "direct") is None
