"""How much each scorer's voice weighs by its record up to a day: shrunk to equal by its own error, never silenced.

For each scorer, the mean rank correlation m of its scores with what followed, over outcomes known by the day, and the
Newey-West error s of that mean. Read against the belief that scorers differ little,

    k = PRIOR_DEVIATION^2 / (PRIOR_DEVIATION^2 + s^2)          how far the record is believed
    e = (1 - k) PRIOR_IC + k m                                 what its correlation is expected to be

the posterior mean of a normal prior (James and Stein 1961; Efron and Morris 1973). The weights are

    w = FLOOR / P + (1 - FLOOR) max(e, 0) / sum max(e, 0)

With no record they are equal; a scorer who was always wrong keeps the floor, because being wrong does not last either.
Grinold's rule (1989) makes the alpha of a signal proportional to its information coefficient, hence weights in e.
"""

import numpy as np
from numpy.typing import NDArray

from portfolio.backtest import decision_rows
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.view_quality import Outcomes, masked, mean_over, outcomes_after, rank_correlations
from portfolio.views import ScoreHistory

RECORD_DAYS = 21
"""Trading days over which a voice is judged: as long as a monthly decision stands, whatever it says it is about."""

PRIOR_IC = 0.03
"""Between none and the 0.05 that Grinold and Kahn call good."""
PRIOR_DEVIATION = 0.03
"""How far true correlations of scorers are believed to lie apart."""
FLOOR = 0.25
"""Share of the weight that is dealt out equally, whatever the record."""


def voices_by_record(panel: MarketPanel, scores: ScoreHistory) -> Floats:
    """(P,) weights on the panel's last day, from the scores of all its days: what a live run uses.

    Raises ValueError for no scorer.
    """
    rows = decision_rows(panel.dates, "monthly")
    series, outcomes = record_of(panel, scores, rows)
    return record_weights(series, outcomes.opened, outcomes.known, panel.dates.astype("datetime64[D]")[-1])


def record_of(panel: MarketPanel, scores: ScoreHistory, rows: NDArray[np.int64]) -> tuple[Floats, Outcomes]:
    """(P, R) each scorer's rank correlation with what followed the rows, and the outcomes. Raises ValueError for no
    scorer."""
    if not scores.personas:
        raise ValueError("nobody scored, so there is no record to weigh; name a persona")
    outcomes = outcomes_after(panel, rows, RECORD_DAYS)
    told = zip(scores.score, scores.mask, strict=True)
    series = [rank_correlations(masked(score[rows], mask[rows]), outcomes.excess) for score, mask in told]
    return np.stack(series), outcomes


def expected_correlation(series: Floats, opened: Dates, known: Dates, day: np.datetime64) -> float:
    """What a scorer's rank correlation is expected to be, from its past ones (R,) whose outcome was known by `day`."""
    past = ~np.isnat(known) & (known <= day)
    found = mean_over(series[past], opened[past], known[past])
    if found is None or found.error is None:
        return PRIOR_IC
    believed = PRIOR_DEVIATION**2 / (PRIOR_DEVIATION**2 + found.error**2)
    return (1.0 - believed) * PRIOR_IC + believed * found.mean


def record_weights(series: Floats, opened: Dates, known: Dates, day: np.datetime64) -> Floats:
    """(P,) weights that sum to one, from rank correlations (P, R) by date; later outcomes than `day` change nothing.

    Raises ValueError for no scorer, or dates that are not (R,).
    """
    if series.ndim != 2 or not len(series) or opened.shape != (series.shape[1],) or known.shape != opened.shape:
        raise ValueError(
            f"correlations are {series.shape} and dates {opened.shape}; scorers x dates and dates expected"
        )
    count = len(series)
    expected = np.array([max(0.0, expected_correlation(row, opened, known, day)) for row in series])
    total = float(expected.sum())
    earned = expected / total if total > 0.0 else np.full(count, 1.0 / count)
    return np.asarray(FLOOR / count + (1.0 - FLOOR) * earned)
