"""Several currencies: worked by hand on few days, and the same portfolio told in another currency."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.backtest import Costs, Currencies, Delisting, Rules, backtest, backtest_many, in_base, panel_in_base
from portfolio.market import MarketPanel
from portfolio.taxes import TaxRates, after_tax

AT_ONCE = Rules(trade="same_close")
ENGINES = ("reference", "vectorised")


def days(count: int) -> np.ndarray:
    return np.arange(np.datetime64("2020-03-02"), np.datetime64("2020-03-02") + count)


def euros(rates: list[float], cost: float = 0.0, quoted: tuple[str, ...] = ("EUR",)) -> Currencies:
    return Currencies("USD", quoted, ("EUR",), np.array(rates)[:, None], cost)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_foreign_share_earns_its_own_return_times_its_currencys(engine: str) -> None:
    close = np.array([[10.0], [11.0], [12.0]])
    result = backtest(
        close,
        days(3),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=AT_ONCE,
        currencies=euros([1.0, 1.2, 1.1]),
        initial=1000.0,
        engine=engine,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(result.wealth, [1000.0, 100 * 11 * 1.2, 100 * 12 * 1.1])
    assert result.units[-1, 0] == pytest.approx(100.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_exchanging_is_paid_on_every_trade_of_a_foreign_share_and_on_none_at_home(engine: str) -> None:
    close = np.full((2, 2), 10.0)
    result = backtest(
        close,
        days(2),
        {0: np.array([0.5, 0.5, 0.0]), 1: np.array([0.0, 1.0, 0.0])},
        costs=Costs(commission=0.001),
        rules=AT_ONCE,
        currencies=euros([2.0, 2.0], cost=0.01, quoted=("EUR", "USD")),
        engine=engine,  # type: ignore[arg-type]
    )
    first, second = np.abs(result.ledger.traded)
    assert result.ledger.exchanges == pytest.approx([0.01 * first[0], 0.01 * second[0]])
    assert result.ledger.commissions == pytest.approx([0.001 * first.sum(), 0.001 * second.sum()])
    assert result.ledger.costs == pytest.approx(result.ledger.exchanges + result.ledger.commissions)
    assert result.wealth[0] == pytest.approx(result.initial - result.ledger.costs[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_share_whose_exchange_is_shut_is_worth_its_last_close_at_todays_rate(engine: str) -> None:
    close = np.array([[10.0], [np.nan], [10.0]])
    result = backtest(
        close,
        days(3),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=AT_ONCE,
        currencies=euros([1.0, 0.5, 2.0]),
        initial=100.0,
        engine=engine,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(result.wealth, [100.0, 50.0, 200.0])
    np.testing.assert_allclose(result.prices[:, 0], [10.0, 5.0, 20.0])
    np.testing.assert_allclose(result.weights[:, 0], 1.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_rate_is_the_last_known_one_and_before_the_first_nothing_is_dealt(engine: str) -> None:
    close = np.full((4, 1), 10.0)
    nan = float("nan")
    result = backtest(
        close,
        days(4),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=AT_ONCE,
        currencies=euros([nan, 1.0, nan, 3.0]),
        initial=100.0,
        engine=engine,  # type: ignore[arg-type]
    )
    assert list(result.ledger.rows) == [1]  # the order waited for a rate
    np.testing.assert_allclose(result.wealth, [100.0, 100.0, 100.0, 300.0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_foreign_dividend_is_exchanged_on_its_day(engine: str) -> None:
    close, paid = np.full((3, 1), 10.0), np.array([[0.0], [1.0], [0.0]])
    result = backtest(
        close,
        days(3),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=AT_ONCE,
        dividends=paid,
        currencies=euros([1.0, 2.0, 1.0], cost=0.01),
        engine=engine,  # type: ignore[arg-type]
    )
    units = result.units[0, 0]
    assert result.cash[-1] == pytest.approx(units * 1.0 * 2.0 * 0.99)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_delisted_foreign_share_pays_at_the_rate_of_the_payout(engine: str) -> None:
    close = np.array([[10.0], [np.nan], [np.nan]])
    rules = Rules(trade="same_close", delisting=Delisting(after=2, recovery=0.5))
    result = backtest(
        close,
        days(3),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=rules,
        currencies=euros([1.0, 1.0, 4.0]),
        initial=100.0,
        engine=engine,  # type: ignore[arg-type]
    )
    assert result.cash[-1] == pytest.approx(0.5 * 10 * 10.0 * 4.0)


def test_market_impact_is_the_same_money_whatever_it_is_told_in() -> None:
    close, scale = np.full((2, 1), 100.0), np.full((2, 1), 1e-3)
    home = backtest(
        close, days(2), {0: np.array([1.0, 0.0])}, costs=Costs(), rules=AT_ONCE, impact=scale, initial=10_000.0
    )
    abroad = backtest(
        close,
        days(2),
        {0: np.array([1.0, 0.0])},
        costs=Costs(),
        rules=AT_ONCE,
        impact=scale,
        currencies=euros([4.0, 4.0]),
        initial=40_000.0,
    )
    assert home.costs[0] > 0.0
    assert abroad.costs[0] == pytest.approx(4.0 * home.costs[0])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_a_portfolio_without_cash_is_the_same_portfolio_in_any_base_currency(seed: int) -> None:
    rng = np.random.default_rng(seed)
    length, assets = 60, 4
    close = 20.0 * np.cumprod(1.0 + rng.normal(0.0, 0.02, (length, assets)), axis=0)
    close[rng.random(close.shape) < 0.2] = np.nan
    rows = np.array([0, 9, 20, 33, 50])
    close[rows] = 20.0  # all are dealt in at once, so that no money waits in cash of the base
    rate = 1.1 * np.cumprod(1.0 + rng.normal(0.0, 0.01, length))
    targets = rng.dirichlet(np.ones(assets), 5)
    plan = np.column_stack([targets, np.zeros(5)])
    quoted = ("USD", "EUR", "EUR", "USD")
    costs = Costs(commission=0.001, spread=0.002)
    in_dollars = Currencies("USD", quoted, ("EUR",), rate[:, None])
    in_euros = Currencies("EUR", quoted, ("USD",), 1.0 / rate[:, None])
    first = backtest(close, days(length), plan, decisions=rows, costs=costs, rules=AT_ONCE, currencies=in_dollars)
    second = backtest(
        close,
        days(length),
        plan,
        decisions=rows,
        costs=costs,
        rules=AT_ONCE,
        currencies=in_euros,
        initial=first.initial / rate[0],
    )
    np.testing.assert_allclose(first.wealth, second.wealth * rate, rtol=1e-9)
    np.testing.assert_allclose(first.units, second.units, rtol=1e-9, atol=1e-9)


def test_all_in_the_base_currency_is_the_account_without_currencies() -> None:
    rng = np.random.default_rng(1)
    close = 20.0 * np.cumprod(1.0 + rng.normal(0.0, 0.02, (50, 2)), axis=0)
    close[10:14, 1] = np.nan
    plan = {0: np.array([0.6, 0.3, 0.1]), 11: np.array([0.2, 0.7, 0.1])}
    plain = backtest(close, days(50), plan, costs=Costs(commission=0.001))
    told = backtest(
        close,
        days(50),
        plan,
        costs=Costs(commission=0.001),
        currencies=Currencies("USD", ("USD", "USD"), (), np.zeros((50, 0))),
    )
    np.testing.assert_array_equal(plain.wealth, told.wealth)
    np.testing.assert_array_equal(plain.weights, told.weights)


def test_thousands_of_portfolios_may_be_foreign_too() -> None:
    pytest.importorskip("numba")
    close = np.array([[10.0, 5.0], [11.0, np.nan], [12.0, 6.0]])
    money = euros([1.0, 1.2, 1.1], cost=0.002, quoted=("EUR", "EUR"))
    plans = np.array([[[0.5, 0.5, 0.0]], [[1.0, 0.0, 0.0]]])
    many = backtest_many(close, days(3), plans, decisions=np.array([0]), costs=Costs(), rules=AT_ONCE, currencies=money)
    for place in range(2):
        one = backtest(
            close, days(3), plans[place], decisions=np.array([0]), costs=Costs(), rules=AT_ONCE, currencies=money
        )
        np.testing.assert_allclose(many.wealth[place], one.wealth, rtol=1e-12)
        np.testing.assert_allclose(many.costs[place], one.costs, rtol=1e-12)


def test_a_lots_basis_is_money_at_the_rate_of_its_own_day() -> None:
    dates = np.array(["2020-01-02", "2020-06-01", "2021-02-01", "2021-12-31"], dtype="datetime64[D]")
    close = np.full((4, 1), 10.0)  # nothing is earned but the currency
    result = backtest(
        close,
        dates,
        {0: np.array([1.0, 0.0]), 2: np.array([0.0, 1.0])},
        costs=Costs(),
        rules=AT_ONCE,
        currencies=euros([1.0, 1.0, 1.5, 1.5]),
    )
    taxed = after_tax(result, TaxRates(ordinary=0.35, long=0.15))
    assert taxed.taxes == pytest.approx(0.15 * 50_000.0)


def test_what_cannot_be_exchanged_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="no exchange rates of GBP"):
        Currencies("USD", ("GBP",), ("EUR",), np.ones((2, 1)))
    with pytest.raises(ValueError, match="above zero"):
        Currencies("USD", ("EUR",), ("EUR",), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="one column for each currency but USD"):
        Currencies("USD", ("USD",), ("USD",), np.ones((2, 1)))
    with pytest.raises(ValueError, match="EUR has no cost"):
        Currencies("USD", ("EUR",), ("EUR",), np.ones((2, 1)), cost={})
    with pytest.raises(ValueError, match="rows of exchange rates"):
        in_base(np.ones((3, 1)), euros([1.0, 1.0]), None, None)
    with pytest.raises(ValueError, match="take the whole trade"):
        backtest(
            np.ones((2, 1)),
            days(2),
            {0: np.array([1.0, 0.0])},
            costs=Costs(commission=0.6),
            currencies=euros([1.0, 1.0], cost=0.5),
        )


def test_a_panel_in_base_currency_is_what_features_read() -> None:
    panel = MarketPanel(dates=days(2), symbols=("A",), close=np.array([[10.0], [np.nan]]), source="made up")
    made = panel_in_base(panel, euros([2.0, 3.0]))
    assert made.close[0, 0] == 20.0 and np.isnan(made.close[1, 0])
    assert made.source == "made up, in USD"
