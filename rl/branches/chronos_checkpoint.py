"""A frozen Chronos (T5) or Chronos-Bolt checkpoint, from this machine only: nothing here reaches a network.

Ansari et al. (2024), arXiv 2403.07815. The package `chronos-forecasting` is an extra and is imported when asked for.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from rl.branches.records import BranchUnavailable

if TYPE_CHECKING:
    from chronos import BaseChronosPipeline

Kind = Literal["t5", "bolt"]
PIPELINES: dict[str, Kind] = {"ChronosPipeline": "t5", "ChronosBoltPipeline": "bolt"}
INSTALL = "install the extra: pip install 'quorum-advisor[chronos]'; or train without the Chronos branch"
ENCODER_PARTS = ("encoder.", "input_patch_embedding.")


@dataclass(frozen=True)
class Checkpoint:
    """A folder of weights and what is in it.

    Attributes
    ----------
    name : as the user gave it, for the card
    sha256 : of its settings and weights, whatever the folder is called
    """

    name: str
    folder: Path
    kind: Kind
    sha256: str


class Embedder:
    """The checkpoint's encoder, ready to read windows."""

    def __init__(self, checkpoint: Checkpoint, pipeline: "BaseChronosPipeline") -> None:
        self.checkpoint, self._pipeline = checkpoint, pipeline

    def embed(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, L) windows, NaN where unknown, to (B, D): the mean over the tokens in which something was observed.

        The end-of-series token of T5 and the register token of Bolt, which come last, are left out.
        """
        context = torch.from_numpy(windows)
        with torch.no_grad():
            tokens, _ = self._pipeline.embed(context)
        seen = self._seen(context)
        weight = (seen / seen.sum(dim=1, keepdim=True).clamp(min=1)).to(tokens.dtype)
        pooled: NDArray[np.float32] = torch.einsum("bl,bld->bd", weight, tokens[:, : seen.shape[1]]).float().numpy()
        return pooled

    def _seen(self, context: torch.Tensor) -> torch.Tensor:
        """(B, tokens) whether anything of a token was observed: a day for T5, a patch of days for Bolt."""
        known = ~torch.isnan(context)
        if self.checkpoint.kind == "t5":
            return known
        patch = int(self._pipeline.inner_model.config.chronos_config["input_patch_size"])
        padded = torch.nn.functional.pad(known, (-known.shape[1] % patch, 0))
        return padded.view(len(known), -1, patch).any(dim=-1)


def find_checkpoint(name: str, *, hub_cache: Path | None = None) -> Checkpoint:
    """A folder, or a model id ("amazon/chronos-bolt-tiny") that lies in the Hugging Face cache of this machine.

    Raises BranchUnavailable when there is none, or when it is no Chronos or Chronos-Bolt checkpoint.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _from_hub_cache(name, hub_cache)
    weights = sorted(folder.glob("*.safetensors"))
    settings = folder / "config.json"
    if not settings.is_file() or not weights:
        raise BranchUnavailable(
            f"{name} holds no config.json with weights as safetensors",
            "name the folder of a Chronos checkpoint, or train without the Chronos branch",
        )
    digest = sha256()
    for path in (settings, *weights):
        with path.open("rb") as content:
            digest.update(file_digest(content, "sha256").digest())
    return Checkpoint(name, folder, _kind(name, settings), digest.hexdigest())


def open_checkpoint(checkpoint: Checkpoint, context: int, *, double: bool = False) -> Embedder:
    """Load the weights. Raises BranchUnavailable when the package is missing, the weights are damaged or do not fill
    the encoder, or `context` is longer than the checkpoint reads."""
    with _quiet():
        try:
            from chronos import BaseChronosPipeline
        except ImportError as error:
            raise BranchUnavailable(f"the package chronos-forecasting cannot be imported: {error}", INSTALL) from error
        again = "fetch the checkpoint again"
        try:
            pipeline = BaseChronosPipeline.from_pretrained(
                checkpoint.folder,
                device_map="cpu",
                dtype=torch.float64 if double else torch.float32,
                local_files_only=True,
                use_safetensors=True,
            )
            told: set[str] = set()
            for path in sorted(checkpoint.folder.glob("*.safetensors")):
                with safe_open(path, framework="pt") as part:
                    told |= set(part.keys())
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, AssertionError, SafetensorError) as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise BranchUnavailable(f"the weights of {checkpoint.name} cannot be loaded: {why}", again) from error
    model = pipeline.inner_model.eval().requires_grad_(False)
    # transformers fills weights that a file lacks with chance and only logs it: chance must not pass for a model.
    needed = {key for key in model.state_dict() if key.startswith(ENCODER_PARTS) and "embed_tokens" not in key}
    if needed - told:
        raise BranchUnavailable(f"the weights of {checkpoint.name} lack {len(needed - told)} of its encoder's", again)
    longest = int(model.config.chronos_config["context_length"])
    if context > longest:
        raise BranchUnavailable(
            f"{checkpoint.name} reads {longest} days, {context} were asked for", f"set context to {longest} or less"
        )
    return Embedder(checkpoint, pipeline)


def _from_hub_cache(name: str, hub_cache: Path | None) -> Path:
    remedy = (
        f"fetch it once with `hf download {name}`, or name the folder it lies in; without it the branch is left out"
    )
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError as error:
        raise BranchUnavailable(f"the package huggingface_hub cannot be imported: {error}", INSTALL) from error
    try:
        return Path(snapshot_download(name, cache_dir=hub_cache, local_files_only=True))
    except HFValidationError as error:
        raise BranchUnavailable(f"{name} is neither a folder nor a model id", "name either") from error
    except LocalEntryNotFoundError as error:
        raise BranchUnavailable(f"no weights of {name} are on this machine", remedy) from error


def _kind(name: str, settings: Path) -> Kind:
    """From the two entries that every published checkpoint carries; T5 is what has no pipeline class."""
    remedy = "name a Chronos (T5) or Chronos-Bolt checkpoint"
    try:
        config = json.loads(settings.read_bytes())
    except ValueError as error:
        raise BranchUnavailable(f"the config.json of {name} is not JSON", remedy) from error
    if not isinstance(config, dict) or "chronos_config" not in config:
        raise BranchUnavailable(f"{name} is no Chronos checkpoint", remedy)
    pipeline = str(config.get("chronos_pipeline_class", "ChronosPipeline"))
    if pipeline not in PIPELINES:
        raise BranchUnavailable(f"{name} is a {pipeline}, which this branch does not read", remedy)
    return PIPELINES[pipeline]


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of transformers over our own."""
    try:
        from transformers.utils import logging
    except ImportError:  # then the import of chronos says what is missing
        yield
        return
    before = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if before:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
