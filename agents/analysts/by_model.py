"""Findings by a language model: one structured call for all assets; what it cites must be what it was given."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from portfolio.figures import unsupported
from portfolio.views import Evidence, Finding
from tools.prompts import load_prompt

if TYPE_CHECKING:
    from tools.llm import LanguageModel

MOST_PASSAGES = 60
"""Passages shown in one call; a small model's context holds no more."""
MOST_CHARACTERS = 400


class ModelFinding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    symbol: str
    sentiment: float = Field(ge=-1, le=1)
    materiality: float = Field(ge=0, le=1)
    summary: str = Field(min_length=1, max_length=200)
    evidence_ids: list[str] = Field(min_length=1, max_length=8)


class ModelFindings(BaseModel):
    """One finding for each asset on which the passages say something."""

    model_config = ConfigDict(extra="forbid")
    findings: list[ModelFinding]


def findings_by_model(
    analyst: Literal["news", "filings"],
    evidence: Mapping[str, Sequence[Evidence]],
    as_of: date,
    model: "LanguageModel",
) -> tuple[tuple[Finding, ...], str | None]:
    """Findings, and why there are none or fewer.

    A finding is dropped, and counted in the cause, when it cites a passage that was not given or is another asset's, or
    when its summary has a figure that no cited passage has.
    """
    prompt = load_prompt(f"analysts/{analyst}")
    # Short numbers in place of the passages' long ids: a small model copies them without a slip.
    shown = {str(number): pair for number, pair in enumerate(_shown(evidence), start=1)}
    lines = "\n".join(
        f"[{number}] {symbol} {item.published}: {' '.join(item.text.split())[:MOST_CHARACTERS]}"
        for number, (symbol, item) in shown.items()
    )
    messages = prompt.render(as_of=as_of.isoformat(), passages=lines)
    answer = model.ask(
        messages,
        ModelFindings,
        purpose=f"{analyst} analyst",
        prompt_fingerprint=prompt.fingerprint,
        offered={"symbol": sorted({symbol for symbol, _ in shown.values()}), "evidence_ids": list(shown)},
    )
    if answer.value is None:
        return (), answer.cause or "the model gave no answer"
    kept: dict[str, Finding] = {}
    dropped: list[str] = []
    for found in answer.value.findings:
        names = list(dict.fromkeys(name.strip("[] ") for name in found.evidence_ids))
        cited = [shown[name][1] for name in names if name in shown and shown[name][0] == found.symbol]
        if len(cited) != len(names):
            dropped.append(f"{found.symbol} cites what it was not given")
        elif strange := unsupported(found.summary, [item.text for item in cited]):
            dropped.append(f"{found.symbol} has the figure {strange[0].text}, which its passages do not have")
        elif found.symbol in kept:
            dropped.append(f"{found.symbol} has a second finding")
        else:
            kept[found.symbol] = Finding(
                analyst=analyst,
                symbol=found.symbol,
                sentiment=found.sentiment,
                materiality=found.materiality,
                published=max(item.published for item in cited),
                summary=found.summary,
                evidence_ids=tuple(item.id for item in cited),
                rung=answer.rung,
            )
    cause = f"of the model's findings were dropped: {'; '.join(sorted(dropped))}" if dropped else None
    return tuple(kept[symbol] for symbol in sorted(kept)), cause


def _shown(evidence: Mapping[str, Sequence[Evidence]]) -> list[tuple[str, Evidence]]:
    """The newest passage of every asset, then the second newest of each, until the call is full."""
    newest = [
        [(symbol, item) for item in sorted(evidence[symbol], key=lambda e: (-e.published.toordinal(), e.id))]
        for symbol in sorted(evidence)
    ]
    return [pair for turn in zip_longest(*newest) for pair in turn if pair is not None][:MOST_PASSAGES]
