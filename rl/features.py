"""The one function that makes the allocator's features: in training, in backtests and live (invariant 6).

Contract
--------
- Row t uses closes (and the index) of rows <= t, and of those only the last `LOOKBACK` rows.
- Row t is identical to the bit whatever later rows hold, and however many earlier ones are beyond the lookback:
  every sum runs lag by lag from t backwards in one fixed order, and no transcendental function is called.
- No ticker, no calendar date and no price level enters: any asset of any universe can be described.
- What is not known is 0 *and* says so: `history` (share of the year's days observed) stands beside the figures.

Prices missing for up to `CARRY` days in a row (holidays of a mixed calendar) are carried, inside this function only;
after that the asset counts as not traded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel

Bools = NDArray[np.bool_]

YEAR = 252
CARRY = 4
MIN_HISTORY = 63
"""Days of returns without which an asset's risk is unknown, so that the allocator does not hold it."""
LOOKBACK = YEAR + 1 + CARRY
"""Rows on which one row of features depends."""

HORIZONS = (1, 5, 21, 63, 126, 252)
SPANS = (21, 63, 252)

ASSET_FEATURES: tuple[str, ...] = (
    *(f"return_{h}" for h in HORIZONS),
    "return_252_skipping_21",
    "volatility_21_to_252",
    "volatility_63_to_252",
    "volatility_252",
    "volatility_to_peers",
    "drawdown_252",
    *(f"trend_distance_{s}" for s in SPANS),
    "beta_252",
    "history",
)
MARKET_FEATURES: tuple[str, ...] = (
    *(f"return_{h}" for h in HORIZONS[2:]),
    "volatility_21_to_252",
    "volatility_252",
    "drawdown_252",
    "trend_distance_252",
    "breadth",
    "dispersion",
)


@dataclass(frozen=True, eq=False)
class MarketFeatures:
    """Features of T days and N assets.

    Attributes
    ----------
    asset : (T, N, len(ASSET_FEATURES)) float32, mostly within [-4, 4]; 0 where not tradable
    market : (T, len(MARKET_FEATURES)) float32
    tradable : (T, N) a close was seen within the last `CARRY` + 1 days
    eligible : (T, N) tradable, with at least `MIN_HISTORY` returns in the last 252 days
    """

    asset: NDArray[np.float32]
    market: NDArray[np.float32]
    tradable: Bools
    eligible: Bools


@dataclass(frozen=True, eq=False)
class _Moments:
    """Sums over the last h days, each (T, K), for every horizon h."""

    total: dict[int, Floats]
    square: dict[int, Floats]
    count: dict[int, Floats]
    cross: dict[int, Floats]
    path_mean: dict[int, Floats]
    lowest: Floats


def features(panel: MarketPanel) -> MarketFeatures:
    """Features of every day of the panel. Source of the forms: Moskowitz, Ooi and Pedersen (2012) for
    volatility-scaled returns, Jegadeesh and Titman (1993) for skipping the last month."""
    closes = carried(panel.close)
    tradable = np.isfinite(closes)
    moves = daily_moves(closes)
    broad_moves = market_moves(panel.index, moves)
    own = _moments(moves, broad_moves[:, None])
    broad = _moments(broad_moves[:, None], broad_moves[:, None])

    eligible = tradable & (own.count[YEAR] >= MIN_HISTORY)
    asset = _asset_columns(own, broad, eligible)
    market = _market_columns(own, broad, eligible)
    return MarketFeatures(
        asset=np.where(tradable[:, :, None], asset, 0.0).astype(np.float32),
        market=market.astype(np.float32),
        tradable=tradable,
        eligible=eligible,
    )


def latest(panel: MarketPanel) -> MarketFeatures:
    """The last day's features, T = 1: the same bits as `features(panel)` at its last row, from `LOOKBACK` rows."""
    days = len(panel.dates)
    made = features(panel.window(max(0, days - LOOKBACK), days))
    return MarketFeatures(made.asset[-1:], made.market[-1:], made.tradable[-1:], made.eligible[-1:])


def carried(close: Floats) -> Floats:
    """(T, N) closes with gaps of up to `CARRY` days closed by the last close seen; non-positive prices are gaps."""
    with np.errstate(invalid="ignore"):
        seen = np.where(np.isfinite(close) & (close > 0), close, np.nan)
    out = seen.astype(np.float64, order="C", copy=True)
    for lag in range(1, CARRY + 1):
        missing = np.isnan(out[lag:])
        out[lag:][missing] = seen[:-lag][missing]
    return out


def daily_moves(closes: Floats) -> Floats:
    """(T, N) daily returns between carried closes; NaN where either is missing."""
    moves = np.full_like(closes, np.nan)
    moves[1:] = closes[1:] / closes[:-1] - 1.0
    return moves


def market_moves(index: Floats | None, moves: Floats) -> Floats:
    """(T,) the index's daily return; where there is none, the mean over assets; 0 where there is neither."""
    known = np.isfinite(moves)
    mean: Floats = ordered_sum(np.where(known, moves, 0.0)) / np.maximum(known.sum(axis=1), 1)
    if index is None:
        return mean
    own = daily_moves(carried(index[:, None]))[:, 0]
    return np.where(np.isfinite(own), own, mean)


def ordered_sum(values: Floats) -> Floats:
    """Sum over the last axis, strictly left to right, so that rounding does not depend on the other axes' sizes."""
    if values.shape[-1] == 0:
        return np.zeros(values.shape[:-1])
    return np.asarray(np.cumsum(values, axis=-1)[..., -1])


def _moments(moves: Floats, market: Floats) -> _Moments:
    """Walk back from every day at once, one lag at a time, keeping the sums at each horizon."""
    known = np.isfinite(moves)
    move = np.where(known, moves, 0.0)
    squares, crosses, ones = move * move, move * market, known.astype(np.float64)
    total, square, count, cross = (np.zeros_like(move) for _ in range(4))
    path_sum, lowest = np.zeros_like(move), np.zeros_like(move)
    out = _Moments({}, {}, {}, {}, {}, lowest)
    rows = len(move)
    for lag in range(YEAR):
        if lag < rows:
            for sums, values in ((total, move), (square, squares), (count, ones), (cross, crosses)):
                sums[lag:] += values[: rows - lag]
        # `total` is now the rise from the close `lag + 1` days ago (or the first one) to today, in added returns.
        path_sum += total
        np.minimum(lowest, total, out=lowest)
        span = lag + 1
        if span in HORIZONS:
            out.total[span], out.square[span] = total.copy(), square.copy()
            out.count[span], out.cross[span] = count.copy(), cross.copy()
            out.path_mean[span] = path_sum / span
    return out


def _scaled(value: Floats, scale: Floats, bound: float = 4.0) -> Floats:
    """value / scale within [-bound, bound]; 0 where the scale is 0 (a price that never moved)."""
    moved = scale > 0
    return np.where(moved, np.clip(value / np.where(moved, scale, 1.0), -bound, bound), 0.0)


def _volatility(moments: _Moments, span: int) -> Floats:
    """Root mean square of the daily returns seen in the last `span` days (the mean is taken as zero)."""
    return np.sqrt(moments.square[span] / np.maximum(moments.count[span], 1.0))


def _asset_columns(own: _Moments, broad: _Moments, eligible: Bools) -> Floats:
    year = _volatility(own, YEAR)
    peers = ordered_sum(np.where(eligible, year, 0.0)) / np.maximum(eligible.sum(axis=1), 1)
    skipped = own.total[252] - own.total[21]
    columns = [_scaled(own.total[h], year * np.sqrt(float(h))) for h in HORIZONS]
    columns += [
        _scaled(skipped, year * np.sqrt(231.0)),
        _scaled(_volatility(own, 21), year) - 1.0,
        _scaled(_volatility(own, 63), year) - 1.0,
        np.minimum(year * np.sqrt(252.0) / 0.3, 5.0) - 1.0,
        _scaled(year, np.broadcast_to(peers[:, None], year.shape)) - 1.0,
        _scaled(own.lowest, year * np.sqrt(252.0)),
        *(_scaled(own.path_mean[s], year * np.sqrt(float(s))) for s in SPANS),
        _scaled(own.cross[YEAR], np.broadcast_to(broad.square[YEAR], year.shape)) - 1.0,
        own.count[YEAR] / YEAR,
    ]
    return np.stack(columns, axis=-1)


def _market_columns(own: _Moments, broad: _Moments, eligible: Bools) -> Floats:
    year = _volatility(broad, YEAR)
    held = np.maximum(eligible.sum(axis=1), 1)
    rising = eligible & (own.path_mean[YEAR] > 0)
    month = np.where(eligible, own.total[21], 0.0)
    middle = ordered_sum(month) / held
    spread = ordered_sum(np.where(eligible, (month - middle[:, None]) ** 2, 0.0)) / held
    columns = [_scaled(broad.total[h], year * np.sqrt(float(h)))[:, 0] for h in HORIZONS[2:]]
    columns += [
        (_scaled(_volatility(broad, 21), year) - 1.0)[:, 0],
        np.minimum(year[:, 0] * np.sqrt(252.0) / 0.2, 5.0) - 1.0,
        _scaled(broad.lowest, year * np.sqrt(252.0))[:, 0],
        _scaled(broad.path_mean[YEAR], year * np.sqrt(252.0))[:, 0],
        2.0 * rising.sum(axis=1) / held - 1.0,
        np.minimum(np.sqrt(spread) / 0.1, 5.0) - 1.0,
    ]
    return np.stack(columns, axis=-1)
