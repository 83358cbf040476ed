"""The example of docs/branches.md runs, and keeps the contract that it explains; a branch that does not is told so."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from portfolio.market import MarketPanel
from portfolio.universe import Universe
from rl.branches.conformance import broken_clauses
from rl.branches.metadata import Metadata, MetadataConfig
from rl.branches.records import Branch, BranchModel

PAGE = Path(__file__).parents[2] / "docs" / "branches.md"
ROWS = np.array([320, 702, 905, 1001, 1201, 1598])


def test_the_pages_example_is_a_branch(market_panel: MarketPanel, universe: Universe, tmp_path: Path) -> None:
    code = re.search(r"```python\n(# reversal\.py.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, type[BranchModel]] = {}
    exec(compile(code[1], "reversal.py", "exec"), names)
    model = names["Reversal"]()
    assert broken_clauses(model, market_panel, universe, ROWS) == ()
    model.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"reversal.json", "reversal.safetensors"}


def test_the_metadata_branch_passes_the_same_check(market_panel: MarketPanel, universe: Universe) -> None:
    assert broken_clauses(Metadata(MetadataConfig()), market_panel, universe, ROWS) == ()


@dataclass
class Faulty:
    """Breaks one clause on purpose."""

    fault: str
    name: str = "faulty"
    width: int = 1
    lookback: int = 2

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        close = np.nan_to_num(panel.close)
        known = np.isfinite(panel.close) & (panel.close > 0)
        values = np.zeros(close.shape)
        if self.fault == "later":
            values[:-1] = np.sign(close[1:] - close[:-1])
        elif self.fault == "level":
            values = close / 100.0
        elif self.fault == "unknown":
            values[~known] = 1.0
        elif self.fault == "lookback":
            values = np.cumsum(close > 50.0, axis=0) / 1600.0
        return Branch(self.name, np.asarray(values[..., None], dtype=np.float32), known)

    def save(self, folder: Path) -> None: ...


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        ("later", "a later price"),
        ("level", "the level of prices"),
        ("unknown", "not 0 where"),
        ("lookback", "only the last `lookback` rows"),
    ],
)
def test_a_branch_that_breaks_a_clause_is_told_which(
    market_panel: MarketPanel, universe: Universe, fault: str, clause: str
) -> None:
    assert any(clause in told for told in broken_clauses(Faulty(fault), market_panel, universe, ROWS))


def test_a_faultless_branch_is_told_nothing(market_panel: MarketPanel, universe: Universe) -> None:
    assert broken_clauses(Faulty("none"), market_panel, universe, ROWS) == ()
