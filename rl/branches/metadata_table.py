"""The 50 numbers that stand in the place of a ticker, each with where it comes from and how it is scaled."""

from dataclasses import dataclass
from typing import Literal

from portfolio.universe import AssetClass

Source = Literal["universe", "prices", "signal"]

CLASSES: tuple[AssetClass, ...] = ("share", "fund", "bond_fund", "commodity", "crypto", "property_fund")
SECTORS: tuple[str, ...] = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Materials",
    "Real Estate",
    "Technology",
    "Utilities",
)
"""The eleven of the GICS, by the names the house uses for groups ("Technology" is Information Technology)."""
BOUND = 4.0
"""Every figure lies within +- this."""


@dataclass(frozen=True)
class Number:
    """One of the 50. `signal` is the panel's signal that it reads, and `scale` what one unit of the figure is."""

    name: str
    source: Source
    meaning: str
    signal: str | None = None
    scale: float = 1.0


def _plain(name: str, meaning: str, scale: float) -> Number:
    """A signal taken as it is, over its scale."""
    return Number(name, "signal", meaning, name, scale)


STATIC: tuple[Number, ...] = (
    *(Number(f"class_{name}", "universe", f"1 for a {name.replace('_', ' ')}") for name in CLASSES),
    *(
        Number(f"sector_{name.lower().replace(' ', '_')}", "universe", f"1 in {name}, as of today; off by default")
        for name in SECTORS
    ),
    Number("currency_usd", "universe", "1 where priced in US dollars"),
    Number("listing_age", "universe", "years since the first price, 3 at most, over 3: later on it is no clock"),
)
FROM_FEATURES: tuple[tuple[str, str, str], ...] = (
    ("return_21", "return_21", "last month's return, in the year's deviations"),
    ("momentum", "return_252_skipping_21", "last year's return but the last month's, in deviations"),
    ("volatility_change", "volatility_21_to_252", "last month's volatility over the year's, less one"),
    ("volatility", "volatility_252", "the year's volatility over 0.3, less one"),
    ("volatility_to_peers", "volatility_to_peers", "the year's volatility over the assets' mean, less one"),
    ("drawdown", "drawdown_252", "fall from the year's highest close, in deviations"),
    ("beta", "beta_252", "beta to the market over a year, less one"),
    ("history", "history", "share of the year's days that were observed"),
)
"""Name here, name in `rl.features`, meaning."""
FROM_PRICES: tuple[Number, ...] = (
    *(Number(name, "prices", meaning) for name, _, meaning in FROM_FEATURES),
    Number("correlation_to_market", "prices", "over a year, with the index or the mean of the assets"),
    Number("correlation_to_peers", "prices", "over a year, with the mean of the other assets"),
    Number("skewness", "prices", "of a year's daily returns"),
    Number("worst_day", "prices", "the year's worst day in deviations, over 5"),
    Number("rising_days", "prices", "share of a year's days that rose, twice, less one"),
    Number("still_days", "prices", "share of a year's days without a move: thin trading (Lesmond et al. 1999)"),
)
FROM_SIGNALS: tuple[Number, ...] = (
    Number("volume_change", "signal", "last month's mean volume over the year's, less one", "volume"),
    Number(
        "illiquidity_change",
        "signal",
        "last month's |return| per money traded over the year's, less one (Amihud 2002)",
        "volume",
    ),
    Number(
        "earnings_surprise", "signal", "last report's surprise, (actual - estimate) / |estimate|", "earnings_surprise"
    ),
    Number("earnings_surprise_mean", "signal", "mean surprise of the year's reports", "earnings_surprise"),
    Number("earnings_age", "signal", "calendar days since the last report, over 90", "earnings_age", 90.0),
    Number(
        "earnings_due",
        "signal",
        "days until the usual report, over 90: median gap of the year's reports less the age; below 0: overdue",
        "earnings_age",
        90.0,
    ),
    _plain("earnings_yield", "earnings of the last year over price, over 0.05", 0.05),
    _plain("book_yield", "book value over price", 1.0),
    _plain("dividend_yield", "dividends of the last year over price, over 0.05", 0.05),
    _plain("analyst_rating", "analysts' mean recommendation, -1 (sell) to 1 (buy)", 1.0),
    _plain("analyst_revision", "a month's change of the mean estimate as a fraction, over 0.1", 0.1),
    _plain("analyst_target_gap", "mean price target over the price of that day, less one, over 0.25", 0.25),
    Number(
        "implied_volatility_gap",
        "signal",
        "30-day implied volatility (yearly fraction) over the last month's realised, less one",
        "implied_volatility",
    ),
    _plain("option_skew", "implied volatility of 25-delta puts less calls, yearly fraction, over 0.1", 0.1),
    _plain("insider_net_buying", "insiders' buying less selling over both, six months, -1 to 1", 1.0),
    _plain("institutional_ownership", "share of the stock that reporting institutions hold, 0 to 1", 1.0),
    _plain("sentiment", "tone of the news, -1 to 1", 1.0),
)

NUMBERS: tuple[Number, ...] = (*STATIC, *FROM_PRICES, *FROM_SIGNALS)
NAMES: tuple[str, ...] = tuple(number.name for number in NUMBERS)
SIGNALS: tuple[str, ...] = tuple(sorted({number.signal for number in NUMBERS if number.signal is not None}))
"""The panel's signals that are read; one that a user does not supply leaves its numbers unknown."""


def table() -> str:
    """The 50 as a table in Markdown."""
    lines = ["| | number | from | meaning |", "| --- | --- | --- | --- |"]
    for place, number in enumerate(NUMBERS, start=1):
        source = f"signal `{number.signal}`" if number.signal else number.source
        lines.append(f"| {place} | `{number.name}` | {source} | {number.meaning} |")
    return "\n".join(lines)
