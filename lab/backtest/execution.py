"""How decided weights are dealt: what the engine can do beside trading every decision in full at one rate."""

from typing import Annotated

from pydantic import Field

from portfolio.backtest import Costs, Rebalancing, Rules
from portfolio.backtest.engine import INITIAL
from portfolio.records import Record

BasisPoints = Annotated[float, Field(ge=0, le=5_000)]
Money = Annotated[float, Field(ge=0)]


class Execution(Record):
    """The engine's rules that a plan may choose. By default each decision is traded in full, in fractions of a unit.

    Orders are dealt at the close after the decision whatever is chosen: dealing at the decision's own close would look
    ahead, so there is no field for it. Market impact is not here: it needs the money traded a day
    (`portfolio.backtest.square_root_impact`), and no source of prices of this product brings it.
    """

    rebalancing: Rebalancing = Rebalancing()
    """When weights that have drifted are sent back. A strategy that holds is never sent back between its decisions."""
    spread_basis_points: BasisPoints = 0.0
    """The full quoted spread, of which each trade pays half."""
    slippage_basis_points: BasisPoints = 0.0
    """What a fill loses beyond half the spread."""
    order_fee: Money = 0.0
    minimum_trade: Money = 0.0
    """No smaller order, but one that sells all of an asset."""
    lot: Annotated[float, Field(ge=0)] = 0.0
    """Units a lot, rounded down; 0 deals in fractions."""
    money: Annotated[float, Field(gt=0)] = INITIAL
    """In the account at its first decision: what `order_fee`, `minimum_trade` and `lot` are measured by."""

    @property
    def plain(self) -> bool:
        """Whether nothing but the plan's rate of cost counts, so that what was held before a decision does not."""
        return self.rules == Rules() and self.order_fee == 0.0

    @property
    def in_money(self) -> bool:
        """Whether the size of the account matters."""
        return bool(self.order_fee or self.minimum_trade or self.lot)

    @property
    def rules(self) -> Rules:
        """For a strategy that decides each time."""
        return Rules(rebalancing=self.rebalancing, minimum_trade=self.minimum_trade, lot=self.lot)

    @property
    def holding(self) -> Rules:
        """For one that holds what it has between its decisions: the same orders, and no drift watched."""
        return Rules(minimum_trade=self.minimum_trade, lot=self.lot)

    def costs(self, basis_points: float) -> Costs:
        """With a commission of so much of the value traded."""
        return Costs(
            commission=basis_points / 10_000.0,
            spread=self.spread_basis_points / 10_000.0,
            slippage=self.slippage_basis_points / 10_000.0,
            order_fee=self.order_fee,
        )

    @property
    def words(self) -> str:
        """What was chosen, as one sentence; empty where nothing was."""
        told = [_drift(self.rebalancing)] if self.rebalancing.kind != "decisions" else []
        if self.spread_basis_points:
            told.append(f"a quoted spread of {self.spread_basis_points:g} basis points, half of it paid on each trade")
        if self.slippage_basis_points:
            told.append(f"{self.slippage_basis_points:g} basis points of slippage")
        if self.order_fee:
            told.append(f"a fee of {self.order_fee:,.2f} an order")
        if self.minimum_trade:
            told.append(f"no order below {self.minimum_trade:,.2f} that does not sell all of an asset")
        if self.lot:
            told.append(
                f"orders in whole lots of {self.lot:g} units of the closes as they are (where these are adjusted for "
                "dividends or splits, not shares as they were dealt in)"
            )
        if self.in_money:
            told.append(f"{self.money:,.0f} in the account at the first decision")
        if not told:
            return ""
        whole = "; ".join(told)
        return f"{whole[0].upper()}{whole[1:]}."


def _drift(rule: Rebalancing) -> str:
    width = f"{rule.width:.4g} of its target" if rule.relative else f"{100.0 * rule.width:.4g} points"
    away = f"a weight stands further than {width} from its target"
    if rule.kind == "threshold":
        sent = f"where {away}, all weights are sent back to target"
    else:
        sent = f"where {away}, it alone is sent back, to the edge of that band"
    if rule.check == "daily":
        return f"decisions are traded in full; {sent}, looked at every close"
    return f"{sent}, looked at when a strategy decides and at no other time"
