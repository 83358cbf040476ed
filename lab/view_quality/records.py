"""What the study of views tells: fractions, not percent; None where a figure is undefined."""

from datetime import date

from portfolio.calibration_curve import BrierParts, CurveBin
from portfolio.records import Record
from portfolio.scoreboard import Voice
from portfolio.standings import Interval
from portfolio.turnover_efficiency import TurnoverEfficiency
from portfolio.view_quality import Quality
from portfolio.view_verdict import ViewVerdict


class Cell(Record):
    """One voice over one horizon: all years, training years, whose outcomes were all known before the test, and test
    years."""

    horizon_days: int
    whole: Quality | None
    training: Quality | None
    test: Quality | None
    verdict: ViewVerdict


class Calibrated(Record):
    """One voice's stated probabilities over its own horizon, over all dates."""

    horizon_days: int
    bins: tuple[CurveBin, ...]
    stated: BrierParts
    stated_gain: Interval | None
    """Brier score of a coin less the stated one's, the mean over dates: above 0 is better than a coin."""
    recalibrated: BrierParts | None
    """Of what the scores' own past said they mean, each year out of sample; None where the past was too short."""
    recalibrated_gain: Interval | None


class Stretch(Record):
    """Rank correlation over the voice's own horizon in one year or one regime."""

    name: str
    rank_correlation: Interval


class Traded(Record):
    """What a tilt by the scores earned for what it traded, before costs."""

    training: TurnoverEfficiency | None
    test: TurnoverEfficiency | None


class VoiceRecord(Record):
    """One voice: a persona's rules, its model, or the view that the allocator read."""

    persona: str
    model: str
    """The model's name, or "rules"."""
    voice: Voice
    round: int
    own_horizon: int
    """Trading days that the persona says it is about."""
    variants: int
    """How many were tried to find this persona; one where nobody says otherwise."""
    leaks: bool | None
    """Whether scores changed when only later prices were changed; None where the voice cannot be asked again."""
    live: float | None
    """Share of a model's scores that were asked for in their own time; None for rules."""
    first: date | None
    last: date | None
    """Of the dates on which it scored three assets or more; None where there is none."""
    cells: tuple[Cell, ...]
    calibration: Calibrated | None
    years: tuple[Stretch, ...]
    regimes: tuple[Stretch, ...]
    traded: Traded | None

    @property
    def name(self) -> str:
        """ "value", "value by smollm2 (model)", "value by smollm2 (view, debated)"."""
        if self.voice == "rules" and self.model == "rules":
            return self.persona
        return f"{self.persona} by {self.model} ({self.voice}{', debated' if self.round == 2 else ''})"

    @property
    def own(self) -> Cell:
        """Over the persona's own horizon."""
        return next(cell for cell in self.cells if cell.horizon_days == self.own_horizon)


class Agreement(Record):
    """Two voices: the mean over dates of the rank correlation of their scores."""

    first: str
    second: str
    rank_correlation: Interval | None


class EnsembleFigures(Record):
    """One way to combine voices over one span of years, its tilt carried through prices after costs."""

    name: str
    rank_correlation: Interval | None
    """Of the combined score with what followed over `Weighing.horizon_days`."""
    annual_return: float
    volatility: float
    turnover: float
    """One-way, a year."""
    gain: Interval | None
    """Rank correlation less that of equal voices, paired by date; None for equal voices themselves."""
    certainty_gain: float | None
    certainty_low: float | None
    certainty_high: float | None
    """Certainty-equivalent return less the equal-weight sleeve's at the same volatility, with its interval."""
    over_equal_voices: float | None
    over_equal_low: float | None
    over_equal_high: float | None
    """The same less the ensemble of equal voices."""


class WeighingSpan(Record):
    """Training or test years."""

    name: str
    first: date
    last: date
    ensembles: tuple[EnsembleFigures, ...]


class Weighing(Record):
    """Does the ensemble gain when voices weigh by their record up to each day?"""

    horizon_days: int
    cost_basis_points: float
    spans: tuple[WeighingSpan, ...]
    personas: tuple[str, ...]
    last_weights: tuple[float, ...]
    """Shares of the voices on the last decision day."""
    mean_weights: tuple[float, ...]


class UniverseViews(Record):
    """The rules of all personas on one universe."""

    name: str
    source: str
    first: date
    last: date
    assets: int
    decisions: int
    voices: tuple[VoiceRecord, ...]
    agreements: tuple[Agreement, ...]
    mean_agreement: Interval | None
    """Over all pairs, the mean over dates."""
    weighing: Weighing | None
    notes: tuple[str, ...]


class Result(Record):
    """The study, whole."""

    command: str
    seed: int
    split: date
    """Test years begin here."""
    horizons: tuple[int, ...]
    level: float
    tries: int
    """Personas times horizons times universes: what each verdict is told was tried, times a persona's own variants."""
    universes: tuple[UniverseViews, ...]
    models: tuple[VoiceRecord, ...]
    """Recorded views of models, and of models asked in this run."""
    recorded: int
    """Views on the board that models took part in."""
    damaged: int
    """Lines of the board that could not be read."""
