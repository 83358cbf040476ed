"""How the policy did beside strategies that learn nothing: the same days, the same costs, the same risk."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from portfolio.market import Floats, MarketPanel
from rl.card import Figures, Span
from rl.conditioning import Clients
from rl.ensemble import Ensemble, log_weights
from rl.environment import Market, weights_of
from rl.features import carried

Sleeve = Callable[[Floats, Floats], Floats]
"""(covariance (K, K) yearly, daily returns (252, K)) of the K assets held -> sleeve (K,), long-only, sum one."""

REFERENCE_VOLATILITY = 0.10


def reference_client() -> Clients:
    """The client at whose risk the strategies are compared: 10 % volatility, nothing else binding, gamma 5."""
    mix = torch.zeros(1, 6)
    mix[0, 2] = 1.0  # long-term gain
    one = torch.ones(1)
    return Clients(
        volatility=REFERENCE_VOLATILITY * one,
        cvar=0.2063 * one,
        cash_floor=0.0 * one,
        risk_asset_cap=one,
        risk_aversion=5.0 * one,
        objectives=mix,
    )


def policy_weights(ensemble: Ensemble | None, market: Market, index: torch.Tensor, client: Clients) -> Floats:
    """(L, N + 1) weights on the indexed days for one client; `None` is the baseline."""
    held = market.eligible[index].unsqueeze(1)
    made = weights_of(
        log_weights(ensemble, market, index, client),
        held,
        market.covariance[index],
        client.volatility,
        client.largest_risky_share,
    )
    return made[:, 0].double().numpy()


def sleeve_weights(sleeve: Sleeve, panel: MarketPanel, market: Market, index: torch.Tensor) -> Floats:
    """(L, N + 1) weights of a rule, brought to the reference volatility with the same covariance as the policy's."""
    closes = carried(panel.close)
    moves = np.full_like(closes, np.nan)
    moves[1:] = closes[1:] / closes[:-1] - 1.0
    out = []
    for place in index.tolist():
        row = int(np.searchsorted(panel.dates, market.dates[place]))
        held = market.eligible[place].numpy()
        cov = market.covariance[place].double().numpy()[np.ix_(held, held)]
        weights = np.zeros(len(held) + 1)
        part = sleeve(cov, np.nan_to_num(moves[max(1, row - 251) : row + 1, held]))
        risk = float(part @ cov @ part) ** 0.5
        weights[:-1][held] = part * min(1.0, REFERENCE_VOLATILITY / risk)
        weights[-1] = 1.0 - weights[:-1].sum()
        out.append(weights)
    return np.stack(out)


def figures(
    strategy: str, span: Span, panel: MarketPanel, days: Floats, weights: Floats, cost: float, seed: int | None = None
) -> Figures:
    """Figures of monthly weights (L, N + 1) set on the dates `days` (L,), drifting daily in between.

    Yearly return is the mean daily return times 252, volatility the standard deviation times sqrt(252); both over
    the bill rate where the panel has one. Every strategy begins in cash and pays to get in.
    """
    daily, turnover = _daily(panel, days, weights, cost)
    wealth = np.cumprod(1.0 + daily)
    excess = daily - _cash(panel, days, len(daily))
    volatility = float(excess.std() * 252.0**0.5)
    mean = float(excess.mean() * 252.0)
    return Figures(
        strategy=strategy,
        span=span.name,
        seed=seed,
        yearly_return=mean,
        volatility=volatility,
        ratio=mean / volatility if volatility > 0 else 0.0,
        max_drawdown=float(1.0 - (wealth / np.maximum.accumulate(np.append(1.0, wealth))[1:]).min()),
        turnover=turnover * 252.0 / len(daily),
    )


def _daily(panel: MarketPanel, days: Floats, weights: Floats, cost: float) -> tuple[Floats, float]:
    """Daily net returns (S,) from the first decision to 21 days after the last, and total one-way turnover."""
    closes = carried(panel.close)
    rows = np.searchsorted(panel.dates, days)
    held = np.append(np.zeros(weights.shape[1] - 1), 1.0)
    out: list[Floats] = []
    turnover = 0.0
    for place, (row, target) in enumerate(zip(rows.tolist(), weights, strict=True)):
        stop = int(rows[place + 1]) if place + 1 < len(rows) else min(row + 21, len(closes) - 1)
        change = np.abs(target - held)
        turnover += 0.5 * float(change.sum())
        path = _filled(closes[row : stop + 1]) / closes[row]
        cash = np.concatenate([[1.0], np.cumprod(1.0 + _cash_rows(panel, row, stop))])
        value = np.where(target[:-1] > 0, target[:-1] * path, 0.0).sum(axis=1) + target[-1] * cash
        returns = value[1:] / value[:-1] - 1.0
        returns[0] = (1.0 - cost * float(change[:-1].sum())) * (1.0 + returns[0]) - 1.0
        out.append(returns)
        grown = np.append(np.where(target[:-1] > 0, target[:-1] * path[-1], 0.0), target[-1] * cash[-1])
        held = grown / grown.sum()
    return np.concatenate(out), turnover


def _filled(closes: Floats) -> Floats:
    """An asset that stops trading inside a period is worth its last close until the next decision."""
    out = closes.copy()
    for row in range(1, len(out)):
        out[row] = np.where(np.isfinite(out[row]), out[row], out[row - 1])
    return out


def _cash_rows(panel: MarketPanel, row: int, stop: int) -> Floats:
    if panel.cash_rate is None:
        return np.zeros(stop - row)
    return np.nan_to_num(panel.cash_rate[row:stop]) / 252.0


def _cash(panel: MarketPanel, days: Floats, length: int) -> Floats:
    first = int(np.searchsorted(panel.dates, days[0]))
    return _cash_rows(panel, first, first + length)


def mean_figures(parts: Sequence[Figures]) -> Figures:
    """One strategy's figures averaged over the phases, so that no lucky day of the month decides."""
    numbers = ("yearly_return", "volatility", "ratio", "max_drawdown", "turnover")
    return parts[0].model_copy(
        update={name: float(np.mean([getattr(part, name) for part in parts])) for name in numbers}
    )


def bootstrap_interval(
    monthly: Sequence[NDArray[np.float32]], seed: int, block: int = 6, draws: int = 2000
) -> tuple[float, float, float]:
    """10th and 90th percentile of the mean of monthly figures, and the share of draws above zero.

    Circular block bootstrap (Politis and Romano 1992): blocks of `block` months keep what persists. The phases'
    overlapping months are resampled together, so that they count once and not three times.
    """
    length = min(len(values) for values in monthly)
    table = np.stack([values[:length] for values in monthly]).mean(axis=0)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, length, size=(draws, -(-length // block)))
    picks = ((starts[:, :, None] + np.arange(block)) % length).reshape(draws, -1)[:, :length]
    means = table[picks].mean(axis=1)
    low, high = np.quantile(means, [0.1, 0.9])
    return float(low), float(high), float((means > 0).mean())
