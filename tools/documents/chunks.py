"""Sections to passages short enough to be embedded whole and cited: items are never mixed, rows never cut."""

import re
from collections.abc import Iterable, Iterator

from tools.documents.blocks import Block
from tools.documents.items import Section

TARGET = 900
"""Characters of a passage. The embedder reads 256 tokens, about a thousand characters of English."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z“\"(•])")


def passages(section: Section) -> Iterator[str]:
    """Texts of at most about `TARGET` characters (a longer single sentence or row stands alone), in reading order.

    A table's first row, its column heads, is said again at the top of every passage cut from it; the paragraph before a
    table goes with it, since it is the table's caption.
    """
    held: list[str] = []
    size = 0
    for piece in _pieces(section.blocks):
        if held and size + len(piece) > TARGET:
            yield "\n".join(held)
            held, size = [], 0
        held.append(piece)
        size += len(piece) + 1
    if held:
        yield "\n".join(held)


def _pieces(blocks: Iterable[Block]) -> Iterator[str]:
    caption = ""
    for block in blocks:
        if block.kind == "table":
            yield from _table(block.text, caption)
            caption = ""
            continue
        if caption:
            yield caption
            caption = ""
        if len(block.text) <= TARGET // 4:
            caption = block.text
        else:
            yield from _packed(_SENTENCE.split(block.text), " ")
    if caption:
        yield caption


def _table(text: str, caption: str) -> Iterator[str]:
    rows = text.split("\n")
    head = f"{caption}\n{rows[0]}" if caption else rows[0]
    if len(head) > TARGET // 2:
        yield from _packed([*([caption] if caption else []), *rows], "\n")
        return
    for body in _packed(rows[1:], "\n", TARGET - len(head)):
        yield f"{head}\n{body}"


def _packed(parts: Iterable[str], joint: str, room: int = TARGET) -> Iterator[str]:
    held = ""
    for part in parts:
        if held and len(held) + len(part) > room:
            yield held
            held = part
        else:
            held = f"{held}{joint}{part}" if held else part
    if held:
        yield held
