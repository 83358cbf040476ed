"""Who answered: the model for a part, what was asked of it, and how a lower rung is labelled."""

from typing import TYPE_CHECKING

from graph.turns import Fallback
from tools.errors import ModelUnavailable
from tools.llm.uses import ModelUse

if TYPE_CHECKING:
    from graph.context import Context
    from portfolio.views import View
    from tools.llm import LanguageModel
    from tools.settings import Role


def model_for(context: "Context", role: "Role") -> "tuple[LanguageModel | None, str | None]":
    """The role's model, or why there is none although one was asked for."""
    try:
        return context.model(role), None
    except ModelUnavailable as error:
        return None, str(error)


def uses_of(context: "Context", part: str, model: "LanguageModel | None") -> dict[str, tuple[ModelUse, ...]]:
    """What a part asked its model, in an order that does not depend on threads; the times go beside the trace."""
    if model is None:
        return {part: ()}
    context.journal.extend(model.journal)
    return {part: tuple(sorted(model.uses, key=lambda use: (use.purpose, use.request)))}


def fallback(part: str, rung: str, cause: str | None) -> Fallback | None:
    """The label of a part that a lower rung answered; None without a cause."""
    return None if cause is None else Fallback(part=part, rung=rung, cause=cause)


def rung_of(made: "tuple[View, ...]") -> str:
    """Who scored: "llm", "rules", both, or nobody."""
    rungs = sorted({view.rung for view in made if view.score is not None})
    return "+".join(rungs) if rungs else "abstains"
