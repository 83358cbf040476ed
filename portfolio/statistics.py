"""Doubt about figures: intervals that respect time, tests of differences, and Sharpe ratios after many trials.

Pure functions of arrays; chance enters by an explicit seed only.
"""

from collections.abc import Callable
from math import ceil, exp, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats
from portfolio.records import Record

EULER_MASCHERONI = 0.5772156649015329

_NORMAL = NormalDist()
_CHUNK = 2_000_000  # numbers drawn at a time, so that memory stays small


class Interval(Record):
    """An estimate with a bootstrap interval and the two-sided p-value of its being zero."""

    estimate: float
    low: float
    high: float
    level: float
    p_value: float
    block: int
    draws: int


class MeanTest(Record):
    """A mean, its standard error and the two-sided normal p-value of its being zero."""

    mean: float
    error: float
    t: float | None
    p_value: float | None
    lags: int
    count: int


Statistic = Callable[[Floats], Floats]
"""Samples (D, L) or (D, L, K) drawn with replacement -> one figure each (D,)."""


def mean_statistic(samples: Floats) -> Floats:
    """The mean of each draw."""
    out: Floats = samples.mean(axis=1)
    return out


def sharpe_statistic(samples: Floats) -> Floats:
    """Sharpe per period of each draw of excess returns; a flat draw counts as zero."""
    deviation = samples.std(axis=1, ddof=1)
    ratio: Floats = np.divide(samples.mean(axis=1), deviation, out=np.zeros(len(samples)), where=deviation > 0.0)
    return ratio


def sharpe_difference(samples: Floats) -> Floats:
    """Sharpe per period of the first of two columns minus the second's, for draws (D, L, 2)."""
    return sharpe_statistic(samples[..., 0]) - sharpe_statistic(samples[..., 1])


def block_bootstrap(
    values: Floats,
    statistic: Statistic = mean_statistic,
    *,
    seed: int,
    block: int | None = None,
    draws: int = 2000,
    level: float = 0.9,
) -> Interval:
    """Percentile interval of a statistic by the circular block bootstrap (Politis and Romano 1992).

    Rows of `values` (L,) or (L, K) are drawn together in blocks, so that what persists in time, and what moves
    together, does so in the draws. The p-value is twice the smaller share of draws on either side of zero, with one
    added to both counts (Davison and Hinkley 1997).

    Parameters
    ----------
    block : rows a block; None takes `optimal_block` of the rows (of the largest, with several columns)

    Raises ValueError for fewer than three rows or a value that is no number.
    """
    values = np.asarray(values, dtype=np.float64)
    length = len(values)
    if length < 3 or not bool(np.isfinite(values).all()):
        raise ValueError("a bootstrap needs three finite rows or more; drop missing ones first")
    if block is None:
        columns = values.reshape(length, -1)
        block = max(optimal_block(columns[:, column]) for column in range(columns.shape[1]))
    if not 1 <= block <= length:
        raise ValueError(f"a block of {block} does not fit {length} rows")
    rng = np.random.default_rng(seed)
    made = []
    size = max(1, _CHUNK // values.size)
    for first in range(0, draws, size):
        starts = rng.integers(0, length, size=(min(size, draws - first), ceil(length / block)))
        picks = (starts[:, :, None] + np.arange(block)) % length
        made.append(statistic(values[picks.reshape(len(starts), -1)[:, :length]]))
    drawn = np.concatenate(made)
    low, high = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    beyond = min(int((drawn <= 0.0).sum()), int((drawn >= 0.0).sum()))
    return Interval(
        estimate=float(statistic(values[None])[0]),
        low=float(low),
        high=float(high),
        level=level,
        p_value=min(1.0, 2.0 * (beyond + 1) / (draws + 1)),
        block=block,
        draws=draws,
    )


def paired_difference(
    first: Floats,
    second: Floats,
    statistic: Statistic = mean_statistic,
    *,
    seed: int,
    block: int | None = None,
    draws: int = 2000,
    level: float = 0.9,
) -> Interval:
    """Interval of `statistic(first) - statistic(second)`, both (L,) on the same days, which are drawn together.

    With `sharpe_statistic` on excess returns this is the test of Ledoit and Wolf (2008) with percentile intervals.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"a pair needs two rows of the same days; got {first.shape} and {second.shape}")
    pair = np.column_stack([first, second])
    return block_bootstrap(
        pair,
        lambda draw: statistic(draw[..., 0]) - statistic(draw[..., 1]),
        seed=seed,
        block=optimal_block(first - second) if block is None else block,
        draws=draws,
        level=level,
    )


def optimal_block(values: Floats) -> int:
    """Block length for the circular bootstrap of a mean (Politis and White 2004, as corrected by Patton et al. 2009).

    The autocovariances that count are those before the first run of max(5, log10 L) quiet lags; rounded up, at least 1
    and at most min(3 sqrt(L), L / 3). Constant or very short rows have blocks of one.
    """
    length = len(values)
    centred = values - values.mean()
    if length < 12 or float(centred @ centred) <= 0.0:
        return 1
    run = max(5, int(log(length, 10)))
    most = min(ceil(sqrt(length)) + run, length - 2)
    covariances = np.array([float(centred[lag:] @ centred[: length - lag]) / length for lag in range(most + 1)])
    quiet = np.abs(covariances / covariances[0]) < 2.0 * sqrt(log(length, 10) / length)
    window = most
    for lag in range(1, most - run + 1):
        if bool(quiet[lag : lag + run].all()):
            window = min(2 * lag, most)
            break
    places = np.arange(1, window + 1)
    weight = np.minimum(1.0, 2.0 * (1.0 - places / window))  # flat-top lag window
    slope = 2.0 * float((weight * places * covariances[places]).sum())
    long_run = float(covariances[0]) + 2.0 * float((weight * covariances[places]).sum())
    if long_run <= 0.0:
        return 1
    best = float((1.5 * slope**2 / long_run**2) ** (1.0 / 3.0) * length ** (1.0 / 3.0))
    return max(1, min(ceil(best), ceil(min(3.0 * sqrt(length), length / 3.0))))


def newey_west(values: Floats, lags: int | None = None) -> MeanTest:
    """Mean of (L,) values with a standard error that allows for autocorrelation (Newey and West 1987).

    var = (g_0 + 2 sum_k (1 - k / (lags + 1)) g_k) / L with g_k the autocovariance over L (Bartlett weights, which keep
    it positive); lags default to floor(4 (L / 100) ** (2/9)) (Newey and West 1994). Overlapping horizons of h rows need
    lags of h - 1 at least. Values that are constant have no test.
    """
    values = np.asarray(values, dtype=np.float64)
    count = len(values)
    if count < 2 or not bool(np.isfinite(values).all()):
        raise ValueError("a mean's error needs two finite values or more; drop missing ones first")
    lags = int(4.0 * (count / 100.0) ** (2.0 / 9.0)) if lags is None else lags
    if lags < 0:
        raise ValueError("lags cannot be negative")
    lags = min(lags, count - 1)
    centred = values - values.mean()
    variance = float(centred @ centred) / count
    for lag in range(1, lags + 1):
        variance += 2.0 * (1.0 - lag / (lags + 1.0)) * float(centred[lag:] @ centred[:-lag]) / count
    error, mean = sqrt(max(variance, 0.0) / count), float(values.mean())
    t = mean / error if error > 0.0 else None
    return MeanTest(
        mean=mean,
        error=error,
        t=t,
        p_value=None if t is None else 2.0 * _NORMAL.cdf(-abs(t)),
        lags=lags,
        count=count,
    )


def probabilistic_sharpe(excess: Floats, threshold: float = 0.0) -> float | None:
    """Probability that the true Sharpe per period exceeds `threshold` (Bailey and López de Prado 2012).

    Phi((SR - SR*) sqrt(L - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR ** 2)), all per period, kurtosis 3 when
    normal. None for constant returns.
    """
    deviation = float(excess.std(ddof=1)) if len(excess) > 1 else 0.0
    if deviation <= 0.0:
        return None
    ratio = float(excess.mean()) / deviation
    standard = (excess - excess.mean()) / excess.std()
    skew, kurtosis = float((standard**3).mean()), float((standard**4).mean())
    spread = 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    return _NORMAL.cdf((ratio - threshold) * sqrt(len(excess) - 1) / sqrt(max(spread, 1e-12)))


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Largest Sharpe per period to expect of `trials` independent strategies without skill (Bailey et al. 2014).

    sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g Euler's constant, V the variance of the trials'
    Sharpe ratios per period. Zero for one trial.
    """
    if trials < 1 or variance < 0.0:
        raise ValueError("the number of trials is one or more, and their variance not negative")
    if trials == 1:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * exp(1.0)))
    return sqrt(variance) * ((1.0 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)


def deflated_sharpe(excess: Floats, trial_sharpes: Floats) -> float | None:
    """Probability that the Sharpe is above what the best of all trials would show without skill.

    `probabilistic_sharpe` against `expected_best_sharpe` (Bailey and López de Prado 2014). `trial_sharpes` (N,) are per
    period and hold every seed and variant that was tried, the chosen one included.
    """
    variance = float(trial_sharpes.var(ddof=1)) if len(trial_sharpes) > 1 else 0.0
    return probabilistic_sharpe(excess, expected_best_sharpe(len(trial_sharpes), variance))


def brier_score(probabilities: Floats, happened: NDArray[np.bool_]) -> float:
    """mean((p - y) ** 2), 0 the best and 0.25 a coin's (Brier 1950)."""
    if probabilities.shape != happened.shape or len(probabilities) == 0:
        raise ValueError("each probability needs its outcome")
    if bool(((probabilities < 0.0) | (probabilities > 1.0) | np.isnan(probabilities)).any()):
        raise ValueError("a probability lies outside 0 .. 1")
    return float(((probabilities - happened) ** 2).mean())


def spearman(first: Floats, second: Floats) -> float | None:
    """Correlation of the ranks, ties sharing theirs (Spearman 1904); pairs with a NaN are left out.

    None with fewer than three pairs, or where one side is all ties.
    """
    both = np.isfinite(first) & np.isfinite(second)
    if int(both.sum()) < 3:
        return None
    x, y = ranks(first[both]), ranks(second[both])
    x, y = x - x.mean(), y - y.mean()
    size = sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size > 0.0 else None


def ranks(values: Floats) -> Floats:
    """(L,) ranks from 1, ties sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = ((last - counts + 1 + last) / 2.0)[place]
    return shared


def information_coefficients(scores: Floats, outcomes: Floats) -> Floats:
    """(T,) Spearman correlation over the assets of each date's scores (T, N) with what followed (T, N).

    NaN where the date has none; NaN scores (abstentions) are left out, never counted as neutral.
    """
    if scores.shape != outcomes.shape or scores.ndim != 2:
        raise ValueError(f"scores are {scores.shape} and outcomes {outcomes.shape}; dates x assets both expected")
    made = (spearman(score, outcome) for score, outcome in zip(scores, outcomes, strict=True))
    return np.array([np.nan if value is None else value for value in made], dtype=np.float64)


def information_coefficient(scores: Floats, outcomes: Floats, lags: int | None = None) -> MeanTest | None:
    """Mean rank IC over the dates with a Newey-West error (Grinold and Kahn 1999); None with fewer than two dates."""
    series = information_coefficients(scores, outcomes)
    known = series[np.isfinite(series)]
    return newey_west(known, lags) if len(known) >= 2 else None
