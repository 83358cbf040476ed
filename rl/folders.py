"""Where the checkpoints lie that come with the package. Imports no torch, so that naming one costs nothing."""

from importlib.resources import files
from pathlib import Path


def shipped(personal: bool = False) -> Path:
    """The folder of the checkpoint that comes with the package; `personal` is the one with the intent router, whose
    last layer a client's own adapter bends."""
    return Path(str(files("models").joinpath("intent" if personal else "allocator")))
