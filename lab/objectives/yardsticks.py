"""What each objective asks for, as a figure of an account, with its formula; all are tested on their own.

r is a month's net return before tax, b equal weight's in the same month, v the month's growth of what the account would
leave if it were sold and all taxes paid (the typical client's), d a day's net return, gamma the client's risk aversion.

| yardstick | objective | formula |
| --- | --- | --- |
| gain over equal weight | short-term alpha | 12 mean(r - b) |
| the same after risk | short-term gain | 12 mean(u(r) - u(b)), u(x) = log(1 + x) - gamma x^2 / 4 (`rl.rewards`) |
| after-tax growth | long-term gain | exp(12 mean log v) - 1 |
| maximum drawdown | capital preservation | of the daily account |
| CVaR | capital preservation | mean loss of the worst 5 % of days |
| years with a loss | capital preservation | share of overlapping 12-month windows that lost |
| losses harvested | tax-loss harvesting | 12 mean(losses that count for tax / account) |
| kept from tax | tax-loss harvesting | 12 mean(log v - log(1 + r)): after-tax less before-tax growth |
| long-term share | long-term gains only | long-term gains realised / all gains realised, 0 where none |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lab.objectives.accounts import Account
from portfolio.market import Floats
from portfolio.profile import Objective
from portfolio.statistics import Interval, block_bootstrap

MONTHS = 12
TAIL = 0.05

Series = Callable[[Account, Account, float], Floats]
"""An account, equal weight's, the client's risk aversion -> (L, S) what is drawn together."""
Measure = Callable[[Floats], Floats]
"""Draws (D, L, S) -> (D,)."""


@dataclass(frozen=True)
class Yardstick:
    """One figure. `better` is 1 where more is better, -1 where less is; `block` months or days, None for the data's."""

    name: str
    title: str
    objective: Objective
    series: Series
    measure: Measure
    better: int = 1
    percent: bool = True
    block: int | None = None

    def value(self, account: Account, baseline: Account, risk_aversion: float) -> float:
        return float(self.measure(self.series(account, baseline, risk_aversion)[None])[0])


def monthly(account: Account) -> Floats:
    """(M,) net returns before tax."""
    wealth = np.asarray(account.wealth)
    return np.asarray(wealth[1:] / wealth[:-1] - 1.0)


def after_tax_growth(account: Account) -> Floats:
    """(M,) log growth of what would be left after selling everything and paying all taxes."""
    return np.diff(np.log(np.asarray(account.typical.value)))


def _alpha(account: Account, baseline: Account, _: float) -> Floats:
    return (monthly(account) - monthly(baseline))[:, None]


def _gain(account: Account, baseline: Account, aversion: float) -> Floats:
    def worth(move: Floats) -> Floats:
        return np.asarray(np.log1p(move) - 0.25 * aversion * move * move)

    return (worth(monthly(account)) - worth(monthly(baseline)))[:, None]


def _growth(account: Account, _: Account, __: float) -> Floats:
    return after_tax_growth(account)[:, None]


def _daily(account: Account, _: Account, __: float) -> Floats:
    return np.asarray(account.daily)[:, None]


def _lost_years(account: Account, _: Account, __: float) -> Floats:
    wealth = np.asarray(account.wealth)
    return (wealth[MONTHS:] < wealth[:-MONTHS]).astype(np.float64)[:, None]


def _losses(account: Account, _: Account, __: float) -> Floats:
    return np.asarray(account.typical.losses)[:, None]


def _kept(account: Account, _: Account, __: float) -> Floats:
    return (after_tax_growth(account) - np.log1p(monthly(account)))[:, None]


def _realised(account: Account, _: Account, __: float) -> Floats:
    return np.column_stack([account.typical.long_gains, account.typical.gains])


def _yearly(draws: Floats) -> Floats:
    return np.asarray(MONTHS * draws[..., 0].mean(axis=1))


def _compound(draws: Floats) -> Floats:
    return np.asarray(np.expm1(_yearly(draws)))


def _mean(draws: Floats) -> Floats:
    return np.asarray(draws[..., 0].mean(axis=1))


def _drawdown(draws: Floats) -> Floats:
    """(D,) as `portfolio.metrics.max_drawdown`."""
    wealth = np.cumprod(1.0 + draws[..., 0], axis=1)
    peak = np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0)
    return np.asarray(np.maximum((1.0 - wealth / peak).max(axis=1), 0.0))


def _cvar(draws: Floats) -> Floats:
    """(D,) as `portfolio.metrics.conditional_value_at_risk`."""
    days = draws[..., 0]
    share = TAIL * days.shape[1]
    whole = int(share)
    worst = np.sort(np.partition(days, whole, axis=1)[:, : whole + 1], axis=1)
    return np.asarray(-(worst[:, :whole].sum(axis=1) + (share - whole) * worst[:, whole]) / share)


def _ratio(draws: Floats) -> Floats:
    long, gains = draws[..., 0].sum(axis=1), draws[..., 1].sum(axis=1)
    return np.asarray(np.divide(long, gains, out=np.zeros_like(long), where=gains > 0.0))


YARDSTICKS: tuple[Yardstick, ...] = (
    Yardstick("gain", "gain over equal weight, 1-month windows", Objective.SHORT_TERM_ALPHA, _alpha, _yearly),
    Yardstick("gain_after_risk", "the same after a charge for risk", Objective.SHORT_TERM_GAIN, _gain, _yearly),
    Yardstick("after_tax_growth", "after-tax growth, sold at the end", Objective.LONG_TERM_GAIN, _growth, _compound),
    Yardstick(
        "drawdown", "maximum drawdown", Objective.CAPITAL_PRESERVATION, _daily, _drawdown, better=-1
    ),
    Yardstick("cvar", "CVaR 95 %, a day", Objective.CAPITAL_PRESERVATION, _daily, _cvar, better=-1),
    Yardstick(
        "lost_years", "12-month windows with a loss", Objective.CAPITAL_PRESERVATION, _lost_years, _mean, better=-1,
        block=MONTHS,
    ),
    Yardstick("harvested", "losses harvested, of the account", Objective.TAX_LOSS_HARVESTING, _losses, _yearly),
    Yardstick("kept", "after-tax less before-tax growth", Objective.TAX_LOSS_HARVESTING, _kept, _yearly),
    Yardstick("long_share", "gains that are long-term", Objective.LONG_TERM_GAINS_ONLY, _realised, _ratio),
)  # fmt: skip


def against_others(
    yardstick: Yardstick,
    own: Account,
    others: Sequence[Account],
    baseline: Account,
    *,
    risk_aversion: float,
    seed: int,
    draws: int,
    level: float,
    best: bool = False,
) -> Interval:
    """How far `own` is ahead of the mean of `others` on a yardstick, in its better direction; with `best`, of the best
    of them in each draw.

    All accounts are drawn together in blocks (the days or months of one draw are the same for all), so that what is
    common to them cancels. Block length: the longest that any single series asks for, but `Yardstick.block`.
    """
    parts = [yardstick.series(account, baseline, risk_aversion) for account in (own, *others)]
    width = parts[0].shape[1]

    def ahead(drawn: Floats) -> Floats:
        made = [yardstick.measure(drawn[..., place * width : (place + 1) * width]) for place in range(len(parts))]
        signed = yardstick.better * np.stack(made)
        return np.asarray(signed[0] - (signed[1:].max(axis=0) if best else signed[1:].mean(axis=0)))

    values = np.column_stack(parts)
    block = None if yardstick.block is None else min(yardstick.block, len(values))
    return block_bootstrap(values, ahead, seed=seed, block=block, draws=draws, level=level)
