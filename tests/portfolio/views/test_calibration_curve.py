"""Stated probabilities against what happened: Brier's score against scikit-learn, and its parts by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve  # type: ignore[import-untyped]
from sklearn.metrics import brier_score_loss  # type: ignore[import-untyped]

from portfolio.calibration_curve import (
    beaten,
    brier_gains,
    brier_parts,
    calibration_bins,
    recalibrated,
    stated_probability,
)

MANY = settings(max_examples=40, deadline=None, derandomize=True)


def days(count: int) -> np.ndarray:
    return np.datetime64("2000-01-03") + 30 * np.arange(count)


def test_by_hand_four_forecasts_in_two_bins() -> None:
    made = brier_parts(np.array([0.25, 0.25, 0.75, 0.75]), np.array([0.0, 1.0, 1.0, 1.0]), bins=2)
    assert made is not None
    assert made.brier == pytest.approx((0.0625 + 0.5625 + 0.0625 + 0.0625) / 4)
    assert made.reliability == pytest.approx((0.25**2 + 0.25**2) / 2)  # 0.25 stated, half happened; 0.75 and all
    assert made.resolution == pytest.approx(0.25**2)  # 0.5 and 1.0 about a base rate of 0.75
    assert made.uncertainty == pytest.approx(0.75 * 0.25)
    assert made.within == pytest.approx(0.0)
    assert made.skill == pytest.approx(1.0 - made.brier / 0.1875)


@MANY
@given(st.integers(0, 2**32 - 1))
def test_the_score_and_the_curve_are_scikit_learn_s_and_the_parts_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stated, happened = rng.uniform(0, 1, 200), (rng.random(200) < 0.5).astype(float)
    made, bins = brier_parts(stated, happened), calibration_bins(stated, happened)
    assert made is not None
    assert made.brier == pytest.approx(brier_score_loss(happened, stated))
    assert made.brier == pytest.approx(made.reliability - made.resolution + made.uncertainty + made.within)
    assert min(made.reliability, made.resolution, made.uncertainty) >= 0.0
    truth, told = calibration_curve(happened, stated, n_bins=10)
    assert [item.happened for item in bins] == pytest.approx(truth.tolist())
    assert [item.stated for item in bins] == pytest.approx(told.tolist())


def test_always_stating_the_base_rate_has_no_skill_and_certainty_that_is_right_has_all() -> None:
    happened = np.array([1.0, 0.0, 1.0, 1.0])
    plain, sure = brier_parts(np.full(4, 0.75), happened), brier_parts(happened, happened)
    assert plain is not None and plain.skill == pytest.approx(0.0) and plain.reliability == pytest.approx(0.0)
    assert sure is not None and sure.skill == 1.0
    assert brier_parts(np.array([np.nan]), np.array([1.0])) is None


def test_a_score_is_read_as_a_probability_and_a_missing_one_stays_missing() -> None:
    assert stated_probability(np.array([-1.0, 0.0, 1.0, np.nan])) == pytest.approx([0.0, 0.5, 1.0, np.nan], nan_ok=True)
    assert beaten(np.array([-0.1, 0.0, 0.1, np.nan])) == pytest.approx([0.0, 0.5, 1.0, np.nan], nan_ok=True)
    with pytest.raises(ValueError, match="outside"):
        brier_parts(np.array([1.5]), np.array([1.0]))


def weak(seed: int, dates: int = 240, assets: int = 20) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.uniform(-1, 1, (dates, assets))
    return score, 0.15 * score + rng.normal(size=score.shape)


def test_scores_with_a_little_skill_overstate_it_and_recalibration_mends_that() -> None:
    score, excess = weak(0)
    fitted = recalibrated(score, excess, days(240), days(240) + 20)
    seen = np.isfinite(fitted)
    plain, mended = brier_gains(stated_probability(score), beaten(excess)), brier_gains(fitted, beaten(excess))
    assert np.nanmean(plain) < 0.0 < np.nanmean(mended)
    assert seen[:12].sum() == 0 and seen[24:].all()
    late = fitted[120:]
    assert 0.35 < late.min() < 0.47 and 0.53 < late.max() < 0.65


def test_recalibration_at_a_date_is_not_moved_by_outcomes_that_were_known_later() -> None:
    score, excess = weak(1)
    opened, known = days(240), days(240) + 70
    before = recalibrated(score, excess, opened, known)
    year = opened[150].astype("datetime64[Y]")
    later = known >= opened[opened.astype("datetime64[Y]") == year].min()
    changed = excess.copy()
    changed[later] = np.random.default_rng(2).normal(size=changed[later].shape)
    after = recalibrated(score, changed, opened, known)
    now = opened.astype("datetime64[Y]") <= year
    assert before[now].tobytes() == after[now].tobytes()
    assert before.tobytes() != after.tobytes()
