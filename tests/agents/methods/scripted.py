"""A model for tests: the real port over kept answers, so that checks, causes and fingerprints are the product's."""

import json
from pathlib import Path

from tools.llm import LanguageModel
from tools.llm.answers import AnswerCache, KeptAnswer, text_hash
from tools.prompts import Message


class Scripted(LanguageModel):
    """Gives each answer in turn, the last one for ever; what was asked can be read in `heard`."""

    def __init__(self, folder: Path, *answers: object) -> None:
        super().__init__("http://127.0.0.1:9/v1", "test", timeout=1.0, retries=0, answers=AnswerCache(folder))
        self.contents = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
        self.heard: list[tuple[Message, ...]] = []

    def ask(self, messages, schema, *, purpose, prompt_fingerprint="", offered=None):  # type: ignore[no-untyped-def]
        if self.contents:
            content = self.contents[min(len(self.heard), len(self.contents) - 1)]
            kept = KeptAnswer(
                fingerprint=self.fingerprint(messages, schema, prompt_fingerprint),
                model="test",
                purpose=purpose,
                content=content,
                content_hash=text_hash(content),
                usage=None,
            )
            assert self.answers is not None and self.answers.keep(kept) is None
        self.heard.append(tuple(messages))
        return super().ask(messages, schema, purpose=purpose, prompt_fingerprint=prompt_fingerprint)
