"""An adapter on disk: `adapter.safetensors` (76 numbers) and `adapter.json`, its card.

The card says whose checkpoint the adapter bends, what history it was fitted to, and what it was worth on months that it
had not seen.
"""

from datetime import date
from hashlib import sha256
from pathlib import Path

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from portfolio.profile import Objective
from portfolio.records import Record
from rl.card import ModelCard
from rl.personalisation_fit import FitConfig, Likelihood
from rl.router import RouterAdapter

ADAPTER, ADAPTER_CARD = "adapter.safetensors", "adapter.json"
_REFIT = "fit it again with `quorum personalise`"
_LARGEST = 65_536
"""Bytes; an adapter is 76 numbers, and a file that is larger is something else."""


class AdapterMismatch(ValueError):  # noqa: N818 - named for what is the case, as the others of the house
    """The adapter cannot be read, or belongs to another checkpoint than the one that it is to bend."""


class AdapterSpan(Record):
    """Decision days that did one thing: learning, stopping or judging."""

    first: date
    last: date
    days: int


class AdapterCard(Record):
    """What an adapter is, for machines; `docs/personalise.md` explains it."""

    checkpoint: str
    checkpoint_sha256: str = Field(min_length=64, max_length=64)
    """Of the weights that it bends."""
    history_sha256: str = Field(min_length=64, max_length=64)
    """Of the client's file: enough to know it again, not to read it."""
    prices: str
    """The source of the prices, in words."""
    trades: int
    objectives: dict[Objective, float]
    """The mix that the adapter was fitted on top of: the client is to be served with it."""
    none: float
    leaning: float
    config: FitConfig
    steps: int
    noise: float
    learning: AdapterSpan
    stopping: AdapterSpan
    judging: AdapterSpan
    learned: Likelihood
    stopped: Likelihood
    held_out: Likelihood
    adapter_sha256: str = Field(min_length=64, max_length=64)


def adapter_bytes(adapter: RouterAdapter) -> bytes:
    """The same numbers are the same bytes."""
    tensors = {name: getattr(adapter, name).detach().to(torch.float32).contiguous() for name in ("down", "up")}
    return save(tensors)


def save_adapter(folder: Path, adapter: RouterAdapter, card: AdapterCard) -> None:
    """Write both files; raises OSError as the file system does, and ValueError when they do not belong together."""
    data = adapter_bytes(adapter)
    if sha256(data).hexdigest() != card.adapter_sha256:
        raise ValueError("the card belongs to another adapter; make both in one run")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((ADAPTER, data), (ADAPTER_CARD, (card.model_dump_json(indent=1) + "\n").encode())):
        part = folder / f".{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)


def read_adapter_card(folder: Path) -> AdapterCard:
    """Raises AdapterMismatch when there is none or it is not one that this version understands."""
    try:
        return AdapterCard.model_validate_json(_bytes(folder / ADAPTER_CARD))
    except ValidationError as error:
        raise AdapterMismatch(f"the card at {folder} is not one this version understands; {_REFIT}") from error


def load_adapter(folder: Path, card: ModelCard) -> RouterAdapter:
    """The adapter at `folder`, for the checkpoint of `card` and no other.

    Raises AdapterMismatch when it belongs to other weights, when its file is not the one that its own card describes,
    or when the numbers are not an adapter's.
    """
    own = read_adapter_card(folder)
    if own.checkpoint_sha256 != card.weights_sha256:
        raise AdapterMismatch(
            f"the adapter at {folder} was fitted to the checkpoint {own.checkpoint} ({own.checkpoint_sha256[:12]}) and "
            f"cannot bend {card.name} ({card.weights_sha256[:12]}); {_REFIT}"
        )
    data = _bytes(folder / ADAPTER)
    if sha256(data).hexdigest() != own.adapter_sha256:
        raise AdapterMismatch(f"the adapter at {folder} is not the one that its card describes; {_REFIT}")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise AdapterMismatch(f"the adapter at {folder} cannot be read; {_REFIT}") from error
    if set(tensors) != {"down", "up"} or not all(bool(torch.isfinite(part).all()) for part in tensors.values()):
        raise AdapterMismatch(f"the adapter at {folder} does not hold an adapter's numbers; {_REFIT}")
    try:
        return RouterAdapter(tensors["down"], tensors["up"])
    except ValueError as error:
        raise AdapterMismatch(str(error)) from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise AdapterMismatch(f"{path.name} is too large to be an adapter's; {_REFIT}")
        return path.read_bytes()
    except OSError as error:
        raise AdapterMismatch(f"{path} cannot be read ({error.strerror}); {_REFIT}") from error
