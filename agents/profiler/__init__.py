"""The client's words become a profile: values, confidence, quotes; contradictions, questions and refusals."""

from agents.profiler.reader import Reading, read

__all__ = ["Reading", "read"]
