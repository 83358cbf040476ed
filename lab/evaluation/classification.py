"""Accuracy and macro-F1 of answers in classes, with intervals, from tables of counts alone.

A table of counts holds all that these figures need, so the bootstrap over headlines is a multinomial draw of tables:
the same distribution as drawing headlines with replacement, thousands of times faster.
"""

from collections.abc import Callable
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lab.evaluation.records import LEVEL, Classification, Estimate, Paired
from portfolio.market import Floats

CLASSES = ("bad", "neutral", "good")
NONE = 3
"""The answer of a method that gave none."""
DRAWS = 4000

Labels = NDArray[np.int64]
"""(n,) class numbers: 0 bad, 1 neutral, 2 good; in answers also `NONE`."""


def wilson(hits: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with the score interval of Wilson (1927). Raises ValueError for n below 1."""
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(value=share, low=min(low, share), high=max(high, share))


def confusion(truth: Labels, told: Labels) -> NDArray[np.int64]:
    """(3, 4) counts: true class by answer."""
    out = np.zeros((len(CLASSES), NONE + 1), dtype=np.int64)
    np.add.at(out, (truth, told), 1)
    return out


def accuracy(tables: Floats) -> Floats:
    """(...,) share of right answers of tables (..., 3, 4)."""
    out: Floats = np.trace(tables[..., :NONE], axis1=-2, axis2=-1) / tables.sum(axis=(-2, -1))
    return out


def macro_f1(tables: Floats) -> Floats:
    """(...,) mean over the classes of 2 TP / (2 TP + FP + FN); a class without truth or answer counts as 0."""
    right = np.diagonal(tables[..., :NONE], axis1=-2, axis2=-1)
    both = tables.sum(axis=-1) + tables[..., :NONE].sum(axis=-2)
    out: Floats = np.divide(2.0 * right, both, out=np.zeros(right.shape), where=both > 0).mean(axis=-1)
    return out


def score(method: str, truth: Labels, told: Labels, *, seed: int, tokens: int | None = None) -> Classification:
    """One method's figures on n headlines."""
    table = confusion(truth, told)
    drawn = _draws(table.ravel(), seed).reshape(DRAWS, *table.shape)
    rows = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in table.tolist())
    return Classification(
        method=method,
        n=len(truth),
        confusion=rows,
        accuracy=wilson(int(np.trace(table[:, :NONE])), len(truth)),
        macro_f1=_interval(float(macro_f1(table.astype(float))), macro_f1(drawn)),
        tokens=tokens,
    )


def against(method: str, truth: Labels, told: Labels, other: Labels, *, seed: int) -> Paired:
    """A method minus another on the same headlines, the headlines drawn together."""
    joint = np.zeros((len(CLASSES), NONE + 1, NONE + 1), dtype=np.int64)
    np.add.at(joint, (truth, told, other), 1)
    drawn = _draws(joint.ravel(), seed).reshape(DRAWS, *joint.shape)
    whole = joint.astype(float)[None]

    def difference(figure: Callable[[Floats], Floats], tables: Floats) -> Floats:
        out: Floats = figure(tables.sum(axis=-1)) - figure(tables.sum(axis=-2))
        return out

    return Paired(
        method=method,
        n=len(truth),
        accuracy=_interval(float(difference(accuracy, whole)[0]), difference(accuracy, drawn)),
        macro_f1=_interval(float(difference(macro_f1, whole)[0]), difference(macro_f1, drawn)),
    )


def _draws(counts: NDArray[np.int64], seed: int) -> Floats:
    n = int(counts.sum())
    return np.random.default_rng(seed).multinomial(n, counts / n, size=DRAWS).astype(float)


def _interval(value: float, drawn: Floats) -> Estimate:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=value, low=min(float(low), value), high=max(float(high), value))
