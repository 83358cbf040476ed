"""Findings by a language model: one structured call for all assets; what it cites must be what it was given."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from portfolio.views import Evidence, Finding
from tools.prompts import load_prompt

if TYPE_CHECKING:
    from tools.llm import LanguageModel

MOST_PASSAGES = 60
"""Passages shown in one call, the newest first; a small model's context holds no more."""
MOST_CHARACTERS = 400


class ModelFinding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    symbol: str
    sentiment: float = Field(ge=-1, le=1)
    materiality: float = Field(ge=0, le=1)
    summary: str = Field(min_length=1, max_length=400)
    evidence_ids: list[str] = Field(min_length=1)


class ModelFindings(BaseModel):
    """One finding for each asset on which the passages say something."""

    model_config = ConfigDict(extra="forbid")
    findings: list[ModelFinding]


def findings_by_model(
    analyst: Literal["news", "filings"], evidence: Sequence[Evidence], as_of: date, model: "LanguageModel"
) -> tuple[tuple[Finding, ...], str | None]:
    """Findings, and why there are none or fewer; a finding that cites what it was not given is dropped."""
    prompt = load_prompt(f"analysts/{analyst}")
    shown = sorted(evidence, key=lambda item: (-item.published.toordinal(), item.id))[:MOST_PASSAGES]
    lines = "\n".join(
        f"[{item.id}] {item.symbol} {item.published}: {' '.join(item.text.split())[:MOST_CHARACTERS]}" for item in shown
    )
    messages = prompt.render(as_of=as_of.isoformat(), passages=lines)
    answer = model.ask(messages, ModelFindings, purpose=f"{analyst} analyst", prompt_fingerprint=prompt.fingerprint)
    if answer.value is None:
        return (), answer.cause or "the model gave no answer"
    known = {item.id: item for item in shown}
    kept, dropped = [], 0
    for found in answer.value.findings:
        cited = [known[name] for name in dict.fromkeys(found.evidence_ids) if name in known]
        cited = [item for item in cited if item.symbol == found.symbol]
        if len(cited) != len(set(found.evidence_ids)):
            dropped += 1
            continue
        kept.append(
            Finding(
                analyst=analyst,
                symbol=found.symbol,
                sentiment=found.sentiment,
                materiality=found.materiality,
                published=max(item.published for item in cited),
                summary=found.summary,
                evidence_ids=tuple(item.id for item in cited),
                rung=answer.rung,
            )
        )
    cause = f"{dropped} of the model's findings cited passages that it was not given" if dropped else None
    return tuple(sorted(kept, key=lambda item: item.symbol)), cause
