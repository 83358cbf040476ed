"""Personas through a model: how often a usable answer came, how far it moved a score, and whether it thinks otherwise.

The personas see the bundled prices on the last trading day of chosen months, no news and no filings: what is measured
is whether the model fills the form, not whether it is right (`quorum scoreboard` judges that by outcomes, and only
for opinions asked for in their own time, because a model may remember the past).
"""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from agents.personas import Persona, views
from lab.evaluation.endpoint import Tries, check_reached
from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import PersonaValidity, Source, Subject, ViewsResult
from portfolio.market import MarketPanel
from portfolio.statistics import spearman
from portfolio.views import View

if TYPE_CHECKING:
    from tools.llm import LanguageModel


def evaluation_dates(panel: MarketPanel, count: int) -> tuple[date, ...]:
    """The panel's last day, and going back by half years, the last trading day before; oldest first."""
    last = panel.dates[-1]
    out = []
    for half_years in range(count):
        wanted = last - np.timedelta64(182 * half_years, "D")
        out.append(panel.dates[np.searchsorted(panel.dates, wanted, side="right") - 1].astype(object))
    return tuple(reversed(out))


def measure_views(
    panel: MarketPanel,
    personas: Sequence[Persona],
    model: "LanguageModel",
    subject: Subject,
    *,
    dates: int,
    tries: Tries,
    source: Source,
    seed: int,
    command: str,
    step: OnStep,
) -> ViewsResult:
    """Every persona with a prompt, on each date; one request each."""
    days = evaluation_dates(panel, dates)
    asked = [persona for persona in personas if persona.spec.model_shift_bound > 0 and hasattr(persona, "prompt")]
    made: list[PersonaValidity] = []
    for place, persona in enumerate(asked):
        counts = dict.fromkeys(("at_first", "after_repair", "unknown", "abstained"), 0)
        mine, seen = model.listening(), list[tuple[View, ...]]()
        for number, day in enumerate(days):
            step(
                Step(
                    "views", f"{subject.name}, {persona.spec.name}", place * len(days) + number, len(asked) * len(days)
                )
            )
            before = len(mine.uses)
            seen.append(views(persona, panel, day, (), (), mine))
            if len(mine.uses) > before:
                check_reached(mine)
                counts[tries.verdict(mine)] += 1
        made.append(_summary(persona.spec.name, seen, counts, mine))
    return ViewsResult(subject=subject, command=command, seed=seed, sources=(source,), dates=days, personas=tuple(made))


def _summary(
    name: str, seen: Sequence[tuple[View, ...]], counts: dict[str, int], model: "LanguageModel"
) -> PersonaValidity:
    every = [view for panel in seen for view in panel]
    given = [view for view in every if view.model_score is not None and view.shift is not None]
    shifts = [abs(view.shift) for view in given if view.shift is not None]
    agreement = [value for panel in seen if (value := rank_agreement(panel)) is not None]
    tokens = [use.usage.input_tokens + use.usage.output_tokens for use in model.uses if use.usage]
    return PersonaValidity(
        persona=name,
        questions=sum(counts.values()),
        at_first=counts["at_first"],
        after_repair=counts["after_repair"],
        unknown=counts["unknown"],
        abstained=counts["abstained"],
        views=sum(view.rules_score is not None for view in every),
        given=len(given),
        mean_shift=float(np.mean(shifts)) if shifts else None,
        largest_shift=max(shifts) if shifts else None,
        rank_agreement=float(np.mean(agreement)) if agreement else None,
        tokens=sum(tokens) if tokens else None,
    )


def rank_agreement(panel: Sequence[View]) -> float | None:
    """Spearman correlation over the assets of the model's scores with the rules'; None with fewer than three pairs."""
    pairs = [
        (view.model_score, view.rules_score)
        for view in panel
        if view.model_score is not None and view.rules_score is not None
    ]
    if len(pairs) < 3:
        return None
    told, rules = np.array(pairs, dtype=np.float64).T
    return spearman(told, rules)


def panel_source(panel: MarketPanel) -> Source:
    """The record of the prices that personas saw."""
    return Source(
        file=f"prices of {panel.source}",
        sha256=sha256(np.ascontiguousarray(panel.close).tobytes()).hexdigest(),
        rows=len(panel.dates),
        first=panel.first_date,
        last=panel.last_date,
    )
