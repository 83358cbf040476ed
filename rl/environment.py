"""Many portfolios on many days at once: the market as tensors, and what holding weights through it earns.

The market does not react to the portfolios, so a decision day is an index into one set of tensors, and every client
on that day reads the same features. Drift between decisions and the cost of trading follow from the weights alone,
so a whole rollout is one batch of tensor operations: no loop over days, assets or portfolios.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from portfolio.market import Dates, Floats, MarketPanel
from portfolio.views import ScoreHistory
from rl.baseline import RISK_ROWS, risk_of
from rl.branches.records import Branch
from rl.features import carried, features
from rl.networks import BranchDay, Day
from rl.sleeves import SleeveName, log_sleeve

PERIOD = 21
"""Trading days between decisions: a month."""
GRID = 7
"""Every seventh day is a decision day, so that paths of three phases (offsets 0, 7, 14) cover the history."""
PHASES = PERIOD // GRID
COST = 0.001
"""Of each unit of wealth bought or sold: 10 basis points."""


@dataclass(frozen=True, eq=False)
class Market:
    """D decision days, `GRID` trading days apart, as tensors (float32).

    Attributes
    ----------
    dates : (D,) the decision days; weights set at that close earn from the next day on
    day : inputs of the policy on every decision day, personas included
    eligible : (D, N) what may be held
    covariance : (D, N, N) yearly, from rows up to the day
    growth : (D, N) wealth factor of each asset over the next `PERIOD` days; an asset that stops trading is sold at
        its last close, one that does not trade at all has 1
    cash_growth : (D,) the same for cash at the bill rate known on the day; 1 where no rate is known
    complete : (D,) True where the next `PERIOD` days all lie within the panel
    sleeve : (D, N) log weights of the baseline's sleeve over an equal share; zeros are equal weight
    """

    dates: Dates
    day: Day
    eligible: torch.Tensor
    covariance: torch.Tensor
    growth: torch.Tensor
    cash_growth: torch.Tensor
    complete: torch.Tensor
    sleeve: torch.Tensor

    def to(self, device: torch.device | str) -> "Market":
        """The same market on another device. `complete` stays where the dates are."""

        def move(part: torch.Tensor) -> torch.Tensor:
            return part.to(device)

        return replace(
            self,
            day=self.day.each(move),
            eligible=move(self.eligible),
            covariance=move(self.covariance),
            growth=move(self.growth),
            cash_growth=move(self.cash_growth),
            sleeve=move(self.sleeve),
        )

    def between(self, first: str, last: str) -> torch.Tensor:
        """Indices of complete decision days from `first` on whose period ends by `last` (ISO dates, inclusive)."""
        inside = (self.dates >= np.datetime64(first)) & (self.dates <= np.datetime64(last))
        index = np.flatnonzero(inside & self.complete.numpy())
        ends = np.minimum(index + PHASES, len(self.dates) - 1)
        return torch.from_numpy(index[self.dates[ends] <= np.datetime64(last)])


@dataclass(frozen=True, eq=False)
class Outcome:
    """What B paths x L periods x C clients earned: net simple returns and one-way turnover per period, (B, L, C)."""

    net: torch.Tensor
    turnover: torch.Tensor


def market_of(
    panel: MarketPanel, scores: ScoreHistory, branches: Sequence[Branch] = (), sleeve: SleeveName = "equal_weight"
) -> Market:
    """The panel, the personas' scores and the branches as tensors, all on the panel's days; a branch may also be given
    on the decision days alone (`decision_rows`, `branches.records.branch_on`).

    Raises ValueError when scores or a branch differ in shape from the panel.
    """
    days, assets = panel.close.shape
    if scores.score.shape[1:] != (days, assets):
        raise ValueError(f"scores are {scores.score.shape}; (personas, {days}, {assets}) expected")
    made = features(panel)
    rows = decision_rows(panel)
    on_rows = tuple(_on_rows(branch, rows, days, assets) for branch in branches)
    day = day_of(made.asset, made.market, made.tradable, scores, rows, on_rows)
    cov = np.zeros((len(rows), assets, assets))
    logs = np.zeros((len(rows), assets))
    for place, row in enumerate(rows.tolist()):
        held = made.eligible[row]
        cov[place] = risk_of(panel.window(max(0, row + 1 - RISK_ROWS), row + 1), held)
        logs[place] = log_sleeve(sleeve, cov[place], held)
    growth, cash_growth = _growth(panel, rows)
    return Market(
        dates=panel.dates[rows],
        day=day,
        eligible=torch.from_numpy(made.eligible[rows]),
        covariance=torch.from_numpy(cov.astype(np.float32)),
        growth=torch.from_numpy(growth.astype(np.float32)),
        cash_growth=torch.from_numpy(cash_growth.astype(np.float32)),
        complete=torch.from_numpy(rows + PERIOD < days),
        sleeve=torch.from_numpy(logs.astype(np.float32)),
    )


def decision_rows(panel: MarketPanel) -> NDArray[np.int64]:
    """(D,) the rows of the panel that are decision days."""
    return np.arange(GRID, len(panel.dates), GRID)


def _on_rows(branch: Branch, rows: NDArray[np.int64], days: int, assets: int) -> Branch:
    if branch.known.shape == (days, assets):
        return Branch(branch.name, branch.values[rows], branch.known[rows])
    if branch.known.shape == (len(rows), assets):
        return branch
    raise ValueError(f"branch {branch.name} is {branch.known.shape}; ({days}, {assets}) expected, or its decision rows")


def day_of(
    asset: np.ndarray,
    market: np.ndarray,
    tradable: np.ndarray,
    scores: ScoreHistory,
    rows: np.ndarray,
    branches: Sequence[Branch] = (),
) -> Day:
    """The policy's inputs on some rows: the one place where features, personas' scores and branches meet.

    `scores` is indexed by the same rows; `branches` are of these rows already. A masked score is zero and not heard; a
    branch is known only where its asset is tradable.
    """
    heard = scores.mask[:, rows].swapaxes(0, 1) & tradable[rows][:, None, :]

    def view(values: Floats) -> torch.Tensor:
        picked = np.where(heard, values[:, rows].swapaxes(0, 1), 0.0)
        return torch.from_numpy(picked.astype(np.float32))

    return Day(
        asset=torch.from_numpy(asset[rows]),
        market=torch.from_numpy(market[rows]),
        tradable=torch.from_numpy(tradable[rows]),
        score=view(scores.score),
        confidence=view(scores.confidence),
        heard=torch.from_numpy(heard),
        branches=tuple(_branch_day(branch, tradable[rows]) for branch in branches),
    )


def _branch_day(branch: Branch, tradable: np.ndarray) -> BranchDay:
    known = branch.known & tradable
    values = np.where(known[..., None], branch.values, np.float32(0.0))
    if not np.isfinite(values).all():
        raise ValueError(f"branch {branch.name} has figures that are not numbers where it says they are known")
    return BranchDay(branch.name, torch.from_numpy(values), torch.from_numpy(known))


def take_days(day: Day, index: torch.Tensor) -> Day:
    """Gather days by index (any shape is flattened to B)."""
    flat = index.reshape(-1)
    return day.each(lambda part: part[flat])


def weights_of(
    tilt: torch.Tensor, held: torch.Tensor, covariance: torch.Tensor, volatility: torch.Tensor, largest: torch.Tensor
) -> torch.Tensor:
    """(..., N + 1) weights, cash last, of tilts (B, C, N) over held assets (B, C, N) with covariances (B, N, N).

    The torch twin of `baseline.tilted` and `baseline.to_risk` (a test holds them together): sleeve proportional to
    exp(tilt) over the held assets, times min(volatility / its own volatility, largest); the rest is cash. A sleeve
    other than equal weight comes in as `market.sleeve` added to the tilt.
    """
    raw = torch.where(held, torch.exp(tilt), torch.zeros_like(tilt))
    sleeve = raw / raw.sum(dim=-1, keepdim=True).clamp(min=1e-12)
    variance = (torch.matmul(sleeve, covariance) * sleeve).sum(dim=-1)
    share = torch.minimum(volatility / variance.clamp(min=1e-12).sqrt(), largest)
    risky = sleeve * share.unsqueeze(-1)
    return torch.cat([risky, 1.0 - risky.sum(dim=-1, keepdim=True)], dim=-1)


def hold(weights: torch.Tensor, growth: torch.Tensor, start: torch.Tensor, cost: float = COST) -> Outcome:
    """Hold weights (B, L, C, N+1) through growth (B, L, 1 or C, N+1), trading from `start` (B, C, N+1) at first.

    Between decisions weights drift with their assets. Turnover is half the sum of absolute changes, cash included;
    cost is charged on every unit bought or sold in a risky asset, at the decision.
    """
    grown = weights * growth
    wealth = grown.sum(dim=-1)
    drifted = grown / wealth.unsqueeze(-1)
    before = torch.cat([start.unsqueeze(1), drifted[:, :-1]], dim=1)
    change = (weights - before).abs()
    net = (1.0 - cost * change[..., :-1].sum(dim=-1)) * wealth - 1.0
    return Outcome(net=net, turnover=0.5 * change.sum(dim=-1))


def full_growth(market: Market, index: torch.Tensor) -> torch.Tensor:
    """(..., 1, N + 1) growth of assets and cash over the period after each indexed day."""
    return torch.cat([market.growth[index], market.cash_growth[index].unsqueeze(-1)], dim=-1).unsqueeze(-2)


def _growth(panel: MarketPanel, rows: np.ndarray) -> tuple[Floats, Floats]:
    """Growth of assets and cash over the `PERIOD` days after each row (short at the panel's end: see `complete`)."""
    closes = carried(panel.close)
    out = np.full((len(rows), closes.shape[1]), np.nan)
    for lag in range(PERIOD, 0, -1):  # the latest close seen within the period wins
        ahead = np.minimum(rows + lag, len(closes) - 1)
        value = closes[ahead] / closes[rows]
        out = np.where(np.isnan(out), value, out)
    out = np.where(np.isnan(out), 1.0, out)
    if panel.cash_rate is None:
        return out, np.ones(len(rows))
    rate = panel.cash_rate[rows]
    return out, np.where(np.isfinite(rate), 1.0 + rate * PERIOD / 252.0, 1.0)
