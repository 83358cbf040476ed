"""What the forecaster reads and what it is to foretell: windows of past periods, free of price levels, and the next.

A period is `step` trading days, so a weekly forecaster (5) and one that is sampled daily with a horizon of a month (21)
are one code. Every window is divided by its own root mean square return: no scale of an asset enters.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel
from rl.features import CARRY, carried

INPUTS = ("return", "volatility", "seen")
"""Per period: its return and the volatility within it, both over the window's scale, and whether it was observed."""
TARGETS = ("return", "log_volatility")
"""Of the next period: its return over the window's scale, and the log of the volatility within it over that scale."""
BOUND = 4.0
"""Scaled returns lie within +- BOUND, inputs and targets alike."""
CALM = 0.05
"""The least volatility a period may show, in scales, so that a price which stood still has a logarithm."""


@dataclass(frozen=True, eq=False)
class PeriodSeries:
    """Figures of every row t and asset n, from rows <= t only (except the targets).

    Attributes
    ----------
    step, periods : trading days of a period, and periods of a window
    move, noise : (T + pad, N) return over the `step` days that end at the row, and root of the sum of their squared
        daily returns; NaN where unknown; the first `pad` rows are unknown, so that no window starts before the array
    scale : (T, N) root mean square of the window's known moves, 0 where none is
    known : (T, N) the price is there, enough periods of the window are, and they moved
    target : (T, N, 2) see `TARGETS`; NaN where the next period is not known
    """

    step: int
    periods: int
    move: torch.Tensor
    noise: torch.Tensor
    scale: torch.Tensor
    known: NDArray[np.bool_]
    target: torch.Tensor

    def windows(self, rows: torch.Tensor, assets: torch.Tensor) -> torch.Tensor:
        """(periods, ..., 3) inputs, oldest period first, of the windows that end at `rows` for `assets` (both ...)."""
        lags = self.step * torch.arange(self.periods - 1, -1, -1).view(-1, *([1] * rows.dim()))
        place = rows.unsqueeze(0) - lags + len(self.move) - len(self.scale)
        column = assets.unsqueeze(0).expand_as(place)
        scale = self.scale[rows, assets].clamp(min=1e-12).unsqueeze(0)
        move, noise = self.move[place, column] / scale, self.noise[place, column] / scale
        seen = torch.isfinite(move)
        zero = torch.zeros_like(move)
        return torch.stack(
            [
                torch.where(seen, move.clamp(-BOUND, BOUND), zero),
                torch.where(seen, noise.clamp(max=BOUND), zero),
                seen.to(move.dtype),
            ],
            dim=-1,
        )


def lookback(step: int, periods: int) -> int:
    """Rows on which one row's window depends."""
    return periods * step + 1 + CARRY


def period_series(panel: MarketPanel, step: int, periods: int, min_periods: int) -> PeriodSeries:
    """The series of a panel. Sums run lag by lag in one order, so that a row's bits do not depend on earlier rows."""
    closes = carried(panel.close)
    days, assets = closes.shape
    move = _change(closes, step)
    noise = _noise(_change(closes, 1), step)
    noise[~np.isfinite(move)] = np.nan

    square, count = np.zeros((days, assets)), np.zeros((days, assets))
    for lag in range(0, min(periods * step, days), step):
        past = move[: days - lag]
        seen = np.isfinite(past)
        square[lag:] += np.where(seen, past, 0.0) ** 2
        count[lag:] += seen
    scale = np.sqrt(square / np.maximum(count, 1.0))
    known = np.isfinite(closes) & (count >= min_periods) & (scale > 0)

    target = np.full((days, assets, len(TARGETS)), np.nan)
    if days > step:
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = move[step:] / scale[:-step]
            calm = np.maximum(noise[step:] / scale[:-step], CALM)
        usable = known[:-step] & np.isfinite(ahead)
        target[:-step, :, 0] = np.where(usable, np.clip(ahead, -BOUND, BOUND), np.nan)
        target[:-step, :, 1] = np.where(usable, np.log(np.minimum(calm, BOUND)), np.nan)

    pad = np.full((periods * step, assets), np.nan)
    return PeriodSeries(
        step=step,
        periods=periods,
        move=torch.from_numpy(np.concatenate([pad, move])),
        noise=torch.from_numpy(np.concatenate([pad, noise])),
        scale=torch.from_numpy(scale),
        known=known,
        target=torch.from_numpy(target),
    )


def _change(closes: Floats, step: int) -> Floats:
    out = np.full_like(closes, np.nan)
    if len(closes) > step:
        out[step:] = closes[step:] / closes[:-step] - 1.0
    return out


def _noise(daily: Floats, step: int) -> Floats:
    """(T, N) root of the sum of the last `step` squared daily returns; unknown days add nothing."""
    square = np.where(np.isfinite(daily), daily, 0.0) ** 2
    total = np.zeros_like(square)
    for lag in range(min(step, len(square))):
        total[lag:] += square[: len(square) - lag]
    return np.asarray(np.sqrt(total))
