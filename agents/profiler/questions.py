"""What to ask next: the unknown fact whose possible answers would change the mandate the most. A pure calculation."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from portfolio.mandate import Mandate
from portfolio.profile import (
    Goal,
    GoalKind,
    InvestorProfile,
    Level,
    Objective,
    Question,
    RiskBand,
    Stated,
)
from portfolio.suitability import mandate_from_profile
from portfolio.universe import Universe

MATERIAL = 0.08
"""Below this mean change of the limits (as fractions of their ranges) a question is not worth the client's time."""

_TEXT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "horizon": ("In how many years will you need most of this money?", "how much may be in risky assets"),
        "risk_tolerance": (
            "If markets fell by a fifth in a year, what would you do: sell, wait, or buy more?",
            "how much the portfolio may swing",
        ),
        "loss_limit": (
            "What is the largest loss in a year, in percent, that you could sit through without selling?",
            "the loss that the portfolio is built to stay inside",
        ),
        "capacity": (
            "If this money lost a third of its value, would your everyday life change? Think of job, debts, dependants and emergency savings.",
            "how much loss your finances carry",
        ),
        "liquidity_need": (
            "Might you need some of this money at short notice, and how much?",
            "how much stays in cash",
        ),
        "experience": ("Have you invested before, and in what?", "how much may be in single shares"),
        "goals": (
            "What is the money for, when will you need it, and how much?",
            "the cash kept ready and what is aimed at",
        ),
        "objectives": (
            "What matters most: keeping the money safe, long-term growth, or something else?",
            "what the portfolio aims at",
        ),
    }
)
_SCALES: Mapping[str, float] = MappingProxyType(
    {
        "volatility_cap": 0.15,
        "cvar_cap": 0.30,
        "cash_floor": 0.5,
        "risk_asset_cap": 1.0,
        "share_cap": 0.12,
        "single_shares_cap": 0.3,
        "complex_cap": 0.2,
        "group_cap": 0.15,
    }
)
_RISK_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "volatility_cap": 2.0,
        "cvar_cap": 2.0,
        "cash_floor": 1.5,
        "risk_asset_cap": 2.0,
        "share_cap": 0.5,
        "single_shares_cap": 0.7,
        "complex_cap": 0.2,
        "group_cap": 0.3,
    }
)
_MIX_WEIGHT = 0.8


def _say(value: object) -> dict[str, object]:
    return {"value": value, "confidence": 1.0, "quote": "?", "turn": 0}


def _trials(field: str) -> Iterator[Stated[object]]:
    ranges: dict[str, tuple[object, ...]] = {
        "horizon": (1.5, 4.0, 8.0, 20.0),
        "risk_tolerance": tuple(RiskBand),
        "loss_limit": (0.05, 0.15, 0.3, 0.5),
        "capacity": tuple(Level),
        "liquidity_need": tuple(Level),
        "experience": tuple(Level),
        "goals": (
            (Goal(kind=GoalKind.HOUSE, years=2.0),),
            (Goal(kind=GoalKind.INCOME),),
            (Goal(kind=GoalKind.GROWTH),),
        ),
        "objectives": (
            {Objective.CAPITAL_PRESERVATION: 1.0},
            {Objective.LONG_TERM_GAIN: 1.0},
            {Objective.SHORT_TERM_GAIN: 1.0},
        ),
    }
    for value in ranges[field]:
        yield Stated[object].model_validate(_say(value))


def distance(one: Mandate, other: Mandate) -> float:
    """Mean change of the limits and of the objective mix, each as a fraction of its range, weighted by what they bind."""
    total = sum(
        weight * min(1.0, abs(getattr(one, name).value - getattr(other, name).value) / _SCALES[name])
        for name, weight in _RISK_WEIGHTS.items()
    )
    mix = 0.5 * sum(abs(one.objective_mix[o] - other.objective_mix[o]) for o in Objective)
    return float((total + _MIX_WEIGHT * mix) / (sum(_RISK_WEIGHTS.values()) + _MIX_WEIGHT))


def worth(profile: InvestorProfile, field: str, universe: Universe) -> float:
    """How far the mandate could still move with the answer: the largest distance between two possible answers."""
    mandates = []
    for trial in _trials(field):
        update: dict[str, object] = {field: trial}
        mandates.append(mandate_from_profile(profile.model_copy(update=update), universe))
    return max(distance(a, b) for i, a in enumerate(mandates) for b in mandates[i + 1 :])


def questions(profile: InvestorProfile, universe: Universe) -> tuple[Question, ...]:
    """Questions on unknown fields in order of worth; empty when no answer would change the mandate materially."""
    unknown = [field for field in _TEXT if getattr(profile, field) is None]
    ranked = sorted(
        ((worth(profile, field, universe), field) for field in unknown), key=lambda pair: (-pair[0], pair[1])
    )
    out = [
        Question(
            field=field,
            text=_TEXT[field][0],
            why=f"It decides {_TEXT[field][1]} (it can move the limits by {value:.0%} of their range).",
        )
        for value, field in ranked
        if value >= MATERIAL
    ]
    if profile.amount_to_invest is None:
        # The amount moves no limit unless a goal's cost must be set against it, but orders in money need it.
        priced = profile.goals is not None and any(goal.amount for goal in profile.goals.value)
        amount = Question(
            field="amount_to_invest",
            text="How much money do you want to invest?",
            why="It decides how much of it your goals need in cash, and the orders' amounts."
            if priced
            else "It decides the orders' amounts; the limits do not depend on it.",
        )
        out.insert(0 if priced else len(out), amount)
    return tuple(out)
