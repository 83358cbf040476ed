"""The portfolios that anything clever has to beat: long-only weights over risky assets that sum to one.

Each takes a yearly covariance (N, N), and where it needs them yearly mean returns (N,); each returns weights (N,).
skfolio's optimisers are the reference that the tests hold these to; here they are small, so that a backtest can call
them thousands of times.
"""

import numpy as np

from portfolio.market import Floats


def equal_weight(covariance: Floats) -> Floats:
    """1 / N: no estimate, no error (DeMiguel, Garlappi and Uppal 2009)."""
    count = len(covariance)
    return np.full(count, 1.0 / count)


def inverse_volatility(covariance: Floats) -> Floats:
    """Weights proportional to one over volatility: risk parity when all correlations are equal."""
    inverse = 1.0 / np.sqrt(np.diag(covariance))
    result: Floats = inverse / inverse.sum()
    return result


def risk_parity(covariance: Floats, budget: Floats | None = None, tolerance: float = 1e-12) -> Floats:
    """Equal (or budgeted) risk contributions, by cyclical coordinate descent (Griveau-Billion, Richard, Roncalli 2013).

    Minimises x'Cx / 2 - sum(b log x), whose coordinate step solves one quadratic; then scales to sum one. Raises
    ValueError when it does not settle, which a covariance with a riskless asset can cause.
    """
    count = len(covariance)
    shares = np.full(count, 1.0 / count) if budget is None else budget / budget.sum()
    x = shares / np.sqrt(np.diag(covariance))
    for _ in range(2000):
        before = x.copy()
        for i in range(count):
            variance = covariance[i, i]
            others = covariance[i] @ x - variance * x[i]
            x[i] = (np.sqrt(others**2 + 4.0 * variance * shares[i]) - others) / (2.0 * variance)
        if np.abs(x - before).max() <= tolerance * np.abs(x).max():
            result: Floats = x / x.sum()
            return result
    raise ValueError("risk parity did not settle; an asset with almost no risk is better held as cash")


def min_variance(covariance: Floats, cap: float = 1.0) -> Floats:
    """The long-only portfolio of least variance with no weight above `cap` (at least 1 / N)."""
    return _mean_variance(covariance, np.zeros(len(covariance)), cap)


def max_sharpe(means: Floats, covariance: Floats, cap: float = 1.0, shrinkage: float = 0.5) -> Floats:
    """The long-only tangency portfolio of shrunk means, no weight above `cap`.

    `means` (N,) are yearly, over the bill rate where the caller has one, and are shrunk by `shrinkage` towards their
    average (a fixed James-Stein weight). Solved by the homogeneous form: minimise y'Cy with mu'y = 1, y >= 0, then
    scaled. When no portfolio under the cap has a positive mean there is no tangency portfolio, and the minimum variance
    is returned.
    """
    means = (1.0 - shrinkage) * means + shrinkage * means.mean()
    count = len(covariance)
    if _best_mean(means, max(cap, 1.0 / count)) <= 0.0:
        return min_variance(covariance, cap)
    # y_i <= cap * sum(y) keeps the cap homogeneous; below 1 / N no weights could sum to one.
    limits = np.eye(count) - max(cap, 1.0 / count) * np.ones((count, count))
    y = _solve(covariance, np.zeros(count), means[None, :], np.ones(1), limits, np.zeros(count))
    result: Floats = y / y.sum()
    return result


def _best_mean(means: Floats, cap: float) -> float:
    """The largest mean of any portfolio with no weight above `cap`: the best assets at the cap, one of them in part."""
    filled = np.clip(1.0 - cap * np.arange(len(means)), 0.0, cap)
    return float(np.sort(means)[::-1] @ filled)


def max_diversification(covariance: Floats, cap: float = 1.0) -> Floats:
    """The portfolio of the largest diversification ratio, weighted volatility over volatility (Choueifaty and Coignard
    2008): the tangency portfolio of means proportional to volatility, no weight above `cap`."""
    return max_sharpe(np.sqrt(np.diag(covariance)), covariance, cap, shrinkage=0.0)


def _mean_variance(covariance: Floats, linear: Floats, cap: float) -> Floats:
    count = len(covariance)
    upper = max(cap, 1.0 / count)
    return _solve(covariance, linear, np.ones((1, count)), np.ones(1), np.eye(count), np.full(count, upper))


def _solve(quadratic: Floats, linear: Floats, equal: Floats, target: Floats, rows: Floats, upper: Floats) -> Floats:
    """argmin x'Qx / 2 + c'x with Ex = t, Rx <= u, x >= 0, by PIQP; round-off below zero is cut and rescaled away."""
    import piqp

    count = len(quadratic)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    unbounded = np.full(len(upper), -np.inf)
    solver.setup(quadratic, linear, equal, target, rows, unbounded, upper, np.zeros(count), np.full(count, np.inf))
    status = solver.solve()
    if status != piqp.PIQP_SOLVED:
        raise ValueError(f"the optimiser stopped with {status}; check the covariance for NaN and riskless assets")
    x: Floats = np.maximum(np.array(solver.result.x), 0.0)
    return x / x.sum() if np.allclose(equal, 1.0) else x


def hierarchical_risk_parity(covariance: Floats) -> Floats:
    """López de Prado (2016): cluster by correlation distance, then split by inverse cluster variance.

    Single linkage on the distance sqrt((1 - rho) / 2), bisection of the leaves in the dendrogram's order, in which
    neighbours are as near as the tree lets them be (Bar-Joseph et al. 2001), so that the order in which assets are
    listed decides nothing.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    count = len(covariance)
    if count == 1:
        return np.ones(1)
    deviations = np.sqrt(np.diag(covariance))
    rho = np.clip(covariance / np.outer(deviations, deviations), -1.0, 1.0)
    distance = np.sqrt((1.0 - rho) / 2.0)
    np.fill_diagonal(distance, 0.0)
    order = leaves_list(linkage(squareform(distance, checks=False), "single", optimal_ordering=True))
    weights = np.ones(count)
    clusters = [order]
    while clusters:
        clusters = [half for c in clusters if len(c) > 1 for half in (c[: len(c) // 2], c[len(c) // 2 :])]
        for left, right in zip(clusters[::2], clusters[1::2], strict=True):
            first, second = _cluster_variance(covariance, left), _cluster_variance(covariance, right)
            weights[left] *= second / (first + second)
            weights[right] *= first / (first + second)
    result: Floats = weights / weights.sum()
    return result


def _cluster_variance(covariance: Floats, members: np.ndarray) -> float:
    part = covariance[np.ix_(members, members)]
    inverse = 1.0 / np.diag(part)
    weights = inverse / inverse.sum()
    return float(weights @ part @ weights)


def risk_targeted(sleeve: Floats, covariance: Floats, target_volatility: float) -> Floats:
    """(N + 1,) weights, CASH last: the sleeve (N,) mixed with cash down to the yearly target, never levered up.

    Raises ValueError for a negative target.
    """
    if target_volatility < 0:
        raise ValueError(f"a volatility of {target_volatility} cannot be aimed at; give zero or more")
    volatility = float(np.sqrt(sleeve @ covariance @ sleeve))
    share = 1.0 if volatility <= target_volatility else target_volatility / volatility
    return np.append(share * sleeve, 1.0 - share * float(sleeve.sum()))
