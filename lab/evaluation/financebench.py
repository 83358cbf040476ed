"""FinanceBench (Islam et al. 2023) as passages and questions: real questions of analysts on real filings' pages."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from portfolio.records import Record
from tools.documents.chunks import passages
from tools.documents.items import Section
from tools.documents.pages import heading, read_page
from tools.documents.records import Document
from tools.errors import DocumentError

_NAME = re.compile(r"(.+)_(\d{4})(?:(Q\d))?_(10K|10Q|8K|EARNINGS)(?:_dated-(\d{4}-\d\d-\d\d))?")
_FORMS = {"10K": "10-K", "10Q": "10-Q", "8K": "8-K", "EARNINGS": "EX-99.1"}
"""An earnings release is filed as exhibit 99.1 of an 8-K."""


class Page(Record):
    """One page of a filing, counted from 0."""

    doc_name: str
    page: int


class Question(Record):
    """A question with its gold answer. `company` is given beside the question, as an analyst knows of whom they ask."""

    id: str
    company: str
    question: str
    answer: str
    reasoning: str
    """FinanceBench's label of how the answer follows: "Information extraction", "Numerical reasoning", ...; or ""."""
    doc_name: str
    pages: tuple[Page, ...]
    """Where the evidence stands; any of them answers."""
    evidence: tuple[str, ...]


class FilingName(Record):
    """What a FinanceBench document's name tells: "BESTBUY_2024Q2_10Q"."""

    company: str
    year: int
    quarter: str
    form: str
    dated: str


def company_key(name: str) -> str:
    """The letters alone: "Johnson & Johnson" and JOHNSON_JOHNSON are one company."""
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def filing_name(doc_name: str) -> FilingName:
    """Raises DocumentError when the name is not of FinanceBench's kind."""
    found = _NAME.fullmatch(doc_name)
    if found is None:
        raise DocumentError(f"{doc_name} is not the name of a FinanceBench document")
    return FilingName(
        company=company_key(found[1]),
        year=int(found[2]),
        quarter=found[3] or "",
        form=_FORMS[found[4]],
        dated=found[5] or "",
    )


def read_questions(folder: Path) -> tuple[Question, ...]:
    """The questions of `folder`/financebench.jsonl.gz in the file's order. Raises DocumentError."""
    return tuple(
        Question(
            id=str(row["financebench_id"]),
            company=str(row["company"]),
            question=str(row["question"]),
            answer=str(row["answer"]),
            reasoning=str(row.get("question_reasoning") or ""),
            doc_name=str(row["doc_name"]),
            pages=tuple(
                Page(doc_name=item["doc_name"], page=int(item["evidence_page_num"])) for item in row["evidence"]
            ),
            evidence=tuple(str(item["evidence_text"]) for item in row["evidence"]),
        )
        for row in _rows(folder / "financebench.jsonl.gz")
    )


def read_passages(folder: Path) -> tuple[Document, ...]:
    """Every page of `folder`/financebench_pages.jsonl.gz as passages; `section` is "page 38", `source` the document.

    The name tells a fiscal year, not a filing date, so `published` is the last day of that year: a search from its
    first to its last day is a search in the filings on it. Never use these dates in a backtest.
    """
    out = []
    for row in _rows(folder / "financebench_pages.jsonl.gz"):
        name = filing_name(row["doc_name"])
        section = f"page {row['page']}"
        title = " ".join(part for part in (name.company.title(), name.form, str(name.year), name.quarter) if part)
        if top := heading(row["text"]):
            title = f"{title}, {top}"
        for text in passages(Section(section, "", read_page(row["text"]))):
            out.append(
                Document(
                    source=row["doc_name"],
                    published=date(name.year, 12, 31),
                    symbol=name.company,
                    kind="filing",
                    title=title,
                    section=section,
                    form=name.form,
                    text=text,
                )
            )
    return tuple(out)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except (OSError, EOFError, ValueError) as error:
        raise DocumentError(
            f"{path.name} cannot be read: {error}", "place FinanceBench's files in the folder"
        ) from error
