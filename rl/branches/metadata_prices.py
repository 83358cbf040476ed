"""Numbers of the metadata vector that are made of a year's prices and volumes: sums lag by lag in one fixed order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel
from rl.features import MIN_HISTORY, YEAR, Bools, carried, daily_moves, market_moves, ordered_sum

MONTH = 21
MIN_VOLUMES = 63
"""Days of volume in a year without which nothing is said of it; of a month's, a third is asked."""


@dataclass(frozen=True, eq=False)
class Known:
    """A number's values and where they are known, both (R, N)."""

    value: Floats
    known: Bools

    def on(self, rows: NDArray[np.int64]) -> "Known":
        return Known(self.value[rows], self.known[rows])


def ratio(above: Floats, below: Floats) -> Known:
    """above / below - 1, known where both are finite and below is positive."""
    known = np.isfinite(above) & np.isfinite(below) & (np.nan_to_num(below) > 0)
    value: Floats = np.where(known, above, 0.0) / np.where(known, below, 1.0) - 1.0
    return Known(np.where(known, value, 0.0), known)


def market_numbers(panel: MarketPanel) -> dict[str, Known]:
    """The six of `metadata_table.FROM_PRICES` that the policy's own features do not hold, on every day."""
    moves = daily_moves(carried(panel.close))
    known = np.isfinite(moves)
    move = np.where(known, moves, 0.0)
    market = np.broadcast_to(market_moves(panel.index, moves)[:, None], move.shape)
    others = known.sum(axis=1, keepdims=True) - known
    peers = (ordered_sum(move)[:, None] - move) / np.maximum(others, 1)
    beside = known & (others > 0)
    peers = np.where(beside, peers, 0.0)

    count = _past(known)
    enough = count >= MIN_HISTORY
    days = np.maximum(count, 1.0)
    first, second, third = _past(move), _past(move * move), _past(move * move * move)
    mean = first / days
    variance = np.maximum(second / days - mean * mean, 0.0)
    deviation = np.sqrt(variance)
    moved = enough & (deviation > 1e-12)
    skewness = (third / days - 3.0 * mean * second / days + 2.0 * mean * mean * mean) / np.where(
        moved, variance * deviation, 1.0
    )
    worst = _lowest(move) / np.where(moved, 5.0 * deviation, 1.0)
    return {
        "correlation_to_market": _correlation(move, np.where(known, market, 0.0), known, enough),
        "correlation_to_peers": _correlation(np.where(beside, move, 0.0), peers, beside, _past(beside) >= MIN_HISTORY),
        "skewness": Known(skewness, moved),
        "worst_day": Known(worst, moved),
        "rising_days": Known(2.0 * _past(move > 0) / days - 1.0, enough),
        "still_days": Known(_past(known & (move == 0)) / days, enough),
    }


def volume_numbers(panel: MarketPanel) -> dict[str, Known]:
    """The two of the signal "volume"; empty where the panel has none."""
    if "volume" not in panel.signals:
        return {}
    volume = panel.signals["volume"]
    known = np.isfinite(volume) & (np.nan_to_num(volume, nan=-1.0) >= 0)
    closes = carried(panel.close)
    moves = daily_moves(closes)
    money = np.where(known, volume, 0.0) * np.nan_to_num(closes)
    traded = (money > 0) & np.isfinite(moves)
    cost = np.where(traded, np.abs(np.nan_to_num(moves)), 0.0) / np.where(traded, money, 1.0)
    return {
        "volume_change": _month_to_year(np.where(known, volume, 0.0), known),
        "illiquidity_change": _month_to_year(cost, traded),
    }


def _month_to_year(values: Floats, known: Bools) -> Known:
    month, year = _past(known, MONTH), _past(known)
    made = ratio(
        _past(values, MONTH) / np.maximum(month, 1.0),
        _past(values) / np.maximum(year, 1.0),
    )
    return Known(made.value, made.known & (year >= MIN_VOLUMES) & (3 * month >= MONTH))


def _past(values: Floats | Bools, span: int = YEAR) -> Floats:
    """Sum of each row and the `span` - 1 before it."""
    filled = values.astype(np.float64)
    total = np.zeros_like(filled)
    for lag in range(min(span, len(filled))):
        total[lag:] += filled[: len(filled) - lag]
    return total


def _lowest(values: Floats) -> Floats:
    lowest = np.zeros_like(values)
    for lag in range(min(YEAR, len(values))):
        np.minimum(lowest[lag:], values[: len(values) - lag], out=lowest[lag:])
    return lowest


def _correlation(one: Floats, other: Floats, known: Bools, enough: Bools) -> Known:
    """Over a year; both are 0 where not known. Unknown where either does not vary."""
    days = np.maximum(_past(known), 1.0)
    mean, other_mean = _past(one) / days, _past(other) / days
    covariance = _past(one * other) / days - mean * other_mean
    variance = np.maximum(_past(one * one) / days - mean * mean, 0.0)
    other_variance = np.maximum(_past(other * other) / days - other_mean * other_mean, 0.0)
    scale = np.sqrt(variance) * np.sqrt(other_variance)
    sound = enough & (scale > 1e-14)
    return Known(np.clip(covariance / np.where(sound, scale, 1.0), -1.0, 1.0), sound)
