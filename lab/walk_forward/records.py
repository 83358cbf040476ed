"""What a walk-forward study is told and what it answers: plain records, kept as JSON beside the page."""

from pydantic import Field

from lab.walk_forward.accounts import Measured
from portfolio.records import Record
from portfolio.statistics import Interval
from rl.ppo import PPOConfig


class Candidate(Record):
    """One way to train: a lever of the study that needs a training of its own."""

    name: str
    """Letters, digits and dashes."""
    words: str
    config: PPOConfig
    joint: bool = False
    """Trained on every universe that covers the training years, in turn."""
    view: str = ""
    """Which variant of each market it sees: "" is all that is known, "silent" has no persona."""


class Option(Record):
    """One choice of all levers, made for a window on validation years alone."""

    candidate: str
    updates: int
    action_range: float
    """kappa: how far a tilt may move an asset's place in the sleeve."""
    sleeve: str
    """What is tilted: "equal weight", or "best rule" for the rule that did best in training and validation."""


class StudyConfig(Record):
    """A study. The defaults are the ones of the page."""

    name: str = "walk-forward"
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    action_ranges: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    sleeves: tuple[str, ...] = ("equal weight", "best rule")
    check_every: int = Field(default=10, ge=1)
    volatilities: tuple[float, ...] = (0.05, 0.10, 0.15)
    targets: tuple[float, ...] = (0.05, 0.08, 0.10, 0.12, 0.15, 0.20)
    """Risk levels asked of one checkpoint; those of `volatilities` among them."""
    costs: tuple[float, ...] = (0.001, 0.0025)
    train_years: int = Field(default=5, ge=1)
    years: tuple[int, int] | None = None
    """Only test years from the first to the last of these; None: all."""
    draws: int = Field(default=1000, ge=100)
    """Of each bootstrap."""
    bootstrap_seed: int = 2016

    @property
    def reference(self) -> tuple[float, float]:
        """Volatility and cost at which choices are made: 10 % where it is measured, and the lowest cost."""
        return (0.10 if 0.10 in self.volatilities else self.volatilities[0]), self.costs[0]


class Row(Record):
    """One strategy over all test years of a universe, at one volatility and cost."""

    strategy: str
    seed: int | None = None
    volatility: float
    cost: float
    figures: Measured


class Comparison(Record):
    """A learned strategy against the baseline named before each window, on the same days."""

    strategy: str
    volatility: float
    cost: float
    figures: Measured
    """Of the policy: each figure's median over the seeds."""
    baseline: Measured
    sharpe: Interval
    """Paired difference of yearly Sharpe ratios; of the policy, that of the seed in the middle."""
    certainty_equivalent: Interval
    equal_weight: Interval
    """Paired difference of yearly Sharpe ratios to equal weight's: what was learned, whatever was named."""
    deflated: float | None = None
    """Probability that the Sharpe is above what the best of all registered trials would show without skill."""

    @property
    def beats(self) -> bool:
        """Sharpe and certainty equivalent above the baseline's, drawdown no worse."""
        own, base = self.figures, self.baseline
        if None in (own.sharpe, base.sharpe, own.certainty_equivalent, base.certainty_equivalent):
            return False
        assert own.sharpe is not None and base.sharpe is not None
        assert own.certainty_equivalent is not None and base.certainty_equivalent is not None
        better = own.sharpe > base.sharpe and own.certainty_equivalent > base.certainty_equivalent
        return better and own.max_drawdown <= base.max_drawdown


class WindowReport(Record):
    """One test window: what was fixed before it was opened, and what it showed at the reference volatility and cost."""

    year: int
    baseline: str
    """Best Sharpe ratio in training and validation."""
    rule: str
    """The best of those that hold the universe's own assets: the sleeve where an option says "best rule"."""
    option: Option
    advantage: float
    """Certainty equivalent ahead of the named baselines', mean over the validation years so far, of the ensemble."""
    gate_low: float | None
    """10th percentile of the yearly mean return ahead of the named baselines' over those years; None: no such year."""
    gate_open: bool
    policy: Measured
    """Median over seeds."""
    seed_sharpes: tuple[float, ...]
    product: Measured
    baseline_figures: Measured
    weights_sha256: str


class RiskYear(Record):
    """One test year at one volatility target."""

    year: int
    target: float
    realised: float
    max_drawdown: float
    invested: float
    """Share of the decisions on which nothing was left in cash."""


class UniverseReport(Record):
    """Everything about one universe."""

    universe: str
    ratio: str
    zero_shot: bool
    first: str
    last: str
    notes: tuple[str, ...]
    data_sha256: str
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    windows: tuple[WindowReport, ...]
    risk: tuple[RiskYear, ...]


class StudyReport(Record):
    """The whole study."""

    config: StudyConfig
    key: str
    reports: tuple[UniverseReport, ...]
