"""What the money is for, as a mix over the six objectives, from the facts of a profile. Deterministic; sums to one."""

import math

from portfolio.profile import OBJECTIVES, RISK_BANDS, GoalKind, InvestorProfile, Objective

STATED_SHARE = 0.75
"""How much of the mix the client's own words about objectives decide, where there are any; facts decide the rest."""
SPENT_AT_ONCE = frozenset({GoalKind.EDUCATION, GoalKind.HOUSE, GoalKind.PURCHASE})
"""Goals that take their money on a date."""


def objective_mix(profile: InvestorProfile) -> dict[Objective, float]:
    """Objective -> weight, every objective present, summing to one.

    Facts speak through simple scores: a cautious band, a near horizon, income or emergency goals and goals that take
    their money on a date raise capital preservation; a far horizon raises long-term gain; a bold band with a near
    horizon raises the short-term objectives; a taxable account raises the two tax objectives.
    """
    facts = _normalised(_facts(profile))
    if profile.objectives is None:
        return facts
    stated = _normalised({name: profile.objectives.value.get(name, 0.0) for name in OBJECTIVES})
    return _normalised({o: STATED_SHARE * stated[o] + (1 - STATED_SHARE) * facts[o] for o in OBJECTIVES})


def _facts(profile: InvestorProfile) -> dict[Objective, float]:
    band = RISK_BANDS.index(profile.risk_tolerance.value) if profile.risk_tolerance else 1
    years = profile.horizon.value if profile.horizon else 5.0
    far = min(years / 15.0, 1.0)
    near = max(0.0, 1.0 - years / 5.0)
    kinds = {goal.kind for goal in profile.goals.value} if profile.goals else set()
    score = {
        Objective.LONG_TERM_GAIN: 0.3 + 1.7 * far,
        Objective.CAPITAL_PRESERVATION: (1.6, 1.1, 0.6, 0.3, 0.1)[band] + 1.2 * near,
        Objective.SHORT_TERM_GAIN: (0.0, 0.05, 0.1, 0.2, 0.3)[band] + 0.2 * near * band / 4,
        Objective.SHORT_TERM_ALPHA: (0.0, 0.0, 0.05, 0.15, 0.35)[band],
        Objective.TAX_LOSS_HARVESTING: 0.0,
        Objective.LONG_TERM_GAINS_ONLY: 0.0,
    }
    if kinds & {GoalKind.INCOME, GoalKind.EMERGENCY}:
        score[Objective.CAPITAL_PRESERVATION] += 0.6
    dated = [g.years for g in profile.goals.value if g.kind in SPENT_AT_ONCE and g.years] if profile.goals else []
    if dated:
        # Spent whole on one day, unlike a retirement: a bad last year cannot be waited out.
        score[Objective.CAPITAL_PRESERVATION] += 0.6 * max(0.0, 1.0 - min(dated) / 20.0)
    if kinds & {GoalKind.GROWTH, GoalKind.RETIREMENT}:
        score[Objective.LONG_TERM_GAIN] += 0.4 * far
    if profile.tax_status and profile.tax_status.value.account == "taxable":
        score[Objective.TAX_LOSS_HARVESTING] += 0.3
        score[Objective.LONG_TERM_GAINS_ONLY] += 0.2 + 0.5 * (profile.tax_status.value.marginal_rate or 0.0)
    return score


def _normalised(score: dict[Objective, float]) -> dict[Objective, float]:
    """Raises ValueError when every weight is nil or one is negative."""
    total = math.fsum(score.values())
    if total <= 0 or min(score.values()) < 0:
        raise ValueError("objective weights must be at least zero and not all zero; restate the objectives")
    return {name: score[name] / total for name in OBJECTIVES}
