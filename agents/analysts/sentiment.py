"""How good or bad a passage sounds, by rules: words, and meaning by comparison with sentences whose tone is clear.

The word score (`lexicon.py`) sees what is said in known words; the anchors see the rest. A passage's vector is compared
with sentences that sound good, bad and of no consequence; a soft maximum over the three says which it is nearest to.
The nearness to "of no consequence" also lowers the materiality.

On the odd rows of a file of labelled tweets (588, 65 % neutral) the scores, with share, temperature and band chosen on
the even rows, reach accuracy 0.69 and macro-F1 0.62; Loughran and McDonald's list alone 0.60 and 0.47. A test holds
them to that.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.analysts.lexicon import filing_tally, headline_tally
from tools.embedding import Embedder, Vectors

GOOD = (
    "The company raised its forecast and beat expectations; the shares jumped to a record high.",
    "Analysts upgraded the stock to buy and raised the price target.",
    "Profit and revenue grew strongly, and the dividend was increased.",
    "The company won a large contract and received approval for its product.",
    "Bullish breakout, strong momentum, going long and buying more calls.",
    "Shares rise after the company's results top estimates.",
    "The drug trial succeeded and the regulator approved it.",
    "Stocks rally to record highs on hopes of a deal.",
    "Oil and gold prices climb on strong demand.",
    "Hedge funds are buying the stock.",
    "The start is at Buy with a higher price target.",
)
BAD = (
    "The company cut its forecast and missed expectations; the shares plunged to a new low.",
    "Analysts downgraded the stock to sell and cut the price target.",
    "Losses widened, sales fell, and the dividend was suspended.",
    "The company is under investigation, faces a lawsuit, a recall and job cuts.",
    "Bearish breakdown, weak chart, going short and buying puts.",
    "Shares fall after the company's results miss estimates.",
    "The drug trial failed and was halted.",
    "Stocks slump as fears of recession grow.",
    "Oil prices fall on weak demand and a glut.",
    "Hedge funds are dumping the stock.",
    "The company withdraws its outlook because of the virus.",
)
IDLE = (
    "The company will hold its conference call on Tuesday.",
    "The company appoints a new director to the board.",
    "Transcript of the earnings call.",
    "Stocks making the biggest moves: what to watch today.",
    "The president met leaders to talk about policy.",
    "Read the latest report on the market.",
    "The company declares a quarterly dividend of $0.25 per share.",
    "The company files its annual report with the regulator.",
    "An interview about investing for beginners.",
)
TEMPERATURE = 0.12
"""Of the soft maximum over cosines."""
WORDS_SHARE = 0.7
NEUTRAL_BAND = 0.37
"""A score within this of 0 is called neutral when a class must be named; scores are used as they are elsewhere."""
_NEAREST = 2
"""Anchors of a kind whose mean nearness counts."""


class Tone(NamedTuple):
    """`score` in [-1, 1]; `weight` in [0, 1]: how far the passage is from saying nothing of consequence."""

    score: float
    weight: float


def tones(texts: Sequence[str], vectors: Vectors, embedder: Embedder, *, headlines: bool) -> list[Tone]:
    """One tone for each passage, from its text and its (len(texts), 384) unit vectors.

    `headlines` says whether the texts are news, whose words differ from a filing's. Raises StoreError when the
    embedding model or the word list is missing.
    """
    if not texts:
        return []
    bad, idle, good = nearness(vectors, embedder)
    tally = headline_tally if headlines else filing_tally
    out = []
    for i, text in enumerate(texts):
        told = WORDS_SHARE * tally(text).score + (1 - WORDS_SHARE) * float(good[i] - bad[i])
        out.append(Tone(round(max(-1.0, min(1.0, told)), 4), round(max(abs(told), 1.0 - float(idle[i])), 4)))
    return out


def nearness(vectors: Vectors, embedder: Embedder) -> tuple[NDArray[np.float64], ...]:
    """(len(vectors),) shares of bad, idle and good, adding up to 1."""
    cosines = vectors.astype(np.float64) @ _anchors(embedder).T
    parts = np.split(cosines, [len(BAD), len(BAD) + len(IDLE)], axis=1)
    near = np.stack([np.sort(part, axis=1)[:, -_NEAREST:].mean(axis=1) for part in parts])
    share = np.exp((near - near.max(axis=0)) / TEMPERATURE)
    return tuple(share / share.sum(axis=0))


@lru_cache(maxsize=2)
def _anchors(embedder: Embedder) -> NDArray[np.float64]:
    return embedder.embed([*BAD, *IDLE, *GOOD]).astype(np.float64)
