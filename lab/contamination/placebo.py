"""Placebo inputs: each strategy again, on the personas' scores dealt out among the assets at random.

On every date one seeded permutation of the assets that may be held moves whole columns of scores, so that what the
personas agree on stays together, and how strongly they speak too; only of whom they speak is a lie. Prices, risk and
limits are true. A gain that survives owes nothing to the scores.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from lab.backtest.account import Accounts, bill_rate, carry
from lab.backtest.plan import BASELINE, Plan
from lab.backtest.run import decisions_of
from lab.backtest.seen import Seen, World, plain_mandate, seen_on
from lab.backtest.strategies import RULES, Strategy
from lab.backtest.weights import Decided, joint_risk, weights_on
from lab.contamination.records import LEVEL, PlaceboRow, When
from portfolio.market import Floats, day_of
from portfolio.statistics import Interval, block_bootstrap, optimal_block, paired_difference

READS_SCORES = ("blended-scores", "black-litterman")
"""The rules that hear the personas; a placebo of any other would be itself."""

LEAST_DAYS = 126
"""Days of a span below which nothing is said of it."""

OnStep = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Trial:
    """A strategy, how many placebos it gets, and the day to which it was trained (None: it never was)."""

    strategy: Strategy
    placebos: int
    trained_until: date | None = None


def score_rules(placebos: int) -> tuple[Trial, ...]:
    """The rules that hear the personas."""
    return tuple(Trial(one, placebos) for one in RULES if one.name in READS_SCORES)


def scrambled_scores(seen: Seen, rng: np.random.Generator) -> Seen:
    """What was seen, with the scores of one asset under another's name; assets that may not be held keep theirs."""
    order = np.arange(len(seen.eligible))
    held = np.flatnonzero(seen.eligible)
    order[held] = rng.permutation(held)
    scores = replace(
        seen.scores,
        score=seen.scores.score[..., order],
        confidence=seen.scores.confidence[..., order],
        mask=seen.scores.mask[..., order],
    )
    return replace(
        seen,
        score=seen.score[order],
        confidence=seen.confidence[order],
        spoken=seen.spoken[order],
        scores=scores,
    )


def carried_with_placebos(
    world: World, trials: Sequence[Trial], plan: Plan, progress: OnStep
) -> tuple[Accounts, tuple[int, ...]]:
    """Accounts of equal weight, of each strategy under its name, and of its placebos as `placebo_name`; and the rows.

    The same seed of the plan gives the same placebos, whatever strategies run beside.
    """
    rows = decisions_of(world, plan)
    mandate = plain_mandate(plan.volatility, plan.risk_aversion)
    even = next(one for one in RULES if one.name == BASELINE)
    weights: dict[str, dict[int, Floats]] = {}
    risks: dict[int, Floats] = {}
    for done, row in enumerate(rows):
        progress(done, len(rows), f"placebos of {world.panel.dates[row]}")
        seen = seen_on(world, row, mandate, plan.cap)
        risk = risks[row] = joint_risk(seen, world)

        def hold(name: str, strategy: Strategy, what: Seen, row: int = row, risk: Floats = risk) -> None:
            weights.setdefault(name, {})[row] = weights_on(strategy, what, world.columns, risk, plan)

        hold(BASELINE, even, seen)
        for trial in trials:
            hold(trial.strategy.name, trial.strategy, seen)
        for number in range(max((trial.placebos for trial in trials), default=0)):
            false = scrambled_scores(seen, np.random.default_rng([plan.seed, number, row]))
            for trial in trials:
                if number < trial.placebos:
                    hold(placebo_name(trial.strategy.name, number), trial.strategy, false)
    progress(len(rows), len(rows), "placebos")
    rate, _ = bill_rate(world, rows[0])
    decided = Decided(tuple(rows), world.columns, weights, risks)
    return carry(world, decided, rate, plan.cost_basis_points), rows


def placebo_name(strategy: str, number: int) -> str:
    """Of one placebo's account."""
    return f"{strategy}, placebo {number}"


def placebo_rows(
    accounts: Accounts, trials: Sequence[Trial], plan: Plan, decisions: Sequence[date]
) -> list[PlaceboRow]:
    """A row for each strategy; for one that was trained, a row up to that day and one after it as well."""
    out = []
    days: list[date] = accounts.dates.astype("datetime64[D]").astype(object).tolist()
    for trial in trials:
        spans: dict[When, tuple[int, int]] = {"all": (0, len(days) - 1)}
        if trial.trained_until is not None:
            cut = int(np.searchsorted(accounts.dates, np.datetime64(trial.trained_until), side="right"))
            spans |= {"until": (0, cut - 1), "after": (max(cut - 1, 0), len(days) - 1)}
        for when, (first, last) in spans.items():
            if last - first >= LEAST_DAYS:
                between = sum(days[first] <= day <= days[last] for day in decisions)
                out.append(_row(accounts, trial, plan, when, first, last, between))
    return out


def _row(accounts: Accounts, trial: Trial, plan: Plan, when: When, first: int, last: int, decisions: int) -> PlaceboRow:
    """Figures of the returns of days `first` + 1 to `last`."""
    name = trial.strategy.name
    names = (name, BASELINE, *(placebo_name(name, number) for number in range(trial.placebos)))
    table = np.column_stack([accounts.returns(one)[first:last] for one in names])
    sure = _certainty_equivalents(plan.risk_aversion, accounts.periods)
    at_point = sure(table[None])[0]
    gains = at_point[2:] - at_point[1]
    gain = float(at_point[0] - at_point[1])
    low, high = np.quantile(gains, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return PlaceboRow(
        strategy=name,
        when=when,
        first=day_of(accounts.dates[first]),
        last=day_of(accounts.dates[last]),
        decisions=decisions,
        placebos=trial.placebos,
        gain=paired_gain(table[:, 0], table[:, 1], plan, accounts.periods),
        placebo=float(gains.mean()),
        placebo_low=float(low),
        placebo_high=float(high),
        worth=block_bootstrap(
            table[:, [0, *range(2, table.shape[1])]],
            lambda draw: (figures := sure(draw))[:, 0] - figures[:, 1:].mean(axis=1),
            seed=plan.seed,
            block=optimal_block(table[:, 0] - table[:, 1]),
            draws=plan.draws,
            level=LEVEL,
        ),
        p_value=(1 + int((gains >= gain).sum())) / (1 + len(gains)),
    )


def paired_gain(first: Floats, second: Floats, plan: Plan, periods: float) -> Interval:
    """The first's certainty-equivalent return less the second's, a year, on the same days (L,)."""
    sure = _certainty_equivalents(plan.risk_aversion, periods)
    return paired_difference(first, second, sure, seed=plan.seed, draws=plan.draws, level=LEVEL)


def _certainty_equivalents(risk_aversion: float, periods: float) -> Callable[[Floats], Floats]:
    """Draws (D, L, ...) -> yearly mean less half the risk aversion times the variance, (D, ...)."""

    def figure(draws: Floats) -> Floats:
        return np.asarray(periods * (draws.mean(axis=1) - risk_aversion / 2.0 * draws.var(axis=1)))

    return figure
