"""Orders: sells first, money amounts, nothing invented."""

from datetime import date

import pytest

from portfolio.orders import MINIMUM_CHANGE, orders

DAY = date(2022, 12, 28)


def test_sells_come_first_then_larger_before_smaller_then_by_symbol():
    made = orders(
        {"A": 0.3, "B": 0.3, "C": 0.1, "D": 0.1, "CASH": 0.2},
        {"C": 0.2, "D": 0.4, "A": 0.1, "B": 0.1, "CASH": 0.2},
        1e4,
        DAY,
    )
    assert [(order.side, order.symbol) for order in made] == [("sell", "D"), ("sell", "C"), ("buy", "A"), ("buy", "B")]


def test_amounts_are_money_and_cash_is_never_an_order():
    made = orders({"A": 0.25, "CASH": 0.75}, {"CASH": 1.0}, 20000.0, DAY)
    assert [(order.symbol, order.amount, order.weight_change) for order in made] == [("A", 5000.0, 0.25)]
    assert made[0].price_date == DAY


def test_without_an_amount_only_weights_change():
    (order,) = orders({"A": 0.25, "CASH": 0.75}, {"CASH": 1.0}, None, DAY)
    assert order.amount is None
    assert order.weight_change == 0.25


def test_tiny_trades_are_left_out_and_named():
    made = orders({"A": 0.5, "B": 0.2003, "CASH": 0.2997}, {"B": 0.2, "CASH": 0.8}, 1000.0, DAY)
    assert [order.symbol for order in made] == ["A"]
    assert "B (+0.030 %)" in made[0].note


def test_selling_out_is_never_left_out():
    made = orders({"CASH": 1.0}, {"A": MINIMUM_CHANGE / 10, "CASH": 1.0 - MINIMUM_CHANGE / 10}, 1000.0, DAY)
    assert [(order.side, order.symbol) for order in made] == [("sell", "A")]


def test_no_change_is_no_order():
    assert orders({"A": 0.5, "CASH": 0.5}, {"A": 0.5, "CASH": 0.5}, 1000.0, DAY) == ()


@pytest.mark.parametrize("amount", [0.0, -5.0, float("nan")])
def test_an_amount_that_is_not_above_zero_is_refused(amount: float):
    with pytest.raises(ValueError, match="above zero"):
        orders({"A": 1.0}, {}, amount, DAY)
