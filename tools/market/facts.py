"""Plain facts about well-known assets, from `tools/reference/assets.csv`; nothing is guessed for the others."""

import csv
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field, ValidationError

from portfolio.records import Record
from portfolio.universe import UNKNOWN_GROUP, AssetClass
from tools.market.records import DataFinding

FACTS_FILE = "universe.csv"

BROAD_THEMES: tuple[str, ...] = (
    "tobacco", "oil", "gas", "fossil_fuels", "weapons", "alcohol", "gambling", "nuclear", "pharma", "banks", "interest",
    "fast_food", "sugar", "animal_testing", "airlines", "tech", "ai", "social_media", "insurance", "mining", "plastics",
    "palm_oil", "meat", "gmo",
)  # fmt: skip
"""Themes that a broad share fund cannot be shown to be free of (see `tools/reference/README.md`)."""

YIELD = re.compile(r"\^(?:IRX|FVX|TNX|TYX)|(?:DGS|DTB|DFII|GS|TB)\d{1,2}(?:MO|MS)?|US\d{1,2}[MY]")
"""Series of Treasury yields as Yahoo, FRED and TradingView name them. A yield that rises is a bond that falls, so no
return can be read from them (the fault of arXiv 2511.17963)."""


class AssetFacts(Record):
    """What does not change with the data: name, class, group, currency, themes."""

    symbol: str = Field(min_length=1)
    name: str
    asset_class: AssetClass
    group: str
    currency: str | None
    """None where nobody told it."""
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
        "symbol": (row["symbol"] or "").strip(),
        "name": row.get("name") or row["symbol"],
        "asset_class": row.get("asset_class") or "share",
        "group": row.get("group") or UNKNOWN_GROUP,
        "currency": (row.get("currency") or "").strip() or None,
        "tags": tuple(dict.fromkeys(tags)),
    }
    return AssetFacts.model_validate(fields)


def read_universe(path: Path) -> tuple[dict[str, AssetFacts], list[DataFinding]]:
    """A user's table of facts; each line that cannot be used, or leaves its asset's class open, is a finding."""
    facts: dict[str, AssetFacts] = {}
    findings: list[DataFinding] = []

    def note(text: str, remedy: str = "") -> None:
        findings.append(DataFinding(kind="unknown_facts", subject=path.name, text=text, remedy=remedy))

    if not path.is_file():
        return facts, findings
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        note(f"{path.name} cannot be read: {error}", "Save it as CSV (UTF-8).")
        return facts, findings
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            item = read_facts(row)
        except KeyError:
            note(f"{path.name} has no column “symbol”, so nothing of it was used.", "Add it.")
            break
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(map(str, fault["loc"]))
            note(f"line {number} of {path.name} is not usable: {field}: {fault['msg']}", "Mend or remove the line.")
            continue
        if item.symbol in facts:
            note(f"{item.symbol} stands twice in {path.name}; line {number} was left out.", "Keep one.")
            continue
        if not row.get("asset_class"):
            note(f"line {number} of {path.name} names no asset_class: {item.symbol} counts as a share.", "Fill it in.")
        facts[item.symbol] = item
    return facts, findings


def facts_of(symbol: str, currency: str | None = None) -> tuple[AssetFacts, bool]:
    """Facts, and whether they are known. An unknown symbol is a share of unknown group, or a coin by its name.

    `currency` is that of a symbol that the house does not know; None where nobody told it.
    """
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
