"""A small language model on this machine: its weights, and llama.cpp's server in a process of its own.

Nothing of the product needs it; `pip install "quorum-advisor[local]"` brings the engine, `quorum model fetch` the
weights.
"""

from tools.local_model.server import LocalServer
from tools.local_model.weights import SMOLLM2, Weights, fetch_weights, find_weights, weights_folder

__all__ = ["SMOLLM2", "LocalServer", "Weights", "fetch_weights", "find_weights", "weights_folder"]
