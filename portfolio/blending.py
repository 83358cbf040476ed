"""From scores to a sleeve: how the risky part of a portfolio is divided, before a client's risk is looked at.

Every sleeve here starts from a prior sleeve (equal weight over what may be held, or the client's own baseline) and
comes back to it, to the bit or to the solver's last digits, where nobody has a view. A score that is missing leaves
its asset to the prior: it is no score of zero, which would say "as good as the mean of those that are scored".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.baselines import max_sharpe, risk_parity
from portfolio.market import Floats

INFORMATION_COEFFICIENT = 0.05
"""Correlation of scores with the returns that follow. Grinold and Kahn call 0.05 good, 0.10 very good."""
PRIOR_SHARPE = 0.4
"""Yearly Sharpe ratio that the prior sleeve is taken to have: equal weight had 0.46 to 0.84 in RESEARCH.md, in samples
of survivors. The smaller it is, the more a score moves."""
SHRINKAGE = 0.5
"""Share of each expected return that is given up towards the prior's, as `baselines.max_sharpe` shrinks."""
UNIT_SCORES = float(np.sqrt(3.0))
"""Scores are spread evenly over [-1, 1], with deviation 1 / sqrt(3); Grinold's rule wants deviation one."""
TILT = 1.0
"""A score that is higher by one makes e times the place in a persona's sleeve."""
CAP = 0.25
"""Largest place in a mean-variance sleeve, or one over the number of assets where that is larger: estimated means
deserve no more."""

NOBODY = (
    "Nobody has a view of what may be held, so the sleeve is the one without views (equal weight where none is given)."
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sleeve:
    """The risky part of a portfolio.

    Attributes
    ----------
    weights : (N,) at least zero, summing to one; all zero where nothing may be held
    voices : (P,) share that each persona had in it, summing to one, or all zero where none had a view; empty where
        the scores came from one place
    note : what a reader should know; None where views made the sleeve
    """

    weights: Floats
    voices: Floats
    note: str | None = None


def blended_means(
    scores: Floats,
    mask: Bools,
    covariance: Floats,
    prior: Floats,
    *,
    information_coefficient: float = INFORMATION_COEFFICIENT,
    shrinkage: float = SHRINKAGE,
    prior_sharpe: float = PRIOR_SHARPE,
) -> Floats:
    """(N,) expected yearly returns over the bill rate: what the prior implies, and what the scores add.

    The prior's are those for which it is the tangency portfolio, prior_sharpe x (covariance prior) / its volatility
    (reverse optimisation: Sharpe 1974; Black and Litterman 1992). The scores add Grinold's alpha, information
    coefficient x volatility x score (Grinold and Kahn, "Active Portfolio Management", chapter 10), times
    1 - shrinkage; a score is counted from the mean of the scores there are, since what is said of all alike tells
    none apart.

    Parameters
    ----------
    scores, mask : (N,) scores in [-1, 1]; the mask is True where there is one
    covariance : (N, N) yearly
    prior : (N,) sleeve, summing to one; what it does not hold may not be held

    Raises ValueError for shapes that differ, a score outside [-1, 1] or a prior that is no sleeve.
    """
    _checked(scores, mask, prior)
    if covariance.shape != (len(prior), len(prior)):
        raise ValueError(f"covariance is {covariance.shape}; {(len(prior), len(prior))} expected")
    known = mask & (prior > 0.0)
    volatility = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    own = float(np.sqrt(max(float(prior @ covariance @ prior), 0.0)))
    implied = prior_sharpe * (covariance @ prior) / own if own > 0.0 else np.zeros(len(prior))
    relative = np.where(known, scores - scores[known].mean(), 0.0) if known.any() else np.zeros(len(prior))
    alpha = information_coefficient * volatility * UNIT_SCORES * relative
    return np.asarray(implied + (1.0 - shrinkage) * alpha)


def mean_variance_sleeve(
    scores: Floats, mask: Bools, covariance: Floats, prior: Floats, *, cap: float = CAP, **assumed: float
) -> Sleeve:
    """The long-only tangency portfolio of `blended_means`, no place above `cap`; the prior where there is no score.

    `assumed` are the keyword arguments of `blended_means`. The prior itself may stand above the cap, and does where
    nobody has a view. Raises ValueError as `blended_means` does, and where the covariance lets no optimiser settle.
    """
    means = blended_means(scores, mask, covariance, prior, **assumed)
    held = prior > 0.0
    if not (mask & held).any():
        return Sleeve(prior.copy(), np.zeros(0), NOBODY)
    part = max_sharpe(means[held], covariance[np.ix_(held, held)], cap, shrinkage=0.0)
    return Sleeve(_spread(part, held), np.zeros(0))


def risk_parity_sleeve(scores: Floats, mask: Bools, covariance: Floats, prior: Floats, *, tilt: float = TILT) -> Sleeve:
    """Risk budgets in the prior's proportions, each multiplied by exp(tilt x score): chapter 74's other optimiser.

    An asset without a score keeps the prior's budget. Raises ValueError as `blended_means` does.
    """
    _checked(scores, mask, prior)
    held = prior > 0.0
    if not held.any():
        return Sleeve(prior.copy(), np.zeros(0), NOBODY)
    budget = tilted(scores, mask, prior, tilt)
    part = risk_parity(covariance[np.ix_(held, held)], budget[held])
    return Sleeve(_spread(part, held), np.zeros(0), None if (mask & held).any() else f"{NOBODY} Risk is shared by it.")


def ensemble_sleeve(scores: Floats, confidence: Floats, mask: Bools, prior: Floats, *, tilt: float = TILT) -> Sleeve:
    """Each persona's own tilted sleeve, averaged with weights that are its mean confidence over what may be held.

    An asset that a persona does not know adds no confidence to its weight, so who knows half of the assets has half
    of the voice; one with no view at all has none, neither above nor below the line.

    Parameters
    ----------
    scores, confidence, mask : (P, N); scores in [-1, 1], confidence in [0, 1], the mask True where there is a view
    prior : (N,) sleeve that each persona tilts

    Raises ValueError for shapes that differ, values out of range or a prior that is no sleeve.
    """
    if scores.ndim != 2 or confidence.shape != scores.shape or mask.shape != scores.shape:
        raise ValueError(f"scores are {scores.shape}, confidence {confidence.shape}, mask {mask.shape}; all (P, N)")
    for row, there in zip(scores, mask, strict=True):
        _checked(row, there, prior)
    if not ((confidence >= 0.0) & (confidence <= 1.0))[mask].all():
        raise ValueError("a confidence lies outside [0, 1]; check its scale")
    heard = mask & (prior > 0.0)[None, :]
    voices = np.where(heard, confidence, 0.0).sum(axis=1)
    total = float(voices.sum())
    if total <= 0.0:
        return Sleeve(prior.copy(), np.zeros(len(scores)), NOBODY)
    voices = voices / total
    sleeves = np.array([tilted(row, there, prior, tilt) for row, there in zip(scores, heard, strict=True)])
    return Sleeve(voices @ sleeves, voices)


def tilted(scores: Floats, mask: Bools, prior: Floats, tilt: float = TILT) -> Floats:
    """(N,) the prior with the place of the scored assets divided anew among them by prior x exp(tilt x score).

    What is not scored keeps its place exactly.
    """
    known = mask & (prior > 0.0)
    if not known.any():
        return prior.copy()
    raw = prior[known] * np.exp(tilt * scores[known])
    out = prior.copy()
    out[known] = raw * (float(prior[known].sum()) / float(raw.sum()))
    return out


def equal_prior(held: Bools) -> Floats:
    """(N,) equal weight over what may be held; all zero where nothing may."""
    count = int(held.sum())
    return np.where(held, 1.0 / count, 0.0) if count else np.zeros(len(held))


def _spread(part: Floats, held: Bools) -> Floats:
    out = np.zeros(len(held))
    out[held] = part
    return out


def _checked(scores: Floats, mask: Bools, prior: Floats) -> None:
    if scores.shape != prior.shape or mask.shape != prior.shape:
        raise ValueError(f"scores are {scores.shape}, mask {mask.shape}, prior {prior.shape}; all (N,)")
    if not (np.abs(scores[mask]) <= 1.0).all():
        raise ValueError("a score lies outside [-1, 1] or is not a number; check its scale")
    whole = float(prior.sum())
    if not np.isfinite(prior).all() or (prior < 0.0).any() or (prior.any() and abs(whole - 1.0) > 1e-9):
        raise ValueError(f"the prior is no sleeve: weights at least zero that sum to one expected, not {whole:.6g}")
