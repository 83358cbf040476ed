"""From proposal to order: what the allocator wants, what the limits allow, what the client would do."""

from datetime import date
from typing import Literal

from pydantic import Field

from portfolio.records import Record


class Proposal(Record):
    """Weights before limits, cash included, summing to one."""

    weights: dict[str, float]
    method: str
    """"policy", "baseline", or another way to weights."""
    baseline: dict[str, float]
    """The risk-targeted portfolio that the proposal tilts."""
    gate: str | None = None
    """Why the baseline is recommended in the policy's place, with the figures; None when the policy passed."""
    note: str | None = None
    """What a reader should know of how the weights came about; None where there is nothing to add."""
    policy_weights: dict[str, float] | None = None
    """What the policy would have proposed, shown also when the gate chose the baseline."""


class BindingLimit(Record):
    """A limit that holds with equality, and what relaxing it by one unit would change in the objective."""

    name: str
    """Stable and readable: "cash floor", "group cap: Technology", "volatility cap", "excluded: XOM"."""
    bound: float
    value: float
    dual: float = Field(ge=0)
    reason: str


class Relaxation(Record):
    """The smallest change to one limit (others as they are) that would make the set feasible."""

    limit: str
    current: float
    needed: float
    reason: str


class Decision(Record):
    """The risk manager's weights, or the limits that cannot hold together.

    feasible: `weights` obey every limit to 1e-8, `binding` names those that bind.
    infeasible: `weights` is None, `conflict` is a minimal set of limits that contradict each other and
    `relaxations` the cheapest ways out.
    """

    feasible: bool
    weights: dict[str, float] | None
    distance: float | None = None
    """Euclidean distance between proposal and weights."""
    binding: tuple[BindingLimit, ...] = ()
    conflict: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    max_violation: float | None = None
    volatility: float | None = None
    """Yearly, expected, of the weights."""
    cvar: float | None = None
    """Yearly CVaR95 of the weights on the mandate's scale."""
    solver: str
    notes: tuple[str, ...] = ()


class Order(Record):
    """One trade, as an amount of money at the price of a date (share counts only where prices are unadjusted)."""

    symbol: str
    side: Literal["buy", "sell"]
    amount: float | None = Field(default=None, gt=0)
    """In the client's currency; None when the client named no amount: then read `weight_change`."""
    weight_change: float
    price_date: date
    note: str = ""


class ExpectedFigure(Record):
    """A figure about the recommended portfolio, what it is measured on, and from when to when."""

    name: str
    value: float
    unit: str
    basis: str


class Contribution(Record):
    """How much one player (persona, or the price encoder) moved one weight away from the baseline."""

    symbol: str
    player: str
    amount: float


class Recommendation(Record):
    """What the client is offered."""

    decision: Decision
    orders: tuple[Order, ...]
    figures: tuple[ExpectedFigure, ...]
    contributions: tuple[Contribution, ...]
    explanation: str
    trace_id: str
