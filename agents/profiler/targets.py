"""What a wish is about: themes, sectors, asset classes and companies named in a stretch of a message."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agents.profiler.companies import NAMES, NOT_SYMBOLS
from agents.profiler.text import Message
from portfolio.matching import EQUITY, is_named, plain
from portfolio.themes import BUNDLES, HALAL, HALAL_WORDS, SECTORS, SYNONYMS, VEGAN, VEGAN_WORDS
from portfolio.universe import Universe

Kind = Literal["theme", "group", "asset_class", "symbol"]

_CLASSES: dict[str, tuple[str, ...]] = {
    "share": ("single stock", "individual stock", "individual share", "single share", "single name", "individual compan(?:y|ie)",
              "single compan(?:y|ie)", "individual equitie", "stock picking", "picking stock", "individual name"),
    "fund": ("index fund", "etf", "tracker fund", "tracker", "mutual fund", "fund", "unit trust"),
    EQUITY: ("stocks and shares(?! isa)", "stock", "share", "equitie", "equity", "the stock market", "stock market"),
    "bond_fund": ("bond fund", "bond", "fixed income", "treasurie", "gilt", "government bond", "debentures?"),
    "commodity": ("commoditie", "commodity", "silver", "precious metal"),
    "property_fund": ("property fund", "reit", "buy to let"),
    "cash": ("cash", "money market", "savings account"),
}  # fmt: skip
STYLES = frozenset(
    {"growth", "value", "dividends", "cyclical", "low_volatility", "momentum", "quality", "small_caps", "large_caps", "esg"}
)  # fmt: skip
"""Themes that are a kind of share rather than a business."""
BESIDE = frozenset(
    {"please", "stocks", "shares", "companies", "and", "maybe", "the", "sector", "industry", "stock", "yes", "technology", "healthcare", "finance"}
)  # fmt: skip
"""Words that may stand beside a bare name without saying anything more."""
_VAGUE_SECTORS = frozenset(
    {"it", "finance", "financial", "media", "health", "medical", "property", "retail", "retailer", "retailers"}
)
_SECTOR_TAIL = r"(?=\s(?:stocks?|shares?|compan\w+|sector|industr\w+|firms?|services|funds?|names|equities|plays?))"
_WEAK_THEMES = frozenset(
    {
        "growth",
        "value",
        "momentum",
        "interest",
        "leverage",
        "insurance",
        "ai",
        "spirits",
        "wine",
        "coins",
        "dairy",
        "fashion",
        "plastic",
        "plastics",
        "detention",
        "prison",
    }
)
"""Words that stand for a theme only with "stocks", "companies" and the like behind them."""


@dataclass(frozen=True)
class Target:
    """`start` and `end` are positions in `Message.norm`."""

    kind: Kind
    key: str
    start: int
    end: int
    loose: bool = False
    """An everyday word ("stocks", "cash"): a wish only where the sentence makes it one."""


def _plural(word: str) -> str:
    if word.endswith("y") and not word.endswith(("ey", "ay", "oy")):
        return rf"{word[:-1]}(?:y|ies)"
    return word if word.endswith("s") else rf"{word}s?"


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[tuple[re.Pattern[str], Kind, str, bool], ...]:
    rows: list[tuple[str, Kind, str, bool]] = []
    for key, words in SYNONYMS.items():
        for word in words:
            pattern = _plural(word.replace(" ", r"[\s-]"))
            rows.append((pattern + (_SECTOR_TAIL if word in _WEAK_THEMES else ""), "theme", key, False))
    for sector, words in SECTORS.items():
        for word in dict.fromkeys((*words, sector.lower())):
            if word in ("it", "tech", "technology", "software"):
                continue  # these are the theme "tech", which finds the sector by itself
            rows.append(
                (
                    _plural(word.replace(" ", r"[\s-]")) + (_SECTOR_TAIL if word in _VAGUE_SECTORS else ""),
                    "group",
                    sector,
                    False,
                )
            )
    for name, words in _CLASSES.items():
        rows += [(rf"{word}s?", "asset_class", name, name in (EQUITY, "cash", "fund")) for word in words]
    rows += [(re.escape(name) + r"(?:'s)?", "symbol", symbol, False) for name, symbol in NAMES.items()]
    for phrase, keys in BUNDLES.items():
        rows += [(phrase, "theme", key, False) for key in keys]
    rows += [(word, "theme", key, False) for word in VEGAN_WORDS for key in VEGAN]
    rows += [(rf"(?:non|not|un)[\s-]?{word}", "theme", key, False) for word in HALAL_WORDS for key in HALAL]
    return tuple(
        (re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])"), kind, key, loose) for pattern, kind, key, loose in rows
    )


def targets(message: Message, start: int, end: int, universe: Universe) -> tuple[Target, ...]:
    """Everything named between two positions, in order. Of overlapping names the longest stands."""
    text = message.norm[start:end]
    found = [
        Target(kind, key, start + m.start(), start + m.end(), loose)
        for pattern, kind, key, loose in _vocabulary()
        for m in pattern.finditer(text)
    ]
    found += _of_universe(message, start, end, universe)
    found.sort(key=lambda t: (-(t.end - t.start), t.loose, t.start))
    kept: list[Target] = []
    for target in found:
        twin = target in kept
        clash = any(
            target.start < k.end and k.start < target.end and (target.start, target.end) != (k.start, k.end)
            for k in kept
        )
        same = any((target.start, target.end) == (k.start, k.end) and (target.kind != k.kind) for k in kept)
        if not (twin or clash or same):
            kept.append(target)
    return tuple(sorted(kept, key=lambda t: (t.start, t.kind, t.key)))


def _of_universe(message: Message, start: int, end: int, universe: Universe) -> list[Target]:
    out = []
    for asset in universe.assets:
        name = re.sub(
            r"\b(?:inc|corp|corporation|co|company|plc|ltd|the|group|holdings?|com)\b", "", plain(asset.name)
        ).strip()
        words = [re.escape(name).replace(r"\ ", r"[\s&.-]+")] if len(name) >= 4 else []
        if len(asset.symbol) >= 4 or (
            len(asset.symbol) == 3
            and asset.symbol.isalpha()
            and asset.symbol.lower() not in ("low", "all", "key", "now", "fun", "car", "cat")
        ):
            words.append(re.escape(asset.symbol.lower()))
        for word in words:
            if word in ("value", "size", "quality", "momentum"):
                continue
            out += [
                Target("symbol", asset.symbol, start + m.start(), start + m.end())
                for m in re.finditer(rf"(?<![\w-])(?:{word})(?![\w])", message.norm[start:end])
            ]
    if len(re.findall(r"[a-z]", message.raw)) < 3:
        return out  # all in capitals: capitals say nothing
    for m in re.finditer(r"(?<![\w$£€])\$?([a-z]{1,5}(?:[.-][a-z]{1,2})?)(?![\w])", message.norm[start:end]):
        written = message.raw_at(start + m.start(1), start + m.end(1))
        dollar = m.group().startswith("$")
        if not (written.isupper() or dollar) or written.upper() in NOT_SYMBOLS or (len(written) < 2 and not dollar):
            continue
        known = next((asset.symbol for asset in universe.assets if is_named(asset, written)), None)
        out.append(Target("symbol", known or written.upper(), start + m.start(1), start + m.end(1)))
    return out
