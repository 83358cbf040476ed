"""Plug-ins: found, ordered, checked, and left out by name when they are broken."""

import importlib.util
import shutil
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from agents.personas import PersonaSpec, check, load_personas, load_registry, registry
from agents.personas.registry import persona_from_entry_point
from agents.personas.spec import Arrays
from portfolio.market import MarketPanel
from tools.errors import QuorumError

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "personas"
MARKDOWN = EXAMPLES / "quality_of_sleep.md"


def trend_follower() -> object:
    spec = importlib.util.spec_from_file_location("trend_follower", EXAMPLES / "trend_follower.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TrendFollower()


class Plugin:
    """A sound plug-in; the others below break one rule each."""

    spec = PersonaSpec(
        name="plugin", version=1, purpose="test", factor="Plugin", horizon_days=1, inputs=("close",), origin="test",
        fingerprint="1",
    )  # fmt: skip

    def raw(self, panel: MarketPanel) -> np.ndarray:
        return panel.returns()

    def history(self, panel: MarketPanel) -> Arrays:
        raw = self.raw(panel)
        mask = np.isfinite(raw) & np.isfinite(panel.close)
        return np.where(mask, np.tanh(raw), 0.0), np.where(mask, 0.5, 0.0), mask


class Leaking(Plugin):
    def raw(self, panel: MarketPanel) -> np.ndarray:
        return np.vstack([panel.returns()[1:], panel.returns()[-1:]])


class GlobalMean(Plugin):
    def raw(self, panel: MarketPanel) -> np.ndarray:
        return panel.returns() - np.nanmean(panel.returns())


class FillsWithZero(Plugin):
    def raw(self, panel: MarketPanel) -> np.ndarray:
        return np.nan_to_num(panel.returns())

    def history(self, panel: MarketPanel) -> Arrays:
        raw = self.raw(panel)
        return np.tanh(raw), np.full_like(raw, 0.5), np.ones(raw.shape, dtype=bool)


class OutOfRange(Plugin):
    def history(self, panel: MarketPanel) -> Arrays:
        score, confidence, mask = super().history(panel)
        return 300 * score, confidence, mask


class Random(Plugin):
    def raw(self, panel: MarketPanel) -> np.ndarray:
        return panel.returns() + np.random.default_rng().normal(size=panel.close.shape)


class Raising(Plugin):
    def history(self, panel: MarketPanel) -> Arrays:
        raise RuntimeError("no licence")


class WrongShape(Plugin):
    def history(self, panel: MarketPanel) -> Arrays:
        score, confidence, mask = super().history(panel)
        return score[1:], confidence, mask


class ShortLookback(Plugin):
    spec = Plugin.spec.model_copy(update={"lookback": 1})


class Writes(Plugin):
    def history(self, panel: MarketPanel) -> Arrays:
        panel.close[0, 0] = 1.0
        return super().history(panel)


@pytest.mark.parametrize("name", ["value", "momentum", "risk", "contrarian"])
def test_every_built_in_persona_passes_its_own_suite(name: str) -> None:
    report = check(name)
    assert report.passed, [item for item in report.items if not item.passed]


def test_a_sound_plug_in_passes() -> None:
    assert check(Plugin()).passed


@pytest.mark.parametrize(
    ("faulty", "rule"),
    [
        (Leaking, "point in time"),
        (GlobalMean, "point in time"),
        (FillsWithZero, "abstains without its inputs"),
        (OutOfRange, "scores in"),
        (Random, "the same twice"),
        (Raising, "arrays of days"),
        (WrongShape, "arrays of days"),
        (ShortLookback, "look-back"),
        (Writes, "left as it was"),
    ],
)
def test_a_faulty_plug_in_is_told_its_fault_and_the_remedy(faulty: type[Plugin], rule: str) -> None:
    report = check(faulty())
    caught = [item for item in report.items if not item.passed]
    assert any(rule in item.rule for item in caught), caught
    assert all(item.fault and item.remedy for item in caught)
    assert not report.passed


def test_both_examples_of_the_documentation_pass() -> None:
    assert check(MARKDOWN).passed
    report = check(trend_follower())  # type: ignore[arg-type]
    assert report.passed, [item for item in report.items if not item.passed]


def test_a_users_folder_adds_personas_after_the_built_in_ones(tmp_path: Path) -> None:
    shutil.copy(MARKDOWN, tmp_path / "z.md")
    (tmp_path / "a.md").write_text(MARKDOWN.read_text().replace("quality_of_sleep", "another"))
    names = [persona.spec.name for persona in load_personas(folder=tmp_path)]
    assert names == ["value", "momentum", "risk", "contrarian", "another", "quality_of_sleep"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("factor: risk", "factor: astrology"), "astrology"),
        (("model_shift_bound: 0.1", "model_shift_bound: 0.9"), "model_shift_bound"),
        (("name: quality_of_sleep", "name: value"), "exists already"),
        (("inputs: [as_of, ", "inputs: ["), "as_of"),
    ],
)
def test_a_broken_file_is_left_out_by_name_and_the_others_go_on(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    (tmp_path / "sleep.md").write_text(MARKDOWN.read_text().replace(*change))
    found = load_registry(tmp_path)
    assert len(found.personas) == 4
    assert says in found.broken[0].cause and "sleep" in found.broken[0].origin


def test_an_input_that_nobody_gives_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "sleep.md"
    path.write_text(MARKDOWN.read_text().replace("as_of", "horoscope"))
    report = check(path)
    assert not report.passed
    assert any("horoscope" in item.fault for item in report.items)


def test_a_prompt_that_does_not_set_findings_apart_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "sleep.md"
    path.write_text(MARKDOWN.read_text().replace('findings | data("findings")', "findings"))
    assert any("leave its data block" in item.fault for item in check(path).items)


def test_a_misspelt_name_lists_the_names() -> None:
    with pytest.raises(QuorumError, match="there is no persona 'valeu'") as caught:
        load_personas(["valeu"])
    assert "did you mean value" in caught.value.remedy
    assert "value, momentum, risk, contrarian" in caught.value.remedy


def test_entry_points_join_and_broken_ones_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("gone", "no.such.module:Persona", registry.ENTRY_POINTS),
        EntryPoint("nothing", "pathlib:Path", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    found = load_registry()
    assert [broken.name for broken in found.broken] == ["gone", "nothing"]
    assert len(found.personas) == 4
    with pytest.raises(QuorumError, match="the persona gone cannot be used"):
        load_personas(["gone"])


def test_a_class_in_an_installed_package_is_a_persona(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLES / "trend_follower.py", tmp_path / "quorum_example_trend.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("trend_follower", "quorum_example_trend:TrendFollower", registry.ENTRY_POINTS)
    assert persona_from_entry_point(point).spec.name == "trend_follower"
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    assert [persona.spec.name for persona in load_personas()][-1] == "trend_follower"


def test_the_order_does_not_depend_on_how_names_are_asked_for() -> None:
    assert [p.spec.name for p in load_personas(["risk", "value"])] == ["value", "risk"]
