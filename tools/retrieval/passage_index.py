"""All passages of a store as arrays: vectors, what they are filtered by, and the postings of their words.

Contract
--------
- An index is a value: adding passages makes a new one, and nothing in it depends on the order of a search.
- A search reads the rows that its filter admits and no others, so a passage dated later, though it is in the arrays,
  changes neither a score nor a document frequency nor an order.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from portfolio.records import Record
from tools.embedding import WIDTH, Vectors
from tools.retrieval.words import words

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Mask = NDArray[np.bool_]
Ints = NDArray[np.int32]


def day_number(day: date) -> int:
    """2022-12-28 -> 20221228: a number that compares as the date does."""
    return day.year * 10_000 + day.month * 100 + day.day


class Filter(Record):
    """Which passages a search may see. None admits every value; "" in a tuple admits passages without one."""

    as_of: date
    since: date | None = None
    symbols: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    sections: tuple[str, ...] | None = None
    forms: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Column:
    """A text property of every passage: `names[codes[row]]`."""

    names: tuple[str, ...]
    codes: Ints

    @classmethod
    def of(cls, values: Sequence[str]) -> "Column":
        names = tuple(sorted(set(values)))
        place = {name: code for code, name in enumerate(names)}
        return cls(names, np.array([place[value] for value in values], dtype=np.int32))

    def among(self, wanted: Sequence[str]) -> Mask:
        """(n,) whether the value is one of `wanted`."""
        admitted = np.array([name in wanted for name in self.names], dtype=np.bool_)
        return admitted[self.codes] if len(self.names) else np.zeros(len(self.codes), dtype=np.bool_)

    def followed_by(self, other: "Column") -> "Column":
        names = tuple(sorted({*self.names, *other.names}))
        place = {name: code for code, name in enumerate(names)}
        moved = [
            np.array([place[name] for name in column.names], dtype=np.int32)[column.codes]
            if len(column.codes)
            else column.codes
            for column in (self, other)
        ]
        return Column(names, np.concatenate(moved))


@dataclass(frozen=True)
class Passages:
    """Passages to be indexed, one entry a passage in every field; `vectors` is (n, 384), `days` are day numbers."""

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: Vectors
    days: Sequence[int]
    symbols: Sequence[str]
    kinds: Sequence[str]
    sections: Sequence[str]
    forms: Sequence[str]


@dataclass(frozen=True)
class PassageIndex:
    """Attributes
    ----------
    ids : of the passages, in the order of the rows
    vectors : (n, 384) float32 unit vectors
    days : (n,) day numbers of publication
    symbol, kind, section, form : the properties that a search may filter by
    lengths : (n,) words in each passage
    vocabulary : column of `counts` of each word
    counts : (n, words) how often a word stands in a passage, by columns: a column is the word's postings
    """

    ids: tuple[str, ...]
    vectors: Vectors
    days: Ints
    symbol: Column
    kind: Column
    section: Column
    form: Column
    lengths: Ints
    vocabulary: dict[str, int]
    counts: "csc_array"

    def __len__(self) -> int:
        return len(self.ids)

    def admitted(self, wanted: Filter) -> Mask:
        """(n,) which rows the filter lets a search see."""
        mask: Mask = self.days <= day_number(wanted.as_of)
        if wanted.since is not None:
            mask &= self.days >= day_number(wanted.since)
        for column, values in (
            (self.symbol, wanted.symbols),
            (self.kind, wanted.kinds),
            (self.section, wanted.sections),
            (self.form, wanted.forms),
        ):
            if values is not None:
                mask &= column.among(values)
        return mask

    def postings(self, word: str) -> tuple[Ints, Ints]:
        """Rows that have the word, and how often; both empty for an unknown word."""
        column = self.vocabulary.get(word)
        if column is None:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
        start, stop = self.counts.indptr[column], self.counts.indptr[column + 1]
        return self.counts.indices[start:stop], self.counts.data[start:stop]

    def followed_by(self, more: Passages) -> "PassageIndex":
        """This index with more passages below its own."""
        from scipy.sparse import csc_array, vstack

        vocabulary = dict(self.vocabulary)
        rows, columns, times, lengths = [], [], [], []
        for row, text in enumerate(more.texts):
            told = Counter(words(text))
            lengths.append(sum(told.values()))
            for word, count in told.items():
                rows.append(row)
                columns.append(vocabulary.setdefault(word, len(vocabulary)))
                times.append(count)
        shape = (len(more.ids), len(vocabulary))
        fresh = csc_array((np.array(times, dtype=np.int32), (rows, columns)), shape=shape)
        old = csc_array(
            (
                self.counts.data,
                self.counts.indices,
                np.pad(self.counts.indptr, (0, len(vocabulary) - len(self.vocabulary)), mode="edge"),
            ),
            shape=(len(self), len(vocabulary)),
        )
        return PassageIndex(
            ids=(*self.ids, *more.ids),
            vectors=np.concatenate([self.vectors, more.vectors]),
            days=np.concatenate([self.days, np.array(more.days, dtype=np.int32)]),
            symbol=self.symbol.followed_by(Column.of(more.symbols)),
            kind=self.kind.followed_by(Column.of(more.kinds)),
            section=self.section.followed_by(Column.of(more.sections)),
            form=self.form.followed_by(Column.of(more.forms)),
            lengths=np.concatenate([self.lengths, np.array(lengths, dtype=np.int32)]),
            vocabulary=vocabulary,
            counts=vstack([old, fresh], format="csc"),
        )


def empty_index() -> PassageIndex:
    """An index of no passages."""
    from scipy.sparse import csc_array

    ints, none = np.zeros(0, dtype=np.int32), Column((), np.zeros(0, dtype=np.int32))
    return PassageIndex(
        ids=(),
        vectors=np.zeros((0, WIDTH), dtype=np.float32),
        days=ints,
        symbol=none,
        kind=none,
        section=none,
        form=none,
        lengths=ints,
        vocabulary={},
        counts=csc_array((0, 0), dtype=np.int32),
    )
