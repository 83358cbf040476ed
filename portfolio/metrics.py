"""What a row of daily returns was worth: each figure with its formula and source.

All take simple returns per period as fractions, (S,), and give fractions. A figure that is not defined (a ratio over a
zero) is None, never zero and never infinite. Volatility and ratios use the sample standard deviation (ddof 1).
"""

from math import sqrt

import numpy as np

from portfolio.backtest.records import BacktestResult
from portfolio.market import Dates, Floats
from portfolio.records import Record
from portfolio.taxes import AfterTax, LotOrder, TaxRates, after_tax

FLAT = 1e-14
"""A deviation per period below this is round-off of a constant, and no ratio is taken over it."""


class Metrics(Record):
    """Figures of one account, yearly where a rate; None where not defined or where what it needs was not given.

    Each field is the function of that name in this module (`sharpe` is `sharpe_ratio` and so on).
    """

    periods: float
    days: int
    total_return: float
    annual_return: float
    volatility: float
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    drawdown_days: int
    calmar: float | None
    value_at_risk: float
    conditional_value_at_risk: float
    omega: float | None
    tail_ratio: float | None
    win_rate: float | None
    certainty_equivalent: float | None
    information_ratio: float | None = None
    tracking_error: float | None = None
    beta: float | None = None
    alpha: float | None = None
    hit_rate: float | None = None
    turnover: float | None = None
    trades: int | None = None
    cost_drag: float | None = None
    after_tax_return: float | None = None
    after_liquidation_return: float | None = None
    tax_paid: float | None = None


def summary(
    returns: BacktestResult | Floats,
    cash_returns: Floats | None = None,
    periods: float | None = None,
    *,
    benchmark: Floats | None = None,
    risk_aversion: float = 5.0,
    tail: float = 0.05,
    taxes: TaxRates | None = None,
    lots: LotOrder = "hifo",
) -> Metrics:
    """All figures, net of costs.

    Parameters
    ----------
    returns : a backtest's result, whose net returns, bill returns, turnover and dates are taken; or (S,) returns
    cash_returns : (S,) what bills paid per period, for all ratios; with a result, None takes the result's
    periods : periods a year; None reads them off a result's dates, and is 252 for plain returns
    benchmark : (S,) returns of the portfolio to compare with, on the same days
    risk_aversion : gamma of `certainty_equivalent`
    tail : probability of the tail of `value_at_risk` and `conditional_value_at_risk`
    taxes : with a result, the client's rates for `with_taxes`; None leaves the figures after tax out
    lots : which lots are sold first, for `taxes`

    Raises ValueError for returns that are no numbers, and as `portfolio.taxes.after_tax` does. A result of a market in
    which holdings were delisted below their last close needs `after_tax` with that recovery, and `with_taxes`.
    """
    result = returns if isinstance(returns, BacktestResult) else None
    net = result.returns if result is not None else np.asarray(returns, dtype=np.float64)
    if cash_returns is None:
        cash_returns = result.cash_returns if result is not None else np.zeros(len(net))
    if periods is None:
        periods = periods_per_year(result.dates) if result is not None else 252.0
    for name, values in (("returns", net), ("cash_returns", cash_returns), ("benchmark", benchmark)):
        if values is not None and (values.shape != net.shape or not bool(np.isfinite(values).all())):
            raise ValueError(f"{name} must be {net.shape} finite numbers; drop or fill missing days first")
    if len(net) < 2:
        raise ValueError("figures need two returns or more; start the backtest earlier")
    depth, length = max_drawdown(net)
    against = None if benchmark is None else (net, benchmark)
    if taxes is not None and result is None:
        raise ValueError("taxes need a backtest's result, whose ledger has the lots; plain returns do not")
    made = Metrics(
        periods=periods,
        days=len(net),
        total_return=total_return(net),
        annual_return=annual_return(net, periods),
        volatility=volatility(net, periods),
        sharpe=sharpe_ratio(net, cash_returns, periods),
        sortino=sortino_ratio(net, cash_returns, periods),
        max_drawdown=depth,
        drawdown_days=length,
        calmar=calmar_ratio(net, periods),
        value_at_risk=value_at_risk(net, tail),
        conditional_value_at_risk=conditional_value_at_risk(net, tail),
        omega=omega_ratio(net, cash_returns),
        tail_ratio=tail_ratio(net),
        win_rate=win_rate(net),
        certainty_equivalent=certainty_equivalent(net, risk_aversion, periods),
        information_ratio=None if against is None else information_ratio(*against, periods),
        tracking_error=None if against is None else tracking_error(*against, periods),
        beta=None if benchmark is None else beta(net, benchmark, cash_returns),
        alpha=None if benchmark is None else alpha(net, benchmark, cash_returns, periods),
        hit_rate=None if against is None else hit_rate(*against),
        turnover=None if result is None else annual_turnover(result, periods),
        trades=None if result is None else count_trades(result),
        cost_drag=None
        if result is None
        else annual_return(result.gross_returns, periods) - annual_return(net, periods),
    )
    return made if taxes is None or result is None else with_taxes(made, after_tax(result, taxes, order=lots))


def with_taxes(figures: Metrics, taxed: AfterTax) -> Metrics:
    """The figures with those of `portfolio.taxes.after_tax` on the same span.

    `after_tax_return` is the compound yearly return after the taxes on what was realised, paid or owed;
    `after_liquidation_return` after those on all unrealised gains too (SEC Form N-1A, item 26(b)(2) and (3): average
    annual total return after taxes on distributions, and on distributions and redemption); `tax_paid` the taxes on what
    was realised as a share of the money at the start.
    """
    return figures.model_copy(
        update={
            "after_tax_return": taxed.after,
            "after_liquidation_return": taxed.after_liquidation,
            "tax_paid": taxed.taxes / taxed.initial,
        }
    )


def periods_per_year(dates: Dates) -> float:
    """Rows a year of these dates, 365.25 days being a year: about 252 for shares, 365 with crypto, 52 for weeks."""
    span = float((dates[-1] - dates[0]) / np.timedelta64(1, "D"))
    if span <= 0.0:
        raise ValueError("one date spans no time; give two or more")
    return (len(dates) - 1) * 365.25 / span


def total_return(returns: Floats) -> float:
    """Linked: prod(1 + r) - 1 (GIPS 2020, time-weighted return; there are no flows)."""
    return float(np.prod(1.0 + returns)) - 1.0


def annual_return(returns: Floats, periods: float) -> float:
    """Compound yearly growth: prod(1 + r) ** (periods / S) - 1 (GIPS 2020, annualised return)."""
    return float(np.prod(1.0 + returns) ** (periods / len(returns))) - 1.0


def volatility(returns: Floats, periods: float) -> float:
    """std(r, ddof=1) * sqrt(periods) (Bacon 2008, ch. 4; exact for returns that do not persist)."""
    return float(returns.std(ddof=1)) * sqrt(periods)


def sharpe_ratio(returns: Floats, cash_returns: Floats, periods: float) -> float | None:
    """mean(r - c) / std(r - c) * sqrt(periods), c the bill's return (Sharpe 1994). Cash has no ratio."""
    excess = returns - cash_returns
    return _over(float(excess.mean()) * sqrt(periods), float(excess.std(ddof=1)))


def sortino_ratio(returns: Floats, target_returns: Floats, periods: float) -> float | None:
    """mean(r - t) / sqrt(mean(min(r - t, 0) ** 2)) * sqrt(periods), t the target's return (Sortino and Price 1994).

    The target downside deviation counts every period, those above target as zero: it is not the standard deviation of
    the negative returns.
    """
    excess = returns - target_returns
    downside = sqrt(float((np.minimum(excess, 0.0) ** 2).mean()))
    return _over(float(excess.mean()) * sqrt(periods), downside)


def max_drawdown(returns: Floats) -> tuple[float, int]:
    """Deepest fall of wealth from its running peak, as a positive fraction, and the longest time under a peak.

    depth = max(1 - W_t / max_{s <= t} W_s), the starting wealth counting as a peak (Magdon-Ismail and Atiya 2004); the
    length is in periods from a peak to its recovery, or to the end where it has not recovered.
    """
    wealth = np.append(1.0, np.cumprod(1.0 + returns))
    peaks = np.maximum.accumulate(wealth)
    places = np.arange(len(wealth))
    at_peak = np.maximum.accumulate(np.where(wealth >= peaks, places, 0))
    under = np.where(wealth < peaks, places - at_peak, 0)
    recovered = np.flatnonzero((wealth[1:] >= peaks[1:]) & (under[:-1] > 0)) + 1
    longest = max(int(under.max()), int((under[recovered - 1] + 1).max()) if len(recovered) else 0)
    return float((1.0 - wealth / peaks).max()), longest


def calmar_ratio(returns: Floats, periods: float) -> float | None:
    """annual return / maximum drawdown (Young 1991), over the whole span and not only three years."""
    return _over(annual_return(returns, periods), max_drawdown(returns)[0])


def value_at_risk(returns: Floats, tail: float = 0.05) -> float:
    """Loss that a share `tail` of the periods exceeded, positive when a loss: -quantile(r, tail) (Jorion 2006)."""
    return -float(np.quantile(returns, tail))


def conditional_value_at_risk(returns: Floats, tail: float = 0.05) -> float:
    """Mean loss of the worst share `tail` of the periods, positive when a loss (Rockafellar and Uryasev 2000).

    The period on the boundary counts by the fraction of it that lies in the tail, so that exactly `tail` is averaged.
    """
    worst = np.sort(returns)
    share = tail * len(worst)
    whole = int(share)
    if whole >= len(worst):
        return -float(worst.mean())
    return -float((worst[:whole].sum() + (share - whole) * worst[whole]) / share)


def omega_ratio(returns: Floats, target_returns: Floats) -> float | None:
    """sum(max(r - t, 0)) / sum(max(t - r, 0)) (Keating and Shadwick 2002)."""
    excess = returns - target_returns
    return _over(float(np.maximum(excess, 0.0).sum()), float(np.maximum(-excess, 0.0).sum()))


def tail_ratio(returns: Floats) -> float | None:
    """|95th percentile| / |5th percentile| (pyfolio's definition)."""
    return _over(abs(float(np.quantile(returns, 0.95))), abs(float(np.quantile(returns, 0.05))))


def win_rate(returns: Floats) -> float | None:
    """Share of the periods with any move that gained: count(r > 0) / count(r != 0) (Bacon 2008, "batting average").

    Of periods and not of round trips: a portfolio that is rebalanced has no trips that begin and end.
    """
    return _over(float((returns > 0.0).sum()), float((returns != 0.0).sum()))


def hit_rate(returns: Floats, benchmark: Floats) -> float:
    """Share of the periods in which the portfolio did better than the benchmark: mean(r > b)."""
    return float((returns > benchmark).mean())


def tracking_error(returns: Floats, benchmark: Floats, periods: float) -> float:
    """std(r - b, ddof=1) * sqrt(periods) (Grinold and Kahn 1999)."""
    return volatility(returns - benchmark, periods)


def information_ratio(returns: Floats, benchmark: Floats, periods: float) -> float | None:
    """mean(r - b) / std(r - b) * sqrt(periods) (Grinold and Kahn 1999, active return over active risk)."""
    active = returns - benchmark
    return _over(float(active.mean()) * sqrt(periods), float(active.std(ddof=1)))


def beta(returns: Floats, benchmark: Floats, cash_returns: Floats) -> float | None:
    """cov(r - c, b - c) / var(b - c) (Jensen 1968)."""
    excess, market = returns - cash_returns, benchmark - cash_returns
    centred = market - market.mean()
    return _over(float((excess - excess.mean()) @ centred), float(centred @ centred), FLAT**2)


def alpha(returns: Floats, benchmark: Floats, cash_returns: Floats, periods: float) -> float | None:
    """Jensen's alpha a year, arithmetic: (mean(r - c) - beta * mean(b - c)) * periods (Jensen 1968)."""
    slope = beta(returns, benchmark, cash_returns)
    if slope is None:
        return None
    return float((returns - cash_returns).mean() - slope * (benchmark - cash_returns).mean()) * periods


def certainty_equivalent(returns: Floats, risk_aversion: float, periods: float) -> float | None:
    """The sure yearly return that an investor of constant relative risk aversion gamma would take instead.

    u(x) = x ** (1 - gamma) / (1 - gamma), or log x at gamma 1, of each period's gross return; the return whose utility
    is the mean one, compounded to a year (Campbell and Viceira 2002, ch. 2). None after a total loss, which no such
    investor would accept at gamma >= 1.
    """
    gross = 1.0 + returns
    if bool((gross <= 0.0).any()):
        return None
    logs = np.log(gross)
    if abs(risk_aversion - 1.0) < 1e-9:
        sure = float(logs.mean())
    else:
        power = 1.0 - risk_aversion
        sure = float(np.log(np.exp(power * logs).mean())) / power
    return float(np.expm1(sure * periods))


def annual_turnover(result: BacktestResult, periods: float) -> float:
    """One-way turnover a year, the first purchase included: sum of daily turnover * periods / returns."""
    return float(result.turnover.sum()) * periods / max(len(result.wealth) - 1, 1)


def count_trades(result: BacktestResult) -> int:
    """Orders that were dealt, one an asset and day: the purchases and sales of a ledger that are not zero.

    A delisted holding that is paid out is no trade.
    """
    return int(result.orders.sum())


def _over(above: float, below: float, smallest: float = FLAT) -> float | None:
    return above / below if abs(below) > smallest else None
