"""The tax of a year for P portfolios at once: netting, the limit, carry-forward, and paying on 15 April."""

from dataclasses import replace

import torch

from rl.taxes.calendar import tax_day_of, year_of
from rl.taxes.records import Book, Rates, Year


def year_tax(
    rates: Rates, year: Year, carry_short: torch.Tensor, carry_long: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(tax, short loss carried forward, long loss carried forward), each (P,), as in `portfolio.taxes`."""
    short, long = year.short - carry_short, year.long - carry_long
    crossed = torch.where(short * long < 0.0, torch.minimum(short.abs(), long.abs()), torch.zeros_like(short))
    short, long = short - crossed * short.sign(), long - crossed * long.sign()
    due = (year.interest + short.clamp(min=0.0)) * rates.short + long.clamp(min=0.0) * rates.long
    loss_short, loss_long = (-short).clamp(min=0.0), (-long).clamp(min=0.0)
    deducted = torch.minimum(loss_short + loss_long, rates.limit)
    from_short = torch.minimum(deducted, loss_short)
    rest_long = (loss_long - (deducted - from_short)).clamp(min=0.0)
    return due - deducted * rates.ordinary, loss_short - from_short, rest_long


def owed(book: Book) -> torch.Tensor:
    """(P,) tax on everything realised so far and not paid, as if the running year ended now; negative is a claim."""
    tax, short, long = year_tax(book.rates, book.previous, book.carry_short, book.carry_long)
    short = torch.where(book.owes, short, book.carry_short)
    long = torch.where(book.owes, long, book.carry_long)
    return torch.where(book.owes, tax, torch.zeros_like(tax)) + year_tax(book.rates, book.current, short, long)[0]


def settle(book: Book, day: torch.Tensor) -> tuple[Book, torch.Tensor]:
    """The book on `day` (P,), with years closed and taxes paid that have fallen due, and the (P,) tax paid from cash.

    A year stays open until 15 April of the next, so that a purchase in January can still wash a sale in December.
    """
    paid, today = torch.zeros_like(book.cash), year_of(day)
    while bool((today > book.year).any()):  # one turn for each year since the last trade
        turned = today > book.year
        book, tax = _pay(book, turned & book.owes)
        paid = paid + tax
        book = replace(
            book,
            year=book.year + turned.long(),
            previous=_choose(turned, book.current, book.previous),
            current=_choose(turned, _nothing(book.current), book.current),
            owes=book.owes | turned,
        )
    book, tax = _pay(book, book.owes & (day >= tax_day_of(day)))
    return book, paid + tax


def _pay(book: Book, due: torch.Tensor) -> tuple[Book, torch.Tensor]:
    tax, short, long = year_tax(book.rates, book.previous, book.carry_short, book.carry_long)
    tax = torch.where(due, tax, torch.zeros_like(tax))
    paid = replace(
        book,
        cash=book.cash - tax,
        previous=_choose(due, _nothing(book.previous), book.previous),
        owes=book.owes & ~due,
        carry_short=torch.where(due, short, book.carry_short),
        carry_long=torch.where(due, long, book.carry_long),
    )
    return paid, tax


def _nothing(year: Year) -> Year:
    zero = torch.zeros_like(year.short)
    return Year(zero, zero, zero)


def _choose(which: torch.Tensor, first: Year, second: Year) -> Year:
    return Year(
        torch.where(which, first.short, second.short),
        torch.where(which, first.long, second.long),
        torch.where(which, first.interest, second.interest),
    )
