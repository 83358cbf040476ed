"""Branch models beside their policy: read back from the checkpoint's folder by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from rl.branches.records import BranchModel, BranchUnavailable

BranchName = Literal["forecaster", "encoder", "metadata", "chronos"]
BRANCH_NAMES: tuple[BranchName, ...] = get_args(BranchName)

EMBEDDINGS = "chronos-embeddings"
"""Folder beside the checkpoint in which embeddings are kept."""


def load_models(
    folder: Path, names: Sequence[str], cache: Path | None = None
) -> tuple[tuple[BranchModel, ...], tuple[str, ...]]:
    """The models of a checkpoint's branches, and a sentence for each that cannot be had: the policy masks it then.

    `cache` is where Chronos keeps its embeddings; beside the checkpoint when None.
    """
    found: list[BranchModel] = []
    missing: list[str] = []
    for name in names:
        try:
            found.append(_load(folder, name, cache or folder / EMBEDDINGS))
        except (BranchUnavailable, OSError, ValueError) as error:
            missing.append(f"The policy's {name} branch cannot be read, so it is masked: {error}")
    return tuple(found), tuple(missing)


def _load(folder: Path, name: str, cache: Path) -> BranchModel:
    if name == "forecaster":
        from rl.branches.forecaster import load_forecaster

        return load_forecaster(folder)
    if name == "encoder":
        from rl.branches.encoder import load_encoder

        return load_encoder(folder)
    if name == "metadata":
        from rl.branches.metadata import load_metadata

        return load_metadata(folder)
    if name == "chronos":
        from rl.branches.chronos import load_chronos

        return load_chronos(folder, cache)
    raise ValueError(f"no branch is called {name}; there are {', '.join(BRANCH_NAMES)}")
