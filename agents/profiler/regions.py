"""Companies of a country or a region that the client will not hold: "no US companies", "nothing from Europe".

Contract
--------
- A universe says of a fund what it holds (its group) but of a company not where it is from. So the funds whose group
  opens with the region are struck, and the companies are an exclusion that matches nothing: the mandate says that it
  binds nothing, and `agents.profiler.contradictions` asks what to do.
- Regions with a theme of their own (`portfolio.themes`: China, Russia ...) are read as that theme, not here.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from agents.profiler.claims import Claim
from agents.profiler.context import is_past, usable
from agents.profiler.text import Message
from portfolio.profile import Exclusion
from portfolio.universe import Universe

_REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "US": r"u\.s\.(?:a\.)?|usa?|united states|america|(?:north )?american",
        "UK": r"u\.k\.|uk|united kingdom|britain|british|english",
        "European": r"eu|europe|european",
        "German": r"germany|german", "French": r"france|french", "Italian": r"italy|italian", "Spanish": r"spain|spanish", "Swiss": r"switzerland|swiss",
        "Japanese": r"japan|japanese", "Korean": r"korea|(?:south )?korean", "Taiwanese": r"taiwan|taiwanese", "Asian": r"asia|asian",
        "Canadian": r"canada|canadian", "Australian": r"australia|australian", "Brazilian": r"brazil|brazilian", "Mexican": r"mexico|mexican",
        "Turkish": r"turkey|turkish", "African": r"africa|african", "emerging market": r"emerging[ -]markets?", "foreign": r"foreign|overseas|non-us",
    }
)  # fmt: skip
_NOUN = r"(?:based |listed |domiciled )?(?:stocks?|shares?|compan(?:y|ies)|firms?|equit(?:y|ies)|business(?:es)?|corporations?|(?P<funds>funds?|etfs?|index funds?)|investments?|assets?|names|securities|markets?)"
_REFUSE = r"(?:no(?! more than| less than)|none of (?:the|those)|nothing|not (?:any|a single|one)|without(?: any)?|avoid(?:ing)?|exclud(?:e|ing)|stay(?:ing)? (?:away from|out of)|keep (?:me |us |it |my money )?(?:out of|away from)|(?:do|would|will|can) not (?:want|like|touch|buy|hold|own)(?: to (?:buy|hold|own|have|touch|invest in))?|(?:do|would|will|can) not invest in|want no|hate|detest|boycott(?:ing)?|against|never (?:buy|hold|touch)|ban|leave out|skip)"
_LIST = r"(?:(?:\s(?!only\b)[\w.-]+){1,3},?\s(?:or|and|nor)|)"
_PLACE = "|".join(rf"(?P<r{i}>{words})" for i, words in enumerate(_REGIONS.values()))
_LEFT_OUT = (
    re.compile(rf"\b{_REFUSE}{_LIST}\s(?:any |the |big |large )?(?:{_PLACE})[\s-]{_NOUN}(?![\w-])"),
    re.compile(rf"\b(?:no(?:thing|t anything)?|avoid|exclude|stay out of|keep (?:me |us |it |my money )?out of|no (?:exposure|investments?)|(?:do|will) not invest)\s(?:(?:from|in|to|of)\s)?(?:the )?(?:{_PLACE})(?=\s*(?:[,.;!)]|$|please|and\b|or\b))"),
)  # fmt: skip


_COMPANIES: Mapping[str, str] = MappingProxyType({f"{region} companies": region for region in _REGIONS})
"""Key of the theme "companies of a region", as it is told ("US companies"), to the region."""


def left_out(message: Message, universe: Universe) -> Iterator[Claim]:
    """Claims on "exclusions" of a region's companies, and of the funds that the universe says hold them."""
    for pattern in _LEFT_OUT:
        for m in pattern.finditer(message.norm):
            at = next(i for i in range(len(_REGIONS)) if m[f"r{i}"])
            start, end = m.span(f"r{at}")
            if not usable(message, start) or is_past(message, start) or _pronoun(message, start, end, m):
                continue
            region = list(_REGIONS)[at]
            place = (message.quote(m.start(), m.end()), message.turn, start)
            struck = [
                Exclusion(kind="group", key=g) for g in universe.groups if g.lower().startswith(f"{region.lower()} ")
            ]
            if not (m.groupdict().get("funds") and struck):
                struck.append(Exclusion(kind="theme", key=f"{region} companies"))
            for item in struck:
                yield Claim("exclusions", item, 0.88, *place, key=f"{item.kind}:{item.key}")


def untold(excluded: Sequence[Exclusion], universe: Universe) -> tuple[str, ...]:
    """Of the exclusions, those of a region's companies that the universe may hold without saying so.

    A universe whose name or groups speak of regions ("US share funds") is taken to hold companies of no other.
    """
    spoken = f" {universe.name} {' '.join(universe.groups)} ".lower()
    told = {region for region in _REGIONS if f" {region.lower()} " in spoken}
    return tuple(item.key for item in excluded if item.key in _COMPANIES and (not told or _COMPANIES[item.key] in told))


def _pronoun(message: Message, start: int, end: int, m: re.Match[str]) -> bool:
    """ "Do not give us": the small letters of the pronoun, with nothing that makes it a country behind it."""
    return message.raw_at(start, end) == "us" and m.re is _LEFT_OUT[1]
