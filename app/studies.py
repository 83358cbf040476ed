"""What the commands of `quorum evaluate` share: where a page and its figures go, and the register of trials."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lab.register import Register
    from portfolio.records import Record
    from tools.settings import Settings

EVIDENCE = "evidence"
"""The folder of all studies' figures, beside their pages."""


def figures_of(out: Path, name: str | None = None) -> Path:
    """Where the figures behind a page are kept: `evidence/`, under the page's name or `name`."""
    return out.parent / EVIDENCE / f"{name or out.stem.replace('-', '_')}.json"


def publish(out: Path, page: str, result: "Record", name: str | None = None) -> Path:
    """Write a study's page, and its figures as JSON beside it, named as the page or `name`; returns where they are."""
    figures = figures_of(out, name)
    figures.parent.mkdir(parents=True, exist_ok=True)
    figures.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    out.write_text(page if page.endswith("\n") else page + "\n", encoding="utf-8")
    return figures


def tell(result: "Record", words: str, written: str, as_json: bool) -> None:
    """What a study found, on the screen: its Markdown and where it was written, or one JSON object and nothing else."""
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(words))
    Console().print(written)


def trial_register(settings: "Settings", given: Path | None) -> "Register":
    """The one register that every run writes its trials to, so that each counts all the others; in the home folder."""
    from lab.register import FILE, Register

    return Register(given or settings.home / FILE)
