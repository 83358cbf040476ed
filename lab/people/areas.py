"""The four things that the study's adviser asks about, in words that a story, a summary and a profile share.

| area | in a story or a summary | in `InvestorProfile.preferences` and `.exclusions` |
| --- | --- | --- |
| industry | sectors and themes of the vocabulary | `group` and `theme` keys that are liked; a theme that is a sector counts as it |
| style | growth or value shares | theme `growth` or `value`, liked |
| dividends | pays them, or does not | theme `dividends`, liked or not |
| cycle | cyclical, or not (defensive) | theme `cyclical` or `low_volatility`, liked; either disliked means the other |

Contract: an area that holds two opposite wishes, or none, is None; nothing is guessed.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from portfolio.matching import THEME_SECTORS, sector_of
from portfolio.profile import InvestorProfile, Preference
from portfolio.records import Record
from tools.errors import DataError

LEANING = 0.5
"""The weight of a wish of a story or a summary: what the profiler gives a plain "I prefer"."""


class Area(StrEnum):
    """What is asked about, in the order of the summaries."""

    INDUSTRY = "industry"
    STYLE = "style"
    DIVIDENDS = "dividends"
    CYCLE = "cycle"


AREAS: tuple[Area, ...] = tuple(Area)
OPPOSITES: Mapping[Area, tuple[str, str]] = MappingProxyType(
    {Area.STYLE: ("growth", "value"), Area.DIVIDENDS: ("pays", "pays none"), Area.CYCLE: ("cyclical", "defensive")}
)
STYLES = frozenset({"growth", "value", "dividends", "cyclical", "low_volatility"})


class Wishes(Record):
    """What somebody wants in each area; None is unknown or no preference."""

    industry: tuple[str, ...] = ()
    """Canonical sectors ("Health Care") and themes ("clean_energy"), sorted."""
    style: str | None = None
    dividends: str | None = None
    cycle: str | None = None

    def at(self, area: Area) -> tuple[str, ...]:
        """The area's wish as a tuple, empty where there is none."""
        if area is Area.INDUSTRY:
            return self.industry
        one: str | None = getattr(self, area.value)
        return () if one is None else (one,)


def of_profile(profile: InvestorProfile) -> Wishes:
    """What a profile says of the four areas."""
    signs = signs_of(profile)
    industries = {
        canonical(kind, key) for (kind, key), sign in signs.items() if sign > 0 and kind in ("group", "theme")
    }
    style = {key: signs.get(("theme", key), 0) for key in STYLES}
    return Wishes(
        industry=tuple(sorted(industries - STYLES - {"large_caps", "small_caps", "quality", "momentum"})),
        style=_one("growth" if style["growth"] > 0 else None, "value" if style["value"] > 0 else None),
        dividends={1: "pays", -1: "pays none"}.get(style["dividends"]),
        cycle=_one(
            "cyclical" if style["cyclical"] > 0 or style["low_volatility"] < 0 else None,
            "defensive" if style["low_volatility"] > 0 or style["cyclical"] < 0 else None,
        ),
    )


def signs_of(profile: InvestorProfile) -> dict[tuple[str, str], int]:
    """(kind, key) -> 1 where the client wants it, -1 where less of it or none; caps are no wish."""
    out: dict[tuple[str, str], int] = {}
    for item in profile.preferences.value if profile.preferences else ():
        if item.weight or item.min_weight is not None:
            out[item.kind, item.key] = 1 if item.min_weight is not None or item.weight > 0 else -1
    for struck in profile.exclusions.value if profile.exclusions else ():
        out[struck.kind, struck.key] = -1
    return out


def of_topic(topic: str) -> Wishes:
    """A story's three wishes from its topic ("healthcare_growth_defensive"). Raises DataError for another word."""
    said: dict[Area, str] = {}
    industries: list[str] = []
    words = {
        "growth": (Area.STYLE, "growth"),
        "value": (Area.STYLE, "value"),
        "dividend": (Area.DIVIDENDS, "pays"),
        "nondividend": (Area.DIVIDENDS, "pays none"),
        "cyclical": (Area.CYCLE, "cyclical"),
        "defensive": (Area.CYCLE, "defensive"),
    }
    for word in topic.split("_"):
        sector = sector_of(word)
        if word in words:
            area, wish = words[word]
            said[area] = wish
        elif sector is not None:
            industries.append(sector)
        else:
            raise DataError(
                f"the story's topic {topic} has the word {word}, which is none of {', '.join(words)} or a sector",
                "name with --data the folder that holds the LLMAdvisor study as published",
            )
    return Wishes(
        industry=tuple(sorted(industries)),
        style=said.get(Area.STYLE),
        dividends=said.get(Area.DIVIDENDS),
        cycle=said.get(Area.CYCLE),
    )


def canonical(kind: str, key: str) -> str:
    """A theme that is a whole sector as that sector ("tech" -> "Technology"), a sector by its own name, else the key."""
    if kind == "theme":
        sectors = THEME_SECTORS.get(key, ())
        return sectors[0] if len(sectors) == 1 else key
    return sector_of(key) or key


def preferences(wishes: Wishes) -> tuple[Preference, ...]:
    """The same wishes as the profiler would hold them."""
    signed: list[tuple[str, float]] = [] if wishes.style is None else [(wishes.style, LEANING)]
    if wishes.dividends is not None:
        signed.append(("dividends", LEANING if wishes.dividends == "pays" else -LEANING))
    if wishes.cycle is not None:
        signed.append(("cyclical" if wishes.cycle == "cyclical" else "low_volatility", LEANING))
    return (
        *(
            Preference(kind="group" if sector_of(key) is not None else "theme", key=key, weight=LEANING)
            for key in wishes.industry
        ),
        *(Preference(kind="theme", key=key, weight=weight) for key, weight in signed),
    )


def _one(first: str | None, second: str | None) -> str | None:
    return None if first is not None and second is not None else first or second
