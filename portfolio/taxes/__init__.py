"""Capital gains tax: lots, wash sales, year-end netting and what they cost."""

from portfolio.taxes.rates import FILING_LIMIT, TaxRates, YearTax, year_tax

__all__ = ["FILING_LIMIT", "TaxRates", "YearTax", "year_tax"]
