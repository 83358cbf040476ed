"""Headings, mentions, tables of contents, running heads; and passages that respect items and rows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.documents.blocks import Block
from tools.documents.chunks import TARGET, passages
from tools.documents.items import Section, sections


def _text(*lines: str) -> list[Block]:
    return [Block("text", line) for line in lines]


def _names(blocks: list[Block], form: str = "10-K") -> list[str]:
    return [section.name for section in sections(blocks, form)]


BODY = "Words of the business that go on for a good while and end here. " * 12


def test_a_table_of_contents_is_not_the_report() -> None:
    contents = _text("Item 1. Business 3", "Item 1A. Risk Factors 9", "Item 2. Properties 12", "Item 3. Legal 13")
    report = _text("Item 1. Business", BODY, "Item 1A. Risk Factors", BODY, "Item 2. Properties", BODY)
    found = sections([*contents, *report], "10-K")
    assert [section.name for section in found] == ["", "Item 1", "Item 1A", "Item 2"]
    assert all(section.text == BODY for section in found[1:])


def test_a_mention_of_an_item_is_no_heading() -> None:
    blocks = _text(
        "Item 7. Management’s Discussion", BODY, "Item 8 of this report has the statements.", "Item 8.", BODY
    )
    assert _names(blocks) == ["Item 7", "Item 8"]


def test_a_line_that_begins_with_a_mention_does_not_make_the_items_before_it_contents() -> None:
    mention = "Item 1 Business in this Annual Report, and the results in this Item 7"
    blocks = _text("Item 1. Business", BODY, "Item 1A. Risk Factors", BODY, "Item 7. MD&A", mention, BODY)
    assert _names(blocks) == ["Item 1", "Item 1A", "Item 7"]


def test_a_running_head_does_not_cut_an_item() -> None:
    blocks = _text(
        "ITEM 7. MANAGEMENT’S DISCUSSION", "first page", "PART II", "Item 7", "second page", "Item 9, 9A", "end"
    )
    (only,) = sections(blocks, "10-K")
    assert only.name == "Item 7"
    assert "first page" in only.text and "second page" in only.text and "end" in only.text


def test_parts_tell_apart_the_items_of_a_quarterly_report() -> None:
    blocks = _text(
        "PART I", "Item 1. Financial Statements", BODY, "Item 2. MD&A", BODY, "PART II", "Item 1. Legal", BODY
    )
    assert _names(blocks, "10-Q") == ["", "Part I Item 1", "Part I Item 2", "Part II Item 1"]


def test_the_items_of_an_8k_have_two_numbers() -> None:
    assert _names(_text("Item 2.02 Results of Operations", BODY, "Item 9.01. Exhibits", BODY), "8-K") == [
        "Item 2.02",
        "Item 9.01",
    ]


def test_a_document_without_items_is_one_section_without_a_name() -> None:
    assert _names(_text("Sales rose.", "Margins fell.")) == [""]


_line = st.text(alphabet="abcdefgh 0123456789.", min_size=1, max_size=300).map(
    lambda text: " ".join(text.split()) or "x"
)
_table = st.lists(_line, min_size=2, max_size=30).map(lambda rows: Block("table", "\n".join(rows)))
_paragraph = st.lists(_line, min_size=1, max_size=12).map(lambda lines: Block("text", ". ".join(lines)))


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(_table | _paragraph, min_size=1, max_size=8))
def test_passages_lose_no_word_and_cut_no_row(blocks: list[Block]) -> None:
    out = list(passages(Section("Item 7", "", tuple(blocks))))
    said = " ".join(out).split()
    for block in blocks:
        for word in set(block.text.split()):
            assert word in said
        if block.kind == "table":
            for row in block.text.split("\n"):
                assert any(row in passage.split("\n") for passage in out)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(_table | _paragraph, min_size=1, max_size=8))
def test_a_passage_is_short_unless_one_piece_of_it_is_long(blocks: list[Block]) -> None:
    longest = max(len(piece) for block in blocks for piece in block.text.split("\n"))
    for passage in passages(Section("Item 7", "", tuple(blocks))):
        assert len(passage) <= 2 * TARGET + longest


def test_a_tables_column_heads_stand_over_every_part_of_it() -> None:
    rows = ["Segment | 2024 | 2023", *(f"Region number {i} | {i * 1000} | {i * 900}" for i in range(80))]
    out = list(passages(Section("Item 8", "", (Block("text", "Sales by region:"), Block("table", "\n".join(rows))))))
    assert len(out) > 2
    assert all(passage.startswith("Sales by region:\nSegment | 2024 | 2023\n") for passage in out)
