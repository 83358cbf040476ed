"""A company's report to the regulator: EDGAR HTML old and new, PDF, plain text, or a whole submission file.

Contract
--------
- Form, company, symbol and period are read where the report states them, first from its inline XBRL, then from the
  SGML header, then from the cover page; what is not stated is None.
- The filing date is what makes a report usable, so it is never guessed: it is stated in the SGML header or on an
  EDGAR page, or it stands in the file's name, or the caller gives it. The date of signature, of the event or of the
  period is not the filing date.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.documents.blocks import Block, squeeze
from tools.documents.chunks import passages
from tools.documents.dates import any_date, compact_date, long_date, name_date
from tools.documents.html import read_html
from tools.documents.items import Section, sections
from tools.documents.pdf import read_pdf
from tools.documents.records import Document
from tools.documents.text import decode, looks_like_html, read_text, split_submission
from tools.errors import DocumentError

Format = Literal["html", "pdf", "text"]

_COVER = 90
"""Blocks in which a cover page states what the report is."""
_NOT_TOLD = frozenset({"", "Signatures"})
"""Sections that say nothing of the business: the cover page; the signatures, with the exhibits behind them."""
_LEAST = 30
"""Characters of a passage worth citing; "None." under a heading is not."""
_FORM = re.compile(r"\bform\s+(10-?K|10-?Q|8-?K|20-?F|40-?F|6-?K)(/A|405|SB)?(?![\w-])", re.I)
_NAME_FORM = re.compile(r"(?<![A-Za-z0-9])(10-?K|10-?Q|8-?K|20-?F|40-?F|6-?K)(?:-?A)?(?![A-Za-z0-9])", re.I)
_NAME_SYMBOL = re.compile(r"([a-z]{1,5}(?:\.[a-z])?)-(?:10-?k|10-?q|8-?k|20-?f)\b", re.I)
_REGISTRANT = re.compile(r"\(?\s*exact\s+name\s+of\s+(?:the\s+)?registrant", re.I)
_PERIOD = re.compile(r"(?:fiscal|transition)?\s*(?:year|quarter|quarterly period|period)\s+ended:?\s*(.{0,40})", re.I)
_EVENT = re.compile(r"date\s+of\s+(?:earliest\s+event\s+)?report(?:ed)?\)?.{0,60}", re.I | re.S)
_STATED = re.compile(r"^\s*(?:filed\s+as\s+of\s+date|filing\s+date|date\s+filed|filed(?:\s+on)?)\s*:\s*(.{6,30})", re.I)
_SIGNED = re.compile(r"\bdated?\s*:?\s*\|?\s*([A-Z][a-z]+\.?\s+\d{1,2},\s+\d{4})", re.I)
_LISTED = re.compile(
    r"([A-Z][\w&.,’' -]{1,60}?)\s*\((?:NYSE|NASDAQ|Nasdaq)[^:()]{0,20}:\s*[“\"]?([A-Z][A-Z.]{0,5})[”\"]?\)"
)
_COMMON = re.compile(
    r"(?i:common\s+(?:stock|shares))\b[^|\n]{0,80}?\s*\|?\s*\b([A-Z]{1,5}(?:\.[A-Z])?)\s*\|?\s*"
    r"(?:The\s+)?(?:NASDAQ|Nasdaq|NYSE|New York Stock)"
)
_JUNK_LINE = re.compile(r"or|and|\(mark one\)|[\d\W_]+|commission file.*", re.I)


@dataclass(frozen=True)
class Filing:
    """Attributes
    ----------
    name : of the file it was read from
    form : "10-K", "10-Q", "8-K", "10-K/A", "EX-99.1"; None where not stated
    company, symbol : as stated; None where not
    period_end : last day of the fiscal period, or of the earliest event of an 8-K
    filed : filing date as stated or in the file's name; None where neither has one
    signed : date beside a signature, for telling a person; never used as filing date
    sections : items in order; the first, without a name, is the cover page or an exhibit's whole text
    """

    name: str
    form: str | None
    company: str | None
    symbol: str | None
    period_end: date | None
    filed: date | None
    signed: date | None
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        """Raises KeyError with the names that there are."""
        for section in self.sections:
            if section.name == name:
                return section
        raise KeyError(f"{self.name} has no {name}; it has {', '.join(s.name for s in self.sections if s.name)}")

    def documents(self, *, published: date | None = None, symbol: str | None = None) -> tuple[Document, ...]:
        """Passages that can be stored. What the caller gives goes before what was read.

        Raises DocumentError when there is no filing date, or one before the end of the period reported.
        """
        usable = published or self.filed
        if usable is None:
            hint = f"; it was signed on {self.signed}" if self.signed else ""
            raise DocumentError(
                f"{self.name} does not state its filing date{hint}",
                "give the day it was published, or put it in the file's name like aapl-10-k-2024-11-01.html",
            )
        if self.period_end is not None and usable < self.period_end:
            raise DocumentError(
                f"{self.name} cannot have been published on {usable}: it reports to {self.period_end}",
                "correct the date in the file's name or the one given",
            )
        told = [section for section in self.sections if section.name not in _NOT_TOLD] or list(self.sections)
        heading = " ".join(part for part in (self.company, self.form) if part) or self.name
        period = f" to {self.period_end}" if self.period_end else ""
        return tuple(
            Document(
                source=self.name,
                published=usable,
                symbol=symbol or self.symbol,
                kind="filing",
                title=f"{heading}{period}" + (f", {section.title}" if section.title else ""),
                section=section.name,
                form=self.form or "",
                text=text,
            )
            for section in told
            for text in passages(section)
            if len(text) >= _LEAST or len(told) == 1
        )


def read_filing(data: bytes, name: str, format: Format) -> tuple[Filing, ...]:
    """The reports in a file: one, or for a submission file the report and its press releases.

    Raises DocumentError when nothing can be read from it.
    """
    if format == "pdf":
        return (_filing(read_pdf(data), {}, {}, name, None),)
    submission = split_submission(decode(data))
    if submission is None:
        return (_one(data, {}, name, None),)
    if not submission.parts:
        raise DocumentError(f"{name} holds no report, only exhibits that are not read")
    return tuple(_one(part.content, submission.header, name, part.kind) for part in submission.parts)


def _one(data: bytes, header: Mapping[str, str], name: str, kind: str | None) -> Filing:
    if looks_like_html(data):
        page = read_html(data)
        return _filing(page.blocks, page.facts, header, name, kind)
    return _filing(read_text(data), {}, header, name, kind)


def _filing(
    blocks: Sequence[Block], facts: Mapping[str, str], header: Mapping[str, str], name: str, kind: str | None
) -> Filing:
    cover = blocks[:_COVER]
    form = kind or facts.get("DocumentType") or _stated_form(cover) or _form_of_name(name)
    if form and facts.get("AmendmentFlag", "").lower() == "true" and not form.endswith("/A"):
        form += "/A"
    company, symbol = _listed(cover)
    named = _NAME_SYMBOL.match(name)
    stated = facts.get("TradingSymbol")
    return Filing(
        name=name,
        form=form,
        company=facts.get("EntityRegistrantName")
        or header.get("COMPANY CONFORMED NAME")
        or _registrant(cover)
        or company,
        symbol=(stated or "").upper() if stated and stated.isascii() and len(stated) < 8 else _upper(named, symbol),
        period_end=_period(cover, facts, header),
        filed=compact_date(header.get("FILED AS OF DATE", "")) or _stated_date(cover) or name_date(name),
        signed=_signed(blocks),
        sections=sections(blocks, form),
    )


def _upper(named: re.Match[str] | None, listed: str | None) -> str | None:
    return named[1].upper() if named else listed


def _form(found: re.Match[str]) -> str:
    form = re.sub(r"^(\d+)-?", r"\1-", found[1].upper())
    return form + "/A" if (found.lastindex or 0) > 1 and found[2].upper() == "/A" else form


def _stated_form(cover: Sequence[Block]) -> str | None:
    return next((_form(found) for block in cover if (found := _FORM.search(block.text))), None)


def _form_of_name(name: str) -> str | None:
    found = _NAME_FORM.search(name.replace("_", " "))
    return _form(found) if found else None


def _registrant(cover: Sequence[Block]) -> str | None:
    """The line above "(Exact name of registrant ...)", or what stands before it on the same line."""
    for i, block in enumerate(cover):
        found = _REGISTRANT.search(block.text)
        if not found:
            continue
        before = squeeze(block.text[: found.start()].split("\n")[-1])
        lines = [before, *(squeeze(b.text) for b in reversed(cover[max(0, i - 4) : i]))]
        return next((line for line in lines if 2 < len(line) < 100 and not _JUNK_LINE.fullmatch(line)), None)
    for i, block in enumerate(cover):
        # A cover page without the label still has the name below the commission's file number.
        if re.match(r"commission file", block.text, re.I):
            below = (squeeze(b.text) for b in cover[i + 1 : i + 4])
            return next((line for line in below if 2 < len(line) < 100 and not _JUNK_LINE.fullmatch(line)), None)
    return None


def _listed(cover: Sequence[Block]) -> tuple[str | None, str | None]:
    """Company and symbol where one listed company is named: "The Buckle, Inc. (NYSE: BKE)", or a cover's table."""
    found = {(m[1].split("-- ")[-1].strip(), m[2]) for block in cover for m in _LISTED.finditer(block.text)}
    if len({symbol for _, symbol in found}) == 1:
        return min(found)
    table = {m[1] for block in cover for m in _COMMON.finditer(block.text)}
    return None, min(table) if len(table) == 1 else None


def _period(cover: Sequence[Block], facts: Mapping[str, str], header: Mapping[str, str]) -> date | None:
    tagged = any_date(facts.get("DocumentPeriodEndDate", "")) or compact_date(
        header.get("CONFORMED PERIOD OF REPORT", "")
    )
    if tagged:
        return tagged
    text = "\n".join(block.text for block in cover)
    for pattern in (_PERIOD, _EVENT):
        for found in pattern.finditer(text):
            if day := long_date(found[0]):
                return day
    return None


def _stated_date(cover: Sequence[Block]) -> date | None:
    for block in cover:
        for line in block.text.split("\n"):
            found = _STATED.match(line)
            if found and (day := any_date(found[1]) or compact_date(found[1])):
                return day
    return None


def _signed(blocks: Sequence[Block]) -> date | None:
    """The first date below the last heading "Signatures"."""
    heads = [i for i, block in enumerate(blocks) if re.fullmatch(r"signatures?", block.text, re.I)]
    below = blocks[heads[-1] : heads[-1] + 25] if heads else ()
    return next((day for block in below if (m := _SIGNED.search(block.text)) and (day := long_date(m[1]))), None)
