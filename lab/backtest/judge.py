"""Is it better than equal weight, or only luckier? All that the verdict rests on, for one family."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lab.backtest.plan import LARGEST_SPA, LEAST_DEFLATED, Plan
from lab.backtest.resample import Dealing, Draws, resample
from portfolio.market import Floats
from portfolio.overfitting import Overfitting, Superiority, probability_of_overfitting, superiority
from portfolio.records import Record
from portfolio.statistics import Interval, deflated_sharpe, expected_best_sharpe, probabilistic_sharpe

Word = Literal["better", "no better", "worse"]
BLOCKS = 16
OF_OTHERS = ("information_ratio", "tracking_error", "beta", "alpha", "hit_rate")
"""Figures that compare with the baseline, which it has not itself."""


class Doubt(Record):
    """What remains of one strategy after doubt; ratios and gains in the test window, net of costs."""

    name: str
    intervals: dict[str, Interval]
    """By field of `portfolio.metrics.Metrics`, and `matched_return`: the yearly return, had all been mixed with bills,
    after the fact, to the calmest one's volatility. With taxes also `after_tax_equivalent`."""
    gain: Interval | None
    """Certainty-equivalent return a year ahead of the baseline, paired by day; None for the baseline itself."""
    sharpe_gain: Interval | None
    tax_gain: Interval | None = None
    """Certainty-equivalent return a year after taxes ahead of the baseline's; None without taxes."""
    against: dict[str, Interval]
    """Gain over each other strategy."""
    probabilistic_sharpe: float | None
    """That the true ratio is above zero."""
    deflated_sharpe: float | None
    """That it is above what the best of all trials would show without skill."""
    deflated_gain: float | None
    """That the gain over the baseline is above what the best of all trials would show without skill."""
    word: Word
    failed: tuple[str, ...]
    """The parts of the rule that it failed, in words."""


class Judgement(Record):
    """The family's own doubts, and each strategy's."""

    baseline: str
    trials: int
    """Strategies, seeds and variants ever tried on this market, by the register."""
    overfitting: Overfitting | None
    """Of choosing the best of the family by its ratio; None with too few days."""
    superiority: Superiority | None
    """Of the family over the baseline in utility; None where it is alone."""
    block: int
    doubts: tuple[Doubt, ...]

    def of(self, name: str) -> Doubt:
        """Raises KeyError for a strategy that was not judged."""
        for doubt in self.doubts:
            if doubt.name == name:
                return doubt
        raise KeyError(f"{name} was not judged")


def utility(returns: Floats, risk_aversion: float) -> Floats:
    """r - gamma / 2 r ** 2 of each period, whose mean is the certainty-equivalent return to second order: a gain that
    a risk-taking strategy cannot buy with risk."""
    return np.asarray(returns - risk_aversion / 2.0 * returns**2)


def judge(
    names: Sequence[str],
    returns: Floats,
    cash: Floats,
    periods: float,
    plan: Plan,
    *,
    baseline: str,
    trial_sharpes: Floats,
    tried: Floats | None = None,
    dealing: Dealing | None = None,
) -> Judgement:
    """Doubt a family on the same days.

    Parameters
    ----------
    returns : (L, K) net returns of the strategies `names`
    cash : (L,) what bills paid
    trial_sharpes : (N,) ratios per period of everything ever tried on this market, this family included
    tried : (L, J) net returns of strategies that belong to the family and are not told apart: a search's other tries
    dealing : turnover, costs and taxes of the same days, for intervals of these

    Raises ValueError where the baseline is not of the family, or the days are too few.
    """
    if baseline not in names:
        raise ValueError(f"{baseline} must run beside the strategies that are judged by it")
    base = list(names).index(baseline)
    others = [place for place in range(len(names)) if place != base]
    draws = resample(
        returns,
        cash,
        periods,
        risk_aversion=plan.risk_aversion,
        draws=plan.draws,
        level=plan.level,
        seed=plan.seed,
        base=base,
        dealing=dealing,
    )
    excess = returns - cash[:, None]
    pleasure = utility(returns, plan.risk_aversion)
    gains = pleasure - pleasure[:, [base]]
    rest = np.zeros((len(returns), 0)) if tried is None else tried
    rivals = np.column_stack([pleasure[:, others], utility(rest, plan.risk_aversion)])
    family = None
    if rivals.shape[1]:
        family = superiority(rivals, pleasure[:, base], seed=plan.seed, block=draws.block, draws=plan.draws)
    trials = max(len(trial_sharpes), rivals.shape[1] + 1)
    threshold = _luck(rivals - pleasure[:, [base]], trials)
    enough = rivals.shape[1] > 0 and len(excess) >= 10 * BLOCKS
    whole = np.column_stack([excess, rest - cash[:, None]])
    return Judgement(
        baseline=baseline,
        trials=trials,
        overfitting=probability_of_overfitting(whole, BLOCKS) if enough else None,
        superiority=family,
        block=draws.block,
        doubts=tuple(
            _doubt(place, names, base, draws, excess, gains, trial_sharpes, threshold, family)
            for place in range(len(names))
        ),
    )


def _doubt(
    place: int,
    names: Sequence[str],
    base: int,
    draws: Draws,
    excess: Floats,
    gains: Floats,
    trial_sharpes: Floats,
    threshold: float,
    family: Superiority | None,
) -> Doubt:
    own, taxed = place == base, "after_tax_return" in draws.point
    gain = None if own else draws.difference("certainty_equivalent", place, base)
    deflated = None if own else probabilistic_sharpe(gains[:, place], threshold)
    word, failed = _word(gain, deflated, family)
    return Doubt(
        name=names[place],
        intervals={
            figure: draws.interval(figure, place) for figure in draws.point if not own or figure not in OF_OTHERS
        },
        gain=gain,
        sharpe_gain=None if own else draws.difference("sharpe", place, base),
        tax_gain=draws.difference("after_tax_equivalent", place, base) if taxed and not own else None,
        against={
            other: draws.difference("certainty_equivalent", place, at) for at, other in enumerate(names) if at != place
        },
        probabilistic_sharpe=probabilistic_sharpe(excess[:, place]),
        deflated_sharpe=deflated_sharpe(excess[:, place], trial_sharpes) if len(trial_sharpes) else None,
        deflated_gain=deflated,
        word=word,
        failed=failed,
    )


def _word(gain: Interval | None, deflated: float | None, family: Superiority | None) -> tuple[Word, tuple[str, ...]]:
    """`lab.backtest.plan.RULE`."""
    if gain is None:
        return "no better", ()
    if gain.high < 0.0:
        return "worse", ("the whole interval of its gain lies below zero",)
    failed = []
    if gain.low <= 0.0:
        failed.append("the interval of its gain reaches to zero or below")
    if family is None or family.spa > LARGEST_SPA:
        value = "" if family is None else f" (p {family.spa:.2f})"
        failed.append(f"the best of this family may be luck{value}")
    if deflated is None or deflated < LEAST_DEFLATED:
        value = "" if deflated is None else f" (probability {deflated:.2f})"
        failed.append(f"its gain is not above what the best of all trials shows without skill{value}")
    return ("no better", tuple(failed)) if failed else ("better", ())


def _luck(gains: Floats, trials: int) -> float:
    """The gain's ratio per period to expect of the best of so many trials without skill.

    The dispersion of the trials' ratios is that of the rivals' gains (L, J) where two or more of them move (Bailey and
    López de Prado 2014), and never less than 1 / L: so much a ratio without skill varies by chance alone over L periods
    (Lo 2002, for a true ratio of zero). A strategy that runs alone may be the best of all that the register counts, and
    rivals that are all alike tell nothing of the tries that are not here.
    """
    deviations = gains.std(axis=0, ddof=1)
    moving = deviations > 1e-12
    by_chance = 1.0 / len(gains)
    if int(moving.sum()) < 2:
        return expected_best_sharpe(trials, by_chance)
    ratios = gains[:, moving].mean(axis=0) / deviations[moving]
    return expected_best_sharpe(trials, max(float(ratios.var(ddof=1)), by_chance))
