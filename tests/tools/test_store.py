"""The document store: point in time, idempotent, exact, the same in every process, and clear when it is broken."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.documents.records import Document
from tools.embedding import WIDTH, Embedder, Vectors
from tools.errors import StoreError
from tools.retrieval.passage_index import day_number
from tools.retrieval.search import Mode
from tools.store import DocumentStore

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2020, 6, 15)


class CountingEmbedder(Embedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def _news(text: str, day: date = DAY, symbol: str | None = "ACME") -> Document:
    return Document(source="wire", published=day, symbol=symbol, kind="news", text=text)


STORIES = [
    _news("Acme beats estimates as widget sales jump.", DAY),
    _news("Acme recalls a faulty widget.", DAY + timedelta(days=1)),
    _news("Beta wins a contract from the navy.", DAY + timedelta(days=2), "BETA"),
    _news("Widget sales collapse at Acme.", DAY + timedelta(days=30)),
    _news("Acme is sued over widgets.", DAY + timedelta(days=31)),
]


def test_nothing_after_the_date_comes_out(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    store.add(STORIES)
    for as_of in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1), DAY + timedelta(days=40)):
        expected = sum(item.published <= as_of for item in STORIES)
        assert len(store.search("widget sales", as_of=as_of, k=99)) == expected
        assert len(store.get(as_of=as_of)) == expected


def test_later_documents_change_nothing_for_an_earlier_date(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    store.add(STORIES[:3])
    as_of = DAY + timedelta(days=2)
    ids = sorted(item.id for item in STORIES[:3])
    before = store.search("widget", as_of=as_of, k=2), store.get(as_of=as_of), store.vectors(ids).tobytes()
    later = [_news(f"Widget story number {i} of the year after.", DAY + timedelta(days=3 + i)) for i in range(120)]
    store.add([*STORIES[3:], *later])
    assert (store.search("widget", as_of=as_of, k=2), store.get(as_of=as_of), store.vectors(ids).tobytes()) == before


def test_documents_added_in_one_go_with_later_ones_have_the_same_vectors(tmp_path: Path, embedder: Embedder) -> None:
    early, late = STORIES[:2], [_news("A much longer story. " * 40, DAY + timedelta(days=i)) for i in range(9)]
    alone, mixed = DocumentStore(tmp_path / "a", embedder), DocumentStore(tmp_path / "b", embedder)
    alone.add(early)
    mixed.add([*late, *early])
    ids = [item.id for item in early]
    assert alone.vectors(ids).tobytes() == mixed.vectors(ids).tobytes()


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_later_documents_change_no_mode_of_search(tmp_path: Path, embedder: Embedder, mode: Mode) -> None:
    store = DocumentStore(tmp_path, embedder)
    store.add(STORIES)
    as_of = DAY + timedelta(days=40)
    before = store.search("widget sales at Acme", as_of=as_of, k=4, mode=mode)
    # Words of the question made common, and passages nearer to it than any: document frequencies and ranks would move.
    store.add([_news(f"Widget sales at Acme rise {i} times.", as_of + timedelta(days=1 + i)) for i in range(200)])
    assert store.search("widget sales at Acme", as_of=as_of, k=4, mode=mode) == before
    assert DocumentStore(tmp_path, embedder).search("widget sales at Acme", as_of=as_of, k=4, mode=mode) == before


def test_what_another_opening_of_the_store_adds_is_found(tmp_path: Path, embedder: Embedder) -> None:
    store, other = DocumentStore(tmp_path, embedder), DocumentStore(tmp_path, embedder)
    store.add(STORIES[:1])
    assert len(store.search("widget", as_of=DAY + timedelta(days=9))) == 1
    other.add(STORIES[:2])
    assert len(store.search("widget", as_of=DAY + timedelta(days=9))) == 2


def test_an_exact_word_is_found_by_words_where_meaning_is_vague(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    store.add([*STORIES, _news("Model QX9100 ships in May.")])
    assert store.search("QX9100", as_of=DAY, mode="lexical")[0].text == "Model QX9100 ships in May."
    assert store.search("nothing of this", as_of=DAY, mode="lexical") == ()


def test_a_passage_that_is_there_is_not_embedded_again(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    store = DocumentStore(tmp_path, embedder)
    assert store.add(STORIES[:2]) == 2
    embedder.asked.clear()
    assert store.add(STORIES[:3]) == 1
    assert embedder.asked == [STORIES[2].text]
    assert DocumentStore(tmp_path, embedder).add(STORIES[:3]) == 0
    assert store.count() == 3


def test_equal_passages_of_two_sources_are_one(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    assert store.add([STORIES[0], STORIES[0].model_copy(update={"source": "another wire"})]) == 1


def test_symbols_kinds_sections_and_first_dates_narrow_a_search(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    filing = Document(
        source="f",
        published=DAY,
        symbol="ACME",
        kind="filing",
        section="Item 7",
        form="10-K",
        text="Widgets sold well.",
    )
    store.add([*STORIES, filing, _news("Markets fall.", DAY, None)])
    far = DAY + timedelta(days=99)
    assert {item.symbol for item in store.search("x", as_of=far, symbols=["BETA"])} == {"BETA"}
    assert {item.kind for item in store.search("x", as_of=far, kinds=["filing"])} == {"filing"}
    assert [item.id for item in store.search("x", as_of=far, sections=["Item 7"])] == [filing.id]
    assert [item.id for item in store.search("x", as_of=far, forms=["10-K"])] == [filing.id]
    assert filing.id not in {item.id for item in store.search("x", as_of=far, forms=["", "8-K"], k=99)}
    assert [item.text for item in store.get(as_of=far, symbols=[""])] == ["Markets fall."]
    assert {item.published for item in store.get(as_of=far, since=DAY + timedelta(days=31))} == {STORIES[4].published}
    assert store.search("x", as_of=far, k=0) == ()


def test_the_nearest_in_meaning_comes_first_and_ties_go_by_id(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    twins = [_news("Oil falls on glut fears.", DAY + timedelta(days=i)) for i in range(6)]
    store.add([*STORIES, *twins])
    assert store.search("a defective product is taken back", as_of=DAY + timedelta(days=9))[0].text == (
        "Acme recalls a faulty widget."
    )
    found = store.search("oil glut", as_of=DAY + timedelta(days=9), k=4)
    assert [item.id for item in found] == sorted(item.id for item in twins)[:4]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.dates(), st.dates())
def test_day_numbers_compare_as_days_do(one: date, other: date) -> None:
    assert (day_number(one) < day_number(other)) == (one < other)


def test_a_text_has_the_same_vector_in_any_company(embedder: Embedder) -> None:
    texts = [f"Story {i} on widgets{' and gadgets' * (i % 30)}." for i in range(40)]
    together = embedder.embed(texts)
    assert embedder.embed(texts[7:8]).tobytes() == together[7:8].tobytes()
    assert embedder.embed(texts[::-3]).tobytes() == together[::-3].tobytes()
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-6)
    assert embedder.embed([]).shape == (0, WIDTH)


def test_the_small_forward_pass_is_that_of_sentence_transformers(embedder: Embedder) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    model = sentence_transformers.SentenceTransformer(str(embedder._folder), device="cpu")
    texts = ["", "a", "Net sales rose 7 %.", "Ünïcödé — “quotes” 中文", "long " * 900, *(item.text for item in STORIES)]
    np.testing.assert_allclose(embedder.embed(texts), model.encode(texts, convert_to_numpy=True), atol=1e-5)


def test_weights_that_are_not_the_pinned_ones_are_refused(tmp_path: Path, embedder: Embedder) -> None:
    data = bytearray((embedder._folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(data)
    (tmp_path / "tokenizer.json").write_bytes((embedder._folder / "tokenizer.json").read_bytes())
    tampered = Embedder()
    tampered.__dict__["_folder"] = tmp_path
    with pytest.raises(StoreError, match="not those of version"):
        tampered.embed(["x"])


def test_a_store_made_with_another_embedding_is_refused(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    DocumentStore(tmp_path, embedder).add(STORIES[:1])
    monkeypatch.setattr("tools.store.EMBEDDING", "another model")
    with pytest.raises(StoreError, match="was made with the embedding"):
        DocumentStore(tmp_path, embedder).search("x", as_of=DAY)


def test_a_corrupt_store_is_a_store_error_with_a_remedy(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"this is no database, " * 400)
    with pytest.raises(StoreError) as error:
        DocumentStore(tmp_path, embedder).search("x", as_of=DAY)
    assert "quorum ingest" in error.value.remedy


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        DocumentStore(tmp_path / "file" / "store", embedder).add(STORIES)


def test_a_lock_that_is_held_is_a_store_error_not_a_wait_for_ever(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("tools.store.LOCK_SECONDS", 0.2)
    with FileLock(tmp_path / "write.lock"), pytest.raises(StoreError, match="another process"):
        DocumentStore(tmp_path, embedder).add(STORIES)


def test_threads_may_open_read_and_write_one_store_at_once(tmp_path: Path, embedder: Embedder) -> None:
    store = DocumentStore(tmp_path, embedder)
    faults: list[BaseException] = []

    def work(item: Document) -> None:
        try:
            store.add([item])
            store.search("widget", as_of=DAY)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            faults.append(error)

    threads = [threading.Thread(target=work, args=(item,)) for item in STORIES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert store.count() == len(STORIES)


SCRIPT = """
import json, sys
from datetime import date
from pathlib import Path
from tools.documents.records import Document
from tools.store import DocumentStore
store = DocumentStore(Path(sys.argv[1]))
for i in range(int(sys.argv[2]), int(sys.argv[3])):
    store.add([Document(source="wire", published=date(2020, 1, 1 + i), symbol="ACME", kind="news", text=f"Story {i}")])
found = store.search("story", as_of=date(2020, 2, 1), k=99)
print(json.dumps([[item.id, store.vectors([item.id]).tobytes().hex()[:64]] for item in found]))
"""


def _start(folder: Path, start: int, stop: int, seed: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(start), str(stop)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_writing_at_once_lose_nothing(tmp_path: Path, embedder: Embedder) -> None:
    workers = [_start(tmp_path, 0, 12, "1"), _start(tmp_path, 6, 18, "2")]
    for worker in workers:
        _, told = worker.communicate(timeout=120)
        assert worker.returncode == 0, told
    assert len(DocumentStore(tmp_path, embedder).get(as_of=date(2021, 1, 1))) == 18


def test_two_processes_find_the_same_bytes(tmp_path: Path) -> None:
    workers = [_start(tmp_path / seed, 0, 8, seed) for seed in ("0", "4242")]
    one, other = (json.loads(worker.communicate(timeout=120)[0]) for worker in workers)
    assert one == other
    assert len(one) == 8
