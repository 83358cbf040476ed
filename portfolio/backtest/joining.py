"""Panels of different calendars as one: shares that rest at weekends beside coins that never do.

A joined panel has a row for every day on which any of its parts has one, and says of the others what is true: they were
not traded (NaN). Nothing is filled in, so the engine keeps an order for a share until Monday and deals in the coin on
Saturday. Who wants one grid without holes takes `on_days`, on which a coin's weekend is part of its Monday's return.
"""

from collections.abc import Sequence

import numpy as np

from portfolio.backtest.records import Ints
from portfolio.market import Dates, Floats, MarketPanel


def join(panels: Sequence[MarketPanel]) -> MarketPanel:
    """The panels' assets beside one another on the union of their days.

    Closes and signals stand on the days of their own panel and are NaN on all others: only `backtest` and the house's
    features, which know what a hole is, should read them. The bill rate and the index are those of the first panel that
    has one; a bill rate holds until the next is known, an index has no value on a day that is not its own.

    Raises ValueError for no panel, or a symbol that two of them have.
    """
    if not panels:
        raise ValueError("there is no panel to join; give one or more")
    symbols = tuple(symbol for panel in panels for symbol in panel.symbols)
    twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stand in two of the panels; keep each asset in one of them")
    dates: Dates = np.unique(np.concatenate([panel.dates.astype("datetime64[D]") for panel in panels]))
    rows = [np.searchsorted(dates, panel.dates.astype("datetime64[D]")) for panel in panels]
    names = sorted({name for panel in panels for name in panel.signals})
    billed = next(
        ((panel, place) for panel, place in zip(panels, rows, strict=True) if panel.cash_rate is not None), None
    )
    indexed = next(((panel, place) for panel, place in zip(panels, rows, strict=True) if panel.index is not None), None)
    return MarketPanel(
        dates=dates,
        symbols=symbols,
        close=_beside([(panel.close, place) for panel, place in zip(panels, rows, strict=True)], len(dates)),
        source=" + ".join(panel.source for panel in panels),
        signals={
            name: _beside(
                [
                    (panel.signals.get(name, np.full(panel.close.shape, np.nan)), place)
                    for panel, place in zip(panels, rows, strict=True)
                ],
                len(dates),
            )
            for name in names
        },
        cash_rate=None if billed is None else _held(billed[0].cash_rate, billed[1], len(dates)),
        cash_rate_source=None if billed is None else billed[0].cash_rate_source,
        index=None if indexed is None else _spread(indexed[0].index, indexed[1], len(dates)),
    )


def on_days(panel: MarketPanel, days: Dates) -> MarketPanel:
    """The panel's own rows on these days, nothing filled in: what happened between two of them is in the later one.

    `days` are those of the calendar to keep (a share panel's `dates`). Raises ValueError where none of them is a row.
    """
    keep = np.isin(panel.dates.astype("datetime64[D]"), days.astype("datetime64[D]"))
    if not bool(keep.any()):
        raise ValueError(f"none of the {len(days)} days is a day of {panel.source}; give days within its calendar")
    return MarketPanel(
        dates=panel.dates[keep],
        symbols=panel.symbols,
        close=panel.close[keep],
        source=panel.source,
        signals={name: values[keep] for name, values in panel.signals.items()},
        cash_rate=None if panel.cash_rate is None else panel.cash_rate[keep],
        cash_rate_source=panel.cash_rate_source,
        index=None if panel.index is None else panel.index[keep],
    )


def _beside(parts: Sequence[tuple[Floats, Ints]], days: int) -> Floats:
    """(days, sum of widths): each part (T_k, N_k) on its rows, NaN elsewhere."""
    out = np.full((days, sum(values.shape[1] for values, _ in parts)), np.nan)
    column = 0
    for values, rows in parts:
        out[rows, column : column + values.shape[1]] = values
        column += values.shape[1]
    return out


def _spread(values: Floats | None, rows: Ints, days: int) -> Floats:
    assert values is not None
    out = np.full(days, np.nan)
    out[rows] = values
    return out


def _held(values: Floats | None, rows: Ints, days: int) -> Floats:
    """(days,) each value from its row to the row before the next of its own calendar, known or not."""
    assert values is not None
    place = np.searchsorted(rows, np.arange(days), side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
