"""How well a client was served: a score in the open, from the account that they had and the limits that were theirs.

Contract
--------
- Every decision gets a value in [0, 1] in each part that can be judged, and NaN in each that cannot: a part is masked,
  never zero, where the client said nothing that it judges or where its window reaches beyond the last price.
- A part is the mean over decisions, the score the mean over parts, and a group's score the mean over clients.
- Windows begin at the close at which the decision was dealt, and look at what followed: this judges, it never decides.

| part | value of one decision |
| --- | --- |
| volatility | 1 where the year's realised volatility is at most the client's cap |
| loss | 1 where the deepest fall within the year (the horizon, where that is nearer) stays within the client's limit |
| exclusions | 1 where nothing excluded was to be held |
| liquidity | of the cash that the client needs ready, the smallest share there at any close until the next dealing |
| horizon | for money needed within five years: 1 where on that day no more than the client's limit is lost |
| objectives | the mean of the objectives' own yardsticks (`YARDSTICKS`), weighed by the client's mix |

The definition is this house's own. L-PPR (arXiv 2512.12922) prints a "User Alignment Score" of 0.89 and no definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from portfolio.mandate import Mandate
from portfolio.market import Floats
from portfolio.profile import OBJECTIVES, InvestorProfile, Objective
from portfolio.records import Record

PARTS = ("volatility", "loss", "exclusions", "liquidity", "horizon", "objectives")
YEAR, QUARTER = 252, 63
SHORT_HORIZON = 5.0
"""Years up to which the money on the day itself is judged; money for later can wait for a better day."""
HELD = 1e-9
"""A weight at or below this is round-off and not a holding."""

YARDSTICKS: Mapping[Objective, str] = {
    Objective.CAPITAL_PRESERVATION: "1 where the year ended without a loss, falling to 0 at the client's loss limit",
    Objective.LONG_TERM_GAIN: "the share of the gain over bills that equal weight made in the year at the client's own "
    "risk, between 0 and 1; a year in which it made none is not judged",
    Objective.SHORT_TERM_GAIN: "1 where the quarter gained more than bills",
    Objective.SHORT_TERM_ALPHA: "1 where the quarter gained more than equal weight at the client's own risk",
}
"""Objective -> its yardstick. The two tax objectives need tax lots and have none here: they are masked."""


class Needs(Record):
    """What one client was owed. Fractions; losses positive."""

    volatility: float = Field(ge=0)
    """Largest yearly volatility."""
    loss: float = Field(ge=0)
    """Largest fall within a year, or by the horizon where that is nearer."""
    cash: float = Field(ge=0, le=1)
    """Share that must be ready; 0 where nothing need be."""
    risky: float = Field(ge=0, le=1)
    """Largest share that the client's limits leave for risky assets."""
    horizon: float | None = Field(default=None, ge=0)
    """Years until the money is needed; None where it was not said."""
    excluded: tuple[int, ...] = ()
    """Columns of assets that the client will not hold."""
    mix: dict[Objective, float]
    """Weights over objectives."""
    stated: frozenset[str] = frozenset(PARTS)
    """Parts whose limit the client's own words set; the others hold by the house's cautious rules."""


@dataclass(frozen=True, eq=False)
class Lived:
    """One account over S closes, with R decisions.

    Attributes
    ----------
    returns : (S - 1,) net daily returns
    weights : (S, N + 1) at each close after that day's trades, cash last
    decided : (R,) rows on which targets were decided; each is dealt at the next close
    targets : (R, N + 1) the decided weights
    market : (S - 1,) daily returns of equal weight, fully invested, after costs
    bills : (S - 1,) what cash earned
    """

    returns: Floats
    weights: Floats
    decided: np.ndarray
    targets: Floats
    market: Floats
    bills: Floats


class Alignment(Record):
    """A client's score and its parts, means over decisions; None where nothing could be judged."""

    parts: dict[str, float | None]
    score: float | None


def needs_of(profile: InvestorProfile, mandate: Mandate, symbols: tuple[str, ...]) -> Needs:
    """What a client is owed, from who they truly are: their profile, and the mandate that the house makes of it.

    A loss limit that they named is theirs as named; where they named none, the mandate's bad year stands for it. An
    exclusion that matches nothing among `symbols` binds nothing and is not judged.
    """
    loss, struck = profile.loss_limit, mandate.excluded_symbols
    stated = {
        "volatility": bool(mandate.volatility_cap.sources),
        "loss": loss is not None or bool(mandate.cvar_cap.sources),
        "exclusions": bool(struck),
        "liquidity": bool(mandate.cash_floor.sources),
        "horizon": profile.horizon is not None,
        "objectives": profile.objectives is not None,
    }
    return Needs(
        volatility=mandate.volatility_cap.value,
        loss=mandate.cvar_cap.value if loss is None else loss.value,
        cash=mandate.cash_floor.value,
        risky=min(1.0 - mandate.cash_floor.value, mandate.risk_asset_cap.value, 1.0),
        horizon=None if profile.horizon is None else profile.horizon.value,
        excluded=tuple(column for column, symbol in enumerate(symbols) if symbol in struck),
        mix=dict(mandate.objective_mix),
        stated=frozenset(name for name, said in stated.items() if said),
    )


def served(needs: Needs, lived: Lived) -> Floats:
    """(R, len(PARTS)) values in [0, 1], NaN where a part is masked.

    Raises ValueError for accounts whose arrays do not belong together.
    """
    days = len(lived.returns)
    if lived.weights.shape[0] != days + 1 or not len(lived.market) == len(lived.bills) == days:
        raise ValueError(f"{days} returns need {days + 1} closes of weights, and as many returns of market and bills")
    if len(lived.decided) != len(lived.targets):
        raise ValueError(f"{len(lived.decided)} decisions with {len(lived.targets)} rows of targets; one each expected")
    out = np.full((len(lived.decided), len(PARTS)), np.nan)
    out[:, PARTS.index("volatility")] = volatility_kept(needs, lived)
    stops = np.append(lived.decided[1:] + 1, days + 1)
    for number, row in enumerate(lived.decided.tolist()):
        out[number, 1:] = (
            _loss(needs, lived.returns, row),
            _exclusions(needs, lived.targets[number]),
            _liquidity(needs, lived.weights[row + 1 : stops[number], -1]),
            _horizon(needs, lived.returns, row),
            _objectives(needs, lived, row),
        )
    return out


def aligned(values: Floats) -> Alignment:
    """The score of one client's (R, len(PARTS)) values: masked parts count neither way."""
    parts = part_means(values)
    known = parts[np.isfinite(parts)]
    return Alignment(
        parts={name: float(v) if np.isfinite(v) else None for name, v in zip(PARTS, parts, strict=True)},
        score=float(known.mean()) if len(known) else None,
    )


def part_means(values: Floats) -> Floats:
    """(..., P) mean over the decisions of (..., R, P), NaN where none was judged."""
    return mean_of_known(values, axis=-2)


def mean_of_known(values: Floats, axis: int) -> Floats:
    """The mean along an axis of what is no NaN; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    out: Floats = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    return out


def only_stated(values: Floats, needs: Needs) -> Floats:
    """The values (R, len(PARTS)) with every part masked that the client's own words did not set."""
    keep = np.array([name in needs.stated for name in PARTS])
    return np.where(keep, values, np.nan)


def deepest_fall(returns: Floats) -> float:
    """Largest fall from a running peak, the start counting as one, as a positive fraction."""
    wealth = np.append(1.0, np.cumprod(1.0 + returns))
    return float((1.0 - wealth / np.maximum.accumulate(wealth)).max())


def _span(values: Floats, row: int, days: int) -> Floats | None:
    """The returns of `days` days after the dealing of the decision of `row`; None where the prices end before."""
    part = values[row + 1 : row + 1 + days]
    return part if len(part) == days else None


def volatility_kept(needs: Needs, lived: Lived, tolerance: float = 0.0) -> Floats:
    """(R,) 1 where the year after the dealing was no wilder than the cap, 0 where it was, NaN without a whole year.

    `tolerance` is a fraction of the cap: no portfolio that aims at a cap can be sure to stay under it.
    """
    years = (_span(lived.returns, row, YEAR) for row in lived.decided.tolist())
    cap = needs.volatility * (1.0 + tolerance)
    return np.array([np.nan if y is None else float(y.std(ddof=1) * YEAR**0.5 <= cap) for y in years])


def _loss(needs: Needs, returns: Floats, row: int) -> float:
    days = YEAR if needs.horizon is None else min(YEAR, horizon_days(needs.horizon))
    span = _span(returns, row, days)
    return np.nan if span is None else float(deepest_fall(span) <= needs.loss)


def _exclusions(needs: Needs, target: Floats) -> float:
    if not needs.excluded:
        return np.nan
    return float(bool((target[list(needs.excluded)] <= HELD).all()))


def _liquidity(needs: Needs, cash: Floats) -> float:
    if needs.cash <= 0.0 or len(cash) == 0:
        return np.nan
    return min(1.0, float(cash.min()) / needs.cash)


def _horizon(needs: Needs, returns: Floats, row: int) -> float:
    if needs.horizon is None or needs.horizon > SHORT_HORIZON:
        return np.nan
    span = _span(returns, row, horizon_days(needs.horizon))
    return np.nan if span is None else float(_grown(span) >= 1.0 - needs.loss)


def horizon_days(years: float) -> int:
    """Trading days until the money is needed, a month at the least."""
    return max(21, round(YEAR * years))


def _objectives(needs: Needs, lived: Lived, row: int) -> float:
    """Yardsticks weighed by the mix; what has no yardstick, or no answer in this window, is left out of both sums."""
    total, weight = 0.0, 0.0
    for objective in OBJECTIVES:
        share = needs.mix.get(objective, 0.0)
        if share <= 0.0:
            continue
        value = _yardstick(objective, needs, lived, row)
        if np.isfinite(value):
            total += share * value
            weight += share
    return total / weight if weight > 0.0 else np.nan


def _yardstick(objective: Objective, needs: Needs, lived: Lived, row: int) -> float:
    short = objective in (Objective.SHORT_TERM_GAIN, Objective.SHORT_TERM_ALPHA)
    days = QUARTER if short else YEAR
    own, market, bills = (_span(part, row, days) for part in (lived.returns, lived.market, lived.bills))
    if own is None or market is None or bills is None or objective not in YARDSTICKS:
        return np.nan
    grown, safe = _grown(own), _grown(bills)
    if objective is Objective.CAPITAL_PRESERVATION:
        fall = max(0.0, 1.0 - grown)
        return 1.0 if fall == 0.0 else max(0.0, 1.0 - fall / needs.loss) if needs.loss > 0.0 else 0.0
    if objective is Objective.SHORT_TERM_GAIN:
        return float(grown > safe)
    attainable = _grown(at_own_risk(needs, market, bills))
    if objective is Objective.SHORT_TERM_ALPHA:
        return float(grown > attainable)
    if attainable <= safe:
        return np.nan
    return min(1.0, max(0.0, (grown - safe) / (attainable - safe)))


def at_own_risk(needs: Needs, market: Floats, bills: Floats) -> Floats:
    """Daily returns of equal weight mixed with bills down to what the client may bear: its realised volatility under
    the cap, its share under the largest risky share. With hindsight, so it is a yardstick and no strategy."""
    own = float(market.std(ddof=1)) * YEAR**0.5
    share = min(needs.risky, needs.volatility / own if own > 0.0 else 1.0, 1.0)
    return np.asarray(share * market + (1.0 - share) * bills)


def _grown(returns: Floats) -> float:
    return float(np.prod(1.0 + returns))
