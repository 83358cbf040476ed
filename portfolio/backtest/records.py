"""What a backtest is told and what it answers: costs, rules of dealing, and the daily result."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from portfolio.market import Dates, Floats
from portfolio.records import Record

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
_Rate = _Fraction | tuple[_Fraction, ...]
_Money = Annotated[float, Field(ge=0.0)]

DECISION, DRIFT, LATE, DELISTED = 1, 2, 3, 4
"""Why the holdings changed: a decision, a drift out of its limits, an order that had waited for a close, a payout."""

Engine = Literal["reference", "vectorised", "compiled"]


class Costs(Record):
    """What dealing costs. Rates are fractions of the value traded, one for all assets or one per asset in order.

    Market impact is not here because it depends on the day: see `square_root_impact`.

    Attributes
    ----------
    commission : the broker's rate, paid on buying and on selling
    spread : the full quoted bid-ask spread; each trade pays half of it
    slippage : what the fill loses beyond half the spread
    order_fee : money for each order, whatever its size
    """

    commission: _Rate = 0.0
    spread: _Rate = 0.0
    slippage: _Rate = 0.0
    order_fee: _Money = 0.0

    def rates(self, assets: int) -> Floats:
        """(3, assets) commission, half spread and slippage as fractions of the value traded.

        Raises ValueError when a per-asset rate has another length, or the sum takes a whole trade.
        """
        table = np.empty((3, assets))
        for place, name in enumerate(("commission", "spread", "slippage")):
            rate = getattr(self, name)
            if isinstance(rate, tuple) and len(rate) != assets:
                raise ValueError(f"{name} has {len(rate)} rates for {assets} assets; give one, or one per asset")
            table[place] = rate
        table[1] *= 0.5
        if table.sum(axis=0).max() >= 1.0:
            raise ValueError("commission, half the spread and slippage together take the whole trade; lower them")
        return table


class Rebalancing(Record):
    """When the portfolio returns to its target between and at decisions.

    A weight stands outside when it is further than `width` from its target: percentage points as a fraction, or with
    `relative` that share of the target. Only assets with a close that day are looked at; cash is what is left.

    kind
        `decisions`: every decision is traded in full and the weights drift in between. `threshold`: when any weight
        stands outside, all go to target. `band`: the weights outside go to the nearest edge of their band only
        (Leland 1999), and no further than cash allows.
    check
        `daily`: decisions are traded in full, and drift is watched at every close. `decisions`: a new target is
        traded only where the weights stand outside it; the first purchase always is.
    """

    kind: Literal["decisions", "threshold", "band"] = "decisions"
    width: Annotated[float, Field(ge=0.0)] = 0.05
    relative: bool = False
    check: Literal["daily", "decisions"] = "daily"


class Delisting(Record):
    """When an asset that stopped trading is paid out in cash.

    Nothing later than the day is looked at: after `after` rows in a row without a close the holding is worth
    `recovery` times its last close, in cash, without costs. 1.0 is a takeover; Shumway (1997) finds 0.7 for shares
    delisted for poor performance. Until then it is worth its last close and cannot be traded.
    """

    after: Annotated[int, Field(ge=1)] = 20
    recovery: Annotated[float, Field(ge=0.0)] = 1.0


class Rules(Record):
    """How orders are dealt.

    Attributes
    ----------
    trade : the close at which a decision of day t is dealt. `next_close` cannot look ahead; `same_close` assumes that
        the close could be both seen and dealt at
    rebalancing : see `Rebalancing`
    minimum_trade : no order below this much money, judged before costs, except one that sells all of an asset
    lot : shares per lot, rounded down; 0 deals in fractions. Whole shares mean real share counts only when the closes
        are not adjusted for dividends (give the dividends apart)
    delisting : see `Delisting`
    """

    trade: Literal["same_close", "next_close"] = "next_close"
    rebalancing: Rebalancing = Rebalancing()
    minimum_trade: _Money = 0.0
    lot: Annotated[float, Field(ge=0.0)] = 0.0
    delisting: Delisting = Delisting()


@dataclass(frozen=True, eq=False)
class Ledger:
    """Every change of the holdings, in order: all that a later account of tax lots needs.

    Attributes
    ----------
    rows : (K,) rows of the result on which holdings changed
    reasons : (K,) DECISION, DRIFT, LATE or DELISTED; a payout on the day of a trade counts as the trade
    units : (K, N) units held after the change
    traded : (K, N) money bought (+) or sold (-) at the close, before costs; payouts are not trades
    rates : (4, N) commission, half spread, slippage and exchanging currencies as fractions of the value traded
    impact : (K, N) impact scale on the day, or (0, N) for none
    order_fee : money per order
    """

    rows: Ints
    reasons: Ints
    units: Floats
    traded: Floats
    rates: Floats
    impact: Floats
    order_fee: float

    @cached_property
    def commissions(self) -> Floats:
        """(K,) money."""
        return np.asarray(np.abs(self.traded) @ self.rates[0], dtype=np.float64)

    @cached_property
    def spreads(self) -> Floats:
        """(K,) money: half the quoted spread on each trade."""
        return np.asarray(np.abs(self.traded) @ self.rates[1], dtype=np.float64)

    @cached_property
    def slippages(self) -> Floats:
        """(K,) money."""
        return np.asarray(np.abs(self.traded) @ self.rates[2], dtype=np.float64)

    @cached_property
    def exchanges(self) -> Floats:
        """(K,) money: exchanging currencies on trades of foreign assets."""
        return np.asarray(np.abs(self.traded) @ self.rates[3], dtype=np.float64)

    @cached_property
    def impacts(self) -> Floats:
        """(K,) money."""
        if not len(self.impact):
            return np.zeros(len(self.rows))
        sizes = np.abs(self.traded)
        return np.asarray((np.where(sizes > 0.0, self.impact, 0.0) * sizes * np.sqrt(sizes)).sum(axis=1))

    @cached_property
    def orders(self) -> Ints:
        """(K,) number of orders."""
        return np.asarray((self.traded != 0.0).sum(axis=1), dtype=np.int64)

    @cached_property
    def fees(self) -> Floats:
        """(K,) money: the fee of each order."""
        return np.asarray(self.order_fee * self.orders, dtype=np.float64)

    @cached_property
    def costs(self) -> Floats:
        """(K,) money: commission, half spread, slippage, exchanging, impact and order fees together."""
        return self.commissions + self.spreads + self.slippages + self.exchanges + self.impacts + self.fees

    @cached_property
    def moved(self) -> Floats:
        """(K,) money: the larger of purchases and sales."""
        bought = np.maximum(self.traded, 0.0).sum(axis=1)
        return np.asarray(np.maximum(bought, bought - self.traded.sum(axis=1)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Daily account of one portfolio over S days and N assets, all money in the base currency.

    No array holds a NaN but `closes` and `marks`.

    Gross and net are two accounts of the same trades and are never mixed: net is what the client has; gross adds each
    day's costs back to that day's return.

    Attributes
    ----------
    dates : (S,) from the first decision to the last day
    initial : money at the close of the first day, before any trade
    wealth : (S,) net, at the close, after that day's trades and their costs
    cash : (S,) money not invested, never negative
    cash_returns : (S - 1,) what bills paid from each day to the next, as a fraction
    ledger : every change of the holdings, with what it cost
    targets : (R, N + 1) the decided weights, cash last
    decided : (R,) rows of the result on which they were decided
    unexecuted : decisions whose dealing day lies after the last day
    closes : (S, N) closes as they were given, NaN where not traded, the first row carried from before
    marks : (S, N) what a unit was worth where it had no close, or (0, N): its last close. See `prices`
    dividends : (S, N) money per unit on the ex-day, or (0, N) where none were given
    engine : which engine ran
    """

    dates: Dates
    initial: float
    wealth: Floats
    cash: Floats
    cash_returns: Floats
    ledger: Ledger
    targets: Floats
    decided: Ints
    unexecuted: int
    closes: Floats
    marks: Floats
    dividends: Floats
    engine: Engine

    @cached_property
    def costs(self) -> Floats:
        """(S,) money: all costs of the day; `ledger` has them apart."""
        return self._daily(self.ledger.costs)

    @cached_property
    def turnover(self) -> Floats:
        """(S,) the larger of purchases and sales over wealth before the trade: one-way, cash being an asset."""
        before = self.wealth + self.costs
        share: Floats = np.divide(self._daily(self.ledger.moved), before, out=np.zeros_like(before), where=before > 0.0)
        return share

    @cached_property
    def orders(self) -> Ints:
        """(S,) number of orders."""
        return self._daily(self.ledger.orders.astype(np.float64)).astype(np.int64)

    @cached_property
    def gross(self) -> Floats:
        """(S,) wealth had each day's costs been added back to that day's return, compounded."""
        earlier = np.append(self.initial, self.wealth[:-1])
        growth = np.divide(self.wealth + self.costs, earlier, out=np.ones_like(earlier), where=earlier > 0.0)
        return np.asarray(self.initial * np.cumprod(growth), dtype=np.float64)

    @cached_property
    def returns(self) -> Floats:
        """(S - 1,) net simple returns; costs of a trade on the first day fall into the first return."""
        return net_returns(self.wealth, self.initial)

    @cached_property
    def gross_returns(self) -> Floats:
        """(S - 1,) simple returns before costs."""
        return net_returns(self.gross, self.initial)

    @cached_property
    def units(self) -> Floats:
        """(S, N) units held after the day's trades."""
        held = np.vstack([np.zeros((1, self.closes.shape[1])), self.ledger.units])
        picked: Floats = held[np.searchsorted(self.ledger.rows, np.arange(len(self.wealth)), side="right")]
        return picked

    @cached_property
    def prices(self) -> Floats:
        """(S, N) what a unit was worth each day: its close, or where it has none its last one at the day's rate of
        exchange; NaN before its first."""
        if len(self.marks):
            return np.where(np.isfinite(self.closes), self.closes, self.marks)
        return carried(self.closes)

    @cached_property
    def weights(self) -> Floats:
        """(S, N + 1) at the close after the day's trades, cash last, sum one."""
        values = np.column_stack([np.where(self.units > 0.0, self.units * self.prices, 0.0), self.cash])
        total = self.wealth[:, None]
        shares: Floats = np.divide(values, total, out=np.zeros_like(values), where=total > 0.0)
        shares[self.wealth <= 0.0, -1] = 1.0
        return shares

    def _daily(self, amounts: Floats) -> Floats:
        out = np.zeros(len(self.wealth))
        out[self.ledger.rows] = amounts
        return out


def carried(closes: Floats) -> Floats:
    """(T, N) each asset's last close up to the day; NaN before its first."""
    if not np.isnan(closes).any():
        return closes
    rows = np.where(np.isnan(closes), 0, np.arange(len(closes))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(closes, rows, axis=0)


def net_returns(wealth: Floats, initial: float) -> Floats:
    """(..., S - 1) simple returns of wealth (..., S); what the first day's costs took falls into the first return.

    A portfolio that has lost everything returns zero from then on.
    """
    before = wealth[..., :-1].copy()
    before[..., :1] = initial
    return np.divide(wealth[..., 1:], before, out=np.ones_like(before), where=before > 0.0) - 1.0
