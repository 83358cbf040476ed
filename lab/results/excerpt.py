"""A study's own page, cut to what the page of all results shows: its answer, and one of its tables."""

from collections.abc import Iterator

from portfolio.records import Record


class Excerpt(Record):
    """The answer in the study's own words, and the table's lines."""

    answer: str
    table: tuple[str, ...]


MADE_BY = ("Made by", "Asked of", "<!--")
"""How a paragraph begins that says how a page came to be, and not what was found."""


def excerpt(page: str, answer_under: str | None, table_under: str | None) -> Excerpt:
    """The first paragraph of prose under one heading, and the first table under another (None: of the whole page).

    Parameters
    ----------
    page : Markdown
    answer_under, table_under : a heading's words, without its marks; the search begins there

    Raises ValueError where the page has no such heading, no prose or no table: then the page has changed, and the list
    of studies must follow.
    """
    return Excerpt(answer=_answer(page, answer_under), table=_table(page, table_under))


def _answer(page: str, heading: str | None) -> str:
    for block in _blocks(_under(page, heading)):
        first = block[0]
        if first.startswith(("#", "|", "- ", "```", "    ", *MADE_BY)):
            continue
        return " ".join(line.strip() for line in block)
    raise ValueError(f"there is no paragraph under {heading or 'the title'}")


def _table(page: str, heading: str | None) -> tuple[str, ...]:
    for block in _blocks(_under(page, heading)):
        if block[0].startswith("|") and len(block) > 2:
            return tuple(block)
    raise ValueError(f"there is no table under {heading or 'the title'}")


def _under(page: str, heading: str | None) -> list[str]:
    lines = page.splitlines()
    if heading is None:
        return lines
    for place, line in enumerate(lines):
        if line.startswith("#") and line.lstrip("#").strip() == heading:
            return lines[place + 1 :]
    raise ValueError(f"the page has no heading “{heading}”")


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines without an empty one; a fenced block is one, whatever stands in it."""
    block: list[str] = []
    fenced = False
    for line in lines:
        if line.startswith("```"):
            fenced = not fenced
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block
