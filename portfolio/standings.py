"""How good each voice of the committee has been, with intervals, and whether its debate helps.

Figures are means over dates, not over opinions: assets of one day share its market. Horizons that overlap share
outcomes, so the variance of a mean is Newey and West's (1987) with as many lags as there are dates inside a horizon,
and Student's t has as many degrees of freedom as horizons without overlap, less one. Daily scores of a yearly horizon
therefore say little until years have passed, and the intervals say so.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from math import sqrt

import numpy as np

from portfolio.records import Record
from portfolio.scoreboard import Outcome, Voice
from portfolio.statistics import newey_west, spearman

LEVEL = 0.95
FEWEST_PERIODS = 12
"""Horizons without overlap that the debate must have been recorded over before it may be on by default."""


class Interval(Record):
    """A mean over dates and its 95 % interval; without one where too few horizons lie side by side."""

    mean: float
    low: float | None
    high: float | None
    dates: int
    periods: float
    """Horizons without overlap that the dates amount to."""
    error: float | None = None
    """Newey and West's standard error of the mean."""

    @property
    def p_value(self) -> float | None:
        """Two-sided, of the mean being zero, by Student's t; None where there is no error or none of size."""
        if self.error is None or self.error <= 0.0:
            return None
        from scipy.stats import t

        return float(2.0 * t.sf(abs(self.mean) / self.error, self.periods - 1.0))

    def above(self, level: float) -> bool:
        """Whether the whole interval lies above `level`."""
        return self.low is not None and self.low > level

    def below(self, level: float) -> bool:
        """Whether the whole interval lies below `level`."""
        return self.high is not None and self.high < level


class Standing(Record):
    """One voice of one persona over one horizon."""

    persona: str
    model: str
    voice: Voice
    round: int
    horizon_days: int
    n: int
    hit_rate: Interval | None
    """Share of scores on the right side of the cross-section, a half for neither; None where no score took a side."""
    rank_correlation: Interval | None
    """Spearman's, of scores with returns across assets: the information coefficient; None where no date has one."""
    brier: Interval | None
    """Squared error of the model's stated probability, (1 + confidence) / 2; a coin has 0.25. None for other voices."""


class Verdict(Record):
    """Whether the committee should debate, and the figure that says so."""

    helps: bool
    gain: Interval | None
    """Rank correlation with the debate minus without; None where both were never recorded for one date."""
    reason: str


def standings(outcomes: Iterable[Outcome]) -> tuple[Standing, ...]:
    """Every voice that was heard, by persona, model, voice, round and horizon."""
    groups: dict[tuple[str, str, Voice, int, int], list[Outcome]] = {}
    voices: tuple[Voice, ...] = ("model", "rules", "view")
    for item in outcomes:
        entry = item.entry
        for voice in voices:
            if entry.said(voice) is not None:
                key = (entry.persona, entry.model, voice, entry.round, item.horizon_days)
                groups.setdefault(key, []).append(item)
    return tuple(_standing(key, groups[key]) for key in sorted(groups))


def debate_helps(outcomes: Iterable[Outcome], model: str | None = None) -> Verdict:
    """Whether views after the debate order assets better than the same personas' views of the same dates before it.

    `model` looks at one model's debates alone. It helps when the interval of the mean gain over dates lies above 0 and
    at least `FEWEST_PERIODS` horizons without overlap were seen.
    """
    rounds: dict[tuple[date, str, str, str, int], dict[int, dict[str, Outcome]]] = {}
    for item in outcomes:
        entry = item.entry
        if entry.score is None or (model is not None and entry.model != model):
            continue
        key = (entry.as_of, entry.persona, entry.model, entry.prompt, item.horizon_days)
        rounds.setdefault(key, {}).setdefault(entry.round, {}).setdefault(entry.symbol, item)
    gains: dict[date, list[float]] = {}
    spans: dict[date, tuple[date, date]] = {}
    for key in sorted(rounds):
        first, second = rounds[key].get(1, {}), rounds[key].get(2, {})
        both = sorted(set(first) & set(second))
        before = _rank_correlation([first[symbol] for symbol in both], "view")
        after = _rank_correlation([second[symbol] for symbol in both], "view")
        if before is None or after is None:
            continue
        gains.setdefault(key[0], []).append(after - before)
        span = _span([first[symbol] for symbol in both])
        spans[key[0]] = (span[0], max(span[1], spans.get(key[0], span)[1]))
    gain = mean_interval([(*spans[day], float(np.mean(gains[day]))) for day in sorted(gains)])
    return _verdict(gain)


def _verdict(gain: Interval | None) -> Verdict:
    if gain is None:
        return Verdict(helps=False, gain=None, reason="off: no debate has been recorded and judged yet")
    told = f"over {gain.dates} dates it changed the rank correlation by {gain.mean:+.3f}"
    if gain.low is None or gain.high is None or gain.periods < FEWEST_PERIODS:
        why = f"these amount to {gain.periods:.1f} horizons without overlap, and {FEWEST_PERIODS} are needed"
        return Verdict(helps=False, gain=gain, reason=f"off: {told}; {why}")
    told += f" (95 % from {gain.low:+.3f} to {gain.high:+.3f})"
    if gain.low > 0.0:
        return Verdict(helps=True, gain=gain, reason=f"on: {told}")
    return Verdict(helps=False, gain=gain, reason=f"off: {told}, which is no gain beyond chance")


def mean_interval(dated: Sequence[tuple[date, date, float]]) -> Interval | None:
    """The mean of (opened on, known on, value), one a date in order, with its interval; None of nothing."""
    if not dated:
        return None
    values = np.array([value for _, _, value in dated])
    lags = _overlap(dated)
    periods = len(values) / (lags + 1)
    mean = float(values.mean())
    if periods < 2.0:
        return Interval(mean=mean, low=None, high=None, dates=len(values), periods=periods)
    from scipy.stats import t

    count = len(values)
    error = newey_west(values, lags).error * sqrt(count / (count - 1.0))  # without overlap, Student's own
    reach = float(t.ppf(0.5 + LEVEL / 2.0, periods - 1.0)) * error
    return Interval(mean=mean, low=mean - reach, high=mean + reach, dates=count, periods=periods, error=error)


def _overlap(dated: Sequence[tuple[date, date, float]]) -> int:
    """The most later dates that fall before an earlier one's outcome is known."""
    begins = np.array([begin.toordinal() for begin, _, _ in dated])
    ends = np.array([end.toordinal() for _, end, _ in dated])
    return int((np.searchsorted(begins, ends, side="left") - np.arange(len(dated)) - 1).max())


def _standing(key: tuple[str, str, Voice, int, int], mine: list[Outcome]) -> Standing:
    persona, model, voice, number, days = key
    return Standing(
        persona=persona,
        model=model,
        voice=voice,
        round=number,
        horizon_days=days,
        n=len(mine),
        hit_rate=_by_date(mine, lambda day: _hit_rate(day, voice)),
        rank_correlation=_by_date(mine, lambda day: _rank_correlation(day, voice)),
        brier=_by_date(mine, _brier) if voice == "model" else None,
    )


def _by_date(mine: list[Outcome], figure: Callable[[list[Outcome]], float | None]) -> Interval | None:
    days: dict[date, list[Outcome]] = {}
    for item in mine:
        days.setdefault(item.entry.as_of, []).append(item)
    dated: list[tuple[date, date, float]] = []
    for day in sorted(days):
        value = figure(days[day])
        if value is not None:
            dated.append((*_span(days[day]), value))
    return mean_interval(dated)


def _span(day: Sequence[Outcome]) -> tuple[date, date]:
    """From the first close to the day on which the last outcome was known."""
    return min(item.opened_on for item in day), max(item.known_on for item in day)


def _right(item: Outcome, score: float) -> float:
    return float((1.0 + np.sign(score) * np.sign(item.excess)) / 2.0)


def _hit_rate(day: list[Outcome], voice: Voice) -> float | None:
    scored = [(item, score) for item in day if (score := item.entry.said(voice))]  # a score of 0 takes no side
    return float(np.mean([_right(item, score) for item, score in scored])) if scored else None


def _brier(day: list[Outcome]) -> float | None:
    errors = [
        ((1.0 + item.entry.model_confidence) / 2.0 - _right(item, item.entry.model_score)) ** 2
        for item in day
        if item.entry.model_score and item.entry.model_confidence is not None
    ]
    return float(np.mean(errors)) if errors else None


def _rank_correlation(day: list[Outcome], voice: Voice) -> float | None:
    """Spearman's across assets; None where fewer than three were scored, or all alike."""
    scored = [(score, item.excess) for item in day if (score := item.entry.said(voice)) is not None]
    both = np.array(scored, dtype=float).reshape(-1, 2)
    return spearman(both[:, 0], both[:, 1])
