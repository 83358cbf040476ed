"""Every real filing that the project was given, and the dates that a filing must never be given."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from tools.documents.filing import Filing, read_filing
from tools.errors import DocumentError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "filings"
HTML = sorted(SHARED.glob("*_html/*.gz"))
ANNUAL = sorted(SHARED.glob("10k_html/*.gz"))
needs_data = pytest.mark.skipif(not HTML, reason="the real filings of ../shared/data are not here")


def _read(path: Path) -> Filing:
    (filing,) = read_filing(gzip.decompress(path.read_bytes()), path.name, "html")
    return filing


@needs_data
@pytest.mark.parametrize("path", ANNUAL, ids=lambda path: path.name.split(".")[0])
def test_an_annual_report_has_its_company_dates_and_items(path: Path) -> None:
    filing = _read(path)
    symbol, _, _, *day = path.name.removesuffix(".html.gz").split("-")
    assert filing.form == "10-K"
    assert filing.symbol == symbol.upper()
    assert filing.company
    assert filing.filed == date(*map(int, day))
    assert filing.period_end is not None and 0 < (filing.filed - filing.period_end).days < 100
    names = [section.name for section in filing.sections]
    assert len(names) == len(set(names))
    expected = ["1", "1A", "1B", "1C", "2", "3", "4", "5", "6", "7", "7A", "8", "9", "9A", "9B", "9C"]
    expected += ["10", "11", "12", "13", "14", "15", "16"]
    assert [name for name in names if name.startswith("Item")] == [f"Item {number}" for number in expected]
    if symbol != "wfc":  # Wells Fargo's report refers to an exhibit for most items
        assert len(filing.section("Item 1A").text) > 20_000
        assert len(filing.section("Item 7").text) > 10_000
    assert "risk factors" in filing.section("Item 1A").title.lower()


@needs_data
@pytest.mark.parametrize("path", HTML, ids=lambda path: path.name.split(".")[0])
def test_every_filing_becomes_passages_that_name_company_day_and_item(path: Path) -> None:
    filing = _read(path)
    documents = filing.documents(published=filing.filed or date(2025, 9, 1))
    assert documents
    assert all(document.kind == "filing" and document.symbol == filing.symbol for document in documents)
    assert all(filing.company and filing.company in document.title for document in documents)
    assert not any("<" in document.text and "</" in document.text for document in documents)
    assert sum(len(document.text) > 2600 for document in documents) == 0


@needs_data
@pytest.mark.parametrize(
    ("name", "form", "symbol", "period", "items"),
    [
        ("aapl-10-q-2025-08-01", "10-Q", "AAPL", date(2025, 6, 28), {"Part I Item 2", "Part II Item 1A"}),
        ("nvda-10-q-2025-08-27", "10-Q", "NVDA", date(2025, 7, 27), {"Part I Item 1", "Part II Item 1A"}),
        ("1800Flowers.8-K", "8-K", "FLWS", date(2023, 12, 14), {"Item 5.07"}),
        ("Oracle.8-K", "8-K", "ORCL", date(2024, 11, 14), {"Item 5.07"}),
        ("afcgamma.8K", "8-K", "AFCG", date(2023, 3, 17), {"Item 5.02", "Item 7.01", "Item 9.01"}),
        ("form8k.Nordstrom", "8-K", "JWN", date(2023, 3, 1), {"Item 5.02", "Item 9.01"}),
        ("BuckleInc.8-K.EX99.1", "EX-99.1", "BKE", date(2024, 11, 2), {""}),
    ],
)
def test_quarterly_and_current_reports(name: str, form: str, symbol: str, period: date, items: set[str]) -> None:
    filing = _read(next(path for path in HTML if path.name == f"{name}.html.gz"))
    assert (filing.form, filing.symbol, filing.period_end) == (form, symbol, period)
    assert items <= {section.name for section in filing.sections}


@needs_data
def test_a_date_of_event_or_signature_is_not_taken_for_the_filing_date() -> None:
    filing = _read(next(path for path in HTML if path.name.startswith("Oracle")))
    assert filing.filed is None
    with pytest.raises(DocumentError, match="does not state its filing date; it was signed on 2024-11-18"):
        filing.documents()


@needs_data
def test_tables_of_a_real_report_keep_labels_beside_their_figures() -> None:
    filing = _read(next(path for path in HTML if path.name.startswith("aapl-10-k")))
    rows = filing.section("Item 8").text.split("\n")
    assert any(row.startswith("Total net sales | 391,035 | 383,285 | 394,328") for row in rows)


PDFS = [
    (
        "AMAZON_2020_10K.pdf",
        "AMAZON.COM, INC.",
        date(2020, 12, 31),
        "Net cash provided by (used in) operating activities",
    ),
    ("MICROSOFT_2020_10K.pdf", "MICROSOFT CORPORATION", date(2020, 6, 30), "Net income | $"),
    ("ORACLE_2021_10K.pdf", "Oracle Corporation", date(2021, 5, 31), "Total revenues"),
]


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(("name", "company", "period", "row"), PDFS, ids=[name for name, *_ in PDFS])
def test_annual_reports_in_pdf_have_company_period_items_and_rows(
    name: str, company: str, period: date, row: str
) -> None:
    (filing,) = read_filing((SHARED / "10k_pdf" / name).read_bytes(), name, "pdf")
    assert (filing.form, filing.company, filing.period_end, filing.filed) == ("10-K", company, period, None)
    names = [section.name for section in filing.sections]
    assert {"Item 1", "Item 1A", "Item 7", "Item 7A", "Item 8"} <= set(names)
    assert len(filing.section("Item 1A").text) > 30_000
    tables = [b.text for s in filing.sections for b in s.blocks if b.kind == "table"]
    assert any(line.startswith(row) and line.count(" | ") >= 2 for table in tables for line in table.split("\n"))
    with pytest.raises(DocumentError, match="filing date"):
        filing.documents()


PAGE = b"<html><body><p>FORM 10-K</p><p>For the fiscal year ended March 31, 2020</p><p>Acme Corp</p>"
PAGE += b"<p>(Exact name of registrant as specified in its charter)</p><p>Item 1. Business</p><p>" + b"We sell. " * 30
PAGE += b"</p></body></html>"


def test_the_date_in_a_files_name_is_the_filing_date() -> None:
    (filing,) = read_filing(PAGE, "acme-10-k-2020-05-20.html", "html")
    assert (filing.form, filing.company, filing.symbol) == ("10-K", "Acme Corp", "ACME")
    assert filing.period_end == date(2020, 3, 31)
    assert {document.published for document in filing.documents()} == {date(2020, 5, 20)}


def test_eight_digits_in_a_name_are_the_period_and_not_the_filing_date() -> None:
    (filing,) = read_filing(PAGE, "acme-20200331.htm", "html")
    assert filing.filed is None


def test_a_filing_cannot_be_published_before_its_period_ends() -> None:
    (filing,) = read_filing(PAGE, "acme-10-k-2020-01-20.html", "html")
    with pytest.raises(DocumentError, match="cannot have been published on 2020-01-20"):
        filing.documents()


SUBMISSION = b"""<SEC-HEADER>
CONFORMED SUBMISSION TYPE: 8-K
CONFORMED PERIOD OF REPORT: 19990419
FILED AS OF DATE: 19990421
COMPANY CONFORMED NAME: ACME CORP
</SEC-HEADER>
<DOCUMENT>
<TYPE>8-K
<TEXT>
ITEM 5. OTHER EVENTS.

On April 19, 1999 Acme announced results for the quarter, which are attached.
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>EX-99.1
<TEXT>
Acme sales rose 12% to $4.2 million.
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>GRAPHIC
<TEXT>
begin 644 logo.gif
</TEXT>
</DOCUMENT>
"""


def test_an_old_submission_file_gives_report_and_press_release_with_the_stated_filing_date() -> None:
    report, release = read_filing(SUBMISSION, "0000123-99-000001.txt", "text")
    assert (report.form, release.form) == ("8-K", "EX-99.1")
    assert report.filed == release.filed == date(1999, 4, 21)
    assert report.period_end == date(1999, 4, 19)
    assert report.company == "ACME CORP"
    assert [section.name for section in report.sections] == ["Item 5"]
    assert "12% to $4.2 million" in release.documents(symbol="ACME")[0].text
