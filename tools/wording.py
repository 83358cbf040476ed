"""A client's own facts in a client's words, the same on every screen and page: what `portfolio.wording` leaves rough.

Nothing is computed here that decides anything; a number is only told in the unit that people use for it.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from portfolio import wording
from portfolio.matching import wording as target
from portfolio.profile import Exclusion, Goal, Preference, TaxStatus
from portfolio.wording import percent

DAYS_PER_YEAR = 365.25
OLD_DAYS = 30
"""Prices older than this on the day of speaking are said to be old."""

_PROPER: Mapping[str, str] = MappingProxyType(
    {
        "china": "China",
        "russia": "Russia",
        "israel": "Israel",
        "saudi arabia": "Saudi Arabia",
        "india": "India",
        "iran": "Iran",
        "esg": "ESG",
        "ai": "AI",
        "gmo": "GMO",
    }
)
"""Themes whose key is a name or an abbreviation."""

_UNSAID: Mapping[str, str] = MappingProxyType(
    {
        "when you need the money": "horizon",
        "how much risk suits you": "risk_tolerance",
        "what a loss would do to your finances": "capacity",
        "how experienced you are": "experience",
        "whether you may need money early": "liquidity_need",
    }
)
"""What a limit's reason says was not said -> the profile's field (`portfolio.suitability`; a test holds it)."""


def understood(field: str, value: object) -> str:
    """A profile's field in words: a horizon of 1/12 is "1 month", a marginal rate of 0.32 is "32 %"."""
    if isinstance(value, TaxStatus):
        return _tax(value)
    if field == "horizon" and isinstance(value, float | int) and 0 <= value < 1:
        return span(value)
    if isinstance(value, tuple) and value:
        return "; ".join(_one(item) for item in value)
    return wording.understood(field, value)


def exclusion(item: Exclusion) -> str:
    """ "no tobacco", "no China", "no Energy"."""
    return f"no {named(item)}"


def named(item: Exclusion) -> str:
    """What is shunned, with the capitals that it is written with."""
    told = target(item.kind, item.key)
    return _PROPER.get(told, told)


def limit_name(name: str) -> str:
    """A mandate's field as the limit is called everywhere: "cvar_cap" is "CVaR cap"."""
    return name.replace("_", " ").replace("cvar", "CVaR")


def unsaid(reason: str) -> str | None:
    """The profile's field for want of which a limit is what it is, by the limit's reason; None where words set it."""
    if "ou have not said" not in reason:
        return None
    return next((field for told, field in _UNSAID.items() if told in reason), None)


def span(years: float) -> str:
    """Years up to one in months: 0.0833 is "1 month"; more in years to one decimal: "3.9 years"."""
    months = round(12 * years)
    if months < 12:
        return "less than a month" if months < 1 else f"{months} month{'' if months == 1 else 's'}"
    told = f"{years:.1f}".removesuffix(".0")
    return f"{told} year{'' if told == '1' else 's'}"


def age_of_prices(price_date: date, today: date) -> str | None:
    """How old the last prices are on the day of speaking: "3.9 years"; None up to `OLD_DAYS` days."""
    days = (today - price_date).days
    return span(days / DAYS_PER_YEAR) if days > OLD_DAYS else None


def bill_rate(source: str | None, known_to: date | None, day: date, rate: float | None = None) -> str:
    """The bill rate on `day`, the same sentence wherever it is told.

    Parameters
    ----------
    source : the rate's name; None where the data have no rate
    known_to : last day up to `day` on which it is known; None where there is none
    rate : yearly, as a fraction, on `day`; told where it is given
    """
    if source is None:
        return "none in this data, so no ratio is over it and none is called a Sharpe ratio"
    name = re.sub(r", (?:monthly, )?\d{4}-\d{2} to \d{4}-\d{2}\b", "", source)
    if known_to is None:
        return f"{name}: unknown up to {day}"
    if known_to < day:
        return f"{name}: known to {known_to:%Y-%m}, unknown on {day}"
    return f"{name}: {'known' if rate is None else f'{percent(rate, 2)} a year'} on {day}"


def _tax(value: TaxStatus) -> str:
    told = [] if value.account == "unknown" else [f"{value.account.replace('_', '-')} account"]
    told += [] if value.filing is None else [value.filing.replace("_", " ")]
    if value.marginal_rate is not None:
        told.append(f"marginal rate {100 * value.marginal_rate:.4g} %")
    told += [] if value.country is None else [value.country]
    return ", ".join(told) or "unknown"


def _one(value: object) -> str:
    match value:
        case Exclusion():
            return exclusion(value)
        case Goal():
            return _goal(value)
        case Preference():
            what, comma, wish = wording.plain(value).partition(",")
            return f"{_PROPER.get(what, what)}{comma}{wish}"
    return wording.plain(value)


def _goal(value: Goal) -> str:
    if value.years is None or value.years >= 1:
        return wording.plain(value)
    kind, comma, amount = wording.plain(value.model_copy(update={"years": None})).partition(",")
    return f"{kind} in {span(value.years)}{comma}{amount}"
