"""Does the ensemble gain when its voices weigh by their record? Measured out of sample, beside equal voices.

Each month every persona's rank correlation over the past is read from outcomes known by that day
(`portfolio.record_weights`), and its confidence in the ensemble's sleeve is multiplied by its weight; with equal
weights the sleeve is the committee's own (`portfolio.blending.ensemble_sleeve`). The horizon is a month, because that
is how long a decision stands, whatever horizon a persona says it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lab.view_quality.records import EnsembleFigures, Weighing, WeighingSpan
from portfolio.backtest import BacktestResult, Costs, backtest
from portfolio.blending import ensemble_sleeve, equal_prior
from portfolio.market import Floats, MarketPanel
from portfolio.metrics import summary
from portfolio.record_weights import RECORD_DAYS, record_of, record_weights
from portfolio.scoreboard import FEWEST_ASSETS
from portfolio.standings import Interval
from portfolio.statistics import paired_difference
from portfolio.turnover_efficiency import STALE_DAYS
from portfolio.view_quality import mean_over, outcomes_after, rank_correlations
from portfolio.views import ScoreHistory

BASIS_POINTS = 10.0
YEAR = 252.0
RISK_AVERSION = 5.0
LEVEL = 0.95
EQUAL, RECORD, NOBODY = "ensemble, equal voices", "ensemble, voices by record", "equal weight"
FEWEST_DECISIONS = 24


@dataclass(frozen=True, eq=False)
class Combined:
    """The ensembles of one universe: rows (R,), voices (R, P) by record, accounts and combined scores by name."""

    rows: NDArray[np.int64]
    personas: tuple[str, ...]
    voices: Floats
    accounts: dict[str, BacktestResult]
    scores: dict[str, Floats]


def point_in_time_weights(panel: MarketPanel, scores: ScoreHistory, rows: NDArray[np.int64]) -> Floats:
    """(R, P) weights on each row from outcomes known at its close; nothing later is read."""
    series, outcomes = record_of(panel, scores, rows)
    days = panel.dates.astype("datetime64[D]")[rows]
    return np.stack([record_weights(series, outcomes.opened, outcomes.known, day) for day in days])


def combine(panel: MarketPanel, scores: ScoreHistory, rows: NDArray[np.int64]) -> Combined:
    """Both ensembles and the sleeve that they tilt, decided on every row on which anybody spoke."""
    voices = point_in_time_weights(panel, scores, rows)
    heard = scores.mask[:, rows].any(axis=0).sum(axis=1) >= FEWEST_ASSETS
    targets: dict[str, dict[int, Floats]] = {NOBODY: {}, EQUAL: {}, RECORD: {}}
    mixed = {name: np.full((len(rows), len(panel.symbols)), np.nan) for name in (EQUAL, RECORD)}
    for place in np.flatnonzero(heard).tolist():
        row = int(rows[place])
        recent = panel.close[max(0, row - STALE_DAYS + 1) : row + 1]
        prior = equal_prior(np.asarray((np.isfinite(recent) & (recent > 0.0)).any(axis=0)))
        score, confidence, mask = scores.score[:, row], scores.confidence[:, row], scores.mask[:, row]
        targets[NOBODY][row] = np.append(prior, 0.0)
        for name in (EQUAL, RECORD):
            share = voices[place] / voices[place].max() if name == RECORD else np.ones(len(score))
            loud = confidence * share[:, None]
            targets[name][row] = np.append(ensemble_sleeve(score, loud, mask, prior).weights, 0.0)
            mixed[name][place] = _mean(score, loud, mask)
    costs = Costs(commission=BASIS_POINTS / 10_000.0)
    accounts = {name: backtest(panel.close, panel.dates, decided, costs=costs) for name, decided in targets.items()}
    return Combined(rows[heard], scores.personas, voices[heard], accounts, {n: m[heard] for n, m in mixed.items()})


def weigh(panel: MarketPanel, combined: Combined, split: date, *, seed: int, draws: int) -> Weighing | None:
    """The figures; None with fewer than `FEWEST_DECISIONS` decisions."""
    if len(combined.rows) < FEWEST_DECISIONS:
        return None
    border = np.datetime64(split, "D")
    days = next(iter(combined.accounts.values())).dates.astype("datetime64[D]")
    middle = max(0, int(np.searchsorted(days, border)) - 1)
    spans = []
    for name, start, stop in (("training", 0, middle), ("test", middle, len(days) - 1)):
        if stop - start >= YEAR:
            spans.append(_span(name, panel, combined, border, (start, stop), (seed, draws)))
    return Weighing(
        horizon_days=RECORD_DAYS,
        cost_basis_points=BASIS_POINTS,
        spans=tuple(spans),
        personas=combined.personas,
        last_weights=tuple(combined.voices[-1].tolist()),
        mean_weights=tuple(combined.voices.mean(axis=0).tolist()),
    )


def _span(
    name: str,
    panel: MarketPanel,
    combined: Combined,
    border: np.datetime64,
    stretch: tuple[int, int],
    bootstrap: tuple[int, int],
) -> WeighingSpan:
    start, stop = stretch
    dates = panel.dates.astype("datetime64[D]")[combined.rows]
    outcomes = outcomes_after(panel, combined.rows, RECORD_DAYS)
    late = dates >= border
    inside = late if name == "test" else ~late & ~np.isnat(outcomes.known) & (outcomes.known < border)
    series = {key: rank_correlations(score, outcomes.excess) for key, score in combined.scores.items()}

    def interval(values: Floats) -> Interval | None:
        return mean_over(values[inside], outcomes.opened[inside], outcomes.known[inside])

    returns = {key: account.returns[start:stop] for key, account in combined.accounts.items()}
    made = []
    for key, account in combined.accounts.items():
        years = (stop - start) / YEAR
        figures = summary(returns[key], np.zeros(stop - start), YEAR)
        plain = None if key == NOBODY else _certainty(returns[key], returns[NOBODY], bootstrap)
        equal = _certainty(returns[key], returns[EQUAL], bootstrap) if key == RECORD else None
        made.append(
            EnsembleFigures(
                name=key,
                rank_correlation=interval(series[key]) if key in series else None,
                annual_return=figures.annual_return,
                volatility=figures.volatility,
                turnover=float(account.turnover[start + 1 : stop + 1].sum()) / years,
                gain=interval(series[RECORD] - series[EQUAL]) if key == RECORD else None,
                certainty_gain=plain[0] if plain else None,
                certainty_low=plain[1] if plain else None,
                certainty_high=plain[2] if plain else None,
                over_equal_voices=equal[0] if equal else None,
                over_equal_low=equal[1] if equal else None,
                over_equal_high=equal[2] if equal else None,
            )
        )
    first, last = combined.accounts[NOBODY].dates[[start, stop]].astype("datetime64[D]").astype(object)
    return WeighingSpan(name=name, first=first, last=last, ensembles=tuple(made))


def _certainty(first: Floats, second: Floats, bootstrap: tuple[int, int]) -> tuple[float, float, float]:
    """Yearly certainty-equivalent return of the first less the second's, the rougher mixed with cash to the calmer's
    volatility, with its block-bootstrap interval. Cash earns nothing here: the bill rate is not known on every day."""
    calm = min(float(first.std()), float(second.std()))
    at = [returns * (calm / float(returns.std())) for returns in (first, second)]
    seed, draws = bootstrap
    made = paired_difference(at[0], at[1], _certainty_equivalent, seed=seed, draws=draws, level=LEVEL)
    return made.estimate, made.low, made.high


def _certainty_equivalent(samples: Floats) -> Floats:
    return np.asarray(YEAR * (samples.mean(axis=1) - RISK_AVERSION / 2.0 * samples.var(axis=1)))


def _mean(score: Floats, confidence: Floats, mask: NDArray[np.bool_]) -> Floats:
    """(N,) confidence-weighted mean of those who spoke, NaN where nobody did."""
    loud = np.where(mask, confidence, 0.0)
    total = loud.sum(axis=0)
    return np.where(total > 0.0, (loud * score).sum(axis=0) / np.where(total > 0.0, total, 1.0), np.nan)


def helps(weighings: Sequence[Weighing]) -> bool:
    """Whether weighing by record may be on by default: on some universe's test years it orders assets better than equal
    voices beyond chance and leaves more after costs, and on none it does worse beyond chance."""
    better = False
    for weighing in weighings:
        for span in weighing.spans:
            if span.name != "test":
                continue
            made = next(item for item in span.ensembles if item.name == RECORD)
            if made.gain is not None and made.gain.below(0.0):
                return False
            if made.over_equal_high is not None and made.over_equal_high < 0.0:
                return False
            both = made.gain is not None and made.gain.above(0.0)
            better |= both and made.over_equal_low is not None and made.over_equal_low > 0.0
    return better
