"""Taxed portfolios batched in tensors: tax lots, wash sales, year ends, and what they leave of a return.

    book = open_book(assets=20, rates=rates_of(TaxRates(ordinary=0.35, long=0.15), len(wealth)), wealth=wealth, day=day)
    book, outcome = hold(book, weights, growth, day)   # trade on `day`, then earn `growth`: outcome.net is (P,)
    seen = state(book, next_day)                       # (P, N, 7) for the policy

The rules are those of `portfolio.taxes`; `docs/taxes.md` says what is modelled and what is not.
"""

from rl.taxes.records import Book, LotOrder, Outcome, Rates, open_book, rates_of
from rl.taxes.state import ACCOUNT, STATE, account, state
from rl.taxes.trade import hold, liquidation_value, trade, wealth, worth

__all__ = [
    "ACCOUNT",
    "STATE",
    "Book",
    "LotOrder",
    "Outcome",
    "Rates",
    "account",
    "hold",
    "liquidation_value",
    "open_book",
    "rates_of",
    "state",
    "trade",
    "wealth",
    "worth",
]
