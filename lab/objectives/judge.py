"""From accounts to the result's figures: money, yardsticks with their contrasts, distances between portfolios."""

from collections.abc import Mapping, Sequence

import numpy as np

from lab.backtest.plan import BASELINE
from lab.objectives.accounts import Account
from lab.objectives.records import Cell, Config, Distances, Money, Policy
from lab.objectives.yardsticks import MONTHS, YARDSTICKS, Yardstick, after_tax_growth, against_others, monthly
from portfolio.market import Floats
from portfolio.profile import OBJECTIVES, Objective
from portfolio.statistics import Interval, paired_difference


def policy_of(
    name: str,
    weights_sha256: str,
    seeds: tuple[int, ...],
    wished: Sequence[Account],
    weights: Sequence[Floats],
    alone: Sequence[Sequence[Account]],
    baseline: Account,
    baseline_weights: Floats,
    router_alone: Floats,
    config: Config,
) -> Policy:
    """One policy's yardsticks and distances.

    Parameters
    ----------
    wished : six accounts, one for each pure wish in the house's order; `weights` what they decided, (R, M + 1) each
    alone : the same six for each seed followed alone
    baseline : equal weight's account, and its weights
    router_alone : (R, M + 1) weights for capital preservation without the rule that leans the baseline
    """
    return Policy(
        name=name,
        weights_sha256=weights_sha256,
        seeds=seeds,
        cells=tuple(cell_of(yardstick, wished, alone, baseline, config) for yardstick in YARDSTICKS),
        distances=distances_of(weights, baseline_weights, router_alone),
    )


def cell_of(
    yardstick: Yardstick,
    wished: Sequence[Account],
    alone: Sequence[Sequence[Account]],
    baseline: Account,
    config: Config,
) -> Cell:
    """One yardstick under all six wishes; the one whose yardstick it is against the other five and equal weight."""
    aversion = config.risk_aversion
    place = OBJECTIVES.index(yardstick.objective)
    values = [yardstick.value(account, baseline, aversion) for account in wished]
    better = [yardstick.better * value for value in values]

    def ahead(others: Sequence[Account], best: bool = False) -> Interval:
        return against_others(
            yardstick, wished[place], others, baseline,
            risk_aversion=aversion, seed=config.seed, draws=config.draws, level=config.level, best=best,
        )  # fmt: skip

    rest = [account for number, account in enumerate(wished) if number != place]
    seeds = tuple(_lead(yardstick, accounts, place, baseline, aversion) for accounts in alone)
    return Cell(
        yardstick=yardstick.name,
        title=yardstick.title,
        objective=yardstick.objective,
        percent=yardstick.percent,
        more_is_better=yardstick.better > 0,
        values=dict(zip(OBJECTIVES, values, strict=True)),
        baseline=yardstick.value(baseline, baseline, aversion),
        own_rank=1 + sum(value > better[place] for value in better),
        contrast=ahead(rest),
        over_best=ahead(rest, best=True),
        ahead=ahead([baseline]),
        seeds_ahead=sum(lead > 0.0 for lead in seeds) if seeds else None,
        seed_contrasts=seeds,
    )


def distances_of(weights: Sequence[Floats], baseline: Floats, router_alone: Floats) -> Distances:
    """Between each two of six portfolios in the house's order, from equal weight, and of capital preservation with and
    without the rule that leans the baseline (`router_alone`)."""
    kept = OBJECTIVES.index(Objective.CAPITAL_PRESERVATION)
    rest = [held for place, held in enumerate(weights) if place != kept]
    pairs = [[_distance(one, other) for other in weights] for one in weights]
    apart = [pairs[row][column] for row in range(len(weights)) for column in range(row)]
    return Distances(
        pairs=tuple(tuple(row) for row in pairs),
        mean=float(np.mean(apart)),
        from_baseline=float(np.mean([_distance(one, baseline) for one in weights])),
        preservation=float(np.mean([_distance(weights[kept], one) for one in rest])),
        preservation_by_router=float(np.mean([_distance(router_alone, one) for one in rest])),
    )


def money_of(name: str, accounts: Mapping[str, Account], config: Config) -> Money:
    """One row of the money table."""
    account, base = accounts[name], accounts[BASELINE]
    typical, high = account.typical, account.high
    years = (len(account.wealth) - 1) / MONTHS
    gains = sum(typical.gains)

    def ahead(own: Floats, other: Floats) -> Interval | None:
        if name == BASELINE:
            return None
        return paired_difference(MONTHS * own, MONTHS * other, seed=config.seed, draws=config.draws, level=config.level)

    return Money(
        name=name,
        title=name.replace("_", " ").replace("-", " ").replace(".", ": "),
        annual_return=account.annual_return,
        volatility=account.volatility,
        sharpe=account.sharpe,
        max_drawdown=account.max_drawdown,
        turnover=account.turnover,
        typical_after=typical.after,
        typical_liquidated=typical.liquidated,
        typical_paid=typical.paid,
        high_after=None if high is None else high.after,
        high_liquidated=None if high is None else high.liquidated,
        high_paid=None if high is None else high.paid,
        harvested=typical.harvested / years,
        washed=typical.washed / years,
        unused=typical.carried / typical.harvested if typical.harvested > 0.0 else 0.0,
        long_share=sum(typical.long_gains) / gains if gains > 0.0 else None,
        dear_liquidated=None if account.dear is None else account.dear.liquidated,
        ahead_before=ahead(np.log1p(monthly(account)), np.log1p(monthly(base))),
        ahead_after=ahead(after_tax_growth(account), after_tax_growth(base)),
    )


def _lead(
    yardstick: Yardstick, accounts: Sequence[Account], place: int, baseline: Account, risk_aversion: float
) -> float:
    values = [yardstick.better * yardstick.value(account, baseline, risk_aversion) for account in accounts]
    others = [value for number, value in enumerate(values) if number != place]
    return float(values[place] - np.mean(others))


def _distance(one: Floats, other: Floats) -> float:
    return float(0.5 * np.abs(one - other).sum(axis=1).mean())
