"""What the commands of `quorum evaluate` share: where a page and its figures go, how a page tells the command that
made it, and the register of trials."""

import shlex
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lab.register import Register
    from portfolio.records import Record
    from tools.settings import Settings

EVIDENCE = "evidence"
"""The folder of all studies' figures, beside their pages."""


UNTOLD = {"out", "results", "home", "today", "as_json", "ray", "workers", "note"}
"""Options that say where to write, on which day, by whose hands and with which remark, and change no figure."""
BY_NAME = {"gguf"}
"""Files that are told by their name: where they lie is each machine's own."""


def command_line(context: typer.Context) -> str:
    """The command that is running, in one form however it was typed: each option that is not at its default and could
    change a figure, in the order in which the command declares them, the register last. What a page says that it was
    made by."""
    names = [context.info_name or ""]
    above = context.parent
    while above is not None and above.parent is not None:
        names.insert(0, above.info_name or "")
        above = above.parent
    words = ["quorum", *names]
    for option in sorted(context.command.params, key=lambda one: one.name == "register"):
        value = context.params.get(option.name or "")
        if option.name not in UNTOLD and value is not None and value != option.get_default(context):
            yes, no = (max(ways, key=len, default="") for ways in (option.opts, option.secondary_opts))
            if isinstance(value, bool):
                words.append(yes if value else no)
                continue
            for one in value if isinstance(value, list | tuple) else (value,):
                word = _word(one)
                # A page travels: no folder of the machine on which it was made stands on it.
                words += [yes, Path(word).name if option.name in BY_NAME or Path(word).is_absolute() else word]
    return shlex.join(words)


def _word(value: object) -> str:
    """An option's value as it is typed."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return str(value.value if isinstance(value, Enum) else value)


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
