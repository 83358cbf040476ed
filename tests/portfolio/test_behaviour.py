"""Each figure of behaviour is what its formula says on trades small enough to count by hand."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.behaviour import behaviour_of
from portfolio.behaviour_lots import a_year_on, ledger_of
from portfolio.behaviour_positions import positions_of
from portfolio.market import MarketPanel
from portfolio.transactions import Transaction, TransactionKind

START = date(2020, 1, 1)


def trade(kind: TransactionKind, day: int, units: float, price: float, line: int, symbol: str = "A") -> Transaction:
    signed = -units if kind == "sell" else units
    return Transaction(
        day=START + timedelta(days=day),
        kind=kind,
        symbol=symbol,
        units=signed,
        price=price,
        amount=-signed * price,
        line=line,
    )


def panel(days: int = 800, symbols: tuple[str, ...] = ("A", "B"), slope: float = 0.001) -> MarketPanel:
    dates = np.arange(np.datetime64(START), np.datetime64(START) + days)
    close = 10.0 * np.cumprod(np.full((days, len(symbols)), 1.0 + slope), axis=0)
    return MarketPanel(dates=dates, symbols=symbols, close=close, source="made up for a test")


def test_the_first_units_in_are_the_first_out() -> None:
    ledger = ledger_of([trade("buy", 0, 10, 1, 1), trade("buy", 10, 10, 2, 2), trade("sell", 20, 15, 3, 3)])
    assert [(lot.units, lot.bought_line, lot.days, lot.gain) for lot in ledger.closed] == [
        (10, 1, 20, pytest.approx(20)),
        (5, 2, 10, pytest.approx(5)),
    ]
    assert [(lot.units, lot.cost) for lot in ledger.open] == [(5, pytest.approx(10))]


def test_a_sale_of_units_that_never_came_in_is_told_and_earns_nothing() -> None:
    history = [trade("buy", 0, 1, 10, 1), trade("sell", 5, 4, 20, 2)]
    ledger = ledger_of(history)
    assert [item.line for item in ledger.unmatched] == [2]
    assert ledger.closed[0].gain == pytest.approx(10)
    assert "whose purchase is not in the history" in behaviour_of(history).notes[0]


def test_a_split_changes_units_and_no_cost() -> None:
    history = [trade("buy", 0, 10, 4, 1), trade("split", 5, 10, 0, 2), trade("sell", 9, 20, 3, 3)]
    (lot,) = ledger_of(history).closed
    assert (lot.units, lot.cost, lot.gain) == (20, pytest.approx(40), pytest.approx(20))


def test_units_that_came_by_transfer_have_no_known_gain() -> None:
    moved = Transaction(day=START, kind="transfer", symbol="A", units=10, line=1)
    (lot,) = ledger_of([moved, trade("sell", 400, 10, 5, 2)]).closed
    assert (lot.acquired, lot.gain, lot.long_term) == (None, None, None)


@pytest.mark.parametrize(("days", "long"), [(366, False), (367, True)])
def test_a_year_to_the_day_is_still_short_term(days: int, long: bool) -> None:
    (lot,) = ledger_of([trade("buy", 0, 1, 1, 1), trade("sell", days, 1, 2, 2)]).closed
    assert lot.long_term is long  # 2020 is a leap year: the same day a year on is 366 days later


def test_the_leap_day_a_year_on_is_the_last_of_february() -> None:
    assert a_year_on(date(2020, 2, 29)) == date(2021, 2, 28)


def test_half_of_the_gains_taken_within_a_year_is_half() -> None:
    history = [trade("buy", 0, 2, 10, 1), trade("sell", 100, 1, 20, 2), trade("sell", 500, 1, 20, 3)]
    figure = behaviour_of(history).figure("short_term_gains")
    assert figure.value == pytest.approx(0.5)
    assert "1 of 2 lots" in figure.said
    assert "(lines 1, 2)" in figure.trades[0]


def test_losses_at_the_end_of_a_year_are_seen() -> None:
    history = [trade("buy", 0, 2, 10, 1), trade("sell", 100, 1, 5, 2), trade("sell", 340, 1, 5, 3)]
    found = behaviour_of(history)
    assert found.figure("year_end_losses").value == pytest.approx(0.5)
    assert found.figure("losses_realised").value == pytest.approx(1.0)


def test_a_loss_bought_back_within_thirty_days_is_a_wash_sale_and_after_thirty_one_is_not() -> None:
    def washed(gap: int) -> float | None:
        history = [trade("buy", 0, 1, 10, 1), trade("sell", 100, 1, 5, 2), trade("buy", 100 + gap, 1, 5, 3)]
        return behaviour_of(history).figure("wash_sales").value

    assert washed(30) == 1.0
    assert washed(31) == 0.0


def test_turnover_is_the_lesser_side_over_what_was_held_over_years() -> None:
    history = [trade("buy", 0, 10, 10, 1), trade("sell", 731, 5, 10, 2)]
    value = behaviour_of(history).figure("turnover").value
    assert value == pytest.approx(50 / 98 / 2, rel=0.05)  # about 100 held until the very end


def test_cash_is_known_only_where_deposits_are() -> None:
    bought = trade("buy", 1, 5, 10, 2)
    paid_in = Transaction(day=START, kind="transfer", amount=100.0, line=1)
    assert behaviour_of([paid_in, bought]).figure("cash_share").value == pytest.approx(0.5)
    assert behaviour_of([bought]).figure("cash_share").value is None


def test_money_that_stayed_for_a_year_is_bought_and_held() -> None:
    history = [trade("buy", 0, 3, 10, 1), trade("sell", 30, 1, 11, 2), trade("sell", 700, 1, 11, 3)]
    assert behaviour_of(history).figure("buy_and_hold").value == pytest.approx(2 / 3)


def test_a_figure_that_needs_prices_is_unknown_without_them_and_says_so() -> None:
    found = behaviour_of([trade("buy", 0, 1, 10, 1), trade("sell", 30, 1, 11, 2)])
    for name in ("sales_after_falls", "disposition"):
        assert found.figure(name).value is None
        assert "Prices" in found.figure(name).said


def test_a_sale_is_after_a_fall_by_what_was_known_the_day_before() -> None:
    prices = panel(slope=0.0)
    close = prices.close.copy()
    close[300:, 0] *= 0.8
    fallen = MarketPanel(dates=prices.dates, symbols=prices.symbols, close=close, source="made up")
    bought = trade("buy", 0, 2, 10, 1)
    after = behaviour_of([bought, trade("sell", 301, 1, 8, 2)], fallen).figure("sales_after_falls")
    same_day = behaviour_of([bought, trade("sell", 300, 1, 8, 2)], fallen).figure("sales_after_falls")
    assert (after.value, same_day.value) == (1.0, 0.0)


def test_the_largest_position_is_valued_at_the_last_prices() -> None:
    history = [trade("buy", 0, 3, 10, 1), trade("buy", 0, 1, 10, 2, "B")]
    assert behaviour_of(history, panel()).figure("concentration").value == pytest.approx(0.75)


def test_taking_gains_and_leaving_losses_is_a_positive_disposition() -> None:
    prices = panel()
    close = prices.close.copy()
    close[:, 1] = close[::-1, 1]
    mixed = MarketPanel(dates=prices.dates, symbols=prices.symbols, close=close, source="made up")
    history = [trade("buy", 0, 1, 10, 1), trade("buy", 0, 1, 10, 2, "B"), trade("sell", 100, 1, 11, 3)]
    assert behaviour_of(history, mixed).figure("disposition").value == pytest.approx(1.0)


def test_an_empty_history_is_an_error() -> None:
    with pytest.raises(ValueError, match="no transactions"):
        behaviour_of([])


def test_a_position_is_what_was_paid_grown_by_its_price() -> None:
    prices = panel()
    found = positions_of([trade("buy", 100, 5, 3, 1), trade("sell", 200, 2, 3, 2)], prices)
    grown = prices.close[:, 0] / prices.close[100, 0]
    assert found.value[99, 0] == 0.0
    assert found.value[150, 0] == pytest.approx(15 * grown[150])
    assert found.value[300, 0] == pytest.approx(15 * 0.6 * grown[300])
    assert found.traded[100:, 0].all()
    assert not found.traded[:100, 0].any()


def test_a_trade_of_an_asset_without_prices_is_named() -> None:
    assert positions_of([trade("buy", 0, 1, 1, 1, "ZZZ")], panel()).unknown == ("ZZZ",)


def test_what_is_held_on_a_day_knows_nothing_of_later_trades_and_prices() -> None:
    prices = panel()
    early = [trade("buy", 10, 5, 3, 1), trade("buy", 20, 5, 3, 2, "B")]
    later = [trade("sell", 500, 5, 9, 3), trade("buy", 510, 7, 2, 4)]
    close = prices.close.copy()
    close[400:] *= 7.0
    other = MarketPanel(dates=prices.dates, symbols=prices.symbols, close=close, source="made up")
    one, two = positions_of(early, prices), positions_of([*early, *later], other)
    np.testing.assert_array_equal(one.value[:400], two.value[:400])


moves = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(0, 700), st.floats(0.5, 50), st.sampled_from("AB")),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(moves)
def test_units_are_neither_made_nor_lost(drawn: list[tuple[TransactionKind, int, float, str]]) -> None:
    history = [trade(kind, day, units, 10, line + 1, symbol) for line, (kind, day, units, symbol) in enumerate(drawn)]
    ledger = ledger_of(history)
    bought = sum(t.units or 0 for t in history if t.kind == "buy")
    accounted = sum(lot.units for lot in ledger.closed) + sum(lot.units for lot in ledger.open)
    assert accounted == pytest.approx(bought, abs=1e-3)
    for figure in behaviour_of(history, panel()).figures:
        assert figure.value is None or np.isfinite(figure.value)
        if figure.unit == "share" and figure.value is not None:
            assert -1.0 - 1e-9 <= figure.value <= 1.0 + 1e-9
