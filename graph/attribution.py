"""Who moved which weight, exactly: every coalition of personas through policy and projection.

The baseline's own decision is the start. `prices` is what the policy does when no persona speaks: its price encoder.
From there each persona gets its Shapley value, phi_p = sum over S of |S|! (P - |S| - 1)! / P! (v(S + p) - v(S)), where
v(S) are the weights after policy and projection with the personas of S alone (Shapley 1953). So per weight,
baseline + prices + personas = decision, by construction.
"""

from collections.abc import Sequence
from itertools import product
from math import factorial

import numpy as np
from numpy.typing import NDArray

from portfolio.decision import Contribution
from portfolio.market import Floats

PRICES = "prices"
MAX_EXACT = 10
"""Personas up to which every coalition is asked (1,024 of them)."""


def coalitions(personas: int) -> NDArray[np.bool_]:
    """(2^P, P) every subset, the empty one first and the full one last. Raises ValueError above `MAX_EXACT`."""
    if personas > MAX_EXACT:
        raise ValueError(f"{personas} personas make {2**personas} coalitions; name at most {MAX_EXACT} with --personas")
    return np.array(list(product((False, True), repeat=personas)), dtype=bool).reshape(2**personas, personas)


def shapley(masks: NDArray[np.bool_], values: Floats) -> Floats:
    """(P, N) Shapley values of a game with vector values (2^P, N), rows as in `coalitions`."""
    personas = masks.shape[1]
    row = {tuple(mask): i for i, mask in enumerate(masks.tolist())}
    out = np.zeros((personas, values.shape[1]))
    for mask, i in row.items():
        for p in range(personas):
            if not mask[p]:
                size = sum(mask)
                joined = row[(*mask[:p], True, *mask[p + 1 :])]
                weight = factorial(size) * factorial(personas - size - 1) / factorial(personas)
                out[p] += weight * (values[joined] - values[i])
    return out


def contributions(
    symbols: Sequence[str], personas: Sequence[str], baseline: Floats, masks: NDArray[np.bool_], values: Floats
) -> tuple[Contribution, ...]:
    """One record per symbol and player; per symbol they sum to values[-1] - baseline within 1e-9.

    baseline : (N + 1,) the baseline's weights after projection; values : (2^P, N + 1) those of each coalition.
    """
    shares = shapley(masks, values)
    rows = [(PRICES, values[0] - baseline), *zip(personas, shares, strict=True)]
    return tuple(
        Contribution(symbol=symbol, player=player, amount=float(moved[j]))
        for j, symbol in enumerate(symbols)
        for player, moved in rows
    )
