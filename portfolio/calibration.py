"""How far a model's opinions may be trusted, from its own record: point in time, monotone, shrunk to a prior.

A persona's model states a score and a confidence. Each past opinion whose outcome is known becomes one point: stated
confidence against whether the asset then did better (or worse) than the cross-section, as the score's sign said. One
curve for positive scores and one for negative ones maps confidence to the probability of being right:

=================== ==================== ==========================================================
independent points  method               source
=================== ==================== ==========================================================
1,000 and more      isotonic             pool adjacent violators (Barlow et al. 1972; scikit-learn
                                         warns of overfitting below some 1,000 points)
100 to 1,000        Platt                logistic in confidence with Platt's (1999) smoothed targets,
                                         slope not below zero
fewer               prior                `UNCALIBRATED_TRUST`, whatever is stated
=================== ==================== ==========================================================

Both fits are pulled to the prior as if it were `PRIOR_POINTS` further points: hit rates of asset selection lie so near
a half that a few hundred points can not tell skill from luck. Points are counted by average uniqueness (Lopez de
Prado, Advances in Financial Machine Learning, ch. 4), since opinions of one asset whose horizons overlap share their
outcome.

A model that is asked today about a day of its training years may remember what came after, and such a record cannot
tell skill from memory. So a curve is fitted to opinions that were asked for in their own time (`Judged.live`) once
these suffice; until then all are used, and may lower trust but never raise it above the prior.

Trust is the edge over a coin as a share of the edge that earns full trust:

    trust = clip((probability - 0.5) / (FULL_TRUST_HIT_RATE - 0.5), 0, 1)
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from portfolio.calibration_fit import isotonic, logistic, uniqueness
from portfolio.market import Floats
from portfolio.records import Record, SignedUnit, UnitInterval

UNCALIBRATED_TRUST = 0.5
"""Share of a stated confidence that is believed of a model without a record."""
FULL_TRUST_HIT_RATE = 0.55
"""Hit rate against the cross-section that earns full trust: an information coefficient of 0.1, which is very good."""
PRIOR_HIT_RATE = 0.5 + UNCALIBRATED_TRUST * (FULL_TRUST_HIT_RATE - 0.5)
PRIOR_POINTS = 400.0
"""Weight of the prior: 0.25 / 400 is the variance of a hit rate that is believed to lie within 2.5 points of it."""
ISOTONIC_POINTS = 1000.0
PLATT_POINTS = 100.0
RELIABILITY_BINS = 5


class Judged(Record):
    """One opinion of a model and what became of it."""

    persona: str
    model: str
    scored_on: date
    symbol: str
    score: SignedUnit
    confidence: UnitInterval
    """As stated by the model."""
    horizon_days: int = Field(ge=1)
    """Trading days that the opinion was about."""
    excess: float
    """Return over the horizon minus the cross-section's median, so that a coin is right half of the time."""
    known_on: date
    """The day on which the outcome could first be known."""
    live: bool = False
    """Whether the model was asked in its own time, before the outcome could be part of what it was trained on."""

    @model_validator(mode="after")
    def _an_outcome_comes_after_its_opinion(self) -> "Judged":
        if self.known_on <= self.scored_on:
            raise ValueError(f"an outcome known on {self.known_on} cannot judge an opinion of {self.scored_on}")
        return self


class Curve(Record):
    """Stated confidence to probability of being right, for one sign of the score."""

    method: Literal["isotonic", "platt", "prior"]
    n: int = Field(ge=0)
    """Outcomes that were known."""
    independent: float = Field(ge=0.0)
    """What they are worth as independent points."""
    live: bool = False
    """Whether it rests on opinions asked for in their own time; one that does not never rises above the prior."""
    confidence: tuple[UnitInterval, ...]
    """Knots, increasing; straight lines between them, level beyond."""
    probability: tuple[UnitInterval, ...]
    """At the knots, never falling."""

    def at(self, confidence: float) -> float:
        """Probability of being right at that stated confidence, in [0, 1]."""
        return float(np.interp(confidence, self.confidence, self.probability))

    def all_at(self, confidence: Floats) -> Floats:
        """(n,) probabilities at (n,) stated confidences."""
        return np.interp(confidence, self.confidence, self.probability)


class ReliabilityBin(Record):
    """Opinions of like confidence: what was stated against what was true."""

    low: UnitInterval
    high: UnitInterval
    n: int
    stated: UnitInterval
    """Mean stated probability of being right, (1 + confidence) / 2."""
    right: UnitInterval
    """Share that was right."""


class Calibration(Record):
    """What a persona's model has earned by a date."""

    persona: str
    model: str
    as_of: date
    up: Curve
    """For positive scores."""
    down: Curve
    """For negative scores."""
    brier: UnitInterval | None
    """Mean squared error of the stated probabilities; a coin has 0.25. None without a record."""
    reliability: tuple[ReliabilityBin, ...]

    @property
    def n(self) -> int:
        """Outcomes that it rests on."""
        return self.up.n + self.down.n

    def probability(self, score: float, confidence: float) -> float:
        """Of being right with that score at that stated confidence; of a score of 0, the lesser of both signs'."""
        if score > 0.0:
            return self.up.at(confidence)
        if score < 0.0:
            return self.down.at(confidence)
        return min(self.up.at(confidence), self.down.at(confidence))

    def trust(self, score: float, confidence: float) -> float:
        """Share of the stated confidence that is believed, in [0, 1]; never falls as confidence rises."""
        edge = (self.probability(score, confidence) - 0.5) / (FULL_TRUST_HIT_RATE - 0.5)
        return float(min(1.0, max(0.0, edge)))


class BrierComparison(Record):
    """Stated against calibrated probabilities, on opinions that the calibration had not seen."""

    n: int
    stated: UnitInterval
    calibrated: UnitInterval
    coin: UnitInterval = 0.25


@dataclass(frozen=True, eq=False)
class _Opinions:
    """(n,) arrays of opinions that took a side, in one fixed order."""

    begin: np.ndarray
    end: np.ndarray
    asset: np.ndarray
    up: np.ndarray
    confidence: Floats
    right: Floats
    """1, 0, or a half where the asset did exactly as the cross-section."""
    live: np.ndarray

    def where(self, mask: np.ndarray) -> "_Opinions":
        return _Opinions(*(getattr(self, item.name)[mask] for item in fields(self)))


def fit_calibration(history: Iterable[Judged], as_of: date) -> tuple[Calibration, ...]:
    """One calibration for each persona and model in the record, in alphabetical order, from outcomes known by `as_of`.

    A pair whose opinions are all too young to be judged is there too, with the prior.
    """
    record = tuple(history)
    pairs = sorted({(item.persona, item.model) for item in record})
    return tuple(calibration_for(persona, model, record, as_of) for persona, model in pairs)


def calibration_for(persona: str, model_name: str, history: Iterable[Judged], as_of: date) -> Calibration:
    """The calibration of one persona's model on `as_of`; the prior where it has too short a record.

    Opinions whose horizon reaches beyond `as_of` are purged: no later outcome can change what is returned.
    """
    mine = (item for item in history if (item.persona, item.model) == (persona, model_name) and item.known_on <= as_of)
    return _fit(persona, model_name, _opinions(mine), as_of)


def out_of_sample_brier(history: Iterable[Judged]) -> BrierComparison | None:
    """Brier scores of all opinions, each judged by its model's calibration of its own date; None without any.

    A calibration has seen only outcomes known when the opinion was given, so that the figure is out of sample.
    """
    record = tuple(history)
    stated: list[Floats] = []
    calibrated: list[Floats] = []
    for persona, model in sorted({(item.persona, item.model) for item in record}):
        mine = _opinions(item for item in record if (item.persona, item.model) == (persona, model))
        for day in np.unique(mine.begin):
            fitted = _fit(persona, model, mine.where(mine.end <= day), date.fromordinal(int(day)))
            today = mine.where(mine.begin == day)
            chance = np.where(today.up, fitted.up.all_at(today.confidence), fitted.down.all_at(today.confidence))
            stated.append(((1.0 + today.confidence) / 2.0 - today.right) ** 2)
            calibrated.append((chance - today.right) ** 2)
    if not stated:
        return None
    told, fit = np.concatenate(stated), np.concatenate(calibrated)
    return BrierComparison(n=len(told), stated=float(told.mean()), calibrated=float(fit.mean()))


def _opinions(history: Iterable[Judged]) -> _Opinions:
    judged = [item for item in history if item.score != 0.0]  # a score of 0 takes no side
    judged.sort(key=lambda item: (item.scored_on, item.symbol, item.known_on, item.score, item.confidence, item.excess))
    code = {symbol: number for number, symbol in enumerate(sorted({item.symbol for item in judged}))}
    side = np.array([np.sign(item.score) for item in judged], dtype=float)
    return _Opinions(
        begin=np.array([item.scored_on.toordinal() for item in judged], dtype=int),
        end=np.array([item.known_on.toordinal() for item in judged], dtype=int),
        asset=np.array([code[item.symbol] for item in judged], dtype=int),
        up=side > 0.0,
        confidence=np.array([item.confidence for item in judged], dtype=float),
        right=(1.0 + side * np.sign(np.array([item.excess for item in judged], dtype=float))) / 2.0,
        live=np.array([item.live for item in judged], dtype=bool),
    )


def _fit(persona: str, model: str, known: _Opinions, as_of: date) -> Calibration:
    stated = (1.0 + known.confidence) / 2.0
    return Calibration(
        persona=persona,
        model=model,
        as_of=as_of,
        up=_side(known, up=True),
        down=_side(known, up=False),
        brier=float(np.mean((stated - known.right) ** 2)) if len(stated) else None,
        reliability=_reliability(known.confidence, known.right),
    )


def _side(known: _Opinions, *, up: bool) -> Curve:
    """The curve of one sign: from live opinions where these suffice, else from all and never above the prior."""
    live = _curve(known.where(known.live), up, ceiling=1.0)
    return live if live.method != "prior" else _curve(known, up, ceiling=PRIOR_HIT_RATE)


def _curve(known: _Opinions, up: bool, ceiling: float) -> Curve:
    side = known.up == up
    weight = uniqueness(known.asset, known.begin, known.end)[side]
    confidence, right, independent = known.confidence[side], known.right[side], float(weight.sum())
    method: Literal["isotonic", "platt", "prior"] = "prior"
    knots, fitted = np.array([0.0, 1.0]), np.full(2, PRIOR_HIT_RATE)
    if independent >= ISOTONIC_POINTS:
        method, (knots, fitted) = "isotonic", isotonic(confidence, right, weight)
    elif independent >= PLATT_POINTS:
        method, (knots, fitted) = "platt", logistic(confidence, right, weight)
    if method != "prior":
        fitted = (independent * fitted + PRIOR_POINTS * PRIOR_HIT_RATE) / (independent + PRIOR_POINTS)
        fitted = np.maximum.accumulate(np.clip(fitted, 0.0, ceiling))  # rounding may break the order by a bit
    return Curve(
        method=method,
        n=int(side.sum()),
        independent=independent,
        live=method != "prior" and ceiling == 1.0,
        confidence=tuple(float(x) for x in knots),
        probability=tuple(float(p) for p in fitted),
    )


def _reliability(confidence: Floats, right: Floats) -> tuple[ReliabilityBin, ...]:
    """Equal bins of confidence that hold at least one opinion."""
    place = np.minimum((confidence * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    return tuple(
        ReliabilityBin(
            low=number / RELIABILITY_BINS,
            high=(number + 1) / RELIABILITY_BINS,
            n=int(mine.sum()),
            stated=float(np.mean((1.0 + confidence[mine]) / 2.0)),
            right=float(np.mean(right[mine])),
        )
        for number in range(RELIABILITY_BINS)
        if (mine := place == number).any()
    )
