"""What the recorded adviser wrote down, read back into the four areas: summaries of four numbered lines.

Contract: a line that says "not discussed" or "no preference" is no wish; of a line with several the first counts, and
what stands behind "over" or "rather than" is what was not wanted.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Mapping
from types import MappingProxyType

from agents.profiler.targets import Target, targets
from agents.profiler.text import Message
from lab.people.areas import STYLES, Area, Wishes, canonical
from portfolio.universe import Universe

_HEAD = re.compile(r"^\W*(?:\d+[.)]\s*)?\W*(?P<head>[^:\n]{3,60}?)[^\w\n]*:[^\w\n]*(?P<body>.+)$", re.MULTILINE)
_NAMED = (
    (Area.INDUSTRY, re.compile(r"industr|sector", re.I)),
    (Area.STYLE, re.compile(r"\bvalue\b.*\bgrowth\b|\bgrowth\b.*\bvalue\b", re.I)),
    (Area.CYCLE, re.compile(r"cyclical", re.I)),
    (Area.DIVIDENDS, re.compile(r"dividend", re.I)),
)
_OPEN = re.compile(
    r"\b(?:not (?:been )?(?:discussed|mentioned|specified|stated|expressed)|no (?:specific |clear |strong |explicit |particular )?"
    r"(?:preference|industry|sector)|no preferences?|does not have a (?:specific |strong )?preference|(?:has|have) not (?:expressed|specified|stated)"
    r"|n/a|none|unclear|unspecified|undecided|neutral)\b",
    re.I,
)
_TURN = re.compile(
    r"\b(?:over(?! time| the)|rather than|instead of|but not|as opposed to|aversion|averse|avoid)\b", re.I
)
_WORDS: Mapping[Area, tuple[tuple[str, re.Pattern[str]], ...]] = MappingProxyType(
    {
        Area.STYLE: (
            ("growth", re.compile(r"\bgrowth\b", re.I)),
            ("value", re.compile(r"\b(?:under)?valued?\b", re.I)),
        ),
        Area.DIVIDENDS: (
            (
                "pays none",
                re.compile(
                    r"\bnon-?dividend|\bno dividend|\bnot (?:\w+ ){0,3}(?:in )?(?:\w+ )?dividend|\bwithout dividend"
                    r"|\b(?:may |do |does )?not pay\w* dividend|\bavoid\w* dividend|\bcapital (?:appreciation|gains)|\breinvest\w*(?! dividend)|\buninterested",
                    re.I,
                ),
            ),
            ("pays", re.compile(r"\bdividend|\bregular income|\bincome stream|\bpayout", re.I)),
        ),
        Area.CYCLE: (
            (
                "defensive",
                re.compile(
                    r"\bnon-?cyclical|\bdefensive|\bless (?:affected|sensitive|cyclical)|\bwithstand|\bregardless of|\bnot cyclical",
                    re.I,
                ),
            ),
            ("cyclical", re.compile(r"\bcyclical|\beconomic (?:cycles?|upturns?|expansions?|growth|booms?)", re.I)),
        ),
    }
)  # fmt: skip


def of_summary(summary: str, universe: Universe) -> Wishes:
    """What an adviser's summary of four numbered lines says: of each line the first wish named in it.

    Words of an industry that the product's vocabulary lacks ("cybersecurity") are left out; `industry_is_named` tells
    that there were some.
    """
    lines = lines_of(summary)
    said: dict[Area, str | None] = {}
    for area, words in _WORDS.items():
        body = lines.get(area, "")
        turn = _TURN.search(body)
        kept = body if turn is None or not body[: turn.start()].strip() else body[: turn.start()]
        found = sorted((m.start(), -len(m.group()), wish) for wish, pattern in words for m in pattern.finditer(kept))
        said[area] = None if not found or _OPEN.search(body) else found[0][2]
    body = lines.get(Area.INDUSTRY, "")
    turn = _TURN.search(body)
    named = () if _OPEN.search(body) else _industries(body if turn is None else body[: turn.start()], universe)
    return Wishes(industry=named, style=said[Area.STYLE], dividends=said[Area.DIVIDENDS], cycle=said[Area.CYCLE])


def industry_is_named(summary: str) -> bool:
    """Whether the summary names an industry at all, in whatever words."""
    body = lines_of(summary).get(Area.INDUSTRY, "")
    return bool(body) and _OPEN.search(body) is None


def lines_of(summary: str) -> dict[Area, str]:
    """Area -> the text behind its heading."""
    out: dict[Area, str] = {}
    for m in _HEAD.finditer(summary):
        area = next((area for area, pattern in _NAMED if pattern.search(m["head"])), None)
        if area is not None:
            out.setdefault(area, m["body"])
    return out


def _industries(words: str, universe: Universe) -> tuple[str, ...]:
    message = Message(words)
    found = targets(message, 0, len(message.norm), universe)
    return tuple(sorted({canonical(t.kind, t.key) for t in found if _is_industry(t)}))


def _is_industry(target: Target) -> bool:
    return target.kind in ("group", "theme") and target.key not in STYLES
