"""`quorum data`: which prices an answer would rest on, and what is wrong with them."""

from datetime import datetime
from typing import Annotated

import typer

from app.options import AsOf, Home, Json, Prices, Today, clock, day

FIRST_YAHOO_DAY = datetime(2010, 1, 1)
"""Where a download begins by default: more than ten years of risk scenarios."""
Yahoo = Annotated[
    str | None, typer.Option("--yahoo", help="Symbols to download from Yahoo, comma-separated, and keep on disk.")
]
Since = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of a download.")]


def command(
    as_json: Json = False,
    prices: Prices = None,
    yahoo: Yahoo = None,
    since: Since = FIRST_YAHOO_DAY,
    today: Today = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Show the source, the range of each asset, findings by kind, the bill rate's source and what may be traded.

    With --yahoo, download first; the folder that it names then goes to `quorum advise --prices`.
    """
    from rich.console import Console

    from app.render.data import DataOutput, data_report
    from app.wiring import read_settings
    from tools.market.bills import rate_known_to
    from tools.market.source import check_as_of, open_market, tradable_at

    settings = read_settings(home=home, prices=prices)
    if yahoo is None:
        data = open_market(settings)
    else:
        from tools.market.yahoo import kept_folder, load_yahoo

        symbols = [name.strip() for name in yahoo.split(",") if name.strip()]
        first, last, home = since.date(), clock(today), settings.home / "yahoo"
        data = load_yahoo(symbols, first, last, home)
        typer.echo(f"Kept in {kept_folder(home, first, last)}; use it with --prices.", err=True)
    believed = check_as_of(data, day(as_of))
    past = data.panel.until(believed)
    known_to = rate_known_to(past)
    output = DataOutput(
        name=data.universe.name,
        as_of=believed,
        report=data.report,
        bill_rate_source=data.panel.cash_rate_source,
        bill_rate_known_to=known_to,
        bill_rate=float(past.cash_rate[-1]) if past.cash_rate is not None and known_to == past.last_date else None,
        signals=tuple(sorted(past.signals)),
        untradable=tradable_at(past)[1],
    )
    if as_json:
        typer.echo(output.model_dump_json(indent=2))
    else:
        Console().print(data_report(output))
