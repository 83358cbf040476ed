"""Scoring: the four scores of each asset by rules, moved within a bound by a language model, as views of "scorer".

The model gives four scores from 1 to 10 and a confidence. On the committee's scale of -1 to 1 each of its scores moves
the rules' score of the same part by `agents.personas.opinions.bounded_shift`, never further than `BOUND`; so the
combined score never moves further either. Where the rules have no score the model's is shown and not used.

Retrieval-enhanced scoring shows the model the passages themselves and takes a score only where it cites passages that
it was given on that asset; an asset without a passage is scored by rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import Field

from agents.methods.rules_scores import RulesScore, from_units, rules_scores
from agents.personas.opinions import ModelView, bounded_shift, trust_in
from agents.personas.spec import LARGEST_SHIFT
from portfolio.calibration import Calibration
from portfolio.four_scores import PARTS, FourScores, TenPoints, to_unit
from portfolio.market import MarketPanel
from portfolio.records import Record, UnitInterval
from portfolio.views import Evidence, Finding, View
from tools.llm import LanguageModel
from tools.prompts import load_prompt

SCORER = "scorer"
"""Whose views these are, beside the personas."""
HORIZON_DAYS = 63
"""Trading days over which a model's scores are judged: a quarter, as for momentum; its prompts name no horizon."""
BOUND = LARGEST_SHIFT
ASSETS_A_REQUEST, ASSETS_WITH_PASSAGES = 20, 8
"""Assets in one request; a small model's context holds no more."""
PASSAGES_AN_ASSET, MOST_CHARACTERS = 6, 400


class ModelScore(Record):
    """A model's four scores of one asset, null where the material says nothing: numbers alone, no words."""

    symbol: str
    fundamental: TenPoints | None = None
    momentum: TenPoints | None = None
    sentiment: TenPoints | None = None
    risk: TenPoints | None = None
    confidence: UnitInterval

    @property
    def scores(self) -> FourScores:
        return FourScores(
            fundamental=self.fundamental, momentum=self.momentum, sentiment=self.sentiment, risk=self.risk
        )


class ModelScores(Record):
    """A model's scores of all assets."""

    scores: tuple[ModelScore, ...] = Field(max_length=2000)


class CitedScore(ModelScore):
    """The same with the passages that it rests on."""

    evidence_ids: tuple[str, ...] = ()


class CitedScores(Record):
    """A model's scores of all assets, each with its passages."""

    scores: tuple[CitedScore, ...] = Field(max_length=2000)


@dataclass(frozen=True)
class _Said:
    """What the model gave for one asset, the passages it cites, or why nothing of it counts."""

    score: ModelScore | None
    cited: tuple[str, ...] = ()
    cause: str | None = None


def score_views(
    panel: MarketPanel,
    as_of: date,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    model: LanguageModel | None = None,
    calibration: Calibration | None = None,
    *,
    retrieved: bool = False,
) -> tuple[View, ...]:
    """One view an asset, in the panel's order, with its four scores whole, from nothing dated after `as_of`.

    `calibration` is what this model has earned as "scorer"; None believes half of every confidence. Raises ValueError
    when the panel begins after `as_of`. Trouble of the model never raises: the rules' scores stand, with the cause in
    `fallback`.
    """
    rules = rules_scores(panel, as_of, findings, evidence, retrieved=retrieved)
    by_symbol = dict(zip(panel.symbols, rules, strict=True))
    said: Mapping[str, _Said] = {}
    if model is not None:
        if retrieved:
            said = _ask_with_passages(model, by_symbol, _passages(by_symbol, evidence, as_of), as_of)
        else:
            said = _ask(model, by_symbol, as_of)
    known = {item.id for item in evidence if item.published <= as_of}
    return tuple(_view(symbol, score, said.get(symbol), known, calibration) for symbol, score in by_symbol.items())


def _view(symbol: str, rules: RulesScore, said: _Said | None, known: set[str], calibration: Calibration | None) -> View:
    given = said.score if said is not None else None
    whole = given.scores if given is not None else None
    model_unit = whole.unit if whole is not None else None
    fallback = said.cause if said is not None else None
    before = rules.scores.unit
    if before is None:
        cause = f"no price, earnings report or document says anything of {symbol}"
        return View(
            persona=SCORER,
            symbol=symbol,
            reason=f"{SCORER} abstains: {cause}",
            rung="rules",
            model_score=model_unit,
            model_confidence=given.confidence if given is not None else None,
            model_scores=whole,
            scores=rules.scores,
            abstained=cause,
            fallback=fallback,
        )
    used, trust = rules.scores, None
    if given is not None and whole is not None and model_unit is not None:
        trust = trust_in(calibration, ModelView(symbol=symbol, score=model_unit, confidence=given.confidence))
        used = _moved(symbol, rules.scores, given, trust)
    score = used.unit if used.unit is not None else before
    shift = min(BOUND, max(-BOUND, score - before))
    reason = in_words(rules)
    if trust is not None:
        reason += f"; the model's scores at trust {trust:.2f} move the score by {shift:+.3f}"
    ids = [item for finding in rules.findings for item in finding.evidence_ids if item in known]
    ids += said.cited if said is not None else ()
    return View(
        persona=SCORER,
        symbol=symbol,
        score=score,
        confidence=rules.confidence,
        reason=reason,
        evidence_ids=tuple(dict.fromkeys(ids)),
        rung="llm" if trust is not None else "rules",
        rules_score=before,
        model_score=model_unit,
        model_confidence=given.confidence if given is not None else None,
        trust=trust,
        shift=shift,
        fallback=fallback,
        scores=used,
        model_scores=whole,
    )


def _moved(symbol: str, rules: FourScores, given: ModelScore, trust: float) -> FourScores:
    """Each part moved by the model's score of the same part; parts that either does not know stay as they are."""
    units: dict[str, float | None] = {}
    for name in PARTS:
        own, theirs = rules.part(name), given.scores.part(name)
        units[name] = None if own is None else to_unit(own)
        if own is not None and theirs is not None:
            opinion = ModelView(symbol=symbol, score=to_unit(theirs), confidence=given.confidence)
            shifted = to_unit(own) + bounded_shift(BOUND, trust, opinion, to_unit(own))
            units[name] = min(1.0, max(-1.0, shifted))
    return from_units(units)


def in_words(rules: RulesScore) -> str:
    """ "fundamental 6.4, momentum 8.2, sentiment unknown, risk 3.1: 6.9 of 10 together"."""
    told = []
    for name in PARTS:
        value = getattr(rules.scores, name)
        told.append(f"{name} unknown" if value is None else f"{name} {value:.1f}")
    combined = rules.scores.combined
    whole = "nothing known" if combined is None else f"{combined:.1f} of 10 together"
    return f"{', '.join(told)}: {whole}"


def figures_of(symbol: str, rules: RulesScore) -> str:
    """One line for a model: the rules' scores and the figures behind them."""
    told = []
    for name in PARTS:
        value, said = getattr(rules.scores, name), rules.said.get(name)
        told.append(f"{name} unknown" if value is None else f"{name} {value:.1f}" + (f" ({said})" if said else ""))
    return f"{symbol}: {'; '.join(told)}"


def findings_of(rules: Mapping[str, RulesScore]) -> str:
    """One line a finding, or "none"."""
    told = [
        f"{symbol} | {item.analyst} | {item.published} | {item.sentiment:+.2f} | {' '.join(item.summary.split())}"
        for symbol, score in rules.items()
        for item in score.findings
    ]
    return "\n".join(told) or "none"


def _passages(
    rules: Mapping[str, RulesScore], evidence: Sequence[Evidence], as_of: date
) -> dict[str, tuple[Evidence, ...]]:
    """The newest passages of each asset: its own, and those that findings on it cite."""
    known = sorted(
        (item for item in evidence if item.published <= as_of), key=lambda item: (-item.published.toordinal(), item.id)
    )
    out: dict[str, tuple[Evidence, ...]] = {}
    for symbol, score in rules.items():
        cited = {name for finding in score.findings for name in finding.evidence_ids}
        mine = {item.id: item for item in known if item.symbol == symbol or item.id in cited}
        out[symbol] = tuple(mine.values())[:PASSAGES_AN_ASSET]
    return out


def _ask(model: LanguageModel, rules: Mapping[str, RulesScore], as_of: date) -> dict[str, _Said]:
    """All assets, `ASSETS_A_REQUEST` in one request."""
    prompt = load_prompt("methods/score")
    out: dict[str, _Said] = {}
    for batch in _batches(rules, ASSETS_A_REQUEST):
        messages = prompt.render(
            as_of=as_of.isoformat(),
            figures="\n".join(figures_of(symbol, score) for symbol, score in batch.items()),
            findings=findings_of(batch),
        )
        answer = model.ask(
            messages,
            ModelScores,
            purpose="scores",
            prompt_fingerprint=prompt.fingerprint,
            offered={"symbol": list(batch)},
        )
        given: dict[str, ModelScore] = {}
        for score in answer.value.scores if answer.value is not None else ():
            given.setdefault(score.symbol, score)
        for symbol in batch:
            lack = answer.cause or f"the model gave no score of {symbol}"
            out[symbol] = _scored(given[symbol]) if symbol in given else _Said(None, cause=lack)
    return out


def _ask_with_passages(
    model: LanguageModel, rules: Mapping[str, RulesScore], passages: Mapping[str, tuple[Evidence, ...]], as_of: date
) -> dict[str, _Said]:
    """The assets that passages speak of, `ASSETS_WITH_PASSAGES` in one request."""
    prompt = load_prompt("methods/score_retrieved")
    out = {symbol: _Said(None, cause=f"no document on {symbol} was retrieved") for symbol in rules}
    for batch in _batches({symbol: score for symbol, score in rules.items() if passages[symbol]}, ASSETS_WITH_PASSAGES):
        lines = [
            f"[{item.id}] {symbol} {item.published}: {' '.join(item.text.split())[:MOST_CHARACTERS]}"
            for symbol in batch
            for item in passages[symbol]
        ]
        messages = prompt.render(
            as_of=as_of.isoformat(),
            figures="\n".join(figures_of(symbol, score) for symbol, score in batch.items()),
            findings=findings_of(batch),
            passages="\n".join(lines),
        )
        answer = model.ask(
            messages,
            CitedScores,
            purpose="scores",
            prompt_fingerprint=prompt.fingerprint,
            offered={
                "symbol": list(batch),
                "evidence_ids": sorted({item.id for symbol in batch for item in passages[symbol]}),
            },
        )
        given: dict[str, CitedScore] = {}
        for score in answer.value.scores if answer.value is not None else ():
            given.setdefault(score.symbol, score)
        for symbol in batch:
            shown = {item.id for item in passages[symbol]}
            if symbol not in given:
                out[symbol] = _Said(None, cause=answer.cause or f"the model gave no score of {symbol}")
            elif not given[symbol].evidence_ids:
                out[symbol] = _Said(None, cause=f"the model's score of {symbol} cites nothing")
            elif not set(given[symbol].evidence_ids) <= shown:
                out[symbol] = _Said(None, cause=f"the model's score of {symbol} cites what it was not given")
            else:
                cited = tuple(dict.fromkeys(given[symbol].evidence_ids))
                out[symbol] = _scored(given[symbol], cited)
    return out


def _scored(given: ModelScore, cited: tuple[str, ...] = ()) -> _Said:
    if given.scores.combined is None:
        return _Said(None, cause=f"the model left every score of {given.symbol} empty")
    return _Said(given, cited)


def _batches(rules: Mapping[str, RulesScore], size: int) -> list[dict[str, RulesScore]]:
    items = list(rules.items())
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]
