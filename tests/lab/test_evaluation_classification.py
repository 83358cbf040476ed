"""Accuracy and macro-F1 agree with scikit-learn, and their intervals with theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from lab.evaluation.classification import NONE, accuracy, against, confusion, macro_f1, score, wilson

LABELS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, NONE)), min_size=1, max_size=60)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(LABELS)
def test_figures_are_scikit_learns_with_no_answer_counted_as_wrong(pairs: list[tuple[int, int]]) -> None:
    truth, told = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    table = confusion(truth, told).astype(float)
    assert float(accuracy(table)) == pytest.approx(accuracy_score(truth, told))
    expected = f1_score(truth, told, labels=[0, 1, 2], average="macro", zero_division=0)
    assert float(macro_f1(table)) == pytest.approx(expected)


def test_wilsons_interval_is_the_published_one() -> None:
    found = wilson(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20).low == 0.0 and wilson(20, 20).high == 1.0


def test_a_share_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)


def test_an_answer_that_never_came_lowers_both_figures() -> None:
    truth = np.array([0, 1, 2, 0, 1, 2] * 10, dtype=np.int64)
    silent = truth.copy()
    silent[::4] = NONE
    whole, part = score("a", truth, truth, seed=0), score("b", truth, silent, seed=0)
    assert whole.accuracy.value == whole.macro_f1.value == 1.0
    assert part.accuracy.value == 0.75 and part.macro_f1.value < 0.9
    assert sum(row[NONE] for row in part.confusion) == 15


def test_a_method_against_itself_differs_by_nothing_and_a_worse_one_is_below_zero() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 300)
    good = np.where(rng.random(300) < 0.9, truth, (truth + 1) % 3)
    bad = np.where(rng.random(300) < 0.5, truth, (truth + 1) % 3)
    same = against("same", truth, good, good, seed=0)
    assert (same.accuracy.value, same.accuracy.low, same.accuracy.high) == (0.0, 0.0, 0.0)
    worse = against("worse", truth, bad, good, seed=0)
    assert worse.accuracy.high < 0 and worse.macro_f1.high < 0


def test_the_same_seed_gives_the_same_interval() -> None:
    truth = np.random.default_rng(2).integers(0, 3, 50)
    told = np.random.default_rng(3).integers(0, 4, 50)
    assert score("x", truth, told, seed=5) == score("x", truth, told, seed=5)
