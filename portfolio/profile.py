"""Who the client is: the record that the profiler fills and the mandate is computed from.

Contract
--------
- A field is either `None` (unknown) or a `Stated` with its value, a confidence and the client's own words.
- Nothing here has a default value that could pass for something the client said.
- Money is in the currency of `amount_to_invest`, as a plain number; fractions are fractions (0.33, never 33).
"""

from datetime import date
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import Field

from portfolio.records import Record, UnitInterval

T = TypeVar("T")


class Stated(Record, Generic[T]):
    """A value that the client stated, how sure the reader is of it, and the words it was read from."""

    value: T
    confidence: UnitInterval
    quote: str = Field(min_length=1)
    """The client's words, verbatim: a substring of one of their messages."""
    turn: int = Field(default=0, ge=0)
    """Index of the client's message (0 is the first) the quote stands in."""
    rung: Literal["rules", "llm"] = "rules"


class RiskBand(StrEnum):
    """Stated risk tolerance, in five ordered bands (`RISK_BANDS` holds the order)."""

    CONSERVATIVE = "conservative"
    MODERATELY_CONSERVATIVE = "moderately_conservative"
    MODERATE = "moderate"
    MODERATELY_AGGRESSIVE = "moderately_aggressive"
    AGGRESSIVE = "aggressive"


RISK_BANDS: tuple[RiskBand, ...] = tuple(RiskBand)


class Level(StrEnum):
    """An ordered three-step scale for capacity, liquidity need and experience."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


LEVELS: tuple[Level, ...] = tuple(Level)


class GoalKind(StrEnum):
    RETIREMENT = "retirement"
    HOUSE = "house"
    EDUCATION = "education"
    EMERGENCY = "emergency"
    INCOME = "income"
    GROWTH = "growth"
    PURCHASE = "purchase"
    OTHER = "other"


class Goal(Record):
    """One thing the money is for. `years` counts from the day the client spoke."""

    kind: GoalKind
    years: float | None = Field(default=None, ge=0, le=100)
    amount: float | None = Field(default=None, gt=0)
    priority: int = Field(default=1, ge=1, le=9)
    """1 is the most important: the order of mention, unless the client ranks them."""


class Exclusion(Record):
    """What the client will not hold. `key` is a theme ("tobacco"), a sector, an asset class or a symbol."""

    kind: Literal["theme", "group", "asset_class", "symbol"]
    key: str = Field(min_length=1)


class Preference(Record):
    """What the client would like more (`weight` > 0) or less (`weight` < 0) of, or a cap or floor on it.

    `max_weight` and `min_weight` are binding once stated ("at most 20 % in tech"); a bare leaning only ranks.
    """

    kind: Literal["theme", "group", "asset_class", "symbol"]
    key: str = Field(min_length=1)
    weight: float = Field(default=0.0, ge=-1, le=1)
    min_weight: UnitInterval | None = None
    max_weight: UnitInterval | None = None


class Positions(Record):
    """How many positions the client wants beside cash, and how small one may be."""

    most: int | None = Field(default=None, ge=1)
    fewest: int | None = Field(default=None, ge=1)
    smallest: UnitInterval | None = None
    """As a fraction of the portfolio: a position is nothing or at least this."""


class Lot(Record):
    """A tax lot: shares bought together. `cost_basis` is the total paid, in money."""

    acquired: date | None = None
    quantity: float = Field(gt=0)
    cost_basis: float | None = Field(default=None, ge=0)


class Holding(Record):
    """What the client owns in one asset: by its value, by its quantity, or lot by lot."""

    symbol: str
    value: float | None = Field(default=None, ge=0)
    quantity: float | None = Field(default=None, gt=0)
    lots: tuple[Lot, ...] = ()


class TaxStatus(Record):
    """Where the account stands. Rates are what the client stated; unknown stays unknown."""

    account: Literal["taxable", "tax_deferred", "tax_free", "unknown"] = "unknown"
    filing: Literal["single", "married_joint", "married_separate", "head_of_household"] | None = None
    marginal_rate: UnitInterval | None = None
    country: str | None = None


class Objective(StrEnum):
    """The six objectives of the three-phase system; a profile mixes them."""

    SHORT_TERM_ALPHA = "short_term_alpha"
    SHORT_TERM_GAIN = "short_term_gain"
    LONG_TERM_GAIN = "long_term_gain"
    CAPITAL_PRESERVATION = "capital_preservation"
    TAX_LOSS_HARVESTING = "tax_loss_harvesting"
    LONG_TERM_GAINS_ONLY = "long_term_gains_only"


OBJECTIVES: tuple[Objective, ...] = tuple(Objective)


class InvestorProfile(Record):
    """The client, as far as they have said. Every field may be unknown (`None`)."""

    age: Stated[int] | None = None
    income: Stated[float] | None = None
    """Yearly, before tax."""
    net_worth: Stated[float] | None = None
    amount_to_invest: Stated[float] | None = None
    goals: Stated[tuple[Goal, ...]] | None = None
    horizon: Stated[float] | None = None
    """Years until most of the money is needed."""
    risk_tolerance: Stated[RiskBand] | None = None
    loss_limit: Stated[float] | None = None
    """Largest loss, as a positive fraction, that the client says they could bear without selling."""
    capacity: Stated[Level] | None = None
    """Ability to bear loss: finances, not feelings."""
    liquidity_need: Stated[Level] | None = None
    """How likely they are to need this money early."""
    experience: Stated[Level] | None = None
    exclusions: Stated[tuple[Exclusion, ...]] | None = None
    preferences: Stated[tuple[Preference, ...]] | None = None
    holdings: Stated[tuple[Holding, ...]] | None = None
    tax_status: Stated[TaxStatus] | None = None
    objectives: Stated[dict[Objective, float]] | None = None
    """Weights over objectives; they sum to one."""
    positions: Stated[Positions] | None = None


class Contradiction(Record):
    """Two things the client said that cannot both be served, and the one question that would settle it."""

    fields: tuple[str, ...]
    explanation: str
    question: str


class Question(Record):
    """What the profiler would still ask, and why it would change the mandate."""

    field: str
    text: str
    why: str


class Refusal(Record):
    """A reason for which no suitable advice exists, and what the client could do instead."""

    reason: str
    remedy: str
