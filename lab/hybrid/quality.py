"""How well the forecasters foretell the next month, walk-forward, beside forecasts that anyone could make."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lab.hybrid.forecasts import Forecasts, Question
from lab.hybrid.records import QualityResult, QualityRow
from portfolio.market import Floats
from portfolio.statistics import information_coefficient
from rl.branches.forecaster_series import CALM, period_series

RETURN, VOLATILITY = "return", "volatility"
NAMES = {"shared": "LSTM, shared", "per_asset": "LSTM, one per asset"}


def measure_quality(questions: Mapping[str, Question], answers: Mapping[str, Forecasts], key: str) -> QualityResult:
    """Rank correlation and hit rate on months that do not overlap, all forecasters on the same dates and assets.

    questions, answers : kind of forecaster -> what it was asked and what it said; `key` names data and settings
    """
    panel, shared, rows = questions["shared"].panel, questions["shared"].config, questions["shared"].rows
    step = shared.step
    series = period_series(panel, step, shared.periods, shared.min_periods)
    truth = series.target.numpy()[rows]
    known = series.known[rows] & np.isfinite(truth).all(axis=-1)
    for kind in NAMES:
        known &= answers[kind].known
    made = {name: answers[kind].values.mean(axis=0) for kind, name in NAMES.items()}
    past = _past(series.move.numpy(), series.noise.numpy(), series.scale.numpy(), rows, step, shared.periods)
    zero = np.zeros(known.shape)
    out = [
        _judge("zero (always up, for the hit rate)", RETURN, zero, truth[..., 0], known, zero),
        _judge("mean of the window", RETURN, past[..., 0], truth[..., 0], known, zero),
        *(_judge(name, RETURN, values[..., 0], truth[..., 0], known, zero) for name, values in made.items()),
        _judge("the last month's", VOLATILITY, past[..., 1], truth[..., 1], known, past[..., 1]),
        _judge("LSTM, shared", VOLATILITY, made["LSTM, shared"][..., 1], truth[..., 1], known, past[..., 1]),
    ]
    return QualityResult(
        key=key,
        source=panel.source,
        first=str(panel.dates[rows[0]]),
        last=str(panel.dates[rows[-1]]),
        rows=tuple(out),
    )


def _past(move: Floats, noise: Floats, scale: Floats, rows: NDArray[np.int64], step: int, periods: int) -> Floats:
    """(R, N, 2) what anyone could say: the window's mean return and the last period's volatility, in the targets'
    units. `move` and `noise` are padded in front."""
    pad = len(move) - len(scale)
    lags = step * np.arange(periods)
    window = move[(rows[:, None] - lags + pad)]
    count = np.isfinite(window).sum(axis=1)
    mean = np.nansum(window, axis=1) / np.maximum(count, 1)
    safe = np.maximum(scale[rows], 1e-12)
    last = np.nan_to_num(noise[rows + pad], nan=1.0)
    return np.stack([mean / safe, np.log(np.clip(last / safe, CALM, 4.0))], axis=-1)


def _judge(
    name: str, target: str, forecast: Floats, truth: Floats, known: NDArray[np.bool_], plain: Floats
) -> QualityRow:
    score, outcome = np.where(known, forecast, np.nan), np.where(known, truth, np.nan)
    test = information_coefficient(score, outcome)
    right, said = truth[known], forecast[known]
    up = (said > 0) | (not said.any())
    return QualityRow(
        forecaster=name,
        target=target,
        information_coefficient=None if test is None else test.mean,
        t=None if test is None else test.t,
        hit_rate=float((up == (right > 0)).mean()) if target == RETURN else None,
        explained=1.0 - float(((said - right) ** 2).mean() / ((plain[known] - right) ** 2).mean()),
        dates=int(known.any(axis=1).sum()),
    )
