"""Intervals for alignment scores: clients drawn anew, months drawn in blocks, or both.

Both at once is the pigeonhole bootstrap (Owen 2007), which is cautious where clients share their months. Blocks have
the length of the longest usual window, a year, because windows that begin in neighbouring months overlap.
"""

from math import ceil

import numpy as np

from portfolio.alignment import mean_of_known, part_means
from portfolio.market import Floats
from portfolio.statistics import Interval

BLOCK = 12
"""Decisions, a month apart."""


def client_scores(values: Floats) -> Floats:
    """(C,) each client's score from (C, R, P) values; NaN where nothing could be judged."""
    return mean_of_known(part_means(values), axis=-1)


def score_interval(
    values: Floats,
    against: Floats | None = None,
    *,
    seed: int,
    over_time: bool = True,
    over_clients: bool = True,
    block: int = BLOCK,
    draws: int = 1000,
    level: float = 0.9,
) -> Interval:
    """The mean score of clients (C, R, P), or how far it is above that of `against`, same clients and months.

    A client enters a difference only where both scores are known. Raises ValueError where nothing is drawn, or the
    arrays do not belong together.
    """
    if not (over_time or over_clients):
        raise ValueError("draw months, clients or both; without either there is no interval")
    if against is not None and against.shape != values.shape:
        raise ValueError(f"a difference needs the same clients and months; got {values.shape} and {against.shape}")
    clients, months, _ = values.shape
    rng = np.random.default_rng(seed)
    drawn = np.empty(draws)
    for place in range(draws):
        who = rng.integers(0, clients, clients) if over_clients else np.arange(clients)
        when = _blocks(rng, months, min(block, months)) if over_time else np.arange(months)
        drawn[place] = _mean(values[who][:, when], None if against is None else against[who][:, when])
    low, high = np.nanquantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    beyond = min(int((drawn <= 0.0).sum()), int((drawn >= 0.0).sum()))
    return Interval(
        estimate=_mean(values, against),
        low=float(low),
        high=float(high),
        level=level,
        p_value=min(1.0, 2.0 * (beyond + 1) / (draws + 1)),
        block=block if over_time else 1,
        draws=draws,
    )


def _blocks(rng: np.random.Generator, months: int, block: int) -> np.ndarray:
    """(R,) rows in circular blocks (Politis and Romano 1992)."""
    starts = rng.integers(0, months, ceil(months / block))
    return np.asarray(((starts[:, None] + np.arange(block)) % months).reshape(-1)[:months])


def _mean(values: Floats, against: Floats | None) -> float:
    own = client_scores(values)
    return float(mean_of_known(own if against is None else own - client_scores(against), axis=0))
