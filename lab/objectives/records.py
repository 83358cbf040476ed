"""What the re-test of the objectives tells: settings, accounts, yardsticks and the fourteen-day windows."""

from datetime import date
from typing import Annotated

from pydantic import Field

from portfolio.profile import Objective
from portfolio.records import Record
from portfolio.statistics import Interval
from portfolio.taxes import TaxRates

TYPICAL = TaxRates(ordinary=0.24, long=0.15)
HIGH = TaxRates(ordinary=0.37, long=0.20, net_investment_income=0.038)


class Config(Record):
    """Everything that decides the figures, beside prices and checkpoints."""

    first: date = date(2016, 1, 1)
    """The first decision is on or after it: the day after the shipped policies' last training day."""
    volatility: Annotated[float, Field(gt=0, le=1)] = 0.10
    """Yearly risk to which every portfolio is mixed with cash."""
    risk_aversion: Annotated[float, Field(gt=0)] = 5.0
    basis_points: float = 10.0
    dear_basis_points: float = 25.0
    rates: TaxRates = TYPICAL
    high_rates: TaxRates = HIGH
    seeds: bool = True
    """Whether each seed's policy is followed alone too."""
    convex: bool = True
    """Whether the per-lot convex baseline is run."""
    tracking_aversion: Annotated[float, Field(gt=0)] = 100.0
    """Of the convex baseline, against straying from equal weight."""
    draws: Annotated[int, Field(ge=100)] = 1000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.90
    seed: int = 2016


class Money(Record):
    """One account over the whole test. Yearly compound rates and shares as fractions.

    typical_*, high_* : after tax at the two clients' rates: `after` what was realised, `liquidated` after everything is
        sold on the last day too, `paid` taxes on what was realised as a share of the money at the start
    """

    name: str
    title: str
    annual_return: float
    volatility: float
    sharpe: float | None
    max_drawdown: float
    turnover: float
    """One-way, a year, the first purchase included."""
    typical_after: float
    typical_liquidated: float
    typical_paid: float
    high_after: float | None
    high_liquidated: float | None
    high_paid: float | None
    harvested: float
    """Losses realised that count for tax, a year, as a share of the money at the start (typical client)."""
    washed: float
    """Losses disallowed by wash sales, a year, as a share of the money at the start."""
    unused: float
    """Of all losses that count, the share still carried forward at the end."""
    long_share: float | None
    """Long-term gains over all gains realised; None where none was."""
    dear_liquidated: float | None
    """`typical_liquidated` at the dearer trading cost; None where it was not run."""
    ahead_before: Interval | None
    """Log growth a year ahead of equal weight's, before tax; None for equal weight itself."""
    ahead_after: Interval | None
    """The same after tax (typical client, sold at the end)."""


class Cell(Record):
    """One yardstick under every wish, and its own objective against the others."""

    yardstick: str
    title: str
    objective: Objective
    percent: bool
    more_is_better: bool
    values: dict[Objective, float]
    """What each wish's portfolio shows on it."""
    baseline: float
    """What equal weight shows."""
    own_rank: int
    """1: the wish whose yardstick it is has the best value of the six."""
    contrast: Interval
    """Own value ahead of the mean of the other five, in the direction that is better."""
    over_best: Interval
    """Own value ahead of the best of the other five, whichever that is in each draw: strict, so that two wishes which
    are one portfolio cannot both seem to be obeyed because a third one differs."""
    ahead: Interval
    """Own value ahead of equal weight at the same risk, in the direction that is better."""
    seeds_ahead: int | None
    """Seeds, followed alone, whose own value is ahead of the mean of the other five."""
    seed_contrasts: tuple[float, ...]

    @property
    def obeyed(self) -> bool:
        return self.contrast.low > 0.0

    @property
    def dominant(self) -> bool:
        return self.over_best.low > 0.0

    @property
    def contrary(self) -> bool:
        return self.contrast.high < 0.0


class Distances(Record):
    """Mean half sum of absolute differences of weights over the decisions, as a fraction of wealth."""

    pairs: tuple[tuple[float, ...], ...]
    """(6, 6) between wishes, in the house's order."""
    mean: float
    """Over the fifteen pairs."""
    from_baseline: float
    """Mean over the wishes of the distance to equal weight."""
    preservation: float
    """Mean from capital preservation to the other five."""
    preservation_by_router: float
    """The same where the router alone serves it, without the rule that leans the baseline to calm assets."""


class Policy(Record):
    """One shipped policy on one universe."""

    name: str
    weights_sha256: str
    seeds: tuple[int, ...]
    cells: tuple[Cell, ...]
    distances: Distances

    @property
    def diagonal(self) -> int:
        """Yardsticks on which the wish that they belong to is best of the six."""
        return sum(cell.own_rank == 1 for cell in self.cells)


class Windows(Record):
    """All windows of fourteen calendar days: one series of returns, and where the paper's one window stands in it."""

    what: str
    paper: float
    """The paper's one figure."""
    percentile: Interval
    """Share of our windows below it."""
    count: int
    mean: float
    deviation: float
    lowest: float
    tenth: float
    median: float
    ninetieth: float
    highest: float
    needed: int | None
    """Separate windows needed to tell the mean from zero (5 % two-sided, power 80 %); None where the mean is zero."""


class UniverseResult(Record):
    """One universe."""

    name: str
    source: str
    first: date
    last: date
    assets: int
    months: int
    ratio: str
    notes: tuple[str, ...]
    missing: dict[str, str]
    money: tuple[Money, ...]
    policies: tuple[Policy, ...]
    windows: tuple[Windows, ...]
    window_policy: str


class Result(Record):
    """The study, whole."""

    command: str
    config: Config
    universes: tuple[UniverseResult, ...]
    trials: int
    """Strategies of this study on all universes, seeds counted one by one."""
    adapter: str | None = None
    """What serving a client by a personal adapter's reading is worth, from the ablation's evidence; None without it."""
    paper: str = "arXiv 2606.30997"
