"""Findings from evidence by rules: batched over all assets, every finding with the passages that it rests on."""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from agents.analysts.sentiment import sentiments
from portfolio.views import Evidence, Finding
from tools.documents.earnings import surprise_of
from tools.embedding import Embedder

HALF_LIFE_DAYS = 45.0
"""A quarter's news is worth a quarter when the next report is due."""
SURPRISE_SCALE = 0.10
"""A surprise of 10 % of the estimate gives a sentiment of tanh(1) = 0.76."""
MOST_CITED = 3
SHOWN = 140
"""Characters of a passage that a summary quotes."""


def findings_by_rules(
    analyst: Literal["news", "filings"], evidence: Sequence[Evidence], as_of: date, embedder: Embedder
) -> tuple[Finding, ...]:
    """One finding for each asset and kind of evidence, assets in alphabetical order."""
    texts = [item for item in evidence if item.kind != "earnings"]
    tone = {
        item.id: score for item, score in zip(texts, sentiments([item.text for item in texts], embedder), strict=True)
    }
    out = []
    for symbol in sorted({item.symbol for item in evidence if item.symbol}):
        mine = [item for item in evidence if item.symbol == symbol]
        reports = [item for item in mine if item.kind == "earnings"]
        if reports:
            out.append(_earnings_finding(analyst, symbol, reports, as_of))
        told = distinct(item for item in mine if item.kind != "earnings")
        if told:
            out.append(_text_finding(analyst, symbol, told, tone, as_of))
    return tuple(out)


def _earnings_finding(
    analyst: Literal["news", "filings"], symbol: str, reports: Sequence[Evidence], as_of: date
) -> Finding:
    """The latest surprises, each halved in weight every `HALF_LIFE_DAYS`."""
    newest = sorted(reports, key=lambda item: (-item.published.toordinal(), item.id))[:MOST_CITED]
    weights = [_decay(item, as_of) for item in newest]
    scores = [math.tanh((surprise_of(item.text) or 0.0) / SURPRISE_SCALE) for item in newest]
    sentiment = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    return Finding(
        analyst=analyst,
        symbol=symbol,
        sentiment=sentiment,
        materiality=min(1.0, weights[0]),
        published=newest[0].published,
        summary=newest[0].text,
        evidence_ids=tuple(item.id for item in newest),
        rung="rules",
    )


def _text_finding(
    analyst: Literal["news", "filings"],
    symbol: str,
    told: Sequence[Evidence],
    tone: dict[str, float],
    as_of: date,
) -> Finding:
    weights = {item.id: _decay(item, as_of) * (0.2 + abs(tone[item.id])) for item in told}
    total = sum(weights.values())
    sentiment = sum(weights[item.id] * tone[item.id] for item in told) / total
    heaviest = sorted(told, key=lambda item: (-weights[item.id], item.id))[:MOST_CITED]
    first = heaviest[0]
    quoted = " ".join(first.text.split())
    cut = quoted if len(quoted) <= SHOWN else quoted[:SHOWN].rsplit(" ", 1)[0] + " …"
    return Finding(
        analyst=analyst,
        symbol=symbol,
        sentiment=max(-1.0, min(1.0, sentiment)),
        materiality=min(1.0, max(weights.values())),
        published=max(item.published for item in heaviest),
        summary=f"{symbol}, {first.published}: “{cut}”",
        evidence_ids=tuple(item.id for item in heaviest),
        rung="rules",
    )


def _decay(item: Evidence, as_of: date) -> float:
    return math.exp2(-(as_of - item.published).days / HALF_LIFE_DAYS)


def distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Near-duplicate passages collapsed to the earliest: the same words in the same order, punctuation aside."""
    seen: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda e: (e.published, e.id)):
        words = "".join(c.lower() if c.isalnum() else " " for c in item.text).split()
        seen.setdefault(" ".join(words[:40]), item)
    return list(seen.values())
