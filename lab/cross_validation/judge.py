"""From test blocks to paths and figures, one way for whatever was chosen or learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lab.backtest.judge import utility
from lab.cross_validation.records import Design, Outcome, PathLine
from portfolio.market import Floats
from portfolio.metrics import certainty_equivalent, max_drawdown, sharpe_ratio
from portfolio.statistics import block_bootstrap


@dataclass(frozen=True)
class Yardstick:
    """How figures are made.

    periods : a year; draws, level, seed : of the bootstrap
    """

    periods: float
    risk_aversion: float
    draws: int
    level: float
    seed: int


@dataclass(frozen=True, eq=False)
class SplitRatios:
    """(S,) each: ratio per year of the strategy and of equal weight in the training and in the test groups."""

    train: Floats
    train_base: Floats
    test: Floats
    test_base: Floats


def ratio_of(returns: Floats, cash: Floats, periods: float) -> float:
    """The yearly ratio, zero where nothing moved."""
    return sharpe_ratio(returns, cash, periods) or 0.0


def outcome_of(
    strategy: str,
    design: Design,
    paths: Floats,
    base: Floats,
    cash: Floats,
    ratios: SplitRatios,
    stick: Yardstick,
) -> Outcome:
    """Figures of all paths.

    Parameters
    ----------
    paths : (P, S) net returns
    base, cash : (S,) equal weight's and what bills paid on the same days
    """
    ahead = np.mean([utility(path, stick.risk_aversion) for path in paths], axis=0) - utility(base, stick.risk_aversion)

    def yearly(draws: Floats) -> Floats:
        return np.asarray(draws.mean(axis=1) * stick.periods)

    return Outcome(
        strategy=strategy,
        design=design,
        splits=len(ratios.test),
        paths=tuple(_line(path, base, cash, stick) for path in paths),
        equal_weight=_line(base, base, cash, stick),
        ahead_splits=float((ratios.test > ratios.test_base).mean()),
        train_gain=float((ratios.train - ratios.train_base).mean()),
        test_gain=float((ratios.test - ratios.test_base).mean()),
        gain=block_bootstrap(ahead, yearly, seed=stick.seed, draws=stick.draws, level=stick.level),
    )


def _line(net: Floats, base: Floats, cash: Floats, stick: Yardstick) -> PathLine:
    own, other = (sharpe_ratio(one, cash, stick.periods) for one in (net, base))
    sure, bar = (certainty_equivalent(one, stick.risk_aversion, stick.periods) for one in (net, base))
    return PathLine(
        ratio=own,
        certainty_equivalent=sure,
        ratio_gain=None if own is None or other is None else own - other,
        gain=None if sure is None or bar is None else sure - bar,
        max_drawdown=max_drawdown(net)[0],
    )


def spread_of(values: Sequence[float | None]) -> tuple[float, float, float] | None:
    """Lowest, median and highest of what is defined; None where nothing is."""
    known = [value for value in values if value is not None]
    return (min(known), float(np.median(known)), max(known)) if known else None
