"""The page of all results, put together from the studies' own pages: nothing is measured or typed here."""

from collections.abc import Sequence
from pathlib import Path

from lab.results.excerpt import excerpt
from lab.results.studies import STUDIES, Study
from tools.errors import DataError

HEAD = """# Everything that was measured, and how to measure it again

Made by `quorum evaluate results` from the pages that the studies write; do not edit it. Each table is remade from data
by the one command above it; the page behind the link has the rest: more tables, what each column means, and what the
figures do not show. The same command on the same data and register of trials gives the same bytes.

Compare within a table, not across: assets, cap, risk, and what cash earns are each study's own, so even equal
weight earns differently from page to page. Intervals are of 90 % unless the page says 95.
"""


def results_page(docs: Path, studies: Sequence[Study] = STUDIES) -> str:
    """Markdown of all studies' answers and tables. Raises DataError for a page that is missing or has changed."""
    parts = [HEAD]
    parts.extend(_index(studies))
    for study in studies:
        parts.extend(_study(docs, study))
    return "\n".join(parts) + "\n"


def _index(studies: Sequence[Study]) -> list[str]:
    return [*(f"{number}. [{one.question}](#{_anchor(one.question)})" for number, one in enumerate(studies, 1)), ""]


def _study(docs: Path, study: Study) -> list[str]:
    try:
        found = excerpt((docs / study.page).read_text(encoding="utf-8"), study.answer_under, study.table_under)
    except FileNotFoundError as error:
        raise DataError(f"{study.page} is not in {docs}", f"make it: {study.command}") from error
    except ValueError as error:
        raise DataError(
            f"{study.page} cannot be read: {error}", "make it again, or name its headings in lab/results/studies.py"
        ) from error
    return [
        f"## {study.question}",
        "",
        found.answer,
        "",
        "```",
        study.command,
        "```",
        "",
        *found.table,
        "",
        f"Takes {study.takes}. The whole page: [{study.page}]({study.page}).",
        "",
    ]


def _anchor(question: str) -> str:
    """As GitHub makes it of a heading."""
    kept = "".join(mark for mark in question.lower() if mark.isalnum() or mark in " -")
    return kept.replace(" ", "-")
