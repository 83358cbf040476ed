"""What the re-test of arXiv 2511.17963 measured, as small records that are kept beside the page."""

from datetime import date

from lab.register import TrialFigures
from portfolio.records import Record
from portfolio.statistics import Interval
from rl.branches.forecaster_fit import ForecasterConfig
from rl.hybrid import HybridRules
from rl.hybrid_ppo import HybridPPOConfig


class HybridConfig(Record):
    """Every choice of the re-test. Nothing here was tuned on a test year."""

    tops: tuple[int, ...] = (5, 10, 30)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    refit_years: int = 2
    min_windows: int = 150
    hidden: int = 32
    """Half the paper's units: the shared kind lost no validation loss by it, and it takes a third of the time."""
    shared_hidden: int = 16
    patience: int = 3
    epochs: int = 40
    rules: HybridRules = HybridRules()
    ppo: HybridPPOConfig = HybridPPOConfig(updates=20)
    quality_shared: ForecasterConfig = ForecasterConfig(first_cut=2001, refit_years=5)


FULL = HybridConfig()
QUICK = HybridConfig(
    seeds=(0, 1),
    hidden=4,
    shared_hidden=4,
    epochs=2,
    ppo=HybridPPOConfig(updates=1, epochs=1, hidden=4),
    quality_shared=ForecasterConfig(first_cut=2001, refit_years=10, hidden=4, epochs=2),
)
"""To see the machinery at work; too small to say anything."""
REHEARSALS = 114
"""Runs on the test years before the page's own: 93 with networks of four units after one update, to try the code, and
21 on Treasuries with 64 units and 30 updates, given up for their length. Nothing was changed for their figures, which
were not kept: the register of trials, which every run since has written to, cannot count them, so the page does."""


class Spread(Record):
    """Median over seeds, with the lowest and the highest."""

    median: float
    low: float
    high: float


class Row(Record):
    """One strategy in the test year, net of costs; figures as fractions a year."""

    strategy: str
    top: str
    seeds: int
    annual_return: Spread
    volatility: Spread
    ratio: Spread
    max_drawdown: Spread
    turnover: Spread
    ahead: Interval | None = None
    """Of the seed with the median ratio: yearly mean return ahead of equal weight's, paired by day; None for equal
    weight."""


class LearningFigures(Record):
    """What the forecaster's models of the last cut found: how many stopped at once, their mean validation loss."""

    models: int
    stopped_at_once: int
    validation_loss: float


class CaseResult(Record):
    """One universe's table."""

    slug: str
    title: str
    key: str
    assets: int
    first: str
    last: str
    test_year: int
    ratio_over: str
    note: str
    runs: int
    per_asset: LearningFigures
    shared: LearningFigures
    rows: tuple[Row, ...]


class Look(Record):
    """One strategy's look at the test year, for the register of trials: figures of the seed with the median ratio."""

    method: str
    seeds: tuple[int, ...]
    ratios: tuple[float, ...]
    figures: TrialFigures
    weights_sha256: str


class Measured(Record):
    """What a universe's job answers: its table, and its looks (equal weight first) for the register."""

    case: CaseResult
    source: str
    first: date
    last: date
    data_sha256: str
    looks: tuple[Look, ...]


class QualityRow(Record):
    """How one forecaster did, walk-forward: rank correlation with what followed, its Newey-West t, and hit rate."""

    forecaster: str
    target: str
    information_coefficient: float | None
    t: float | None
    hit_rate: float | None
    explained: float | None
    """1 - squared error / that of the plain forecast: zero for a return, the last month's for a volatility."""
    dates: int


class QualityResult(Record):
    """All forecasters on one history."""

    key: str
    source: str
    first: str
    last: str
    rows: tuple[QualityRow, ...]


class Result(Record):
    """The re-test, whole: what `docs/evidence/lstm_ppo.json` holds."""

    command: str
    config: HybridConfig
    rehearsals: int = REHEARSALS
    cases: tuple[CaseResult, ...]
    quality: QualityResult | None

    @property
    def runs(self) -> int:
        """Looks at the test years."""
        return sum(case.runs for case in self.cases)
