"""The client's own tightening of their limits in a review: it may only tighten, and it outlives the turn."""

from collections.abc import Mapping

from graph.turns import Edit
from portfolio.decision import Decision
from portfolio.mandate import Limit, Mandate
from tools.errors import SessionError

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


def check_edit(verdict: Edit, mandate: Mandate, decision: Decision) -> None:
    """Raises SessionError for an edit that the risk manager could not even read."""
    from graph.recommendation import with_edits

    try:
        with_edits(decision.weights or {}, verdict.weights)
    except ValueError as error:
        raise SessionError(str(error), "name symbols of the universe with weights between 0 and 1") from error
    limits = limits_of(mandate)
    for name, value in verdict.limits.items():
        if name not in limits:
            raise SessionError(f"{name} is not a limit", f"name one of {', '.join(limits)}")
        if not 0.0 <= value <= 1.0 and name != "risk_aversion":
            raise SessionError(f"{name} {value:g} is no fraction", "give a number between 0 and 1, 0.2 for 20 %")
        if not is_tighter(name, limits[name].value, value):
            raise SessionError(
                f"{name} {value:g} would loosen your limit of {limits[name].value:g}",
                "say in words what has changed for you, and the limit follows",
            )
