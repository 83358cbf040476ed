"""Trading P taxed portfolios to their target weights on one day, and holding them: one batch of tensor operations."""

from dataclasses import dataclass, replace

import torch

from rl.taxes.calendar import year_of
from rl.taxes.deals import Purchase, buy, sell
from rl.taxes.records import Book, Losses, LotOrder, Lots, Outcome, Year
from rl.taxes.settle import owed, settle

COST = 0.001
"""Of each unit of wealth bought or sold, as in `rl.environment`."""

SMALLEST = 1e-6
"""Share of wealth below which a difference is no order: the cash takes it."""


@dataclass(frozen=True, eq=False)
class _Dealt:
    """Money of the day's deals, each (P,)."""

    cost: torch.Tensor
    turnover: torch.Tensor
    short: torch.Tensor
    long: torch.Tensor
    disallowed: torch.Tensor
    paid: torch.Tensor


@torch.no_grad()
def trade(
    book: Book,
    weights: torch.Tensor,
    growth: torch.Tensor,
    day: torch.Tensor,
    cost: float = COST,
    order: LotOrder = "hifo",
    priority: torch.Tensor | None = None,
    smallest: float = SMALLEST,
) -> tuple[Book, Outcome]:
    """First let the holdings grow by what happened since the last trade, then trade to the weights on `day`.

    Parameters
    ----------
    weights : (P, N + 1) targets, cash last, sum one; of wealth after taxes paid and before costs
    growth : (P or 1, N + 1) wealth factors since the last trade
    day : (P,) or () ordinal, not before the book's last day
    cost : fraction of the value traded; part of the basis of a purchase and taken from the proceeds of a sale
    order : which lots are sold
    priority : (P, N, K) specific lots, named at the sale: the highest goes first
    smallest : no order below this share of wealth

    `Outcome.net` runs from just after the last trade to just after this one.
    """
    before = worth(book)
    grown = _grow(book, growth)
    after, dealt = _rebalance(grown, weights, day, cost, order, priority, smallest)
    return after, _outcome(before, after, dealt)


@torch.no_grad()
def hold(
    book: Book,
    weights: torch.Tensor,
    growth: torch.Tensor,
    day: torch.Tensor,
    cost: float = COST,
    order: LotOrder = "hifo",
    priority: torch.Tensor | None = None,
    smallest: float = SMALLEST,
) -> tuple[Book, Outcome]:
    """Trade to the weights on `day`, then hold them through `growth`: one period as `rl.environment.hold` counts it.

    Parameters as in `trade`. `Outcome.net` runs from just before this trade to just before the next one, and equals
    `environment.hold` where all rates are zero.
    """
    before = worth(book)
    traded, dealt = _rebalance(book, weights, day, cost, order, priority, smallest)
    after = _grow(traded, growth)
    return after, _outcome(before, after, dealt)


def wealth(book: Book) -> torch.Tensor:
    """(P,) money: holdings at their prices and cash, before any tax that is still owed."""
    return (book.lots.units.sum(dim=-1) * book.price).sum(dim=-1) + book.cash


def worth(book: Book) -> torch.Tensor:
    """(P,) wealth less the tax owed on what was realised; unrealised gains are not taxed here."""
    return wealth(book) - owed(book)


@torch.no_grad()
def liquidation_value(book: Book, day: torch.Tensor, cost: float = 0.0) -> torch.Tensor:
    """(P,) money left if everything were sold on `day` and the tax on it all paid."""
    target = torch.zeros_like(torch.cat([book.price, book.cash.unsqueeze(-1)], dim=-1))
    target[:, -1] = 1.0
    sold, _ = _rebalance(book, target, day, cost, "hifo", None, 0.0)
    return worth(sold)


def _outcome(before: torch.Tensor, after: Book, dealt: _Dealt) -> Outcome:
    return Outcome(
        net=worth(after) / before - 1.0,
        turnover=dealt.turnover,
        cost=dealt.cost,
        short=dealt.short,
        long=dealt.long,
        disallowed=dealt.disallowed,
        paid=dealt.paid,
    )


def _grow(book: Book, growth: torch.Tensor) -> Book:
    growth = growth.to(book.cash.dtype)
    interest = book.cash * (growth[:, -1] - 1.0)
    return replace(
        book,
        price=book.price * growth[:, :-1],
        cash=book.cash + interest,
        current=replace(book.current, interest=book.current.interest + interest),
    )


def _rebalance(
    book: Book,
    weights: torch.Tensor,
    day: torch.Tensor,
    cost: float,
    order: LotOrder,
    priority: torch.Tensor | None,
    smallest: float,
) -> tuple[Book, _Dealt]:
    portfolios, assets, size = book.lots.units.shape
    day = day.to(torch.int64).expand(portfolios)
    book, paid = settle(book, day)
    units = book.lots.units.sum(dim=-1)
    value = units * book.price
    total = value.sum(dim=-1) + book.cash
    goal = weights[:, :-1].to(value.dtype)
    drifted = value / total.unsqueeze(-1)
    change = goal - drifted
    moves = (change.abs() > smallest) | ((goal <= 0.0) & (units > 0.0))
    fees = torch.where(moves, cost * change.abs() * total.unsqueeze(-1), torch.zeros_like(value))
    fee = fees.sum(dim=-1)
    aim = goal * (total - fee).unsqueeze(-1)
    delta = torch.where(moves, aim - value, torch.zeros_like(value))
    cash_change = book.cash / total - weights[:, -1].to(value.dtype)
    turnover = 0.5 * (torch.where(moves, change.abs(), torch.zeros_like(change)).sum(dim=-1) + cash_change.abs())
    flat = _flat(book.lots), _flat_losses(book.losses)
    ledger = _Ledger(book, *flat)
    each_day = day.unsqueeze(-1).expand(portfolios, assets).reshape(-1)
    each_window = book.rates.window.unsqueeze(-1).expand(portfolios, assets).reshape(-1)
    price, fees, delta = book.price.reshape(-1), fees.reshape(-1), delta.reshape(-1)
    out = moves & (((goal <= 0.0) & (units > 0.0)) | ((aim < value) & (book.price > 0.0)))
    rows = torch.nonzero(out.reshape(-1)).squeeze(-1)
    if len(rows):
        whole = units.reshape(-1)[rows]
        quantity = torch.where(goal.reshape(-1)[rows] <= 0.0, whole, -delta[rows] / price[rows].clamp(min=1e-30))
        named = None if priority is None else priority.reshape(-1, size)[rows]
        ledger.sell(rows, quantity, price[rows], fees[rows], each_day[rows], each_window[rows], order, named)
    rows = torch.nonzero((delta > 0.0) & (price > 0.0)).squeeze(-1)
    if len(rows):
        quantity = delta[rows] / price[rows]
        ledger.buy(rows, quantity, price[rows], fees[rows], each_day[rows], each_window[rows])
    changed = ledger.close()
    held = changed.lots.units.sum(dim=-1) * changed.price
    done = replace(changed, cash=total - fee - held.sum(dim=-1))
    return done, _Dealt(fee, turnover, ledger.short, ledger.long, ledger.disallowed, paid)


class _Ledger:
    """Collects the day's deals of P x N holdings; lots and losses are (P * N, K) here."""

    def __init__(self, book: Book, lots: Lots, losses: Losses) -> None:
        self.book, self.lots, self.losses = book, lots, losses
        zero = torch.zeros_like(book.cash)
        self.short, self.long, self.disallowed = zero.clone(), zero.clone(), zero.clone()
        self.back = {"short": zero.clone(), "long": zero.clone()}
        self.merged = torch.zeros_like(book.merged)
        self.assets = book.price.shape[-1]

    def sell(
        self,
        rows: torch.Tensor,
        units: torch.Tensor,
        price: torch.Tensor,
        fee: torch.Tensor,
        day: torch.Tensor,
        window: torch.Tensor,
        order: LotOrder,
        priority: torch.Tensor | None,
    ) -> None:
        sale = sell(*self._taken(rows), units, price, fee, day, window, order, priority)
        self._keep(rows, sale.lots, sale.losses, sale.merged)
        owner = rows // self.assets
        self.short.index_add_(0, owner, sale.short)
        self.long.index_add_(0, owner, sale.long)
        self.disallowed.index_add_(0, owner, sale.disallowed)

    def buy(
        self,
        rows: torch.Tensor,
        units: torch.Tensor,
        price: torch.Tensor,
        fee: torch.Tensor,
        day: torch.Tensor,
        window: torch.Tensor,
    ) -> None:
        bought = buy(*self._taken(rows), units, price, fee, day, window)
        self._keep(rows, bought.lots, bought.losses, bought.merged)
        owner = rows // self.assets
        self.disallowed.index_add_(0, owner, bought.disallowed.sum(dim=-1))
        self._give_back(bought, owner, day)

    def close(self) -> Book:
        """The book with everything written into it."""
        book, shape = self.book, self.book.lots.units.shape
        current, previous = book.current, book.previous
        return replace(
            book,
            lots=Lots(*(getattr(self.lots, name).view(shape) for name in Lots.__dataclass_fields__)),
            losses=Losses(*(getattr(self.losses, name).view(shape) for name in Losses.__dataclass_fields__)),
            current=Year(current.short + self.short, current.long + self.long, current.interest),
            previous=Year(previous.short + self.back["short"], previous.long + self.back["long"], previous.interest),
            merged=book.merged + self.merged,
        )

    def _give_back(self, bought: Purchase, owner: torch.Tensor, day: torch.Tensor) -> None:
        """A loss disallowed by a later purchase leaves the year of its sale."""
        now = year_of(bought.sold) == year_of(day).unsqueeze(-1)
        zero = torch.zeros_like(bought.disallowed)

        def part(of_this_year: torch.Tensor, long: torch.Tensor) -> torch.Tensor:
            return torch.where(of_this_year & long, bought.disallowed, zero).sum(dim=-1)

        self.short.index_add_(0, owner, part(now, ~bought.long))
        self.long.index_add_(0, owner, part(now, bought.long))
        self.back["short"].index_add_(0, owner, part(~now, ~bought.long))
        self.back["long"].index_add_(0, owner, part(~now, bought.long))

    def _taken(self, rows: torch.Tensor) -> tuple[Lots, Losses]:
        lots = Lots(*(getattr(self.lots, name)[rows] for name in Lots.__dataclass_fields__))
        losses = Losses(*(getattr(self.losses, name)[rows] for name in Losses.__dataclass_fields__))
        return lots, losses

    def _keep(self, rows: torch.Tensor, lots: Lots, losses: Losses, merged: torch.Tensor) -> None:
        self.lots = Lots(
            *(getattr(self.lots, n).index_copy(0, rows, getattr(lots, n)) for n in Lots.__dataclass_fields__)
        )
        self.losses = Losses(
            *(getattr(self.losses, n).index_copy(0, rows, getattr(losses, n)) for n in Losses.__dataclass_fields__)
        )
        self.merged.index_add_(0, rows // self.assets, merged)


def _flat(lots: Lots) -> Lots:
    return Lots(*(getattr(lots, name).flatten(0, 1) for name in Lots.__dataclass_fields__))


def _flat_losses(losses: Losses) -> Losses:
    return Losses(*(getattr(losses, name).flatten(0, 1) for name in Losses.__dataclass_fields__))
