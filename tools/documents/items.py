"""The items of a filing: Item 1A, Item 7 of an annual report; Part I Item 2 of a quarterly one; Item 5.07 of an 8-K.

Headings are told from mentions ("see Item 7 of this report") by what follows the number, the table of contents from
the report by the sequence starting over, and a running page head by naming the item that is open already.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.documents.blocks import Block

LONGEST_HEADING = 240
PART_HEADING = re.compile(r"part\s+(i{1,3}|iv)\b\s*[.:,–—-]?\s*(.*)", re.I | re.S)
ITEM_HEADING = re.compile(r"items?\s*(\d{1,2}\.\d\d|\d{1,2}\s?[A-C]?)(?![\dA-Za-z])\s*([.:–—-]*)\s*(.*)", re.I | re.S)
_LIST_OF_ITEMS = re.compile(r"items?\s+\d{1,2}[A-C]?\s*(?:,|and|&)\s*\d", re.I)
_STATEMENTS = re.compile(
    r"(?:(?:index to )?(?:consolidated )?financial statements|report of independent registered public acc).{0,60}",
    re.I,
)
_SIGNATURES = re.compile(r"signatures?", re.I)
_MENTION = re.compile(
    r"^(?:of|and|to|in|under)\b|\bitems?\s+\d|\bthis\s+(?:annual\s+|quarterly\s+)?(?:report|form)\b", re.I
)
_PAGE_AT_END = re.compile(r"[\s.|]+\d{1,3}$")
_CONTENTS_MEDIAN = 400
"""Characters between headings of a table of contents are fewer than this, mostly."""


@dataclass(frozen=True)
class Section:
    """Attributes
    ----------
    name : "Item 7", "Part I Item 2" in a quarterly report; "" before the first heading or where there are none
    title : as the filing writes it, without page number
    blocks : what stands below the heading
    """

    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(block.text for block in self.blocks)


@dataclass(frozen=True)
class _Heading:
    at: int
    part: int
    item: str
    title: str

    @property
    def order(self) -> tuple[int, float, str]:
        number = re.match(r"\d+(?:\.\d+)?", self.item)
        return (self.part, float(number[0]) if number else 99.0, self.item)


def sections(blocks: Sequence[Block], form: str | None) -> tuple[Section, ...]:
    """The blocks under their items, in order; one section with an empty name where a document has no items."""
    quarterly = form is not None and form.startswith("10-Q")
    found = _without_contents(_headings(blocks, quarterly), blocks)
    merged: dict[tuple[int, str], list[tuple[_Heading, list[Block]]]] = {}
    opened: tuple[int, str] | None = None
    ends = [heading.at for heading in found[1:]] + [len(blocks)]
    for heading, end in zip(found, ends, strict=False):
        key = (heading.part, heading.item)
        body = list(blocks[heading.at + 1 : end])
        if key == opened:
            merged[key][-1][1].extend(body)
        else:
            merged.setdefault(key, []).append((heading, body))
        opened = key
    out = []
    first = found[0].at if found else len(blocks)
    if first:
        out.append(Section("", "", tuple(blocks[:first])))
    for (part, item), pieces in merged.items():
        heading = max((head for head, _ in pieces), key=lambda head: len(head.title))
        body = [block for _, piece in pieces for block in piece]
        name = (
            item
            if not item[0].isdigit()
            else f"Part {'I' * part} Item {item}"
            if quarterly and part
            else f"Item {item}"
        )
        out.append(Section(name, heading.title, tuple(body)))
    return tuple(out)


def _headings(blocks: Sequence[Block], quarterly: bool) -> list[_Heading]:
    found: list[_Heading] = []
    part = 0
    for at, block in enumerate(blocks):
        if block.kind != "text" or len(block.text) > LONGEST_HEADING:
            continue
        text = block.text
        if found and (name := _unnumbered(text, found[-1].item)):
            found.append(_Heading(at, found[-1].part, name, text))
            continue
        in_part = PART_HEADING.fullmatch(text)
        if in_part and (not in_part[2] or ITEM_HEADING.match(in_part[2]) or len(in_part[2]) < 60):
            part = {"i": 1, "ii": 2, "iii": 3, "iv": 4}[in_part[1].lower()]
            text = in_part[2]
        item = ITEM_HEADING.fullmatch(text)
        if item is None or _LIST_OF_ITEMS.match(text) or not _opens(item[2], item[3]):
            continue
        title = _PAGE_AT_END.sub("", item[3]).strip(" .|–—-")
        if not title and at + 1 < len(blocks) and _is_title(blocks[at + 1]):
            title = blocks[at + 1].text
        found.append(_Heading(at, part if quarterly else 0, item[1].upper().replace(" ", ""), title))
    return found


def _unnumbered(text: str, opened: str) -> str | None:
    """Many annual reports put the statements behind the last item, and the signatures before or after them."""
    if _SIGNATURES.fullmatch(text):
        return "Signatures"
    if opened in {"15", "16", "Signatures"} and _STATEMENTS.fullmatch(text):
        return "Financial statements"
    return None


def _opens(stop: str, rest: str) -> bool:
    """After the number a heading has a stop, nothing, or a capital; a mention goes on in small letters."""
    if not rest:
        return True
    return (bool(stop) or rest[0].isupper() or rest[0] in "[(") and _MENTION.search(rest) is None


def _is_title(block: Block) -> bool:
    prose = block.text.endswith((".", ",", ";")) or ITEM_HEADING.fullmatch(block.text)
    return block.kind == "text" and len(block.text) < 120 and not prose


def _without_contents(found: list[_Heading], blocks: Sequence[Block]) -> list[_Heading]:
    """Headings from the last place on where the sequence starts over after a run of close-set entries."""
    for i in range(len(found) - 1, 2, -1):
        head = found[:i]
        restarts = found[i].order <= min(heading.order for heading in head) and found[i].order < head[-1].order
        if not restarts:
            continue
        gaps = [sum(len(block.text) for block in blocks[a.at + 1 : b.at]) for a, b in pairwise(head)]
        behind = sum(len(block.text) for block in blocks[found[i].at :])
        if sorted(gaps)[len(gaps) // 2] < _CONTENTS_MEDIAN and sum(gaps) < behind:
            return found[i:]
    return found
