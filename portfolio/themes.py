"""The one vocabulary of themes: what a client may shun or favour, and what an asset may be tagged with.

`THEMES` holds the canonical keys. `Asset.tags` use these keys only, so that "no tobacco" strikes exactly what the
universe says is tobacco. `SYNONYMS` holds, for each key, the words that people use for it; `SECTORS` the same for the
sector names of `Asset.group`, `ASSET_CLASSES` for `Asset.asset_class`. Words are lower case, without punctuation;
a plural "s" is tolerated by the readers, so the singular is enough.
"""

from collections.abc import Mapping
from types import MappingProxyType

_THEMES: dict[str, tuple[str, ...]] = {
    "tobacco": (
        "fags",
        "tobacco",
        "cigarette",
        "cigarettes",
        "cigar",
        "smoking",
        "big tobacco",
        "vape",
        "vaping",
        "baccy",
    ),
    "oil": ("oil", "petroleum", "big oil", "crude", "oil company", "oil major", "petrol", "gasoline", "oil and gas"),
    "gas": ("gas", "natural gas", "fracking", "shale", "oil and gas", "lng"),
    "coal": ("coal", "thermal coal", "coal mining"),
    "fossil_fuels": (
        "fossil fuel",
        "fossil fuels",
        "fossils",
        "hydrocarbon",
        "polluter",
        "dirty energy",
        "carbon emitter",
    ),
    "weapons": (
        "weapon",
        "weapons",
        "arms",
        "arms maker",
        "arms manufacturer",
        "arms dealer",
        "gun",
        "firearm",
        "defence",
        "defense",
        "military",
        "munitions",
        "war profiteer",
        "bombs",
        "missiles",
        "cluster munitions",
        "armaments",
    ),
    "alcohol": ("alcohol", "drink", "booze", "liquor", "beer", "brewer", "brewery", "spirits", "wine", "distiller"),
    "gambling": ("gambling", "casino", "betting", "bookmaker", "bookie", "lottery", "gaming and betting"),
    "adult": ("adult entertainment", "porn", "pornography", "adult content"),
    "nuclear": ("nuclear", "nuclear power", "nuclear energy", "uranium", "nuclear weapon"),
    "pharma": (
        "pharma",
        "pharmaceutical",
        "pharmaceuticals",
        "big pharma",
        "biotech",
        "biotechnology",
        "drug maker",
        "drugmaker",
        "drug company",
        "drug companies",
    ),
    "banks": ("bank", "banks", "banking", "lender", "big banks"),
    "fast_food": ("fast food", "junk food", "burger chain"),
    "sugar": ("sugar", "sugary drink", "soft drink", "soda", "fizzy drink"),
    "animal_testing": (
        "animal testing",
        "tests on animals",
        "test on animals",
        "testing on animals",
        "tested on animals",
        "animal cruelty",
        "vivisection",
        "animal experiments",
    ),
    "private_prisons": ("private prison", "prison", "prison company", "for profit prison", "detention"),
    "crypto": ("crypto", "cryptocurrency", "cryptocurrencies", "bitcoin", "btc", "ethereum", "coins", "altcoin"),
    "china": ("china", "chinese"),
    "russia": ("russia", "russian"),
    "israel": ("israel", "israeli"),
    "saudi_arabia": ("saudi", "saudi arabia"),
    "india": ("india", "indian shares", "indian stocks"),
    "iran": ("iran", "iranian"),
    "palm_oil": ("palm oil",),
    "mining": ("mining", "miner", "miners"),
    "airlines": ("airline", "airlines", "aviation"),
    "social_media": ("social media", "social network"),
    "tech": ("tech", "technology", "big tech", "software", "semiconductor", "chip maker", "chipmaker", "it stocks"),
    "ai": ("ai", "artificial intelligence"),
    "meat": ("meat", "meat industry", "slaughterhouse", "factory farming", "dairy", "pork", "beef"),
    "gmo": ("gmo", "genetically modified"),
    "abortion": ("abortion", "abortion drugs"),
    "stem_cells": ("stem cell", "embryonic stem cells"),
    "interest": ("interest bearing", "riba", "conventional finance", "usury"),
    "leverage": ("leverage", "leveraged products", "leveraged fund", "margin products"),
    "insurance": ("insurance", "insurer"),
    "clean_energy": (
        "clean energy",
        "green energy",
        "renewable",
        "renewables",
        "renewable energy",
        "solar",
        "wind power",
        "wind energy",
        "climate solutions",
    ),
    "esg": (
        "esg",
        "ethical",
        "sustainable",
        "sustainability",
        "socially responsible",
        "responsible companies",
        "green companies",
        "green investing",
    ),
    "dividends": (
        "dividend",
        "dividend payer",
        "dividend stocks",
        "dividend paying stocks",
        "dividend paying companies",
        "income stocks",
        "stocks that pay dividends",
        "stocks which pay dividends",
        "companies that pay dividends",
    ),
    "value": (
        "value stocks",
        "value shares",
        "value companies",
        "value investment",
        "value investing",
        "cheap stocks",
        "undervalued companies",
        "undervalued stocks",
        "undervalued shares",
    ),
    "growth": (
        "growth stocks",
        "growth shares",
        "growth companies",
        "growth investment",
        "growth investing",
        "high growth stocks",
        "high growth companies",
        "fast growing companies",
        "rapidly growing companies",
        "rapidly expanding companies",
    ),
    "momentum": ("momentum",),
    "small_caps": ("small cap", "small caps", "smaller companies", "small companies"),
    "large_caps": ("large cap", "large caps", "blue chip", "blue chips", "big established companies"),
    "quality": ("quality companies", "quality stocks", "quality shares"),
    "low_volatility": (
        "low volatility",
        "low vol",
        "minimum volatility",
        "defensive stocks",
        "defensive shares",
        "defensive companies",
        "non cyclical",
        "noncyclical",
        "less cyclical",
        "non cyclical stocks",
        "non cyclical shares",
        "non cyclical companies",
        "less affected by downturns",
        "less affected by economic downturns",
        "less sensitive to the economy",
        "less sensitive to economic cycles",
    ),
    "cyclical": (
        "cyclical",
        "cyclicals",
        "cyclical stocks",
        "cyclical shares",
        "cyclical companies",
        "sensitive to economic cycles",
        "sensitive to the economy",
    ),
    "gold": ("gold", "bullion"),
    "luxury": ("luxury", "luxury goods"),
    "fashion": ("fast fashion", "fashion"),
    "plastics": ("plastic", "plastics", "single use plastic"),
    "deforestation": ("deforestation",),
    "child_labour": ("child labour", "child labor", "sweatshop", "slave labour", "forced labour", "forced labor"),
}

THEMES: tuple[str, ...] = tuple(_THEMES)
"""Canonical theme keys, in a fixed order."""

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(_THEMES)

IMPLIED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fossil_fuels": ("oil", "gas", "coal"),
        "meat": ("fast_food",),
        "interest": ("banks", "insurance"),
    }
)
"""A shunned theme strikes assets tagged with it, and with the narrower themes on its right."""

BUNDLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sin stocks": ("tobacco", "alcohol", "gambling", "adult", "weapons"),
        "sin stock": ("tobacco", "alcohol", "gambling", "adult", "weapons"),
        "vice stocks": ("tobacco", "alcohol", "gambling", "adult", "weapons"),
        "vices": ("tobacco", "alcohol", "gambling", "adult"),
        "vice": ("tobacco", "alcohol", "gambling", "adult"),
        "haram": ("tobacco", "alcohol", "gambling", "adult", "weapons", "banks", "insurance", "interest"),
        "not halal": ("tobacco", "alcohol", "gambling", "adult", "weapons", "banks", "insurance", "interest"),
    }
)
"""One wish that means several themes. "Halal" and "sharia" investing shun the last of these lists."""

HALAL: tuple[str, ...] = BUNDLES["haram"]
HALAL_WORDS: tuple[str, ...] = ("halal", "sharia", "shariah", "shari'a", "islamic principles", "islamic finance")
VEGAN: tuple[str, ...] = ("meat", "animal_testing")
VEGAN_WORDS: tuple[str, ...] = ("vegan",)

SECTORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Technology": ("tech", "technology", "it", "information technology", "software"),
        "Health Care": ("healthcare", "health care", "health", "medical", "healthcare stocks"),
        "Financials": ("financials", "financial services", "finance", "financial"),
        "Energy": ("energy",),
        "Consumer Staples": ("consumer staples", "staples", "consumer goods", "household goods"),
        "Consumer Discretionary": ("consumer discretionary", "discretionary", "retail", "retailers", "retailer"),
        "Industrials": ("industrials", "industrial", "manufacturing"),
        "Materials": ("materials", "basic materials", "chemicals"),
        "Utilities": ("utilities", "utility"),
        "Real Estate": ("real estate", "property", "reits", "reit"),
        "Communication Services": ("communication services", "telecom", "telecoms", "telecommunications", "media"),
    }
)
"""Canonical sector name -> words. Resolution against `Asset.group` ignores case, spaces and punctuation."""

ASSET_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "share": (
            "single stock",
            "individual stock",
            "individual share",
            "single share",
            "single name",
            "individual company",
            "individual companies",
            "single company",
            "single companies",
            "stocks",
            "shares",
            "equities",
            "equity",
            "stock",
            "stock market",
        ),
        "fund": (
            "fund",
            "funds",
            "etf",
            "etfs",
            "index fund",
            "index funds",
            "tracker",
            "trackers",
            "mutual fund",
            "mutual funds",
        ),
        "bond_fund": ("bond", "bonds", "bond fund", "fixed income", "treasuries", "gilts", "government bonds", "debt"),
        "commodity": ("commodity", "commodities", "gold", "silver"),
        "crypto": ("crypto", "cryptocurrency", "cryptocurrencies", "bitcoin"),
        "property_fund": ("property fund", "reit", "reits"),
        "cash": ("cash", "savings", "money market", "bills"),
    }
)
