"""When a holding turns long-term, exact for leap years and 29 February."""

from datetime import date, timedelta


def first_long_day(start: date) -> date:
    """The first day on which a sale of shares bought on `start` is long-term.

    The holding period begins the day after the purchase and must be longer than a year (IRC 1222; Publication 550,
    "Holding Period"), so that a sale on or after that day's next anniversary is long-term. A period that begins on 29
    February ends its year with 28 February (Rev. Rul. 66-7 counts calendar months).
    """
    begins = start + timedelta(days=1)
    if (begins.month, begins.day) == (2, 29):
        return date(begins.year + 1, 3, 1)
    return begins.replace(year=begins.year + 1)


def is_long_term(start: date, sold: date) -> bool:
    """Whether shares bought on `start` and sold on `sold` were held for more than a year."""
    return sold >= first_long_day(start)
