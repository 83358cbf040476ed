"""HTML as EDGAR has it, in the manner of 1999 and of today."""

import pytest

from tools.documents.html import read_html, text_of_html
from tools.errors import DocumentError

OLD = b"""<HTML><BODY><P><FONT SIZE=2>UNITED STATES</FONT></P><CENTER>FORM 10-K</CENTER>
<TABLE><TR><TD><B>ITEM&nbsp;1.</B></TD><TD>BUSINESS</TD></TR></TABLE>
<P>We sell <I>widgets</I>. Sales rose 4%.
<TABLE><TR><TD>Year</TD><TD>1998</TD><TD>1997</TD></TR>
<TR><TD>Net sales</TD><TD>$</TD><TD>1,204</TD><TD>$</TD><TD>1,157</TD></TR>
<TR><TD>Net loss</TD><TD>(</TD><TD>12</TD><TD>)</TD><TD>(9</TD><TD>)</TD></TR></TABLE></BODY></HTML>"""

NEW = b"""<?xml version='1.0' encoding='UTF-8'?><html xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"><body>
<div style="display:none">
<ix:header><ix:hidden><ix:nonNumeric name="dei:AmendmentFlag">false</ix:nonNumeric></ix:hidden>
</ix:header></div><div><span>Form <ix:nonNumeric name="dei:DocumentType">10-Q</ix:nonNumeric></span></div>
<div><div><span>Revenue was $</span><ix:nonFraction name="us-gaap:Revenues">4.2</ix:nonFraction><span> billion.</span>
</div></div><div>17</div><div>Table of Contents</div></body></html>"""


def test_old_pages_give_paragraphs_and_rows_with_signs_and_brackets_on_their_numbers() -> None:
    blocks = read_html(OLD).blocks
    assert [block.text for block in blocks if block.kind == "text"] == [
        "UNITED STATES",
        "FORM 10-K",
        "ITEM 1. BUSINESS",
        "We sell widgets. Sales rose 4%.",
    ]
    assert [block.text for block in blocks if block.kind == "table"] == [
        "Year | 1998 | 1997\nNet sales | $1,204 | $1,157\nNet loss | (12) | (9)"
    ]


def test_inline_xbrl_text_is_read_in_place_and_hidden_facts_are_facts_not_text() -> None:
    page = read_html(NEW)
    assert [block.text for block in page.blocks] == ["Form 10-Q", "Revenue was $4.2 billion."]
    assert page.facts == {"DocumentType": "10-Q", "AmendmentFlag": "false"}


def test_deep_nesting_is_read() -> None:
    deep = b"<html><body>" + b"<div>" * 1500 + b"deep text" + b"</div>" * 1500 + b"</body></html>"
    assert "deep text" in read_html(deep).blocks[0].text


def test_scripts_are_not_text() -> None:
    assert text_of_html("<p>Up 4%</p><script>alert(1)</script><style>p{}</style>") == "Up 4%"


def test_windows_1252_bytes_without_a_declaration_are_read() -> None:
    assert read_html("<html><body><p>Nestlé’s “plan”</p></body></html>".encode("windows-1252")).blocks[0].text == (
        "Nestlé’s “plan”"
    )


@pytest.mark.parametrize("data", [b"<html><body></body></html>", b"<html><script>x</script></html>"])
def test_a_page_without_text_is_an_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_html(data)
