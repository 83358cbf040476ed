"""Which assets a client's words strike: from a theme, a sector, an asset class or a name to symbols.

Contract
--------
- Only facts of the universe decide: tags, group, asset class, symbol, name. An asset whose tags are empty has unknown
  themes; then its group answers for the themes that a whole sector stands for (`THEME_SECTORS`), the cautious side.
- The answer keeps the universe's order and is empty when nothing matches; the caller says so.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from portfolio.themes import IMPLIED_BY, SECTORS, SYNONYMS
from portfolio.universe import Asset, Universe

EQUITY = "equity"
"""An asset class of the client's, not of the universe's: single shares and share funds together ("stocks")."""
EACH_SHARE = "each_share"
"""Likewise: any one share, for "at most 5 % in any one company"."""
EACH_SECTOR = "each_sector"
"""Likewise: any one sector of single shares, for "no more than 15 % in any one sector"."""

THEME_SECTORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "oil": ("Energy",),
        "gas": ("Energy",),
        "coal": ("Energy",),
        "fossil_fuels": ("Energy",),
        "tech": ("Technology",),
        "banks": ("Financials",),
        "interest": ("Financials",),
        "pharma": ("Health Care",),
        "cyclical": ("Consumer Discretionary", "Financials", "Materials", "Real Estate"),
    }
)
"""Sectors that answer for a theme where an asset's own themes are unknown."""

_WHOLE_SECTORS = frozenset({"tech", "cyclical"})
"""Themes that are sectors and nothing else, so that they hold whatever an asset's tags are."""

FACTOR_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "value": ("value",),
        "momentum": ("momentum",),
        "quality": ("quality",),
        "small_caps": ("size", "small cap"),
        "low_volatility": ("min vol", "minimum volatility", "low volatility"),
        "dividends": ("dividend",),
        "growth": ("growth",),
        "gold": ("gold",),
        "esg": ("esg", "sustainable"),
        "clean_energy": ("clean energy", "solar"),
    }
)
"""Words in a fund's name or group that say what it holds."""


@lru_cache(maxsize=4096)  # the same few hundred names are asked for thousands of times in one reading
def plain(text: str) -> str:
    """Lower case, with everything but letters and digits turned into single spaces."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


@lru_cache(maxsize=4096)
def sector_of(words: str) -> str | None:
    """The canonical sector that some words name ("healthcare" -> "Health Care"), or None."""
    wanted = plain(words)
    for sector, names in SECTORS.items():
        if wanted == plain(sector) or wanted in {plain(name) for name in names}:
            return sector
    return None


def in_group(asset: Asset, key: str) -> bool:
    """Whether the asset's group is the one that `key` names, under any of its usual names."""
    if plain(asset.group) == plain(key):
        return True
    sector = sector_of(key)
    return sector is not None and sector_of(asset.group) == sector


def in_theme(asset: Asset, key: str) -> bool:
    """Whether the asset is tagged with the theme or with one that it implies; see the module's contract."""
    wanted = {plain(theme) for theme in (key, *IMPLIED_BY.get(key, ()))}
    tags = {plain(tag) for tag in asset.tags}
    if wanted & tags:
        return True
    if key == "crypto" and asset.asset_class == "crypto":
        return True
    if key == "gold" and asset.asset_class == "commodity" and "gold" in plain(asset.name):
        return True
    if asset.asset_class != "share" and any(
        re.search(rf"\b{word}\b", plain(f"{asset.name} {asset.group}")) for word in FACTOR_WORDS.get(key, ())
    ):
        return True
    if key in _WHOLE_SECTORS:
        return any(in_group(asset, sector) for sector in THEME_SECTORS[key])
    return not tags and any(in_group(asset, sector) for sector in THEME_SECTORS.get(key, ()))


def in_asset_class(asset: Asset, key: str) -> bool:
    """Whether the asset is of the class; `EQUITY` means single shares and share funds."""
    return (
        asset.asset_class in ("share", "fund")
        if key == EQUITY
        else asset.asset_class == (key if key != EACH_SHARE else "share")
    )


_NAME_TAIL = r"\b(?:inc|corp|corporation|co|company|plc|ltd|the|and|group|holdings?|com|of)\b"


def is_named(asset: Asset, key: str) -> bool:
    """Whether `key` is the asset's symbol, or its company's name with or without "Inc." and the like."""
    if asset.symbol.upper() == key.upper():
        return True
    wanted, name = (re.sub(r"\s+", " ", re.sub(_NAME_TAIL, "", plain(text))).strip() for text in (key, asset.name))
    return len(wanted) >= 3 and wanted == name


def matching(universe: Universe, kind: str, key: str, *, inside_funds: bool = True) -> tuple[str, ...]:
    """Symbols that `key` strikes, in the universe's order.

    With `inside_funds`, a broad fund tagged with a theme that some of its holdings have is struck as well: right for
    an exclusion. Without it, a fund counts only for what it is about ("momentum"): right for a wish or a cap.
    Raises ValueError for a kind other than theme, group, asset_class or symbol.
    """
    tests = {"theme": in_theme, "group": in_group, "asset_class": in_asset_class, "symbol": is_named}
    if kind not in tests:
        raise ValueError(f"{kind!r} is no kind of target; use one of {', '.join(tests)}")
    return tuple(
        asset.symbol
        for asset in universe.assets
        if tests[kind](asset, key)
        and (inside_funds or kind != "theme" or asset.asset_class != "fund" or key in FACTOR_WORDS)
    )


def wording(kind: str, key: str) -> str:
    """How a target is named to the client: "fossil fuels", "Health Care", "XOM"."""
    if kind == "asset_class":
        return {
            "share": "single shares",
            "fund": "funds",
            EQUITY: "shares",
            EACH_SHARE: "any one share",
            EACH_SECTOR: "any one sector",
            "bond_fund": "bond funds",
        }.get(key, key)
    return key.replace("_", " ") if kind == "theme" and key in SYNONYMS else key
