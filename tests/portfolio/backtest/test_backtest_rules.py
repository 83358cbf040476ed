"""What the account does, by hand: drift, costs, gaps, delistings and cash, without the faults of chapter 74."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.backtest import (
    BacktestResult,
    Costs,
    Delisting,
    Past,
    Rebalancing,
    Rules,
    backtest,
    backtest_panel,
    square_root_impact,
)
from portfolio.backtest.records import DECISION, DELISTED, DRIFT, LATE, Engine
from portfolio.market import MarketPanel

SAME_CLOSE = Rules(trade="same_close")
FREE = Costs()


@pytest.fixture(params=get_args(Engine))
def engine(request: pytest.FixtureRequest) -> Any:
    if request.param == "compiled":
        pytest.importorskip("numba", reason="the compiled engine needs numba")
    return request.param


def close_to(made: Any, expected: Any, rtol: float = 1e-12, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(made, expected, rtol=rtol, atol=atol)


def days(count: int, first: str = "2020-01-01") -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(first) + count)


def account(close: Any, targets: Any, **options: Any) -> BacktestResult:
    prices = np.array(close, dtype=np.float64)
    options.setdefault("costs", FREE)
    options.setdefault("rules", SAME_CLOSE)
    dates = options.pop("dates", days(len(prices)))
    rows = {row: np.array(weights, dtype=np.float64) for row, weights in targets.items()}
    return backtest(prices, dates, rows, **options)


def test_weights_drift_between_rebalances(engine: Engine) -> None:
    made = account([[1, 1], [2, 1], [4, 1], [4, 1]], {0: [0.5, 0.5, 0], 3: [0.5, 0.5, 0]}, engine=engine, initial=100.0)
    close_to(made.wealth, [100, 150, 250, 250])
    close_to(made.weights[2], [0.8, 0.2, 0.0])
    close_to(made.weights[3], [0.5, 0.5, 0.0])
    close_to(made.turnover, [1.0, 0, 0, 0.3])


def test_a_decision_is_dealt_at_the_next_close_unless_told_otherwise(engine: Engine) -> None:
    close = [[1.0], [2.0], [3.0]]
    waits = account(close, {0: [1.0, 0.0]}, engine=engine, rules=Rules(), initial=100.0)
    close_to(waits.wealth, [100, 100, 150])
    at_once = account(close, {0: [1.0, 0.0]}, engine=engine, initial=100.0)
    close_to(at_once.wealth, [100, 200, 300])


def test_the_first_purchase_is_charged_in_full(engine: Engine) -> None:
    costs = Costs(commission=0.01)
    made = account([[10.0], [10.0]], {0: [1.0, 0.0]}, engine=engine, costs=costs, initial=101.0)
    assert made.wealth[0] == pytest.approx(100.0)
    assert made.costs[0] == pytest.approx(1.0)
    assert made.turnover[0] == pytest.approx(100.0 / 101.0)
    assert made.returns[0] == pytest.approx(100.0 / 101.0 - 1.0)
    assert made.gross_returns[0] == pytest.approx(0.0)


def test_targets_are_met_exactly_after_costs(engine: Engine) -> None:
    costs = Costs(commission=(0.002, 0.03), spread=0.01, slippage=0.001, order_fee=2.0)
    made = account(
        [[10.0, 3.0], [14.0, 2.0], [14.0, 2.0]],
        {0: [0.3, 0.5, 0.2], 1: [0.6, 0.1, 0.3]},
        engine=engine,
        costs=costs,
        initial=10_000.0,
        impact=np.full((3, 2), 1e-4),
    )
    close_to(made.weights[:2], [[0.3, 0.5, 0.2], [0.6, 0.1, 0.3]], atol=1e-12)
    for row, rates in ((0, (0.008, 0.036)), (1, (0.008, 0.036))):
        sizes = np.abs(made.ledger.traded[row])
        assert made.costs[row] == pytest.approx(sizes @ rates + 1e-4 * (sizes**1.5).sum() + 4.0)


def test_costs_are_told_apart_and_add_up(engine: Engine) -> None:
    costs = Costs(commission=0.001, spread=0.004, slippage=0.0005, order_fee=1.0)
    made = account([[10.0], [10.0]], {0: [0.5, 0.5]}, engine=engine, costs=costs, impact=np.full((2, 1), 1e-5))
    bought = made.ledger.traded[0, 0]
    assert made.ledger.commissions[0] == pytest.approx(0.001 * bought)
    assert made.ledger.spreads[0] == pytest.approx(0.002 * bought)  # half of the quoted spread
    assert made.ledger.slippages[0] == pytest.approx(0.0005 * bought)
    assert made.ledger.impacts[0] == pytest.approx(1e-5 * bought**1.5)
    assert made.ledger.fees[0] == 1.0
    assert made.costs[0] == pytest.approx(100_000.0 - made.wealth[0])


def test_gross_and_net_are_two_accounts_of_the_same_trades(engine: Engine) -> None:
    costs = Costs(commission=0.01)
    made = account([[10.0], [11.0], [12.1]], {0: [0.5, 0.5], 1: [0.9, 0.1]}, engine=engine, costs=costs)
    paid = made.costs / np.append(made.initial, made.wealth[:-1])
    close_to(made.gross[1:] / made.gross[:-1], made.wealth[1:] / made.wealth[:-1] + paid[1:])
    free = account([[10.0], [11.0], [12.1]], {0: [0.5, 0.5], 1: [0.9, 0.1]}, engine=engine)
    close_to(free.gross, free.wealth)
    assert made.gross[-1] > made.wealth[-1]


def test_cash_earns_the_rate_known_the_day_before_over_calendar_days(engine: Engine) -> None:
    dates = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[D]")
    rate = np.array([0.05, 0.10, 0.99])
    made = account([[1.0]] * 3, {0: [0.0, 1.0]}, engine=engine, dates=dates, cash_rate=rate, initial=1.0)
    close_to(made.wealth, [1.0, 1 + 0.05 / 365, (1 + 0.05 / 365) * (1 + 0.10 * 3 / 365)], rtol=1e-14)
    close_to(made.cash_returns, [0.05 / 365, 0.10 * 3 / 365], atol=1e-15)


def test_an_unknown_cash_rate_is_the_last_known_one_and_zero_before_the_first(engine: Engine) -> None:
    rate = np.array([np.nan, 0.0365, np.nan, 0.5])
    made = account([[1.0]] * 4, {0: [0.0, 1.0]}, engine=engine, cash_rate=rate)
    close_to(made.cash_returns, [0.0, 1e-4, 1e-4], atol=1e-15)


def test_an_asset_without_a_close_keeps_its_last_one_and_is_not_dealt_in(engine: Engine) -> None:
    nan = np.nan
    close = [[10, 10], [10, 10], [nan, 12], [11, 12]]
    made = account(close, {0: [0.5, 0.5, 0], 2: [0.0, 1.0, 0]}, engine=engine, initial=100.0)
    close_to(made.wealth, [100, 100, 110, 115])
    # On the day without a close nothing of the first could be sold, so nothing of the second could be bought.
    close_to(made.weights[2], [50 / 110, 60 / 110, 0.0])
    close_to(made.weights[3], [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(made.ledger.reasons, [DECISION, LATE])


def test_crypto_is_bought_on_saturday_and_the_shares_on_monday(engine: Engine) -> None:
    dates = np.array(["2023-09-29", "2023-09-30", "2023-10-01", "2023-10-02"], dtype="datetime64[D]")  # Friday on
    close = [[100, 50], [np.nan, 50], [np.nan, 60], [100, 60]]
    made = account(close, {0: [0.5, 0.5, 0]}, engine=engine, dates=dates, rules=Rules(), initial=100.0)
    close_to(made.weights[1], [0.0, 0.5, 0.5])
    close_to(made.wealth, [100, 100, 110, 110])
    close_to(made.weights[3], [0.5, 0.5, 0.0])


def test_a_delisted_asset_is_paid_out_at_its_recovery_after_the_days_it_was_given(engine: Engine) -> None:
    nan = np.nan
    close = [[10, 10], [8, 10], [nan, 10], [nan, 10], [nan, 10]]
    rules = Rules(trade="same_close", delisting=Delisting(after=2, recovery=0.7))
    made = account(close, {0: [0.5, 0.5, 0]}, engine=engine, rules=rules, initial=100.0)
    close_to(made.wealth, [100, 90, 90, 50 + 0.7 * 40, 78])
    close_to(made.cash, [0, 0, 0, 28, 28])
    assert made.ledger.reasons[-1] == DELISTED
    assert (made.ledger.traded[-1] == 0.0).all()
    assert made.costs[3] == 0.0


def test_an_asset_listed_after_the_decision_is_bought_when_it_opens(engine: Engine) -> None:
    close = [[10, np.nan], [10, np.nan], [10, 5], [10, 5]]
    made = account(close, {0: [0.5, 0.5, 0]}, engine=engine, initial=100.0)
    close_to(made.weights[1], [0.5, 0.0, 0.5])
    close_to(made.weights[2], [0.5, 0.5, 0.0])


def test_dividends_are_paid_in_cash_on_the_ex_day(engine: Engine) -> None:
    dividends = np.array([[7.0], [0.0], [1.0]])  # the first is before anything was held
    made = account([[10.0]] * 3, {0: [1.0, 0.0]}, engine=engine, dividends=dividends, initial=100.0)
    close_to(made.wealth, [100, 100, 110])
    assert made.cash[-1] == pytest.approx(10.0)


def test_whole_shares_are_rounded_down_and_the_rest_stays_cash(engine: Engine) -> None:
    rules = Rules(trade="same_close", lot=1.0)
    made = account([[30.0, 7.0]] * 2, {0: [0.5, 0.5, 0]}, engine=engine, rules=rules, initial=100.0)
    close_to(made.units[0], [1, 7])
    assert made.cash[0] == pytest.approx(100 - 30 - 49)
    exact = account([[50.0]] * 2, {0: [1.0, 0.0]}, engine=engine, rules=rules, initial=100.0)
    assert exact.units[0, 0] == 2.0


def test_a_trade_below_the_minimum_waits_but_an_exit_does_not(engine: Engine) -> None:
    rules = Rules(trade="same_close", minimum_trade=30.0)
    targets = {0: [0.5, 0.2, 0.3], 1: [0.7, 0.0, 0.3], 2: [0.1, 0.0, 0.9]}
    made = account([[1.0, 1.0]] * 3, targets, engine=engine, rules=rules, initial=100.0)
    close_to(made.ledger.traded, [[50, 0], [-40, 0]])  # 20 of the second, then 20 more of the first, are too little
    sold = account([[1, 1], [1, 0.1]], {0: [0.5, 0.5, 0], 1: [0.5, 0, 0.5]}, engine=engine, rules=rules, initial=80.0)
    assert sold.units[1, 1] == 0.0  # worth 4, but all of it


def test_threshold_rebalancing_trades_when_a_weight_has_drifted_past_its_width(engine: Engine) -> None:
    rules = Rules(trade="same_close", rebalancing=Rebalancing(kind="threshold", width=0.05))
    made = account([[10.0, 10], [11, 10], [14, 10], [14, 10]], {0: [0.5, 0.5, 0]}, engine=engine, rules=rules)
    np.testing.assert_array_equal(made.ledger.rows, [0, 2])
    np.testing.assert_array_equal(made.ledger.reasons, [DECISION, DRIFT])
    close_to(made.weights[2], [0.5, 0.5, 0])
    next_close = rules.model_copy(update={"trade": "next_close"})
    later = account([[10.0, 10], [10, 10], [14, 10], [14, 10]], {0: [0.5, 0.5, 0]}, engine=engine, rules=next_close)
    np.testing.assert_array_equal(later.ledger.rows, [1, 3])  # seen on 2, traded on 3


def test_band_rebalancing_goes_to_the_edge_and_no_further(engine: Engine) -> None:
    rules = Rules(trade="same_close", rebalancing=Rebalancing(kind="band", width=0.05))
    made = account([[10.0, 10], [20, 10]], {0: [0.4, 0.4, 0.2]}, engine=engine, rules=rules)
    # Drifted to 4/7, 2/7, 1/7: the first is sold to 0.45, the second bought to 0.35, and 0.20 is left as cash.
    close_to(made.weights[1], [0.45, 0.35, 0.20])
    relative = rules.model_copy(update={"rebalancing": Rebalancing(kind="band", width=0.5, relative=True)})
    still = account([[10.0, 10], [12, 10]], {0: [0.4, 0.4, 0.2]}, engine=engine, rules=relative)
    assert len(still.ledger.rows) == 1


def test_a_decision_inside_the_limits_is_not_traded_when_only_decisions_are_checked(engine: Engine) -> None:
    rules = Rules(trade="same_close", rebalancing=Rebalancing(kind="threshold", width=0.05, check="decisions"))
    targets = {0: [0.03, 0.97], 1: [0.06, 0.94], 2: [0.5, 0.5]}
    made = account([[1.0], [1.0], [1.0]], targets, engine=engine, rules=rules)
    np.testing.assert_array_equal(made.ledger.rows, [0, 2])  # the first purchase always is


def test_nothing_is_borrowed_when_fees_are_more_than_there_is(engine: Engine) -> None:
    made = account([[1.0], [1.0]], {0: [1.0, 0.0]}, engine=engine, costs=Costs(order_fee=50.0), initial=40.0)
    close_to(made.wealth, 40.0)
    assert made.costs.sum() == 0.0


def test_a_target_that_does_not_sum_to_one_is_refused_and_never_rescaled() -> None:
    with pytest.raises(ValueError, match=r"sum to 1\.3"):
        account([[1.0, 1.0]], {0: [0.8, 0.5, 0.0]})
    with pytest.raises(ValueError, match="negative"):
        account([[1.0, 1.0]], {0: [1.2, -0.2, 0.0]})
    with pytest.raises(ValueError, match="NaN"):
        account([[1.0, 1.0]], {0: [np.nan, 0.5, 0.5]})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.5))
def test_a_cap_holds_on_the_day_of_the_trade_because_weights_are_never_clipped_and_renormalised(
    seed: int, cap: float
) -> None:
    rng = np.random.default_rng(seed)
    assets = int(rng.integers(1, 8))
    weights = np.minimum(rng.dirichlet(np.ones(assets)), cap)
    weights = np.append(weights, 1.0 - weights.sum())  # what the cap leaves over is cash
    close = np.cumprod(1.0 + rng.normal(0.0, 0.03, (6, assets)).clip(-0.5), axis=0)
    made = account(close, {0: weights, 3: weights}, costs=Costs(commission=0.01))
    assert made.weights[[0, 3], :-1].max() <= cap + 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"close": [[0.0]]}, "costs 0.0"),
        ({"close": [[np.inf]]}, "costs inf"),
        ({"initial": 0.0}, "start with money"),
        ({"cash_rate": np.array([5.0])}, "fractions"),
        ({"cash_rate": np.array([0.05, 0.05])}, "one per date"),
        ({"dividends": np.array([[-1.0]])}, "zero or more"),
        ({"dividends": np.array([-1.0])}, "like the closes"),
        ({"impact": np.array([[np.nan]])}, "impact of asset 0 on row 0"),
        ({"costs": Costs(commission=(0.1, 0.1))}, "2 rates for 1 assets"),
        ({"costs": Costs(commission=0.9, spread=0.4)}, "whole trade"),
        ({"targets": {3: [1.0, 0.0]}}, "lie in 0"),
        ({"targets": {0: [1.0]}}, "one row per decision"),
        ({"engine": "quick"}, "no engine"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_what_to_change(change: dict[str, Any], message: str) -> None:
    given_ = {"close": [[1.0]], "targets": {0: [1.0, 0.0]}, **change}
    with pytest.raises(ValueError, match=message):
        account(**given_)


def test_a_strategy_sees_nothing_after_its_decision_and_cannot_write_history() -> None:
    seen: list[tuple[int, float]] = []

    def watch(past: Past) -> np.ndarray:
        assert len(past.dates) == len(past.close)
        with pytest.raises(ValueError, match="read-only"):
            past.close[0, 0] = 9.0
        seen.append((len(past.close), float(past.weights[0])))
        return np.array([1.0, 0.0])

    made = backtest(np.array([[1.0], [2.0], [3.0]]), days(3), watch, decisions=np.array([0, 2]), costs=FREE)
    assert seen == [(1, 0.0), (3, 1.0)]
    assert made.unexecuted == 1  # the last decision has no next close


def test_a_panel_brings_its_own_bill_rate() -> None:
    close = np.ones((3, 1))
    panel = MarketPanel(days(3), ("A",), close, source="made up", cash_rate=np.full(3, 0.0365))
    made = backtest_panel(panel, {0: np.array([0.0, 1.0])}, costs=FREE)
    close_to(made.returns, 1e-4)


def test_a_portfolio_that_lost_everything_returns_zero_and_no_nan(engine: Engine) -> None:
    rules = Rules(trade="same_close", delisting=Delisting(after=1, recovery=0.0))
    made = account([[1.0], [np.nan], [np.nan]], {0: [1.0, 0.0], 2: [1.0, 0.0]}, engine=engine, rules=rules)
    close_to(made.returns, [-1.0, 0.0])
    close_to(made.weights[-1], [0.0, 1.0])


def test_impact_is_the_square_root_law_of_what_was_known_the_day_before() -> None:
    rng = np.random.default_rng(0)
    close = 100.0 * np.cumprod(1.0 + rng.normal(0.0, 0.02, (40, 2)), axis=0)
    volume = rng.uniform(1e6, 2e6, (40, 2))
    scale = square_root_impact(close, volume, coefficient=0.8, window=10)
    moves = close[1:] / close[:-1] - 1.0
    expected = 0.8 * moves[19:29].std(axis=0, ddof=1) / np.sqrt(volume[20:30].mean(axis=0))
    close_to(scale[30], expected)
    changed = close.copy()
    changed[30:] *= 3.0
    np.testing.assert_array_equal(square_root_impact(changed, volume, 0.8, 10)[:31], scale[:31])


def test_the_same_inputs_give_the_same_bytes(engine: Engine) -> None:
    rng = np.random.default_rng(1)
    close = np.cumprod(1.0 + rng.normal(0.0, 0.02, (50, 3)), axis=0)
    first = account(close, {0: [0.3, 0.3, 0.3, 0.1]}, engine=engine, costs=Costs(commission=0.001))
    second = account(close, {0: [0.3, 0.3, 0.3, 0.1]}, engine=engine, costs=Costs(commission=0.001))
    assert first.wealth.tobytes() == second.wealth.tobytes()
