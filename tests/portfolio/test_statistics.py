"""The statistics of doubt, against arch, statsmodels and scipy, and against what they must do on data without skill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio import statistics

MANY = settings(max_examples=50, deadline=None, derandomize=True)
SEEDS = given(st.integers(0, 2**32 - 1))


def persistent(rng: np.random.Generator, length: int, coefficient: float) -> np.ndarray:
    noise = rng.normal(size=length)
    out = np.empty(length)
    out[0] = noise[0]
    for day in range(1, length):
        out[day] = coefficient * out[day - 1] + noise[day]
    return out


@MANY
@SEEDS
def test_newey_west_is_that_of_statsmodels(seed: int) -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(seed)
    values = persistent(rng, int(rng.integers(20, 300)), 0.5)
    for lags in (0, 3, 7):
        peer = sm.OLS(values, np.ones(len(values))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
        made = statistics.newey_west(values, lags)
        assert made.error == pytest.approx(float(peer.bse[0]), rel=1e-9)
        assert made.p_value == pytest.approx(float(peer.pvalues[0]), rel=1e-6, abs=1e-12)


def test_newey_west_chooses_lags_by_length_and_has_no_test_for_a_constant() -> None:
    assert statistics.newey_west(np.random.default_rng(0).normal(size=1000)).lags == 6
    flat = statistics.newey_west(np.ones(10))
    assert flat.t is None and flat.p_value is None and flat.mean == 1.0
    with pytest.raises(ValueError, match="finite"):
        statistics.newey_west(np.array([1.0, np.nan]))


@MANY
@SEEDS
def test_the_optimal_block_is_that_of_arch(seed: int) -> None:
    from arch.bootstrap import optimal_block_length

    rng = np.random.default_rng(seed)
    values = persistent(rng, int(rng.integers(60, 2000)), float(rng.uniform(-0.5, 0.8)))
    peer = float(optimal_block_length(values)["circular"].iloc[0])
    # arch scales each autocorrelation by its own two spans, so a lag at the limit may fall on the other side.
    assert statistics.optimal_block(values) == pytest.approx(np.ceil(peer), abs=1)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says_though_days_persist() -> None:
    rng = np.random.default_rng(7)
    blocks = covered = 0
    for seed in range(200):
        values = persistent(rng, 400, 0.5)
        made = statistics.block_bootstrap(values, seed=seed, draws=400, level=0.9)
        covered += made.low <= 0.0 <= made.high
        blocks += made.block
    assert blocks / 200 > 4
    assert 0.80 <= covered / 200 <= 0.96
    rng = np.random.default_rng(7)
    single = 0
    for seed in range(200):
        made = statistics.block_bootstrap(persistent(rng, 400, 0.5), seed=seed, block=1, draws=400, level=0.9)
        single += made.low <= 0.0 <= made.high
    assert single < covered - 20  # resampling single days is what makes noise look like skill


def test_a_bootstrap_is_the_same_for_the_same_seed_however_it_is_split() -> None:
    values = np.random.default_rng(0).normal(size=300)
    first = statistics.block_bootstrap(values, seed=1, block=5)
    assert first == statistics.block_bootstrap(values, seed=1, block=5)
    assert first != statistics.block_bootstrap(values, seed=2, block=5)
    assert first.low < first.estimate < first.high


def test_the_bootstrap_agrees_with_arch_on_the_interval() -> None:
    from arch.bootstrap import CircularBlockBootstrap

    values = persistent(np.random.default_rng(3), 800, 0.3)
    made = statistics.block_bootstrap(values, seed=0, block=12, draws=4000, level=0.9)
    peer = CircularBlockBootstrap(12, values, seed=1).conf_int(lambda x: x.mean(), 4000, method="percentile", size=0.9)
    width = made.high - made.low
    assert abs(made.low - float(peer[0, 0])) < 0.06 * width
    assert abs(made.high - float(peer[1, 0])) < 0.06 * width


def test_a_paired_difference_sees_what_two_intervals_cannot() -> None:
    rng = np.random.default_rng(5)
    common = rng.normal(0.0, 0.01, 1000)
    first = common + rng.normal(0.0004, 0.001, 1000)
    second = common + rng.normal(0.0, 0.001, 1000)
    made = statistics.paired_difference(first, second, seed=0)
    assert made.low > 0.0 and made.p_value < 0.01
    assert statistics.block_bootstrap(first, seed=0).low < statistics.block_bootstrap(second, seed=0).high
    ratio = statistics.paired_difference(first, second, statistics.sharpe_statistic, seed=0)
    expected = first.mean() / first.std(ddof=1) - second.mean() / second.std(ddof=1)
    assert ratio.estimate == pytest.approx(expected)
    same = statistics.paired_difference(first, first, seed=0, block=3)
    assert same.estimate == same.low == same.high == 0.0 and same.p_value == 1.0
    with pytest.raises(ValueError, match="same days"):
        statistics.paired_difference(first, second[1:], seed=0)


def test_differences_without_skill_are_found_about_as_often_as_the_level_says() -> None:
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        made = statistics.paired_difference(rng.normal(size=250), rng.normal(size=250), seed=seed, draws=400)
        found += made.p_value < 0.1
    assert 6 <= found <= 36


def test_the_probabilistic_sharpe_is_the_papers_example() -> None:
    # Bailey and López de Prado (2012), section 5: monthly Sharpe 0.458 over 24 months, skew -2.448, kurtosis 10.164.
    ratio, skew, kurtosis, months = 0.458, -2.448, 10.164, 24
    from statistics import NormalDist

    expected = NormalDist().cdf(ratio * np.sqrt(months - 1) / np.sqrt(1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2))
    assert expected == pytest.approx(0.913, abs=0.001)
    values = np.random.default_rng(0).gamma(2.0, size=24)
    z = (values - values.mean()) / values.std()
    own = values.mean() / values.std(ddof=1)
    spread = 1 - (z**3).mean() * own + ((z**4).mean() - 1) / 4 * own**2
    made = statistics.probabilistic_sharpe(values, 1.0)
    assert made == pytest.approx(NormalDist().cdf((own - 1.0) * np.sqrt(23) / np.sqrt(spread)))
    assert statistics.probabilistic_sharpe(np.ones(5)) is None


def test_the_expected_best_of_trials_is_that_of_simulated_ones() -> None:
    rng = np.random.default_rng(0)
    for trials in (10, 100):
        best = (0.3 * rng.normal(size=(20_000, trials))).max(axis=1).mean()
        assert statistics.expected_best_sharpe(trials, 0.09) == pytest.approx(best, rel=0.03)
    assert statistics.expected_best_sharpe(1, 0.5) == 0.0


def test_the_best_of_many_strategies_without_skill_is_deflated() -> None:
    rng = np.random.default_rng(11)
    passed = raw = 0
    for _ in range(100):
        trials = rng.normal(0.0, 0.01, (100, 500))
        ratios = trials.mean(axis=1) / trials.std(axis=1, ddof=1)
        best = trials[int(np.argmax(ratios))]
        raw += (statistics.probabilistic_sharpe(best) or 0.0) > 0.95
        passed += (statistics.deflated_sharpe(best, ratios) or 0.0) > 0.95
    assert raw >= 95  # the best of a hundred coins looks skilled
    assert passed <= 5
    skilled = rng.normal(0.004, 0.01, 500)
    deflated = statistics.deflated_sharpe(skilled, np.append(ratios, skilled.mean() / skilled.std(ddof=1)))
    assert deflated is not None and deflated > 0.95


@MANY
@SEEDS
def test_spearman_is_that_of_scipy_with_ties(seed: int) -> None:
    from scipy.stats import rankdata, spearmanr

    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 6, 30).astype(float), rng.normal(size=30)
    np.testing.assert_allclose(statistics.ranks(first), rankdata(first))
    assert statistics.spearman(first, second) == pytest.approx(float(spearmanr(first, second).statistic))


def test_an_abstention_is_left_out_of_the_ranks_and_not_neutral() -> None:
    scores = np.array([0.9, np.nan, -0.5, 0.1])
    outcomes = np.array([0.05, -0.9, -0.02, 0.01])
    assert statistics.spearman(scores, outcomes) == pytest.approx(1.0)
    neutral = statistics.spearman(np.nan_to_num(scores), outcomes)
    assert neutral is not None and neutral < 1.0
    assert statistics.spearman(scores[:2], outcomes[:2]) is None
    assert statistics.spearman(np.ones(5), np.arange(5.0)) is None


def test_the_information_coefficient_is_the_mean_of_the_dates_that_have_one() -> None:
    scores = np.array([[1.0, 2, 3], [3, 2, 1], [np.nan, np.nan, 1]])
    outcomes = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3]])
    series = statistics.information_coefficients(scores, outcomes)
    np.testing.assert_allclose(series, [1.0, -1.0, np.nan])
    made = statistics.information_coefficient(scores, outcomes, lags=0)
    assert made is not None and made.mean == pytest.approx(0.0) and made.count == 2
    assert statistics.information_coefficient(scores[:1], outcomes[:1]) is None
    with pytest.raises(ValueError, match="dates x assets"):
        statistics.information_coefficients(scores, outcomes[:2])


def test_the_brier_score_is_the_mean_square_and_refuses_what_is_no_probability() -> None:
    probabilities = np.array([0.9, 0.2, 0.5])
    happened = np.array([True, False, True])
    assert statistics.brier_score(probabilities, happened) == pytest.approx((0.01 + 0.04 + 0.25) / 3)
    with pytest.raises(ValueError, match=r"outside 0 \.\. 1"):
        statistics.brier_score(np.array([1.2]), np.array([True]))
    with pytest.raises(ValueError, match="outcome"):
        statistics.brier_score(np.zeros(0), np.zeros(0, dtype=bool))


def test_the_sharpe_of_a_flat_draw_counts_as_zero() -> None:
    np.testing.assert_allclose(statistics.sharpe_statistic(np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]])), [0.0, 2.0])
