"""The assets that may be held, and the plain facts about them."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from portfolio.records import CASH, Record

AssetClass = Literal["share", "fund", "bond_fund", "commodity", "crypto", "property_fund", "index", "cash"]

UNKNOWN_GROUP = "Unknown"
"""The group of an asset whose sector nobody told. No limit on a sector binds it: its members need not be alike."""


class Asset(Record):
    """One asset. `group` is its sector ("Energy") or, for a fund, what it holds; `tags` are themes ("tobacco")."""

    symbol: str = Field(min_length=1)
    name: str
    asset_class: AssetClass
    group: str
    currency: str = "USD"
    tags: tuple[str, ...] = ()
    first_date: date
    last_date: date


class Universe(Record):
    """Assets in a fixed order. That order is the order of every weight, score and price array of a run."""

    name: str
    assets: tuple[Asset, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _symbols_are_unique(self) -> "Universe":
        if len(set(self.symbols)) != len(self.assets):
            raise ValueError("a symbol stands twice in the universe; remove the duplicate")
        if CASH in self.symbols:
            raise ValueError(f"{CASH} is always there and may not be listed as an asset")
        return self

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(asset.symbol for asset in self.assets)

    @property
    def groups(self) -> tuple[str, ...]:
        """Group names in alphabetical order."""
        return tuple(sorted({asset.group for asset in self.assets}))

    def asset(self, symbol: str) -> Asset:
        """Raises KeyError with the known symbols when there is no such asset."""
        for asset in self.assets:
            if asset.symbol == symbol:
                return asset
        raise KeyError(f"{symbol} is not in the universe {self.name}: {', '.join(self.symbols)}")
