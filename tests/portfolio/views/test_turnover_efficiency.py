"""What a tilt by scores earns for what it trades: by hand, and for scores that say nothing."""

import numpy as np
import pytest

from portfolio.market import MarketPanel
from portfolio.turnover_efficiency import tilt_accounts, turnover_efficiency


def market(days: int = 300, seed: int = 0) -> MarketPanel:
    steps = np.random.default_rng(seed).normal(0.0003, 0.01, (days, 4))
    return MarketPanel(
        dates=np.datetime64("2015-01-01") + np.arange(days),
        symbols=tuple("ABCD"),
        close=50.0 * np.exp(np.cumsum(steps, axis=0)),
        source="random walks",
    )


def test_by_hand_two_days_of_a_tilt_between_two_assets() -> None:
    close = np.array([[1.0, 1.0], [1.0, 1.0], [1.1, 1.0], [1.1, 1.0]])
    panel = MarketPanel(np.datetime64("2020-01-01") + np.arange(4), ("A", "B"), close, "by hand")
    pair = tilt_accounts(panel, np.array([0]), np.array([[np.log(2.0), 0.0]]))
    assert pair.tilt.returns == pytest.approx([0.0, 0.1 * 2.0 / 3.0, 0.0])
    assert pair.sleeve.returns == pytest.approx([0.0, 0.05, 0.0])


def test_the_efficiency_is_the_gain_by_the_turnover_and_break_even_charges_both_sides() -> None:
    panel, rows = market(), np.arange(0, 299, 20)
    score = np.random.default_rng(1).uniform(-1, 1, (len(rows), 4))
    pair = tilt_accounts(panel, rows, score)
    made = turnover_efficiency(pair, 0, 299, seed=0)
    assert made is not None and made.efficiency is not None and made.break_even is not None
    gain = 252.0 * float((pair.tilt.returns - pair.sleeve.returns).mean())
    moved = float((pair.tilt.turnover - pair.sleeve.turnover)[1:].sum()) * 252.0 / 299.0
    assert made.gain.estimate == pytest.approx(gain)
    assert made.turnover == pytest.approx(moved)
    assert made.efficiency == pytest.approx(gain / moved)
    assert made.break_even == pytest.approx(gain / moved / 2.0)


def test_at_its_break_even_cost_the_tilt_has_nothing_left() -> None:
    from portfolio.backtest import Costs, backtest

    panel, rows = market(seed=3), np.arange(0, 299, 20)
    ahead = np.sign(panel.close[np.minimum(rows + 20, 299)] / panel.close[rows] - 1.0)
    pair = tilt_accounts(panel, rows, ahead)
    made = turnover_efficiency(pair, 1, 299, seed=0)
    assert made is not None and made.break_even is not None and made.break_even > 0.0
    costs = Costs(commission=made.break_even)
    net = []
    for account in (pair.tilt, pair.sleeve):
        targets = {int(row): target for row, target in zip(account.decided, account.targets, strict=True)}
        net.append(backtest(panel.close, panel.dates, targets, costs=costs).returns[1:].mean() * 252.0)
    assert abs(net[0] - net[1]) < 0.06 * made.gain.estimate  # costs compound, so nothing but for a few per cent


def test_scores_that_say_nothing_trade_nothing_and_have_no_efficiency() -> None:
    panel, rows = market(), np.arange(0, 299, 20)
    pair = tilt_accounts(panel, rows, np.full((len(rows), 4), np.nan))
    made = turnover_efficiency(pair, 0, 299, seed=0)
    assert made is not None and made.efficiency is None and made.gain.estimate == 0.0
    assert turnover_efficiency(pair, 0, 20, seed=0) is None
