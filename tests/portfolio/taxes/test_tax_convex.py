"""The convex baseline on problems whose answer is known, and against every choice of who is sold."""

from datetime import date
from itertools import product

import numpy as np
import pytest

from portfolio.taxes import TaxBook, TaxRates
from portfolio.taxes.convex import LotTable, lot_table, tax_aware_trades, trades_with

RATES = TaxRates(ordinary=0.35, long=0.15)
COVARIANCE = np.array([[0.04, 0.03], [0.03, 0.04]])


def two_lots() -> TaxBook:
    """One symbol at a price of 10: a lot with a gain, a lot with a loss; another symbol for company."""
    book = TaxBook(RATES)
    book.buy("X", 30, 5.0, date(2019, 1, 2))
    book.buy("Y", 40, 10.0, date(2019, 1, 2))
    book.buy("X", 30, 18.0, date(2020, 1, 2))
    return book


def test_the_loss_lot_is_harvested_and_the_gain_lot_kept() -> None:
    lots = lot_table(two_lots(), ("X", "Y"), np.array([10.0, 10.0]), 1_000.0, date(2020, 6, 1))
    trades = tax_aware_trades(lots, np.array([0.6, 0.4]), COVARIANCE, risk_aversion=10.0)
    gain, loss, _ = trades.sold
    assert loss == pytest.approx(0.3, abs=1e-4)
    assert gain == pytest.approx(0.0, abs=1e-5)
    assert trades.tax == pytest.approx(-0.35 * 0.3 * 0.8, rel=1e-3)
    assert trades.bought[0] == pytest.approx(0.0, abs=1e-6)
    assert trades.bought[1] > 0.1  # the correlated company stands in for what was sold


def test_a_sale_that_rebalancing_wants_takes_the_lot_with_least_tax_where_hifo_takes_the_highest_basis() -> None:
    book = TaxBook(RATES)
    book.buy("X", 50, 8.0, date(2018, 1, 2))  # long-term: tax of 0.15 x 0.2 a unit
    book.buy("X", 50, 9.0, date(2020, 1, 2))  # short-term: 0.35 x 0.1, though its basis is higher
    lots = lot_table(book, ("X", "Y"), np.array([10.0, 10.0]), 1_000.0, date(2020, 6, 1))
    trades = tax_aware_trades(lots, np.array([0.8, 0.2]), COVARIANCE, risk_aversion=1_000.0)
    hifo = book.sell("X", 100 * trades.sold.sum(), 10.0, date(2020, 6, 1))
    assert trades.sold[0] > 0.1
    assert trades.sold[1] == pytest.approx(0.0, abs=1e-5)
    assert trades.tax < sum(sale.gain * (0.15 if sale.is_long else 0.35) for sale in hifo) / 1_000.0


def test_what_would_be_a_wash_sale_is_not_traded() -> None:
    book = two_lots()
    book.buy("X", 1, 9.0, date(2020, 5, 20))
    lots = lot_table(book, ("X", "Y"), np.array([10.0, 10.0]), 1_010.0, date(2020, 6, 1))
    held = tax_aware_trades(lots, np.array([0.6, 0.4]), COVARIANCE, risk_aversion=10.0)
    assert held.sold[1] == pytest.approx(0.0, abs=1e-6)
    sold = two_lots()
    sold.sell("X", 30, 10.0, date(2020, 5, 20))
    after = lot_table(sold, ("X", "Y"), np.array([10.0, 10.0]), 1_000.0, date(2020, 6, 1))
    assert after.may_buy.tolist() == [False, True]
    assert tax_aware_trades(after, np.array([0.6, 0.4]), COVARIANCE, risk_aversion=100.0).bought[0] < 1e-6


def test_two_convex_problems_do_as_well_as_trying_every_choice() -> None:
    random = np.random.default_rng(11)
    assets, found = 3, 0
    for _ in range(6):
        factor = random.normal(0.15, 0.05, (assets, 1))
        covariance = factor @ factor.T + np.diag(random.uniform(0.01, 0.06, assets))
        value = random.uniform(0.02, 0.16, 2 * assets)
        lots = LotTable(
            asset=np.repeat(np.arange(assets), 2),
            value=value,
            basis=value * random.uniform(0.5, 1.6, 2 * assets),
            rate=random.choice([0.35, 0.15], 2 * assets),
            may_lose=np.ones(2 * assets, dtype=np.bool_),
            may_buy=np.ones(assets, dtype=np.bool_),
        )
        target = np.full(assets, 0.32)
        trades = tax_aware_trades(lots, target, covariance, risk_aversion=50.0)
        best = min(
            trades_with(lots, target, covariance, np.array(choice), risk_aversion=50.0).objective
            for choice in product([True, False], repeat=assets)
        )
        assert trades.bound <= best + 1e-6
        assert trades.objective <= best + 0.002
        found += trades.objective <= best + 1e-6
    assert found >= 4


def test_shapes_that_differ_and_floors_that_cannot_hold_are_errors() -> None:
    lots = lot_table(two_lots(), ("X", "Y"), np.array([10.0, 10.0]), 1_000.0, date(2020, 6, 1))
    with pytest.raises(ValueError, match="differ"):
        tax_aware_trades(lots, np.array([1.0]), COVARIANCE, risk_aversion=10.0)
    with pytest.raises(RuntimeError, match="cash floor"):
        tax_aware_trades(lots, np.array([0.6, 0.4]), COVARIANCE, risk_aversion=10.0, cash_floor=1.5)
