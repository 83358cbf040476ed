"""Capital gains tax: lots, wash sales, year-end netting and what they cost."""

from portfolio.taxes.book import TaxBook
from portfolio.taxes.calendar import first_long_day, is_long_term
from portfolio.taxes.rates import FILING_LIMIT, TaxRates, YearTax, year_tax
from portfolio.taxes.records import Lot, LotOrder, Sale
from portfolio.taxes.replay import AfterTax, after_tax

__all__ = [
    "FILING_LIMIT",
    "AfterTax",
    "Lot",
    "LotOrder",
    "Sale",
    "TaxBook",
    "TaxRates",
    "YearTax",
    "after_tax",
    "first_long_day",
    "is_long_term",
    "year_tax",
]
