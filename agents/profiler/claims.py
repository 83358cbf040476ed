"""What a reader hands over: one fact with the words it came from."""

from dataclasses import dataclass, replace
from typing import Literal

from portfolio.profile import (
    Exclusion,
    Goal,
    Holding,
    Level,
    Objective,
    Positions,
    Preference,
    RiskBand,
    TaxStatus,
)

Value = float | RiskBand | Level | Goal | Exclusion | Preference | Holding | TaxStatus | Objective | Positions | None
Unit = Literal["money", "percent", "duration", "age", "retire_age", "none"]


@dataclass(frozen=True)
class Claim:
    """One fact, read from one place of one message.

    field : a field of `InvestorProfile`, or a fact that others derive from: "retire_age", "until_age", "loss_amount",
        "floor_amount", "cash_amount"
    value : the fact; None together with op "remove" withdraws everything under `key`
    position : where in the message's plain form it stands, for the order of corrections
    op : "set", or "remove" when the client takes something back
    key : what a withdrawal or an update is about (a goal's kind, an exclusion's key)
    unit : the kind of number, so that "make that 40k" finds what it corrects
    weight : for fields that add up evidence (capacity): how strongly, and which way
    """

    field: str
    value: Value
    confidence: float
    quote: str
    turn: int
    position: int
    op: Literal["set", "remove"] = "set"
    key: str = ""
    unit: Unit = "none"
    weight: float = 0.0
    corrects: bool = False
    """The words say that this replaces something said before."""

    def at(self, confidence: float) -> "Claim":
        return replace(self, confidence=confidence)
