"""The universes of the re-test, each heard by every installed persona, and what all accounts on it share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.backtest.plan import Plan
from lab.backtest.seen import World
from lab.objectives.accounts import Market
from lab.objectives.records import Config
from lab.walk_forward.universes import StudyUniverse, load_universes
from portfolio.backtest import decision_rows
from portfolio.market import MarketPanel
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.features import YEAR
from tools.errors import DataError
from tools.market.bundled import SHARES, bundled_universe, load_bundled
from tools.market.folder import load_folder

SHORT_NAMES: Mapping[str, str] = {"US shares": "us-shares", "ETFs": "etfs", "US + crypto": "us-crypto"}
"""Of the universes that take part, in order, for files. The bundled shares are those that the policies were trained on,
to 2015; the others they have never seen."""
FEWEST = 15
"""Monthly decisions: a window of twelve months, and a few of them."""


@dataclass(frozen=True, eq=False)
class Ground:
    """One universe: its world, the decision rows, and words for the page."""

    name: str
    world: World
    market: Market
    ratio: str
    notes: tuple[str, ...]

    @property
    def short(self) -> str:
        return SHORT_NAMES.get(self.name, self.name)

    @property
    def rows(self) -> tuple[int, ...]:
        return self.market.rows


def ground_of(world: World, name: str, config: Config, notes: tuple[str, ...] = ()) -> Ground:
    """Monthly decisions from the first day of the settings that has a year of prices before it.

    The bill rate counts where it covers the whole test. Raises DataError where fewer than `FEWEST` decisions remain.
    """
    panel = world.panel
    first = max(YEAR, int(np.searchsorted(panel.dates, np.datetime64(config.first))))
    rows = tuple(int(row) for row in decision_rows(panel.dates, "monthly") if row >= first)
    if len(rows) < FEWEST:
        raise DataError(
            f"{panel.source} leaves {len(rows)} monthly decisions from {config.first} after a year of history",
            f"bring more prices: {FEWEST} decisions are the least",
        )
    rate = panel.cash_rate
    billed = rate is not None and bool(np.isfinite(rate[rows[0] :]).all())
    market = Market(world.closes(), panel.dates, rate if billed else None, rows)
    return Ground(name, world, market, "Sharpe over bills" if billed else "return over volatility", notes)


def load_grounds(prices: Path | None, config: Config, progress: Callable[[str], None]) -> tuple[Ground, ...]:
    """The bundled shares, and `etf` and `us_crypto` where the folder `prices` has them."""
    from agents.personas import load_personas, score_history

    personas = load_personas()
    out = []
    for study in load_universes(prices):
        if study.name not in SHORT_NAMES:
            continue
        progress(f"reading {study.name}")
        panel = _recent(_whole(study, prices), config)
        scores: ScoreHistory = score_history(personas, panel)
        world = World(panel, universe_of(study, prices), scores)
        out.append(ground_of(world, study.name, config, study.notes))
    return tuple(out)


def plan_of(config: Config, volatility: float) -> Plan:
    """The backtest's plan with the same risk, cost and limits, for the rules."""
    return Plan(
        first=config.first,
        cost_basis_points=config.basis_points,
        volatility=volatility,
        risk_aversion=config.risk_aversion,
    )


def universe_of(study: StudyUniverse, prices: Path | None) -> Universe:
    """What is known of the study's assets."""
    folder = {"ETFs": "etf", "US + crypto": "us_crypto"}.get(study.name)
    whole = bundled_universe() if folder is None or prices is None else load_folder(prices / folder).universe
    kept = tuple(whole.asset(symbol) for symbol in study.panel.symbols)
    return whole.model_copy(update={"assets": kept})


def _whole(study: StudyUniverse, prices: Path | None) -> MarketPanel:
    """The study's prices; the bundled ones to their last day where no bill fund is at hand, at which the study ends
    them with the bill rate."""
    if study.name != "US shares" or (prices is not None and (prices / "etf").is_dir()):
        return study.panel
    return load_bundled().panel.select(SHARES)


HISTORY = 12 * YEAR
"""Rows kept before the first decision: more than any persona or covariance reads back."""


def _recent(panel: MarketPanel, config: Config) -> MarketPanel:
    """Without the rows on which nothing in the test depends, to save time."""
    first = int(np.searchsorted(panel.dates, np.datetime64(config.first)))
    return panel.window(max(0, first - HISTORY), len(panel.dates))
