"""What trading on scores earns for each unit traded: a long-only tilt by the scores against the same without them.

The tilt multiplies each asset's place in an equal-weight sleeve by exp(score) (`portfolio.blending.tilted`, the sleeve
of one persona in the committee's ensemble), decided on each date and dealt at the next close without costs. Then

    efficiency = (mean return of the tilt - of the sleeve) / (turnover of the tilt - of the sleeve),   all a year

is what a unit of further one-way turnover earned (value added per unit of turnover: Grinold and Kahn, "Active
Portfolio Management", chapter 16). A unit of one-way turnover buys one and sells one, so the cost a trade at which
nothing is left, as a share of the value traded, is half of it (break-even costs as in Bessembinder and Chan 1998).
"""

from dataclasses import dataclass

import numpy as np

from portfolio.backtest import BacktestResult, Costs, backtest
from portfolio.blending import equal_prior, tilted
from portfolio.market import Floats, MarketPanel
from portfolio.metrics import certainty_equivalent
from portfolio.records import Record
from portfolio.statistics import Interval, paired_difference

FREE = Costs()
YEAR = 252.0
STALE_DAYS = 5
"""An asset without a close for longer is not held anew."""
LEVEL = 0.95
RISK_AVERSION = 5.0
"""Gamma of the certainty-equivalent return, as in the house's other studies."""


class TurnoverEfficiency(Record):
    """A tilt by scores against the sleeve that it tilts, before costs; everything a year, as fractions."""

    gain: Interval
    """Mean return of the tilt less the sleeve's, with a block-bootstrap interval."""
    certainty_gain: float | None
    """The same in certainty-equivalent return, so that a tilt to the rough is not taken for skill. None after ruin."""
    turnover: float
    """One-way, of the tilt beyond the sleeve's own."""
    efficiency: float | None
    """Gain per unit of that turnover; None where the tilt trades no more than the sleeve."""
    break_even: float | None
    """Cost as a fraction of the value traded at which the gain is gone; below zero there is none to lose."""


@dataclass(frozen=True, eq=False)
class TiltPair:
    """Daily accounts, without costs, of the tilt and of the sleeve that it tilts, on the same days."""

    tilt: BacktestResult
    sleeve: BacktestResult


def tilt_accounts(panel: MarketPanel, rows: np.ndarray, score: Floats) -> TiltPair:
    """Both accounts from the first decision to the panel's last day. `score` is (R, N), NaN for nobody's view.

    Raises ValueError where no asset has a price on a decision day.
    """
    tilt: dict[int, Floats] = {}
    sleeve: dict[int, Floats] = {}
    for row, today in zip(rows.tolist(), score, strict=True):
        prior = equal_prior(_traded(panel, row))
        if not prior.any():
            raise ValueError(f"no asset has a price on {panel.dates[row]}; begin later")
        known = np.isfinite(today)
        sleeve[row] = np.append(prior, 0.0)
        tilt[row] = np.append(tilted(np.where(known, today, 0.0), known, prior), 0.0)
    return TiltPair(
        backtest(panel.close, panel.dates, tilt, costs=FREE),
        backtest(panel.close, panel.dates, sleeve, costs=FREE),
    )


def turnover_efficiency(
    pair: TiltPair, start: int, stop: int, *, seed: int, draws: int = 2000
) -> TurnoverEfficiency | None:
    """Over the days from `start` to `stop` of the accounts' returns; None with fewer than a quarter of a year."""
    first, second = pair.tilt.returns[start:stop], pair.sleeve.returns[start:stop]
    if len(first) < YEAR / 4.0:
        return None
    gain = paired_difference(YEAR * first, YEAR * second, seed=seed, draws=draws, level=LEVEL)
    years = len(first) / YEAR
    moved = [float(account.turnover[start + 1 : stop + 1].sum()) / years for account in (pair.tilt, pair.sleeve)]
    turnover = moved[0] - moved[1]
    efficiency = gain.estimate / turnover if turnover > 1e-9 else None
    own, plain = (certainty_equivalent(returns, RISK_AVERSION, YEAR) for returns in (first, second))
    return TurnoverEfficiency(
        gain=gain,
        certainty_gain=None if own is None or plain is None else own - plain,
        turnover=turnover,
        efficiency=efficiency,
        break_even=None if efficiency is None else efficiency / 2.0,
    )


def _traded(panel: MarketPanel, row: int) -> np.ndarray:
    recent = panel.close[max(0, row - STALE_DAYS + 1) : row + 1]
    return np.asarray((np.isfinite(recent) & (recent > 0.0)).any(axis=0))
