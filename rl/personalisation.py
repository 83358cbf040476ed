"""A client's objectives read from what they did, and the 76 numbers that bend the router towards them.

The model of a decision day: active shares a = s m_k + e. m_k is what the policy holds for a client who wants
objective k alone, s > 0 how strongly this client leans compared with the policy, e noise of one unknown size. s is
log-normal about one and summed out; the size of the noise has Jeffreys' prior and is integrated out, which leaves
RSS^(-n / 2) (Box and Tiao 1973, 2.4). Positions are carried from month to month, and so is the noise: both sides are
first differenced by the residuals' own correlation from one month to the next (Cochrane and Orcutt 1949; Prais and
Winsten 1954 for the first month), without which a posterior would be sure of itself for repeating itself.

One more answer stands beside the six: none of them, a = e. Where it wins, the policy explains nothing of what the
client did, and the objectives are not shown as found.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import log1p

import torch

from portfolio.profile import OBJECTIVES, Objective
from portfolio.records import Record
from rl.conditioning import Clients
from rl.ensemble import Ensemble
from rl.personalisation_observed import Observed, of_six, policy_active

SCALES = torch.linspace(-2.0, 2.0, 33, dtype=torch.float64)
"""Log of s on a grid, in standard deviations of `SCALE_SPREAD`."""
SCALE_SPREAD = 1.0
FEWEST_DAYS = 24
"""Decision days (two years of months) below which nothing is inferred: see docs/personalise.md for what fewer give."""
FEWEST_TRADES = 20
TOLD_APART = 1.0986122886681098
"""Log 3: two objectives are told apart when the data are expected to favour the right one by three to one."""


class TooLittleHistory(ValueError):  # noqa: N818 - named for what is the case, as the others of the house
    """Nothing is inferred from so few trades; the message says how many are needed."""


class ObjectivePosterior(Record):
    """How likely each objective is, given what the client did."""

    weights: dict[Objective, float]
    """Sums to one over the six: given that it is one of them."""
    none: float
    """Probability that none of the six explains it better than holding the baseline with noise."""
    explained: float
    """Share of the squared active weights that the likeliest objective explains, at its best scale."""
    leaning: float
    """s: how strongly the client leans beside the policy."""
    days: int
    figures: int
    """Active shares that are free to differ, over all days."""
    persistence: float
    """Correlation of what the policy does not explain from one month to the next."""
    alike: tuple[tuple[Objective, ...], ...]
    """Groups of objectives for which this policy holds so nearly the same that this history cannot tell them apart."""

    @property
    def likeliest(self) -> Objective:
        return max(OBJECTIVES, key=lambda objective: self.weights[objective])

    def group_of(self, objective: Objective) -> tuple[Objective, ...]:
        """The objectives that cannot be told from this one, itself included."""
        return next((group for group in self.alike if objective in group), (objective,))

    def weight_of_group(self, objective: Objective) -> float:
        return sum(self.weights[member] for member in self.group_of(objective))


@dataclass(frozen=True, eq=False)
class _Fit:
    """Sums of squares of the six: `dots` (6,) a.m, `sizes` (6,) m.m, `total` a.a, over all figures."""

    dots: torch.Tensor
    sizes: torch.Tensor
    total: torch.Tensor

    def left(self, scale: torch.Tensor) -> torch.Tensor:
        """(..., 6) residual sum of squares at a scale that broadcasts against the six."""
        rss = self.total - 2.0 * scale * self.dots + scale**2 * self.sizes
        return torch.clamp(rss, min=1e-12 * float(self.total) + 1e-300)

    def best_scale(self) -> torch.Tensor:
        """(6,) least squares, within what the prior covers."""
        low, high = (SCALE_SPREAD * SCALES[[0, -1]]).exp().tolist()
        return (self.dots / self.sizes.clamp(min=1e-300)).clamp(low, high)


def infer_objectives(
    ensemble: Ensemble, seen: Observed, client: Clients, *, fewest_days: int = FEWEST_DAYS
) -> ObjectivePosterior:
    """The posterior over six objectives and none of them, from even odds between the seven.

    `client` (C = 1) gives the mandate's other numbers; its own objectives are not read. Raises TooLittleHistory.
    """
    if len(seen) < fewest_days:
        raise TooLittleHistory(
            f"there are {len(seen)} monthly decision days with at least two known assets; {fewest_days} are needed "
            "before anything can be said about objectives"
        )
    with torch.no_grad():
        held = policy_active(ensemble, seen, of_six(client))
    return _posterior(seen, held)


def _posterior(seen: Observed, held: torch.Tensor) -> ObjectivePosterior:
    if float(seen.active.square().sum()) <= 1e-18 * max(seen.figures, 1):
        return _nothing_done(seen)
    persistence = 0.0
    fit = _fit(seen, held, persistence)
    for _ in range(2):  # the residuals give the correlation, the correlation better residuals
        scale = fit.best_scale()
        best = int(fit.left(scale).argmin())
        persistence = _persistence(seen, seen.active - scale[best] * held[:, best])
        fit = _fit(seen, held, persistence)
    scale = fit.best_scale()
    left = fit.left(scale)
    best = int(left.argmin())
    prior = torch.softmax(-0.5 * SCALES**2, dim=0)
    rss = fit.left((SCALE_SPREAD * SCALES).exp().unsqueeze(1))
    logs = torch.logsumexp(prior.log().unsqueeze(1) - 0.5 * seen.figures * (rss / fit.total).log(), dim=0)
    seven = torch.softmax(torch.cat([logs, torch.zeros(1, dtype=logs.dtype)]), dim=0)
    six = torch.softmax(logs, dim=0)
    return ObjectivePosterior(
        weights={objective: float(six[place]) for place, objective in enumerate(OBJECTIVES)},
        none=float(seven[-1]),
        explained=float(1.0 - left[best] / fit.total),
        leaning=float(scale[best]),
        days=len(seen),
        figures=seen.figures,
        persistence=persistence,
        alike=_alike(
            _differenced(held, seen.held.unsqueeze(1), persistence), float(scale[best]), float(left[best]), seen
        ),
    )


def _fit(seen: Observed, held: torch.Tensor, persistence: float) -> _Fit:
    actual = _differenced(seen.active.unsqueeze(1), seen.held.unsqueeze(1), persistence)
    wanted = _differenced(held, seen.held.unsqueeze(1), persistence)
    return _Fit((actual * wanted).sum(dim=(0, 2)), (wanted * wanted).sum(dim=(0, 2)), (actual * actual).sum())


def _differenced(values: torch.Tensor, held: torch.Tensor, persistence: float) -> torch.Tensor:
    """(L, C, N) each month less `persistence` times the month before; what was not held then is scaled instead."""
    before = torch.cat([torch.zeros_like(held[:1]), held[:-1]]) & held
    lagged = torch.cat([torch.zeros_like(values[:1]), values[:-1]])
    fresh = (1.0 - persistence**2) ** 0.5 * values
    return torch.where(before, values - persistence * lagged, fresh)


def _nothing_done(seen: Observed) -> ObjectivePosterior:
    """A client who holds the baseline to the letter says nothing about objectives."""
    even = 1.0 / len(OBJECTIVES)
    return ObjectivePosterior(
        weights=dict.fromkeys(OBJECTIVES, even),
        none=1.0,
        explained=0.0,
        leaning=1.0,
        days=len(seen),
        figures=seen.figures,
        persistence=0.0,
        alike=(OBJECTIVES,),
    )


def _persistence(seen: Observed, residual: torch.Tensor) -> float:
    """Correlation of residuals (L, N) from one month to the next, in [0, 0.98]."""
    both = seen.held[1:] & seen.held[:-1]
    one, two = residual[1:][both], residual[:-1][both]
    power = float((one * one).sum() * (two * two).sum()) ** 0.5
    return min(max(float((one * two).sum()) / power if power > 0 else 0.0, 0.0), 0.98)


def _alike(held: torch.Tensor, scale: float, left: float, seen: Observed) -> tuple[tuple[Objective, ...], ...]:
    """Groups joined by pairs that the data cannot be expected to tell apart, in the house's order."""
    count = len(OBJECTIVES)
    gram = torch.einsum("lcn,ldn->cd", held, held)
    group = list(range(count))
    for one in range(count):
        for two in range(one + 1, count):
            # What is left of the one after the other, at its best scale, has explained all it can.
            apart = float(gram[one, one] - gram[one, two] ** 2 / gram[two, two].clamp(min=1e-300))
            if 0.5 * seen.figures * log1p(scale**2 * max(apart, 0.0) / max(left, 1e-300)) < TOLD_APART:
                old, new = group[two], group[one]
                group = [new if member == old else member for member in group]
    groups = [tuple(o for place, o in enumerate(OBJECTIVES) if group[place] == name) for name in sorted(set(group))]
    return tuple(members for members in groups if len(members) > 1)


def objective_mix(posterior: ObjectivePosterior) -> torch.Tensor:
    """(1, 6) the posterior as a client's objective mix; objectives that cannot be told apart share their weight."""
    mix = torch.zeros(1, len(OBJECTIVES))
    for place, objective in enumerate(OBJECTIVES):
        group = posterior.group_of(objective)
        mix[0, place] = posterior.weight_of_group(objective) / len(group)
    return mix / mix.sum()


def with_objectives(client: Clients, posterior: ObjectivePosterior) -> Clients:
    """The same client with the objectives that their history shows."""
    return replace(client, objectives=objective_mix(posterior))


def in_time_order(days: int, shares: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Indices to learn from, to stop by and to be judged on, in that order of time, one day left out between them."""
    cuts = [0, round(days * shares[0]), round(days * (shares[0] + shares[1])), days]
    first, second, third = (torch.arange(a + (a > 0), b) for a, b in pairwise(cuts))
    return first, second, third
