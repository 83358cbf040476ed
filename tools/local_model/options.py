"""How a local server is to run, and what a committee must be told to use it."""

import os
from pathlib import Path

from pydantic import Field

from portfolio.records import Record

CONTEXT = 8192
"""Tokens of prompt and answer together; what the small model was trained for."""
MOST_OUTPUT = 2048
"""Tokens of an answer: twenty findings of a sentence each, with room."""
TIMEOUT = 300
"""Seconds for one answer: a small model writes some 30 tokens a second on one core."""


def spare_cores() -> int:
    """All cores but one, at least one.

    llama.cpp's threads wait for each other by spinning: on two busy cores, two of them write 1 token a second where
    one writes 39.
    """
    return max(1, (os.cpu_count() or 1) - 1)


class ServerOptions(Record):
    """How to serve one file of weights.

    Attributes
    ----------
    gguf : the weights
    name : under which the model is served; part of every kept answer's fingerprint, so it names the weights
    host : the address to listen on
    port : 0 takes a free one
    context : tokens that each request may have, prompt and answer together
    threads : processor cores to compute on
    places : requests answered at the same time, each with a context of its own
    """

    gguf: Path
    name: str
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    context: int = Field(default=CONTEXT, ge=256)
    threads: int = Field(default_factory=spare_cores, ge=1)
    places: int = Field(default=1, ge=1)


def served_name(gguf: Path, digest: str) -> str:
    """A name that tells the weights apart: the file's, with the first eight figures of its SHA-256."""
    return f"{gguf.stem.lower()}-{digest[:8]}"


def environment(url: str, options: ServerOptions) -> dict[str, str]:
    """The settings with which the committee uses the server.

    As many questions at a time as the server has places: the others wait on this side, where no time-out counts.
    """
    return {
        "QUORUM_MODEL_URL": url,
        "QUORUM_MODEL_NAME": options.name,
        "QUORUM_MODEL_TIMEOUT": str(TIMEOUT),
        "QUORUM_MODEL_CONCURRENCY": str(options.places),
        "QUORUM_MODEL_MAX_OUTPUT": str(min(MOST_OUTPUT, options.context // 2)),
    }
