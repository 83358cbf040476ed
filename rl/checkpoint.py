"""A checkpoint is a folder: `weights.safetensors`, `card.json` (for machines) and `card.md` (for people).

Same weights, same bytes: tensors are written in name order with no time or path in them.
"""

from hashlib import sha256
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from rl.card import ModelCard
from rl.ensemble import Ensemble
from rl.features import ASSET_FEATURES, MARKET_FEATURES
from rl.folders import shipped
from rl.networks import Policy

__all__ = ["AllocatorUnavailable", "read", "shipped", "weights_bytes", "write"]

WEIGHTS, CARD, PAGE = "weights.safetensors", "card.json", "card.md"


class AllocatorUnavailable(Exception):  # noqa: N818 - the name is the contract with the graph
    """No policy can be read; the baseline needs none. `remedy` says what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def weights_bytes(ensemble: Ensemble) -> bytes:
    """The members' weights as safetensors, member by member in name order."""
    tensors = {
        f"{place}.{name}": tensor.detach().to("cpu", torch.float32).contiguous()
        for place, member in enumerate(ensemble.members)
        for name, tensor in sorted(member.state_dict().items())
    }
    return save(tensors)


def write(folder: Path, weights: bytes, card: ModelCard, page: str) -> None:
    """Write the three files; raises OSError as the file system does, and ValueError when card and weights differ."""
    if sha256(weights).hexdigest() != card.weights_sha256:
        raise ValueError("the card belongs to other weights; make both in one run")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        (WEIGHTS, weights),
        (CARD, (card.model_dump_json(indent=1) + "\n").encode()),
        (PAGE, page.encode()),
    ):
        # Written beside and moved into place: a full disk leaves the old checkpoint whole.
        part = folder / f".{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)


def read(folder: Path) -> tuple[Ensemble, ModelCard]:
    """The ensemble (float64, ready to serve) and its card.

    Raises AllocatorUnavailable when a file is missing or corrupt, when weights and card are not of one training,
    or when the policy was trained on other features than this version makes.
    """
    retrain = "run `quorum train` to make a new one, or unset QUORUM_CHECKPOINT to use the shipped one"
    try:
        card = ModelCard.model_validate_json((folder / CARD).read_bytes())
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise AllocatorUnavailable(
            f"no allocator checkpoint can be read at {folder}: {error.strerror}", retrain
        ) from error
    except ValidationError as error:
        raise AllocatorUnavailable(
            f"the model card at {folder} is not one this version understands", retrain
        ) from error
    if sha256(data).hexdigest() != card.weights_sha256:
        raise AllocatorUnavailable(f"the weights at {folder} are not those its card describes", retrain)
    if (card.asset_features, card.market_features) != (ASSET_FEATURES, MARKET_FEATURES):
        raise AllocatorUnavailable(f"the policy at {folder} was trained on other features than are made here", retrain)
    try:
        tensors = load(data)
        members = tuple(_member(card, tensors, place) for place in range(len(card.seeds)))
    except (SafetensorError, RuntimeError) as error:
        raise AllocatorUnavailable(f"the weights at {folder} do not fit the network of their card", retrain) from error
    return Ensemble(members, card.config.action_range, card.config.sleeve), card


def _member(card: ModelCard, tensors: dict[str, torch.Tensor], place: int) -> Policy:
    policy = Policy(card.config.shape)
    start = f"{place}."
    policy.load_state_dict({name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)})
    return policy.double().eval().requires_grad_(False)
