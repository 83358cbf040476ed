"""What became of the personas' scores: the curve of stated against happened, on a backtest's own decision days."""

import numpy as np

from lab.backtest.run import Study
from lab.report.records import ScoreCurve
from portfolio.backtest.records import carried
from portfolio.calibration_curve import beaten, brier_parts, calibration_bins, stated_probability
from portfolio.market import Floats

DAYS = 21
"""Rows from the close after the decision over which a score is judged."""


def curves(study: Study) -> tuple[ScoreCurve, ...]:
    """One a persona that scored anything in the test window."""
    rows = np.array([row for row in study.decided.rows if study.world.panel.dates[row] >= study.test_dates[0]])
    rows = rows[rows + 1 + DAYS < len(study.world.panel.dates)]
    scores = study.world.scores
    if not len(rows):
        return ()
    happened = beaten(excess(study.world.panel.close, rows))
    out = []
    for place, persona in enumerate(scores.personas):
        spoken = np.where(scores.mask[place, rows], scores.score[place, rows], np.nan)
        stated = stated_probability(spoken)
        bins = calibration_bins(stated, happened)
        if bins:
            out.append(ScoreCurve(persona=persona, bins=bins, brier=brier_parts(stated, happened)))
    return tuple(out)


def excess(close: Floats, rows: np.ndarray) -> Floats:
    """(R, N) return from the close after each row over `DAYS` rows, less the median of all assets that have one.

    A price that is missing is the last known one; NaN for an asset that did not trade on the decision's row.
    """
    known = carried(close)
    moves = known[rows + 1 + DAYS] / known[rows + 1] - 1.0
    moves = np.where(np.isfinite(close[rows]), moves, np.nan)
    with np.errstate(all="ignore"):
        middle = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in moves])
    return np.asarray(moves - middle[:, None])
