"""From weights on decision days to daily accounts, by the house's engine, first purchase charged.

Monthly decisions in three phases, a third of the money each, so that no lucky day of the month decides (the
overlapping portfolios of Jegadeesh and Titman 1993). A phase whose first decision has not come waits in bills.
"""

from dataclasses import dataclass

import numpy as np

from portfolio.backtest import Costs, backtest
from portfolio.backtest.inputs import cash_growth
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.metrics import certainty_equivalent, max_drawdown, sharpe_ratio, volatility
from portfolio.records import Record
from rl.environment import PHASES

PERIODS = 252.0


@dataclass(frozen=True, eq=False)
class Account:
    """Daily figures over S days of one strategy: net returns, bill returns and one-way turnover, (S,) each."""

    dates: Dates
    net: Floats
    cash: Floats
    turnover: Floats

    @property
    def excess(self) -> Floats:
        return np.asarray(self.net - self.cash)

    def between(self, first: str, last: str) -> "Account":
        """The days from `first` to `last`, inclusive (ISO)."""
        inside = (self.dates >= np.datetime64(first)) & (self.dates <= np.datetime64(last))
        return Account(self.dates[inside], self.net[inside], self.cash[inside], self.turnover[inside])


def joined(parts: "tuple[Account, ...]") -> Account:
    """Accounts of consecutive spans as one row of days."""
    return Account(*(np.concatenate([getattr(part, name) for part in parts]) for name in Account.__dataclass_fields__))


class Measured(Record):
    """Figures of an account over a span, yearly; None where not defined."""

    sharpe: float | None
    """Over bills where there is a bill rate."""
    certainty_equivalent: float | None
    """The sure yearly return that the client would take instead."""
    max_drawdown: float
    volatility: float
    turnover: float
    """One-way, a year."""

    @classmethod
    def of(cls, account: Account, risk_aversion: float) -> "Measured":
        """Raises ValueError for fewer than two days."""
        if len(account.net) < 2:
            raise ValueError("figures need two days or more; the span holds none")
        return cls(
            sharpe=sharpe_ratio(account.net, account.cash, PERIODS),
            certainty_equivalent=certainty_equivalent(account.net, risk_aversion, PERIODS),
            max_drawdown=max_drawdown(account.net)[0],
            volatility=volatility(account.net, PERIODS),
            turnover=float(account.turnover.sum()) * PERIODS / len(account.net),
        )


def account_of(
    panel: MarketPanel, dates: Dates, weights: Floats, *, cost: float, until: str, index: bool = False
) -> Account:
    """The account of weights (L, N + 2) set on the decision dates (L,), followed to the day `until`.

    Weights are over the panel's assets, its index and cash; a decision at a close is dealt at the next one. `index`
    says that the index is held. The account's first day is the one after the first decision.
    """
    close = np.where(panel.close > 0.0, panel.close, np.nan)
    if index:
        assert panel.index is not None
        close = np.column_stack([close, np.where(panel.index > 0.0, panel.index, np.nan)])
    else:
        weights = np.delete(weights, -2, axis=1)
    first = int(np.searchsorted(panel.dates, dates[0]))
    stop = int(np.searchsorted(panel.dates, np.datetime64(until), side="right"))
    rate = None if panel.cash_rate is None else panel.cash_rate[first:stop]
    rows = np.searchsorted(panel.dates, dates) - first
    days, prices = panel.dates[first:stop], close[first:stop]
    bills = cash_growth(days, rate)[1:] - 1.0
    phases = min(PHASES, len(rows))
    net, turnover = np.zeros((phases, len(bills))), np.zeros((phases, len(bills)))
    for phase in range(phases):
        result = backtest(
            prices, days, weights[phase::phases], decisions=rows[phase::phases], costs=Costs(commission=cost),
            cash_rate=rate,
        )  # fmt: skip
        begun = int(rows[phase])
        net[phase, :begun], net[phase, begun:] = bills[:begun], result.returns
        turnover[phase, begun:] = result.turnover[1:]
    return Account(days[1:], net.mean(axis=0), bills, turnover.mean(axis=0))
