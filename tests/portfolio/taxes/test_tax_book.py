"""The slow book of lots against worked examples in the style of IRS Publications 550 and 544, and rules for all."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.taxes import LotOrder, TaxBook, TaxRates, first_long_day, is_long_term, year_tax
from portfolio.taxes.records import in_order

RATES = TaxRates(ordinary=0.35, long=0.15)
EVERY = settings(deadline=None, derandomize=True, max_examples=60)


def book(**changes: float | bool) -> TaxBook:
    return TaxBook(RATES.model_copy(update=changes))


# Publication 550, "Wash Sales", Example 1: 100 shares bought for $1,000, sold for $750, bought again for $800 within
# 30 days. The loss of $250 is not deductible; the basis of the new shares is $1,050.
def test_publication_550_wash_sale_adds_the_loss_to_the_new_basis() -> None:
    own = book()
    own.buy("X", 100, 10.00, date(2021, 1, 4))
    own.sell("X", 100, 7.50, date(2021, 3, 1))
    own.buy("X", 100, 8.00, date(2021, 3, 20))
    assert own.realised(2021) == (0.0, 0.0)
    (lot,) = own.lots
    assert lot.basis == pytest.approx(1_050.0)
    assert lot.origin == "wash sale"
    assert lot.start == date(2021, 3, 20) - (date(2021, 3, 1) - date(2021, 1, 4))


# Treas. Reg. 1.1091-1(h) Example 2 (less stock acquired than sold), shown in Publication 550 as "More or less stock
# bought than sold": 75 of 100 shares are replaced, so 25 shares' loss stays.
def test_less_stock_bought_than_sold_washes_pro_rata() -> None:
    own = book()
    own.buy("X", 100, 100.0, date(2021, 9, 21))
    own.buy("X", 50, 90.0, date(2021, 12, 21))
    own.sell("X", 100, 90.0, date(2021, 12, 27), order="fifo")
    own.buy("X", 25, 80.0, date(2022, 1, 3))
    assert own.realised(2021)[0] == pytest.approx(-250.0)
    washed = sorted(lot.unit_basis for lot in own.lots)
    assert washed == pytest.approx([90.0, 100.0])
    assert sum(lot.units for lot in own.lots) == pytest.approx(75)


def test_a_replacement_bought_before_the_sale_counts_too() -> None:
    own = book()
    own.buy("X", 100, 10.0, date(2020, 1, 2))
    own.buy("X", 60, 6.0, date(2021, 5, 3))
    own.sell("X", 100, 6.0, date(2021, 6, 2), order="fifo")  # thirty days later
    assert own.realised(2021) == pytest.approx((0.0, -160.0))
    (lot,) = own.lots
    assert lot.basis == pytest.approx(60 * 10.0)
    assert is_long_term(lot.start, date(2021, 6, 3))


@pytest.mark.parametrize(("days", "washed"), [(30, True), (31, False), (-30, True), (-31, False)])
def test_the_window_is_thirty_days_on_either_side(days: int, washed: bool) -> None:
    own, sold = book(), date(2021, 6, 15)
    again = sold + timedelta(days=days)
    own.buy("X", 10, 10.0, date(2020, 1, 2))
    if days < 0:
        own.buy("X", 10, 5.0, again)
    own.sell("X", 10, 5.0, sold, order="fifo")
    if days > 0:
        own.buy("X", 10, 5.0, again)
    assert own.realised(2021)[1] == pytest.approx(0.0 if washed else -50.0)


def test_each_replacement_share_replaces_once() -> None:
    own = book()
    own.buy("X", 20, 10.0, date(2020, 1, 2))
    own.sell("X", 10, 5.0, date(2021, 6, 1))
    own.sell("X", 10, 4.0, date(2021, 6, 2))
    own.buy("X", 10, 4.0, date(2021, 6, 3))
    assert own.realised(2021)[1] == pytest.approx(-60.0)  # the earlier loss is the one that is washed
    assert own.lots[0].basis == pytest.approx(40.0 + 50.0)


# Rev. Rul. 2008-5: a loss replaced in the client's own retirement account is disallowed and joins no basis.
def test_a_loss_replaced_in_a_retirement_account_is_lost_for_ever() -> None:
    own = book()
    own.buy("X", 100, 10.0, date(2020, 1, 2))
    own.sell("X", 100, 8.0, date(2020, 12, 20))
    own.buy_in_retirement("X", 60, date(2020, 12, 22))
    assert own.realised(2020)[0] == pytest.approx(-80.0)
    assert own.sales[0].lost == pytest.approx(120.0)
    assert own.lots == []


# Rev. Rul. 56-602: selling part of one purchase soon after it is no wash sale with the part that is kept.
def test_what_is_left_of_the_same_purchase_is_no_replacement() -> None:
    own = book()
    own.buy("X", 100, 10.0, date(2021, 5, 3))
    own.sell("X", 40, 9.0, date(2021, 5, 10))
    assert own.realised(2021)[0] == pytest.approx(-40.0)


def test_a_january_purchase_washes_a_december_loss_of_the_year_before() -> None:
    own = book()
    own.buy("X", 10, 10.0, date(2019, 1, 2))
    own.sell("X", 10, 5.0, date(2020, 12, 28))
    assert own.years(2020)[2020].deducted == pytest.approx(50.0)
    own.buy("X", 10, 5.0, date(2021, 1, 20))
    assert own.years(2020)[2020].deducted == 0.0


# Publication 550, "Holding Period": bought on 3 February, a sale on the next 3 February is short-term, on the 4th long.
@pytest.mark.parametrize(
    ("bought", "first"),
    [
        (date(2020, 2, 3), date(2021, 2, 4)),
        (date(2019, 2, 28), date(2020, 3, 1)),  # held from 1 March; 29 February 2020 is still short (Rev. Rul. 66-7)
        (date(2020, 2, 28), date(2021, 3, 1)),
        (date(2020, 2, 29), date(2021, 3, 1)),
        (date(2020, 12, 31), date(2022, 1, 1)),
    ],
)
def test_long_term_is_more_than_a_year_from_the_day_after_the_purchase(bought: date, first: date) -> None:
    assert first_long_day(bought) == first
    assert not is_long_term(bought, first - timedelta(days=1))
    assert is_long_term(bought, first)


# Publication 550, "Capital Losses", example of a net loss of $7,000 (Schedule D): $3,000 is
# deducted, short-term first, and the rest carried forward as long-term.
def test_a_loss_beyond_the_limit_is_carried_forward_in_its_character() -> None:
    tax = year_tax(RATES, -2_000.0, -5_000.0)
    assert (tax.deducted, tax.carry_short, tax.carry_long) == (3_000.0, 0.0, 4_000.0)
    assert tax.tax == pytest.approx(-3_000.0 * 0.35)
    assert year_tax(RATES, 1_000.0, 0.0, tax.carry_short, tax.carry_long).deducted == 3_000.0
    separate = RATES.model_copy(update={"ordinary_loss_limit": 1_500.0})
    assert year_tax(separate, -2_000.0, -5_000.0).deducted == 1_500.0


@pytest.mark.parametrize(
    ("short", "long", "tax"),
    [(1_000.0, 2_000.0, 650.0), (1_000.0, -400.0, 210.0), (-400.0, 1_000.0, 90.0), (-1_000.0, 1_000.0, 0.0)],
)
def test_short_and_long_are_netted_apart_and_then_against_each_other(short: float, long: float, tax: float) -> None:
    assert year_tax(RATES, short, long).tax == pytest.approx(tax)


def test_named_lots_are_the_ones_sold_and_must_exist() -> None:
    own = book()
    own.buy("X", 10, 5.0, date(2020, 1, 2))
    own.buy("X", 10, 9.0, date(2020, 6, 2))
    first = own.lots[0].number
    (sale,) = own.sell("X", 4, 8.0, date(2021, 6, 1), named={first: 4})
    assert sale.gain == pytest.approx(12.0)
    with pytest.raises(ValueError, match="cannot be sold from it"):
        own.sell("X", 7, 8.0, date(2021, 6, 1), named={first: 7})
    with pytest.raises(ValueError, match="add up to"):
        own.sell("X", 7, 8.0, date(2021, 6, 1), named={first: 3})


def test_what_cannot_be_booked_is_refused() -> None:
    own = book()
    own.buy("X", 10, 5.0, date(2020, 1, 2))
    with pytest.raises(ValueError, match="sell what is there"):
        own.sell("X", 11, 5.0, date(2020, 2, 2))
    with pytest.raises(ValueError, match="order of time"):
        own.buy("X", 1, 5.0, date(2019, 2, 2))
    with pytest.raises(ValueError, match="give positive ones"):
        own.buy("X", 0.0, 5.0, date(2020, 3, 2))
    with pytest.raises(ValueError, match="drop the sign"):
        year_tax(RATES, 0.0, 0.0, -1.0)


def lived(seed: int, order: LotOrder, washes: bool) -> tuple[TaxBook, float, float, float]:
    """A random life of one symbol: (book, money paid, money received, units that should be held)."""
    random, own = np.random.default_rng(seed), book(wash_sales=washes)
    day, price, held, paid, received = date(2015, 1, 2), 50.0, 0.0, 0.0, 0.0
    for _ in range(40):
        day += timedelta(days=int(random.integers(1, 40)))
        price *= float(np.exp(random.normal(0, 0.1)))
        if held > 0 and random.random() < 0.5:
            units = held if random.random() < 0.1 else held * float(random.uniform(0.05, 0.9))
            own.sell("X", units, price, day, 1.0, order)
            held, received = held - units, received + units * price - 1.0
        else:
            units = float(random.uniform(1, 100))
            own.buy("X", units, price, day, 1.0)
            held, paid = held + units, paid + units * price + 1.0
    return own, paid, received, held


@EVERY
@given(st.integers(0, 100_000), st.sampled_from(["hifo", "fifo", "lifo"]), st.booleans())
def test_units_and_money_are_conserved_over_a_life(seed: int, order: LotOrder, washes: bool) -> None:
    own, paid, received, held = lived(seed, order, washes)
    assert sum(lot.units for lot in own.lots) == pytest.approx(held, abs=1e-6)
    recognised = sum(sale.recognised for sale in own.sales)
    assert recognised - sum(lot.basis for lot in own.lots) == pytest.approx(received - paid, abs=0.01)
    disallowed = sum(sale.disallowed for sale in own.sales)
    assert disallowed <= sum(max(-sale.gain, 0.0) for sale in own.sales) + 1e-6
    for sale in own.sales:
        assert sale.disallowed == 0.0 or sale.gain < 0.0  # no wash sale without a loss
        assert sale.recognised <= 1e-9 or sale.gain > 0.0
        assert -1e-6 <= sale.unmatched <= sale.units
    assert washes or disallowed == 0.0


@EVERY
@given(st.integers(0, 100_000), st.floats(0.01, 1.0))
def test_hifo_never_realises_more_gain_than_another_order(seed: int, share: float) -> None:
    own, _, _, held = lived(seed, "fifo", False)
    if not own.lots:
        return
    day, gains = date(2030, 1, 1), {}
    for order in ("hifo", "fifo", "lifo"):
        other, _, _, held = lived(seed, "fifo", False)
        gains[order] = sum(sale.gain for sale in other.sell("X", held * share * 0.999, 40.0, day, order=order))
    assert gains["hifo"] <= min(gains["fifo"], gains["lifo"]) + 1e-6
    bases = [lot.unit_basis for lot in in_order(own.lots, "hifo")]
    assert bases == sorted(bases, reverse=True)
    bought = [lot.bought for lot in in_order(own.lots, "fifo")]
    assert bought == sorted(bought)


def test_liquidation_leaves_cash_less_the_tax_on_everything() -> None:
    own = book()
    own.buy("X", 100, 10.0, date(2020, 1, 2))
    own.buy("Y", 100, 10.0, date(2021, 5, 3))
    left = own.liquidation_value({"X": 20.0, "Y": 13.0}, 500.0, date(2021, 6, 1))
    assert left == pytest.approx(500.0 + 3_300.0 - 0.15 * 1_000.0 - 0.35 * 300.0)
