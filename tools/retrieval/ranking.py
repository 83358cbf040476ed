"""Rankings of an index's rows for a question: by meaning, by words, and both fused.

Every score depends on the question, its own passage and the passages that the filter admits. A matrix product rounds
differently when other rows stand beside, so it only proposes candidates, with a margin; their scores are then computed
one by one and rounded, and equal scores are ordered by id.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.retrieval.passage_index import Mask, PassageIndex
from tools.retrieval.words import words

K1, B = 1.2, 0.75
"""BM25's saturation and length normalisation, the usual values (Robertson and Zaragoza 2009)."""
RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""
MARGIN = 1e-4
"""Larger than what float32 products of unit vectors can err by, and than the rounding of scores."""
DIGITS = 6
GATHERED = 0.25
"""Below this share of admitted rows it is quicker to copy them out than to score all."""

Ranking = tuple[int, ...]
"""Rows of an index, the best first."""


def by_meaning(index: PassageIndex, asked: NDArray[np.float32], admitted: Mask, depth: int) -> Ranking:
    """The `depth` admitted rows of the highest cosine with `asked` (384,), exactly; ties by id."""
    rows = np.flatnonzero(admitted)
    if depth < 1 or not len(rows):
        return ()
    few = len(rows) < GATHERED * len(index)
    near = index.vectors[rows] @ asked if few else (index.vectors @ asked)[rows]
    if len(rows) > depth:
        least = np.partition(near, len(near) - depth)[len(near) - depth]
        rows = rows[near >= least - MARGIN]
    exact = (index.vectors[rows].astype(np.float64) * asked.astype(np.float64)).sum(axis=1)
    return _best(index, rows, np.round(exact, DIGITS), depth)


class WordRanker:
    """Rankings by BM25 among the rows that one filter admits; a word's scores are computed once for all questions.

    Document frequencies and the mean length are those of the admitted rows alone.
    """

    def __init__(self, index: PassageIndex, admitted: Mask) -> None:
        self._index, self._admitted = index, admitted
        self._number = int(np.count_nonzero(admitted))
        words_in_all = int(np.sum(index.lengths, where=admitted, dtype=np.int64))
        self._mean = max(1.0, words_in_all / max(1, self._number))
        self._scored: dict[str, tuple[NDArray[np.integer], NDArray[np.float64]]] = {}

    def ranking(self, question: str, depth: int) -> Ranking:
        """The `depth` admitted rows of the highest score; ties by id. Rows with no word of it are left out."""
        if depth < 1 or not self._number:
            return ()
        scores = np.zeros(len(self._index))
        for word, times in sorted(Counter(words(question)).items()):
            rows_of_word, scored = self._word(word)
            scores[rows_of_word] += times * scored  # a row stands once in the postings of a word
        rows = np.flatnonzero(scores)
        if len(rows) > depth:
            near = scores[rows]
            rows = rows[near >= np.partition(near, len(near) - depth)[len(near) - depth] - MARGIN]
        return _best(self._index, rows, np.round(scores[rows], DIGITS), depth)

    def _word(self, word: str) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
        """Admitted rows that have the word, and what one mention of it in a question adds to their scores."""
        if word not in self._scored:
            having, counts = self._index.postings(word)
            seen = self._admitted[having]
            having, counts = having[seen], counts[seen]
            rarity = math.log(1 + (self._number - len(having) + 0.5) / (len(having) + 0.5))
            spread = K1 * (1 - B) + (K1 * B / self._mean) * self._index.lengths[having]
            self._scored[word] = (having, (rarity * (K1 + 1)) * counts / (counts + spread))
        return self._scored[word]


def by_words(index: PassageIndex, question: str, admitted: Mask, depth: int) -> Ranking:
    """The `depth` admitted rows of the highest BM25 score; see `WordRanker`, which several questions may share."""
    return WordRanker(index, admitted).ranking(question, depth)


def fused(index: PassageIndex, rankings: Sequence[tuple[float, Ranking]], depth: int) -> Ranking:
    """Weighted reciprocal rank fusion: a row's score is the sum of weight / (60 + its rank); ties by id."""
    scores: dict[int, float] = {}
    for weight, ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + weight / (RANK_CONSTANT + rank)
    return tuple(sorted(scores, key=lambda row: (-round(scores[row], 12), index.ids[row]))[:depth])


def _best(index: PassageIndex, rows: NDArray[np.intp], scores: NDArray[np.float64], depth: int) -> Ranking:
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], index.ids[rows[i]]))
    return tuple(int(rows[i]) for i in order[:depth])
