"""The page of all results, put together from the studies' own pages: nothing is measured or typed here."""

from collections.abc import Sequence
from pathlib import Path

from lab.results.excerpt import excerpt
from lab.results.figures import level_told, one_style
from lab.results.studies import STUDIES, Study
from tools.errors import DataError

HEAD = """# Everything that was measured, and how to measure it again

Made by `quorum evaluate results` from the pages that the studies write; do not edit it. Each table is remade from data
by the one command above it; the page behind the link has the rest: more tables, what each column means, and what the
figures do not show. The same command on the same data and register of trials gives the same bytes.

Compare within a table, not across: assets, cap, risk, and what cash earns are each study's own, so even equal
weight earns differently from page to page. So does the trained policy beside it: the model card that an answer quotes
judges it by a sample of clients, the strategies' page at one volatility under one cap and no client's limits, the
committee's page after one client's limits, the contamination page on a few dates, each with its own charge for risk.

The level of a table's intervals stands below it. *Beyond chance* means that the whole interval lies on one side of
zero, one comparison at a time: of ten comparisons at 90 %, or of twenty at 95 %, about one lies there without any
cause. Where a page counts all its looks, in a verdict, a corrected p or a figure beyond luck, it says so.
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
        page = (docs / study.page).read_text(encoding="utf-8")
        found = excerpt(page, study.answer_under, study.table_under)
    except FileNotFoundError as error:
        raise DataError(f"{study.page} is not in {docs}", f"make it: {study.command}") from error
    except ValueError as error:
        raise DataError(
            f"{study.page} cannot be read: {error}", "make it again, or name its headings in lab/results/studies.py"
        ) from error
    return [
        f"## {study.question}",
        "",
        one_style(found.answer),
        "",
        "```",
        study.command,
        "```",
        "",
        *(one_style(line) for line in found.table),
        "",
        f"{level_told(page, found.table)}Takes {study.takes}. The whole page: [{study.page}]({study.page}).",
        "",
    ]


def _anchor(question: str) -> str:
    """As GitHub makes it of a heading."""
    kept = "".join(mark for mark in question.lower() if mark.isalnum() or mark in " -")
    return kept.replace(" ", "-")
