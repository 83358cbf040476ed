"""Window arithmetic whose bits do not depend on where the panel ends, or on where it starts beyond the window.

Everything is elementwise over lags: row t of a window sum is added up in one fixed order from rows t-w+1..t. A
running cumulative sum would be as fast, but its rounding would carry all of the past into each row.
"""

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats

FILL_DAYS = 5
"""A price that is missing for at most this many days (another market's holiday) stands in for the day."""


def lag(values: Floats, rows: int, empty: float = np.nan) -> Floats:
    """(T, N) `values` of `rows` days before; `empty` where there was no such day."""
    out = np.full_like(values, empty)
    if rows == 0:
        out[:] = values
    elif rows < len(values):
        out[rows:] = values[:-rows]
    return out


def known(close: Floats) -> Floats:
    """Positive, finite closes, each gap filled from at most five days before; NaN beyond that."""
    clean = np.where(np.isfinite(close) & (close > 0.0), close, np.nan)
    out = clean.copy()
    for rows in range(1, FILL_DAYS + 1):
        out = np.where(np.isnan(out), lag(clean, rows), out)
    return out


def window_sum(values: Floats, width: int) -> Floats:
    """(T, N) sum over the last `width` rows, missing rows counting zero, by doubling: log2(width) passes."""
    out = np.zeros_like(values)
    block, size, taken = values, 1, 0
    while width:
        if width & 1:
            out = out + lag(block, taken, 0.0)
            taken += size
        width >>= 1
        if width:
            block = block + lag(block, size, 0.0)
            size *= 2
    return out


def window_max(values: Floats, width: int) -> Floats:
    """(T, N) maximum over the last `width` rows, ignoring NaN; -inf where all are NaN."""
    block, size = np.where(np.isnan(values), -np.inf, values), 1
    while size < width:
        step = min(size, width - size)
        block = np.maximum(block, lag(block, step, -np.inf))
        size += step
    return block


def ranks(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Rank of each asset on its day, 1 for the lowest, ties sharing their mean rank, NaN unranked; and (T,) counts."""
    below = np.zeros(values.shape)
    equal = np.zeros(values.shape)
    for column in range(values.shape[1]):
        one = values[:, column : column + 1]
        below += one < values
        equal += one == values
    there = np.isfinite(values)
    return np.where(there, below + (equal + 1.0) / 2.0, np.nan), there.sum(axis=1)


def rank_score(values: Floats) -> Floats:
    """(T, N) rank on the day mapped evenly into (-1, 1), highest best; NaN unranked."""
    rank, count = ranks(values)
    return 2.0 * (rank - 0.5) / np.maximum(count, 1)[:, None] - 1.0


def quartile_spread(values: Floats) -> Floats:
    """(T, 1) third minus first quartile across assets (order statistics, no interpolation); 0 with none."""
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    low, high = np.maximum(count - 1, 0) // 4, np.maximum(count - 1, 0) - np.maximum(count - 1, 0) // 4
    pick = np.take_along_axis(ordered, np.stack([low, high], axis=1), axis=1)
    return np.where(count[:, None] > 0, pick[:, 1:] - pick[:, :1], 0.0)
