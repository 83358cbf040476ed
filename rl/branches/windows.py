"""Windows of prices and volumes that the encoder reads: the last `WINDOW` days before every decision, per asset.

Contract
--------
- Day t's channels use closes, volumes and the index of rows <= t, and of those only the last `LOOKBACK - WINDOW + 1`.
- Sums run lag by lag in one fixed order and no transcendental function is called, as in `rl.features`: the same bits
  however many earlier rows the panel has and whatever later ones hold.
- No ticker, date or price level enters: every figure is a ratio, within [-1, 1] or a few deviations.
- What is not known is 0, and the channel "observed" (or "volume_observed") beside it says so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel
from rl.features import CARRY, MIN_HISTORY, Bools, carried, daily_moves, market_moves

WEEK = 5
WEEKS = 24
WINDOW = WEEK * WEEKS
"""Days in a window: 24 weeks."""
SCALE_SPAN = 63
"""Days before a day whose volatility and mean volume scale that day's figures."""
MIN_SCALE = 21
"""Observed days of those without which the day's figure is unknown."""
LOOKBACK = WINDOW + SCALE_SPAN + CARRY + 1
"""Rows on which one window depends."""
USUAL_VOLATILITY = 0.2
"""A year's, about that of a broad share index."""
BOUND = 5.0
"""Returns are cut at this many deviations: a wrong price must not shout."""

CHANNELS: tuple[str, ...] = (
    "return",
    "observed",
    "relative_volume",
    "volume_observed",
    "market_return",
    "relative_volatility",
    "market_volatility",
)
OWN = (0, 2)
"""Channels that masked-feature recovery hides: the asset's own return and volume, the market staying in sight."""
SEEN = (1, 3)
"""The channels that say whether each of `OWN` is known."""


@dataclass(frozen=True, eq=False)
class Series:
    """Every day's figures of a panel, from which windows are cut.

    Attributes
    ----------
    values : (T, N, len(CHANNELS)) float64
    known : (T, N) the asset is traded on the day, and `MIN_HISTORY` days of its window are observed
    """

    values: Floats
    known: Bools


def series_of(panel: MarketPanel) -> Series:
    """The channels of every day.

    "return": the day's return over the root mean square of the `SCALE_SPAN` returns before it, cut at `BOUND`.
    "relative_volume": (v - m) / (v + m) against the mean volume m of the days before, from -1 to 1, where the panel
    has the signal "volume". "market_return": the market's, scaled as the asset's own. "relative_volatility":
    (own - market) / (own + market) volatility. "market_volatility": the same form, the market's over `MIN_SCALE` days
    against a fixed `USUAL_VOLATILITY`.
    """
    closes = carried(panel.close)
    moves = daily_moves(closes)
    market = market_moves(panel.index, moves)[:, None]
    own_scale = _rms_before(moves, SCALE_SPAN)
    market_scale = _rms_before(market, SCALE_SPAN)
    returns, observed = _scaled(moves, own_scale)
    market_returns, _ = _scaled(market, market_scale)
    volume, volume_observed = _relative_volume(panel)
    month = _rms_before(market, MIN_SCALE)
    level = _contrast(month, np.full_like(month, USUAL_VOLATILITY / np.sqrt(252.0)))
    wide = np.broadcast_to
    values = np.stack(
        [
            returns,
            observed.astype(np.float64),
            volume,
            volume_observed.astype(np.float64),
            wide(market_returns, moves.shape),
            _contrast(own_scale, wide(market_scale, moves.shape)),
            wide(level, moves.shape),
        ],
        axis=-1,
    )
    counted = np.cumsum(observed, axis=0, dtype=np.int64)
    counted[WINDOW:] -= counted[:-WINDOW].copy()
    return Series(values=values, known=np.isfinite(closes) & (counted >= MIN_HISTORY))


def windows(series: Series, rows: NDArray[np.int64]) -> Floats:
    """(R, N, WINDOW, C) the windows that end on the rows asked for; days before the panel are unknown (0)."""
    days = len(series.values)
    if len(rows) and not (int(rows.min()) >= 0 and int(rows.max()) < days):
        raise ValueError(f"rows must lie within the panel's {days} days")
    back = rows[:, None] + np.arange(1 - WINDOW, 1)
    cut: Floats = series.values[np.maximum(back, 0)]
    cut[back < 0] = 0.0
    return np.ascontiguousarray(cut.swapaxes(1, 2))


def _before(values: Floats, span: int) -> tuple[Floats, Floats]:
    """Sum and count of the known values of the `span` rows before each row, lag by lag."""
    known = np.isfinite(values)
    filled, ones = np.where(known, values, 0.0), known.astype(np.float64)
    total, count = np.zeros_like(filled), np.zeros_like(filled)
    for lag in range(1, min(span, len(values) - 1) + 1):
        total[lag:] += filled[:-lag]
        count[lag:] += ones[:-lag]
    return total, count


def _rms_before(moves: Floats, span: int) -> Floats:
    """Root mean square of the moves before each day; NaN where too few are known, or where nothing ever moved."""
    square, count = _before(moves * moves, span)
    enough = (count >= min(MIN_SCALE, span)) & (square > 0)
    return np.where(enough, np.sqrt(square / np.maximum(count, 1.0)), np.nan)


def _scaled(moves: Floats, scale: Floats) -> tuple[Floats, Bools]:
    observed = np.isfinite(moves) & np.isfinite(scale)
    ratio: Floats = np.where(observed, moves, 0.0) / np.where(observed, scale, 1.0)
    return np.clip(ratio, -BOUND, BOUND), observed


def _contrast(one: Floats, other: Floats) -> Floats:
    """(one - other) / (one + other), a ratio's logarithm without the logarithm; 0 where either is unknown."""
    both = np.isfinite(one) & np.isfinite(other) & (np.nan_to_num(one) + np.nan_to_num(other) > 0)
    first: Floats = np.where(both, one, 1.0)
    second: Floats = np.where(both, other, 1.0)
    return np.asarray((first - second) / (first + second))


def _relative_volume(panel: MarketPanel) -> tuple[Floats, Bools]:
    if "volume" not in panel.signals:
        return np.zeros(panel.close.shape), np.zeros(panel.close.shape, dtype=np.bool_)
    volume = np.where(np.isfinite(panel.signals["volume"]), panel.signals["volume"], np.nan)
    volume = np.where(np.nan_to_num(volume, nan=-1.0) >= 0, volume, np.nan)
    total, count = _before(volume, SCALE_SPAN)
    usual = np.where(count >= MIN_SCALE, total / np.maximum(count, 1.0), np.nan)
    known = np.isfinite(volume) & np.isfinite(usual) & (np.nan_to_num(volume) + np.nan_to_num(usual) > 0)
    return np.where(known, _contrast(volume, usual), 0.0), known
