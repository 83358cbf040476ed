"""Curves from stated confidence to hit rate that never fall: isotonic in groups, or logistic; and what points weigh."""

import numpy as np

from portfolio.market import Floats

GROUP_POINTS = 250.0
"""Points that share one knot of the isotonic fit: the hit rate of fewer is too rough to be told from a coin's."""
GRID = np.linspace(0.0, 1.0, 21)
"""Knots of the logistic fit."""


def isotonic(confidence: Floats, right: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Mean confidence of each group of neighbours, and the never falling hit rate there, by pooled violators.

    Parameters, each (n,): stated confidence in [0, 1], right in [0, 1], positive weight.
    """
    from scipy.optimize import isotonic_regression

    place = np.unique(confidence, return_inverse=True)[1]
    group = _groups(np.bincount(place, weights=weight))[place]
    total = np.bincount(group, weights=weight)
    knots = np.bincount(group, weights=weight * confidence) / total
    mean = np.bincount(group, weights=weight * right) / total
    return knots, np.asarray(isotonic_regression(mean, weights=total).x, dtype=float)


def _groups(total: np.ndarray) -> np.ndarray:
    """(k,) group of each distinct confidence, of `GROUP_POINTS` or more each: a few lucky points at an end, which
    pooling would leave to themselves, must not earn full trust."""
    out, number, filled = np.zeros(len(total), dtype=int), 0, 0.0
    for k, points in enumerate(total):
        if filled >= GROUP_POINTS:
            number, filled = number + 1, 0.0
        out[k] = number
        filled += float(points)
    if filled < GROUP_POINTS and number > 0:
        out[out == number] = number - 1
    return out


def logistic(confidence: Floats, right: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """`GRID`, and the hit rate there: Platt's (1999) fit with his smoothed targets and a slope of zero or more."""
    from scipy.optimize import minimize
    from scipy.special import expit

    hits = float(weight @ right)
    misses = float(weight.sum()) - hits
    target = right * (hits + 1.0) / (hits + 2.0) + (1.0 - right) / (misses + 2.0)
    centre = float(weight @ confidence / weight.sum())
    x = confidence - centre

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] * x + at[1]
        error = weight * (expit(z) - target)
        value = weight @ (np.logaddexp(0.0, z) - target * z)
        return float(value / weight.sum()), np.array([error @ x, error.sum()]) / weight.sum()

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)])
    return GRID, np.asarray(expit(found.x[0] * (GRID - centre) + found.x[1]), dtype=float)


def uniqueness(asset: np.ndarray, begin: np.ndarray, end: np.ndarray) -> Floats:
    """(n,) share of each outcome that is its own: mean over its days of 1 / outcomes of the asset open on that day.

    `asset` (n,) codes; `begin` and `end` (n,) days as integers, end after begin.
    """
    out = np.ones(len(asset))
    for code in np.unique(asset):
        mine = np.flatnonzero(asset == code)
        first = begin[mine].min()
        start, stop = begin[mine] - first, end[mine] - first
        opened = np.zeros(int(stop.max()) + 1)
        np.add.at(opened, start, 1.0)
        np.add.at(opened, stop, -1.0)
        share = np.concatenate([[0.0], np.cumsum(1.0 / np.maximum(np.cumsum(opened), 1.0))])
        out[mine] = (share[stop] - share[start]) / (stop - start)
    return out
