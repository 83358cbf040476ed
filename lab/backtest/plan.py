"""What a backtest is asked: strategies, days, costs, risk, and the rule by which it judges, all fixed beforehand."""

from datetime import date
from typing import Annotated

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from lab.backtest.execution import Execution
from portfolio.backtest.calendar import Frequency
from portfolio.records import Record
from portfolio.taxes import LotOrder, TaxRates

BASELINE = "equal-weight"
"""Every strategy is judged against it."""


class Plan(Record):
    """One run. The same plan on the same prices gives the same bytes."""

    strategies: tuple[str, ...] = ()
    """By name; empty: all that the universe allows. The baseline is always there."""
    first: date | None = None
    """The first decision is on or after it; None: as soon as a year of prices is known."""
    last: date | None = None
    """No later price is read; None: the last there is."""
    test_from: date | None = None
    """The years before name the rival, the years after judge; None: see `lab.backtest.run.test_start`."""
    every: Frequency = "monthly"
    cost_basis_points: Annotated[float, Field(ge=0, lt=10_000)] = 10.0
    """Of the value traded, on buying and on selling."""
    volatility: Annotated[float, Field(gt=0, le=1)] = 0.10
    """Yearly: every strategy is mixed with cash down to it at each decision, by one covariance; never levered up."""
    risk_aversion: Annotated[float, Field(gt=0)] = 5.0
    cap: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Largest weight of one asset (at least an equal share of what may be held)."""
    draws: Annotated[int, Field(ge=100)] = 1000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.90
    """Of every interval."""
    seed: int = 0
    taxes: TaxRates | None = None
    """What a client pays on gains and interest; None: figures before tax alone."""
    lots: LotOrder = "hifo"
    """Which lots are sold first, for `taxes`."""
    account: Annotated[float, Field(gt=0)] = 200_000.0
    """Money at the test's start, for `taxes`: the law limits in money what losses may save in a year. Where `execution`
    is told in money, its own account is taxed instead."""
    execution: Execution = Execution()
    """How decisions are dealt. The default is not written out, so that a plan without it reads as it always did."""

    @property
    def taxed_account(self) -> float | None:
        """Money at the test's start of the client who is taxed; None: what the backtest's own account holds then."""
        return None if self.execution.in_money else self.account

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        made: dict[str, object] = write(self)
        return {name: value for name, value in made.items() if name != "execution" or self.execution != Execution()}


RULE = (
    "A strategy is called better than equal weight only if, in the test window and net of costs, (1) the interval of "
    "its gain in certainty-equivalent return lies above zero, (2) the test of superior predictive ability over all "
    "strategies of this run has a p-value of at most 0.10, and (3) the probability that its gain is more than the best "
    "of all trials would show without skill is at least 0.95. It is called worse if the interval lies below zero. "
    "Everything else is: no better than equal weight."
)
LARGEST_SPA = 0.10
LEAST_DEFLATED = 0.95
