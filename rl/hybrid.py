"""The market of arXiv 2511.17963 rebuilt: weekly weights by a top-K masked softmax, paid for by their turnover.

The action is one number per asset; the K largest of the assets that may be held go through a softmax, shares below a
threshold are dropped, and the rest is made whole. The reward is log(1 + net return) less a penalty on how many assets
are held. Everything is batched over models and paths. Weights held before are part of the state, so a path is walked
step by step; its market was read once.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from portfolio.market import Floats, MarketPanel
from portfolio.records import Record
from rl.features import carried

RETURN_UNITS = 10.0
"""A week's return is a few percent; times ten it is of the order that a network reads well."""


class HybridRules(Record):
    """The rules of the game; cost is the paper's, threshold, penalty and recent weeks are ours, for it names none."""

    step: int = Field(default=5, ge=1)
    """Trading days between decisions: 5 for shares, 7 for coins."""
    recent: int = Field(default=4, ge=1)
    """Past weekly returns in the state."""
    cost: float = Field(default=0.001, ge=0, lt=1)
    """Of each unit of wealth bought or sold."""
    threshold: float = Field(default=0.01, ge=0, lt=1)
    """A share of the softmax below this is dropped."""
    sparsity: float = Field(default=1e-4, ge=0)
    """Taken from a week's reward for the share of assets held."""
    min_days: int = Field(default=126, ge=1)
    """Rows with a price without which an asset may not be held: chosen by what was known on the day."""


@dataclass(frozen=True, eq=False)
class HybridMarket:
    """T rows of a panel as tensors (float32); a decision may fall on any row, the next one is `step` rows later.

    Attributes
    ----------
    rules : of the game
    recent : (T, N, recent) past weekly returns times `RETURN_UNITS`, latest first, 0 where unknown
    eligible : (T, N) what may be held
    growth : (T, N) wealth factor over the next `step` rows (fewer at the end), 1 where the asset is not traded
    """

    rules: HybridRules
    recent: torch.Tensor
    eligible: torch.Tensor
    growth: torch.Tensor


def hybrid_market(panel: MarketPanel, rules: HybridRules) -> HybridMarket:
    """Row t of `recent` and `eligible` reads rows <= t only; `growth` is what is earned."""
    closes = carried(panel.close)
    days = len(closes)
    recent = np.zeros((*closes.shape, rules.recent))
    for week in range(rules.recent):
        end, start = week * rules.step, (week + 1) * rules.step
        if start < days:
            recent[start:, :, week] = closes[start - end : days - end] / closes[: days - start] - 1.0
    seen = np.cumsum(np.isfinite(panel.close), axis=0)
    eligible = np.isfinite(closes) & (seen >= rules.min_days)
    return HybridMarket(
        rules,
        torch.from_numpy(np.nan_to_num(RETURN_UNITS * recent)).float(),
        torch.from_numpy(eligible),
        torch.from_numpy(_growth(closes, rules.step)).float(),
    )


def _growth(closes: Floats, step: int) -> Floats:
    """The latest close within the next `step` rows over today's; an asset that stops is worth its last close."""
    filled = closes.copy()
    for row in range(1, len(filled)):
        filled[row] = np.where(np.isnan(filled[row]), filled[row - 1], filled[row])
    ahead = filled[np.minimum(np.arange(len(filled)) + step, len(filled) - 1)]
    return np.where(np.isfinite(closes), ahead / closes, 1.0)


def top_k_weights(action: torch.Tensor, eligible: torch.Tensor, top: torch.Tensor, threshold: float) -> torch.Tensor:
    """(..., N) weights of actions (..., N) over eligible assets; `top` (..., 1) is K.

    Sum one, at most K above zero, none below `threshold` except where all are: then the largest is held alone. Zero
    everywhere where nothing is eligible: the account stays in cash. Fewer than K eligible: all of them.
    """
    masked = torch.where(eligible, action, torch.full_like(action, -torch.inf))
    # A stable order, so that equal actions pick the same assets on every machine.
    rank = masked.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
    kept = eligible & (rank < top)
    soft = torch.softmax(torch.where(kept, masked, torch.full_like(masked, -1e9)), dim=-1) * kept
    large = kept & ((soft >= threshold) | (rank == 0))
    soft = soft * large
    return soft / soft.sum(dim=-1, keepdim=True).clamp(min=1e-12)


def earn(
    market: HybridMarket, rows: torch.Tensor, before: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Reward (...,) of going from `before` to `weights` (both (..., N)) on `rows` (...,), and the drifted weights.

    What is not in an asset is in cash, which earns nothing here.
    """
    rules = market.rules
    grown = weights * market.growth[rows]
    cash = 1.0 - weights.sum(dim=-1)
    wealth = grown.sum(dim=-1) + cash
    traded = (weights - before).abs().sum(dim=-1)
    net = (1.0 - rules.cost * traded) * wealth
    held = (weights > 0).sum(dim=-1) / market.eligible[rows].sum(dim=-1).clamp(min=1)
    return torch.log(net.clamp(min=1e-6)) - rules.sparsity * held, grown / wealth.clamp(min=1e-6).unsqueeze(-1)


def ranked_weights(expected: NDArray[np.float64], eligible: NDArray[np.bool_], top: int) -> NDArray[np.float64]:
    """(..., N) equal shares of the `top` eligible assets with the highest expected returns; NaN is not eligible.

    The strategy of the forecaster alone. Zero everywhere where nothing is eligible.
    """
    able = eligible & np.isfinite(expected)
    order = np.argsort(np.where(able, -expected, np.inf), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    kept = able & (rank < top)
    count = kept.sum(axis=-1, keepdims=True)
    return np.asarray(kept / np.maximum(count, 1))
