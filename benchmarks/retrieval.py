"""Search in 100,000 passages: latency of Quorum's three modes, of Chroma's own index and of a plain matrix product.

    python benchmarks/retrieval.py [--passages 100000] [--questions 40] [--chroma-seconds 120] [--json]

Passages are the real texts of FinanceBench's pages (../shared/data/filings), repeated under new ids and days until
there are enough; each text's words are counted once. Embedding 100,000 texts takes an hour and changes no time of a
search, so their vectors are drawn: unit vectors around 500 centres, from one seed, of the real width; the times leave
out embedding the question.
Every search has the same filter (a date, a kind). Recall is measured against brute force in numpy: Quorum's dense mode
must give 1.0; Chroma's HNSW index may not. Chroma is left out when it is not filled within `--chroma-seconds`. Of each
way the median and 95th percentile of wall time are shown, and the median of the process's own time, which a busy
machine changes less.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datetime import date, timedelta

from lab.evaluation.financebench import read_passages, read_questions
from tools.embedding import WIDTH
from tools.retrieval.passage_index import Column, Filter, PassageIndex, Passages, day_number, empty_index
from tools.retrieval.search import Mode, search_index

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "filings"
SEED, CENTRES, K = 0, 500, 10
FIRST = date(2010, 1, 4)
CHROMA = "Chroma HNSW with the same filter"
AS_OF = date(2022, 6, 30)
BATCH = 5_000


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    out: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return out


@dataclass(frozen=True)
class Timed:
    """Milliseconds of each search, by the wall and of the process, and the ids found."""

    wall: list[float]
    own: list[float]
    found: list[list[str]]


def timed(search: Callable[[int], list[str]], questions: int) -> Timed:
    """All questions, after one warm round of three."""
    for number in range(min(3, questions)):
        search(number)
    out = Timed([], [], [])
    for number in range(questions):
        start, own = time.perf_counter(), time.process_time()
        out.found.append(search(number))
        out.own.append(1000 * (time.process_time() - own))
        out.wall.append(1000 * (time.perf_counter() - start))
    return out


def repeated(
    texts: Sequence[str], vectors: NDArray[np.float32], days: Sequence[int], kinds: Sequence[str]
) -> PassageIndex:
    """An index of `len(vectors)` passages: `texts` over and over, under the given vectors, days and kinds."""
    n, empty = len(texts), [""] * len(texts)
    once = empty_index().followed_by(
        Passages(empty, texts, np.zeros((n, WIDTH), dtype=np.float32), [0] * n, empty, empty, empty, empty)
    )
    rows = np.arange(len(vectors)) % n
    counts = once.counts.tocsr()[rows].tocsc()
    counts.sort_indices()
    none = Column.of([""] * len(vectors))
    return PassageIndex(
        ids=tuple(f"p{i:06}" for i in range(len(vectors))),
        vectors=vectors,
        days=np.array(days, dtype=np.int32),
        symbol=none,
        kind=Column.of(kinds),
        section=none,
        form=none,
        lengths=once.lengths[rows],
        vocabulary=once.vocabulary,
        counts=counts,
    )


def main() -> None:  # noqa: PLR0915 - one measurement from top to bottom
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--chroma-seconds", type=float, default=120.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not DATA.is_dir():
        print(f"left out: {DATA.parent.name}/{DATA.name} is not beside this repository")
        return
    import chromadb
    from chromadb.config import Settings

    random = np.random.default_rng(SEED)
    real = read_passages(DATA)
    number = given.passages
    texts = [f"{passage.title}\n{passage.text}" for passage in real[:number]]
    centres = random.normal(size=(CENTRES, WIDTH)).astype(np.float32)
    noise = random.normal(size=(number, WIDTH)).astype(np.float32)
    vectors = unit(centres[random.integers(0, CENTRES, number)] + noise)
    days = [day_number(FIRST + timedelta(days=int(day))) for day in random.integers(0, 5_000, number)]
    kinds = ["filing" if pick else "news" for pick in random.integers(0, 4, number)]
    start = time.perf_counter()
    index = repeated(texts, vectors, days, kinds)
    ids = index.ids
    built = time.perf_counter() - start
    questions = [question.question for question in read_questions(DATA)][: given.questions]
    near = random.normal(size=(len(questions), WIDTH)).astype(np.float32)
    asked = unit(centres[random.integers(0, CENTRES, len(questions))] + near)
    wanted = Filter(as_of=AS_OF, kinds=("filing",))

    def ours(mode: Mode, spell: bool) -> Callable[[int], list[str]]:
        def search(i: int) -> list[str]:
            rows = search_index(index, questions[i], wanted, ask=lambda _: asked[i], k=K, mode=mode, spell=spell)
            return [ids[row] for row in rows]

        return search

    admitted = np.array([day <= day_number(AS_OF) and kind == "filing" for day, kind in zip(days, kinds, strict=True)])
    wide = vectors.astype(np.float64)

    def brute(i: int) -> list[str]:
        near = np.where(admitted, np.round(wide @ asked[i].astype(np.float64), 6), -2.0)
        return [ids[row] for row in np.lexsort((np.arange(number), -near))[:K]]

    with tempfile.TemporaryDirectory() as folder:
        client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
        peer = client.create_collection("peer", embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
        start = time.perf_counter()
        for at in range(0, number, BATCH):
            if time.perf_counter() - start > given.chroma_seconds:
                break
            part = slice(at, at + BATCH)
            meta = [{"day": day, "kind": kind} for day, kind in zip(days[part], kinds[part], strict=True)]
            peer.add(ids=list(ids[part]), embeddings=list(vectors[part]), metadatas=list(meta))  # type: ignore[arg-type]

        def chroma(i: int) -> list[str]:
            where = {"$and": [{"day": {"$lte": day_number(AS_OF)}}, {"kind": {"$in": ["filing"]}}]}
            return peer.query(query_embeddings=[asked[i]], n_results=K, where=where, include=[])["ids"][0]  # type: ignore[arg-type]

        ways: dict[str, Callable[[int], list[str]]] = {
            "numpy brute force, float64": brute,
            "quorum dense": ours("dense", False),
            "quorum lexical": ours("lexical", False),
            "quorum hybrid": ours("hybrid", False),
            "quorum hybrid, terms spelled out": ours("hybrid", True),
        }
        if peer.count() == number:
            ways[CHROMA] = chroma
        results = {name: timed(search, len(questions)) for name, search in ways.items()}
    truth = results["numpy brute force, float64"].found
    against = float(np.median(results[CHROMA].wall)) if CHROMA in results else None
    rows = []
    for name, got in results.items():
        shared = [len(set(one) & set(other)) / K for one, other in zip(got.found, truth, strict=True)]
        by_meaning = "quorum" not in name or name == "quorum dense"
        rows.append(
            {
                "way": name,
                "median_ms": round(float(np.median(got.wall)), 2),
                "p95_ms": round(float(np.quantile(got.wall, 0.95)), 2),
                "own_median_ms": round(float(np.median(got.own)), 2),
                "recall_at_10": round(float(np.mean(shared)), 4) if by_meaning else None,
                "chroma_over_it": None if against is None else round(against / float(np.median(got.wall)), 2),
            }
        )
    report = {"passages": number, "admitted": int(admitted.sum()), "index_seconds": round(built, 1), "rows": rows}
    if given.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{number} passages, {report['admitted']} admitted; index of the words made in {built:.1f} s")
    for row in rows:
        print(
            f"{row['way']:36} median {row['median_ms']:>8} ms  p95 {row['p95_ms']:>8} ms  recall {row['recall_at_10']}"
        )


if __name__ == "__main__":
    main()
