"""Chapter 74's four scores: the stated weights, risk inverted, and unknown parts that count nowhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from portfolio.four_scores import PARTS, WEIGHTS, FourScores, to_points, to_unit
from portfolio.views import View

POINTS = st.none() | st.floats(1, 10)
ANY_SCORES = st.builds(FourScores, fundamental=POINTS, momentum=POINTS, sentiment=POINTS, risk=POINTS)


def test_the_four_are_combined_by_the_stated_weights_with_risk_inverted() -> None:
    scores = FourScores(fundamental=8, momentum=6, sentiment=7, risk=3)
    assert scores.combined == pytest.approx(0.30 * 8 + 0.25 * 6 + 0.25 * 7 + 0.20 * (11 - 3))
    assert sum(weight for _, weight in WEIGHTS) == pytest.approx(1.0)


def test_a_missing_score_is_masked_not_middling() -> None:
    scores = FourScores(fundamental=9, momentum=9)
    assert scores.combined == pytest.approx(9.0)
    assert scores.known_weight == pytest.approx(0.55)
    assert FourScores(fundamental=9, momentum=9, sentiment=5.5, risk=5.5).combined != pytest.approx(9.0)


def test_with_nothing_known_there_is_no_score() -> None:
    assert FourScores().combined is None
    assert FourScores().unit is None
    assert FourScores().known_weight == 0.0


def test_the_riskiest_asset_with_nothing_else_known_scores_lowest() -> None:
    assert FourScores(risk=10).combined == pytest.approx(1.0)
    assert FourScores(risk=1).unit == pytest.approx(1.0)


@settings(deadline=None, derandomize=True)
@given(scores=ANY_SCORES)
def test_a_combined_score_lies_between_its_parts(scores: FourScores) -> None:
    known = [value for name in PARTS if (value := scores.part(name)) is not None]
    if not known:
        assert scores.combined is None
        return
    assert scores.combined is not None and scores.unit is not None
    assert min(known) - 1e-9 <= scores.combined <= max(known) + 1e-9
    assert -1.0 <= scores.unit <= 1.0
    assert to_points(scores.unit) == pytest.approx(scores.combined)


@settings(deadline=None, derandomize=True)
@given(scores=ANY_SCORES, name=st.sampled_from(PARTS), better=st.floats(1, 10))
def test_a_better_part_never_lowers_the_whole(scores: FourScores, name: str, better: float) -> None:
    now = scores.part(name)
    if now is None or better < now:
        return
    stated = 11 - better if name == "risk" else better
    raised = FourScores(**{**scores.model_dump(), name: stated})
    assert raised.combined is not None and scores.combined is not None
    assert raised.combined >= scores.combined - 1e-9


def test_a_score_off_the_scale_is_refused() -> None:
    with pytest.raises(ValidationError):
        FourScores(momentum=0.5)
    with pytest.raises(ValueError, match="not between 1 and 10"):
        to_unit(80.0)
    with pytest.raises(ValueError, match="not between -1 and 1"):
        to_points(7.0)


def test_an_unknown_part_is_named_with_those_that_exist() -> None:
    with pytest.raises(KeyError, match="fundamental, momentum, sentiment, risk"):
        FourScores().part("value")


def test_a_view_keeps_its_four_scores_whole() -> None:
    scores = FourScores(fundamental=7.5, risk=2)
    view = View(persona="scorer", symbol="A", score=0.5, confidence=0.5, reason="r", rung="rules", scores=scores)
    assert View.model_validate_json(view.model_dump_json()).scores == scores
