"""The report as data: all that the page, the Markdown and the JSON say. Fractions, not percent; None: not defined."""

from datetime import date

from lab.backtest.judge import Doubt
from lab.backtest.plan import Plan
from portfolio.calibration_curve import BrierParts, CurveBin
from portfolio.metrics import Metrics
from portfolio.overfitting import Overfitting, Superiority
from portfolio.records import Record


class TaxLine(Record):
    """What taxes left of one strategy's test window; yearly returns net of costs."""

    before: float
    after: float
    """After the taxes on what was realised, paid or still owed."""
    after_liquidation: float
    """After those on all that was not realised too."""
    paid: float
    """Taxes on what was realised, as a share of the money at the start."""
    long_share: float | None
    """Of the gains realised, the part held for more than a year; None without a gain."""
    disallowed: float
    """Losses disallowed by wash sales, as a share of the money at the start."""


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
    tax: TaxLine | None = None
    """None where the plan has no rates."""


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


class ScoreCurve(Record):
    """A persona's scores read as probabilities of beating the median, against how often that happened."""

    persona: str
    bins: tuple[CurveBin, ...]
    brier: BrierParts | None


Cell = str | float | None


class Section(Record):
    """A table of another study beside this one: the committee's answers, contamination, cross-validation."""

    title: str
    paragraphs: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    """Words as they are shown; numbers as numbers, shown with two decimals."""
    notes: tuple[str, ...] = ()


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
    curves: tuple[ScoreCurve, ...] = ()
    curve_days: int = 0
    """Rows over which a score of `curves` is judged."""
    taxes: str | None = None
    """The client's rates in words; None without."""
    sections: tuple[Section, ...] = ()
    missing: dict[str, str]
    limits: tuple[str, ...]
    """What the figures do not show."""

    def line(self, name: str) -> Line:
        """Raises KeyError for a strategy that did not run."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(f"{name} did not run")
