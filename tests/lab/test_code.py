"""What is kept for a code is not taken up by another: a changed line is another digest, plug-ins included."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lab.code import code_digest, source_digest


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("a_plug_in", path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules["a_plug_in"] = found
    spec.loader.exec_module(found)
    return found


def test_a_plug_in_whose_code_changes_is_another_though_its_name_and_version_stay(tmp_path: Path) -> None:
    path = tmp_path / "a_plug_in.py"
    path.write_text("class Mine:\n    version = 1\n    bias = 0.0\n", encoding="utf-8")
    before = source_digest([module(path).Mine])
    assert source_digest([module(path).Mine]) == before
    path.write_text("class Mine:\n    version = 1\n    bias = 0.5\n", encoding="utf-8")
    assert source_digest([module(path).Mine]) != before


def test_other_packages_are_other_code() -> None:
    assert code_digest(("portfolio",)) == code_digest(("portfolio",))
    assert code_digest(("portfolio",)) != code_digest(("portfolio", "rl"))


def test_a_library_of_another_version_is_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest(("portfolio",))
    monkeypatch.setattr("lab.code.version", lambda name: "0.0")
    assert code_digest(("portfolio",)) != before
