"""Retrieval is measured as it is used: the question's own years filter it, and what cannot be asked is said."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from lab.evaluation.financebench import Question, filing_name, read_passages, read_questions
from lab.evaluation.retrieval import check_citations, evaluate_retrieval, search_filter
from tools.errors import DocumentError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PAGES = [
    ("ACME_2020_10K", 0, "Annual report of Acme.\nWe make widgets for farmers."),
    ("ACME_2020_10K", 1, "Consolidated Statements of Cash Flows\nNet income $ 5 $ 4\nPurchases of property (7) (6)"),
    ("ACME_2021_10K", 0, "Consolidated Statements of Cash Flows\nNet income $ 9 $ 5\nPurchases of property (8) (7)"),
]


def _row(number: int, question: str, doc: str, page: int, answer: str = "7") -> dict[str, object]:
    evidence = [{"doc_name": doc, "evidence_page_num": page, "evidence_text": "Purchases of property (7) (6)"}]
    told = {"financebench_id": f"q{number}", "company": "Acme", "question": question, "answer": answer}
    return {**told, "doc_name": doc, "question_reasoning": "Information extraction", "evidence": evidence}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "filings"
    folder.mkdir(parents=True)
    asked = [
        _row(0, "What was Acme's capex in FY2020?", "ACME_2020_10K", 1),
        _row(1, "What does Acme make?", "ACME_2020_10K", 0, "widgets"),
        _row(2, "What was Acme's capex in FY1999?", "ACME_2020_10K", 1),
        _row(3, "What was Beta's capex?", "BETA_2020_10K", 1),
    ]
    with gzip.open(folder / "financebench.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in asked))
    with gzip.open(folder / "financebench_pages.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps({"doc_name": d, "page": p, "text": t}) + "\n" for d, p, t in PAGES))
    return folder.parent


def test_a_page_with_the_evidence_is_found_and_what_is_absent_is_left_out(data: Path, tmp_path: Path) -> None:
    report = evaluate_retrieval(data, tmp_path / "cache")
    assert (report.pages, report.filings, report.questions) == (3, 2, 4)
    assert [item.question_ids for item in report.left_out] == [("q3",)]
    whole = {(row.mode, row.spelled): row for row in report.shares if row.split == "all"}
    assert len(whole) == 6
    assert whole["hybrid", True].questions == 3
    assert whole["hybrid", True].hit_5.value == pytest.approx(2 / 3)
    assert [(miss.question_id, miss.reason) for miss in report.misses] == [
        ("q2", "the question names another year than the filing's")
    ]


def test_a_second_run_embeds_no_page_again_and_reports_the_same(data: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = evaluate_retrieval(data, tmp_path / "cache", lambda done, total: told.append((done, total)))
    assert told
    told.clear()
    assert evaluate_retrieval(data, tmp_path / "cache", lambda done, total: told.append((done, total))) == first
    assert told == []


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("growth from FY2019 to FY2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("as of May 26, 2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("what is forecast for FY2023?", date(2022, 1, 1), date(2023, 12, 31)),
        ("is it cyclical?", None, date.max),
    ],
)
def test_the_years_in_the_words_of_a_question_are_its_filter(text: str, since: date | None, until: date) -> None:
    question = Question(
        id="q", company="J & J", question=text, answer="", reasoning="", doc_name="J_2000_10K", pages=(), evidence=()
    )
    wanted = search_filter(question)
    assert (wanted.since, wanted.as_of, wanted.symbols, wanted.sections, wanted.forms) == (
        since,
        until,
        ("JJ",),
        None,
        None,
    )


def test_a_name_that_is_not_financebenchs_is_an_error() -> None:
    with pytest.raises(DocumentError, match="not the name"):
        filing_name("ANNUAL REPORT")


def test_data_that_are_not_there_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        evaluate_retrieval(tmp_path, tmp_path / "cache")


@pytest.mark.skipif(not (SHARED / "filings").is_dir(), reason="the shared data are not beside this repository")
def test_gold_answers_that_quote_mostly_pass_the_citation_check() -> None:
    found = check_citations(read_questions(SHARED / "filings"))
    assert found.extracted.value > 0.75
    assert found.extracted.value > found.supported.value


def test_passages_carry_their_page_form_and_year(data: Path) -> None:
    found = read_passages(data / "filings")
    assert {(item.source, item.section, item.form) for item in found} >= {("ACME_2020_10K", "page 1", "10-K")}
    assert {item.published for item in found} == {date(2020, 12, 31), date(2021, 12, 31)}
