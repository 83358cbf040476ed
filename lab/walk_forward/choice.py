"""What is fixed before a test window is opened: the baseline to beat, the levers, and whether the gate is open."""

from collections.abc import Mapping, Sequence

import numpy as np

from lab.walk_forward.accounts import PERIODS, Account
from lab.walk_forward.records import Option
from lab.walk_forward.strategies import EQUAL_WEIGHT
from portfolio.metrics import certainty_equivalent, sharpe_ratio
from portfolio.statistics import block_bootstrap

FEWEST_DAYS = 126
"""Days of an account below which its Sharpe ratio names no baseline: equal weight is taken."""
GATE_LEVEL = 0.8
"""The gate asks for the lower end of this interval, its 10th percentile, to lie above zero."""
OUTSIDE = ("60/40", "index")
"""Strategies that are compared, but do not hold the universe's assets by a rule that a policy could tilt."""


def named_baseline(accounts: Mapping[str, Account], first: str, last: str) -> str:
    """The strategy with the best Sharpe ratio from `first` to `last`; the earlier in order where two tie."""
    best, name = -np.inf, EQUAL_WEIGHT
    for strategy, account in accounts.items():
        seen = account.between(first, last)
        if len(seen.net) < FEWEST_DAYS:
            continue
        ratio = sharpe_ratio(seen.net, seen.cash, PERIODS)
        if ratio is not None and ratio > best:
            best, name = ratio, strategy
    return name


def best_rule(accounts: Mapping[str, Account], first: str, last: str) -> str:
    """As `named_baseline`, among those that hold the universe's own assets."""
    return named_baseline({name: account for name, account in accounts.items() if name not in OUTSIDE}, first, last)


def ahead(own: Account, baseline: Account, risk_aversion: float) -> float:
    """Certainty equivalent a year, less the baseline's on the same days; a total loss is a loss of everything."""
    first, second = (certainty_equivalent(account.net, risk_aversion, PERIODS) for account in (own, baseline))
    return (-1.0 if first is None else first) - (-1.0 if second is None else second)


def chosen(scores: Sequence[Mapping[Option, float]]) -> tuple[Option, float]:
    """The option with the best mean over the validation years so far (one mapping each), and that mean.

    An option that could not be trained in a year counts as level with the baseline there. Only options of the last
    year can be chosen; the smaller action range wins a tie.
    """
    if not scores or not scores[-1]:
        raise ValueError("no option was trained for this window; give one candidate at least")
    means = {option: sum(year.get(option, 0.0) for year in scores) / len(scores) for option in scores[-1]}
    best = max(means, key=lambda option: (means[option], -option.action_range))
    return best, means[best]


def gate_low(pairs: Sequence[tuple[Account, Account]], *, seed: int, draws: int) -> float | None:
    """10th percentile of the yearly mean return ahead of the baseline over past years; None where there is none.

    Each pair is (policy, baseline) on one year's days.
    """
    if not pairs:
        return None
    gained = np.concatenate([own.net - base.net for own, base in pairs])
    if len(gained) < FEWEST_DAYS:
        return None
    return PERIODS * block_bootstrap(gained, seed=seed, draws=draws, level=GATE_LEVEL).low
