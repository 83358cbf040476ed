"""From claims to a profile: one rule per kind of field, later words over earlier ones, nothing that nobody said.

Derived fields say so through a lower confidence and the quote they rest on: the horizon from a goal's years, a goal's
years from age and retirement age, a loss limit from a sum of money and the amount to invest.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from agents.profiler.claims import Claim
from agents.profiler.people import MAX_AGE, MIN_AGE
from agents.profiler.text import Message
from portfolio.profile import (
    LEVELS,
    OBJECTIVES,
    RISK_BANDS,
    Exclusion,
    Goal,
    GoalKind,
    Holding,
    InvestorProfile,
    Level,
    Objective,
    Positions,
    Preference,
    RiskBand,
    Stated,
    TaxStatus,
)

T = TypeVar("T")
MAX_HORIZON = 80.0
MINOR = 0.2
"""Of the amount to invest: a goal that costs less leaves the horizon alone."""
_UPDATABLE = frozenset({"retirement", "house", "income", "emergency", "growth"})
"""Goals that a person has one of: a second mention refines the first. Of the others, one message may hold several."""


@dataclass
class _GoalEntry:
    goal: Goal
    claims: list[Claim]


def profile_of(claims: Sequence[Claim], messages: Sequence[Message]) -> InvestorProfile:
    """Fold the claims of a whole conversation, in order, into a profile."""
    ordered = sorted(claims, key=lambda c: (c.turn, c.position))
    age = _scalar(ordered, "age", accept=lambda v: MIN_AGE <= v <= MAX_AGE and v == int(v))
    amount = _scalar(ordered, "amount_to_invest", accept=lambda v: v > 0)
    goals, goal_claims = _goals(ordered, age)
    horizon = _scalar(ordered, "horizon", accept=lambda v: 0 <= v <= MAX_HORIZON)
    return InvestorProfile(
        age=None
        if age is None
        else Stated[int](value=int(age.value), confidence=age.confidence, quote=age.quote, turn=age.turn),
        income=_scalar(ordered, "income"),
        net_worth=_scalar(ordered, "net_worth"),
        amount_to_invest=amount,
        goals=_listed(tuple(goals), goal_claims, messages),
        horizon=_surer(horizon, _derived_horizon(goals, goal_claims, amount) or _until(ordered, age)),
        risk_tolerance=_banded(ordered),
        loss_limit=_loss_limit(ordered, amount),
        capacity=_capacity(ordered),
        liquidity_need=_levelled(ordered, "liquidity_need", lambda level: -LEVELS.index(level)),
        experience=_levelled(ordered, "experience", LEVELS.index),
        exclusions=_exclusions(ordered, messages),
        preferences=_preferences([*ordered, *_kept_in_cash(ordered, amount)], messages),
        holdings=_holdings(ordered, messages),
        tax_status=_tax(ordered),
        objectives=_objectives(ordered),
        positions=_positions(ordered, messages),
    )


def _stated(value: T, claim: Claim, confidence: float | None = None) -> Stated[T]:
    sure = claim.confidence if confidence is None else confidence
    return Stated[T](value=value, confidence=round(min(max(sure, 0.05), 0.99), 2), quote=claim.quote, turn=claim.turn)


def chosen(claims: Sequence[Claim], field: str, tie: Callable[[Claim], float] = lambda c: c.position) -> Claim | None:
    """The claim that holds: of the latest turn, after its last correction, the surest; `tie` (smallest) decides ties."""
    mine = [c for c in claims if c.field == field and c.op == "set"]
    if not mine:
        return None
    last = [c for c in mine if c.turn == mine[-1].turn]
    marked = [c for c in last if c.corrects]
    pool = marked[-1:] if marked and len({c.value for c in last}) > 1 else last
    best = min(pool, key=lambda c: (-c.confidence, tie(c)))
    earlier = [c for c in mine if c.turn < best.turn and not c.corrects]
    if earlier and best.confidence < 0.6 and not best.corrects:
        strong = max(earlier, key=lambda c: (c.confidence, c.turn))
        if strong.confidence > best.confidence + 0.2:
            return strong
    return best


def _scalar(
    claims: Sequence[Claim], field: str, accept: Callable[[float], bool] = lambda v: v >= 0
) -> Stated[float] | None:
    valid = [c for c in claims if c.field != field or (isinstance(c.value, float) and accept(c.value))]
    claim = chosen(valid, field)
    return None if claim is None or not isinstance(claim.value, float) else _stated(claim.value, claim)


def _banded(claims: Sequence[Claim]) -> Stated[RiskBand] | None:
    """On a tie the more cautious band holds."""
    claim = chosen(
        claims, "risk_tolerance", lambda c: RISK_BANDS.index(c.value) if isinstance(c.value, RiskBand) else 0
    )
    return _stated(claim.value, claim) if claim is not None and isinstance(claim.value, RiskBand) else None


def _levelled(claims: Sequence[Claim], field: str, rank: Callable[[Level], float]) -> Stated[Level] | None:
    claim = chosen(claims, field, lambda c: rank(c.value) if isinstance(c.value, Level) else 0.0)
    return _stated(claim.value, claim) if claim is not None and isinstance(claim.value, Level) else None


def _loss_limit(claims: Sequence[Claim], amount: Stated[float] | None) -> Stated[float] | None:
    valid = [c for c in claims if c.field == "loss_limit" and isinstance(c.value, float) and 0 <= c.value < 1]
    claim = chosen(valid, "loss_limit", lambda c: c.value if isinstance(c.value, float) else 1.0)
    if claim is not None and isinstance(claim.value, float):
        return _stated(claim.value, claim)
    least = chosen(claims, "floor_amount")
    if least is not None and amount is not None and isinstance(least.value, float) and least.value < amount.value:
        return _stated(round(1.0 - least.value / amount.value, 4), least, 0.75)
    sum_ = chosen(claims, "loss_amount")
    if sum_ is None or amount is None or not isinstance(sum_.value, float) or sum_.value >= amount.value:
        return None
    return _stated(round(sum_.value / amount.value, 4), sum_, 0.75)


def _capacity(claims: Sequence[Claim]) -> Stated[Level] | None:
    """Evidence adds up; each kind of evidence counts once, by its words."""
    seen: dict[str, Claim] = {}
    for claim in claims:
        if claim.field == "capacity":
            seen[f"{claim.weight}:{claim.quote}"] = claim
    if not seen:
        return None
    total = sum(claim.weight for claim in seen.values())
    level = Level.LOW if total <= -1 else Level.HIGH if total >= 2 else Level.MEDIUM
    sign = -1 if level is Level.LOW else 1
    told = max(seen.values(), key=lambda c: sign * c.weight)
    return _stated(level, told, min(0.85, 0.55 + 0.1 * len(seen)))


def _goals(claims: Sequence[Claim], age: Stated[float] | None) -> tuple[list[Goal], list[Claim]]:
    entries: list[_GoalEntry] = []
    for claim in claims:
        if claim.field == "retire_age" and isinstance(claim.value, float):
            years = claim.value - age.value if age is not None and claim.value > age.value else None
            _put(entries, claim, Goal(kind=GoalKind.RETIREMENT, years=years))
        elif claim.field == "goals" and claim.op == "remove":
            entries[:] = [e for e in entries if e.goal.kind.value != claim.key]
        elif claim.field == "goals" and isinstance(claim.value, Goal):
            _put(entries, claim, claim.value)
    goals = [e.goal.model_copy(update={"priority": min(i + 1, 9)}) for i, e in enumerate(entries)]
    return goals, [c for e in entries for c in e.claims]


def _put(entries: list[_GoalEntry], claim: Claim, goal: Goal) -> None:
    kind = goal.kind.value
    same = [e for e in entries if e.goal.kind is goal.kind]
    several = (
        kind not in _UPDATABLE and not claim.corrects and any(c.turn == claim.turn for e in same for c in e.claims)
    )
    if not same or several:
        entries.append(_GoalEntry(goal, [claim]))
        return
    entry = same[-1]
    known = {name: value for name, value in (("years", goal.years), ("amount", goal.amount)) if value is not None}
    entry.goal = entry.goal.model_copy(update=known)
    entry.claims.append(claim)


def _until(claims: Sequence[Claim], age: Stated[float] | None) -> Stated[float] | None:
    """ "Until I am 45", less the age now."""
    claim = chosen(claims, "until_age")
    if claim is None or age is None or not isinstance(claim.value, float) or claim.value <= age.value:
        return None
    return _stated(claim.value - age.value, claim)


def _surer(said: Stated[float] | None, derived: Stated[float] | None) -> Stated[float] | None:
    """The horizon as said, unless only "long term" was said and a goal has a date."""
    vague = said is not None and said.confidence < 0.4
    return derived if said is None or (vague and derived is not None) else said


def _derived_horizon(
    goals: Sequence[Goal], claims: Sequence[Claim], amount: Stated[float] | None
) -> Stated[float] | None:
    """Years until most of the money is needed: a dated goal that takes half of it, else the furthest dated goal.

    A goal that takes less than a fifth of the money says nothing of when most of it is needed.
    """
    least = 0.0 if amount is None else MINOR * amount.value
    dated = [
        g
        for g in goals
        if g.years is not None and g.kind is not GoalKind.INCOME and (g.amount is None or g.amount >= least)
    ]
    if not dated:
        return None
    heavy = [g for g in dated if amount is not None and g.amount is not None and g.amount >= 0.5 * amount.value]
    goal = min(heavy, key=lambda g: g.years or 0.0) if heavy else max(dated, key=lambda g: g.years or 0.0)
    if goal.years is None or goal.years > MAX_HORIZON:
        return None
    told = [
        c for c in claims if c.key == goal.kind.value or (c.field == "retire_age" and goal.kind is GoalKind.RETIREMENT)
    ]
    return _stated(goal.years, told[-1], 0.75 if len(dated) == 1 else 0.6)


def _listed(
    values: tuple[T, ...], claims: Sequence[Claim], messages: Sequence[Message]
) -> Stated[tuple[T, ...]] | None:
    """One quote for several entries: the stretch that holds them where they stand together, else the first's words."""
    if not values or not claims:
        return None
    quote, turn = _quote_of(claims, messages)
    confidence = round(min(c.confidence for c in claims), 2)
    return Stated[tuple[T, ...]](value=values, confidence=confidence, quote=quote, turn=turn)


def _quote_of(claims: Sequence[Claim], messages: Sequence[Message]) -> tuple[str, int]:
    """The words of the latest turn that hold several claims, where they stand together, else the first's; the turn."""
    turn = max(c.turn for c in claims)
    here = [c for c in claims if c.turn == turn]
    raw = messages[turn].raw
    spans = [(raw.find(c.quote), raw.find(c.quote) + len(c.quote)) for c in here if raw.find(c.quote) >= 0]
    if spans and max(b for _, b in spans) - min(a for a, _ in spans) <= 200:
        return raw[min(a for a, _ in spans) : max(b for _, b in spans)], turn
    return here[0].quote, turn


def _exclusions(claims: Sequence[Claim], messages: Sequence[Message]) -> Stated[tuple[Exclusion, ...]] | None:
    kept: dict[str, Claim] = {}
    for claim in claims:
        if claim.field == "exclusions":
            if claim.op == "remove":
                kept.pop(claim.key, None)
            else:
                kept[claim.key] = claim
    values = tuple(c.value for c in kept.values() if isinstance(c.value, Exclusion))
    return _listed(values, list(kept.values()), messages)


def _kept_in_cash(claims: Sequence[Claim], amount: Stated[float] | None) -> list[Claim]:
    """A sum to be kept safe, as a floor on cash: nothing else that may be held is safe."""
    claim = chosen(claims, "cash_amount")
    if claim is None or amount is None or not isinstance(claim.value, float) or claim.value > amount.value:
        return []
    floor = round(claim.value / amount.value, 4)
    wish = Preference(kind="asset_class", key="cash", min_weight=floor)
    return [replace(claim, field="preferences", value=wish, key="bound:asset_class:cash")]


def _preferences(claims: Sequence[Claim], messages: Sequence[Message]) -> Stated[tuple[Preference, ...]] | None:
    kept: dict[str, Claim] = {}
    for claim in claims:
        if claim.field == "preferences":
            kept[claim.key] = claim
        elif claim.field == "exclusions":
            kept.pop(claim.key, None)
            if claim.op == "remove":
                kept.pop(f"bound:{claim.key}", None)
    values = tuple(c.value for c in kept.values() if isinstance(c.value, Preference))
    return _listed(values, list(kept.values()), messages)


def _holdings(claims: Sequence[Claim], messages: Sequence[Message]) -> Stated[tuple[Holding, ...]] | None:
    """Several lots of one asset in one message are joined; a later message replaces what it speaks of."""
    kept: dict[str, tuple[Claim, Holding]] = {}
    for claim in claims:
        if claim.field != "holdings" or not isinstance(claim.value, Holding):
            continue
        old = kept.get(claim.key)
        if old is not None and old[0].turn == claim.turn and old[1].quantity and claim.value.quantity:
            joined = Holding(
                symbol=claim.key, quantity=old[1].quantity + claim.value.quantity, lots=old[1].lots + claim.value.lots
            )
            kept[claim.key] = (claim, joined)
        else:
            kept[claim.key] = (claim, claim.value)
    return _listed(
        tuple(h for _, h in kept.values()), [c for c in claims if c.field == "holdings" and c.key in kept], messages
    )


def _tax(claims: Sequence[Claim]) -> Stated[TaxStatus] | None:
    facts: dict[str, object] = {}
    told: list[Claim] = []
    for name in ("account", "filing", "marginal_rate", "country"):
        claim = chosen([c for c in claims if c.field == "tax_status" and c.key == name], "tax_status")
        if claim is not None:
            facts[name] = getattr(claim.value, name)
            told.append(claim)
    if not told:
        return None
    return _stated(TaxStatus.model_validate(facts), told[0], min(c.confidence for c in told))


def _objectives(claims: Sequence[Claim]) -> Stated[dict[Objective, float]] | None:
    mine = [c for c in claims if c.field == "objectives" and isinstance(c.value, Objective)]
    if not mine:
        return None
    strength: dict[Objective, float] = {}
    for claim in mine:
        if isinstance(claim.value, Objective):
            strength[claim.value] = max(strength.get(claim.value, 0.0), claim.weight)
    total = sum(strength.values())
    mix = {name: strength[name] / total for name in OBJECTIVES if name in strength}
    return _stated(mix, mine[0], 0.75 if len(strength) == 1 else 0.65)


def _positions(claims: Sequence[Claim], messages: Sequence[Message]) -> Stated[Positions] | None:
    """Each number as it was last said."""
    told: dict[str, Claim] = {}
    for name in ("most", "fewest", "smallest"):
        claim = chosen([c for c in claims if c.key == name], "positions")
        if claim is not None:
            told[name] = claim
    if not told:
        return None
    value = Positions.model_validate({name: getattr(claim.value, name) for name, claim in told.items()})
    quote, turn = _quote_of(sorted(told.values(), key=lambda c: (c.turn, c.position)), messages)
    confidence = round(min(c.confidence for c in told.values()), 2)
    return Stated[Positions](value=value, confidence=confidence, quote=quote, turn=turn)
