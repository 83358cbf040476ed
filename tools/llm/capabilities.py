"""What an endpoint can do, as a table: guessed at first, found by `quorum doctor`'s probe, overridden by a setting.

`None` means not known yet. A way to structured output that is not known to fail is tried; one that failed while a
lower one worked is remembered for the process, so that an endpoint is not asked the impossible twice.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from portfolio.records import Record
from tools.errors import ModelUnavailable


class Capabilities(Record):
    """One model at one endpoint.

    Attributes
    ----------
    json_schema : `response_format` of type json_schema constrains the answer
    grammar : `response_format` of type json_object takes a `schema` (llama.cpp and others compile it to a grammar)
    tools : a forced tool call's arguments fit the tool's schema
    json_object : `response_format` of type json_object gives some JSON object
    seed : the same seed at a high temperature gives the same words
    log_probabilities : token log-probabilities come with the answer
    context_length : tokens of prompt and answer together
    """

    json_schema: bool | None = None
    grammar: bool | None = None
    tools: bool | None = None
    json_object: bool | None = None
    seed: bool | None = None
    log_probabilities: bool | None = None
    context_length: int | None = Field(default=None, ge=1)

    def with_overrides(self, given: Mapping[str, bool | int]) -> "Capabilities":
        """The same with a person's own statements. Raises ModelUnavailable for a name or value that fits nothing."""
        try:
            return Capabilities.model_validate({**self.model_dump(), **given})
        except ValidationError as error:
            first = error.errors()[0]
            raise ModelUnavailable(
                f"QUORUM_MODEL_CAPABILITIES is not usable: {first['loc'][0]}: {first['msg']}",
                f"name some of {', '.join(Capabilities.model_fields)}",
            ) from error


_TABLE = TypeAdapter(dict[str, Capabilities])


class CapabilityTable:
    """What probes found, by endpoint and model, in one JSON file that a person may read and edit."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, url: str, name: str) -> Capabilities:
        """What is known; nothing (all None) where no probe has been, or the file cannot be read."""
        return self._rows().get(_key(url, name), Capabilities())

    def write(self, url: str, name: str, found: Capabilities) -> None:
        """Keep what a probe found, whole or not at all. Raises OSError when the disk will not take it."""
        rows = {**self._rows(), _key(url, name): found}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        text = json.dumps(_TABLE.dump_python(rows, mode="json"), indent=1, sort_keys=True)
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.path)

    def _rows(self) -> dict[str, Capabilities]:
        try:
            return _TABLE.validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return {}  # nothing is known: each way is tried anew, and the next probe writes the file again


def _key(url: str, name: str) -> str:
    return f"{name} at {url.rstrip('/')}"
