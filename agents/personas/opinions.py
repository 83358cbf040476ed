"""A persona's views of today: the last row of its history in words, moved within a bound by a language model.

The model sees figures and findings and returns numbers alone. Its score moves the rules' score by

    shift = bound x trust x confidence x (model's score - rules' score), cut to the bound

with the persona's bound (at most 0.25). Language models state confidences far above their hit rate: trust is what
the model's own record has earned (`portfolio.calibration`), and a half of every confidence where there is none.
Where the rules abstain, the model's score is shown and not used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field

from agents.personas.factors import FEWEST
from agents.personas.rules import FactorPersona
from agents.personas.spec import Persona
from agents.personas.windows import ranks
from portfolio.calibration import UNCALIBRATED_TRUST, Calibration
from portfolio.market import Floats, MarketPanel
from portfolio.records import Record, SignedUnit, UnitInterval
from portfolio.views import Evidence, Finding, Rung, View
from tools.llm import LanguageModel
from tools.prompts import Prompt, variables_of

MODEL_TRUST = UNCALIBRATED_TRUST
"""Share of a model's stated confidence that is believed where no calibration is given."""
ASSETS_A_REQUEST = 25
"""Assets in one request: with three findings each some 5,000 tokens, which a small model's context holds with its
answer. Larger universes are asked about group by group, in the universe's order."""
FINDINGS_SHOWN = 3
"""Findings an asset that a view cites and the model is shown, the most material first."""


class ModelView(Record):
    """A model's opinion of one asset: bounded numbers, no words, so that no text of theirs travels on."""

    symbol: str
    score: SignedUnit
    confidence: UnitInterval


class ModelViews(Record):
    """A model's opinions of all assets."""

    views: tuple[ModelView, ...] = Field(max_length=2000)


@dataclass(frozen=True, eq=False)
class _Today:
    """A persona's last row: (N,) arrays, and each asset's figure in words ("" where unknown)."""

    score: Floats
    confidence: Floats
    mask: np.ndarray
    said: tuple[str, ...]


@dataclass(frozen=True)
class _Model:
    """What the model said, the rung that said it, and why it said nothing, each by symbol."""

    views: Mapping[str, ModelView]
    rung: Rung
    causes: Mapping[str, str]


def views(
    persona: Persona,
    panel: MarketPanel,
    as_of: date,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    model: LanguageModel | None = None,
    calibration: Calibration | None = None,
) -> tuple[View, ...]:
    """One view an asset, in the panel's order, from nothing dated after `as_of`.

    `calibration` is what this persona's model has earned by `as_of`; None shrinks every confidence by `MODEL_TRUST`.
    Raises ValueError when the panel begins after `as_of`. Trouble of the model never raises: the rules' views stand
    and carry the cause in `fallback`.
    """
    panel = panel.until(as_of)
    today = _today(persona, panel)
    known = {item.id: item for item in evidence if item.published <= as_of}
    cited = {symbol: cited_findings(symbol, findings, known, as_of) for symbol in panel.symbols}
    prompt = getattr(persona, "prompt", None)
    said = None
    if model is not None and isinstance(prompt, Prompt) and persona.spec.model_shift_bound > 0.0:
        said = _ask(model, prompt, persona, panel.symbols, today, cited, as_of)
    return tuple(
        _view(persona, panel, column, today, cited[symbol], known, said, calibration)
        for column, symbol in enumerate(panel.symbols)
    )


def _view(
    persona: Persona,
    panel: MarketPanel,
    column: int,
    today: _Today,
    cited: tuple[Finding, ...],
    known: Mapping[str, Evidence],
    said: _Model | None,
    calibration: Calibration | None,
) -> View:
    symbol, spec = panel.symbols[column], persona.spec
    opinion = said.views.get(symbol) if said is not None else None
    model_score = opinion.score if opinion is not None else None
    stated = opinion.confidence if opinion is not None else None
    fallback = None
    if said is not None and opinion is None:
        fallback = said.causes.get(symbol) or f"the model gave no view of {symbol}"
    if not today.mask[column]:
        cause = _why_not(panel, column, persona)
        return View(
            persona=spec.name,
            symbol=symbol,
            reason=f"{spec.name} abstains: {cause}",
            rung="rules",
            model_score=model_score,
            model_confidence=stated,
            abstained=cause,
            fallback=fallback,
        )
    rules = float(today.score[column])
    shift, trust = 0.0, None
    if opinion is not None:
        trust = trust_in(calibration, opinion)
        shift = bounded_shift(spec.model_shift_bound, trust, opinion, rules)
    order, count = ranks(np.where(today.mask, today.score, np.nan)[None, :])
    parts = [part for part in (today.said[column],) if part]
    parts.append(f"rank {int(count[0] - order[0, column] + 1)} of {int(count[0])} by {spec.name}")
    ids = [item for finding in cited for item in finding.evidence_ids if item in known]
    earnings = _newest_earnings(symbol, known) if "earnings_surprise" in spec.inputs else None
    if earnings is not None and "earnings_surprise" in panel.signals:
        parts.append(f"last earnings report {earnings.published}")
        ids.append(earnings.id)
    if cited:
        top = cited[0]
        weight = "seen by the model" if opinion is not None else "not scored by rules"
        parts.append(f"{top.analyst} {top.sentiment:+.2f} on {top.published} ({weight})")
    if opinion is not None:
        parts.append(f"the model's {opinion.score:+.2f} at trust {trust:.2f} moves the score by {shift:+.3f}")
    return View(
        persona=spec.name,
        symbol=symbol,
        score=min(1.0, max(-1.0, rules + shift)),
        confidence=float(today.confidence[column]),
        reason="; ".join(parts),
        evidence_ids=tuple(dict.fromkeys(ids)),
        rung=said.rung if said is not None and opinion is not None else "rules",
        rules_score=rules,
        model_score=model_score,
        model_confidence=stated,
        trust=trust,
        shift=shift,
        fallback=fallback,
    )


def trust_in(calibration: Calibration | None, opinion: ModelView) -> float:
    """Share of an opinion's stated confidence that is believed, in [0, 1]."""
    return MODEL_TRUST if calibration is None else calibration.trust(opinion.score, opinion.confidence)


def bounded_shift(bound: float, trust: float, opinion: ModelView, rules: float) -> float:
    """How far a model's opinion moves the rules' score: never further than `bound`, whatever is said or trusted."""
    return min(bound, max(-bound, bound * trust * opinion.confidence * (opinion.score - rules)))


def _today(persona: Persona, panel: MarketPanel) -> _Today:
    if isinstance(persona, FactorPersona):
        live = persona.live(panel)
        told = tuple(persona.factor.tell(float(x)) if np.isfinite(x) else "" for x in live.figure[0])
        return _Today(live.score[0], live.confidence[0], live.mask[0], told)
    stop = len(panel.dates)
    start = 0 if persona.spec.lookback is None else max(0, stop - persona.spec.lookback)
    score, confidence, mask = persona.history(panel.window(start, stop))
    return _Today(score[-1], confidence[-1], mask[-1], ("",) * len(panel.symbols))


def _why_not(panel: MarketPanel, column: int, persona: Persona) -> str:
    """Why the rules left this asset out, as far as prices tell."""
    priced = np.isfinite(panel.close[:, column])
    if not priced.any():
        return f"no price of {panel.symbols[column]} is known"
    if not priced[-6:].any():
        return f"{panel.symbols[column]} was last priced on {panel.dates[np.flatnonzero(priced)[-1]]}"
    days, name = int(priced.sum()), persona.spec.name
    if isinstance(persona, FactorPersona):
        if days < persona.factor.needs:
            return f"{panel.symbols[column]} has {days} days of prices; {name} needs {persona.factor.needs}"
        if len(panel.symbols) < FEWEST:
            return f"{name} ranks assets against each other and needs {FEWEST} of them"
    return f"too few assets, or too many gaps, for {name} to place {panel.symbols[column]}"


def cited_findings(
    symbol: str, findings: Sequence[Finding], known: Mapping[str, Evidence], as_of: date
) -> tuple[Finding, ...]:
    """The asset's findings that rest on known evidence, most material first, then newest."""
    mine = [
        finding
        for finding in findings
        if finding.symbol == symbol
        and finding.published <= as_of
        and all(item in known for item in finding.evidence_ids)
    ]
    mine.sort(key=lambda finding: (-finding.materiality, -finding.published.toordinal(), finding.evidence_ids))
    return tuple(mine[:FINDINGS_SHOWN])


def _newest_earnings(symbol: str, known: Mapping[str, Evidence]) -> Evidence | None:
    mine = [item for item in known.values() if item.symbol == symbol and item.kind == "earnings"]
    return max(mine, key=lambda item: (item.published, item.id), default=None)


def _ask(
    model: LanguageModel,
    prompt: Prompt,
    persona: Persona,
    symbols: tuple[str, ...],
    today: _Today,
    cited: Mapping[str, tuple[Finding, ...]],
    as_of: date,
) -> _Model:
    """Every asset, in groups of `ASSETS_A_REQUEST`; a group without an answer leaves the others as they are."""
    given: dict[str, ModelView] = {}
    causes: dict[str, str] = {}
    rung: Rung = "rules"
    for start in range(0, len(symbols), ASSETS_A_REQUEST):
        group = range(start, min(start + ASSETS_A_REQUEST, len(symbols)))
        names = [symbols[j] for j in group]
        answer = model.ask(
            prompt.render(**variables_of(prompt.header, _offer([(symbols[j], j) for j in group], today, cited, as_of))),
            ModelViews,
            purpose=f"persona {persona.spec.name}",
            prompt_fingerprint=prompt.fingerprint,
            offered={"symbol": names},
        )
        if answer.value is None:
            causes |= dict.fromkeys(names, answer.cause or "the model gave no answer")
            continue
        rung = answer.rung
        for view in answer.value.views:
            if view.symbol in names:
                given.setdefault(view.symbol, view)
    return _Model(given, rung, causes)


def _offer(
    group: Sequence[tuple[str, int]], today: _Today, cited: Mapping[str, tuple[Finding, ...]], as_of: date
) -> dict[str, str]:
    """What a prompt may show of some assets, each with its column."""
    figures = [
        f"{symbol}: {today.said[j] or 'figure shown by rank alone'}; rules' score {today.score[j]:+.2f}"
        if today.mask[j]
        else f"{symbol}: no figure"
        for symbol, j in group
    ]
    told = [
        f"{finding.symbol} | {finding.analyst} | {finding.published} | {finding.sentiment:+.2f} | {finding.summary}"
        for symbol, _ in group
        for finding in cited[symbol]
    ]
    return {"as_of": as_of.isoformat(), "figures": "\n".join(figures), "findings": "\n".join(told) or "none"}
