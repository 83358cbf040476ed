"""A world under a mask: other names, other tickers, other dates, other price levels; the same returns to the bit.

Contract
--------
- Symbols become neutral codes in a seeded order, so that neither a name nor a place in the list tells who is who.
- Dates shift by a seeded whole number of weeks: weekdays, gaps and the order of events stay.
- Each asset's prices are multiplied by a seeded power of two, exact in floating point: returns keep their bits.
- Sectors keep who belongs together (limits need that) under neutral names, or their own names where asked for. Themes
  (`tags`) are kept: a client's exclusions need them, and no prompt shows them.
- The same seed gives the same mask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from lab.contamination.texts import names_of, renamer, shifted
from lab.contamination.worlds import Content
from portfolio.market import Floats, MarketPanel
from portfolio.universe import UNKNOWN_GROUP, Asset, Universe
from tools.documents.records import Document
from tools.errors import DataError

LEAST_WEEKS, MOST_WEEKS = 104, 520
"""Two years to ten, either way: another market's time, another rate, another news cycle."""
LARGEST_POWER = 4


@dataclass(frozen=True, eq=False)
class Mask:
    """Attributes
    ----------
    codes : true symbol -> code, in the world's order
    names : true symbol -> neutral name
    weeks : by which every date is later (earlier, where negative)
    powers : true symbol -> exponent of two of its prices
    groups : true sector -> the mask's
    """

    seed: int
    codes: Mapping[str, str]
    names: Mapping[str, str]
    weeks: int
    powers: Mapping[str, int]
    groups: Mapping[str, str]

    def day(self, day: date) -> date:
        """A true day as the masked world calls it."""
        return day + timedelta(weeks=self.weeks)

    def true(self, code: str) -> str:
        """The true symbol behind a code; whatever is no code (cash) is itself."""
        return {masked: symbol for symbol, masked in self.codes.items()}.get(code, code)


def mask_of(content: Content, seed: int, *, keep_groups: bool = False) -> Mask:
    """The mask of a seed. `keep_groups` leaves sectors their own names."""
    rng = np.random.default_rng([seed, 0x6D61736B])
    assets = content.universe.assets
    order = rng.permutation(len(assets))
    width = len(str(len(assets)))
    weeks = int(rng.integers(LEAST_WEEKS, MOST_WEEKS + 1)) * (1 if rng.random() < 0.5 else -1)
    powers = rng.integers(-LARGEST_POWER, LARGEST_POWER + 1, len(assets))
    known = [group for group in content.universe.groups if group != UNKNOWN_GROUP]
    neutral = [f"Sector {place + 1}" for place in rng.permutation(len(known))]
    groups = dict(zip(known, known if keep_groups else neutral, strict=True))
    groups[UNKNOWN_GROUP] = UNKNOWN_GROUP
    codes = {asset.symbol: f"Q{place + 1:0{width}d}" for asset, place in zip(assets, order, strict=True)}
    taken = sorted(set(codes.values()) & set(content.universe.symbols))
    if taken:
        raise DataError(f"{', '.join(taken)} is a code of the mask and a symbol of the data", "rename it in the data")
    return Mask(
        seed=seed,
        codes=codes,
        names={symbol: f"Company {code[1:]}" for symbol, code in codes.items()},
        weeks=weeks,
        powers={asset.symbol: int(power) for asset, power in zip(assets, powers, strict=True)},
        groups=groups,
    )


def masked(content: Content, mask: Mask) -> Content:
    """The world under the mask, its assets in the order of their codes."""
    assets = content.universe.assets
    rename = renamer(assets, mask.codes, mask.names)
    order = sorted(assets, key=lambda asset: mask.codes[asset.symbol])
    panel = content.panel.select(tuple(asset.symbol for asset in order))
    scale: Floats = np.array([2.0 ** mask.powers[asset.symbol] for asset in order])
    shift = np.timedelta64(7 * mask.weeks, "D")
    return Content(
        panel=MarketPanel(
            dates=panel.dates + shift,
            symbols=tuple(mask.codes[asset.symbol] for asset in order),
            close=panel.close * scale,
            source="a masked world",
            signals=panel.signals,
            cash_rate=panel.cash_rate,
            cash_rate_source=panel.cash_rate_source,
            index=panel.index,
        ),
        universe=Universe(name="a masked world", assets=tuple(_asset(asset, mask) for asset in order)),
        earnings=tuple(
            sorted(
                (
                    record.model_copy(update={"symbol": mask.codes[record.symbol], "date": mask.day(record.date)})
                    for record in content.earnings
                ),
                key=lambda record: (record.symbol, record.date),
            )
        ),
        documents=tuple(_document(item, mask, rename) for item in content.documents),
    )


def _asset(asset: Asset, mask: Mask) -> Asset:
    return asset.model_copy(
        update={
            "symbol": mask.codes[asset.symbol],
            "name": mask.names[asset.symbol],
            "group": mask.groups[asset.group],
            "first_date": mask.day(asset.first_date),
            "last_date": mask.day(asset.last_date),
        }
    )


def _document(item: Document, mask: Mask, rename: Callable[[str], str]) -> Document:
    def hide(text: str) -> str:
        return shifted(rename(text), 7 * mask.weeks, item.published)

    return item.model_copy(
        update={
            "source": "a source",  # an address holds the headline
            "published": mask.day(item.published),
            "symbol": None if item.symbol is None else mask.codes.get(item.symbol, item.symbol),
            "title": hide(item.title),
            "text": hide(item.text),
        }
    )


def swapped(content: Content, seed: int) -> Content:
    """Each asset is shown another asset's documents and passages on earnings: a placebo of what is read.

    No asset keeps its own (a seeded cycle through all of them); names and tickers follow. Prices, and the figures that
    personas take from them and from surprises, stay. Raises DataError for fewer than two assets.
    """
    assets = content.universe.assets
    if len(assets) < 2:
        raise DataError("one asset has no other's evidence to be shown", "bring a second asset")
    order = np.random.default_rng([seed, 0x73776170]).permutation(len(assets))
    other = {assets[i].symbol: assets[j].symbol for i, j in zip(order, np.roll(order, 1), strict=True)}
    rename = renamer(assets, other, {symbol: content.universe.asset(to).name for symbol, to in other.items()})
    return replace(
        content,
        passages=tuple(
            sorted(
                (record.model_copy(update={"symbol": other[record.symbol]}) for record in content.earnings),
                key=lambda record: (record.symbol, record.date),
            )
        ),
        documents=tuple(
            item.model_copy(
                update={
                    "symbol": None if item.symbol is None else other.get(item.symbol, item.symbol),
                    "title": rename(item.title),
                    "text": rename(item.text),
                }
            )
            for item in content.documents
        ),
    )


def left_over(content: Content, hidden: Content) -> int:
    """How many documents under the mask still hold a name or a ticker of the true world."""
    nothing = {asset.symbol: "\0" for asset in content.universe.assets}
    find = renamer(content.universe.assets, nothing, nothing)
    return sum("\0" in find(f"{item.title}\n{item.text}") for item in hidden.documents)


__all__ = ["Mask", "left_over", "mask_of", "masked", "names_of", "swapped"]
