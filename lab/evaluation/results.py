"""Results on disk: one JSON file a part and a subject, read back for the page that shows them all."""

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lab.evaluation.records import PARTS, Result
from tools.errors import DataError

_RESULT: TypeAdapter[Result] = TypeAdapter(Result)


def write_result(folder: Path, result: Result) -> Path:
    """Write or replace the file of that part and subject, whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.part}.{re.sub(r'[^a-z0-9._-]+', '-', result.subject.name.lower())}.json"
    part = path.with_suffix(".part")
    part.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read_results(folder: Path) -> tuple[Result, ...]:
    """All that lie there: by part, rules first, then models by name. Raises DataError for one that is not readable."""
    found: list[Result] = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(_RESULT.validate_json(path.read_bytes()))
        except ValidationError as error:
            raise DataError(
                f"{path.name} is no result of this version: {error.errors()[0]['msg']}",
                "delete it and measure that part again",
            ) from error
    return tuple(
        sorted(found, key=lambda item: (PARTS.index(item.part), item.subject.rung != "rules", item.subject.name))
    )


def of_part(results: Sequence[Result], kind: type[Result]) -> list[Result]:
    """Those of one part."""
    return [item for item in results if isinstance(item, kind)]
