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
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

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
GROUP_POINTS = 250.0
"""Points that share one knot of the isotonic fit: the hit rate of fewer is too rough to be told from a coin's."""
PLATT_POINTS = 100.0
RELIABILITY_BINS = 5
_GRID = tuple(float(x) for x in np.linspace(0.0, 1.0, 21))


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


@dataclass(frozen=True, eq=False)
class _Points:
    """(n,) arrays of opinions that took a side."""

    up: np.ndarray
    confidence: Floats
    right: Floats
    """1, 0, or a half where the asset did exactly as the cross-section."""
    weight: Floats


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
    mine = [
        item
        for item in history
        if item.persona == persona and item.model == model_name and item.known_on <= as_of and item.score != 0.0
    ]
    mine.sort(key=lambda item: (item.scored_on, item.symbol, item.known_on, item.score, item.confidence, item.excess))
    points, live = _points(mine), _points([item for item in mine if item.live])
    stated = (1.0 + points.confidence) / 2.0
    return Calibration(
        persona=persona,
        model=model_name,
        as_of=as_of,
        up=_side(points, points.up, live, live.up),
        down=_side(points, ~points.up, live, ~live.up),
        brier=float(np.mean((stated - points.right) ** 2)) if mine else None,
        reliability=_reliability(points.confidence, points.right),
    )


def _points(judged: list[Judged]) -> _Points:
    score = np.array([item.score for item in judged])
    excess = np.array([item.excess for item in judged])
    return _Points(
        up=score > 0.0,
        confidence=np.array([item.confidence for item in judged], dtype=float),
        right=(1.0 + np.sign(score) * np.sign(excess)) / 2.0,
        weight=_uniqueness(judged),
    )


def _uniqueness(judged: list[Judged]) -> Floats:
    """(n,) share of each outcome that is its own: mean over its days of 1 / opinions of the asset open on that day."""
    out = np.ones(len(judged))
    by_symbol: dict[str, list[int]] = {}
    for number, item in enumerate(judged):
        by_symbol.setdefault(item.symbol, []).append(number)
    for numbers in by_symbol.values():
        begin = np.array([judged[i].scored_on.toordinal() for i in numbers])
        end = np.array([judged[i].known_on.toordinal() for i in numbers])
        opened = np.zeros(int(end.max() - begin.min()) + 1)
        np.add.at(opened, begin - begin.min(), 1.0)
        np.add.at(opened, end - begin.min(), -1.0)
        share = np.cumsum(1.0 / np.maximum(np.cumsum(opened), 1.0))
        before = np.concatenate([[0.0], share])
        out[numbers] = (before[end - begin.min()] - before[begin - begin.min()]) / (end - begin)
    return out


def _side(points: _Points, side: np.ndarray, live: _Points, live_side: np.ndarray) -> Curve:
    """The curve of one sign: from live opinions where these suffice, else from all and never above the prior."""
    if float(live.weight[live_side].sum()) >= PLATT_POINTS:
        return Curve.model_validate({**dict(_curve(live, live_side)), "live": True})
    curve = _curve(points, side)
    capped = tuple(min(value, PRIOR_HIT_RATE) for value in curve.probability)
    return Curve.model_validate({**dict(curve), "probability": capped})


def _curve(points: _Points, side: np.ndarray) -> Curve:
    confidence, right, weight = points.confidence[side], points.right[side], points.weight[side]
    count, independent = int(side.sum()), float(weight.sum())
    if independent < PLATT_POINTS:
        return Curve(
            method="prior", n=count, independent=independent, confidence=(0.0, 1.0), probability=(PRIOR_HIT_RATE,) * 2
        )
    if independent >= ISOTONIC_POINTS:
        knots, fitted = _isotonic(confidence, right, weight)
    else:
        knots, fitted = np.array(_GRID), _platt(confidence, right, weight)
    shrunk = (independent * fitted + PRIOR_POINTS * PRIOR_HIT_RATE) / (independent + PRIOR_POINTS)
    shrunk = np.maximum.accumulate(np.clip(shrunk, 0.0, 1.0))  # rounding may break the order by a bit
    return Curve(
        method="isotonic" if independent >= ISOTONIC_POINTS else "platt",
        n=count,
        independent=independent,
        confidence=tuple(float(x) for x in knots),
        probability=tuple(float(p) for p in shrunk),
    )


def _isotonic(confidence: Floats, right: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Mean confidence of each group of neighbours, and the never falling fit there."""
    from scipy.optimize import isotonic_regression

    place = np.unique(confidence, return_inverse=True)[1]
    group = _groups(np.bincount(place, weights=weight))[place]
    total = np.bincount(group, weights=weight)
    knots = np.bincount(group, weights=weight * confidence) / total
    mean = np.bincount(group, weights=weight * right) / total
    return knots, np.asarray(isotonic_regression(mean, weights=total).x, dtype=float)


def _groups(total: np.ndarray) -> np.ndarray:
    """(k,) group of each distinct confidence, of `GROUP_POINTS` or more each: a few lucky points at an end, which
    pooling would leave to themselves, must not earn full trust."""
    out, number, filled = np.zeros(len(total), dtype=int), 0, 0.0
    for k, points in enumerate(total):
        if filled >= GROUP_POINTS:
            number, filled = number + 1, 0.0
        out[k] = number
        filled += float(points)
    if filled < GROUP_POINTS and number > 0:
        out[out == number] = number - 1
    return out


def _platt(confidence: Floats, right: Floats, weight: Floats) -> Floats:
    """Probabilities on the grid by a logistic fit with a slope of zero or more."""
    from scipy.optimize import minimize
    from scipy.special import expit

    hits = float(weight @ right)
    misses = float(weight.sum()) - hits
    target = right * (hits + 1.0) / (hits + 2.0) + (1.0 - right) / (misses + 2.0)
    centre = float(weight @ confidence / weight.sum())
    x = confidence - centre

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] * x + at[1]
        error = weight * (expit(z) - target)
        value = weight @ (np.logaddexp(0.0, z) - target * z)
        return float(value / weight.sum()), np.array([error @ x, error.sum()]) / weight.sum()

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)])
    return np.asarray(expit(found.x[0] * (np.array(_GRID) - centre) + found.x[1]), dtype=float)


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
