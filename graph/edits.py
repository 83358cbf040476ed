"""The client's own tightening of their limits in a review: it may only tighten, and it outlives the turn."""

from collections.abc import Mapping

from portfolio.mandate import Limit, Mandate

RAISED_TO_TIGHTEN = frozenset({"cash_floor", "risk_aversion", "fewest_positions", "smallest_position"})
"""Limits that bind from below: a larger number is the tighter one."""


def limits_of(mandate: Mandate) -> dict[str, Limit]:
    """The mandate's single limits by field name, in the mandate's order."""
    return {name: value for name, value in mandate if isinstance(value, Limit)}


def is_tighter(name: str, now: float, asked: float) -> bool:
    """Whether the number asked for is at least as tight as the one that holds."""
    return asked >= now if name in RAISED_TO_TIGHTEN else asked <= now


def tightened(mandate: Mandate, limits: Mapping[str, float]) -> Mandate:
    """The mandate with the client's numbers where they are tighter; where the profile's are, those stay."""
    changes = {
        name: limit.model_copy(
            update={"value": limits[name], "reason": f"You set it to {limits[name]:g} in your review.", "sources": ()}
        )
        for name, limit in limits_of(mandate).items()
        if name in limits and is_tighter(name, limit.value, limits[name])
    }
    return mandate.model_copy(update=changes)
