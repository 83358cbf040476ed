"""The strategies of a backtest by name: what each holds, given what was known.

A rule gives a sleeve (N,) of the risky assets; `lab.backtest.weights` brings every sleeve to the same risk under the
same limits. The learned ones give whole weights, at that risk already. Those of this package are plain values that can
be sent to another process; a test's own closure runs in this one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lab.backtest.plan import BASELINE
from lab.backtest.seen import INDEX, Seen, World
from portfolio import baselines
from portfolio.black_litterman import posterior_means, score_views
from portfolio.blending import INFORMATION_COEFFICIENT, PRIOR_SHARPE, equal_prior, mean_variance_sleeve
from portfolio.market import Floats
from tools.errors import QuorumError

Kind = Literal["rule", "index", "hold", "learned"]

BROAD_FUNDS = ("SPY", "VTI", "VOO", "IVV", "ITOT")
BOND_FUNDS = ("AGG", "BND", "IEF", "GOVT", "TLT")


@dataclass(frozen=True)
class Strategy:
    """A way to weights.

    kind
        rule: `decide` gives a sleeve (N,), brought to the plan's risk. index: the sleeve may name the index, (M,) with
        M the world's columns, and no cap on one asset binds it. hold: as a rule, decided once in each span. learned:
        `decide` gives weights (N + 1,), cash last; fitted on years before the test, so they name no rival.
    fingerprint
        Of what it depends on beside prices, scores, plan and code (a checkpoint, a model's answers): finished
        decisions of another fingerprint are not taken up again.
    """

    name: str
    title: str
    note: str
    kind: Kind
    decide: Callable[[Seen], Floats]
    fingerprint: str = ""


@dataclass(frozen=True)
class OfRisk:
    """A rule of the covariance of what may be held."""

    rule: Callable[[Floats], Floats]

    def __call__(self, seen: Seen) -> Floats:
        return seen.spread(self.rule(seen.part()))


@dataclass(frozen=True)
class UnderCap:
    """A rule of the covariance and the largest share."""

    rule: Callable[[Floats, float], Floats]

    def __call__(self, seen: Seen) -> Floats:
        return seen.spread(self.rule(seen.part(), _share(seen)))


@dataclass(frozen=True)
class Tangency:
    """The portfolio of the largest ratio of mean to risk, the means shrunk to each other by a fraction."""

    shrinkage: float

    def __call__(self, seen: Seen) -> Floats:
        means = seen.means[seen.eligible]
        return seen.spread(baselines.max_sharpe(means, seen.part(), _share(seen), self.shrinkage))


@dataclass(frozen=True)
class Held:
    """Fixed parts (M,) of the world's columns, whatever is seen."""

    parts: tuple[float, ...]

    def __call__(self, _: Seen) -> Floats:
        return np.array(self.parts)


def _share(seen: Seen) -> float:
    return max(seen.cap, 1.0 / max(1, int(seen.eligible.sum())))


def _budgeted(seen: Seen) -> Floats:
    groups = [asset.group for asset, held in zip(seen.universe.assets, seen.eligible, strict=True) if held]
    budget = np.array([1.0 / groups.count(group) for group in groups])
    return seen.spread(baselines.risk_parity(seen.part(), budget))


def _blended(seen: Seen) -> Floats:
    prior = equal_prior(seen.eligible)
    return mean_variance_sleeve(seen.score, seen.spoken, seen.covariance, prior, cap=_share(seen)).weights


def _black_litterman(seen: Seen) -> Floats:
    part = seen.part()
    prior = np.full(len(part), 1.0 / len(part))
    implied = PRIOR_SHARPE * (part @ prior) / float(np.sqrt(prior @ part @ prior))
    score = np.where(seen.spoken, seen.score, np.nan)[seen.eligible]
    views = score_views(
        score, seen.confidence[seen.eligible], part, implied, information_coefficient=INFORMATION_COEFFICIENT
    )
    means = posterior_means(part, implied, *views)
    return seen.spread(baselines.max_sharpe(means, part, _share(seen), shrinkage=0.0))


RULES: tuple[Strategy, ...] = (
    Strategy(BASELINE, "equal weight", "1 / N of what may be held", "rule", OfRisk(baselines.equal_weight)),
    Strategy(
        "inverse-volatility",
        "inverse volatility",
        "in proportion to one over volatility",
        "rule",
        OfRisk(baselines.inverse_volatility),
    ),
    Strategy(
        "risk-parity",
        "risk parity",
        "equal risk contributions",
        "rule",
        OfRisk(baselines.risk_parity),
    ),
    Strategy(
        "risk-budget", "risk parity, budgeted", "equal risk to each sector, and within it to each asset", "rule",
        _budgeted,
    ),
    Strategy(
        "min-variance", "minimum variance", "least variance", "rule",
        UnderCap(baselines.min_variance),
    ),
    Strategy("max-sharpe", "maximum Sharpe", "tangency portfolio of three years' plain means", "rule", Tangency(0.0)),
    Strategy(
        "mean-variance", "mean-variance, shrunk",
        "tangency portfolio of means shrunk by half; mixed with cash it is what any risk aversion would choose",
        "rule", Tangency(0.5),
    ),
    Strategy(
        "blended-scores", "mean-variance, blended scores", "implied means plus the personas' alpha", "rule", _blended
    ),
    Strategy(
        "black-litterman", "Black–Litterman", "the personas' scores as views, weighed by their confidence", "rule",
        _black_litterman,
    ),
    Strategy(
        "hrp", "hierarchical risk parity", "clusters of correlation share the risk", "rule",
        OfRisk(baselines.hierarchical_risk_parity),
    ),
    Strategy(
        "max-diversification", "maximum diversification", "the largest diversification ratio", "rule",
        UnderCap(baselines.max_diversification),
    ),
    Strategy(
        "buy-and-hold", "buy and hold", "equal weight at the start of each span, then never traded", "hold",
        OfRisk(baselines.equal_weight),
    ),
)  # fmt: skip


def available(world: World) -> tuple[tuple[Strategy, ...], Mapping[str, str]]:
    """Every rule that this market allows, and name -> cause for those that it does not."""
    missing: dict[str, str] = {}
    made = list(RULES)
    broad = _index(world)
    if broad is None:
        missing["index"] = f"the data hold no index and none of {', '.join(BROAD_FUNDS)}"
    else:
        alone = "the broad index alone" if broad == INDEX else f"{broad} alone"
        made.append(Strategy("index", "index", alone, "index", _held(world, {broad: 1.0})))
    bonds = next((name for name in BOND_FUNDS if name in world.panel.symbols), None)
    shares = next((name for name in BROAD_FUNDS if name in world.panel.symbols), None)
    if shares is None or bonds is None:
        missing["60-40"] = (
            f"it needs a broad share fund ({', '.join(BROAD_FUNDS)}) and a bond fund ({', '.join(BOND_FUNDS)})"
        )
    else:
        sixty = _held(world, {shares: 0.6, bonds: 0.4})
        made.append(Strategy("60-40", "60/40", f"60 % {shares}, 40 % {bonds}", "index", sixty))
    return tuple(made), missing


def choose(names: Sequence[str], there: Sequence[Strategy], missing: Mapping[str, str]) -> tuple[Strategy, ...]:
    """The named strategies, the baseline first; all without a name. Raises QuorumError for one that is not there."""
    known = {strategy.name: strategy for strategy in there}
    for name in names:
        if name in missing:
            raise QuorumError(f"{name} cannot be held here: {missing[name]}", "leave it out, or bring such prices")
        if name not in known:
            raise QuorumError(f"there is no strategy {name!r}", f"there are {', '.join([*known, *missing])}")
    wanted = set(names) or set(known)
    return tuple(strategy for strategy in there if strategy.name in wanted or strategy.name == BASELINE)


def _index(world: World) -> str | None:
    if world.panel.index is not None:
        return INDEX
    return next((name for name in BROAD_FUNDS if name in world.panel.symbols), None)


def _held(world: World, parts: Mapping[str, float]) -> Held:
    return Held(tuple(parts.get(name, 0.0) for name in world.columns))
