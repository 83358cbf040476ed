"""The named sleeve on which the policy's tilts stand: equal weight, or a rule that reads the covariance alone.

A sleeve enters as log weights added to the tilt, so that exclusions and tilts renormalise it the same way in training
and live. A client who excludes assets gets the rule's weights of the others, rescaled, not the rule computed anew.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from portfolio import baselines
from portfolio.market import Floats
from rl.features import Bools

SleeveName = Literal[
    "equal_weight",
    "inverse_volatility",
    "risk_parity",
    "hierarchical_risk_parity",
    "min_variance",
    "max_diversification",
]

SLEEVES: Mapping[SleeveName, Callable[[Floats], Floats]] = {
    "equal_weight": baselines.equal_weight,
    "inverse_volatility": baselines.inverse_volatility,
    "risk_parity": baselines.risk_parity,
    "hierarchical_risk_parity": baselines.hierarchical_risk_parity,
    "min_variance": baselines.min_variance,
    "max_diversification": baselines.max_diversification,
}

SMALLEST = 1e-3
"""Of an equal share: what a rule that leaves an asset out still gives it, so that its logarithm is a number."""


def log_sleeve(name: SleeveName, covariance: Floats, held: Bools) -> Floats:
    """(N,) log of the sleeve's weights over an equal share; 0 for what is not held or has no measured risk.

    `covariance` (N, N) is yearly. Raises ValueError as the rule does, on a covariance that it cannot use.
    """
    out = np.zeros(len(held))
    if name == "equal_weight":
        return out
    risky = held & (np.diag(covariance) > 0)
    count = int(risky.sum())
    if count > 1:
        weights = SLEEVES[name](covariance[np.ix_(risky, risky)])
        out[risky] = np.log(np.maximum(weights * count, SMALLEST))
    return out
