"""Personas made of a built-in factor and a Markdown file, and the scores of a whole committee."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.personas.factors import FACTORS, Factor, Scored
from agents.personas.spec import ON_OFFER, Arrays, Persona, PersonaHeader, PersonaSpec
from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from tools.errors import PromptError
from tools.prompts import Prompt, build_prompt, front_matter


@dataclass(frozen=True)
class FactorPersona:
    """A persona whose rules are a built-in factor."""

    spec: PersonaSpec
    factor: Factor
    prompt: Prompt

    def history(self, panel: MarketPanel) -> Arrays:
        scored = self.factor.compute(panel)
        return scored.score, scored.confidence, scored.mask

    def live(self, panel: MarketPanel) -> Scored:
        """The last row of the same history, (1, N) each, from as many rows as it depends on: the same bits."""
        stop = len(panel.dates)
        scored = self.factor.compute(panel.window(max(0, stop - self.factor.lookback), stop))
        return Scored(scored.score[-1:], scored.confidence[-1:], scored.mask[-1:], scored.figure[-1:])


def persona_from_markdown(text: str, origin: str) -> FactorPersona:
    """A persona from its file's text. Raises PromptError that says what to mend."""
    header, body = front_matter(text, origin, PersonaHeader)
    factor = FACTORS.get(header.factor)
    if factor is None:
        raise PromptError(
            f"{origin} names the factor {header.factor}, which does not exist", f"name one of {', '.join(FACTORS)}"
        )
    prompt = build_prompt(header, body, text, origin)
    strange = sorted(set(header.inputs) - set(ON_OFFER))
    if strange:
        raise PromptError(f"{origin} wants {', '.join(strange)}, which nobody gives", f"use only {', '.join(ON_OFFER)}")
    spec = PersonaSpec(
        name=header.name,
        version=header.version,
        purpose=header.purpose,
        factor=factor.name,
        horizon_days=header.horizon_days,
        inputs=("close", *factor.signals),
        lookback=factor.lookback,
        prompt_version=header.version,
        model_shift_bound=header.model_shift_bound,
        debates=header.debates,
        origin=origin,
        fingerprint=prompt.fingerprint,
    )
    return FactorPersona(spec, factor, prompt)


def score_history(personas: Sequence[Persona], panel: MarketPanel) -> ScoreHistory:
    """Rules scores of all personas over all days: what the allocator trains on and serves from."""
    shape = (0, len(panel.dates), len(panel.symbols))
    rows = [persona.history(panel) for persona in personas]
    return ScoreHistory(
        personas=tuple(persona.spec.name for persona in personas),
        score=np.stack([row[0] for row in rows]) if rows else np.zeros(shape),
        confidence=np.stack([row[1] for row in rows]) if rows else np.zeros(shape),
        mask=np.stack([row[2] for row in rows]) if rows else np.zeros(shape, dtype=bool),
    )
