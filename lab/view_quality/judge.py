"""One voice judged: every horizon in training and test years, its calibration, its years and regimes, its trades."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lab.view_quality.records import Agreement, Calibrated, Cell, Stretch, Traded, VoiceRecord
from lab.view_quality.voices import Spoken
from portfolio.calibration_curve import beaten, brier_gains, brier_parts, calibration_bins, recalibrated
from portfolio.market import Floats, MarketPanel
from portfolio.periods import REGIMES, regimes
from portfolio.scoreboard import FEWEST_ASSETS
from portfolio.standings import Interval
from portfolio.turnover_efficiency import tilt_accounts, turnover_efficiency
from portfolio.view_quality import (
    Judgement,
    Outcomes,
    agreement,
    agreement_interval,
    outcomes_after,
    over_dates,
    quality,
    rank_correlations,
)
from portfolio.view_verdict import view_verdict

FEWEST_DATES = 24
"""Dates that a voice must have spoken on before a tilt by its scores is carried through prices."""


def all_outcomes(panel: MarketPanel, rows: NDArray[np.int64], horizons: Sequence[int]) -> dict[int, Outcomes]:
    """What followed the rows, by horizon."""
    return {days: outcomes_after(panel, rows, days) for days in horizons}


def voice_record(
    spoken: Spoken,
    panel: MarketPanel,
    outcomes: Mapping[int, Outcomes],
    *,
    split: date,
    tries: int,
    states: NDArray[np.int64],
    seed: int,
    draws: int,
) -> VoiceRecord:
    """The whole record. `outcomes` are of the voice's own rows; `tries` counts voices, horizons and universes, not
    variants; `states` (T,) are the regimes of the panel's days; `seed` and `draws` are the bootstrap's."""
    border = np.datetime64(split, "D")
    dates = panel.dates.astype("datetime64[D]")[spoken.rows]
    heard = np.flatnonzero((np.isfinite(spoken.score)).sum(axis=1) >= FEWEST_ASSETS)
    own = outcomes[spoken.own_horizon].judge(spoken.score)
    return VoiceRecord(
        persona=spoken.persona,
        model=spoken.model,
        voice=spoken.voice,
        round=spoken.round,
        own_horizon=spoken.own_horizon,
        variants=spoken.variants,
        leaks=spoken.leaks,
        live=spoken.live,
        first=dates[heard[0]].astype(object) if len(heard) else None,
        last=dates[heard[-1]].astype(object) if len(heard) else None,
        cells=tuple(
            _cell(days, outcomes[days].judge(spoken.score), dates, border, tries * spoken.variants, bool(spoken.leaks))
            for days in sorted(outcomes)
        ),
        calibration=_calibrated(spoken, own),
        years=_years(own, dates),
        regimes=_regimes(own, states[spoken.rows]),
        traded=_traded(spoken, panel, heard, border, (seed, draws)),
    )


def agreements(spoken: Sequence[Spoken], panel: MarketPanel) -> tuple[tuple[Agreement, ...], Interval | None]:
    """Every pair of voices that spoke on the same rows, and the mean over pairs by date."""
    if len(spoken) < 2:
        return (), None
    series = agreement(np.stack([voice.score for voice in spoken]))
    dates = panel.dates.astype("datetime64[D]")[spoken[0].rows]
    pairs = [(one.persona, two.persona) for place, one in enumerate(spoken) for two in spoken[place + 1 :]]
    each = tuple(
        Agreement(first=one, second=two, rank_correlation=agreement_interval(row, dates))
        for (one, two), row in zip(pairs, series, strict=True)
    )
    count = np.isfinite(series).sum(axis=0)
    whole = count == len(series)  # the mean of other pairs would be another figure
    mean = np.where(whole, np.nan_to_num(series).sum(axis=0) / len(series), np.nan)
    return each, agreement_interval(mean, dates)


def _cell(
    days: int, judged: Judgement, dates: NDArray[np.datetime64], border: np.datetime64, tries: int, leaks: bool
) -> Cell:
    early = (dates < border) & ~np.isnat(judged.known) & (judged.known < border)
    spans = [quality(judged.on(where)) for where in (~np.isnat(dates), early, dates >= border)]
    whole, training, test = (made if made.n else None for made in spans)
    told = [made.rank_correlation if made is not None else None for made in (training, test)]
    return Cell(
        horizon_days=days,
        whole=whole,
        training=training,
        test=test,
        verdict=view_verdict(told[0], told[1], tries=tries, leaks=leaks),
    )


def _calibrated(spoken: Spoken, own: Judgement) -> Calibrated | None:
    happened = np.where(np.isfinite(spoken.probability), beaten(own.excess), np.nan)
    stated = brier_parts(spoken.probability, happened)
    if stated is None:
        return None
    mended = recalibrated(2.0 * spoken.probability - 1.0, own.excess, own.opened, own.known)
    return Calibrated(
        horizon_days=spoken.own_horizon,
        bins=calibration_bins(spoken.probability, happened),
        stated=stated,
        stated_gain=over_dates(brier_gains(spoken.probability, happened), own),
        recalibrated=brier_parts(mended, happened),
        recalibrated_gain=over_dates(brier_gains(mended, happened), own),
    )


def _years(own: Judgement, dates: NDArray[np.datetime64]) -> tuple[Stretch, ...]:
    series = rank_correlations(own.score, own.excess)
    years = dates.astype("datetime64[Y]")
    out = []
    for year in np.unique(years):
        found = _stretch(str(year), series, own, years == year)
        out += [found] if found is not None else []
    return tuple(out)


def market_states(panel: MarketPanel) -> NDArray[np.int64]:
    """(T,) place of each day in `portfolio.periods.REGIMES`, from closes before it."""
    return regimes(market_level(panel))


def _regimes(own: Judgement, now: NDArray[np.int64]) -> tuple[Stretch, ...]:
    series = rank_correlations(own.score, own.excess)
    found = [_stretch(name, series, own, now == place) for place, name in enumerate(REGIMES)]
    return tuple(item for item in found if item is not None)


def _stretch(name: str, series: Floats, own: Judgement, where: NDArray[np.bool_]) -> Stretch | None:
    interval = over_dates(series[where], own.on(where))
    return None if interval is None else Stretch(name=name, rank_correlation=interval)


def market_level(panel: MarketPanel) -> Floats:
    """(T,) the panel's index, or the compounded mean return of its assets where it has none."""
    if panel.index is not None:
        return panel.index
    moves = panel.returns()
    count = np.isfinite(moves).sum(axis=1)
    mean = np.where(count > 0, np.nan_to_num(moves).sum(axis=1) / np.maximum(count, 1), 0.0)
    return np.asarray(np.cumprod(1.0 + mean))


def _traded(
    spoken: Spoken, panel: MarketPanel, heard: NDArray[np.int64], border: np.datetime64, bootstrap: tuple[int, int]
) -> Traded | None:
    if len(heard) < FEWEST_DATES or spoken.voice == "model":  # a model's own score is traded only as part of a view
        return None
    pair = tilt_accounts(panel, spoken.rows[heard], spoken.score[heard])
    days = pair.tilt.dates.astype("datetime64[D]")
    split = int(np.searchsorted(days, border))  # returns[k] ends on day k + 1
    middle, (seed, draws) = max(0, split - 1), bootstrap
    return Traded(
        training=turnover_efficiency(pair, 0, middle, seed=seed, draws=draws),
        test=turnover_efficiency(pair, middle, len(days) - 1, seed=seed, draws=draws),
    )
