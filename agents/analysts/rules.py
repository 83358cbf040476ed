"""Findings from evidence by rules: batched over all assets, every finding with the passages that it rests on.

Materiality halves with every `HALF_LIFE_DAYS`: a quarter's news is worth a quarter when the next report is due.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import numpy as np

from agents.analysts.sentiment import Tone, tones
from portfolio.views import Evidence, Finding
from tools.documents.earnings import surprise_of
from tools.embedding import Embedder, Vectors

Analyst = Literal["news", "filings"]

HALF_LIFE_DAYS = 45.0
USUAL_SURPRISE = 0.10
"""Standard deviation of a surprise, as a share of the estimate, for a company with too few reports to know its own."""
LEAST_REPORTS = 4
"""Earlier reports from which a company's own standard deviation is taken."""
LEAST_SURPRISE = 0.02
"""Floor of that deviation: a company that always meets its estimates is not a thousand times more telling."""
SAME_STORY = 0.95
"""Cosine from which two passages on an asset tell the same story."""
SAME_DAYS = 7
"""Days within which they do."""
MOST_CITED = 3
SHOWN = 140
"""Characters of a passage that a summary quotes."""


def findings_by_rules(
    analyst: Analyst,
    evidence: Mapping[str, Sequence[Evidence]],
    vectors: Mapping[str, Vectors],
    as_of: date,
    embedder: Embedder,
) -> tuple[Finding, ...]:
    """At most one finding on each asset's earnings and one on its texts, assets in alphabetical order.

    `evidence` is by symbol; `vectors` has the unit vector (384,) of every text (earnings need none) by evidence id.
    Raises StoreError when the embedding model or the word list is missing.
    """
    texts = {item.id: item for items in evidence.values() for item in items if item.kind != "earnings"}
    listed = [texts[name] for name in sorted(texts)]
    stack = np.stack([vectors[item.id] for item in listed]) if listed else np.zeros((0, 1), dtype=np.float32)
    told = tones([item.text for item in listed], stack, embedder, headlines=analyst == "news")
    tone = {item.id: one for item, one in zip(listed, told, strict=True)}
    out = []
    for symbol in sorted(evidence):
        if reports := [item for item in evidence[symbol] if item.kind == "earnings"]:
            out.append(_earnings_finding(analyst, symbol, reports, as_of))
        if passages := distinct([item for item in evidence[symbol] if item.kind != "earnings"], vectors):
            out.append(_text_finding(analyst, symbol, passages, tone, as_of))
    return tuple(out)


def _earnings_finding(analyst: Analyst, symbol: str, reports: Sequence[Evidence], as_of: date) -> Finding:
    """The latest standardised surprises (Foster, Olsen and Shevlin 1984), older ones counting half per half-life."""
    newest = sorted(reports, key=lambda item: (-item.published.toordinal(), item.id))
    surprises = [_clipped(surprise_of(item.text)) for item in newest]
    cited = newest[:MOST_CITED]
    weights = [_decay(item, as_of) for item in cited]
    scores = [math.tanh(surprises[i] / (2 * _spread(surprises[i + 1 :]))) for i in range(len(cited))]
    sentiment = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    return Finding(
        analyst=analyst,
        symbol=symbol,
        sentiment=round(sentiment, 4),
        materiality=round(weights[0], 4),
        published=newest[0].published,
        summary=newest[0].text,
        evidence_ids=tuple(item.id for item in cited),
        rung="rules",
    )


def _clipped(surprise: float | None) -> float:
    """In [-1, 1]: an estimate near zero makes a meaningless ratio."""
    if surprise is None:
        raise ValueError("an earnings passage tells no surprise; only those of tools.documents.earnings may be stored")
    return min(1.0, max(-1.0, surprise))


def _spread(earlier: Sequence[float]) -> float:
    if len(earlier) < LEAST_REPORTS:
        return USUAL_SURPRISE
    return max(LEAST_SURPRISE, statistics.stdev(earlier))


def _text_finding(
    analyst: Analyst, symbol: str, told: Sequence[Evidence], tone: Mapping[str, Tone], as_of: date
) -> Finding:
    weights = {item.id: _decay(item, as_of) * tone[item.id].weight for item in told}
    total = sum(weights.values())
    sentiment = sum(weights[item.id] * tone[item.id].score for item in told) / total if total else 0.0
    cited = sorted(told, key=lambda item: (-weights[item.id], item.id))[:MOST_CITED]
    first = cited[0]
    quoted = " ".join(first.text.split())
    cut = quoted if len(quoted) <= SHOWN else quoted[:SHOWN].rsplit(" ", 1)[0] + " …"
    return Finding(
        analyst=analyst,
        symbol=symbol,
        sentiment=round(max(-1.0, min(1.0, sentiment)), 4),
        materiality=round(min(1.0, max(weights.values())), 4),
        published=max(item.published for item in cited),
        summary=f"{symbol}, {first.published}: “{cut}”",
        evidence_ids=tuple(item.id for item in cited),
        rung="rules",
    )


def _decay(item: Evidence, as_of: date) -> float:
    return math.exp2(-(as_of - item.published).days / HALF_LIFE_DAYS)


def distinct(evidence: Sequence[Evidence], vectors: Mapping[str, Vectors]) -> list[Evidence]:
    """One asset's passages without near-duplicates, each collapsed to the earliest that told the story."""
    kept: list[Evidence] = []
    for item in sorted(evidence, key=lambda e: (e.published, e.id)):
        recent = [k for k in kept if k.kind == item.kind and (item.published - k.published).days <= SAME_DAYS]
        if not any(float(vectors[k.id] @ vectors[item.id]) >= SAME_STORY for k in recent):
            kept.append(item)
    return kept
