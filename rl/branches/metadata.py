"""The metadata branch: 50 observable numbers per day and asset in the place of its ticker, and 50 flags of which are
known (phase 1 of arXiv 2606.30997). `metadata_table.NUMBERS` names them all.

Contract
--------
- A number that is not known at the close of the day is 0 and its flag is 0; a known zero has flag 1.
- Scales are constants: nothing is fitted, so nothing can be fitted on the future.
- Facts of the universe are those of today. A class and a currency hardly ever change. A sector can, it is told of
  survivors only, and in a small universe it comes close to a ticker, by which the policy could remember who won: so
  sectors are off by default. `Asset.last_date` is never read: it knows when an asset ends.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors.numpy import save as to_safetensors

from portfolio.market import Floats, MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from rl.branches.metadata_earnings import earnings_numbers
from rl.branches.metadata_prices import Known, market_numbers, ratio, volume_numbers
from rl.branches.metadata_table import BOUND, CLASSES, FROM_FEATURES, FROM_SIGNALS, NAMES, SECTORS, SIGNALS
from rl.branches.records import Branch, BranchUnavailable, on_grid
from rl.features import ASSET_FEATURES, LOOKBACK, MarketFeatures, features

OLD_ENOUGH = 3.0
"""Years after which a listing counts as old; beyond, the age would tell the date to a policy that must not know it."""


class MetadataConfig(Record):
    """Which facts of today are told. Prices and signals are always read, where they are there."""

    class_and_currency: bool = True
    sectors: bool = False
    listing_age: bool = True


class Metadata:
    """A `RowBranchModel` named "metadata" without weights: values in the first 50 columns, flags in the last 50."""

    name = "metadata"
    width = 2 * len(NAMES)
    lookback = LOOKBACK

    def __init__(self, config: MetadataConfig) -> None:
        self.config = config

    def describe(self, panel: MarketPanel, universe: Universe) -> Branch:
        """Every day of the panel."""
        return self.describe_rows(panel, universe, np.arange(len(panel.dates)))

    def describe_rows(self, panel: MarketPanel, universe: Universe, rows: NDArray[np.int64]) -> Branch:
        """Some days; an asset that is not traded on a day is not known there."""
        if panel.symbols != universe.symbols:
            raise ValueError(f"the panel's assets are not those of the universe {universe.name}")
        made = features(panel)
        tradable = made.tradable[rows]
        found: dict[str, Known] = {
            **_facts(panel, universe, rows, self.config),
            **_from_features(made, rows),
            **{name: item.on(rows) for name, item in market_numbers(panel).items()},
            **{name: item.on(rows) for name, item in volume_numbers(panel).items()},
            **{name: item.on(rows) for name, item in earnings_numbers(panel).items()},
            **_from_signals(panel, made, rows),
        }
        out = np.zeros((*tradable.shape, self.width), dtype=np.float32)
        for place, name in enumerate(NAMES):
            item = found.get(name)
            if item is None:
                continue
            known = item.known & tradable
            out[..., place] = on_grid(np.where(known, np.clip(item.value, -BOUND, BOUND), 0.0))
            out[..., place + len(NAMES)] = known
        return Branch(self.name, out, tradable)

    def save(self, folder: Path) -> None:
        """Write `metadata.json` and, for want of weights, an empty `metadata.safetensors`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.safetensors").write_bytes(to_safetensors({}))
        (folder / f"{self.name}.json").write_text(self.config.model_dump_json(indent=1) + "\n")


def load_metadata(folder: Path) -> Metadata:
    """Raises BranchUnavailable when the folder holds no settings of this branch that can be read."""
    remedy = "save it again, or train without the metadata branch"
    try:
        return Metadata(MetadataConfig.model_validate_json((folder / f"{Metadata.name}.json").read_bytes()))
    except OSError as error:
        raise BranchUnavailable(f"no metadata settings can be read at {folder}: {error.strerror}", remedy) from error
    except ValidationError as error:
        raise BranchUnavailable(f"the metadata settings at {folder} are not of this version", remedy) from error


def unread_signals(panel: MarketPanel) -> tuple[str, ...]:
    """Signals of the panel that no number reads, so that a misspelt name does not go unnoticed."""
    return tuple(sorted(set(panel.signals) - set(SIGNALS)))


def _facts(panel: MarketPanel, universe: Universe, rows: NDArray[np.int64], config: MetadataConfig) -> dict[str, Known]:
    """Facts of the universe, the same on every day, and the listing's age."""
    shape = (len(rows), len(universe.assets))

    def fact(flags: list[bool], known: list[bool] | None = None) -> Known:
        certain = [True] * shape[1] if known is None else known
        return Known(
            np.broadcast_to(np.array(flags, dtype=np.float64), shape), np.broadcast_to(np.array(certain), shape)
        )

    found: dict[str, Known] = {}
    assets = universe.assets
    if config.class_and_currency:
        found |= {f"class_{name}": fact([a.asset_class == name for a in assets]) for name in CLASSES}
        found["currency_usd"] = fact([a.currency == "USD" for a in assets])
    if config.sectors:
        told = [a.group in SECTORS for a in assets]
        for sector in SECTORS:
            name = f"sector_{sector.lower().replace(' ', '_')}"
            found[name] = fact([a.group == sector for a in assets], told)
    if config.listing_age:
        first = np.array([np.datetime64(a.first_date, "D") for a in assets])
        age = (panel.dates[rows].astype("datetime64[D]")[:, None] - first[None, :]).astype(np.float64) / 365.25
        found["listing_age"] = Known(np.minimum(age, OLD_ENOUGH) / OLD_ENOUGH, age >= 0)
    return found


def _from_features(made: MarketFeatures, rows: NDArray[np.int64]) -> dict[str, Known]:
    eligible = made.eligible[rows]
    column = {name: made.asset[rows, :, place].astype(np.float64) for place, name in enumerate(ASSET_FEATURES)}
    found = {name: Known(column[source], eligible) for name, source, _ in FROM_FEATURES}
    return found | {"history": Known(column["history"], made.tradable[rows])}


def _from_signals(panel: MarketPanel, made: MarketFeatures, rows: NDArray[np.int64]) -> dict[str, Known]:
    """Signals taken as they are over their scale, and the options' one, which is set beside realised volatility."""
    found: dict[str, Known] = {}
    for number in FROM_SIGNALS:
        if number.signal == number.name and number.signal in panel.signals:
            value = panel.signals[number.signal][rows]
            known = np.isfinite(value)
            found[number.name] = Known(np.where(known, value, 0.0) / number.scale, known)
    if "implied_volatility" in panel.signals:
        implied = panel.signals["implied_volatility"][rows]
        found["implied_volatility_gap"] = ratio(implied, _realised(made, rows))
    return found


def _realised(made: MarketFeatures, rows: NDArray[np.int64]) -> Floats:
    """Last month's yearly volatility; NaN where it is unknown, or beyond what the features tell (cut at 180 %)."""
    column = {name: made.asset[rows, :, place].astype(np.float64) for place, name in enumerate(ASSET_FEATURES)}
    year = 0.3 * (column["volatility_252"] + 1.0)
    month = year * (column["volatility_21_to_252"] + 1.0)
    return np.where(made.eligible[rows] & (month > 0) & (year < 0.3 * 5.0), month, np.nan)
