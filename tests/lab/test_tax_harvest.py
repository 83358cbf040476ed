"""Harvesting losses on a made-up market: what it must do, whatever the figures."""

import numpy as np
import pytest

from lab.tax_harvest.account import Harvest, Rule, run
from lab.tax_harvest.page import section
from lab.tax_harvest.study import measure
from portfolio.market import MarketPanel


@pytest.fixture(scope="module")
def falling_and_rising() -> MarketPanel:
    random = np.random.default_rng(5)
    dates = np.arange(np.datetime64("2010-01-01"), np.datetime64("2016-01-01"))
    close = 50.0 * np.exp(np.cumsum(random.normal(0.0002, 0.012, (len(dates), 4)), axis=0))
    return MarketPanel(dates=dates, symbols=tuple("ABCD"), close=close, source="made up for a test")


def made(panel: MarketPanel, *, harvests: bool, washes: bool) -> Harvest:
    return run(panel, Rule(harvests=harvests, washes=washes, offset="gains elsewhere"))


def test_without_the_rule_harvesting_changes_nothing_before_tax_and_saves_tax(falling_and_rising: MarketPanel) -> None:
    plain = made(falling_and_rising, harvests=False, washes=False)
    harvested = made(falling_and_rising, harvests=True, washes=False)
    assert harvested.before == pytest.approx(plain.before, abs=1e-9)
    assert harvested.losses > plain.losses
    assert harvested.after > plain.after


def test_money_that_waits_keeps_harvested_losses_from_being_washed(falling_and_rising: MarketPanel) -> None:
    waited = made(falling_and_rising, harvests=True, washes=True)
    assert waited.losses > 0.0
    assert waited.disallowed < 0.02 * waited.losses  # the yearly rebalancing may wash a little
    assert waited.drag < made(falling_and_rising, harvests=False, washes=True).drag


def test_assets_with_holes_are_refused(falling_and_rising: MarketPanel) -> None:
    close = falling_and_rising.close.copy()
    close[10, 0] = np.nan
    holed = MarketPanel(falling_and_rising.dates, falling_and_rising.symbols, close, "made up for a test")
    with pytest.raises(ValueError, match="every day"):
        run(holed, Rule(harvests=True, washes=True, offset="gains elsewhere"))


def test_the_page_says_what_the_rule_takes_and_a_rule_that_costs_is_called_a_cost(
    falling_and_rising: MarketPanel,
) -> None:
    result = measure(falling_and_rising, "quorum evaluate tax-harvest")
    assert len(result.rows) == 12
    assert all(row.added == 0.0 and row.drag_saved == 0.0 for row in result.rows if not row.harvests)
    told = {(row.offset, row.washes): row.added for row in result.rows if row.harvests and row.cost == 0.0}
    word = "adds" if told["gains elsewhere", True] > 0.0 else "costs"
    assert f"Harvesting losses {word} {abs(told['gains elsewhere', True]):.2%}" in section(result)
