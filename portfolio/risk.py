"""Covariances and loss scenarios from daily returns, point in time: only the rows given are read.

Volatility moves fast and correlation slowly, so the two are estimated apart: volatilities as the larger of a recent and
a long estimate (a calm month must not lever a portfolio up just before the storm), correlations on the long window,
shrunk towards their mean (Ledoit and Wolf, "Honey, I shrunk the sample covariance matrix", 2004).
"""

import numpy as np

from portfolio.market import Floats

DAYS_PER_YEAR = 252
LONG_WINDOW = 756
"""Days that correlations and the long volatility are read from."""
SHORT_WINDOW = 63
MIN_OVERLAP = 63
"""Common days below which a pair takes the mean correlation, and an asset the cautious volatility."""
CAUTIOUS_QUANTILE = 0.75
"""An asset with too short a history is taken to be as volatile as this quantile of the others."""
FLOOR = 1e-8
"""Smallest yearly variance: a price that never moved must not look like a riskless asset to an optimiser."""


def covariance(returns: Floats) -> Floats:
    """(N, N) covariance of yearly returns from (T, N) daily simple returns, NaN where an asset was not traded.

    Positive semidefinite for any input. An asset with fewer than `MIN_OVERLAP` returns takes the `CAUTIOUS_QUANTILE`
    of the others' volatilities and the mean correlation; when no asset has enough, ValueError says so.
    """
    recent = returns[-LONG_WINDOW:]
    deviations = volatilities(recent)
    return deviations[:, None] * correlation(recent) * deviations[None, :]


def volatilities(returns: Floats) -> Floats:
    """(N,) yearly volatilities: the larger of the last `SHORT_WINDOW` days' and the whole window's.

    Raises ValueError when no asset has `MIN_OVERLAP` returns.
    """
    counts = np.isfinite(returns).sum(axis=0)
    enough = counts >= MIN_OVERLAP
    if not enough.any():
        raise ValueError(
            f"no asset has {MIN_OVERLAP} daily returns; choose a later as-of date or add price history "
            f"(the longest has {int(counts.max(initial=0))})"
        )
    long = _variance(returns)
    short = _variance(returns[-SHORT_WINDOW:])
    recent = np.isfinite(returns[-SHORT_WINDOW:]).sum(axis=0) >= SHORT_WINDOW // 2
    variance = np.maximum(long, np.where(recent, short, 0.0))
    variance = np.where(enough, variance, np.quantile(variance[enough], CAUTIOUS_QUANTILE))
    yearly: Floats = np.sqrt(np.maximum(DAYS_PER_YEAR * variance, FLOOR))
    return yearly


def _variance(returns: Floats) -> Floats:
    """Mean square around the mean, per column, over the days there are; 0 for a column without two."""
    known = np.isfinite(returns)
    counts = known.sum(axis=0)
    filled = np.where(known, returns, 0.0)
    mean = filled.sum(axis=0) / np.maximum(counts, 1)
    square = (np.where(known, returns - mean, 0.0) ** 2).sum(axis=0)
    result: Floats = np.where(counts > 1, square / np.maximum(counts - 1, 1), 0.0)
    return result


def correlation(returns: Floats) -> Floats:
    """(N, N) correlations, shrunk to their mean; pairs with less than `MIN_OVERLAP` common days take the mean.

    The shrinkage intensity is Ledoit and Wolf's (2004) estimate for standardised returns, where the target's own
    covariance term is left out: it is of smaller order, and leaving it out shrinks more.
    """
    known = np.isfinite(returns)
    overlap = known.T.astype(float) @ known.astype(float)
    counts = known.sum(axis=0)
    filled = np.where(known, returns, 0.0)
    mean = filled.sum(axis=0) / np.maximum(counts, 1)
    deviation = np.sqrt(np.maximum(_variance(returns), FLOOR / DAYS_PER_YEAR))
    scores = np.where(known, (returns - mean) / deviation, 0.0)
    sums = scores.T @ scores
    usable = (overlap >= MIN_OVERLAP) & ~np.eye(len(counts), dtype=bool)
    sample = np.divide(sums, overlap, out=np.zeros_like(sums), where=overlap > 0)
    average = float(sample[usable].mean()) if usable.any() else 0.0
    squares = (scores**2).T @ (scores**2)
    noise = np.divide(squares, overlap, out=np.zeros_like(sums), where=overlap > 0) - sample**2
    spread = float(((sample - average)[usable] ** 2).sum())
    noise_sum = float((noise[usable] / overlap[usable]).sum())
    intensity = min(1.0, max(0.0, noise_sum / spread)) if spread > 0 else 1.0
    shrunk = np.where(usable, intensity * average + (1 - intensity) * sample, average)
    np.fill_diagonal(shrunk, 1.0)
    return _nearest_correlation(shrunk)


def _nearest_correlation(matrix: Floats) -> Floats:
    """Clip negative eigenvalues and rescale the diagonal to one; a matrix that is fine comes back as it was."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values[0] >= 1e-10:
        return (matrix + matrix.T) / 2
    rebuilt = (vectors * np.maximum(values, 1e-10)) @ vectors.T
    scale = np.sqrt(np.diag(rebuilt))
    result: Floats = rebuilt / scale[:, None] / scale[None, :]
    return (result + result.T) / 2


def loss_scenarios(returns: Floats, horizon: int = 21, count: int = 500) -> Floats:
    """(S, N) overlapping `horizon`-day simple returns, at most `count`, evenly spaced and ending on the last day.

    A window in which an asset missed some days compounds the days there are. One in which it had less than half of
    them is filled: the mean standardised move of the assets that were traded, in units of its own spread over the
    windows, times the asset's own volatility. So it falls with the others, as hard as its risk says, rather than
    sleeping through the crash. Raises ValueError with fewer than `horizon` + 1 rows, or when an asset has to be filled
    and none has `MIN_OVERLAP` returns.
    """
    days, assets = returns.shape
    if days < horizon + 1:
        raise ValueError(f"{horizon}-day scenarios need {horizon + 1} days of returns; there are {days}")
    ends = np.unique(np.linspace(horizon, days, min(count, days - horizon + 1)).round().astype(int))
    known = np.isfinite(returns)
    growth = np.log1p(np.where(known, np.maximum(returns, -0.9999), 0.0))
    out = np.empty((len(ends), assets))
    traded = np.empty((len(ends), assets), dtype=bool)
    for row, end in enumerate(ends):
        out[row] = np.expm1(growth[end - horizon : end].sum(axis=0))
        traded[row] = known[end - horizon : end].sum(axis=0) * 2 >= horizon
    if traded.all():
        return out
    scale = volatilities(returns[-LONG_WINDOW:]) * np.sqrt(horizon / DAYS_PER_YEAR)
    moves = np.where(traded, out / scale, 0.0)
    together = moves.sum(axis=1) / np.maximum(traded.sum(axis=1), 1)
    # A mean of many moves is calmer than each of them; its own spread makes it one asset's move again.
    spread = float(together.std())
    alone = together / spread if spread > 0 else together
    return np.where(traded, out, np.maximum(alone[:, None] * scale[None, :], -0.9999))
