"""Scores move a sleeve, measurably and within its limits; where nobody speaks it is the prior, and says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.blending import (
    CAP,
    INFORMATION_COEFFICIENT,
    NOBODY,
    PRIOR_SHARPE,
    SHRINKAGE,
    blended_means,
    ensemble_sleeve,
    equal_prior,
    mean_variance_sleeve,
    risk_parity_sleeve,
    tilted,
)

N = 12
PRIOR = np.full(N, 1 / N)
ALL, NONE = np.ones(N, dtype=bool), np.zeros(N, dtype=bool)


def market(seed: int = 0, count: int = N) -> np.ndarray:
    rng = np.random.default_rng(seed)
    volatility = rng.uniform(0.12, 0.45, count)
    loading = rng.uniform(0.4, 0.8, count)
    rho = np.outer(loading, loading)
    np.fill_diagonal(rho, 1.0)
    return np.asarray(np.outer(volatility, volatility) * rho)


COV = market()


def at(column: int, value: float, other: int | None = None) -> np.ndarray:
    scores = np.zeros(N)
    scores[column] = value
    if other is not None:
        scores[other] = -value
    return scores


def test_alpha_is_grinolds_rule_shrunk() -> None:
    scores = at(2, 0.5, 7)
    added = blended_means(scores, ALL, COV, PRIOR) - blended_means(np.zeros(N), ALL, COV, PRIOR)
    wanted = (1 - SHRINKAGE) * INFORMATION_COEFFICIENT * np.sqrt(np.diag(COV)) * np.sqrt(3) * scores
    assert added == pytest.approx(wanted)


def test_without_scores_the_means_are_those_for_which_the_prior_is_best() -> None:
    means = blended_means(np.zeros(N), NONE, COV, PRIOR)
    assert means @ PRIOR / np.sqrt(PRIOR @ COV @ PRIOR) == pytest.approx(PRIOR_SHARPE)
    assert np.linalg.solve(COV, means) / np.linalg.solve(COV, means).sum() == pytest.approx(PRIOR)


def test_equal_scores_for_all_leave_the_prior_as_it_is() -> None:
    assert mean_variance_sleeve(np.full(N, 0.9), ALL, COV, PRIOR).weights == pytest.approx(PRIOR, abs=1e-6)
    assert ensemble_sleeve(np.full((2, N), 0.9), np.full((2, N), 0.5), np.ones((2, N), bool), PRIOR).weights == (
        pytest.approx(PRIOR)
    )


@pytest.mark.parametrize("count", [5, 12, 20, 40])
@pytest.mark.parametrize("way", ["mean-variance", "risk parity", "ensemble"])
def test_a_score_that_is_higher_by_one_moves_a_weight_that_one_can_see(way: str, count: int) -> None:
    """The chapter's code tilts by so little that nothing changes; here a third of an equal weight is the least."""
    cov, prior, mask = market(1, count), np.full(count, 1 / count), np.ones(count, dtype=bool)
    scores = np.zeros(count)
    scores[0], scores[1] = 0.5, -0.5
    if way == "mean-variance":
        plain = prior
        moved = mean_variance_sleeve(scores, mask, cov, prior).weights
    elif way == "risk parity":
        plain = risk_parity_sleeve(np.zeros(count), mask, cov, prior).weights
        moved = risk_parity_sleeve(scores, mask, cov, prior).weights
    else:
        plain = prior
        moved = ensemble_sleeve(scores[None], np.full((1, count), 0.4), mask[None], prior).weights
    assert (moved[0] - plain[0]) - (moved[1] - plain[1]) > 1 / count / 3
    assert moved[0] > 1.15 * plain[0] and moved[1] < 0.85 * plain[1]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 10**6), cap=st.floats(0.05, 1.0))
def test_a_sleeve_is_long_only_capped_and_sums_to_one(seed: int, cap: float) -> None:
    rng = np.random.default_rng(seed)
    scores, mask, held = rng.uniform(-1, 1, N), rng.random(N) < 0.7, rng.random(N) < 0.8
    if not held.any():
        held[0] = True
    prior = equal_prior(held)
    sleeve = mean_variance_sleeve(scores, mask, market(seed), prior, cap=cap)
    assert sleeve.weights.sum() == pytest.approx(1.0)
    assert (sleeve.weights >= 0.0).all() and not sleeve.weights[~held].any()
    if sleeve.note is None:
        assert sleeve.weights.max() <= max(cap, 1 / held.sum()) + 1e-7


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10**6), column=st.integers(0, N - 1), more=st.floats(0.05, 0.8))
def test_a_better_score_never_means_a_smaller_weight(seed: int, column: int, more: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.uniform(-0.9, 0.9, N)
    raised = scores.copy()
    raised[column] = min(1.0, scores[column] + more)
    cov, confidence = market(seed), np.full((1, N), 0.5)
    for before, after in (
        (mean_variance_sleeve(scores, ALL, cov, PRIOR), mean_variance_sleeve(raised, ALL, cov, PRIOR)),
        (risk_parity_sleeve(scores, ALL, cov, PRIOR), risk_parity_sleeve(raised, ALL, cov, PRIOR)),
        (
            ensemble_sleeve(scores[None], confidence, ALL[None], PRIOR),
            ensemble_sleeve(raised[None], confidence, ALL[None], PRIOR),
        ),
    ):
        assert after.weights[column] >= before.weights[column] - 1e-6


def test_where_nobody_has_a_view_the_prior_stands_and_says_so() -> None:
    for sleeve in (
        mean_variance_sleeve(np.zeros(N), NONE, COV, PRIOR),
        ensemble_sleeve(np.zeros((3, N)), np.zeros((3, N)), np.zeros((3, N), bool), PRIOR),
    ):
        assert sleeve.weights.tolist() == PRIOR.tolist()
        assert sleeve.note == NOBODY
    assert NOBODY in str(risk_parity_sleeve(np.zeros(N), NONE, COV, PRIOR).note)


def test_a_view_of_what_may_not_be_held_is_no_view() -> None:
    held = ALL.copy()
    held[3] = False
    prior = equal_prior(held)
    sleeve = ensemble_sleeve(at(3, 1.0)[None], np.ones((1, N)), (np.arange(N) == 3)[None], prior)
    assert sleeve.note == NOBODY and sleeve.weights.tolist() == prior.tolist()


def test_a_silent_persona_is_masked_out_of_the_mean_not_counted_as_equal_weight() -> None:
    loud = np.linspace(-1, 1, N)
    one = ensemble_sleeve(loud[None], np.full((1, N), 0.5), ALL[None], PRIOR)
    with_silent = ensemble_sleeve(
        np.stack([loud, np.zeros(N)]), np.stack([np.full(N, 0.5), np.zeros(N)]), np.stack([ALL, NONE]), PRIOR
    )
    assert with_silent.weights == pytest.approx(one.weights)
    assert with_silent.voices.tolist() == [1.0, 0.0]


def test_an_asset_that_a_persona_does_not_know_keeps_its_place_exactly() -> None:
    mask = ALL.copy()
    mask[4] = False
    out = tilted(np.linspace(-1, 1, N), mask, PRIOR)
    assert out[4] == PRIOR[4] and out.sum() == pytest.approx(1.0)
    zero = tilted(np.linspace(-1, 1, N) * mask, ALL, PRIOR)
    assert zero[4] != pytest.approx(PRIOR[4]), "a score of zero is another thing"


def test_voices_go_by_confidence() -> None:
    scores = np.stack([at(0, 1.0), at(1, 1.0)])
    confidence = np.stack([np.full(N, 0.6), np.full(N, 0.2)])
    sleeve = ensemble_sleeve(scores, confidence, np.ones((2, N), bool), PRIOR)
    assert sleeve.voices == pytest.approx([0.75, 0.25])
    assert sleeve.weights[0] > sleeve.weights[1] > PRIOR[1]


def test_the_clients_own_sleeve_is_what_is_tilted() -> None:
    prior = np.linspace(1, 3, N) / np.linspace(1, 3, N).sum()
    assert mean_variance_sleeve(at(0, 0.01, 1), ALL, COV, prior).weights == pytest.approx(prior, abs=0.01)


def test_a_score_outside_its_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        mean_variance_sleeve(at(0, 7.0), ALL, COV, PRIOR)
    with pytest.raises(ValueError, match="no sleeve"):
        blended_means(np.zeros(N), ALL, COV, PRIOR * 2)
    with pytest.raises(ValueError, match="scores are"):
        ensemble_sleeve(np.zeros((2, N)), np.zeros((1, N)), np.ones((2, N), bool), PRIOR)
    with pytest.raises(ValueError, match="confidence"):
        ensemble_sleeve(np.zeros((1, N)), np.full((1, N), 2.0), ALL[None], PRIOR)


def test_with_nothing_to_hold_nothing_is_held() -> None:
    empty = equal_prior(NONE)
    assert not mean_variance_sleeve(np.zeros(N), ALL, COV, empty).weights.any()
    assert not risk_parity_sleeve(np.zeros(N), ALL, COV, empty).weights.any()


def test_no_place_stands_above_the_cap_though_one_score_towers() -> None:
    sleeve = mean_variance_sleeve(np.where(np.arange(N) == 0, 1.0, -1.0), ALL, COV, PRIOR)
    assert sleeve.weights.max() <= CAP + 1e-7
