"""Plain facts about well-known assets, from `tools/reference/assets.csv`; nothing is guessed for the others."""

import csv
from functools import lru_cache
from importlib.resources import files

from portfolio.records import Record
from portfolio.universe import AssetClass

UNKNOWN_GROUP = "Unknown"
"""The group of an asset whose sector nobody told; limits on sectors do not bind it, and the report says so."""

BROAD_THEMES: tuple[str, ...] = (
    "tobacco", "oil", "gas", "fossil_fuels", "weapons", "alcohol", "gambling", "nuclear", "pharma", "banks", "interest",
    "fast_food", "sugar", "animal_testing", "airlines", "tech", "ai", "social_media", "insurance", "mining", "plastics",
    "palm_oil", "meat", "gmo",
)  # fmt: skip
"""Themes that a broad share fund cannot be shown to be free of (see `tools/reference/README.md`)."""


class AssetFacts(Record):
    """What does not change with the data: name, class, group, currency, themes."""

    symbol: str
    name: str
    asset_class: AssetClass
    group: str
    currency: str
    tags: tuple[str, ...]


@lru_cache(maxsize=1)
def known_facts() -> dict[str, AssetFacts]:
    """Symbol -> facts, in the table's order."""
    text = files("tools").joinpath("reference/assets.csv").read_text(encoding="utf-8")
    return {row["symbol"]: read_facts(row) for row in csv.DictReader(text.splitlines())}


def read_facts(row: dict[str, str]) -> AssetFacts:
    """One row of a table with columns symbol, name, asset_class, group, currency, tags (separated by spaces)."""
    tags: list[str] = []
    for tag in (row.get("tags") or "").replace(";", " ").split():
        tags += BROAD_THEMES if tag == "@us_broad" else (tag,)
    fields = {
        "symbol": row["symbol"],
        "name": row.get("name") or row["symbol"],
        "asset_class": row.get("asset_class") or "share",
        "group": row.get("group") or UNKNOWN_GROUP,
        "currency": row.get("currency") or "USD",
        "tags": tuple(dict.fromkeys(tags)),
    }
    return AssetFacts.model_validate(fields)


def facts_of(symbol: str, currency: str = "USD") -> tuple[AssetFacts, bool]:
    """Facts, and whether they are known. An unknown symbol is a share of unknown group, or a coin by its name."""
    known = known_facts().get(symbol)
    if known is not None:
        return known, True
    coin = symbol.endswith(("-USD", "-USDT", "-EUR"))
    guess = AssetFacts(
        symbol=symbol,
        name=symbol,
        asset_class="crypto" if coin else "share",
        group="Crypto" if coin else UNKNOWN_GROUP,
        currency=currency,
        tags=("crypto",) if coin else (),
    )
    return guess, coin
