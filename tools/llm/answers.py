"""Answers of language models, kept on disk so that the same request always gets the same answer.

One file an answer, named by the request's fingerprint. Several processes may read and write at once: a file appears
whole or not at all. A damaged file is a miss that is reported; a disk that takes nothing more is a note, not a loss.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from portfolio.records import Record


class Usage(Record):
    """Tokens that the endpoint says it read and wrote, summed over a request's attempts."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens, output_tokens=self.output_tokens + other.output_tokens
        )


class KeptAnswer(Record):
    """One answer as it lies on disk."""

    fingerprint: str
    """Of the request, so that a file under a wrong name is noticed."""
    model: str
    purpose: str
    messages: tuple[tuple[str, str], ...] = ()
    """What was asked, so that the folder is the record of every question and answer."""
    way: str = ""
    """How structure was asked for."""
    content: str
    content_hash: str
    """SHA-256 of `content`, so that a half-written or edited file is noticed."""
    usage: Usage | None


def fingerprint_of(request: Mapping[str, JsonValue]) -> str:
    """SHA-256, hexadecimal, of the request as canonical JSON: sorted keys, no spaces, ASCII."""
    return text_hash(json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False))


def text_hash(text: str) -> str:
    # A lone surrogate, which JSON may carry, has no UTF-8 form; it must not stop a run.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class AnswerCache:
    """Answers under a folder, which is made when the first one is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, fingerprint: str) -> tuple[KeptAnswer | None, str | None]:
        """The kept answer or None, and a note for people when a file was there but could not be used."""
        path = self._path(fingerprint)
        try:
            kept = KeptAnswer.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None, None
        except OSError as error:
            return None, f"the kept answer {path.name} could not be read ({error.strerror}) and was asked for again"
        except ValidationError:
            return None, f"the kept answer {path.name} is damaged and was asked for again"
        if kept.fingerprint != fingerprint or kept.content_hash != text_hash(kept.content):
            return None, f"the kept answer {path.name} does not match its own hash and was asked for again"
        return kept, None

    def keep(self, answer: KeptAnswer) -> str | None:
        """Write an answer, whole or not at all; None, or a note for people when the disk would not take it."""
        path = self._path(answer.fingerprint)
        temporary: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(answer.model_dump_json(indent=1))
            Path(temporary).replace(path)
        except OSError as error:
            if temporary is not None:
                with suppress(OSError):
                    Path(temporary).unlink(missing_ok=True)
            return f"the model's answer could not be kept for replay: {error.strerror or error}"
        return None

    def _path(self, fingerprint: str) -> Path:
        return self.folder / fingerprint[:2] / f"{fingerprint}.json"
