"""The universes of the evidence, each with what cash earned on it and the words that its figures need."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.bills import with_bills
from lab.walk_forward.idx import load_idx
from portfolio.market import MarketPanel
from tools.market.bundled import SHARES, load_bundled
from tools.market.folder import load_folder

INDEX = "INDEX"
"""The column, after the assets, of a broad index that may be measured but not held by the policy."""


@dataclass(frozen=True, eq=False)
class StudyUniverse:
    """One universe.

    Attributes
    ----------
    name : short, for tables
    panel : prices; `cash_rate` known on every day that is measured, or None
    first_year, last_year : test years
    zero_shot : too short to train on; policies of other universes are tested here, as they were trained before
    balanced : symbols of shares and bonds for 60/40, where there are both
    market : the symbol that stands for the market, or `INDEX` for the panel's own index, or None
    notes : what a reader must know
    """

    name: str
    panel: MarketPanel
    first_year: int
    last_year: int
    zero_shot: bool = False
    balanced: tuple[str, str] | None = None
    market: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> str:
        return "Sharpe over bills" if self.panel.cash_rate is not None else "return over volatility (no bill rate)"


def load_universes(prices: Path | None) -> tuple[StudyUniverse, ...]:
    """The bundled shares, and those of `etf`, `us_crypto` and `idx_lq45` that lie in the folder `prices`.

    Without the bill fund of `etf` the bundled history's bill rate ends in 2018, and its test years with it.
    """
    folders = {name for name in ("etf", "us_crypto", "idx_lq45") if prices and (prices / name).is_dir()}
    etf = load_folder(prices / "etf").panel if prices and "etf" in folders else None
    out = [_bundled(etf)]
    if etf is not None:
        out.append(_etf(etf))
    if prices and "us_crypto" in folders and etf is not None:
        out.append(_us_crypto(load_folder(prices / "us_crypto").panel, etf))
    if prices and "idx_lq45" in folders:
        out.append(_idx(load_idx(prices / "idx_lq45")[0]))
    return tuple(out)


def _bundled(etf: MarketPanel | None) -> StudyUniverse:
    panel = load_bundled().panel.select(SHARES)
    if panel.cash_rate is None:
        raise ValueError("the bundled history has no bill rate; install the package arch that constraints.txt names")
    if etf is not None:
        panel = with_bills(panel, etf)
    assert panel.cash_rate is not None  # it had one, and bills only add to it
    panel = panel.window(0, int(np.flatnonzero(np.isfinite(panel.cash_rate))[-1]) + 1)
    last = panel.last_date.year if panel.last_date.month == 12 else panel.last_date.year - 1
    return StudyUniverse(
        name="US shares",
        panel=panel,
        first_year=1997,
        last_year=last,
        market=INDEX,
        notes=(
            "20 US shares that all stood in 2022: every strategy looks better than an investor's could have been.",
            "The index is the S&P 500 without dividends.",
        ),
    )


def _etf(panel: MarketPanel) -> StudyUniverse:
    return StudyUniverse(
        name="ETFs",
        panel=panel,
        first_year=2017,
        last_year=2023,
        balanced=("SPY", "AGG"),
        market="SPY",
        notes=("19 funds of shares, bonds, property, gold and commodities; BIL and SHY are cash, not assets.",),
    )


def _us_crypto(panel: MarketPanel, etf: MarketPanel) -> StudyUniverse:
    return StudyUniverse(
        name="US + crypto",
        panel=with_bills(panel, etf),
        first_year=2018,
        last_year=2023,
        zero_shot=True,
        notes=(
            "18 US shares from 2016-10 and four coins from 2018-07 (SOL from 2020-10), all of which still stood in "
            "2023. Six of the shares are among the bundled ones as well.",
        ),
    )


def _idx(panel: MarketPanel) -> StudyUniverse:
    return StudyUniverse(
        name="Indonesian shares",
        panel=panel,
        first_year=2021,
        last_year=2023,
        zero_shot=True,
        notes=(
            "56 shares that were members of the LQ45 at some time up to 2023, without dividends, in rupiah.",
            "No bill rate of Indonesia was at hand: cash earns nothing, for every strategy alike.",
        ),
    )
