"""What a year's capital gains cost: rates, netting of short and long, the limit against ordinary income, carry-forward.

Sources: IRC sections 1211, 1212 and 1222; Schedule D of Form 1040 with its Capital Loss Carryover Worksheet. Money is
in the client's currency; a loss is a positive amount wherever a name says so.
"""

from typing import Annotated, Literal

from pydantic import Field

from portfolio.records import Record

_Rate = Annotated[float, Field(ge=0.0, lt=1.0)]

FILING_LIMIT: dict[Literal["single", "married_joint", "married_separate"], float] = {
    "single": 3_000.0,
    "married_joint": 3_000.0,
    "married_separate": 1_500.0,
}
"""Net capital loss that may be set against ordinary income in one year, IRC 1211(b)."""


class TaxRates(Record):
    """One client's rates, the same every year.

    Attributes
    ----------
    ordinary : marginal federal rate on wages, interest and short-term gains
    long : federal rate on long-term gains: 0, 0.15 or 0.20
    net_investment_income : 0.038 above the income threshold of IRC 1411, else 0. Not saved by the loss that is set
        against ordinary income, which is taken to be wages
    state : flat rate on everything, if any
    ordinary_loss_limit : see `FILING_LIMIT`
    qualified_dividends : share of the dividends that is taxed at the long-term rate (IRC 1(h)(11)), the rest at the
        ordinary one; 1 for shares that are held for more than 60 days
    wash_sale_days : days before and after a sale within which a purchase makes it a wash sale
    wash_sales : False looks away from the rule, to measure what it costs
    """

    ordinary: _Rate
    long: _Rate
    net_investment_income: _Rate = 0.0
    state: _Rate = 0.0
    ordinary_loss_limit: Annotated[float, Field(ge=0.0)] = FILING_LIMIT["single"]
    qualified_dividends: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    wash_sale_days: Annotated[int, Field(ge=0)] = 30
    wash_sales: bool = True

    @property
    def on_short(self) -> float:
        """Rate on a net short-term gain, and on interest."""
        return self.ordinary + self.net_investment_income + self.state

    @property
    def on_long(self) -> float:
        """Rate on a net long-term gain."""
        return self.long + self.net_investment_income + self.state

    @property
    def on_dividends(self) -> float:
        """Rate on dividends, the qualified and the others together."""
        return self.qualified_dividends * self.on_long + (1.0 - self.qualified_dividends) * self.on_short

    @property
    def on_ordinary(self) -> float:
        """What a unit of loss saves when it is set against ordinary income."""
        return self.ordinary + self.state


class YearTax(Record):
    """The tax of one year.

    Attributes
    ----------
    tax : money due; negative is money saved on ordinary income
    deducted : net loss set against ordinary income
    carry_short, carry_long : losses carried forward, positive, each in its own character
    """

    tax: float
    deducted: float
    carry_short: float
    carry_long: float


def year_tax(
    rates: TaxRates,
    short: float,
    long: float,
    carry_short: float = 0.0,
    carry_long: float = 0.0,
    interest: float = 0.0,
    dividends: float = 0.0,
) -> YearTax:
    """Net a year's realised short and long gains (negative is a loss) with the losses carried into it.

    Each character is netted with its own carry-forward, then one against the other. What is left as a loss is deducted
    from ordinary income up to the limit, short-term first, and the rest carried forward.
    """
    if carry_short < 0.0 or carry_long < 0.0:
        raise ValueError("losses carried forward are positive amounts; drop the sign")
    net_short, net_long = short - carry_short, long - carry_long
    if net_short * net_long < 0.0:
        crossed = min(abs(net_short), abs(net_long))
        net_short -= crossed if net_short > 0.0 else -crossed
        net_long -= crossed if net_long > 0.0 else -crossed
    due = interest * rates.on_short + dividends * rates.on_dividends
    due += max(net_short, 0.0) * rates.on_short + max(net_long, 0.0) * rates.on_long
    loss_short, loss_long = max(-net_short, 0.0), max(-net_long, 0.0)
    deducted = min(loss_short + loss_long, rates.ordinary_loss_limit)
    from_short = min(deducted, loss_short)
    return YearTax(
        tax=due - deducted * rates.on_ordinary,
        deducted=deducted,
        carry_short=loss_short - from_short,
        carry_long=max(loss_long - (deducted - from_short), 0.0),
    )
