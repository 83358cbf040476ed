"""`quorum evaluate results`: all studies' answers and tables on one page, from the pages that they wrote."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import Json


def command(
    docs: Annotated[Path, typer.Option("--docs", help="The folder of the studies' pages.")] = Path("docs"),
    out: Annotated[Path | None, typer.Option("--out", help="The page to write; results.md among them.")] = None,
    as_json: Json = False,
) -> None:
    """Put every study's answer and table, with the command that remakes it, on one page. Measures nothing itself."""
    import json

    from lab.results.page import results_page
    from lab.results.studies import STUDIES

    page = out or docs / "results.md"
    page.write_text(results_page(docs), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps({"path": str(page), "studies": [study.question for study in STUDIES]}))
    else:
        typer.echo(f"{len(STUDIES)} studies written to {page}.")
