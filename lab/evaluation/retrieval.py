"""Retrieval on FinanceBench: is a page with the evidence among the best, by meaning, by words, and by both?

What is known: the company, which FinanceBench gives beside each question, and the fiscal years that the question's own
words name. The filter of a search is that company and the latest of those years; of a question that names no year, all
years; of a question on what was expected or forecast for a year, the year before it too. No name of a document, page or
form is used. Pages are ranked by their best passage.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from lab.evaluation.classification import wilson
from lab.evaluation.financebench import (
    Page,
    Question,
    company_key,
    read_passages,
    read_questions,
)
from lab.evaluation.records import Estimate
from portfolio.figures import figures_in, unsupported
from portfolio.records import Record
from tools.documents.records import Document
from tools.embedding import Embedder, Vectors
from tools.retrieval.passage_index import Filter, PassageIndex, Passages, day_number, empty_index
from tools.retrieval.search import Mode, search_index
from tools.retrieval.vector_cache import embed_cached

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
PLACES = 10
PASSAGES = 400
"""Passages asked for, enough for ten pages however many passages of one page come first."""
FOLDER = "filings"
_YEAR = re.compile(r"(?:FY|fiscal year|\b)\s?((?:19|20)\d\d)(?!\d)", re.I)
_AHEAD = re.compile(r"\b(?:forecast\w*|expect\w*|project(?:ed|s|ing)|guidance|outlook)\b", re.I)

Split = Literal["tuned", "reported", "all"]
"""Of questions in even places (0, 2, ...) of the file the misses were read while tuning; the others are "reported".
The table of terms was written with all questions known, so no split here is clean evidence on unseen questions."""


class HitShares(Record):
    """How often a page with the evidence was among the best 1, 5 and 10; Wilson intervals."""

    mode: Mode
    spelled: bool
    """Whether financial terms were spelled out, as the product does in hybrid mode."""
    split: Split
    questions: int
    hit_1: Estimate
    hit_5: Estimate
    hit_10: Estimate


class LeftOut(Record):
    """Questions that could not be asked, and why."""

    question_ids: tuple[str, ...]
    reason: str


class Miss(Record):
    """A question whose evidence was not among the five best pages of the product's own search."""

    question_id: str
    question: str
    gold: tuple[Page, ...]
    found: tuple[Page, ...]
    rank: int | None
    """Of the first page with evidence among the best ten; None below."""
    reason: str


class CitationCheck(Record):
    """Gold answers held against the gold evidence by the check that findings pass (`portfolio.figures`)."""

    answers: int
    """With at least one figure."""
    supported: Estimate
    """All of whose figures stand in the evidence or in the question."""
    extracted: Estimate
    """The same for answers that quote: FinanceBench labels them information extraction. The rest is computed."""


class RetrievalReport(Record):
    """What was measured, on what, and what was given to the search."""

    given: str
    passages: int
    pages: int
    filings: int
    questions: int
    left_out: tuple[LeftOut, ...]
    shares: tuple[HitShares, ...]
    misses: tuple[Miss, ...]
    citations: CitationCheck


GIVEN = (
    "company (a field of the question's record) and the latest fiscal year in the question's words (and the year "
    "before it where the question is on a forecast; every year where it names none); no document, page or form"
)


def evaluate_retrieval(
    data: Path, cache: Path, progress: Callable[[int, int], None] | None = None, embedder: Embedder | None = None
) -> RetrievalReport:
    """Search all pages of `data`/filings for the evidence of every question whose filing is there.

    `cache` keeps the vectors of the pages by the hash of their text; the first run embeds some 22,000 passages, about
    twenty minutes of one free core, and `progress` is told passages done and of how many. The figures depend on `data`.
    Raises DocumentError where the data cannot be read, StoreError where the cache cannot be used.
    """
    folder = data / FOLDER
    questions, passages = read_questions(folder), read_passages(folder)
    embedder = embedder or Embedder()
    vectors = embed_cached([_embedded(item) for item in passages], cache / "vectors", embedder, progress)
    index = empty_index().followed_by(_indexed(passages, vectors))
    there = {item.source for item in passages}
    asked = [(place, question) for place, question in enumerate(questions) if question.doc_name in there]
    absent = tuple(question.id for question in questions if question.doc_name not in there)
    known: dict[str, Vectors] = {}

    def ask(text: str) -> Vectors:
        if text not in known:
            known[text] = embedder.embed([text])[0]
        return known[text]

    shares: list[HitShares] = []
    misses: list[Miss] = []
    for mode in MODES:
        for spelled in (False, True):
            found = {place: _pages(index, passages, question, ask, mode, spelled) for place, question in asked}
            ranks = {place: _rank(found[place], question) for place, question in asked}
            shares += [_shares(mode, spelled, split, ranks) for split in ("tuned", "reported", "all")]
            if mode == "hybrid" and spelled:
                misses = [
                    _miss(question, found[place], ranks[place], passages)
                    for place, question in asked
                    if (ranks[place] or PLACES) > 5
                ]
    return RetrievalReport(
        given=GIVEN,
        passages=len(passages),
        pages=len({(item.source, item.section) for item in passages}),
        filings=len(there),
        questions=len(questions),
        left_out=(LeftOut(question_ids=absent, reason="the filing's pages could not be had"),) if absent else (),
        shares=tuple(shares),
        misses=tuple(misses),
        citations=check_citations(questions),
    )


def search_filter(question: Question) -> Filter:
    """The company, and the years that the question's words name: see the head of this module."""
    years = [int(year) for year in _YEAR.findall(question.question)]
    last = max(years, default=None)
    ahead = 1 if _AHEAD.search(question.question) else 0
    return Filter(
        as_of=date(last, 12, 31) if last else date.max,
        since=date(last - ahead, 1, 1) if last else None,
        symbols=(company_key(question.company),),
    )


def check_citations(questions: Sequence[Question]) -> CitationCheck:
    """How many gold answers have all their figures in the gold evidence. Raises ValueError where none has a figure."""
    told = [question for question in questions if figures_in(question.answer)]
    held = [not unsupported(question.answer, [*question.evidence, question.question]) for question in told]
    quoted = [fits for fits, question in zip(held, told, strict=True) if question.reasoning == "Information extraction"]
    return CitationCheck(
        answers=len(told), supported=wilson(sum(held), len(held)), extracted=wilson(sum(quoted), len(quoted))
    )


def _embedded(item: Document) -> str:
    return f"{item.title}\n{item.text}"


def _indexed(passages: Sequence[Document], vectors: Vectors) -> Passages:
    return Passages(
        ids=[item.id for item in passages],
        texts=[_embedded(item) for item in passages],
        vectors=vectors,
        days=[day_number(item.published) for item in passages],
        symbols=[item.symbol or "" for item in passages],
        kinds=[item.kind for item in passages],
        sections=[item.section for item in passages],
        forms=[item.form for item in passages],
    )


def _pages(
    index: PassageIndex,
    passages: Sequence[Document],
    question: Question,
    ask: Callable[[str], Vectors],
    mode: Mode,
    spelled: bool,
) -> tuple[Page, ...]:
    rows = search_index(
        index, question.question, search_filter(question), ask=ask, k=PASSAGES, mode=mode, spell=spelled
    )
    pages = (Page(doc_name=passages[row].source, page=int(passages[row].section.split()[-1])) for row in rows)
    return tuple(dict.fromkeys(pages))[:PLACES]


def _rank(found: Sequence[Page], question: Question) -> int | None:
    return next((rank for rank, page in enumerate(found, start=1) if page in question.pages), None)


def _shares(mode: Mode, spelled: bool, split: Split, ranks: dict[int, int | None]) -> HitShares:
    wanted = {"tuned": (0,), "reported": (1,), "all": (0, 1)}[split]
    chosen = [rank for place, rank in sorted(ranks.items()) if place % 2 in wanted]

    def within(places: int) -> Estimate:
        return wilson(sum(rank is not None and rank <= places for rank in chosen), len(chosen))

    return HitShares(
        mode=mode,
        spelled=spelled,
        split=split,
        questions=len(chosen),
        hit_1=within(1),
        hit_5=within(5),
        hit_10=within(PLACES),
    )


def _miss(question: Question, found: Sequence[Page], rank: int | None, passages: Sequence[Document]) -> Miss:
    wanted = search_filter(question)
    seen = any(
        (wanted.since is None or item.published >= wanted.since) and item.published <= wanted.as_of
        for item in passages
        if item.source == question.doc_name
    )
    if not seen:
        reason = "the question names another year than the filing's"
    elif rank is not None:
        reason = f"page {rank} of the ten found"
    else:
        reason = "not among the ten found"
    return Miss(
        question_id=question.id,
        question=question.question,
        gold=question.pages,
        found=tuple(found[:5]),
        rank=rank,
        reason=reason,
    )
