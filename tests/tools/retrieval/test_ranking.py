"""Rankings are exact, the same whatever the filter hides, and ordered by id where they tie."""

from datetime import date
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.embedding import WIDTH, Vectors
from tools.retrieval.passage_index import Filter, PassageIndex, Passages, empty_index
from tools.retrieval.ranking import K1, B, by_meaning, by_words, fused
from tools.retrieval.snapshot import load_index, save_index
from tools.retrieval.terms import spelled_out
from tools.retrieval.words import words

DAY = 20200615
WORDS = ("oil", "gold", "bank", "loss", "gain", "sales", "debt", "cash")
ALL = Filter(as_of=date(2020, 6, 15))


def _vectors(number: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(number, WIDTH)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _passages(texts: list[str], vectors: Vectors, day: int = DAY, mark: str = "a") -> Passages:
    same = len(texts)
    return Passages(
        ids=[f"{mark}{i:04}" for i in range(same)],
        texts=texts,
        vectors=vectors,
        days=[day] * same,
        symbols=["ACME", "BETA"] * (same // 2) + ["ACME"] * (same % 2),
        kinds=["news"] * same,
        sections=[""] * same,
        forms=[""] * same,
    )


def _texts(number: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, size=random.integers(1, 12))) for _ in range(number)]


def _index(number: int, seed: int) -> PassageIndex:
    return empty_index().followed_by(_passages(_texts(number, seed), _vectors(number, seed)))


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 10_000))
def test_passages_dated_later_move_no_ranking(number: int, later: int, seed: int) -> None:
    index = _index(number, seed)
    more = index.followed_by(_passages(_texts(later, seed + 1), _vectors(later, seed + 1), DAY + 1, "0"))
    asked = _vectors(1, seed + 2)[0]
    for wanted in (ALL, ALL.model_copy(update={"symbols": ("ACME",)})):
        one, other = index.admitted(wanted), more.admitted(wanted)
        assert by_meaning(index, asked, one, 10) == by_meaning(more, asked, other, 10)
        assert by_words(index, "oil bank losses", one, 10) == by_words(more, "oil bank losses", other, 10)


def test_ranking_by_meaning_is_the_brute_force_order() -> None:
    index, asked = _index(3_000, 5), _vectors(1, 6)[0]
    for wanted in (ALL, ALL.model_copy(update={"symbols": ("BETA",)})):
        admitted = index.admitted(wanted)
        near = np.round(index.vectors.astype(np.float64) @ asked.astype(np.float64), 6)
        expected = sorted(np.flatnonzero(admitted), key=lambda row: (-near[row], index.ids[row]))[:25]
        assert by_meaning(index, asked, admitted, 25) == tuple(expected)


def test_ranking_by_words_is_the_formula_of_bm25() -> None:
    index = _index(200, 9)
    told = [words(text) for text in _texts(200, 9)]
    mean = sum(map(len, told)) / len(told)

    def score(row: int) -> float:
        total = 0.0
        for word in ("bank", "oil"):
            df, tf = sum(word in one for one in told), told[row].count(word)
            norm = K1 * (1 - B + B * len(told[row]) / mean)
            total += log(1 + (200 - df + 0.5) / (df + 0.5)) * tf * (K1 + 1) / (tf + norm)
        return round(total, 6)

    scores = [score(row) for row in range(200)]
    order = sorted((row for row in range(200) if scores[row] > 0), key=lambda row: (-scores[row], index.ids[row]))
    assert by_words(index, "oil, the banks", index.admitted(ALL), 50) == tuple(order[:50])


def test_equal_scores_are_ordered_by_id_not_by_row() -> None:
    vector = np.repeat(_vectors(1, 1), 3, axis=0)
    index = empty_index()
    for mark in ("c", "a", "b"):
        index = index.followed_by(_passages(["oil falls"], vector[:1], mark=mark))
    admitted = index.admitted(ALL)
    assert [index.ids[row][0] for row in by_meaning(index, vector[0], admitted, 3)] == ["a", "b", "c"]
    assert [index.ids[row][0] for row in by_words(index, "oil", admitted, 3)] == ["a", "b", "c"]


def test_fusion_adds_the_reciprocals_of_ranks() -> None:
    index = _index(3, 1)
    assert fused(index, [(1.0, (0, 1)), (1.0, (1, 2))], 3) == (1, 0, 2)
    assert fused(index, [(1.0, (0,)), (0.1, (1, 2))], 2) == (0, 1)
    assert fused(index, [], 3) == ()


def test_an_index_read_from_disk_ranks_as_the_one_written(tmp_path: Path) -> None:
    index, asked = _index(80, 3), _vectors(1, 4)[0]
    save_index(index, tmp_path / "index.npz", "model")
    read = load_index(tmp_path / "index.npz", "model")
    assert read is not None
    admitted = index.admitted(ALL)
    assert by_meaning(read, asked, read.admitted(ALL), 9) == by_meaning(index, asked, admitted, 9)
    assert by_words(read, "cash and debt", read.admitted(ALL), 9) == by_words(index, "cash and debt", admitted, 9)
    assert read.followed_by(_passages(["oil"], _vectors(1, 8), mark="z")).ids[-1] == "z0000"


@pytest.mark.parametrize("bad", [b"", b"no archive", b"PK\x03\x04 broken off"])
def test_a_broken_copy_on_disk_is_no_copy(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "index.npz").write_bytes(bad)
    assert load_index(tmp_path / "index.npz", "model") is None


def test_a_copy_made_with_another_embedding_is_no_copy(tmp_path: Path) -> None:
    save_index(_index(3, 1), tmp_path / "index.npz", "model")
    assert load_index(tmp_path / "index.npz", "another") is None


def test_plurals_commas_and_possessives_do_not_part_words() -> None:
    assert words("Acme's Liabilities: $1,250.50 of the companies' sales") == [
        "acme",
        "liability",
        "1250.50",
        "company",
        "sale",
    ]


def test_a_term_is_spelled_out_in_the_words_of_statements() -> None:
    assert any("property, plant and equipment" in line for line in spelled_out("What was capex?"))
    assert spelled_out("who is the chief executive?") == ()


def test_a_longer_term_hides_the_shorter_one_inside_it() -> None:
    assert not set(spelled_out("the fixed asset turnover")) >= set(spelled_out("the asset turnover"))
