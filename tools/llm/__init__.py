"""Language models behind one port: ask, check, repair, keep, count. `LanguageModel.ask` is the way in."""

from tools.llm.port import Answer, LanguageModel

__all__ = ["Answer", "LanguageModel"]
