"""Every figure of a table for every draw of days at once: the formulas of `portfolio.metrics` over arrays (D, L, K).

A ratio over nothing counts as zero in a draw, where a number must stand.
"""

import numpy as np

from portfolio.market import Floats

TAIL = 0.05
SMALLEST = 1e-14
"""A deviation per period below this is round-off of a constant."""
LEAST = -0.999999
"""A day's loss beyond this is taken as this, so that a logarithm exists."""


def path_figures(returns: Floats, periods: float, risk_aversion: float) -> dict[str, Floats]:
    """Growth, falls from the peak and certainty-equivalent return: each (D, K) of net returns (D, L, K)."""
    length = returns.shape[1]
    logs = np.log1p(np.maximum(returns, LEAST))
    path = np.cumsum(logs, axis=1)
    peak = np.maximum(np.maximum.accumulate(path, axis=1), 0.0)
    annual = np.expm1(path[:, -1] * periods / length)
    deepest = 1.0 - np.exp((path - peak).min(axis=1))
    return {
        "total_return": np.expm1(path[:, -1]),
        "annual_return": annual,
        "max_drawdown": deepest,
        "drawdown_days": _under_water(path, peak),
        "calmar": over(annual, deepest),
        "certainty_equivalent": sure_return(logs, periods, risk_aversion),
    }


def sure_return(logs: Floats, periods: float, risk_aversion: float) -> Floats:
    """(D, K) certainty-equivalent return a year of log returns (D, L, K)."""
    if abs(risk_aversion - 1.0) < 1e-9:
        sure = logs.mean(axis=1)
    else:
        power = 1.0 - risk_aversion
        sure = np.log(np.exp(power * logs).mean(axis=1)) / power
    return np.asarray(np.expm1(sure * periods))


def taxed_figures(after_tax: Floats, periods: float, risk_aversion: float) -> dict[str, Floats]:
    """Yearly return after tax and its certainty equivalent: each (D, K) of daily returns after tax (D, L, K)."""
    logs = np.log1p(np.maximum(after_tax, LEAST))
    return {
        "after_tax_return": np.expm1(logs.mean(axis=1) * periods),
        "after_tax_equivalent": sure_return(logs, periods, risk_aversion),
    }


def _under_water(path: Floats, peak: Floats) -> Floats:
    """The longest time from a peak to its recovery, or to the end: as `portfolio.metrics.max_drawdown` counts it."""
    days = np.arange(1, path.shape[1] + 1, dtype=np.int32)[None, :, None]
    at_peak = np.where(path >= peak, days, np.int32(0))
    last = np.maximum.accumulate(at_peak, axis=1)
    before = np.concatenate([np.zeros_like(last[:, :1]), last[:, :-1]], axis=1)
    waited = days - before
    # a day at the peak that follows another was never under it
    out: Floats = np.where((at_peak > 0) & (waited == 1), 0, waited).max(axis=1).astype(np.float64)
    return out


def spread_figures(returns: Floats, excess: Floats, periods: float) -> dict[str, Floats]:
    """Volatility, the ratios, and the tails: each (D, K) of net returns and returns over bills (D, L, K)."""
    length = returns.shape[1]
    root = float(np.sqrt(periods))
    mean, deviation = excess.mean(axis=1), excess.std(axis=1, ddof=1)
    lost = np.minimum(excess, 0.0)
    downside = np.sqrt((lost**2).mean(axis=1))
    shortfall = -lost.sum(axis=1)
    low, high = TAIL * (length - 1), (1.0 - TAIL) * (length - 1)
    whole = int(TAIL * length)
    marks = sorted({int(low), int(low) + 1, whole, int(high), int(high) + 1})
    ordered = np.partition(returns, marks, axis=1)
    worst, best = _quantile(ordered, low), _quantile(ordered, high)
    tail = -(ordered[:, :whole].sum(axis=1) + (TAIL * length - whole) * ordered[:, whole]) / (TAIL * length)
    return {
        "volatility": returns.std(axis=1, ddof=1) * root,
        "sharpe": over(mean * root, deviation),
        "sortino": over(mean * root, downside),
        "value_at_risk": -worst,
        "conditional_value_at_risk": tail,
        "omega": over(excess.sum(axis=1) + shortfall, shortfall),
        "tail_ratio": over(np.abs(best), np.abs(worst)),
        "win_rate": over((returns > 0.0).sum(axis=1, dtype=np.float64), (returns != 0.0).sum(axis=1, dtype=np.float64)),
    }


def _quantile(ordered: Floats, place: float) -> Floats:
    """Between two ordered values, linearly, as `numpy.quantile`."""
    below = int(place)
    out: Floats = ordered[:, below] + (place - below) * (ordered[:, below + 1] - ordered[:, below])
    return out


def against_figures(returns: Floats, cash: Floats, base: int, periods: float) -> dict[str, Floats]:
    """Against the strategy `base` of the same draw: each (D, K) of net returns (D, L, K); `cash` (D, L) is what bills
    paid."""
    root = float(np.sqrt(periods))
    market = returns[:, :, [base]]
    active = returns - market
    error = active.std(axis=1, ddof=1)
    excess, over_bills = returns - cash[:, :, None], market - cash[:, :, None]
    mean, middle = excess.mean(axis=1), over_bills.mean(axis=1)
    centred = over_bills - middle[:, None]
    slope = over(((excess - mean[:, None]) * centred).sum(axis=1), (centred**2).sum(axis=1), 1e-28)
    return {
        "tracking_error": error * root,
        "information_ratio": over(active.mean(axis=1) * root, error),
        "beta": slope,
        "alpha": (mean - slope * middle) * periods,
        "hit_rate": (active > 0.0).mean(axis=1),
    }


def matched_figures(excess: Floats, cash: Floats, periods: float) -> dict[str, Floats]:
    """Yearly return (D, K) of each strategy mixed with bills to the calmest one's volatility of the same draw.

    As `portfolio.matched_volatility.match_realised_volatility`: known only after the fact, never levered. `excess` are
    returns over bills (D, L, K), `cash` (D, L).
    """
    own = excess.std(axis=1, ddof=1)
    moving = own > SMALLEST
    lowest = np.where(moving, own, np.inf).min(axis=1, keepdims=True)
    share = np.where(moving, np.minimum(over(np.broadcast_to(lowest, own.shape), own), 1.0), 1.0)
    logs = np.log1p(np.maximum(cash[:, :, None] + share[:, None] * excess, LEAST))
    return {"matched_return": np.expm1(logs.mean(axis=1) * periods)}


def dealing_figures(turnover: Floats, net: Floats, gross: Floats, periods: float) -> dict[str, Floats]:
    """Yearly turnover, and what costs took: each (D, K) of daily turnover, net and gross returns (D, L, K)."""
    length = net.shape[1]
    with_costs, without = (
        np.expm1(np.log1p(np.maximum(values, LEAST)).sum(axis=1) * periods / length) for values in (net, gross)
    )
    return {"turnover": turnover.mean(axis=1) * periods, "cost_drag": without - with_costs}


def over(above: Floats, below: Floats, smallest: float = SMALLEST) -> Floats:
    """above / below, and zero where there is nothing below."""
    out: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > smallest)
    return out
