"""A model's opinions asked for now, about past days whose outcome is known: for want of a record of its own.

Such answers may be memory. They are kept apart from the board (`quorum scoreboard`), and count as not asked for in
their own time.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from agents.personas import Persona, views
from lab.evaluation.endpoint import check_reached
from lab.evaluation.views import evaluation_dates
from lab.view_quality.study import OnStep
from portfolio.market import MarketPanel
from portfolio.scoreboard import Entry, entries_of

if TYPE_CHECKING:
    from tools.llm import LanguageModel


def past_dates(panel: MarketPanel, count: int, horizon: int) -> tuple[date, ...]:
    """`count` days half a year apart, the last of them so early that `horizon` trading days have passed since.

    Raises ValueError where the panel is shorter than that.
    """
    stop = len(panel.dates) - horizon - 1
    if stop < 1:
        raise ValueError(f"{len(panel.dates)} days of prices hold no outcome over {horizon}; bring a longer history")
    return tuple(sorted(set(evaluation_dates(panel.window(0, stop), count))))


def ask_personas(
    panel: MarketPanel,
    personas: Sequence[Persona],
    model: "LanguageModel",
    *,
    dates: int,
    asked_on: date,
    step: OnStep,
) -> tuple[Entry, ...]:
    """What the model said as each persona that has a prompt; prices alone, no news, one question a date.

    Raises ModelUnavailable when the endpoint cannot be reached.
    """
    asked = [persona for persona in personas if persona.spec.model_shift_bound > 0.0 and hasattr(persona, "prompt")]
    out: list[Entry] = []
    for place, persona in enumerate(asked):
        for number, day in enumerate(past_dates(panel, dates, persona.spec.horizon_days)):
            step(place * dates + number, dates * len(asked), f"{model.name} as {persona.spec.name}, {day}")
            mine = model.listening()
            rows = views(persona, panel, day, (), (), mine)
            check_reached(mine)
            out += entries_of(
                [view for view in rows if view.model_score is not None],
                as_of=day,
                horizon_days=persona.spec.horizon_days,
                model=model.name,
                prompt=persona.spec.fingerprint,
                asked_on=asked_on,
            )
    return tuple(out)
