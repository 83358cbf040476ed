"""Exchange rates beside the prices of a folder: assets of several currencies become prices in one, the base currency.

Contract
--------
- `rates.csv` has a column `date` and one `X/B` for each currency X: the price of one X in B. B is the same in all
  columns, and is the base currency. Codes are taken letter by letter: GBp (pence) is not GBP.
- A day is converted at the last rate that the file names on or before it, whether or not that rate's own day is one of
  the panel; never at a later one. Before the first rate of a currency its assets have no price. A blank is unknown.
- Nothing is assumed: a currency without a rate, an asset in a currency that nobody told, or a line that cannot be read
  is a DataError.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from portfolio.backtest.currencies import Currencies, panel_in_base
from portfolio.market import Dates, Floats, MarketPanel
from tools.errors import DataError
from tools.market.facts import FACTS_FILE
from tools.market.frames import LONG_GAP_DAYS
from tools.market.records import DataFinding
from tools.market.side_files import RATES_FILE, header, read_rows, told_by_line

PAIR = re.compile(r"([A-Za-z0-9]+)/([A-Za-z0-9]+)")
COLUMNS = "its columns are date and, for each currency, its price in the base currency: date,EUR/USD,IDR/USD"
COIN_CURRENCIES = ("USD", "EUR")
"""Money that the name of a coin may tell: BTC-EUR. A stable coin (BTC-USDT) is not the money that it stands for."""


@dataclass(frozen=True, eq=False)
class Rates:
    """What a file of rates says, on the days that it names.

    Attributes
    ----------
    base : the currency that prices are converted to ("USD")
    codes : C other currencies, in the file's order
    days : (R,) datetime64[D], strictly increasing
    values : (R, C) units of the base for one unit of the currency, NaN where the file is blank
    """

    base: str
    codes: tuple[str, ...]
    days: Dates
    values: Floats

    def known(self, dates: Dates, code: str) -> tuple[Floats, NDArray[np.int64]]:
        """(T,) the last rate on or before each date, NaN before the first; (T,) its age in calendar days, -1 there."""
        column = self.values[:, self.codes.index(code)]
        named, rates = self.days[np.isfinite(column)], column[np.isfinite(column)]
        at = np.searchsorted(named, dates.astype("datetime64[D]"), side="right") - 1
        before = at < 0
        if not len(named):
            return np.full(len(dates), np.nan), np.full(len(dates), -1, dtype=np.int64)
        age = (dates.astype("datetime64[D]") - named[at]).astype(np.int64)
        return np.where(before, np.nan, rates[at]), np.where(before, -1, age)


def read_rates(folder: Path) -> Rates | None:
    """The folder's own rates, None where it has none. Raises DataError where the file cannot be read in full."""
    path = folder / RATES_FILE
    if not path.is_file():
        return None
    names = header(path)
    pairs = {name: PAIR.fullmatch(name.strip()) for name in names if name.strip() != "date"}
    odd = [name for name, pair in pairs.items() if pair is None or pair[1] == pair[2]]
    if odd or not pairs:
        why = f"a column that is no rate, “{odd[0]}”" if odd else "no column of rates"
        raise DataError(f"{path.name} has {why}", COLUMNS)
    split = [pair.groups() for pair in pairs.values() if pair is not None]
    codes, bases = tuple(code for code, _ in split), sorted({base for _, base in split})
    if len(bases) > 1:
        raise DataError(
            f"{path.name} tells prices in {' and in '.join(bases)}; there is one base currency",
            f"write every column as its price in {bases[0]}, or in {bases[-1]} (one over a rate turns it round)",
        )
    if len(set(codes)) < len(codes) or len(set(names)) < len(names):
        raise DataError(f"{path.name} has two columns of one currency", "keep one of them")
    found: dict[date, list[float]] = {}
    for number, row in read_rows(path, ("date", *pairs)):
        with told_by_line(path, number):
            day = date.fromisoformat(row["date"])
            if day in found:
                raise ValueError(f"{day} stands twice")
            found[day] = [_rate(row[name]) for name in pairs]
    ordered = sorted(found)
    return Rates(
        base=bases[0],
        codes=codes,
        days=np.array(ordered, dtype="datetime64[D]"),
        values=np.array([found[day] for day in ordered], dtype=np.float64).reshape(len(ordered), len(codes)),
    )


def _rate(cell: str) -> float:
    if not cell.strip():
        return np.nan
    value = float(cell)
    if not 0.0 < value < np.inf:
        raise ValueError(f"{cell.strip()} is no rate; it must be above zero, or blank where unknown")
    return value


def coin_currency(symbol: str) -> str | None:
    """The money in which a coin is priced, where its name tells it ("BTC-EUR"); None otherwise."""
    money = symbol.rpartition("-")[2]
    return money if money in COIN_CURRENCIES and money != symbol else None


def convert(
    panel: MarketPanel, rates: Rates, quoted: Sequence[str | None]
) -> tuple[MarketPanel, tuple[DataFinding, ...]]:
    """The panel in the base currency, and what a person should know about it.

    `quoted` are the currencies of the N assets, None where nobody told one. Raises DataError where one is None or has
    no rate, and where no price is left. Bill rate and index level must be the base currency's already.
    """
    untold = [symbol for symbol, code in zip(panel.symbols, quoted, strict=True) if code is None]
    if untold:
        raise DataError(
            f"nobody told in which currency {', '.join(untold)} {'is' if len(untold) == 1 else 'are'} priced, so "
            f"{RATES_FILE} cannot be used",
            f"fill in the column currency of {FACTS_FILE} in the folder ({rates.base} where it is the base currency)",
        )
    currencies = tuple(code for code in quoted if code is not None)
    used = tuple(sorted(set(currencies) - {rates.base}))
    for code in used:
        holders = ", ".join(name for name, own in zip(panel.symbols, currencies, strict=True) if own == code)
        verb = "are" if currencies.count(code) > 1 else "is"
        if code not in rates.codes:
            raise DataError(
                f"{RATES_FILE} has no rate of {code}, in which {holders} {verb} priced",
                f"add a column {code}/{rates.base}, the price of one {code} in {rates.base}; or mend the currency in "
                f"{FACTS_FILE}",
            )
    known = {code: rates.known(panel.dates, code) for code in used}
    table = np.column_stack([known[code][0] for code in used]) if used else np.zeros((len(panel.dates), 0))
    for code in used:
        if not np.isfinite(known[code][0]).any():
            raise DataError(
                f"{RATES_FILE} has no rate of {code} on or before {panel.last_date}, the last day of the prices",
                f"fill in the column {code}/{rates.base}",
            )
    made = panel_in_base(panel, Currencies(rates.base, currencies, used, table))
    if not np.isfinite(made.close).any():
        raise DataError(
            f"no asset has a price on or after the first rate of its currency in {RATES_FILE}", "add earlier rates"
        )
    return made, tuple(_findings(panel, rates.base, currencies, {code: known[code][1] for code in used}))


def _findings(
    panel: MarketPanel, base: str, quoted: tuple[str, ...], ages: dict[str, NDArray[np.int64]]
) -> list[DataFinding]:
    parts = [
        f"{', '.join(s for s, own in zip(panel.symbols, quoted, strict=True) if own == code)} from {code}"
        for code in ages
    ]
    text = f"All prices are in {base}. Converted by {RATES_FILE}: {'; '.join(parts) or 'none'}."
    out = [DataFinding(kind="currency", subject=RATES_FILE, count=len(set(quoted)), text=text)]
    for code, age in ages.items():
        traded = np.isfinite(panel.close[:, [own == code for own in quoted]]).any(axis=1)
        for rows, what in (
            (traded & (age < 0), f"lie before the first rate of {code}; its assets have no price then"),
            (traded & (age > LONG_GAP_DAYS), f"are converted at a rate of {code} more than {LONG_GAP_DAYS} days old"),
        ):
            days = panel.dates[rows]
            if len(days):
                first, last = days[0].astype(object), days[-1].astype(object)
                out.append(
                    DataFinding(
                        kind="currency",
                        subject=code,
                        count=len(days),
                        first=first,
                        last=last,
                        text=f"{len(days)} days of prices {what}.",
                        remedy=f"Add rates of {code} to {RATES_FILE}.",
                    )
                )
    return out
