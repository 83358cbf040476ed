"""An adapter on disk belongs to one checkpoint and to its own card, or it is an error."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from portfolio.profile import OBJECTIVES
from rl.card import ModelCard
from rl.checkpoint import shipped
from rl.personalisation_fit import FitConfig, Likelihood
from rl.personalisation_store import (
    ADAPTER,
    ADAPTER_CARD,
    AdapterCard,
    AdapterMismatch,
    AdapterSpan,
    adapter_bytes,
    load_adapter,
    save_adapter,
)
from rl.router import RouterAdapter


@pytest.fixture
def adapter() -> RouterAdapter:
    return RouterAdapter(RouterAdapter.unfitted(1).down, torch.arange(8.0).reshape(4, 2))


@pytest.fixture
def model_card() -> ModelCard:
    return ModelCard.model_validate_json((shipped() / "card.json").read_bytes())


def card_of(adapter: RouterAdapter, checkpoint: ModelCard) -> AdapterCard:
    span = AdapterSpan(first=date(2020, 1, 1), last=date(2021, 1, 1), days=12)
    value = Likelihood(before=0.0, after=0.1)
    return AdapterCard(
        checkpoint=checkpoint.name,
        checkpoint_sha256=checkpoint.weights_sha256,
        history_sha256="0" * 64,
        prices="made up for a test",
        trades=30,
        objectives=dict.fromkeys(OBJECTIVES, 1 / 6),
        none=0.1,
        leaning=1.0,
        config=FitConfig(),
        steps=5,
        noise=0.1,
        learning=span,
        stopping=span,
        judging=span,
        learned=value,
        stopped=value,
        held_out=value,
        adapter_sha256=sha256(adapter_bytes(adapter)).hexdigest(),
    )


def test_what_is_saved_is_what_is_loaded_to_the_bit(
    tmp_path: Path, adapter: RouterAdapter, model_card: ModelCard
) -> None:
    save_adapter(tmp_path / "new", adapter, card_of(adapter, model_card))
    loaded = load_adapter(tmp_path / "new", model_card)
    assert torch.equal(loaded.down, adapter.down) and torch.equal(loaded.up, adapter.up)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [ADAPTER_CARD, ADAPTER]


def test_an_adapter_of_another_checkpoint_is_an_error(
    tmp_path: Path, adapter: RouterAdapter, model_card: ModelCard
) -> None:
    save_adapter(tmp_path, adapter, card_of(adapter, model_card))
    other = model_card.model_copy(update={"weights_sha256": "f" * 64})
    with pytest.raises(AdapterMismatch, match="cannot bend"):
        load_adapter(tmp_path, other)


def test_an_adapter_that_its_card_does_not_describe_is_an_error(
    tmp_path: Path, adapter: RouterAdapter, model_card: ModelCard
) -> None:
    save_adapter(tmp_path, adapter, card_of(adapter, model_card))
    (tmp_path / ADAPTER).write_bytes(adapter_bytes(RouterAdapter.unfitted(9)))
    with pytest.raises(AdapterMismatch, match="not the one that its card describes"):
        load_adapter(tmp_path, model_card)


def test_a_card_of_other_numbers_is_not_written(tmp_path: Path, adapter: RouterAdapter, model_card: ModelCard) -> None:
    with pytest.raises(ValueError, match="another adapter"):
        save_adapter(tmp_path, RouterAdapter.unfitted(9), card_of(adapter, model_card))


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"x" * 100_000])
def test_a_broken_card_is_a_clear_error(tmp_path: Path, model_card: ModelCard, content: bytes) -> None:
    (tmp_path / ADAPTER_CARD).write_bytes(content)
    with pytest.raises(AdapterMismatch):
        load_adapter(tmp_path, model_card)


def test_no_adapter_is_a_clear_error(tmp_path: Path, model_card: ModelCard) -> None:
    with pytest.raises(AdapterMismatch, match="quorum personalise"):
        load_adapter(tmp_path, model_card)
