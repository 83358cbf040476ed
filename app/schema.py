"""`python -m app.schema docs` writes the JSON schemas of what `--json` prints; a test holds them to the records."""

import json
import sys
from pathlib import Path

from app.output import AdviseOutput, ProfileOutput
from portfolio.records import Record

SCHEMAS: dict[str, type[Record]] = {"advise.schema.json": AdviseOutput, "profile.schema.json": ProfileOutput}


def schema_text(name: str) -> str:
    """The schema of one kind of output, as it stands in `docs/`."""
    schema = SCHEMAS[name].model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=1) + "\n"


if __name__ == "__main__":
    for file in SCHEMAS:
        (Path(sys.argv[1]) / file).write_text(schema_text(file), encoding="utf-8")
