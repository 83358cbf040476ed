"""One search: what the filter admits, ranked by meaning, by words, or by both, with a question's terms spelled out."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tools.retrieval.passage_index import Filter, PassageIndex
from tools.retrieval.ranking import Ranking, WordRanker, by_meaning, fused
from tools.retrieval.terms import spelled_out

Mode = Literal["hybrid", "dense", "lexical"]

DEPTH = 100
"""Places of each ranking that are fused; beyond it a place adds almost nothing."""
TERM_WEIGHT = 1.0
"""What the rankings for a question's spelled-out terms weigh together, the question's own rankings weighing 1 each."""

Ask = Callable[[str], NDArray[np.float32]]
"""The unit vector (384,) of a question."""


def search_index(
    index: PassageIndex, question: str, wanted: Filter, *, ask: Ask, k: int, mode: Mode = "hybrid", spell: bool = True
) -> Ranking:
    """The best `k` rows, the best first.

    "dense" ranks by the cosine of the vectors, "lexical" by BM25; "hybrid" fuses both by reciprocal rank. With `spell`,
    the financial terms of the question are spelled out in the words of statements ("capex": "purchases of property and
    equipment") and their rankings fused in too, each line of a statement having an equal share.
    """
    admitted = index.admitted(wanted)
    if k < 1 or not admitted.any():
        return ()
    depth = max(DEPTH, k)
    asked: list[tuple[float, str]] = [(1.0, question)]
    if spell and (lines := spelled_out(question)):
        asked += [(TERM_WEIGHT / len(lines), line) for line in lines]
    lexical = WordRanker(index, admitted)
    rankings: list[tuple[float, Ranking]] = []
    for weight, text in asked:
        # In "hybrid" the lines are looked for by words only: each vector more costs a product with every passage.
        if mode == "dense" or (mode == "hybrid" and text == question):
            rankings.append((weight, by_meaning(index, ask(text), admitted, depth)))
        if mode != "dense":
            rankings.append((weight, lexical.ranking(text, depth)))
    return fused(index, rankings, k)
