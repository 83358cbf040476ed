"""What a strategy may know on a decision day: rows up to it, and the risk that the house reads from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from portfolio.mandate import Limit, Mandate
from portfolio.market import Floats, MarketPanel
from portfolio.profile import Objective
from portfolio.risk import DAYS_PER_YEAR, LONG_WINDOW, volatilities
from portfolio.universe import Universe
from portfolio.views import ScoreHistory
from rl.baseline import eligible_assets, risk_of
from rl.features import carried

INDEX = "INDEX"
"""The broad index as a column beside the assets: a reference, never offered to a strategy that chooses."""
CVAR_PER_VOLATILITY = 2.063

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class World:
    """Prices, assets and persona scores of a whole run.

    panel : the assets' prices
    scores : of every row of the panel
    """

    panel: MarketPanel
    universe: Universe
    scores: ScoreHistory

    @property
    def columns(self) -> tuple[str, ...]:
        """What the engine holds: the assets, and the index where there is one."""
        return self.panel.symbols if self.panel.index is None else (*self.panel.symbols, INDEX)

    def closes(self) -> Floats:
        """(T, M) of `columns`."""
        if self.panel.index is None:
            return self.panel.close
        return np.column_stack([self.panel.close, self.panel.index])


@dataclass(frozen=True, eq=False)
class Seen:
    """The knowledge of one decision day, whose row is the panel's last; nothing later is in it.

    Attributes
    ----------
    row : of the whole panel
    eligible : (N,) traded of late, with a history to measure risk on
    covariance : (N, N) yearly, of the house
    means : (N,) yearly mean return over the bill rate, of the days that the covariance reads; zero where unknown
    score, confidence, spoken : (N,) the personas' confidence-weighted mean score, their mean confidence, and where
        any spoke
    scores : the personas' scores of this day alone
    """

    row: int
    panel: MarketPanel
    universe: Universe
    eligible: Bools
    covariance: Floats
    means: Floats
    score: Floats
    confidence: Floats
    spoken: Bools
    scores: ScoreHistory
    mandate: Mandate
    cap: float

    def part(self) -> Floats:
        """(K, K) the covariance of the eligible."""
        return np.asarray(self.covariance[np.ix_(self.eligible, self.eligible)])

    def spread(self, weights: Floats) -> Floats:
        """(N,) from weights (K,) of the eligible."""
        out = np.zeros(len(self.eligible))
        out[self.eligible] = weights
        return out

    def index_volatility(self) -> float:
        """Yearly, of the index, by the house's rule."""
        if self.panel.index is None:
            raise ValueError("this market has no index; leave the strategy out")
        closes = carried(self.panel.index[-(LONG_WINDOW + 1) :, None])
        return float(volatilities(closes[1:] / closes[:-1] - 1.0)[0])


def seen_on(world: World, row: int, mandate: Mandate, cap: float) -> Seen:
    """What is known at the close of `row`."""
    panel = world.panel.window(0, row + 1)
    eligible = eligible_assets(panel)
    scores = one_row(world.scores, row)
    heard = scores.mask[:, 0]
    weight = np.where(heard, scores.confidence[:, 0], 0.0)
    total = weight.sum(axis=0)
    spoken = total > 0.0
    score = np.divide((weight * scores.score[:, 0]).sum(axis=0), total, out=np.zeros(len(eligible)), where=spoken)
    confidence = np.divide(total, heard.sum(axis=0), out=np.zeros(len(eligible)), where=spoken)
    return Seen(
        row=row,
        panel=panel,
        universe=world.universe,
        eligible=eligible,
        covariance=risk_of(panel, eligible),
        means=_means(panel, eligible),
        score=score,
        confidence=confidence,
        spoken=spoken,
        scores=scores,
        mandate=mandate,
        cap=cap,
    )


def every_day(world: World, rows: Sequence[int], mandate: Mandate, cap: float) -> Iterator[Seen]:
    """`seen_on` for each row, in order."""
    for row in rows:
        yield seen_on(world, row, mandate, cap)


def fingerprint(world: World) -> str:
    """SHA-256 of prices, index, bill rate and persona scores."""
    digest = sha256("\n".join((*world.panel.symbols, *world.scores.personas)).encode())
    arrays = [world.panel.dates.astype("datetime64[D]").astype(np.float64), world.panel.close]
    arrays += [extra for extra in (world.panel.cash_rate, world.panel.index) if extra is not None]
    arrays += [world.scores.score, world.scores.confidence, world.scores.mask.astype(np.float64)]
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def one_row(scores: ScoreHistory, row: int) -> ScoreHistory:
    """The scores of one day alone."""
    return replace(
        scores,
        score=scores.score[:, row : row + 1],
        confidence=scores.confidence[:, row : row + 1],
        mask=scores.mask[:, row : row + 1],
    )


def plain_mandate(volatility: float, risk_aversion: float) -> Mandate:
    """A client with a volatility limit and nothing else that binds: the one for whom strategies compare."""

    def limit(value: float) -> Limit:
        return Limit(value=value, reason="the plan of the backtest")

    free = limit(1.0)
    return Mandate(
        volatility_cap=limit(volatility),
        cvar_cap=limit(CVAR_PER_VOLATILITY * volatility),
        cash_floor=limit(0.0),
        risk_asset_cap=free,
        share_cap=free,
        fund_cap=free,
        single_shares_cap=free,
        complex_cap=free,
        group_cap=free,
        turnover_cap=free,
        risk_aversion=limit(risk_aversion),
        objective_mix={Objective.LONG_TERM_GAIN: 1.0},
    )


def _means(panel: MarketPanel, eligible: Bools) -> Floats:
    closes = carried(panel.close[-(LONG_WINDOW + 1) :])
    moves = closes[1:] / closes[:-1] - 1.0
    known = np.isfinite(moves) & eligible
    count = known.sum(axis=0)
    mean = np.where(known, moves, 0.0).sum(axis=0) / np.maximum(count, 1)
    bill = 0.0
    if panel.cash_rate is not None:
        rates = panel.cash_rate[-LONG_WINDOW:]
        bill = float(rates[np.isfinite(rates)].mean()) if np.isfinite(rates).any() else 0.0
    return np.where(count > 0, DAYS_PER_YEAR * mean - bill, 0.0)
