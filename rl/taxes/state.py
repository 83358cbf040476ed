"""What a policy may see of its own tax lots: per asset, and of the account. Shares of wealth, or in [0, 1]."""

import torch

from rl.taxes.calendar import first_long_day
from rl.taxes.records import Book
from rl.taxes.settle import owed
from rl.taxes.trade import wealth

STATE = ("weight", "short_gain", "long_gain", "long_share", "sale_washed", "purchase_washes", "days_to_long")
"""Features of one holding, in order. `sale_washed`: bought within the window, so selling at a loss would be a wash
sale. `purchase_washes`: a loss within the window that buying would disallow. `days_to_long`: days until the next lot
turns long-term over 366, zero where none is short."""

ACCOUNT = ("short_gain", "long_gain", "carried_loss", "owed")
"""Features of the account, in order, as shares of wealth: realised this year, carried in, and tax owed."""


@torch.no_grad()
def state(book: Book, day: torch.Tensor) -> torch.Tensor:
    """(P, N, 7) the features named by `STATE` on `day`, (P,) or ()."""
    lots, total = book.lots, wealth(book).clamp(min=1e-30)[:, None]
    when = day.to(torch.int64).expand(len(book.cash))[:, None, None]
    window = book.rates.window[:, None, None]
    value = lots.units * book.price.unsqueeze(-1)
    gain, held = value - lots.basis, lots.units > 0.0
    turns = first_long_day(lots.start)
    is_long = turns <= when
    zero = torch.zeros_like(value)
    whole = value.sum(dim=-1)
    wait = torch.where(held & ~is_long, (turns - when).to(value.dtype), torch.full_like(value, 1e9)).amin(dim=-1)
    return torch.stack(
        [
            whole / total,
            torch.where(is_long, zero, gain).sum(dim=-1) / total,
            torch.where(is_long, gain, zero).sum(dim=-1) / total,
            torch.where(is_long, value, zero).sum(dim=-1) / whole.clamp(min=1e-30),
            (held & ~lots.used & (when - lots.bought <= window)).any(dim=-1).to(value.dtype),
            ((book.losses.units > 0.0) & (when - book.losses.sold <= window)).any(dim=-1).to(value.dtype),
            torch.where(wait > 1e8, torch.zeros_like(wait), wait / 366.0),
        ],
        dim=-1,
    )


@torch.no_grad()
def account(book: Book) -> torch.Tensor:
    """(P, 4) the features named by `ACCOUNT`."""
    total = wealth(book).clamp(min=1e-30)
    parts = (book.current.short, book.current.long, book.carry_short + book.carry_long, owed(book))
    return torch.stack([part / total for part in parts], dim=-1)
