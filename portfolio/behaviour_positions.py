"""What a client held on each day, in money, from their trades and total-return prices.

Prices here are adjusted for splits and dividends, so units times price would be wrong in every year but the last. The
value of a position is therefore what was paid for it, grown by its price since: exact for splits, and with dividends
taken as reinvested. What a day shows depends on trades and prices up to that day only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portfolio.behaviour_lots import SMALLEST, traded
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.transactions import Transaction


@dataclass(frozen=True, eq=False)
class Positions:
    """Positions of N assets on T days.

    Attributes
    ----------
    dates : (T,) ; symbols : N, the panel's
    value : (T, N) money in each position at the day's close, after the day's trades
    traded : (T, N) True from the first day on which the client had traded the asset
    unknown : symbols that were traded and of which the panel has no price on that day, in order of first trade
    """

    dates: Dates
    symbols: tuple[str, ...]
    value: Floats
    traded: np.ndarray
    unknown: tuple[str, ...]

    @property
    def known_money(self) -> Floats:
        """(T,) the sum over assets."""
        return np.asarray(self.value.sum(axis=1))


def carried_forward(close: Floats) -> Floats:
    """(T, N) each price, or the last one before it; NaN before the first."""
    days = np.arange(len(close))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(close), days, -1), axis=0)
    filled = np.take_along_axis(close, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, filled, np.nan)


def positions_of(transactions: Sequence[Transaction], panel: MarketPanel) -> Positions:
    """Value of each position on each of the panel's days; a trade counts from the first of them on or after its own."""
    close = carried_forward(panel.close)
    days, assets = close.shape
    shares = np.zeros((days, assets))  # of the total-return price; set from each trade's row on
    touched = np.zeros((days, assets), dtype=np.bool_)
    raw = dict.fromkeys(panel.symbols, 0.0)
    column = {symbol: place for place, symbol in enumerate(panel.symbols)}
    unknown: dict[str, None] = {}
    for item in traded(transactions):
        name, units = item.name, item.units
        if name is None or units is None:
            continue
        row = int(np.searchsorted(panel.dates, np.datetime64(item.day, "D")))
        place = column.get(name)
        if place is None or (row < days and not np.isfinite(close[row, place])):
            unknown.setdefault(name)
            continue
        if row >= days:
            continue
        before = raw[name]
        raw[name] = max(before + units, 0.0)
        touched[row:, place] = True
        if item.kind in ("split", "reinvest"):
            continue  # the total-return price already has them
        if units > 0:
            paid = item.value if item.kind == "buy" else None
            # Shares that come by transfer are worth the day's price: what they cost is not known.
            now = shares[row, place]
            per_share = now / before if before > SMALLEST and now > 0 else 1.0
            shares[row:, place] += units * per_share if paid is None else paid / close[row, place]
        else:
            left = raw[name] / before if before > SMALLEST else 0.0
            shares[row:, place] *= left
    value = np.where(np.isfinite(close), close, 0.0) * shares
    return Positions(panel.dates, panel.symbols, value, touched, tuple(unknown))
