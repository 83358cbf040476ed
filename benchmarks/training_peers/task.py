"""What every contestant trains on: the bundled daily history of 20 US shares, the same years, personas and days."""

from dataclasses import dataclass

import torch

from agents.personas import load_personas, score_history
from portfolio.market import MarketPanel
from portfolio.views import ScoreHistory
from rl.environment import Market, market_of
from tools.market.bundled import load_bundled

YEARS = ("1991-01-01", "2015-12-31")
"""The training years of `quorum train`."""


@dataclass(frozen=True, eq=False)
class Task:
    """A daily panel (T, N), the same with personas' scores as tensors, the first and last ISO date to train on, and the
    decision days between them."""

    panel: MarketPanel
    market: Market
    years: tuple[str, str]
    days: torch.Tensor


def bundled_task() -> Task:
    """The 20 shares of the bundled history, scored by every installed persona. Raises what reading them raises."""
    data = load_bundled()
    shares = tuple(asset.symbol for asset in data.universe.assets if asset.asset_class == "share")
    panel = data.panel.select(shares)
    scores = score_history(load_personas(), panel)
    return task_of(panel, scores, YEARS)


def task_of(panel: MarketPanel, scores: ScoreHistory, years: tuple[str, str]) -> Task:
    """The same for any panel; `years` are the first and last ISO dates to train on."""
    market = market_of(panel, scores)
    return Task(panel, market, years, market.between(*years))
