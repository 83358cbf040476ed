"""Strategies mixed with cash to one realised volatility, after the fact.

Beside the matching that a backtest does beforehand (each decision mixed with cash down to a forecast volatility), which
a client could have done, this one asks: had all strategies swung alike over this test, who would have had more? The
shares of cash are known only once the test is over, so the figures describe and nothing may be chosen on them.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from portfolio.market import Floats
from portfolio.metrics import FLAT


@dataclass(frozen=True, eq=False)
class Matched:
    """K strategies over S periods at the same realised volatility.

    Attributes
    ----------
    volatility : yearly, of the returns over bills, the same for every strategy that moves
    shares : (K,) part of the money in the strategy, the rest in bills, put right each period at no cost; 1 for a
        strategy that does not move
    returns : (S, K) of the mixtures: bills + share x (strategy - bills)
    """

    volatility: float
    shares: Floats
    returns: Floats


def match_realised_volatility(
    returns: Floats, cash_returns: Floats, periods: float, target: float | None = None
) -> Matched:
    """Mix each strategy with bills so that all have had the same volatility (Modigliani and Modigliani 1997, M2).

    Their M2 is bills + Sharpe ratio x volatility; here the same as a path, so that drawdown, tails and certainty
    equivalents can be compared too. Never levered: the common volatility is the calmest strategy's unless a lower one
    is given.

    Parameters
    ----------
    returns : (S, K) net simple returns on the same days
    cash_returns : (S,) what bills paid
    periods : a year
    target : yearly volatility of the returns over bills; None takes the lowest of the strategies that move

    Raises ValueError for shapes or numbers that are none, where nothing moves, or for a target that would need
    borrowing.
    """
    if returns.ndim != 2 or cash_returns.shape != returns.shape[:1] or len(returns) < 2:
        raise ValueError(
            f"returns are {returns.shape}, bills {cash_returns.shape}; the same two periods or more expected"
        )
    if not (np.isfinite(returns).all() and np.isfinite(cash_returns).all()):
        raise ValueError("every strategy needs a finite return on every day; keep the days that all of them share")
    excess = returns - cash_returns[:, None]
    own = excess.std(axis=0, ddof=1)
    moving = own > FLAT
    if not bool(moving.any()):
        raise ValueError("no strategy moves, so there is no volatility to match; compare their returns")
    lowest = float(own[moving].min()) * sqrt(periods)
    wanted = lowest if target is None else target
    if not 0.0 < wanted <= lowest * (1.0 + 1e-12):
        raise ValueError(f"a volatility of {wanted:.4g} would need borrowing: the calmest strategy had {lowest:.4g}")
    shares = np.ones(returns.shape[1])
    shares[moving] = np.minimum(wanted / (own[moving] * sqrt(periods)), 1.0)
    return Matched(volatility=wanted, shares=shares, returns=cash_returns[:, None] + shares * excess)
