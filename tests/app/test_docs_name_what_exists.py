"""What README and the page on the command line name is there: commands, options, settings, targets and files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.commands.evaluate import PartName
from app.main import cli
from tools.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
QUORUM: Any = typer.main.get_command(cli)


def told(text: str) -> Iterator[str]:
    """Every call of `quorum` in a page: code between back-ticks, and lines of code blocks."""
    blocks = "".join(text.split("```")[1::2])
    spans = re.findall(r"`([^`\n]+)`", "".join(text.split("```")[0::2]))
    for line in [*spans, *blocks.splitlines()]:
        found = re.search(r"(?:^|\$ |\s)(quorum [^#(]*)", line)
        if found:
            yield found[1].strip()


def below(command: Any) -> dict[str, Any]:
    """The commands of a group; none of a command."""
    return getattr(command, "commands", {})


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, one in below(command).items():
        yield from leaves(one, (*words, name)) if below(one) else [(*words, name)]


CALLS = sorted({*told(README), *told(COMMANDS)})


@pytest.mark.parametrize("call", CALLS)
def test_every_command_and_option_that_is_named_is_there(call: str) -> None:
    command, rest = QUORUM, call.replace("\\|", "|").split()[1:]
    while rest and below(command):
        names = rest.pop(0).split("|")
        assert set(names) <= set(below(command)), call
        command = below(command)[names[0]]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if word.strip("[]").startswith("--"):
            assert word.strip("[].").split("=")[0] in options, f"{call} has no {word}"


def test_every_command_is_told_in_one_row() -> None:
    rows = re.findall(r"^\| (`.*?) \|", COMMANDS.replace("\\|", "/"), re.MULTILINE)
    rows = [row for row in rows if row.startswith("`quorum ")]
    assert len(CALLS) > 30 and len(rows) > 15
    for words in leaves(QUORUM):
        *above, own = words
        named = [row for row in rows if " ".join(["quorum", *above]) in row and re.search(rf"[`/ ]{own}[`/ ]", row)]
        assert len(named) == 1 or words == ("backtest",), f"{' '.join(words)} is told in {len(named)} rows"


def test_every_setting_and_every_part_of_the_quality_page_is_told() -> None:
    for name in Settings.model_fields:
        assert re.search(rf"`{name.upper()}`", COMMANDS), name
    row = next(line for line in COMMANDS.splitlines() if line.startswith("| `quorum evaluate quality"))
    assert all(part.value in row for part in PartName)


def test_every_target_and_every_file_that_the_readme_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= targets
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).is_file(), link
