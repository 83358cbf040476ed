"""The code that an answer depends on, as a SHA-256: a kept answer of other code is another answer."""

import inspect
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

DECIDING = ("portfolio", "tools", "agents", "rl", "graph")
"""The folders in which weights are made; a changed line there may change a decision."""
LIBRARIES = ("numpy", "scipy", "torch", "cvxpy", "skfolio", "langgraph")


def code_digest(packages: Sequence[str] = DECIDING) -> str:
    """Of the house's own code in these packages, by default all that makes decisions, and of the versions of what it
    stands on."""
    digest = sha256("\n".join(f"{name} {version(name)}" for name in LIBRARIES).encode())
    for name in packages:
        for label, text in _sources(files(name), name):
            digest.update(label.encode())
            digest.update(text)
    return digest.hexdigest()


def source_digest(classes: Iterable[type]) -> str:
    """Of the files in which classes are written, wherever they lie: a plug-in is no part of the house's packages.

    Raises TypeError for a class without a file, as one that was typed into a console.
    """
    texts = {cls.__module__: Path(inspect.getfile(cls)).read_bytes() for cls in classes}
    digest = sha256()
    for module in sorted(texts):
        digest.update(module.encode())
        digest.update(texts[module])
    return digest.hexdigest()


def _sources(folder: Traversable, label: str) -> Sequence[tuple[str, bytes]]:
    out: list[tuple[str, bytes]] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            out += _sources(item, f"{label}/{item.name}")
        elif item.name.endswith(".py"):
            out.append((f"{label}/{item.name}", item.read_bytes()))
    return out
