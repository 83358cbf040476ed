"""Which data a run reads, and what of it may be traded on the date that the run believes it is."""

from dataclasses import replace
from datetime import date

import numpy as np

from portfolio.market import MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from tools.errors import DataError
from tools.market.records import MarketData
from tools.settings import Settings

MIN_HISTORY_DAYS = 126
"""Days of prices an asset needs before it may be held: half a year, so that its risk can be told at all."""
MAX_STALE_DAYS = 10
"""Calendar days after which a last price is too old to trade on."""


class Untradable(Record):
    """An asset that may not be held on the date, and why."""

    symbol: str
    cause: str


def open_market(settings: Settings) -> MarketData:
    """The data that the settings name: a folder of prices, or the bundled history."""
    if settings.prices is not None:
        from tools.market.folder import load_folder

        return load_folder(settings.prices)
    from tools.market.bundled import load_bundled

    return load_bundled()


def open_universe(settings: Settings) -> Universe:
    """The assets alone; for the bundled history no price is read."""
    if settings.prices is not None:
        return open_market(settings).universe
    from tools.market.bundled import bundled_universe

    return bundled_universe()


def check_as_of(data: MarketData, as_of: date | None) -> date:
    """The date a run believes it is: `as_of`, or the last day of the data.

    Raises DataError when it lies before the first day, or after the last, where nothing is known.
    """
    first, last = data.panel.first_date, data.panel.last_date
    if as_of is None:
        return last
    if as_of < first:
        raise DataError(
            f"there are no prices on or before {as_of}: {data.panel.source} begins on {first}",
            f"choose an as-of date between {first} and {last}, or name a folder with older prices",
        )
    if as_of > last:
        raise DataError(
            f"{as_of} lies after the last day of {data.panel.source}, {last}: what happened since is not known",
            f"choose an as-of date up to {last}, or name a folder with newer prices",
        )
    return as_of


def tradable_at(panel: MarketPanel) -> tuple[np.ndarray, tuple[Untradable, ...]]:
    """(N,) True where the asset may be held on the panel's last day, and the cause for each that may not."""
    causes = []
    mask = np.zeros(len(panel.symbols), dtype=bool)
    for j, symbol in enumerate(panel.symbols):
        rows = np.flatnonzero(np.isfinite(panel.close[:, j]))
        if len(rows) < MIN_HISTORY_DAYS:
            causes.append(Untradable(symbol=symbol, cause=f"{len(rows)} days of prices; {MIN_HISTORY_DAYS} are needed"))
            continue
        last = panel.dates[rows[-1]]
        age = int((panel.dates[-1] - last) / np.timedelta64(1, "D"))
        if age > MAX_STALE_DAYS:
            causes.append(Untradable(symbol=symbol, cause=f"its last price is of {last}, {age} days old"))
            continue
        mask[j] = True
    return mask, tuple(causes)


def universe_at(data: MarketData, as_of: date) -> Universe:
    """The universe as it stood: assets first traded after `as_of` are unknown to it, and dates end there."""
    assets = tuple(
        asset.model_copy(update={"last_date": min(asset.last_date, as_of)})
        for asset in data.universe.assets
        if asset.first_date <= as_of
    )
    if not assets:
        raise DataError(f"no asset was traded on or before {as_of}", f"the data begin on {data.panel.first_date}")
    return Universe(name=data.universe.name, assets=assets)


def market_at(data: MarketData, as_of: date) -> MarketData:
    """Prices and universe as they were known at the close of `as_of`."""
    universe = universe_at(data, as_of)
    return replace(data, panel=data.panel.until(as_of).select(universe.symbols), universe=universe)
