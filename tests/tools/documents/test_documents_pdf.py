"""PDF files that are whole, broken, locked or made of pictures."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from tools.documents.pdf import read_pdf
from tools.errors import DocumentError


def written_pdf(*lines: str) -> bytes:
    """The smallest PDF that holds these lines as text."""
    shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
    stream = f"BT /F1 10 Tf 40 750 Td {shown} ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )


def test_lines_become_paragraphs_and_figures_become_rows() -> None:
    blocks = read_pdf(
        written_pdf(
            "Revenue rose because customers ordered more of everything",
            "that we make.",
            "Net sales             1,204       1,157",
            "Net income              120         101",
        )
    )
    assert [block.text for block in blocks] == [
        "Revenue rose because customers ordered more of everything that we make.",
        "Net sales | 1,204 | 1,157\nNet income | 120 | 101",
    ]
    assert [block.kind for block in blocks] == ["text", "table"]


@pytest.mark.parametrize(
    "data", [b"", b"not a pdf at all", b"%PDF-1.7\n%%EOF", written_pdf("A whole line of it.")[:250]]
)
def test_a_broken_pdf_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_pdf(data)


def test_a_pdf_of_pictures_says_so() -> None:
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(612, 792)
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(DocumentError, match="pictures, not text"):
        read_pdf(out.getvalue())


def test_a_locked_pdf_says_so(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(written_pdf("Secret figures stand here for nobody."))))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(DocumentError, match="locked"):
        read_pdf(out.getvalue())
