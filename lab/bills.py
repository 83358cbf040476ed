"""A history's bill rate, continued by what a fund of Treasury bills paid.

Contract
--------
- The rate of a day is the history's own where it has one, else the fund's that was last known at that day's close: the
  trailing return of `tools.market.folder.BILL_WINDOW` closes, of which the day's is the latest. Accounts pay it from
  that close to the next, so no rate looks ahead.
- Ten days after its last close the fund tells nothing more: a rate that nobody knows stays unknown.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from portfolio.market import Dates, Floats, MarketPanel
from tools.errors import DataError
from tools.market.folder import BILL_FUNDS, load_folder
from tools.market.records import MarketData

STALE_DAYS = 10
"""Calendar days after the last known rate on which it still counts."""


def rate_on(dates: Dates, known_dates: Dates, rate: Floats) -> Floats:
    """(T,) the rate last known on each date; NaN before the first and from the tenth day after the last."""
    told = np.isfinite(rate)
    if not told.any():
        return np.full(len(dates), np.nan)
    days, values = known_dates[told], rate[told]
    place = np.searchsorted(days, dates, side="right") - 1
    out = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
    stale = dates > days[-1] + np.timedelta64(STALE_DAYS, "D")
    return np.where(stale, np.nan, out)


def with_bills(panel: MarketPanel, fund: MarketPanel) -> MarketPanel:
    """The panel with `fund.cash_rate` on the days on which it has no rate of its own.

    The panel as it is where the fund tells no rate, or none that is missing. `cash_rate_source` names both.
    """
    if fund.cash_rate is None:
        return panel
    own = np.full(len(panel.dates), np.nan) if panel.cash_rate is None else panel.cash_rate
    later = rate_on(panel.dates, fund.dates, fund.cash_rate)
    if not bool((np.isnan(own) & np.isfinite(later)).any()):
        return panel
    sources = [source for source in (panel.cash_rate_source, fund.cash_rate_source) if source is not None]
    rate: Floats = np.where(np.isfinite(own), own, later)
    return replace(panel, cash_rate=rate, cash_rate_source="; then ".join(sources))


def bill_fund(folder: Path) -> MarketData:
    """A folder of prices that tells a bill rate. Raises DataError where it does not."""
    fund = load_folder(folder)
    if fund.panel.cash_rate is None:
        raise DataError(
            f"{folder} tells no bill rate, so the bill rate cannot be continued by it",
            f"name a folder that holds prices of {' or '.join(BILL_FUNDS)} beside those of another asset",
        )
    return fund


def continued(data: MarketData, fund: MarketData) -> MarketData:
    """`with_bills` of whole markets. Raises DataError where their prices are in different currencies."""
    own, other = ({asset.currency for asset in market.universe.assets} for market in (data, fund))
    if own != other:
        raise DataError(
            f"{data.panel.source} is priced in {', '.join(sorted(own))} and {fund.panel.source} in "
            f"{', '.join(sorted(other))}: its bills are not this cash",
            "name bills of the same currency",
        )
    return replace(data, panel=with_bills(data.panel, fund.panel))
