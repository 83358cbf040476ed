"""Values in words, the same wherever they are shown: terminal, page, prose."""

from collections.abc import Mapping, Sequence

from portfolio.profile import Exclusion, Positions


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


def plain(value: object) -> str:
    """A profile value in words."""
    if isinstance(value, Exclusion | Positions):
        return f"no {value.key.replace('_', ' ')}" if isinstance(value, Exclusion) else _sizes(value)
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


def _sizes(value: Positions) -> str:
    told = [f"at most {value.most}"] if value.most is not None else []
    told += [f"at least {value.fewest}"] if value.fewest is not None else []
    told += [f"each {percent(value.smallest)} or more"] if value.smallest is not None else []
    return ", ".join(told)
