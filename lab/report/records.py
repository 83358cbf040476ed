"""The report as data: all that the page, the Markdown and the JSON say. Fractions, not percent; None: not defined."""

from datetime import date

from lab.backtest.judge import Doubt
from lab.backtest.plan import Plan
from portfolio.metrics import Metrics
from portfolio.overfitting import Overfitting, Superiority
from portfolio.records import Record


class Line(Record):
    """One strategy in the test window, net of costs."""

    name: str
    title: str
    note: str
    learned: bool
    metrics: Metrics
    doubt: Doubt
    early_ratio: float | None
    """In the years before the test; None for the learned ones, which were fitted on them."""


class Part(Record):
    """A stretch of days, or the days of a regime, with what each strategy did there."""

    name: str
    days: int
    first: date | None = None
    last: date | None = None
    total: dict[str, float]
    """Name -> total return of a stretch; for a regime the mean daily return times the days of a year."""
    fall: dict[str, float]
    """Name -> deepest fall in a stretch; for a regime the yearly volatility."""


class CostLine(Record):
    """Ratio and certainty-equivalent return at each cost."""

    name: str
    ratio: tuple[float | None, ...]
    certainty_equivalent: tuple[float | None, ...]


class SeedLine(Record):
    """One seed's policy in the test window."""

    name: str
    ratio: float | None
    certainty_equivalent: float | None
    gain: float | None
    """Certainty-equivalent return ahead of the baseline's."""


class Report(Record):
    """One backtest."""

    source: str
    plan: Plan
    columns: tuple[str, ...]
    first: date
    test_first: date
    last: date
    decisions: int
    test_decisions: int
    ratio_name: str
    cash: str
    baseline: str
    rival: str | None
    answer: str
    notes: tuple[str, ...] = ()
    """Paragraphs after the answer: how the strategies of this run came about, where that needs saying."""
    rule: str
    lines: tuple[Line, ...]
    trials: int
    overfitting: Overfitting | None
    superiority: Superiority | None
    block: int
    regimes: tuple[Part, ...]
    regime_rule: str
    stress: tuple[Part, ...]
    cost_points: tuple[float, ...]
    costs: tuple[CostLine, ...]
    seeds: tuple[SeedLine, ...]
    missing: dict[str, str]
    limits: tuple[str, ...]
    """What the figures do not show."""

    def line(self, name: str) -> Line:
        """Raises KeyError for a strategy that did not run."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(f"{name} did not run")
