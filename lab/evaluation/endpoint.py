"""A measurement is of a model that speaks, and remembers how many calls each of its answers took."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter, ValidationError

from tools.errors import ModelUnavailable

if TYPE_CHECKING:
    from tools.llm import LanguageModel

_COUNTS = TypeAdapter(dict[str, int])


def check_reached(model: "LanguageModel") -> None:
    """Raise ModelUnavailable when the model's last question brought no word back; a bad answer is a finding."""
    last = model.uses[-1]
    if last.cause is not None and last.answer is None and last.usage is None:
        raise ModelUnavailable(
            f"the model {model.name} was not reached, and what it never said cannot be measured: {last.cause}",
            "start its server again; what was answered is kept, so the measurement goes on where it stopped",
        )


class Tries:
    """Request fingerprint -> calls that its answer took, in a file, so that a replayed answer still tells.

    Parameters
    ----------
    path : a JSON file that need not exist; a damaged one is begun anew, and its answers count as unknown
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def verdict(self, model: "LanguageModel") -> Literal["at_first", "after_repair", "unknown", "abstained"]:
        """What became of the model's last question; its calls are kept. Raises OSError when the disk takes nothing."""
        use, how = model.uses[-1], model.journal[-1]
        if use.cause is not None:
            return "abstained"
        known = self._read()
        if how.calls:
            known[use.request] = how.calls
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
            part.replace(self.path)
        calls = known.get(use.request)
        return "unknown" if calls is None else "at_first" if calls == 1 else "after_repair"

    def _read(self) -> dict[str, int]:
        try:
            return _COUNTS.validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return {}
