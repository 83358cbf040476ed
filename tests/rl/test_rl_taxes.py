"""The taxed portfolios in tensors: they agree with the slow book of lots, alone and many at once."""

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.taxes import LotOrder, TaxBook, TaxRates, first_long_day
from rl.environment import hold as hold_untaxed
from rl.taxes import STATE, account, hold, liquidation_value, open_book, rates_of, state, trade, wealth, worth
from rl.taxes.calendar import first_long_day as first_long_ordinal
from rl.taxes.records import Book, Lots
from rl.taxes.slots import pack_lots

EPOCH = date(1970, 1, 1)
RATES = TaxRates(ordinary=0.35, long=0.15, net_investment_income=0.038, state=0.05)
WEALTH = 100_000.0
COST = 0.001


def ordinal(day: date) -> int:
    return (day - EPOCH).days


def at(*days: date) -> torch.Tensor:
    return torch.tensor([ordinal(day) for day in days])


class SlowAccount:
    """The same trades one share at a time, in a `TaxBook`."""

    def __init__(self, rates: TaxRates, assets: int, order: LotOrder) -> None:
        self.book, self.cash, self.price, self.order = TaxBook(rates), WEALTH, [1.0] * assets, order
        self.paid_until: int | None = None

    def units(self, asset: int) -> float:
        return sum(lot.units for lot in self.book.lots if lot.symbol == str(asset))

    def wealth(self) -> float:
        return self.cash + sum(self.units(asset) * price for asset, price in enumerate(self.price))

    def owed(self, year: int) -> float:
        done = self.paid_until or 0
        return sum(tax.tax for past, tax in self.book.years(year).items() if past > done)

    def grow(self, growth: np.ndarray, day: date) -> None:
        self.price = [price * factor for price, factor in zip(self.price, growth, strict=False)]
        self.book.earn(self.cash * (growth[-1] - 1.0), day)
        self.cash *= growth[-1]

    def settle(self, day: date) -> None:
        due = day.year - 1 if day >= date(day.year, 4, 15) else day.year - 2
        for year, tax in self.book.years(due).items():
            if year > (self.paid_until or 0):
                self.cash -= tax.tax
        self.paid_until = max(due, self.paid_until or 0)

    def rebalance(self, weights: np.ndarray, day: date, smallest: float) -> None:
        self.settle(day)
        total = self.wealth()
        held = [self.units(asset) for asset in range(len(self.price))]
        drift = [units * price / total for units, price in zip(held, self.price, strict=True)]
        moves = [abs(w - d) > smallest or (w <= 0.0 and u > 0.0) for w, d, u in zip(weights, drift, held, strict=False)]
        fees = [COST * abs(w - d) * total * m for w, d, m in zip(weights, drift, moves, strict=False)]
        net = total - sum(fees)
        for asset, price in enumerate(self.price):
            delta = weights[asset] * net - held[asset] * price
            if not moves[asset]:
                continue
            if weights[asset] <= 0.0 < held[asset]:
                self.book.sell(str(asset), held[asset], price, day, fees[asset], self.order)
            elif delta < 0.0:
                self.book.sell(str(asset), -delta / price, price, day, fees[asset], self.order)
            elif delta > 0.0:
                self.book.buy(str(asset), delta / price, price, day, fees[asset])
        self.cash = net - sum(self.units(asset) * price for asset, price in enumerate(self.price))


def history(seed: int, steps: int, assets: int, gap: int) -> tuple[list[date], np.ndarray, np.ndarray]:
    """Random days, weights with assets that are left and delisted, and growth."""
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.full(assets + 1, 0.8), steps)
    gone = random.random((steps, assets)) < 0.15
    weights[:, :-1][gone] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    weights[steps // 2 :, 0] = 0.0  # delisted: its growth is one from then on and nothing may be held
    weights /= weights.sum(axis=1, keepdims=True)
    growth = np.exp(random.normal(0.0, 0.12, (steps, assets + 1)))
    growth[:, -1] = 1.0 + random.uniform(0.0, 0.004, steps)
    growth[steps // 2 :, 0] = 1.0
    days, day = [], date(2010, 1, 4) + timedelta(days=int(random.integers(0, 700)))
    for _ in range(steps):
        days.append(day)
        day += timedelta(days=int(random.integers(1, gap)))
    return days, weights, growth


def run(book: Book, days: list[date], weights: np.ndarray, growth: np.ndarray, order: LotOrder) -> Book:
    for step, day in enumerate(days):
        book, _ = trade(
            book, torch.from_numpy(weights[step]), torch.from_numpy(growth[step]), at(day), COST, order, smallest=1e-9
        )
    return book


def opened(portfolios: int, assets: int, day: date, lots: int, rates: TaxRates = RATES) -> Book:
    many = rates_of(rates, portfolios, torch.float64)
    money = torch.full((portfolios,), WEALTH, dtype=torch.float64)
    return open_book(assets, many, money, at(day).expand(portfolios), lots)


@pytest.mark.parametrize("order", ["hifo", "fifo", "lifo"])
@settings(deadline=None, derandomize=True, max_examples=6)
@given(seed=st.integers(0, 10_000), gap=st.sampled_from([9, 32, 45, 120, 700]), washed=st.booleans())
def test_the_tensors_agree_with_the_slow_book_to_the_cent(order: LotOrder, seed: int, gap: int, washed: bool) -> None:
    rates = RATES.model_copy(update={"wash_sales": washed})
    assets, steps = 3, 24
    days, weights, growth = history(seed, steps, assets, gap)
    slow, book = SlowAccount(rates, assets, order), opened(1, assets, days[0], 96, rates)
    for step, day in enumerate(days):
        before = days[step - 1] if step else day
        slow.grow(growth[step], before)
        slow.rebalance(weights[step], day, 1e-9)
        book, _ = trade(
            book,
            torch.from_numpy(weights[None, step]),
            torch.from_numpy(growth[None, step]),
            at(day),
            COST,
            order,
            smallest=1e-9,
        )
        assert wealth(book).item() == pytest.approx(slow.wealth(), abs=1e-4)
        assert worth(book).item() == pytest.approx(slow.wealth() - slow.owed(day.year), abs=1e-4)
        short, long = slow.book.realised(day.year)
        assert book.current.short.item() == pytest.approx(short, abs=1e-4)
        assert book.current.long.item() == pytest.approx(long, abs=1e-4)
    assert book.merged.item() == 0
    for asset in range(assets):
        lots = [lot for lot in slow.book.lots if lot.symbol == str(asset)]
        own = book.lots.units[0, asset] > 0.0
        assert book.lots.units[0, asset][own].tolist() == pytest.approx([lot.units for lot in lots], rel=1e-6)
        assert book.lots.basis[0, asset][own].tolist() == pytest.approx([lot.basis for lot in lots], rel=1e-6)
        assert book.lots.start[0, asset][own].tolist() == [ordinal(lot.start) for lot in lots]
        assert book.lots.used[0, asset][own].tolist() == [lot.used for lot in lots]
    prices = {str(asset): price for asset, price in enumerate(slow.price)}
    slow.settle(days[-1])
    earlier = sum(tax.tax for year, tax in slow.book.years(days[-1].year - 1).items() if year > (slow.paid_until or 0))
    left = slow.book.liquidation_value(prices, slow.cash, days[-1]) - earlier
    assert liquidation_value(book, at(days[-1])).item() == pytest.approx(left, abs=1e-4)


def test_many_portfolios_at_once_are_the_same_as_one_by_one() -> None:
    made = [history(seed, 20, 4, 45) for seed in range(6)]
    days = made[0][0]
    books = [run(opened(1, 4, days[0], 24), days, w[:, None], g[:, None], "hifo") for _, w, g in made]
    weights = np.stack([w for _, w, _ in made], axis=1)
    growth = np.stack([g for _, _, g in made], axis=1)
    together = run(opened(6, 4, days[0], 24), days, weights, growth, "hifo")
    assert torch.equal(worth(together), torch.cat([worth(book) for book in books]))
    assert torch.equal(together.lots.basis, torch.cat([book.lots.basis for book in books]))


def test_portfolios_may_stand_on_different_days() -> None:
    made = [history(seed, 20, 3, 45) for seed in range(5)]
    starts = torch.tensor([ordinal(days[0]) for days, _, _ in made])
    money = torch.full((5,), WEALTH, dtype=torch.float64)
    book = open_book(3, rates_of(RATES, 5, torch.float64), money, starts, 24)
    for step in range(20):
        weights = torch.from_numpy(np.stack([w[step] for _, w, _ in made]))
        growth = torch.from_numpy(np.stack([g[step] for _, _, g in made]))
        days = torch.tensor([ordinal(days[step]) for days, _, _ in made])
        book, _ = trade(book, weights, growth, days, COST, smallest=1e-9)
    alone = [run(opened(1, 3, days[0], 24), days, w[:, None], g[:, None], "hifo") for days, w, g in made]
    assert torch.equal(worth(book), torch.cat([worth(one) for one in alone]))


def test_without_rates_a_period_is_that_of_the_untaxed_environment() -> None:
    _, weights, growth = history(7, 12, 4, 45)
    book = opened(1, 4, date(2010, 1, 4), 16, TaxRates(ordinary=0.0, long=0.0))
    nets = []
    for step in range(12):
        day = at(date(2010, 1, 4) + timedelta(days=30 * step))
        book, outcome = hold(
            book, torch.from_numpy(weights[None, step]), torch.from_numpy(growth[None, step]), day, smallest=0.0
        )
        nets.append(outcome.net.item())
    start = torch.zeros(1, 1, 5, dtype=torch.float64)
    start[..., -1] = 1.0
    plain = hold_untaxed(torch.from_numpy(weights)[None, :, None], torch.from_numpy(growth)[None, :, None], start)
    assert nets == pytest.approx(plain.net.flatten().tolist(), abs=1e-12)


def test_too_few_slots_merge_the_lots_nearest_in_basis_and_say_so() -> None:
    days, weights, growth = history(3, 30, 3, 45)
    exact = run(opened(1, 3, days[0], 64), days, weights[:, None], growth[:, None], "hifo")
    rough = run(opened(1, 3, days[0], 3), days, weights[:, None], growth[:, None], "hifo")
    assert exact.merged.item() == 0 < rough.merged.item()
    assert rough.lots.units.sum(dim=-1)[0].tolist() == pytest.approx(exact.lots.units.sum(dim=-1)[0].tolist(), rel=0.02)
    assert worth(rough).item() == pytest.approx(worth(exact).item(), rel=0.02)


def test_specific_lots_named_at_the_sale_are_the_ones_sold() -> None:
    book = opened(1, 1, date(2020, 1, 2), 4)
    one = torch.ones(1, 2, dtype=torch.float64)
    for share, day in ((0.3, date(2020, 1, 2)), (0.6, date(2020, 3, 2))):
        book, _ = trade(book, torch.tensor([[share, 1.0 - share]]), one, at(day), 0.0)
    keep = torch.tensor([[[2.0, 1.0, 0.0, 0.0]]], dtype=torch.float64)
    sold, _ = trade(book, torch.tensor([[0.3, 0.7]]), one, at(date(2020, 6, 1)), 0.0, "lifo", priority=keep)
    assert sold.lots.bought[0, 0][sold.lots.units[0, 0] > 0].tolist() == [ordinal(date(2020, 3, 2))]


def test_a_worthless_asset_is_a_loss_and_nothing_breaks() -> None:
    book = opened(1, 2, date(2020, 1, 2), 4)
    book, _ = hold(
        book, torch.tensor([[0.5, 0.5, 0.0]]), torch.tensor([[0.0, 1.0, 1.0]]), at(date(2020, 1, 2)), cost=0.0
    )
    book, outcome = hold(book, torch.tensor([[0.0, 1.0, 0.0]]), torch.ones(1, 3), at(date(2020, 6, 1)), cost=0.0)
    assert outcome.short.item() == pytest.approx(-50_000.0)
    assert worth(book).item() == pytest.approx(50_000.0 + 3_000.0 * RATES.on_ordinary)


def test_the_features_of_a_holding_are_what_they_say() -> None:
    book = opened(1, 2, date(2020, 1, 2), 4)
    growth = torch.tensor([[1.5, 0.8, 1.0]], dtype=torch.float64)
    book, _ = hold(book, torch.tensor([[0.4, 0.4, 0.2]], dtype=torch.float64), growth, at(date(2020, 1, 2)), cost=0.0)
    seen = dict(zip(STATE, state(book, at(date(2020, 1, 20)))[0].T.tolist(), strict=True))
    total = 0.6 + 0.32 + 0.2
    assert seen["weight"] == pytest.approx([0.6 / total, 0.32 / total])
    assert seen["short_gain"] == pytest.approx([0.2 / total, -0.08 / total])
    assert seen["long_share"] == [0.0, 0.0]
    assert seen["sale_washed"] == [1.0, 1.0]
    assert seen["days_to_long"] == pytest.approx([(ordinal(date(2021, 1, 3)) - ordinal(date(2020, 1, 20))) / 366] * 2)
    later = dict(zip(STATE, state(book, at(date(2021, 1, 3)))[0].T.tolist(), strict=True))
    assert later["long_share"] == [1.0, 1.0]
    assert later["long_gain"] == pytest.approx(seen["short_gain"])
    assert later["sale_washed"] == later["days_to_long"] == [0.0, 0.0]
    sold, _ = trade(book, torch.tensor([[0.5, 0.0, 0.5]]), torch.ones(1, 3), at(date(2021, 1, 3)), 0.0)
    assert state(sold, at(date(2021, 2, 2)))[0, 1, STATE.index("purchase_washes")] == 1.0
    assert state(sold, at(date(2021, 2, 3)))[0, 1, STATE.index("purchase_washes")] == 0.0
    assert torch.isfinite(account(sold)).all()


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.dates(date(1901, 1, 1), date(2150, 1, 1)))
def test_the_calendar_table_is_the_calendar(day: date) -> None:
    assert first_long_ordinal(at(day)).item() == ordinal(first_long_day(day))


def test_a_book_of_one_lot_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        opened(1, 2, date(2020, 1, 2), 1)


def test_a_book_moves_to_a_device_whole() -> None:
    moved = opened(2, 3, date(2020, 1, 2), 4).to("meta")
    assert all(
        getattr(moved, field.name).device.type == "meta"
        for field in fields(moved)
        if isinstance(getattr(moved, field.name), torch.Tensor)
    )
    assert moved.lots.units.device.type == moved.current.short.device.type == "meta"


def test_merged_lots_keep_units_basis_and_the_younger_dates() -> None:
    lots = Lots(
        units=torch.tensor([[1.0, 2.0, 4.0, 3.0]]),
        basis=torch.tensor([[10.0, 60.0, 124.0, 300.0]]),
        bought=torch.tensor([[10, 20, 30, 40]]),
        start=torch.tensor([[10, 20, 25, 40]]),
        used=torch.tensor([[False, False, True, False]]),
    )
    packed, merged = pack_lots(lots, 3)
    assert merged.item() == 1
    assert packed.units.tolist() == [[1.0, 6.0, 3.0]]
    assert packed.basis.tolist() == [[10.0, 184.0, 300.0]]
    assert packed.bought.tolist() == [[10, 30, 40]]
    assert packed.start.tolist() == [[10, 25, 40]]
    assert packed.used.tolist() == [[False, True, False]]
