"""An index on disk beside its store, so that a large store opens in a second. A copy: Chroma stays the record."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.retrieval.passage_index import Column, PassageIndex
from tools.retrieval.words import VERSION

COLUMNS = ("symbol", "kind", "section", "form")
FORMAT = "1"


def save_index(index: PassageIndex, path: Path, made_with: str) -> None:
    """Write the index; it appears whole or not at all. `made_with` names the embedding. Raises OSError."""
    half = path.with_suffix(".half")
    columns: dict[str, NDArray[np.int32] | NDArray[np.str_]] = {}
    for name, column in zip(COLUMNS, (index.symbol, index.kind, index.section, index.form), strict=True):
        columns |= {f"{name}_codes": column.codes, f"{name}_names": np.array(column.names, dtype=np.str_)}
    with half.open("wb") as file:
        np.savez(
            file,
            made_with=np.array(_stamp(made_with)),
            ids=np.array(index.ids),
            vectors=index.vectors,
            days=index.days,
            lengths=index.lengths,
            words=np.array(list(index.vocabulary)),
            data=index.counts.data,
            indices=index.counts.indices,
            indptr=index.counts.indptr,
            allow_pickle=False,
            **columns,
        )
    half.replace(path)


def load_index(path: Path, made_with: str) -> PassageIndex | None:
    """The index of a file; None where there is none, or one of another embedding, format or version, or a broken one.

    None costs time only: the index is then made from the store itself.
    """
    from scipy.sparse import csc_array

    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["made_with"]) != _stamp(made_with):
                return None
            ids = tuple(file["ids"].tolist())
            vocabulary = {word: column for column, word in enumerate(file["words"].tolist())}
            columns = {name: Column(tuple(file[f"{name}_names"].tolist()), file[f"{name}_codes"]) for name in COLUMNS}
            return PassageIndex(
                ids=ids,
                vectors=file["vectors"],
                days=file["days"],
                **columns,
                lengths=file["lengths"],
                vocabulary=vocabulary,
                counts=csc_array((file["data"], file["indices"], file["indptr"]), shape=(len(ids), len(vocabulary))),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _stamp(made_with: str) -> str:
    return f"{made_with}; words {VERSION}; format {FORMAT}"
