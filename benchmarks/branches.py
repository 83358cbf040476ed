"""What the branches cost and what they are worth: encoders set beside each other, collapse with and without the
contrast, a linear probe out of sample, and embeddings a second of Chronos checkpoints of the published sizes.

The Chronos weights are random: they cost what real ones cost, and say nothing about what real ones are worth.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import nn

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.chronos_checkpoint import find_checkpoint, open_checkpoint
from rl.branches.encoder import Encoder, EncoderConfig, EncoderFigures, Network
from rl.branches.encoder_probe import linear_probe
from rl.branches.pretraining import measure, pretrain_encoder
from rl.branches.windows import CHANNELS, LOOKBACK, WEEKS, WINDOW
from tools.market.bundled import load_bundled
from tools.market.folder import load_folder

CUT, LAST = date(2015, 12, 31), date(2022, 12, 28)
PRICES = Path(__file__).parents[2] / "shared" / "data" / "prices"
UNSEEN = (("etf", date(2016, 1, 1)), ("us_crypto", date(2021, 7, 1)), ("idx_lq45", date(2021, 7, 1)))
Figures = Mapping[str, float] | Mapping[str, Mapping[str, float]]
SIZES = {
    "tiny": {"d_model": 256, "d_ff": 1024, "num_layers": 4, "num_heads": 4, "d_kv": 64},
    "small": {"d_model": 512, "d_ff": 2048, "num_layers": 6, "num_heads": 8, "d_kv": 64},
}


class DailyConvolutions(nn.Module):
    """The usual causal convolutions over single days, dilated until they see the whole window."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        widths = [len(CHANNELS), *[hidden] * 6]
        self.layers = nn.ModuleList(
            nn.Conv1d(widths[i], hidden, 3, dilation=2**i, padding=2 ** (i + 1)) for i in range(6)
        )

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        out = window.transpose(1, 2)
        for convolve in self.layers:
            out = nn.functional.gelu(convolve(out)[..., :WINDOW])
        return out[..., -1]


class DailyRecurrence(nn.Module):
    """A GRU over single days."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gru = nn.GRU(len(CHANNELS), hidden, batch_first=True)

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        last: torch.Tensor = self.gru(window)[0][:, -1]
        return last


class WeeklyTransformer(nn.Module):
    """Two layers of self-attention over the same weekly tokens as the encoder's."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.token = nn.Linear(WINDOW // WEEKS * len(CHANNELS), hidden)
        one = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(one, 2, enable_nested_tensor=False)

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(self.token(window.reshape(len(window), WEEKS, -1))).mean(dim=1)
        return out


def cost() -> dict[str, float]:
    """Windows a CPU-second, forwards and backwards, of the encoder and of three others of the same width."""
    config = EncoderConfig()
    torch.manual_seed(0)
    window = torch.randn(288, WINDOW, len(CHANNELS))
    network = Network(config)
    models: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "encoder (weekly tokens, two convolutions)": lambda x: network(x)[0],
        "weekly transformer": WeeklyTransformer(config.hidden),
        "daily GRU": DailyRecurrence(config.hidden),
        "daily causal convolutions": DailyConvolutions(config.hidden),
    }
    found = {}
    for name, model in models.items():
        model(window).square().mean().backward()  # type: ignore[no-untyped-call]
        start, runs = time.process_time(), 0
        while time.process_time() - start < 1.5:
            model(window).square().mean().backward()  # type: ignore[no-untyped-call]
            runs += 1
        found[name] = runs * len(window) / (time.process_time() - start)
    return found


def _pretrained(panel: MarketPanel, universe: Universe, config: EncoderConfig) -> tuple[Encoder, float]:
    start = time.process_time()
    return pretrain_encoder([panel], [universe], config, CUT, lambda _step: None), time.process_time() - start


def _row(figures: EncoderFigures) -> dict[str, float]:
    row = {"cosine": figures.cosine if figures.cosine is not None else float("nan")}
    for task in figures.tasks:
        row |= {task.name: task.loss, f"{task.name}_trivial": task.trivial}
    return row


def encoder() -> dict[str, dict[str, float]]:
    """Losses, cosines and probes after the cut, with the contrast and without, on the same assets and unseen ones."""
    data = load_bundled()
    found: dict[str, dict[str, float]] = {}
    for name, config in (("with contrast", EncoderConfig()), ("without contrast", EncoderConfig(contrast=0.0))):
        made, seconds = _pretrained(data.panel, data.universe, config)
        found[name] = {"cpu_seconds": seconds, **_row(measure(made, data.panel, date(2016, 1, 1), LAST))}
        for figure in linear_probe(made, data.panel, data.universe, CUT):
            found[name] |= {f"probe_{figure.question}": figure.branch}
            found[name] |= {f"probe_{figure.question}_features": figure.features}
            found[name] |= {f"probe_{figure.question}_both": figure.both}
        for folder, first in UNSEEN if name == "with contrast" else ():
            if (PRICES / folder).is_dir():
                other = load_folder(PRICES / folder)
                found[f"unseen: {folder}"] = _row(measure(made, other.panel, first, other.panel.last_date))
        start = time.process_time()
        rows = np.arange(LOOKBACK, len(data.panel.dates), 7)
        made.describe_rows(data.panel, data.universe, rows)
        found[name]["describe_windows_a_second"] = len(rows) * len(data.universe.assets) / (time.process_time() - start)
    return found


def _checkpoint(folder: Path, kind: str, size: str) -> Path:
    from chronos.chronos_bolt import ChronosBoltModelForForecasting
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    bolt = kind == "bolt"
    tokens = {"vocab_size": 2 if bolt else 4096, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    config = T5Config.from_dict(tokens | SIZES[size])
    shared = {"context_length": 512, "prediction_length": 64}
    if bolt:
        config.architectures, config.chronos_pipeline_class = ["ChronosBoltModelForForecasting"], "ChronosBoltPipeline"
        quantiles = [n / 10 for n in range(1, 10)]
        config.chronos_config = {
            **shared, "input_patch_size": 16, "input_patch_stride": 16, "quantiles": quantiles, "use_reg_token": True
        }  # fmt: skip
        ChronosBoltModelForForecasting(config).save_pretrained(folder)
    else:
        config.architectures = ["T5ForConditionalGeneration"]
        config.chronos_config = {
            **shared, "tokenizer_class": "MeanScaleUniformBins", "n_tokens": 4096, "n_special_tokens": 2,
            "tokenizer_kwargs": {"low_limit": -15.0, "high_limit": 15.0}, "pad_token_id": 0, "eos_token_id": 1,
            "use_eos_token": True, "model_type": "seq2seq", "num_samples": 20, "temperature": 1.0, "top_k": 50,
            "top_p": 1.0,
        }  # fmt: skip
        T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def chronos() -> dict[str, float]:
    """Embeddings a CPU-second: kind, size, days and precision."""
    found = {}
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as home:
        for kind in ("t5", "bolt"):
            for size in SIZES:
                folder = find_checkpoint(str(_checkpoint(Path(home) / f"{kind}-{size}", kind, size)))
                for context, double in ((256, False), (256, True), (512, False)):
                    if (kind, size) == ("t5", "small") and (double or context == 512):
                        continue  # minutes, for a figure that nobody would choose
                    embedder = open_checkpoint(folder, context, double=double)
                    window = np.cumprod(1 + random.normal(0, 0.01, (32, context)), axis=1).astype(np.float32)
                    embedder.embed(window[:2])
                    start = time.process_time()
                    embedder.embed(window)
                    name = f"{kind} {size} {context} days{' double' if double else ''}"
                    found[name] = len(window) / (time.process_time() - start)
    return found


def main() -> None:
    """Measure, print one block a part, or with --json one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=("cost", "encoder", "chronos"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts: dict[str, Callable[[], Figures]] = {"cost": cost, "encoder": encoder, "chronos": chronos}
    made = {name: part() for name, part in parts.items() if options.part in {None, name}}
    if options.json:
        print(json.dumps(made))
        return
    for name, figures in made.items():
        print(f"{name}\n" + "\n".join(f"  {key}: {_text(value)}" for key, value in figures.items()))


def _text(value: float | Mapping[str, float]) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number:.3f}" for key, number in value.items())
    return f"{value:,.1f} a CPU-second"


if __name__ == "__main__":
    main()
