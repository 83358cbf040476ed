"""The tools that doubt a choice: they catch luck, and let skill pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.overfitting import probability_of_overfitting, purged_splits, superiority


def noise(strategies: int, rows: int = 1024, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (rows, strategies))


def test_the_best_of_many_noise_strategies_is_called_overfitted() -> None:
    found = np.mean([probability_of_overfitting(noise(40, seed=seed), 10).probability for seed in range(8)])
    assert 0.35 < found < 0.65  # a coin, as the theory of pure noise says


def test_a_strategy_fitted_to_the_sample_is_worse_than_a_coin() -> None:
    """What gains in one stretch is taken back in the next: choosing by the past chooses the loser."""
    rows = 960
    swing = np.where((np.arange(rows) // 60) % 2 == 0, 1.0, -1.0)
    family = noise(6, rows) * 0.05 + 0.002 * np.stack([swing, -swing, swing, -swing, swing, -swing], axis=1)
    result = probability_of_overfitting(family, 16)
    assert result.probability > 0.6
    assert result.loss > 0.6
    assert result.degradation < 0.0


def test_skill_survives_the_other_half() -> None:
    family = noise(20)
    family[:, 3] += 0.003
    result = probability_of_overfitting(family, 12)
    assert result.probability < 0.02
    assert result.median_logit > 1.0
    assert result.loss < 0.02


def test_strategies_that_are_all_alike_are_neither_luck_nor_skill() -> None:
    same = np.repeat(noise(1), 5, axis=1)
    assert probability_of_overfitting(same, 8).probability == pytest.approx(0.5)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(2, 12), st.sampled_from([2, 4, 6, 8]), st.integers(0, 1000))
def test_overfitting_does_not_depend_on_the_order_of_the_strategies(tried: int, blocks: int, seed: int) -> None:
    family = noise(tried, 128, seed)
    order = np.random.default_rng(seed).permutation(tried)
    first, second = (probability_of_overfitting(one, blocks) for one in (family, family[:, order]))
    assert first.probability == pytest.approx(second.probability)
    assert 0.0 <= first.probability <= 1.0


def test_the_reality_check_forgives_no_amount_of_trying() -> None:
    family = noise(60, 500, seed=5)
    benchmark = noise(1, 500, seed=6)[:, 0]
    lucky = superiority(family, benchmark, seed=0, draws=500)
    assert lucky.spa > 0.1
    assert lucky.reality_check > 0.1
    family[:, 7] += 0.003
    able = superiority(family, benchmark, seed=0, draws=500)
    assert able.best == 7
    assert able.spa < 0.02
    assert able.reality_check < 0.05
    assert superiority(family, benchmark, seed=0, draws=500) == able


def test_no_training_row_touches_a_test_row() -> None:
    purge, embargo = 3, 5
    splits = list(purged_splits(200, folds=8, test_folds=2, purge=purge, embargo=embargo))
    assert len(splits) == 28
    for split in splits:
        train = set(split.train.tolist())
        for block in split.test:
            first, last = int(block[0]), int(block[-1])
            assert not train & set(range(first - purge, last + purge + embargo + 1))
    paths = [path for split in splits for path in split.paths]
    assert sorted(set(paths)) == list(range(7))  # comb(7, 1) whole backtests from 28 splits
    assert all(paths.count(path) == 8 for path in set(paths))


@pytest.mark.parametrize("rows", [10, 30])
def test_too_little_history_is_an_error_and_no_figure(rows: int) -> None:
    with pytest.raises(ValueError):
        list(purged_splits(rows, purge=2, embargo=2))
    with pytest.raises(ValueError):
        probability_of_overfitting(noise(3, rows), 16)
