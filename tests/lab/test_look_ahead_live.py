"""The whole live path under the sceptic's test: a thief on it is caught by name, an honest committee passes."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import agents.personas.registry as registry
from agents.personas.spec import Arrays, PersonaSpec
from lab.backtest.look_ahead_live import check_live
from portfolio.market import MarketPanel
from tools.market.records import MarketData
from tools.settings import Settings


@dataclass(frozen=True)
class Thief:
    """A persona that reads, over the shoulder of the graph, prices that it was not given."""

    spec: PersonaSpec

    def history(self, panel: MarketPanel) -> Arrays:
        whole = next(
            frame.frame.f_locals["context"]._whole.panel
            for frame in inspect.stack()
            if frame.function == "persona" and "context" in frame.frame.f_locals
        )
        row = len(panel.dates) - 1
        ahead = whole.close[min(row + 5, len(whole.dates) - 1)] / whole.close[row] - 1.0
        score = np.zeros_like(panel.close)
        score[-1] = np.nan_to_num(np.sign(ahead))
        return score, np.full_like(score, 0.9), np.ones(score.shape, dtype=bool)


class Plugged:
    """How an installed package offers a persona."""

    name, value = "oracle", "a test"

    def load(self) -> Thief:
        return Thief(
            PersonaSpec(
                name="oracle", version=1, purpose="knows", factor="Thief", horizon_days=5, inputs=("close",),
                origin="this test", fingerprint="0",
            )
        )  # fmt: skip


def quiet(*_: object) -> None:
    return None


def plugged_in(group: str) -> Sequence[Plugged]:
    return (Plugged(),) if group == registry.ENTRY_POINTS else ()


def test_an_honest_committee_answers_the_same_whatever_comes_after(backtest_data: MarketData, tmp_path: Path) -> None:
    found = check_live(backtest_data, Settings(home=tmp_path), 0, quiet, cuts=1)
    assert found.leaks == () and found.answers == 4 and len(found.cuts) == 1
    assert found.sentence.startswith("The live committee does not look ahead: 4 answers of 4 ways")


def test_a_persona_that_steals_the_future_on_the_live_path_is_caught_and_named(
    backtest_data: MarketData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "entry_points", plugged_in)
    found = check_live(backtest_data, Settings(home=tmp_path), 0, quiet, cuts=1)
    assert {(leak.kind, leak.name) for leak in found.leaks} == {("persona", "oracle")}
    assert "the persona oracle" in found.sentence


def test_a_search_that_finds_tomorrows_news_is_laid_at_the_analysts_door(
    backtest_data: MarketData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from portfolio.views import Evidence
    from tools.store import DocumentStore

    honest = DocumentStore.get

    def ahead(self: DocumentStore, *, as_of: date, **given: object) -> tuple[Evidence, ...]:
        found = honest(self, as_of=date.max, **given)  # type: ignore[arg-type]
        return tuple(item.model_copy(update={"published": min(item.published, as_of)}) for item in found)

    monkeypatch.setattr(DocumentStore, "get", ahead)
    found = check_live(backtest_data, Settings(home=tmp_path), 0, quiet, cuts=1)
    assert {(leak.kind, leak.name) for leak in found.leaks} == {("analyst", "news")}
