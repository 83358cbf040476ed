"""Voices weigh by what they have earned, shrunk by its error, and only by what was known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.record_weights import FLOOR, PRIOR_DEVIATION, PRIOR_IC, expected_correlation, record_weights
from portfolio.statistics import newey_west

OPENED = np.datetime64("2000-01-03") + 30 * np.arange(120)
KNOWN = OPENED + 25
END = np.datetime64("2015-01-01")


def series(*means: float, seed: int = 0, noise: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([rng.normal(mean, noise, len(OPENED)) for mean in means])


def test_without_a_record_all_voices_weigh_alike() -> None:
    early = np.datetime64("2000-01-20")
    assert record_weights(series(0.1, -0.1, 0.0), OPENED, KNOWN, early) == pytest.approx(np.full(3, 1 / 3))


def test_by_hand_the_expectation_is_drawn_to_the_prior_by_its_own_error() -> None:
    (row,) = series(0.08)
    error = newey_west(row, 0).error * np.sqrt(120 / 119)
    believed = PRIOR_DEVIATION**2 / (PRIOR_DEVIATION**2 + error**2)
    wanted = (1 - believed) * PRIOR_IC + believed * row.mean()
    assert expected_correlation(row, OPENED, KNOWN, END) == pytest.approx(wanted)


def test_a_better_record_weighs_more_and_the_worst_keeps_the_floor() -> None:
    weights = record_weights(series(0.1, 0.02, -0.5), OPENED, KNOWN, END)
    assert weights[0] > weights[1] > weights[2] == pytest.approx(FLOOR / 3)
    assert weights.sum() == pytest.approx(1.0)


def test_a_record_full_of_noise_moves_less_than_a_steady_one_of_the_same_mean() -> None:
    steady, noisy = (record_weights(series(0.1, 0.03, noise=noise), OPENED, KNOWN, END)[0] for noise in (0.05, 1.0))
    assert abs(noisy - 0.5) < abs(steady - 0.5)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(0, 119))
def test_what_became_known_later_changes_no_weight(seed: int, place: int) -> None:
    record = series(0.05, 0.0, -0.05, seed=seed)
    day = OPENED[place]
    later = day < KNOWN
    changed = record.copy()
    changed[:, later] = np.random.default_rng(seed + 1).uniform(-1, 1, (3, int(later.sum())))
    assert record_weights(record, OPENED, KNOWN, day).tobytes() == record_weights(changed, OPENED, KNOWN, day).tobytes()


def test_the_order_of_the_voices_is_the_order_of_their_weights() -> None:
    record = series(0.1, 0.0, -0.1)
    order = [2, 0, 1]
    assert record_weights(record[order], OPENED, KNOWN, END) == pytest.approx(
        record_weights(record, OPENED, KNOWN, END)[order]
    )
    with pytest.raises(ValueError, match="scorers x dates"):
        record_weights(record[0], OPENED, KNOWN, END)
