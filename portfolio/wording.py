"""Values in words, the same wherever they are shown: terminal, page, prose."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from portfolio.matching import EQUITY
from portfolio.profile import Exclusion, Goal, Positions, Preference


def percent(value: float, digits: int = 1) -> str:
    """0.123 -> "12.3 %"."""
    return f"{100 * value:.{digits}f} %"


COUNTED = ("most positions", "fewest positions")
"""Limits that are whole numbers; the others are fractions, but for caution against risk."""


def limit_number(name: str, value: float) -> str:
    """A limit's number by the limit's name, with or without underscores: "12.3 %", "10 positions", "3.5"."""
    words = name.replace("_", " ")
    if words in COUNTED:
        return f"{value:.0f} positions"
    return f"{value:.1f}" if words == "risk aversion" else percent(value)


def understood(field: str, value: object) -> str:
    """A profile's field in words: a loss limit of 0.3333 is "33.3 %", a horizon of 26 is "26 years"."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        if field == "loss_limit":
            return percent(value)
        if field == "horizon":
            return f"{plain(value)} year{'' if value == 1 else 's'}"
    return plain(value)


def plain(value: object) -> str:
    """A profile value in words."""
    if isinstance(value, Exclusion | Preference | Goal | Positions):
        return _said(value)
    if isinstance(value, bool | str):
        return str(value).replace("_", " ")
    if isinstance(value, float | int):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(key)} {percent(share, 0)}" for key, share in value.items())
    if isinstance(value, Sequence):
        return "; ".join(plain(item) for item in value)
    fields = {name: getattr(value, name) for name in getattr(type(value), "model_fields", {})}
    said = {name: part for name, part in fields.items() if part not in (None, (), 0.0)}
    return ", ".join(
        plain(part) if isinstance(part, str) else f"{name.replace('_', ' ')} {plain(part)}"
        for name, part in said.items()
    )


def _said(value: Exclusion | Preference | Goal | Positions) -> str:
    match value:
        case Exclusion():
            return f"no {value.key.replace('_', ' ')}"
        case Preference():
            return _leaning(value)
        case Goal():
            return _goal(value)
        case Positions():
            return _sizes(value)


_KINDS_OF_SHARE: Mapping[str, str] = MappingProxyType(
    {
        "low_volatility": "calm shares",
        "cyclical": "cyclical shares",
        "dividends": "dividend payers",
        "growth": "growth shares",
        "value": "value shares",
        "momentum": "shares that have risen",
        "quality": "quality shares",
        "small_caps": "small companies",
        "large_caps": "large companies",
        "esg": "responsible companies",
        "tech": "technology",
        "ai": "artificial intelligence",
    }
)
"""Themes whose key is a term of the trade; the others are plain words already."""
_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        EQUITY: "shares of any kind",
        "share": "single shares",
        "fund": "funds",
        "bond_fund": "bond funds",
        "property_fund": "property funds",
        "commodity": "commodities",
    }
)


def _leaning(value: Preference) -> str:
    """ "calm shares, liked", "health care, at most 20 %"."""
    plain_key = value.key if value.kind == "symbol" else value.key.replace("_", " ")
    names = {"theme": _KINDS_OF_SHARE, "asset_class": _CLASSES}.get(value.kind, {})
    told = [names.get(value.key, plain_key.lower() if value.kind == "group" else plain_key)]
    if value.weight:
        told.append("liked" if value.weight > 0 else "avoided")
    if value.min_weight is not None:
        told.append(f"at least {percent(value.min_weight, 0)}")
    if value.max_weight is not None:
        told.append(f"at most {percent(value.max_weight, 0)}")
    return ", ".join(told)


def _goal(value: Goal) -> str:
    """ "house in 4 years, 60,000"; the order of goals says which comes first."""
    when = "" if value.years is None else " in 1 year" if value.years == 1 else f" in {plain(value.years)} years"
    return value.kind.value.replace("_", " ") + when + ("" if value.amount is None else f", {plain(value.amount)}")


def _sizes(value: Positions) -> str:
    told = [f"at most {value.most}"] if value.most is not None else []
    told += [f"at least {value.fewest}"] if value.fewest is not None else []
    told += [f"each {percent(value.smallest)} or more"] if value.smallest is not None else []
    return ", ".join(told)
