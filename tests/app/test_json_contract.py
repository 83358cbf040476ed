"""What `--json` promises: the documented schema, the documented keys, and exit codes that mean something."""

from pathlib import Path

import pytest

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
