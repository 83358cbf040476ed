"""What P taxed portfolios of N assets and at most K lots each are, as tensors.

Days are ordinals: days since 1970-01-01, as `dates.astype("datetime64[D]").astype("int64")` gives them. Money is in
the client's own currency, so that the $3,000 limit weighs more for a small account than for a large one. The rules
are those of `portfolio.taxes`, the slow reference that these tensors are tested against.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

import torch

from portfolio.taxes.rates import TaxRates

LotOrder = Literal["hifo", "fifo", "lifo"]
"""Which lot is sold first: the one with the highest basis per unit, the oldest, the newest."""


@dataclass(frozen=True, eq=False)
class Rates:
    """Tax rates of P portfolios; every tensor (P,).

    short, long : on net gains, all taxes together (interest pays the short rate)
    ordinary : what a unit of loss saves when set against ordinary income
    limit : money of net loss that may be set against ordinary income in a year
    window : days before and after a loss within which a purchase washes it; -1 is no wash-sale rule
    """

    short: torch.Tensor
    long: torch.Tensor
    ordinary: torch.Tensor
    limit: torch.Tensor
    window: torch.Tensor


@dataclass(frozen=True, eq=False)
class Lots:
    """The tax lots, each tensor (P, N, K); slots are in the order of purchase and a slot without units is free.

    units : shares, in units whose price was one when the book was opened
    basis : money, purchase costs and disallowed losses included
    bought : day of purchase
    start : day of purchase moved back by the holding periods that were tacked on
    used : True where these shares have already replaced shares of a wash sale
    """

    units: torch.Tensor
    basis: torch.Tensor
    bought: torch.Tensor
    start: torch.Tensor
    used: torch.Tensor


@dataclass(frozen=True, eq=False)
class Losses:
    """Losses whose window is still open and that no purchase has replaced yet, each tensor (P, N, R), in order of sale.

    units : shares sold
    loss : money, positive
    sold : day of the sale
    held : days that the shares had been held, tacked-on days included
    long : True where the loss was long-term
    """

    units: torch.Tensor
    loss: torch.Tensor
    sold: torch.Tensor
    held: torch.Tensor
    long: torch.Tensor


@dataclass(frozen=True, eq=False)
class Year:
    """What one tax year has realised so far, each tensor (P,): net short and long gains, and interest on cash."""

    short: torch.Tensor
    long: torch.Tensor
    interest: torch.Tensor


Parts = TypeVar("Parts", Lots, Losses, Year, Rates)


@dataclass(frozen=True, eq=False)
class Book:
    """P portfolios between two trades. `trade` and `hold` return the next one; nothing is changed in place.

    price : (P, N) price of a unit; one when the book was opened
    cash : (P,) money
    lots, losses : see there
    year : (P,) the calendar year that `current` belongs to
    current, previous : the running tax year, and the one before it until its tax is paid on 15 April
    owes : (P,) True while the previous year's tax is not paid
    carry_short, carry_long : (P,) losses carried into the oldest unpaid year, positive
    merged : (P,) how many times lots or losses were merged because a slot was missing; exact while zero
    """

    price: torch.Tensor
    cash: torch.Tensor
    lots: Lots
    losses: Losses
    year: torch.Tensor
    current: Year
    previous: Year
    owes: torch.Tensor
    carry_short: torch.Tensor
    carry_long: torch.Tensor
    merged: torch.Tensor
    rates: Rates

    def to(self, device: torch.device | str) -> "Book":
        """The same book on another device."""

        def moved(part: Parts) -> Parts:
            return replace(part, **{f.name: getattr(part, f.name).to(device) for f in fields(part)})

        return Book(
            price=self.price.to(device),
            cash=self.cash.to(device),
            lots=moved(self.lots),
            losses=moved(self.losses),
            year=self.year.to(device),
            current=moved(self.current),
            previous=moved(self.previous),
            owes=self.owes.to(device),
            carry_short=self.carry_short.to(device),
            carry_long=self.carry_long.to(device),
            merged=self.merged.to(device),
            rates=moved(self.rates),
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one step did to P portfolios, each tensor (P,). Money unless it says otherwise.

    net : simple return after costs and taxes: wealth less the tax owed on what has been realised, over the same before
    turnover : one-way, as a fraction of wealth: half the sum of absolute changes of weight, cash included
    cost : dealing costs
    short, long : gains realised by this step's sales that count for tax, negative for losses
    disallowed : losses disallowed by this step's sales and purchases
    paid : tax paid by this step for earlier years; negative is money back
    """

    net: torch.Tensor
    turnover: torch.Tensor
    cost: torch.Tensor
    short: torch.Tensor
    long: torch.Tensor
    disallowed: torch.Tensor
    paid: torch.Tensor


def rates_of(
    rates: TaxRates | Sequence[TaxRates], portfolios: int, dtype: torch.dtype = torch.float32, device: str = "cpu"
) -> Rates:
    """The rates of one client for all portfolios, or one client's for each.

    Raises ValueError when there are not as many clients as portfolios.
    """
    clients = [rates] * portfolios if isinstance(rates, TaxRates) else list(rates)
    if len(clients) != portfolios:
        raise ValueError(f"{len(clients)} clients for {portfolios} portfolios; give one, or one for each")

    def column(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=dtype, device=device)

    return Rates(
        short=column([client.on_short for client in clients]),
        long=column([client.on_long for client in clients]),
        ordinary=column([client.on_ordinary for client in clients]),
        limit=column([client.ordinary_loss_limit for client in clients]),
        window=torch.tensor([c.wash_sale_days if c.wash_sales else -1 for c in clients], device=device),
    )


def open_book(assets: int, rates: Rates, wealth: torch.Tensor, day: torch.Tensor, lots: int = 16) -> Book:
    """A book of P portfolios that are all in cash at first.

    Parameters
    ----------
    assets : N
    rates : of P portfolios, see `rates_of`; their dtype is the book's (float64 agrees with the reference to 1e-9)
    wealth : (P,) money
    day : (P,) ordinal of the day on which the book is opened
    lots : K, how many lots of one asset are kept apart. When one more is needed, the two neighbours nearest in basis
        become one, with their basis together and the younger one's dates, so that no gain turns long-term early

    Raises ValueError for fewer than two lots.
    """
    from rl.taxes.calendar import year_of

    if lots < 2:
        raise ValueError(f"{lots} lots cannot be told apart; keep at least two")
    portfolios, device = len(wealth), wealth.device
    shape = (portfolios, assets, lots)

    def money(*size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=rates.short.dtype, device=device)

    def days() -> torch.Tensor:
        return torch.zeros(shape, dtype=torch.int64, device=device)

    def flags(*size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=torch.bool, device=device)

    nothing = Year(money(portfolios), money(portfolios), money(portfolios))
    return Book(
        price=money(portfolios, assets) + 1.0,
        cash=wealth.to(rates.short.dtype),
        lots=Lots(money(*shape), money(*shape), days(), days(), flags(*shape)),
        losses=Losses(money(*shape), money(*shape), days(), days(), flags(*shape)),
        year=year_of(day),
        current=nothing,
        previous=nothing,
        owes=flags(portfolios),
        carry_short=money(portfolios),
        carry_long=money(portfolios),
        merged=torch.zeros(portfolios, dtype=torch.int64, device=device),
        rates=rates,
    )
