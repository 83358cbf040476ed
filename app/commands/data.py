"""`quorum data`: which prices an answer would rest on, and what is wrong with them."""

from datetime import date
from typing import TYPE_CHECKING

import typer

from app.options import AsOf, Home, Json, Prices, day

if TYPE_CHECKING:
    from tools.market.records import MarketData


def command(as_json: Json = False, prices: Prices = None, as_of: AsOf = None, home: Home = None) -> None:
    """Show the source, the range of each asset, findings by kind, the bill rate's source and what may be traded."""
    from rich.console import Console

    from app.render.data import DataOutput, data_report
    from app.wiring import read_settings
    from tools.market.source import check_as_of, open_market, tradable_at

    data = open_market(read_settings(home=home, prices=prices))
    believed = check_as_of(data, day(as_of))
    past = data.panel.until(believed)
    output = DataOutput(
        name=data.universe.name,
        as_of=believed,
        report=data.report,
        bill_rate_source=data.panel.cash_rate_source,
        bill_rate=_bill_rate(data, believed),
        signals=tuple(sorted(past.signals)),
        untradable=tradable_at(past)[1],
    )
    if as_json:
        typer.echo(output.model_dump_json(indent=2))
    else:
        Console().print(data_report(output))


def _bill_rate(data: "MarketData", believed: date) -> float | None:
    from math import isfinite

    rate = data.panel.until(believed).cash_rate
    return float(rate[-1]) if rate is not None and isfinite(rate[-1]) else None
