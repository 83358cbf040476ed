"""What `quorum evaluate contamination` found, in figures. Gains are yearly certainty-equivalents, as fractions."""

from datetime import date
from typing import Literal

from portfolio.records import Record
from portfolio.statistics import Interval

LEVEL = 0.90
"""Of every interval here."""
SAME = 1e-9
"""Weights that differ by no more are the same decision."""

When = Literal["all", "until", "after", "unknown"]
"""Against the day to which a part was trained: all dates, those up to it, those after it, or all because it is unknown
and any of them may be remembered."""


class Trained(Record):
    """To which day a part was trained."""

    part: str
    until: date | None
    """None: never trained, or unknown; `why` says which."""
    known: bool
    why: str


class GapRow(Record):
    """One way to weights in two worlds on the same dates. The first world is the one that the gap is counted from."""

    way: str
    when: When
    dates: int
    same: int
    """Dates on which no weight differs by more than `SAME`."""
    largest: float
    """Largest difference of one weight on any date."""
    moved: Interval | None
    """Half the sum of absolute differences of weights, mean over dates; no interval below three dates."""
    agreement: Interval | None
    """Spearman correlation over the assets of the voices' scores in the two worlds, mean over voices and dates."""
    model_agreement: Interval | None
    """The same of what the model itself said, before the bound; None where it said too little."""
    gain: Interval | None
    """Over the baseline, in the first world; None where the dates span too little."""
    other_gain: Interval | None
    gap: Interval | None
    """The first less the second, on the same days."""
    answered: int
    """Dates on which the way itself answered, and no lower rung, in both worlds."""


class Worlds(Record):
    """One subject in the true world, in a masked one, and in a masked one with another asset's evidence."""

    subject: str
    """"rules", or the model's name."""
    weights_sha256: str | None
    source: str
    assets: tuple[str, ...]
    days: tuple[date, ...]
    held_until: date
    """The last price that the accounts see."""
    seed: int
    weeks: int
    """By which the masked dates are later."""
    groups: Literal["neutral", "kept"]
    documents: int
    """News and filings; passages on earnings are not counted."""
    left_over: int
    """Of them, how many still hold a true name or ticker under the mask."""
    reports: int
    masked: tuple[GapRow, ...]
    """The true world less the masked one."""
    swapped: tuple[GapRow, ...]
    """The masked world less the one in which each asset is shown another's evidence; empty where not asked for."""
    model_views: int = 0
    """Scores that the model gave, over both worlds of `masked`."""
    roles: tuple[str, ...] = ()
    """Who asked the model; empty: nobody, or every role."""
    personas: tuple[str, ...] = ()
    """Who was heard; empty: everyone."""


class PlaceboRow(Record):
    """One strategy on its own scores, and on scores that were scrambled among the assets of each date."""

    strategy: str
    when: When
    first: date
    last: date
    decisions: int
    placebos: int
    gain: Interval
    """Over equal weight at the same risk."""
    placebo: float
    """Mean gain of the placebos."""
    placebo_low: float
    placebo_high: float
    """Between these lie 90 % of the placebos' gains."""
    worth: Interval
    """What the scores are worth: the gain less the placebos' mean, on the same days."""
    p_value: float
    """Share of placebos, and the strategy itself, that gain as much: (1 + k) / (1 + placebos)."""


class Result(Record):
    """Everything that the page shows."""

    command: str
    client: str
    cost_basis_points: float
    risk_aversion: float
    draws: int
    seed: int
    worlds: tuple[Worlds, ...]
    placebo_source: str
    volatility: float
    placebos: tuple[PlaceboRow, ...]
    trained: tuple[Trained, ...]
    trials: int
    """Strategies on prices that this run tried; placebos are none, for nobody could have chosen one."""
