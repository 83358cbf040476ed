"""Made-up clients, spread evenly over what people may say: the prior of the audit, stated in full.

Fields are drawn independently, by a Latin hypercube: one draw in each of as many slices of every field. Real clients
are not like that (the old have shorter horizons), and that is the point: only so can the fields be told apart.
"""

from collections.abc import Callable, Mapping

import numpy as np

from portfolio.market import Floats
from portfolio.profile import (
    LEVELS,
    OBJECTIVES,
    RISK_BANDS,
    Exclusion,
    Goal,
    GoalKind,
    InvestorProfile,
    Preference,
    Stated,
    TaxStatus,
)

UNSAID = 0.15
"""Share of clients who say nothing about a field."""
MONEY = 100_000.0
"""Everybody invests this much: amounts of goals are drawn as shares of it."""
SECTORS = ("Information Technology", "Energy", "Health Care", "Financials", "Consumer Staples")
THEMES = ("tobacco", "weapons", "fossil_fuels", "gambling")

Draw = Callable[[float], object]


def _pick(options: tuple[object, ...]) -> Draw:
    return lambda u: options[min(int(u * len(options)), len(options) - 1)]


def _between(low: float, high: float) -> Draw:
    return lambda u: low + (high - low) * u


def _goal(u: float) -> object:
    kinds = tuple(GoalKind)
    place = min(int(u * len(kinds)), len(kinds) - 1)
    years = 1.0 + 29.0 * (u * len(kinds) - place)
    return (Goal(kind=kinds[place], years=round(years, 1)),)


def _exclusion(u: float) -> object:
    named = [Exclusion(kind="theme", key=key) for key in THEMES]
    named += [Exclusion(kind="group", key=key) for key in SECTORS]
    return (named[min(int(u * len(named)), len(named) - 1)],)


def _preference(u: float) -> object:
    place = min(int(u * len(SECTORS)), len(SECTORS) - 1)
    return (Preference(kind="group", key=SECTORS[place], weight=round(2.0 * (u * len(SECTORS) - place) - 1.0, 2)),)


def _tax(u: float) -> object:
    accounts = ("taxable", "tax_deferred", "tax_free")
    place = min(int(u * 3), 2)
    return TaxStatus(account=accounts[place], marginal_rate=round(0.1 + 0.3 * (u * 3 - place), 2))  # type: ignore[arg-type]


def _objectives(u: float) -> object:
    main = OBJECTIVES[min(int(u * len(OBJECTIVES)), len(OBJECTIVES) - 1)]
    return {objective: 1.0 if objective is main else 0.0 for objective in OBJECTIVES}


PRIOR: Mapping[str, Draw] = {
    "age": lambda u: round(20 + 60 * u),
    "horizon": _between(0.5, 35.0),
    "risk_tolerance": _pick(tuple(RISK_BANDS)),
    "loss_limit": _between(0.03, 0.60),
    "capacity": _pick(tuple(LEVELS)),
    "liquidity_need": _pick(tuple(LEVELS)),
    "experience": _pick(tuple(LEVELS)),
    "goals": _goal,
    "objectives": _objectives,
    "tax_status": _tax,
    "exclusions": _exclusion,
    "preferences": _preference,
}
"""Field -> its value at a quantile in [0, 1)."""
FIELDS: tuple[str, ...] = tuple(PRIOR)
PRIOR_WORDS = (
    "age 20 to 80; horizon 0.5 to 35 years; five bands of risk tolerance; loss limit 3 to 60 %; capacity, liquidity "
    "need and experience low, medium or high; one goal of eight kinds due in 1 to 30 years; one objective of six; "
    "three kinds of account; one theme or sector excluded; one sector liked or disliked. All uniform and independent; "
    f"each field is left unsaid by {UNSAID:.0%} of clients."
)

NOT_DRAWN: Mapping[str, str] = {
    "income": "no limit reads it, so it would move nothing",
    "net_worth": "no limit reads it; it is only asked whether the money to invest can be more",
    "amount_to_invest": "the same for all: it turns a goal's amount into a share of cash, and the goals drawn here "
    "have no amounts, so it would move nothing",
    "holdings": "they change the orders; the weights only under a limit on turnover, which no profile sets",
    "positions": "limits on how many and how small they are do move weights, by whatever number is drawn, and nothing "
    "tells what numbers people name: what they move is not measured here",
}
"""Field of a profile that the audit leaves out -> why, as the page says it."""


def quantiles(count: int, seed: int) -> Floats:
    """(count, fields) draws in [0, 1): a Latin hypercube (McKay, Beckman and Conover 1979)."""
    from scipy.stats.qmc import LatinHypercube

    return np.asarray(LatinHypercube(len(FIELDS), rng=np.random.default_rng(seed)).random(count))


def client(row: Floats) -> InvestorProfile:
    """The client at one row (fields,) of quantiles; the first `UNSAID` of each field is nothing said."""
    said = {
        name: PRIOR[name]((value - UNSAID) / (1.0 - UNSAID))
        for name, value in zip(FIELDS, row.tolist(), strict=True)
        if value >= UNSAID
    }
    words = "made up for the audit"
    stated = {name: Stated(value=value, confidence=1.0, quote=words).model_dump() for name, value in said.items()}
    stated["amount_to_invest"] = Stated(value=MONEY, confidence=1.0, quote=words).model_dump()
    return InvestorProfile.model_validate(stated)


def encoded(rows: Floats) -> tuple[Floats, tuple[str, ...]]:
    """What a surrogate reads of clients (count, fields): columns, and the field that each belongs to.

    A field gives its quantile and whether it was said; fields without an order give one column a value as well.
    """
    columns: list[Floats] = []
    owners: list[str] = []
    kinds = {"goals": len(GoalKind), "objectives": len(OBJECTIVES), "tax_status": 3, "exclusions": 9, "preferences": 5}
    for place, name in enumerate(FIELDS):
        said = rows[:, place] >= UNSAID
        value = np.where(said, (rows[:, place] - UNSAID) / (1.0 - UNSAID), -1.0)
        columns += [value, said.astype(np.float64)]
        owners += [name, name]
        for kind in range(kinds.get(name, 0)):
            columns.append((said & (np.floor(value * kinds[name]) == kind)).astype(np.float64))
            owners.append(name)
    return np.stack(columns, axis=1), tuple(owners)
