"""Does the risk that a client gets follow the risk that they asked for? Realised volatility and drawdown, by year.

Monthly decisions, daily drift between them, over the whole calendar years of a span. Volatility above the target is a
breach when it is more than `TOLERANCE` times it. A year in which the portfolio was fully invested at every decision and
still calmer than its target cannot be blamed on risk targeting: it is marked, and not counted as a breach or a failure.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import torch

from portfolio.market import Floats, MarketPanel
from portfolio.profile import OBJECTIVES, Objective
from portfolio.records import Record
from rl.conditioning import CVAR_PER_VOLATILITY, Clients
from rl.ensemble import Ensemble, log_weights
from rl.environment import COST, PHASES, Market, weights_of
from rl.features import carried

TARGETS = (0.05, 0.10, 0.15, 0.20)
TOLERANCE = 1.15
ENOUGH = 0.85
"""Share of years that must stay within `TOLERANCE` of the target."""
SAME_DRAWDOWN = 0.005
DAYS_PER_YEAR = 252.0
FEWEST_DAYS = 126
"""A calendar year with fewer days of returns in it is not counted."""


class RiskYear(Record):
    """One target in one calendar year, the mean over the phases of the month."""

    year: int
    target: float
    volatility: float
    drawdown: float
    within: bool
    """Realised volatility at most `TOLERANCE` times the target."""
    fully_invested: bool
    """At every decision of the year: a volatility below target is then all that the assets had."""


class RiskLevel(Record):
    """One target over all years."""

    target: float
    volatility: float
    """Of all daily returns."""
    drawdown: float
    within: float
    """Share of the years that stay within the tolerance."""
    shortfalls: int
    """Years below target though fully invested."""


class RiskTable(Record):
    """What was asked and what was got."""

    source: str
    first: date
    last: date
    years: tuple[RiskYear, ...]
    levels: tuple[RiskLevel, ...]

    @property
    def holds(self) -> bool:
        """Enough years within the tolerance at every level, and volatility and drawdown rise with the level.

        Where the assets are calmer than two targets both portfolios are nearly the same, so that a drawdown may be up
        to `SAME_DRAWDOWN` less deep at the higher one.
        """
        rising = all(
            low.volatility < high.volatility and low.drawdown <= high.drawdown + SAME_DRAWDOWN
            for low, high in zip(self.levels, self.levels[1:], strict=False)
        )
        return rising and all(level.within >= ENOUGH for level in self.levels)


def yearly_volatility_table(
    panel: MarketPanel,
    market: Market,
    first: str,
    last: str,
    ensemble: Ensemble | None = None,
    targets: Sequence[float] = TARGETS,
    cost: float = COST,
) -> RiskTable:
    """Realised volatility and drawdown by calendar year and target, from decision day `first` to `last` (ISO dates).

    Parameters
    ----------
    panel, market : `market` made of `panel` by `environment.market_of`
    ensemble : the policy; None is the baseline
    targets : yearly volatilities, rising; clients differ in nothing else

    Raises ValueError when no decision day lies in the span.
    """
    days = market.between(first, last)
    if len(days) == 0:
        raise ValueError(f"no decision day of {panel.source} lies between {first} and {last}")
    clients = clients_at(targets)
    by_phase = [_daily(panel, market, days[phase::PHASES], clients, ensemble, cost) for phase in range(PHASES)]
    when = [np.asarray(dates.astype("datetime64[Y]").astype(int) + 1970) for dates, _, _ in by_phase]
    years, levels = [], []
    for place, target in enumerate(targets):
        rows = []
        for year in sorted(set(np.concatenate(when).tolist())):
            picked = [made == year for made in when]
            if min(int(pick.sum()) for pick in picked) < FEWEST_DAYS:
                continue
            parts = [moves[pick, place] for (_, moves, _), pick in zip(by_phase, picked, strict=True)]
            full = [whole[pick, place] for (_, _, whole), pick in zip(by_phase, picked, strict=True)]
            volatility = float(np.mean([_volatility(part) for part in parts]))
            rows.append(
                RiskYear(
                    year=year,
                    target=target,
                    volatility=volatility,
                    drawdown=float(np.mean([_drawdown(part) for part in parts])),
                    within=volatility <= TOLERANCE * target,
                    fully_invested=all(bool(part.all()) for part in full),
                )
            )
        whole = [moves[:, place] for _, moves, _ in by_phase]
        levels.append(
            RiskLevel(
                target=target,
                volatility=float(np.mean([_volatility(part) for part in whole])),
                drawdown=float(np.mean([_drawdown(part) for part in whole])),
                within=float(np.mean([row.within for row in rows])) if rows else float("nan"),
                shortfalls=sum(row.fully_invested and row.volatility < target for row in rows),
            )
        )
        years += rows
    spanned = market.dates[days.numpy()].astype("datetime64[D]")
    return RiskTable(
        source=panel.source,
        first=spanned[0].astype(object),
        last=spanned[-1].astype(object),
        years=tuple(years),
        levels=tuple(levels),
    )


def clients_at(targets: Sequence[float]) -> Clients:
    """Clients who differ in their volatility target alone: long-term gain, gamma 5, no other limit binding."""
    volatility = torch.tensor(targets, dtype=torch.float32)
    one = torch.ones_like(volatility)
    mix = torch.tensor([float(objective is Objective.LONG_TERM_GAIN) for objective in OBJECTIVES])
    return Clients(
        volatility=volatility,
        cvar=CVAR_PER_VOLATILITY * volatility,
        cash_floor=0.0 * one,
        risk_asset_cap=one,
        risk_aversion=5.0 * one,
        objectives=mix.expand(len(targets), -1),
    )


def _daily(
    panel: MarketPanel,
    market: Market,
    index: torch.Tensor,
    clients: Clients,
    ensemble: Ensemble | None,
    cost: float,
) -> tuple[np.ndarray, Floats, np.ndarray]:
    """Dates (S,), net daily returns (S, C) and whether all was invested (S, C), of one phase's monthly decisions."""
    held = market.eligible[index].unsqueeze(1).expand(-1, len(clients), -1)
    logs = log_weights(ensemble, market, index, clients)
    made = weights_of(logs, held, market.covariance[index], clients.volatility, clients.largest_risky_share)
    weights = made.double().numpy()  # (L, C, N + 1)
    closes = carried(panel.close)
    rows = np.searchsorted(panel.dates, market.dates[index.numpy()])
    before = weights[0]
    dates, moves, full = [], [], []
    for place, row in enumerate(rows.tolist()):
        stop = int(rows[place + 1]) if place + 1 < len(rows) else min(row + 21, len(closes) - 1)
        path = _last_known(closes[row : stop + 1]) / closes[row]
        rate = 0.0 if panel.cash_rate is None else float(np.nan_to_num(panel.cash_rate[row]))
        cash = (1.0 + rate / DAYS_PER_YEAR) ** np.arange(stop - row + 1)
        growth = np.concatenate([np.nan_to_num(path, nan=1.0), cash[:, None]], axis=1)  # (S + 1, N + 1)
        value = growth @ weights[place].T  # (S + 1, C)
        returns = value[1:] / value[:-1] - 1.0
        traded = np.abs(weights[place] - before)[:, :-1].sum(axis=1)
        returns[0] = (1.0 - cost * traded) * (1.0 + returns[0]) - 1.0
        grown = weights[place] * growth[-1]
        before = grown / grown.sum(axis=1, keepdims=True)
        dates.append(panel.dates[row + 1 : stop + 1])
        moves.append(returns)
        full.append(np.repeat((weights[place, :, -1] < 1e-6)[None, :], stop - row, axis=0))
    return np.concatenate(dates), np.concatenate(moves), np.concatenate(full)


def _last_known(closes: Floats) -> Floats:
    """An asset that stops trading is worth its last close until the next decision."""
    out = closes.copy()
    for row in range(1, len(out)):
        out[row] = np.where(np.isfinite(out[row]), out[row], out[row - 1])
    return out


def _volatility(moves: Floats) -> float:
    return float(moves.std(ddof=1) * DAYS_PER_YEAR**0.5)


def _drawdown(moves: Floats) -> float:
    wealth = np.append(1.0, np.cumprod(1.0 + moves))
    return float(1.0 - (wealth / np.maximum.accumulate(wealth)).min())
