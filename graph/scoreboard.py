"""The committee's memory of its models: a run adds what they said, and past runs decide how far they are believed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graph.turns import Fallback
from portfolio.calibration import Calibration, calibration_for
from portfolio.records import Record
from portfolio.scoreboard import Entry, Outcome, entries_of, history_of, judge
from portfolio.standings import debate_helps
from tools.errors import ModelUnavailable, StoreError
from tools.prompts import load_prompt
from tools.scoreboard import ScoreboardStore

if TYPE_CHECKING:
    from agents.personas import Persona
    from graph.context import Context
    from graph.state import State
    from portfolio.views import View
    from tools.llm import LanguageModel

PART = "scoreboard"


class Held(Record):
    """Whether a second round is held, and why."""

    held: bool
    why: str


def store_of(context: "Context") -> ScoreboardStore:
    """Where the record of past views lies."""
    return ScoreboardStore(context.settings.home / "scoreboard")


def judged(context: "Context") -> tuple[tuple[Outcome, ...], str | None]:
    """What became, by `as_of`, of every view recorded up to then; and why nothing is known, when it cannot be read."""
    try:
        entries = store_of(context).read().entries
    except StoreError as error:
        return (), str(error)
    return judge([entry for entry in entries if entry.as_of <= context.as_of], context.market.panel), None


def calibration_of(context: "Context", persona: "Persona", model: "LanguageModel | None") -> Calibration | None:
    """What the model has earned as this persona by `as_of`; None without a model."""
    if model is None:
        return None
    return calibration_for(persona.spec.name, model.name, history_of(context.outcomes), context.as_of)


def scorer_calibration(context: "Context", model: "LanguageModel | None") -> Calibration | None:
    """What the model has earned as the scorer by `as_of`; None without a model."""
    from agents.methods.scorer import SCORER

    return None if model is None else calibration_for(SCORER, model.name, history_of(context.outcomes), context.as_of)


def debate_of(context: "Context") -> Held:
    """As asked for; left to itself, only where the record of the personas' model says that it helps."""
    if context.debate != "auto":
        return Held(held=context.debate == "on", why=f"{context.debate}, as asked for")
    try:
        model = context.model("persona")
    except ModelUnavailable:
        model = None
    if model is None:
        return Held(held=False, why="off: rules have nothing to debate")
    verdict = debate_helps(context.outcomes, model.name)
    return Held(held=verdict.helps, why=verdict.reason)


def record_views(context: "Context", state: "State") -> Fallback | None:
    """Add what models said in this run, for later runs to judge; trouble with the disk is told, not raised.

    The rules' own record needs no file: it can be computed anew from prices.
    """
    try:
        rows = [*_of_personas(context, state), *_of_scorer(context, state)]
        store_of(context).append(rows)
    except ModelUnavailable:
        return None  # the personas' own fallbacks tell it
    except StoreError as error:
        return Fallback(part=PART, rung="none", cause=str(error))
    return None


def _of_personas(context: "Context", state: "State") -> list[Entry]:
    model = context.model("persona")
    if model is None:
        return []
    return [
        entry
        for item in context.personas
        for entry in entries_of(
            _heard(state["views"].get(item.spec.name, ())),
            as_of=context.as_of,
            horizon_days=item.spec.horizon_days,
            model=model.name,
            prompt=item.spec.fingerprint,
            debate_prompt=load_prompt("debate").fingerprint,
            asked_on=context.asked_on,
        )
    ]


def _of_scorer(context: "Context", state: "State") -> list[Entry]:
    """What the model said with the methods "scores" and "retrieval"; empty with any other."""
    from agents.methods.scorer import HORIZON_DAYS, SCORER

    said = _heard(state["views"].get(SCORER, ()))
    model = context.model("method") if said else None
    if model is None:
        return []
    prompt = load_prompt("methods/score_retrieved" if context.method == "retrieval" else "methods/score")
    return list(
        entries_of(
            said,
            as_of=context.as_of,
            horizon_days=HORIZON_DAYS,
            model=model.name,
            prompt=prompt.fingerprint,
            asked_on=context.asked_on,
        )
    )


def _heard(views: Sequence["View"]) -> list["View"]:
    return [view for view in views if view.model_score is not None]
