"""Sparse matrices row by row, without scipy's constructors: those cost several times what solving does."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from portfolio.market import Floats

Columns = NDArray[np.intp]


class SparseRows:
    """Collects entries and turns them into one CSC matrix with int32 indices, as PIQP wants them."""

    def __init__(self) -> None:
        self.height = 0
        self._rows: list[Columns] = []
        self._columns: list[Columns] = []
        self._values: list[Floats] = []

    def new(self, count: int) -> int:
        """Appends `count` empty rows and returns the index of the first."""
        start = self.height
        self.height += count
        return start

    def block(self, row: int, column: int, values: Floats) -> None:
        """Puts a dense block with its upper left corner at (row, column); zeros take no room."""
        rows, columns = np.nonzero(values)
        self._rows.append(rows + row)
        self._columns.append(columns + column)
        self._values.append(values[rows, columns])

    def diagonal(self, row: int, column: int, count: int, value: float) -> None:
        """Puts `value` on `count` entries down from (row, column)."""
        step = np.arange(count)
        self._rows.append(step + row)
        self._columns.append(step + column)
        self._values.append(np.full(count, value))

    def csc(self, width: int) -> sparse.csc_matrix:
        """(height, width) matrix of all entries; no entry may have been put twice."""
        if not self._rows:
            return sparse.csc_matrix((self.height, width))
        rows, columns = np.concatenate(self._rows), np.concatenate(self._columns)
        order = np.argsort(columns * max(self.height, 1) + rows)
        pointers = np.zeros(width + 1, dtype=np.int32)
        np.cumsum(np.bincount(columns, minlength=width), out=pointers[1:])
        values = np.concatenate(self._values)[order]
        return sparse.csc_matrix((values, rows[order].astype(np.int32), pointers), shape=(self.height, width))
