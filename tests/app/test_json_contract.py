"""What `--json` promises: the documented schema, the documented keys, and exit codes that mean something."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app.main import cli
from app.output import AdviseOutput, ProfileOutput
from app.schema import SCHEMAS, schema_text

DOCS = Path(__file__).parents[2] / "docs"
PROMISED = {
    "profile", "contradictions", "questions", "refused", "status", "mandate", "views", "weights", "decision", "orders",
    "rungs", "data", "trace_id",
}  # fmt: skip
PROFILE_FIELDS = {
    "age", "income", "net_worth", "amount_to_invest", "goals", "horizon", "risk_tolerance", "loss_limit", "capacity",
    "liquidity_need", "experience", "exclusions", "preferences", "holdings", "tax_status", "objectives",
    "positions",
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_documented_schema_is_the_one_that_is_printed(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == schema_text(name), "run `make schemas`"


def test_the_advise_object_has_every_promised_key() -> None:
    assert set(AdviseOutput.model_fields) >= PROMISED


def test_the_profile_object_has_every_promised_key() -> None:
    promised = {"profile", "mandate", "contradictions", "questions", "refused"}
    assert set(ProfileOutput.model_fields) >= promised
    assert set(ProfileOutput.model_fields["profile"].annotation.model_fields) == PROFILE_FIELDS  # type: ignore[union-attr]


NO_JSON = {"model serve"}
"""What prints lines for a shell to read, and goes on until it is stopped."""


def commands(found: object, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command's name and options."""
    if isinstance(found, TyperGroup):
        for word, inner in found.commands.items():
            yield from commands(inner, f"{name} {word}".strip())
    elif isinstance(found, TyperCommand):
        yield name, {option for parameter in found.params for option in parameter.opts}


def test_every_command_takes_json_but_the_one_that_prints_for_a_shell() -> None:
    assert {name for name, options in commands(get_command(cli)) if "--json" not in options} == NO_JSON
