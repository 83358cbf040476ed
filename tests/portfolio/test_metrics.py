"""Each figure against an independent library where it has one, against its formula by hand where not."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio import metrics
from portfolio.backtest import Costs, Rules, backtest

SEEDS = given(st.integers(0, 2**32 - 1))
MANY = settings(max_examples=60, deadline=None, derandomize=True)


def sample(seed: int, length: int = 500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns, a benchmark they move with, and bills."""
    rng = np.random.default_rng(seed)
    market = rng.standard_t(5, length) * 0.01 + 0.0003
    returns = 0.6 * market + rng.normal(0.0002, 0.006, length)
    bills = np.full(length, 0.03 / 252) + rng.uniform(0, 1e-5, length)
    return returns, market, bills


@MANY
@SEEDS
def test_the_figures_are_those_of_empyrical(seed: int) -> None:
    empyrical: Any = pytest.importorskip("empyrical", reason="empyrical-reloaded is a test-only peer")
    returns, market, bills = sample(seed)
    made = metrics.summary(returns, bills, 252, benchmark=market)
    same = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns, annualization=252),
        "volatility": empyrical.annual_volatility(returns, annualization=252),
        "sharpe": empyrical.sharpe_ratio(returns - bills, annualization=252),
        "sortino": empyrical.sortino_ratio(returns - bills, annualization=252),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "calmar": empyrical.calmar_ratio(returns, annualization=252),
        "omega": empyrical.omega_ratio(returns - bills, annualization=1),
        "tail_ratio": empyrical.tail_ratio(returns),
        "value_at_risk": -empyrical.value_at_risk(returns, 0.05),
        "beta": empyrical.beta(returns - bills, market - bills),
        # empyrical's ratio is per period
        "information_ratio": empyrical.excess_sharpe(returns, market) * np.sqrt(252),
    }
    for name, expected in same.items():
        assert getattr(made, name) == pytest.approx(float(expected), rel=1e-9), name


@MANY
@SEEDS
def test_alpha_and_beta_are_those_of_a_regression(seed: int) -> None:
    returns, market, bills = sample(seed)
    design = np.column_stack([np.ones(len(market)), market - bills])
    intercept, slope = np.linalg.lstsq(design, returns - bills)[0]
    assert metrics.alpha(returns, market, bills, 252) == pytest.approx(intercept * 252)
    assert metrics.beta(returns, market, bills) == pytest.approx(slope)


@MANY
@SEEDS
def test_cvar_is_the_minimum_of_rockafellar_and_uryasev(seed: int) -> None:
    returns, _, _ = sample(seed, 77)
    losses = -returns
    best = min(level + np.maximum(losses - level, 0.0).sum() / (0.05 * len(losses)) for level in losses)
    assert metrics.conditional_value_at_risk(returns) == pytest.approx(best)
    assert metrics.conditional_value_at_risk(returns) >= metrics.value_at_risk(returns) - 1e-12


@MANY
@SEEDS
def test_tails_drawdown_and_downside_are_those_of_skfolio(seed: int) -> None:
    from skfolio import measures

    returns, _, bills = sample(seed, 400)
    excess = returns - bills
    assert metrics.conditional_value_at_risk(returns) == pytest.approx(float(measures.cvar(returns, beta=0.95)))
    assert metrics.volatility(returns, 252) == pytest.approx(float(measures.standard_deviation(returns)) * 252**0.5)
    wealth = np.append(1.0, measures.get_cumulative_returns(returns, compounded=True))
    assert metrics.max_drawdown(returns)[0] == pytest.approx(-float((wealth / np.maximum.accumulate(wealth) - 1).min()))
    # skfolio divides by n - 1 where the target downside deviation of Sortino and Price counts every period
    below = float(measures.semi_deviation(excess, min_acceptable_return=0.0)) * (399 / 400) ** 0.5
    assert metrics.sortino_ratio(returns, bills, 252) == pytest.approx(excess.mean() / below * 252**0.5)


@MANY
@SEEDS
def test_active_figures_and_the_win_rate_are_those_of_scipy(seed: int) -> None:
    from scipy import stats

    returns, market, bills = sample(seed, 300)
    returns[::17] = 0.0
    active = stats.describe(returns - market, ddof=1)
    assert metrics.tracking_error(returns, market, 252) == pytest.approx(np.sqrt(active.variance * 252))
    assert metrics.information_ratio(returns, market, 252) == pytest.approx(
        active.mean / np.sqrt(active.variance) * 252**0.5
    )
    line = stats.linregress(market - bills, returns - bills)
    assert metrics.beta(returns, market, bills) == pytest.approx(line.slope)
    assert metrics.alpha(returns, market, bills, 252) == pytest.approx(line.intercept * 252)
    moved = returns[returns != 0.0]
    assert metrics.win_rate(returns) == pytest.approx(1.0 - stats.percentileofscore(moved, 0.0) / 100.0)
    assert metrics.hit_rate(returns, market) == pytest.approx(
        1.0 - stats.percentileofscore(returns - market, 0.0, "weak") / 100.0
    )


@MANY
@SEEDS
def test_the_certainty_equivalent_solves_for_the_sure_return_of_the_same_utility(seed: int) -> None:
    from scipy.optimize import brentq

    returns, _, _ = sample(seed, 200)

    def utility(gross: np.ndarray, gamma: float) -> float:
        return float((gross ** (1.0 - gamma) / (1.0 - gamma)).mean())

    for gamma in (0.5, 2.0, 5.0):
        wanted = utility(1.0 + returns, gamma)
        sure = brentq(lambda rate, g=gamma, w=wanted: utility(np.array([1.0 + rate]), g) - w, -0.5, 0.5, xtol=1e-15)
        assert metrics.certainty_equivalent(returns, gamma, 1.0) == pytest.approx(sure, abs=1e-10)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "total_return": metrics.total_return,
    "annual_return": metrics.annual_return,
    "volatility": metrics.volatility,
    "sharpe": metrics.sharpe_ratio,
    "sortino": metrics.sortino_ratio,
    "max_drawdown": metrics.max_drawdown,
    "drawdown_days": metrics.max_drawdown,
    "calmar": metrics.calmar_ratio,
    "information_ratio": metrics.information_ratio,
    "tracking_error": metrics.tracking_error,
    "beta": metrics.beta,
    "alpha": metrics.alpha,
    "value_at_risk": metrics.value_at_risk,
    "conditional_value_at_risk": metrics.conditional_value_at_risk,
    "omega": metrics.omega_ratio,
    "tail_ratio": metrics.tail_ratio,
    "win_rate": metrics.win_rate,
    "turnover": metrics.annual_turnover,
    "trades": metrics.count_trades,
    "after_tax_return": metrics.with_taxes,
    "after_liquidation_return": metrics.with_taxes,
    "tax_paid": metrics.with_taxes,
    "certainty_equivalent": metrics.certainty_equivalent,
    "hit_rate": metrics.hit_rate,
}
"""Every figure that is shown -> the function whose docstring tells it."""
NOT_FIGURES = {
    "periods": "rows a year, an input",
    "days": "rows counted, an input",
    "cost_drag": "annual_return of the gross account less that of the net one",
}
FORMULA = re.compile(r"\b(?:mean|std|prod|sum|cov|var|count|quantile|max|log|sqrt)\(| / | \*\* ")
SOURCE = re.compile(r"\((?=[A-Z])[^()]*\b(?:19|20)\d\d\b|\(pyfolio's definition\)|\(SEC Form N-1A")
"""Author and year, a standard and its year, a library, or a form of the regulator."""
FORMULA_IN_WORDS = {
    "conditional_value_at_risk": "Mean loss of the worst share `tail` of the periods",
    "trades": "purchases and sales of a ledger that are not zero",
    "after_tax_return": "compound yearly return after the taxes on what was realised",
    "after_liquidation_return": "after those on all unrealised gains too",
    "tax_paid": "taxes on what\n    was realised as a share of the money at the start",
}
"""Figures that are told in words that leave nothing open, because they have no formula on one line."""
NO_SOURCE = {"hit_rate", "trades", "turnover"}
"""Counts of one's own, which nobody need be quoted for."""


def test_every_figure_is_told_with_its_formula_and_its_source() -> None:
    assert set(FUNCTIONS) | set(NOT_FIGURES) == set(metrics.Metrics.model_fields)
    assert not FORMULA.search("Share of the periods (of all) that gained: none.")
    assert not SOURCE.search("A share (of 2000 periods) over the target (see there).")
    without_formula, without_source = set(), set()
    for name, function in FUNCTIONS.items():
        told = function.__doc__ or ""
        if not FORMULA.search(told):
            without_formula.add(name)
        if not SOURCE.search(told):
            without_source.add(name)
    assert without_formula == set(FORMULA_IN_WORDS)
    assert without_source == NO_SOURCE
    for name, words in FORMULA_IN_WORDS.items():
        assert words in (FUNCTIONS[name].__doc__ or ""), name


def test_sharpe_is_over_the_bill_rate_and_cash_has_none() -> None:
    bills = np.full(252, 0.05 / 252)
    assert metrics.sharpe_ratio(bills, bills, 252) is None
    returns = bills + np.tile([0.01, -0.008], 126)
    over = metrics.sharpe_ratio(returns, bills, 252)
    raw = metrics.sharpe_ratio(returns, np.zeros(252), 252)
    assert over is not None and raw is not None and over < raw


def test_sortino_takes_the_deviation_below_target_over_all_periods() -> None:
    returns = np.array([0.02, 0.01, -0.03, 0.04])
    by_hand = returns.mean() / np.sqrt(0.03**2 / 4)
    assert metrics.sortino_ratio(returns, np.zeros(4), 1) == pytest.approx(by_hand)
    # The deviation of the negative returns alone, one number here, would be zero.
    assert metrics.sortino_ratio(np.abs(returns), np.zeros(4), 1) is None


def test_drawdown_counts_from_the_first_money_and_knows_its_length() -> None:
    depth, length = metrics.max_drawdown(np.array([-0.5, 0.5, 0.0, 0.5, -0.1]))
    assert depth == pytest.approx(0.5)
    assert length == 4  # from the start to the fourth day, when 1.125 is a new peak
    assert metrics.max_drawdown(np.array([0.1, 0.0, 0.2])) == (0.0, 0)
    assert metrics.max_drawdown(np.array([0.1, -0.1, -0.1]))[1] == 2  # not recovered: counted to the end


@MANY
@SEEDS
def test_the_length_of_drawdown_is_that_of_a_plain_count(seed: int) -> None:
    returns, _, _ = sample(seed, 60)
    wealth = np.append(1.0, np.cumprod(1.0 + returns))
    longest, peak, place = 0, wealth[0], 0
    for day, value in enumerate(wealth):
        if value >= peak:
            longest = max(longest, day - place if day - place > 1 else 0)
            peak, place = value, day
        else:
            longest = max(longest, day - place)
    assert metrics.max_drawdown(returns)[1] == longest


def test_a_sure_return_is_its_own_certainty_equivalent_and_risk_costs() -> None:
    sure = np.full(252, 0.0002)
    for gamma in (0.0, 1.0, 5.0):
        assert metrics.certainty_equivalent(sure, gamma, 252) == pytest.approx(1.0002**252 - 1)
    returns, _, _ = sample(3)
    made = [metrics.certainty_equivalent(returns, gamma, 252) for gamma in (0.0, 1.0, 2.0, 10.0)]
    assert made == sorted(made, key=lambda value: -(value or 0.0))
    assert made[1] == pytest.approx(metrics.annual_return(returns, 252))  # log utility: compound growth
    assert metrics.certainty_equivalent(np.array([-1.0, 0.5]), 5.0, 252) is None


def test_win_rate_leaves_out_days_without_a_move_and_hit_rate_compares() -> None:
    returns = np.array([0.1, 0.0, -0.1, 0.2])
    assert metrics.win_rate(returns) == pytest.approx(2 / 3)
    assert metrics.win_rate(np.zeros(3)) is None
    assert metrics.hit_rate(returns, np.array([0.0, 0.1, -0.2, 0.2])) == 0.5


def test_a_figure_that_is_not_defined_is_none_and_not_zero() -> None:
    made = metrics.summary(np.zeros(10), None, 252, benchmark=np.zeros(10))
    for name in (
        "sharpe",
        "sortino",
        "calmar",
        "omega",
        "tail_ratio",
        "win_rate",
        "information_ratio",
        "beta",
        "alpha",
    ):
        assert getattr(made, name) is None, name
    assert made.turnover is None  # plain returns do not say


def test_a_missing_return_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        metrics.summary(np.array([0.1, np.nan]), None, 252)
    with pytest.raises(ValueError, match="two returns"):
        metrics.summary(np.array([0.1]), None, 252)
    with pytest.raises(ValueError, match="benchmark"):
        metrics.summary(np.array([0.1, 0.2]), None, 252, benchmark=np.array([0.1]))


def test_the_summary_of_a_backtest_is_net_and_knows_its_calendar_costs_and_trades() -> None:
    rng = np.random.default_rng(0)
    close = np.cumprod(1.0 + rng.normal(0.0005, 0.01, (731, 2)), axis=0)
    dates = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + 731)
    targets = {row: np.array([0.5, 0.4, 0.1]) for row in range(0, 700, 30)}
    rate = np.full(731, 0.02)
    made = backtest(
        close, dates, targets, costs=Costs(commission=0.01), cash_rate=rate, rules=Rules(trade="same_close")
    )
    figures = metrics.summary(made)
    assert figures.periods == pytest.approx(365.25)
    assert figures.total_return == pytest.approx(made.wealth[-1] / made.initial - 1.0)
    assert figures.sharpe == metrics.sharpe_ratio(made.returns, made.cash_returns, figures.periods)
    assert figures.trades == 48
    assert figures.turnover == pytest.approx(made.turnover.sum() / 730 * 365.25)
    assert figures.cost_drag is not None and figures.cost_drag > 0.0
    gross = metrics.summary(made.gross_returns, made.cash_returns, figures.periods)
    assert gross.annual_return - figures.annual_return == pytest.approx(figures.cost_drag)
    assert gross.volatility != figures.volatility  # each account has its own
