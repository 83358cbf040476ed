"""Was the best of many only lucky? Cross-validation that does not leak, and tests over whole families of strategies.

`portfolio.statistics` doubts one figure; this module doubts the choosing. Pure functions of arrays; chance enters by an
explicit seed only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats
from portfolio.records import Record
from portfolio.statistics import optimal_block

Places = NDArray[np.int64]


class Overfitting(Record):
    """What choosing the best in one half of history was worth in the other half."""

    probability: float
    """Share of splits in which the chosen strategy fell into the lower half out of sample (PBO)."""
    median_logit: float
    """Median of log(w / (1 - w)), w the chosen one's relative rank out of sample: 0 is a coin, above is skill."""
    loss: float
    """Share of splits in which the chosen strategy's Sharpe was below zero out of sample."""
    degradation: float
    """Slope of the chosen one's Sharpe out of sample on its Sharpe in sample; below one is what choosing cost."""
    splits: int
    strategies: int


class Superiority(Record):
    """Is any of a family better than the benchmark, allowing for how many were tried?"""

    reality_check: float
    """p-value of White's reality check (2000): not studentised, every strategy counts."""
    spa: float
    """Consistent p-value of Hansen's test of superior predictive ability (2005)."""
    best: int
    """Place of the strategy with the highest mean."""
    strategies: int
    block: int
    draws: int


@dataclass(frozen=True, eq=False)
class PurgedSplit:
    """Rows to train on, rows to test on, and the path of the backtest to which each block of test rows belongs."""

    train: Places
    test: tuple[Places, ...]
    paths: tuple[int, ...]


def probability_of_overfitting(returns: Floats, blocks: int = 16) -> Overfitting:
    """Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu 2017).

    History is cut into `blocks` stretches; for every way to take half of them as the sample, the strategy with the
    best Sharpe there is looked up in the other half.

    Parameters
    ----------
    returns : (L, K) excess returns per period of every strategy that was tried, on the same days
    blocks : even; 16 gives 12,870 splits

    Raises ValueError for fewer than two strategies, an odd number of blocks, or fewer than two rows a block.
    """
    rows, tried = returns.shape
    if tried < 2 or blocks < 2 or blocks % 2 or rows < 2 * blocks:
        raise ValueError(f"{tried} strategies on {rows} rows cannot be cut into {blocks} blocks of two rows or more")
    if not bool(np.isfinite(returns).all()):
        raise ValueError("every strategy needs a finite return on every row; keep the days that all of them share")
    parts = np.array_split(returns, blocks)
    count = np.array([len(part) for part in parts], dtype=np.float64)
    total = np.stack([part.sum(axis=0) for part in parts])
    square = np.stack([(part * part).sum(axis=0) for part in parts])
    chosen = np.zeros((comb(blocks, blocks // 2), blocks))
    for split, half in enumerate(combinations(range(blocks), blocks // 2)):
        chosen[split, list(half)] = 1.0
    inside = _sharpes(chosen, count, total, square)
    outside = _sharpes(1.0 - chosen, count, total, square)
    best = inside.argmax(axis=1)
    every = np.arange(len(best))
    found, kept = inside[every, best], outside[every, best]
    # Ties share their rank, so that strategies which are all alike lie in the middle.
    below = (outside < kept[:, None]).sum(axis=1) + 0.5 * ((outside == kept[:, None]).sum(axis=1) - 1)
    rank = (below + 1.0) / (tried + 1.0)
    spread = found - found.mean()
    # Sums, not products of vectors: those depend on how many threads the library has.
    square_sum = float((spread * spread).sum())
    slope = float((spread * kept).sum()) / square_sum if square_sum > 0.0 else 0.0
    return Overfitting(
        probability=float((rank < 0.5).mean() + 0.5 * (rank == 0.5).mean()),
        median_logit=float(np.median(np.log(rank / (1.0 - rank)))),
        loss=float((kept < 0.0).mean()),
        degradation=slope,
        splits=len(best),
        strategies=tried,
    )


def _sharpes(chosen: Floats, count: Floats, total: Floats, square: Floats) -> Floats:
    """(S, K) Sharpe per period over the blocks of each split, from the blocks' sums; 0 for a flat strategy."""
    length = (chosen @ count)[:, None]
    mean = chosen @ total / length
    variance = chosen @ square / length - mean * mean
    flat = variance <= 1e-18
    return np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))


def superiority(
    strategies: Floats, benchmark: Floats, *, seed: int, block: int | None = None, draws: int = 2000
) -> Superiority:
    """White's reality check and Hansen's SPA test of a family (L, K) against a benchmark (L,), by the `arch` package.

    Returns are gains, so their negatives are the losses that the test wants. `block` is the mean block of the
    stationary bootstrap; None takes `optimal_block` of the differences (the largest).

    Raises ValueError when rows differ or a value is no number.
    """
    from arch.bootstrap import SPA

    if strategies.ndim != 2 or len(strategies) != len(benchmark) or len(benchmark) < 12:
        raise ValueError(f"a family {strategies.shape} needs a benchmark of as many rows, twelve or more")
    ahead = strategies - benchmark[:, None]
    if not bool(np.isfinite(ahead).all()):
        raise ValueError("every strategy needs a finite return on every row; keep the days that all of them share")
    block = max(optimal_block(ahead[:, place]) for place in range(ahead.shape[1])) if block is None else block
    values = {}
    for studentize in (False, True):
        test = SPA(-benchmark, -strategies, block_size=block, reps=draws, studentize=studentize, seed=seed)
        test.compute()
        values[studentize] = test.pvalues
    return Superiority(
        reality_check=float(values[False]["upper"]),
        spa=float(values[True]["consistent"]),
        best=int(ahead.mean(axis=0).argmax()),
        strategies=strategies.shape[1],
        block=block,
        draws=draws,
    )


def purged_splits(
    rows: int, *, folds: int = 10, test_folds: int = 2, purge: int = 0, embargo: int = 0
) -> Iterator[PurgedSplit]:
    """Combinatorial purged cross-validation (López de Prado 2018, chapter 12), by skfolio.

    Parameters
    ----------
    purge : rows left out of training on either side of a test block: as many as a label looks ahead
    embargo : rows left out after a test block besides, for what persists

    Raises ValueError when the rows cannot be cut so.
    """
    from skfolio.model_selection import CombinatorialPurgedCV

    if folds < 3 or not 2 <= test_folds < folds or rows < folds * (purge + embargo + 2):
        raise ValueError(f"{rows} rows are too few for {folds} folds with {purge} purged and {embargo} embargoed")
    maker = CombinatorialPurgedCV(n_folds=folds, n_test_folds=test_folds, purged_size=purge, embargo_size=embargo)
    paths = maker.get_path_ids()
    for place, (train, test) in enumerate(maker.split(np.zeros((rows, 1)))):
        yield PurgedSplit(
            train=np.asarray(train, dtype=np.int64),
            test=tuple(np.asarray(part, dtype=np.int64) for part in test),
            paths=tuple(int(path) for path in paths[place]),
        )


def joined_paths(splits: Sequence[PurgedSplit], values: Sequence[Sequence[Floats]], rows: int) -> Floats:
    """(P, rows) the paths of the backtest: each covers every row once, each block of it judged by a split that did not
    train on it.

    Parameters
    ----------
    values : for each split, for each of its test blocks, one value a row of the block

    Raises ValueError where blocks and values differ, or a path has a hole.
    """
    count = 1 + max(path for split in splits for path in split.paths)
    out = np.full((count, rows), np.nan)
    for split, parts in zip(splits, values, strict=True):
        for block, path, part in zip(split.test, split.paths, parts, strict=True):
            if len(part) != len(block):
                raise ValueError(f"a test block of {len(block)} rows has {len(part)} values; one a row expected")
            out[path, block] = part
    if bool(np.isnan(out).any()):
        raise ValueError("a path has rows that no split judged; give every split's values")
    return out
