"""The Chronos branch through its real loading code, on small checkpoints of random weights, with no network."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.chronos import ChronosBranch, ChronosConfig, fit_chronos, fit_projection, load_chronos
from rl.branches.chronos_cache import DiskCache
from rl.branches.chronos_checkpoint import find_checkpoint, open_checkpoint
from rl.branches.conformance import broken_clauses
from rl.branches.records import BranchUnavailable, RowBranchModel

pytest.importorskip("chronos", reason="the extra chronos-forecasting is not installed")

CUT = date(2013, 6, 1)
CONFIG = ChronosConfig(context=64, width=6, fitted_on=80)
ROWS = np.array([300, 705, 1100, 1599])


def make_checkpoint(folder: Path, kind: str) -> Path:
    """A tiny checkpoint with the entries that the published ones have."""
    from chronos.chronos_bolt import ChronosBoltModelForForecasting
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(3)
    size = {"d_model": 16, "d_ff": 32, "num_layers": 1, "num_heads": 2, "d_kv": 8, "feed_forward_proj": "relu"}
    if kind == "t5":
        config = T5Config(vocab_size=128, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, **size)
        config.architectures = ["T5ForConditionalGeneration"]
        config.chronos_config = {
            "tokenizer_class": "MeanScaleUniformBins",
            "tokenizer_kwargs": {"low_limit": -15.0, "high_limit": 15.0},
            "context_length": 128,
            "prediction_length": 8,
            "n_tokens": 128,
            "n_special_tokens": 2,
            "pad_token_id": 0,
            "eos_token_id": 1,
            "use_eos_token": True,
            "model_type": "seq2seq",
            "num_samples": 2,
            "temperature": 1.0,
            "top_k": 50,
            "top_p": 1.0,
        }
        T5ForConditionalGeneration(config).save_pretrained(folder)
    else:
        config = T5Config(vocab_size=2, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, **size)
        config.architectures = ["ChronosBoltModelForForecasting"]
        config.chronos_pipeline_class = "ChronosBoltPipeline"
        config.chronos_config = {
            "context_length": 128,
            "prediction_length": 8,
            "input_patch_size": 16,
            "input_patch_stride": 16,
            "quantiles": [0.1, 0.5, 0.9],
            "use_reg_token": True,
        }
        ChronosBoltModelForForecasting(config).save_pretrained(folder)
    return folder


class CountingCache:
    """A caller's own cache, in memory; it counts what is kept, and may break off after some of it."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.kept: dict[bytes, np.ndarray] = {}
        self.puts, self.breaks_after = 0, breaks_after

    def get(self, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def put(self, found: Mapping[bytes, np.ndarray]) -> None:
        if self.breaks_after is not None and self.puts >= self.breaks_after:
            raise KeyboardInterrupt
        self.puts += 1
        self.kept |= found


@pytest.fixture(scope="module", params=["t5", "bolt"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("chronos") / request.param, request.param)


@pytest.fixture(scope="module")
def bolt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("chronos") / "one", "bolt")


@pytest.fixture(scope="module")
def branch(
    checkpoint: Path, market_panel: MarketPanel, universe: Universe, tmp_path_factory: pytest.TempPathFactory
) -> ChronosBranch:
    return fit_chronos(str(checkpoint), market_panel, universe, CONFIG, CUT, tmp_path_factory.mktemp("kept"))


def test_the_branch_keeps_the_contract(branch: ChronosBranch, market_panel: MarketPanel, universe: Universe) -> None:
    assert isinstance(branch, RowBranchModel)
    made = branch.describe_rows(market_panel, universe, ROWS)
    assert made.values.shape == (4, 8, 6) and made.values.dtype == np.float32
    assert not made.values[~made.known].any() and np.isfinite(made.values).all()
    assert made.values[made.known].std() > 0.3, "of order one"
    assert not made.known[0, 1] and not made.known[3, 2], "not listed yet, and delisted"
    for place, row in enumerate(ROWS):
        fresh = ChronosBranch(branch._embedder, branch._projection, branch.card, CountingCache())
        part = fresh.describe(market_panel.window(row + 1 - branch.lookback, row + 1), universe)
        assert part.values[-1].tobytes() == made.values[place].tobytes(), "with and without the cache"
        assert (part.known[-1] == made.known[place]).all()


def test_it_passes_the_authors_check(branch: ChronosBranch, market_panel: MarketPanel, universe: Universe) -> None:
    assert broken_clauses(branch, market_panel, universe, ROWS[:3]) == ()


def test_no_later_price_moves_it_and_no_level_enters(
    branch: ChronosBranch, market_panel: MarketPanel, universe: Universe
) -> None:
    made = branch.describe_rows(market_panel, universe, ROWS[:3])
    close = market_panel.close.copy()
    close[1101:] *= 7.0
    later = branch.describe_rows(replace(market_panel, close=close), universe, ROWS)
    assert later.values[:3].tobytes() == made.values.tobytes()
    level = branch.describe_rows(replace(market_panel, close=market_panel.close * 16.0), universe, ROWS[:3])
    assert level.values.tobytes() == made.values.tobytes()


def test_the_projection_is_fitted_before_the_cut(
    branch: ChronosBranch, checkpoint: Path, market_panel: MarketPanel, universe: Universe
) -> None:
    after = (market_panel.dates > np.datetime64(CUT))[:, None]
    changed = replace(market_panel, close=np.where(after, market_panel.close * 5.0, market_panel.close))
    again = fit_chronos(str(checkpoint), changed, universe, CONFIG, CUT, CountingCache())
    assert again.card == branch.card and branch.card.until == CUT


def test_a_saved_branch_gives_the_same_bytes(
    branch: ChronosBranch, checkpoint: Path, market_panel: MarketPanel, universe: Universe, tmp_path: Path
) -> None:
    branch.save(tmp_path)
    loaded = load_chronos(tmp_path, CountingCache())
    there, here = (b.describe_rows(market_panel, universe, ROWS) for b in (loaded, branch))
    assert there.values.tobytes() == here.values.tobytes() and loaded.card == branch.card


def test_an_embedding_is_computed_once_and_an_interrupted_run_goes_on(
    bolt: Path, market_panel: MarketPanel, universe: Universe
) -> None:
    cache = CountingCache()
    made = fit_chronos(str(bolt), market_panel, universe, CONFIG, CUT, cache)
    rows = np.arange(400, 1600, 7)
    before = cache.puts
    cache.breaks_after = before + 2
    with pytest.raises(KeyboardInterrupt):
        made.describe_rows(market_panel, universe, rows)
    cache.breaks_after = None
    first = made.describe_rows(market_panel, universe, rows)
    whole = CountingCache()
    other = ChronosBranch(made._embedder, made._projection, made.card, whole)
    assert other.describe_rows(market_panel, universe, rows).values.tobytes() == first.values.tobytes()
    puts = cache.puts
    again = made.describe_rows(market_panel, universe, rows)
    assert cache.puts == puts, "nothing was computed anew"
    assert again.values.tobytes() == first.values.tobytes()


def test_the_disk_cache_is_read_by_the_next_process_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    found = {bytes([n]) * 32: np.full(5, n, dtype=np.float32) for n in range(3)}
    DiskCache(tmp_path / "new").put(found)
    DiskCache(tmp_path / "new").put({bytes(32): np.ones(5, dtype=np.float32)})
    read = DiskCache(tmp_path / "new").get([*found, b"x" * 32])
    assert sorted(read) == sorted(found)
    assert all((read[key] == found[key]).all() for key in found), "what is there stays as it is"
    (tmp_path / "new" / "embeddings.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(BranchUnavailable, match="cannot be used"):
        DiskCache(tmp_path / "new").get(list(found))


def test_another_checkpoint_or_context_does_not_read_this_ones_embeddings(
    bolt: Path, market_panel: MarketPanel, universe: Universe, tmp_path: Path
) -> None:
    cache = CountingCache()
    fit_chronos(str(bolt), market_panel, universe, CONFIG, CUT, cache)
    kept = set(cache.kept)
    torch.manual_seed(0)
    other = make_checkpoint(tmp_path / "t5", "t5")
    fit_chronos(str(other), market_panel, universe, CONFIG, CUT, cache)
    longer = CONFIG.model_copy(update={"context": 96, "double": True})
    fit_chronos(str(bolt), market_panel, universe, longer, CUT, cache)
    assert len(cache.kept) > 2.9 * len(kept)


def test_a_model_id_that_is_not_on_this_machine_fails_at_once_and_says_what_to_do(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(BranchUnavailable) as told:
        find_checkpoint("amazon/chronos-bolt-tiny", hub_cache=tmp_path)
    assert time.monotonic() - start < 5, "the network is not asked"
    assert "no weights of amazon/chronos-bolt-tiny" in told.value.reason
    assert "hf download amazon/chronos-bolt-tiny" in told.value.remedy
    with pytest.raises(BranchUnavailable, match="neither a folder nor a model id"):
        find_checkpoint("s3://some/where/else")


def test_a_model_id_is_read_from_the_cache_of_this_machine(bolt: Path, tmp_path: Path) -> None:
    home = tmp_path / "models--some--chronos"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("a" * 40)
    snapshot = home / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    for path in bolt.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    found = find_checkpoint("some/chronos", hub_cache=tmp_path)
    assert found.sha256 == find_checkpoint(str(bolt)).sha256, "by content, whatever it is called"


def test_without_the_package_the_branch_is_absent_and_says_so(bolt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chronos", None)
    with pytest.raises(BranchUnavailable, match="chronos-forecasting") as told:
        open_checkpoint(find_checkpoint(str(bolt)), 64)
    assert "quorum-advisor[chronos]" in told.value.remedy


def test_what_is_no_sound_checkpoint_is_refused_with_the_reason(bolt: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    with pytest.raises(BranchUnavailable, match=r"no config\.json"):
        find_checkpoint(str(tmp_path))
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((bolt / name).read_bytes())
    config = json.loads((bolt / "config.json").read_text())
    for change, reason in (
        ({"chronos_pipeline_class": "Chronos2Pipeline"}, "Chronos2Pipeline"),
        ({"chronos_config": None}, "no Chronos checkpoint"),
    ):
        changed = {key: value for key, value in (config | change).items() if value is not None}
        (tmp_path / "config.json").write_text(json.dumps(changed))
        with pytest.raises(BranchUnavailable, match=reason):
            find_checkpoint(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(BranchUnavailable, match="not JSON"):
        find_checkpoint(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BranchUnavailable, match="reads 128 days"):
        open_checkpoint(find_checkpoint(str(tmp_path)), 256)
    tensors = load_file(bolt / "model.safetensors")
    lost = next(name for name in sorted(tensors) if name.startswith("encoder.block"))
    save_file({name: t for name, t in tensors.items() if name != lost}, tmp_path / "model.safetensors")
    with pytest.raises(BranchUnavailable, match="lack 1 of its encoder"):
        open_checkpoint(find_checkpoint(str(tmp_path)), 64)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(BranchUnavailable, match="cannot be loaded"):
        open_checkpoint(find_checkpoint(str(tmp_path)), 64)


def test_a_branch_whose_checkpoint_changed_is_refused(
    bolt: Path, market_panel: MarketPanel, universe: Universe, tmp_path: Path
) -> None:
    made = fit_chronos(str(bolt), market_panel, universe, CONFIG, CUT, CountingCache())
    made.save(tmp_path / "branch")
    other = make_checkpoint(tmp_path / "t5", "t5")
    with pytest.raises(BranchUnavailable, match="not those the branch was fitted with"):
        load_chronos(tmp_path / "branch", CountingCache(), checkpoint=str(other))
    (tmp_path / "branch" / "chronos.safetensors").write_bytes(b"x")
    with pytest.raises(BranchUnavailable, match="not the one its card describes"):
        load_chronos(tmp_path / "branch", CountingCache())


def test_a_cut_before_every_history_is_an_error(bolt: Path, market_panel: MarketPanel, universe: Universe) -> None:
    with pytest.raises(ValueError, match="use a later cut"):
        fit_chronos(str(bolt), market_panel, universe, CONFIG, date(2010, 1, 20), CountingCache())


def test_the_components_are_uncorrelated_and_of_size_one_where_they_were_fitted() -> None:
    random = np.random.default_rng(2)
    values = (random.normal(size=(500, 4)) * [5, 1, 0.1, 0.0] + 100).astype(np.float32)
    projection = fit_projection(values, 3)
    made = projection(values)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=0.05)
    np.testing.assert_allclose(np.corrcoef(made.T), np.eye(3), atol=0.02)
    assert not fit_projection(values, 4)(values)[:, 3].any(), "what does not vary says nothing"
    assert projection.explained == pytest.approx(1.0)


def test_all_tokens_that_were_observed_are_pooled_and_no_other(checkpoint: Path) -> None:
    embedder = open_checkpoint(find_checkpoint(str(checkpoint)), 64)
    window = np.cumprod(1 + np.random.default_rng(0).normal(0, 0.02, (3, 64)), axis=1).astype(np.float32)
    window[1:, :32] = np.nan
    window[2, 32:48] = np.nan
    made = embedder.embed(window)
    tokens = embedder._pipeline.embed(torch.from_numpy(window))[0].numpy()
    days = 1 if embedder.checkpoint.kind == "t5" else 16
    expected = [tokens[0, : 64 // days], tokens[1, 32 // days : 64 // days], tokens[2, 48 // days : 64 // days]]
    np.testing.assert_allclose(made, [part.mean(axis=0) for part in expected], rtol=1e-5, atol=1e-6)
