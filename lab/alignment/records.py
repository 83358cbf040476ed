"""What the re-test tells: figures of each arm with intervals, contrasts, stress years, and the scale."""

from datetime import date

from lab.evaluation.records import Source
from portfolio.records import Record


class Figure(Record):
    """An estimate and its interval; None where it is not defined, or no interval was drawn."""

    value: float | None
    low: float | None = None
    high: float | None = None


class ArmRow(Record):
    """One arm over one span: medians over clients, net of costs; yearly where a rate. Losses are positive."""

    name: str
    title: str
    known: str
    annual_return: Figure
    volatility: Figure
    ratio: Figure
    """Over bills where `Span.billed`; else of the plain return."""
    max_drawdown: Figure
    information_mvo: Figure
    """Information ratio against plain mean-variance."""
    information_equal: Figure
    """And against equal weight, fully invested."""
    return_to_mvo: Figure
    """Annual return over that of plain mean-variance, less one: what L-PPR prints as +0.738."""
    drawdown_to_mvo: Figure
    """The same of the maximum drawdown: -0.332 in L-PPR."""
    matched_return_to_mvo: Figure
    """As `return_to_mvo`, the wilder of the two mixed with bills down to the volatility of the calmer one."""
    matched_drawdown_to_mvo: Figure
    matched_gain_equal: Figure
    """Annual return ahead of equal weight, the wilder of the two mixed with bills down to the calmer one."""
    turnover: float
    """One-way, a year."""
    score: Figure
    """User Alignment Score, mean over clients."""
    parts: dict[str, float | None]
    """Mean over the clients who have the part."""
    stated_score: Figure
    """Only where the client's own words set the limit."""
    tolerant_score: float
    """With a volatility up to 15 % over the cap forgiven."""
    groups: dict[str, float]
    """The score of each group of clients."""


class Contrast(Record):
    """One arm less another, clients and months paired."""

    name: str
    title: str
    first: str
    second: str
    score: Figure
    """Months and clients drawn anew."""
    score_clients: Figure
    """Clients drawn anew, the months as they were."""
    stated_score: Figure
    annual_return: Figure
    """Median over clients of the difference."""
    max_drawdown: Figure


class StressRow(Record):
    """One arm in one calendar year: medians over clients, and how many kept within their own limits."""

    year: int
    name: str
    annual_return: float
    volatility: float
    max_drawdown: float
    within_volatility: float
    within_loss: float


class Span(Record):
    """One stretch of history."""

    name: str
    title: str
    source: str
    first: date
    """The first decision."""
    last: date
    """The last price."""
    decisions: int
    billed: bool
    cash: str
    policy: str
    """How the policy was trained, in words."""
    clients: int
    refused: int
    """Decisions at which what was heard could not all be kept, so that the client stayed in cash."""
    block_days: int
    rows: tuple[ArmRow, ...]
    contrasts: tuple[Contrast, ...]
    stress: tuple[StressRow, ...]

    def row(self, name: str) -> ArmRow:
        """Raises KeyError for an arm that did not run."""
        for one in self.rows:
            if one.name == name:
                return one
        raise KeyError(f"{name} did not run over {self.title}")

    def contrast(self, name: str) -> Contrast:
        """Raises KeyError for a contrast that was not drawn."""
        for one in self.contrasts:
            if one.name == name:
                return one
        raise KeyError(f"{name} is no contrast of {self.title}")


class Misread(Record):
    """One group of clients: of how many the profiler's mandate differs from the true one, and how."""

    group: str
    clients: int
    looser: int
    """Heard a looser cap on volatility or loss, or a smaller cash floor, than they have."""
    tighter: int
    """Only tighter ones."""
    excluding: int
    """Clients who exclude something that is there to be held."""
    missed_exclusions: int
    """Of these, those of whom some excluded asset was left in."""


class ModelPart(Record):
    """The first clients read again with a language model; what it changed."""

    model: str
    clients: int
    changed: int
    """Clients whose mandate the model changed."""
    unanswered: int
    rules: Figure
    """Mean score with the profile by rules."""
    with_model: Figure
    difference: Figure


class ScaleReading(Record):
    """One way of telling the answers."""

    name: str
    words: str
    read: float
    """Share of the sheets of which a risk band was read."""
    bands: int
    """Different bands that were read."""
    spearman: Figure
    """Of band and points, on the sheets that were read; the interval resamples sheets."""
    spearman_true: Figure
    """Of band and the tolerance that drew the sheet; a perfect reader of points reaches `ScalePart.ceiling`."""


class ScalePart(Record):
    """The profiler against the scale of Grable and Lytton (1999), on answer sheets drawn from a model of people."""

    file: str
    sheets: int
    seed: int
    alpha: float
    """Cronbach's, of the drawn sheets; 0.77 was published."""
    ceiling: float
    """Spearman correlation of the points themselves with the tolerance that drew the sheets."""
    points_mean: float
    points_deviation: float
    readings: tuple[ScaleReading, ...]
    statements: int = 0
    """Answers to the single question of the Survey of Consumer Finances, the boldest first, where the file has it."""
    statements_read: int = 0
    """Of these, those of which a risk band was read, alone."""
    statements_in_order: bool | None = None
    """Whether the bands that were read fall with the statements; None with fewer than two."""


class Result(Record):
    """The whole re-test."""

    command: str
    seed: int
    draws: int
    level: float
    basis_points: float
    sources: tuple[Source, ...]
    average: dict[str, float]
    """The numbers of the one mandate that stands for no profile."""
    misread: tuple[Misread, ...]
    spans: tuple[Span, ...]
    model: ModelPart | None = None
    scale: ScalePart | None = None
    cut: tuple[str, ...] = ()
    """What was left out, in words."""
