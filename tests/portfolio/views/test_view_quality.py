"""Scores are judged date by date: against hand-made cases, scipy, and what must hold of any scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from portfolio.market import MarketPanel
from portfolio.scoreboard import Entry, judge
from portfolio.statistics import information_coefficients
from portfolio.view_quality import (
    Judgement,
    agreement,
    agreement_interval,
    correlations,
    hit_rates,
    masked,
    outcomes_after,
    quality,
    rank_correlations,
    right,
)

MANY = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = given(st.integers(0, 2**32 - 1))


def judgement(score: np.ndarray, excess: np.ndarray, span: int = 1) -> Judgement:
    days = np.datetime64("2010-01-01") + np.arange(len(score))
    return Judgement(score, excess, days, days + span)


def walks(days: int = 400, assets: int = 6, seed: int = 0) -> MarketPanel:
    steps = np.random.default_rng(seed).normal(0.0, 0.02, (days, assets))
    return MarketPanel(
        dates=np.datetime64("2010-01-01") + np.arange(days),
        symbols=tuple("ABCDEFGHIJ"[:assets]),
        close=100.0 * np.exp(np.cumsum(steps, axis=0)),
        source="random walks",
    )


def test_by_hand_two_of_three_sides_are_right_a_zero_takes_none_and_the_median_counts_half() -> None:
    score = np.array([[0.5, -0.5, 0.2, 0.0, np.nan, 0.1]])
    excess = np.array([[0.02, -0.01, -0.03, 0.04, 0.05, 0.0]])
    assert right(score, excess)[0] == pytest.approx([1.0, 1.0, 0.0, np.nan, np.nan, 0.5], nan_ok=True)
    assert hit_rates(score, excess) == pytest.approx([2.5 / 4.0])


def test_a_missing_score_is_left_out_and_is_not_a_score_of_zero() -> None:
    excess = np.array([[0.3, 0.1, -0.1, -0.3]])
    known = np.array([[0.9, 0.3, -0.9, np.nan]])
    assert correlations(known, excess) == pytest.approx(correlations(known[:, :3], excess[:, :3]))
    assert correlations(known, excess)[0] != pytest.approx(correlations(np.nan_to_num(known), excess)[0])


@MANY
@SEEDS
def test_plain_and_rank_correlations_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, excess = rng.uniform(-1, 1, (5, 9)), rng.normal(size=(5, 9))
    score[rng.random(score.shape) < 0.2] = np.nan
    made = quality(judgement(score, excess))
    plain, ranked = [], []
    for one, other in zip(score, excess, strict=True):
        there = np.isfinite(one)
        if there.sum() >= 3:
            plain.append(float(pearsonr(one[there], other[there])[0]))
            ranked.append(float(spearmanr(one[there], other[there])[0]))
    assert made.correlation is not None and made.correlation.mean == pytest.approx(np.mean(plain))
    assert made.rank_correlation is not None and made.rank_correlation.mean == pytest.approx(np.mean(ranked))


@MANY
@SEEDS
def test_the_order_of_the_assets_changes_no_figure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, excess = rng.uniform(-1, 1, (30, 7)), rng.normal(size=(30, 7))
    order = rng.permutation(7)
    one, other = quality(judgement(score, excess)), quality(judgement(score[:, order], excess[:, order]))
    for name in ("hit_rate", "rank_correlation", "correlation"):
        assert getattr(one, name).mean == pytest.approx(getattr(other, name).mean)
        assert getattr(one, name).error == pytest.approx(getattr(other, name).error)


@MANY
@SEEDS
def test_ranks_of_all_dates_at_once_are_those_of_a_date_at_a_time_with_ties_and_gaps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, excess = rng.integers(-3, 4, (12, 8)) / 3.0, rng.normal(size=(12, 8))
    score[rng.random(score.shape) < 0.3] = np.nan
    excess[rng.random(score.shape) < 0.1] = np.nan
    wanted = information_coefficients(score, excess)
    assert rank_correlations(score, excess) == pytest.approx(wanted, nan_ok=True)


def test_a_perfect_scorer_scores_one_and_its_opposite_minus_one() -> None:
    excess = np.random.default_rng(1).normal(size=(40, 8))
    perfect = quality(judgement(excess, excess))
    assert perfect.hit_rate is not None and perfect.hit_rate.mean == 1.0
    assert perfect.rank_correlation is not None and perfect.rank_correlation.mean == pytest.approx(1.0)
    opposite = quality(judgement(-excess, excess))
    assert opposite.correlation is not None and opposite.correlation.mean == pytest.approx(-1.0)


def coverage(persistence: float, seeds: int = 100) -> float:
    """Share of 95 % intervals that hold zero, for noise that lasts, judged monthly over a quarter's overlap."""
    held = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        moves = rng.normal(size=(122, 10))
        excess = moves[:-2] + moves[1:-1] + moves[2:]
        score = rng.normal(size=(120, 10))
        for row in range(1, 120):
            score[row] = persistence * score[row - 1] + np.sqrt(1 - persistence**2) * score[row]
        interval = quality(judgement(score, excess, span=3)).rank_correlation
        assert interval is not None and interval.low is not None and interval.high is not None
        held += interval.low <= 0.0 <= interval.high
    return held / seeds


def test_noise_lies_within_its_interval_about_as_often_as_the_interval_says() -> None:
    assert 0.91 <= coverage(0.0) <= 0.99


def test_noise_that_lasts_as_long_as_a_persona_s_score_is_held_less_often_but_five_times_in_six() -> None:
    assert 0.84 <= coverage(0.9) <= 0.975  # Bartlett's weights take some of the overlap for noise; the page says so


def test_outcomes_of_rows_are_those_that_the_scoreboard_gives_to_entries() -> None:
    panel = walks()
    rows = np.array([10, 50, 395])
    made = outcomes_after(panel, rows, 21)
    for place, row in enumerate(rows):
        given = [
            Entry(
                persona="p", model="rules", as_of=panel.dates[row].astype(object), symbol=symbol, prompt="x",
                horizon_days=21, score=0.1,
            )
            for symbol in panel.symbols
        ]  # fmt: skip
        outcomes = judge(given, panel)
        if row == 395:
            assert outcomes == () and np.isnan(made.excess[place]).all() and np.isnat(made.known[place])
            continue
        assert made.excess[place].tolist() == [item.excess for item in outcomes]
        assert {item.opened_on for item in outcomes} == {made.opened[place].astype(object)}
        assert {item.known_on for item in outcomes} == {made.known[place].astype(object)}


def test_prices_after_an_outcome_was_known_change_nothing_of_it() -> None:
    panel = walks()
    other = panel.close.copy()
    other[73:] *= np.exp(np.random.default_rng(3).normal(size=other[73:].shape))
    changed = MarketPanel(panel.dates, panel.symbols, other, panel.source)
    rows = np.array([50])
    assert outcomes_after(panel, rows, 21).excess.tobytes() == outcomes_after(changed, rows, 21).excess.tobytes()


def test_agreement_is_one_with_oneself_minus_one_with_the_opposite_and_none_without_common_assets() -> None:
    score = np.random.default_rng(2).uniform(-1, 1, (20, 6))
    halves = masked(score, np.arange(6)[None, :] < np.where(np.arange(20) < 10, 2, 6)[:, None])
    made = agreement(np.stack([score, score, -score, halves]))
    assert made.shape == (6, 20)
    assert made[0] == pytest.approx(np.ones(20)) and made[1] == pytest.approx(-np.ones(20))
    assert np.isnan(made[2][:10]).all() and made[2][10:] == pytest.approx(np.ones(10))
    monthly = np.datetime64("2010-01-01") + 30 * np.arange(20)
    interval = agreement_interval(made[0], monthly)
    assert interval is not None and interval.mean == pytest.approx(1.0) and interval.periods < 2.0


def test_scores_of_another_shape_are_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="same dates x assets"):
        outcomes_after(walks(), np.array([5]), 5).judge(np.zeros((2, 6)))
    with pytest.raises(ValueError, match="scorers x dates x assets"):
        agreement(np.zeros((2, 3)))


def test_overlapping_horizons_have_the_error_of_statsmodels_with_a_lag_that_covers_them() -> None:
    import statsmodels.api as sm  # type: ignore[import-untyped]

    rng = np.random.default_rng(8)
    score, excess = rng.uniform(-1, 1, (60, 9)), rng.normal(size=(60, 9))
    made = quality(judgement(score, excess, span=4)).rank_correlation  # daily dates, four days each: three overlap
    series = information_coefficients(score, excess)
    peer = sm.OLS(series, np.ones(60)).fit(cov_type="HAC", cov_kwds={"maxlags": 3})
    assert made is not None and made.error == pytest.approx(float(peer.bse[0]) * np.sqrt(60 / 59))
    assert made.periods == 15.0
