"""The universes on which the table of arXiv 2511.17963 is rebuilt, each with its test year."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lab.bills import bill_fund, with_bills
from portfolio.market import MarketPanel
from portfolio.universe import Universe

FIRST = "2018-01-01"
TREASURIES = ("IEF", "SHY", "TLT")


@dataclass(frozen=True, eq=False)
class Case:
    """One universe: prices from `FIRST` on (or later), days of a week, the year of the test, and what to know."""

    slug: str
    title: str
    panel: MarketPanel
    universe: Universe
    step: int
    test_year: int
    note: str


def cases(data: Path, wanted: Sequence[str]) -> list[Case]:
    """The cases named in `wanted`, in the table's order. Raises DataError when a folder cannot be read."""
    makers = {
        "treasuries": _treasuries,
        "crypto": _crypto,
        "us-shares": _us_shares,
        "bundled": _bundled,
        "indonesia": _indonesia,
    }
    return [make(data) for slug, make in makers.items() if slug in wanted]


SLUGS = ("treasuries", "crypto", "us-shares", "bundled", "indonesia")


def _case(
    slug: str, title: str, panel: MarketPanel, universe: Universe, test_year: int, note: str, *, step: int = 5
) -> Case:
    first = int(np.searchsorted(panel.dates, np.datetime64(FIRST)))
    last = int(np.searchsorted(panel.dates, np.datetime64(f"{test_year + 1}-01-01")))
    return Case(slug, title, panel.window(first, last), universe, step, test_year, note)


def _treasuries(data: Path) -> Case:
    from tools.market.folder import load_folder

    made = load_folder(data / "etf", only=TREASURIES)
    note = "Funds with coupons reinvested, where the paper takes changes of a yield for returns."
    return _case("treasuries", "US Treasuries", _with_bills(made.panel, data), made.universe, 2023, note)


def _crypto(data: Path) -> Case:
    from tools.market.folder import load_folder

    coins = _of_class(load_folder(data / "us_crypto").universe, crypto=True)
    made = load_folder(data / "us_crypto", only=coins)
    note = (
        "A coin may be held once it has 126 days of prices, so SOL enters in 2021. Which coins the files hold was "
        "chosen later, by whoever made them: hindsight that no rule here can undo. A week is seven days."
    )
    return _case("crypto", "Crypto", _with_bills(made.panel, data), made.universe, 2023, note, step=7)


def _us_shares(data: Path) -> Case:
    from tools.market.folder import load_folder

    made = load_folder(data / "us_crypto")
    shares = _of_class(made.universe, crypto=False)
    universe = made.universe.model_copy(update={"assets": tuple(made.universe.asset(name) for name in shares)})
    note = "Eighteen companies that were large in 2023."
    return _case("us-shares", "US shares", _with_bills(made.panel.select(shares), data), universe, 2023, note)


def bundled_shares() -> tuple[MarketPanel, Universe]:
    """The twenty shares of the bundled history, all its days."""
    from tools.market.bundled import SHARES, load_bundled

    made = load_bundled()
    universe = made.universe.model_copy(update={"assets": tuple(made.universe.asset(name) for name in SHARES)})
    return made.panel.select(SHARES), universe


def _bundled(data: Path) -> Case:
    shares, universe = bundled_shares()
    note = "Twenty companies that still stood in 2022; the data end there, so 2022 is the test."
    panel = replace(shares, cash_rate=None, cash_rate_source=None)
    return _case("bundled", "US shares, bundled", _with_bills(panel, data), universe, 2022, note)


def _indonesia(data: Path) -> Case:
    from tools.market.folder import load_folder

    made = load_folder(data / "idx_lq45", currency="IDR")
    note = (
        "In rupiah. Returns are close / previous - 1 from the exchange, so splits are in them and dividends are not. "
        "The assets are members of the index in some year, chosen later. No rupiah bill rate is there."
    )
    return _case("indonesia", "Indonesian shares", made.panel, made.universe, 2023, note)


def _of_class(universe: Universe, *, crypto: bool) -> tuple[str, ...]:
    return tuple(asset.symbol for asset in universe.assets if (asset.asset_class == "crypto") == crypto)


def _with_bills(panel: MarketPanel, data: Path) -> MarketPanel:
    """The panel with the rate of the bill fund, as it was known at the close of each day."""
    return with_bills(panel, bill_fund(data / "etf").panel)
