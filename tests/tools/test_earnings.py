"""Earnings records: dated, in order, one a day and company, fractions."""

import math

from tools.earnings import earnings_records


def test_records_are_unique_and_in_order_of_company_and_date() -> None:
    keys = [(item.symbol, item.date) for item in earnings_records()]
    assert keys
    assert keys == sorted(set(keys))


def test_every_surprise_is_a_finite_number() -> None:
    assert all(math.isfinite(item.surprise) for item in earnings_records())


def test_surprises_are_fractions_and_not_percent() -> None:
    sizes = sorted(abs(item.surprise) for item in earnings_records())
    assert sizes[len(sizes) // 2] < 0.3
