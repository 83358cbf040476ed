"""Means over sessions with their doubt: bootstrap intervals, and what chance does to rankings of few shares.

Sessions are drawn one by one (blocks of one): they have no order in time that matters. Who sat twice is not told by
the files, so no person can be drawn as a whole.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from lab.people.records import LEVEL, Figure
from portfolio.market import Floats
from portfolio.statistics import Statistic, block_bootstrap, mean_statistic

LEAST = 3
"""Fewer sessions have no interval."""
MOST_STORIES = 4
"""Up to this many stories every relabelling is counted; with more, `DRAWS` of them are drawn."""
DRAWS = 200_000


def mean(values: Sequence[float], *, seed: int, draws: int) -> Figure:
    """Mean of one figure a session; zero of nothing is a mean of zero over none."""
    if len(values) < LEAST:
        return Figure(value=float(np.mean(values)) if values else 0.0, n=len(values))
    return _figure(np.asarray(values, dtype=np.float64), mean_statistic, seed, draws)


def share(pairs: Sequence[tuple[float, float]], *, seed: int, draws: int) -> Figure:
    """Sum of the first over sum of the second, sessions drawn whole; those with nothing to count are left out."""
    known = np.array([pair for pair in pairs if pair[1] > 0], dtype=np.float64).reshape(-1, 2)
    if len(known) < LEAST:
        return Figure(value=float(known[:, 0].sum() / known[:, 1].sum()) if len(known) else 0.0, n=len(known))
    return _figure(known, _ratio, seed, draws)


def _ratio(samples: Floats) -> Floats:
    out: Floats = samples[..., 0].sum(axis=1) / samples[..., 1].sum(axis=1)
    return out


def _figure(values: Floats, statistic: Statistic, seed: int, draws: int) -> Figure:
    found = block_bootstrap(values, statistic, seed=seed, block=1, draws=draws, level=LEVEL)
    return Figure(value=found.estimate, low=found.low, high=found.high, p_value=found.p_value, n=len(values))


def spearman(ours: Sequence[float], gold: Sequence[int]) -> float | None:
    """Rank correlation of scores (higher is better) with ranks (1 is best), ties at their mean rank; None without any
    order in the scores."""
    from scipy.stats import rankdata

    if len(set(ours)) < 2:
        return None
    return _correlation(np.asarray(rankdata(-np.asarray(ours)), dtype=np.float64), np.asarray(gold, dtype=np.float64))


def _correlation(first: Floats, second: Floats) -> float:
    one, other = first - first.mean(), second - second.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def kendall(ours: Sequence[float], gold: Sequence[int]) -> float | None:
    """Kendall's tau-b of the same; None without any order in the scores."""
    from scipy.stats import kendalltau

    if len(set(ours)) < 2:
        return None
    return float(kendalltau(-np.asarray(ours), gold).statistic)


def by_chance(
    rows: Mapping[int, Sequence[tuple[Sequence[float], Mapping[str, int], Sequence[str]]]], seed: int
) -> float:
    """Share of relabellings of the stories' shares whose mean Spearman is at least the one observed.

    All sessions of a story share one expert order, so sessions are no independent trials of the knowledge of shares:
    the honest null gives each story one random order of its shares, the same for all of its sessions.

    Parameters
    ----------
    rows : story -> (scores, share -> gold rank, shares in the scores' order) of each session
    """
    from scipy.stats import rankdata

    sums: list[Floats] = []
    observed = 0.0
    for story in sorted(rows):
        names = sorted(rows[story][0][1])
        orders = [np.asarray(rankdata(-np.asarray(scored)), dtype=np.float64) for scored, _, _ in rows[story]]
        totals = []
        for order in itertools.permutations(range(len(names))):
            moved = dict(zip(names, (names[i] for i in order), strict=True))
            total = 0.0
            for ours, (scored, gold, shown) in zip(orders, rows[story], strict=True):
                if len(set(scored)) > 1:
                    total += _correlation(ours, np.array([gold[moved[name]] for name in shown], dtype=np.float64))
            totals.append(total)
        observed += totals[0]
        sums.append(np.array(totals))
    if len(sums) <= MOST_STORIES:
        every = sums[0]
        for more in sums[1:]:
            every = np.add.outer(every, more).ravel()
    else:
        rng = np.random.default_rng(seed)
        every = np.sum([rng.choice(one, size=DRAWS) for one in sums], axis=0)
    return float((every >= observed - 1e-9).mean())
