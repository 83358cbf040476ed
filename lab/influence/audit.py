"""The audit: a portfolio for each made-up client by the product's own rules, and what moved it.

Two measures. *Redrawn*: how far the weights move, on average, when one field alone is drawn anew (half the sum of
absolute changes; the total effect of Sobol 1990, with distance in place of variance). It needs no model of anything.
*Surrogate*: a forest learns weights from what clients said, and each field's importance is what shuffling it costs on
clients held out (Breiman 2001): the measure of arXiv 2604.23837, whose concentration index is the sum of squared
shares (Herfindahl). Shares of both sum to one over fields.
"""

from collections.abc import Callable
from datetime import date

import numpy as np

from graph.context import Context
from lab.influence.clients import FIELDS, PRIOR_WORDS, client, encoded, quantiles
from portfolio.decision import Proposal
from portfolio.mandate import Mandate
from portfolio.market import Floats
from portfolio.profile import InvestorProfile
from portfolio.records import CASH, Record
from portfolio.risk_manager import decide
from portfolio.suitability import mandate_from_profile
from tools.market.source import open_market
from tools.settings import Settings

TOLERANCE = "risk_tolerance"
HALF = 0.5
"""Stated risk tolerance should carry less than this share."""


class FieldInfluence(Record):
    """One field's part in the portfolio."""

    field: str
    moved: float
    """Mean one-way distance between weights when this field alone is drawn anew."""
    redrawn_share: float
    surrogate_share: float
    risky_share_moved: float
    """Mean absolute change of everything but cash."""


class InfluenceReport(Record):
    """The audit, whole."""

    source: str
    as_of: date
    clients: int
    refused: int
    """Clients whose wishes could not all be kept, so that no portfolio was offered."""
    redrawn_clients: int
    seed: int
    prior: str
    surrogate_fit: float
    """R squared of the surrogate on held-out clients: what it cannot explain, its importances do not speak of."""
    redrawn_concentration: float
    surrogate_concentration: float
    fields: tuple[FieldInfluence, ...]
    """By redrawn share, the largest first."""

    @property
    def tolerance_share(self) -> float:
        """The larger of the two shares of stated risk tolerance."""
        return next(max(f.redrawn_share, f.surrogate_share) for f in self.fields if f.field == TOLERANCE)


def audit_influence(
    settings: Settings,
    *,
    clients: int = 1000,
    redrawn: int = 200,
    seed: int = 0,
    as_of: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> InfluenceReport:
    """Audit the product as it stands on `as_of` (the data's last day when None), by rules.

    The profile is the input, not words: what the profiler misreads is measured elsewhere (`docs/quality.md`). Raises
    DataError where the data cannot be read, ValueError for fewer than 50 clients.
    """
    if clients < 50 or not 10 <= redrawn <= clients:
        raise ValueError(f"{clients} clients of whom {redrawn} are redrawn tell nothing; take 50 and 10 at least")
    context = Context(settings=settings, today=as_of or open_market(settings).panel.last_date, as_of_given=as_of)
    weigh = _weigher(context)
    rows = quantiles(clients, seed)
    fresh = quantiles(redrawn, seed + 1)
    total, done = clients + redrawn * len(FIELDS), 0
    made: list[Floats | None] = []
    for row in rows:
        made.append(weigh(client(row)))
        done += 1
        if progress is not None:
            progress(done, total)
    moved = np.full((redrawn, len(FIELDS)), np.nan)
    risky = np.full((redrawn, len(FIELDS)), np.nan)
    for number in range(redrawn):
        before = made[number]
        for place in range(len(FIELDS)):
            done += 1
            if progress is not None:
                progress(done, total)
            if before is None:
                continue
            changed = rows[number].copy()
            changed[place] = fresh[number, place]
            after = weigh(client(changed))
            if after is not None:
                moved[number, place] = 0.5 * float(np.abs(after - before).sum())
                risky[number, place] = abs(float(after[-1] - before[-1]))
    kept = np.array([weights is not None for weights in made])
    columns, owners = encoded(rows[kept])
    importance, fit = _surrogate(columns, owners, np.stack([w for w in made if w is not None]), seed)
    distance, swing = np.nanmean(moved, axis=0), np.nanmean(risky, axis=0)
    shares = distance / distance.sum()
    found = sorted(
        (
            FieldInfluence(
                field=name,
                moved=float(distance[place]),
                redrawn_share=float(shares[place]),
                surrogate_share=float(importance[place]),
                risky_share_moved=float(swing[place]),
            )
            for place, name in enumerate(FIELDS)
        ),
        key=lambda item: (-item.redrawn_share, item.field),
    )
    return InfluenceReport(
        source=context.market.panel.source,
        as_of=context.as_of,
        clients=clients,
        refused=int((~kept).sum()),
        redrawn_clients=redrawn,
        seed=seed,
        prior=PRIOR_WORDS,
        surrogate_fit=fit,
        redrawn_concentration=float((shares**2).sum()),
        surrogate_concentration=float((importance**2).sum()),
        fields=tuple(found),
    )


def _weigher(context: Context) -> Callable[[InvestorProfile], Floats | None]:
    """A client to weights (N + 1,), cash last, by the path of live advice: mandate, proposal, risk manager."""
    from agents.personas import score_history
    from rl.baseline import baseline_proposal
    from rl.checkpoint import AllocatorUnavailable

    market = context.market
    scores = score_history(context.personas, market.panel)
    symbols = (*market.panel.symbols, CASH)
    try:
        propose = context.allocator.propose
    except AllocatorUnavailable as error:
        why = str(error)

        def proposed(mandate: Mandate) -> Proposal:
            return baseline_proposal(market.panel, market.universe, mandate, why)
    else:

        def proposed(mandate: Mandate) -> Proposal:
            return propose(market.panel, market.universe, scores, mandate)

    def weigh(profile: InvestorProfile) -> Floats | None:
        mandate = mandate_from_profile(profile, market.universe)
        proposal = proposed(mandate)
        decision = decide(proposal.weights, context.constraints(mandate, None))
        if decision.weights is None:
            return None
        return np.array([decision.weights.get(symbol, 0.0) for symbol in symbols])

    return weigh


def _surrogate(columns: Floats, owners: tuple[str, ...], weights: Floats, seed: int) -> tuple[Floats, float]:
    """(fields,) shares of permutation importance on held-out clients, and the surrogate's R squared there."""
    from sklearn.ensemble import RandomForestRegressor  # type: ignore[import-untyped]

    train = np.arange(len(columns)) % 4 != 0
    forest = RandomForestRegressor(n_estimators=200, min_samples_leaf=3, random_state=seed, n_jobs=1)
    forest.fit(columns[train], weights[train])
    held, truth = columns[~train], weights[~train]
    error = float(((forest.predict(held) - truth) ** 2).sum())
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(held)) for _ in range(5)]
    rise = np.zeros(len(FIELDS))
    for place, name in enumerate(FIELDS):
        own = [column for column, owner in enumerate(owners) if owner == name]
        for order in orders:
            shuffled = held.copy()
            shuffled[:, own] = held[order][:, own]
            rise[place] += float(((forest.predict(shuffled) - truth) ** 2).sum()) - error
    rise = np.maximum(rise, 0.0)
    spread = float(((truth - weights[train].mean(axis=0)) ** 2).sum())
    return rise / rise.sum(), 1.0 - error / spread
