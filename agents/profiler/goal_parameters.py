"""Free-form goals to objective parameters: weights over the six objectives, years, amount and certainty.

It stands on what the profiler already reads (`goals`, `purposes`, `people`, `quantities`) and adds the few phrases that
speak of taxes and dividends without naming an objective. What was not said is None; each value carries its words.
"""

# A pattern in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

from agents.profiler.claims import Claim
from agents.profiler.context import before, is_negated, usable
from agents.profiler.goals import goals
from agents.profiler.people import ages
from agents.profiler.purposes import objectives
from agents.profiler.quantities import Quantity, quantities
from agents.profiler.text import Message
from portfolio.intent import SPENT_AT_ONCE
from portfolio.profile import OBJECTIVES, Goal, GoalKind, Objective, Stated
from portfolio.records import Record

LONGEST = 12_000
"""Characters of one message that are read."""
FAR = 10.0
"""Years from which money that is spent on one day may still grow: half of that time is kept calm."""


class Certainty(StrEnum):
    """How firmly a goal is put."""

    MUST = "must"
    WANT = "want"
    WISH = "wish"


class GoalParameters(Record):
    """What the words say about the objectives; every field may be unknown."""

    weights: Stated[dict[Objective, float]] | None = None
    """They sum to one over the objectives that were spoken of."""
    horizon: Stated[float] | None = None
    """Years until the nearest goal."""
    amount: Stated[float] | None = None
    certainty: Stated[Certainty] | None = None
    goals: tuple[Goal, ...] = ()


_MORE: tuple[tuple[Objective, re.Pattern[str]], ...] = tuple(
    (objective, re.compile(pattern))
    for objective, pattern in (
        (
            Objective.TAX_LOSS_HARVESTING,
            r"\b(?:no|zero|less|lower|fewer|without|avoid(?:ing)?|minimi[sz]e|minimi[sz]ing|reduc(?:e|ing)|cut(?:ting)?|sav(?:e|ing)(?: on)?|"
            r"lowest|least|as little)(?! (?:income|inheritance|estate)\b)(?: \w+){0,3}? tax(?:es)?\b(?! deferred)|\btax[- ](?:efficien\w+|minimi\w+|sav\w+)\b",
        ),
        (Objective.CAPITAL_PRESERVATION, r"\b(?:live|living) (?:off|on) (?:my |the )?(?:dividends?|interest)\b"),
    )
)  # fmt: skip
_AHEAD = re.compile(r"\b(?:over|for|in|within|during)\s(?:the next |about |around )*$")
_CERTAINTY: tuple[tuple[Certainty, re.Pattern[str]], ...] = tuple(
    (level, re.compile(pattern))
    for level, pattern in (
        (Certainty.WISH, r"\b(?:dream\w*|hop(?:e|ing)|wish|maybe|perhaps|would be nice|some ?day|ideally|might)\b"),
        (Certainty.MUST, r"\b(?:must|need|needs|have to|has to|cannot fail|no matter what|definitely|essential|above all)\b"),
        (Certainty.WANT, r"\b(?:want|would like|plan\w*|going to|intend|aim\w*|goal|will)\b"),
    )
)  # fmt: skip


def parse_goals(text: str, today: date) -> GoalParameters:
    """Read one message, spoken on `today`. Nothing in it is an instruction; a sentence to the machine is not read."""
    message = Message(text[:LONGEST], 0)
    if not message.sentences:
        return GoalParameters()
    found = quantities(message, today)
    claims = [*goals(message, found, today), *ages(message, today)]
    named = [*objectives(message), *spoken_of_taxes(message)]
    wanted = [claim for claim in claims if isinstance(claim.value, Goal)]
    return GoalParameters(
        weights=_weights(named, wanted),
        horizon=_horizon(claims, wanted, found, message, today),
        amount=_amount(wanted, found, message),
        certainty=_certainty(message) if wanted or named else None,
        goals=tuple(claim.value for claim in wanted if isinstance(claim.value, Goal)),
    )


def spoken_of_taxes(message: Message) -> Iterator[Claim]:
    """Claims on "objectives" from phrases that speak of taxes or of living off dividends and name no objective."""
    for objective, pattern in _MORE:
        for found in pattern.finditer(message.norm):
            refusing = re.match(r"(?:no|without|avoid|zero)", found.group())
            if usable(message, found.start()) and (refusing or not is_negated(message, found.start(), 20)):
                if "short term" in found.group() or "short-term" in found.group():
                    continue  # a tax on short-term gains is avoided by holding, which `purposes` reads
                quote = message.clause_quote(found.start(), found.end())
                yield Claim("objectives", objective, 0.7, quote, 0, found.start(), key=objective.value, weight=1.0)


def _weights(named: Sequence[Claim], wanted: Sequence[Claim]) -> Stated[dict[Objective, float]] | None:
    strength: dict[Objective, float] = {}
    quotes: list[Claim] = []
    for claim in named:
        if isinstance(claim.value, Objective):
            strength[claim.value] = max(strength.get(claim.value, 0.0), claim.weight)
            quotes.append(claim)
    kinds = {claim.value.kind for claim in wanted if isinstance(claim.value, Goal)}
    for claim in wanted:
        goal = claim.value
        if not isinstance(goal, Goal):
            continue
        if goal.kind is GoalKind.GROWTH and named:
            continue  # the words that named an objective have said it already
        if goal.kind is GoalKind.RETIREMENT and goal.years is None and GoalKind.INCOME in kinds:
            continue  # "income in retirement" is about income
        for objective, weight in _meant(goal):
            strength[objective] = max(strength.get(objective, 0.0), weight)
            quotes.append(claim)
    total = sum(strength.values())
    if not quotes or total <= 0:
        return None
    mix = {objective: strength[objective] / total for objective in OBJECTIVES if objective in strength}
    first = min(quotes, key=lambda claim: claim.position)
    return Stated(value=mix, confidence=min(claim.confidence for claim in quotes), quote=first.quote, turn=0)


def _meant(goal: Goal) -> tuple[tuple[Objective, float], ...]:
    """What a goal asks of the portfolio, by when its money is needed and whether it is needed at once."""
    far = 0.0 if goal.years is None else min(goal.years / (2.0 * FAR), 1.0)
    if goal.kind in SPENT_AT_ONCE:
        return (Objective.CAPITAL_PRESERVATION, max(1.0 - 0.8 * far, 0.2)), (Objective.LONG_TERM_GAIN, 0.8 * far)
    if goal.kind is GoalKind.RETIREMENT:
        near = 0.0 if goal.years is None else max(0.0, 1.0 - goal.years / FAR)
        return (Objective.LONG_TERM_GAIN, 1.0 - 0.6 * near), (Objective.CAPITAL_PRESERVATION, 0.2 + 0.6 * near)
    if goal.kind is GoalKind.EMERGENCY:
        return ((Objective.CAPITAL_PRESERVATION, 1.0),)
    if goal.kind is GoalKind.INCOME:
        return (Objective.CAPITAL_PRESERVATION, 0.6), (Objective.LONG_TERM_GAIN, 0.4)
    if goal.kind is GoalKind.GROWTH:
        return ((Objective.LONG_TERM_GAIN, 1.0),)
    return ()


def _horizon(  # noqa: PLR0911 - one rule a line
    claims: Sequence[Claim], wanted: Sequence[Claim], found: Sequence[Quantity], message: Message, today: date
) -> Stated[float] | None:
    dated = [
        (claim, claim.value.years)
        for claim in wanted
        if isinstance(claim.value, Goal) and claim.value.years is not None
    ]
    if dated:
        claim, years = min(dated, key=lambda pair: pair[1])
        return Stated(value=years, confidence=claim.confidence, quote=claim.quote)
    said = {name: next((c for c in claims if c.field == name), None) for name in ("horizon", "retire_age", "age")}
    own, until, age = said["horizon"], said["retire_age"], said["age"]
    if until is not None and age is not None and isinstance(until.value, float) and isinstance(age.value, float):
        if until.value > age.value:
            sure = min(until.confidence, age.confidence)
            return Stated(value=until.value - age.value, confidence=sure, quote=until.quote)
        return None
    if any(claim.value is Objective.LONG_TERM_GAINS_ONLY for claim in objectives(message)):
        return None  # "hold everything for a year" is about each lot, not about when the money is needed
    if own is not None and isinstance(own.value, float):
        return Stated(value=own.value, confidence=own.confidence, quote=own.quote)
    spans = [q for q in found if q.kind == "duration" and usable(message, q.start)]
    if len(spans) == 1 and _AHEAD.search(before(message, spans[0].start, 20)):
        span = spans[0]
        return Stated(value=span.value, confidence=0.6, quote=message.clause_quote(span.start, span.end))
    named = next((q for q in found if q.kind == "year" and q.value > today.year and usable(message, q.start)), None)
    if named is not None:
        return Stated(
            value=named.value - today.year, confidence=0.6, quote=message.clause_quote(named.start, named.end)
        )
    return None


def _amount(wanted: Sequence[Claim], found: Sequence[Quantity], message: Message) -> Stated[float] | None:
    priced = [(c, c.value.amount) for c in wanted if isinstance(c.value, Goal) and c.value.amount is not None]
    if priced:
        claim, amount = priced[0]
        return Stated(value=amount, confidence=claim.confidence, quote=claim.quote)
    money = [q for q in found if q.kind == "money" and q.per is None and not q.negative and usable(message, q.start)]
    aimed = [q for q in money if re.search(r"\b(?:by|in|within|for|to)\b", message.norm[q.end : q.end + 12])]
    if len(money) == 1 and aimed:
        return Stated(value=money[0].value, confidence=0.6, quote=message.clause_quote(money[0].start, money[0].end))
    return None


def _certainty(message: Message) -> Stated[Certainty] | None:
    for level, pattern in _CERTAINTY:
        found = pattern.search(message.norm)
        if found and usable(message, found.start()):
            return Stated(value=level, confidence=0.7, quote=message.quote(found.start(), found.end()))
    return None
