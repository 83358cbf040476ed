"""What to expect of assets when somebody has views of some of them (Black and Litterman 1992; He and Litterman 1999).

Beside `portfolio.blending`, which adds Grinold's alpha to the implied means, this lets a view of one asset speak about
the assets that move with it, and weighs it by how sure it is.
"""

import numpy as np

from portfolio.market import Floats

TAU = 0.05
"""Uncertainty of the implied means as a share of the covariance: one over twenty years of history."""


def posterior_means(
    covariance: Floats, implied: Floats, picks: Floats, views: Floats, uncertainty: Floats, tau: float = TAU
) -> Floats:
    """(N,) expected yearly returns: m + tau C P' (P tau C P' + W)^-1 (q - P m).

    Parameters
    ----------
    covariance : (N, N) yearly
    implied : (N,) m, the means for which the market (or another prior) is the best portfolio
    picks : (K, N) P, one row a view: a one is a view of an asset, a one and a minus one of a pair
    views : (K,) q, the yearly return that each view expects
    uncertainty : (K,) diagonal of W, variances of the views, above zero; a very unsure view moves nothing

    No views give `implied` back to the bit. Raises ValueError for shapes that do not fit or a variance not above zero.
    """
    count = len(implied)
    if covariance.shape != (count, count) or picks.shape != (len(views), count) or uncertainty.shape != views.shape:
        raise ValueError(f"covariance {covariance.shape}, picks {picks.shape} and views {views.shape} do not fit")
    if not len(views):
        return implied.copy()
    if not bool((uncertainty > 0.0).all()):
        raise ValueError("a view's variance must be above zero; give a sure view a small one")
    spread = tau * covariance @ picks.T
    gap = views - picks @ implied
    return np.asarray(implied + spread @ np.linalg.solve(picks @ spread + np.diag(uncertainty), gap))


def score_views(
    scores: Floats,
    confidence: Floats,
    covariance: Floats,
    implied: Floats,
    *,
    information_coefficient: float,
    tau: float = TAU,
) -> tuple[Floats, Floats, Floats]:
    """Picks, views and uncertainty from scores (N,) in [-1, 1], NaN where nobody spoke, and confidences (N,) in (0, 1].

    A score expects information_coefficient x volatility x score beyond the implied mean (Grinold and Kahn, chapter
    10); its variance is the prior's own, tau C_ii, times (1 - c) / c (Idzorek 2005): sure 1/2 goes half the way. A
    confidence of one is held at 0.999, because no view is certain. A confidence of zero is no view.
    """
    known = np.flatnonzero(np.isfinite(scores) & (confidence > 0.0))
    picks = np.zeros((len(known), len(scores)))
    picks[np.arange(len(known)), known] = 1.0
    variance = np.diag(covariance)[known]
    sure = np.minimum(confidence[known], 0.999)
    views = implied[known] + information_coefficient * np.sqrt(variance) * scores[known]
    return picks, views, np.maximum(tau * variance * (1.0 - sure) / sure, 1e-12)
