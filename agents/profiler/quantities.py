"""Quantities in a message: money, percentages and fractions, durations, calendar years. All found before any field is.

Each quantity knows its span, so a reader asks "what stands before and after it" instead of searching for numbers.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.profiler.text import Message

Kind = Literal["money", "percent", "duration", "year"]

_NUM = r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|[1-9]\d{0,2}(?:\.\d{3})+(?![\d])|\d+(?:\.\d+)?"
_CURRENCY = r"(?:us\$|a\$|c\$|s\$|nz\$|hk\$|\$|£|€|₹|¥|usd|gbp|eur|inr|rs\.?|chf|cad|aud|aed|sgd|hkd|nzd|zar|sek|nok|dkk|pln|jpy|cny|myr|thb|php|brl|mxn|sar)"
_SCALES = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mn": 1e6, "mm": 1e6, "mil": 1e6, "million": 1e6, "millions": 1e6,
    "bn": 1e9, "billion": 1e9, "lakh": 1e5, "lakhs": 1e5, "lac": 1e5, "l": 1e5, "lacs": 1e5, "crore": 1e7, "crores": 1e7, "cr": 1e7,
    "hundred": 1e2,
}  # fmt: skip
_SCALE = r"(?:" + "|".join(sorted(_SCALES, key=len, reverse=True)) + r")"
_UNIT = r"(?:dollars?|bucks|pounds?|quid|euros?|rupees|usd|gbp|eur|inr|francs|chf|cad|aud|aed|dirhams?|sgd|hkd|nzd|zar|rand|sek|nok|dkk|kron(?:er|or|a)|pln|zloty|jpy|yen|cny|yuan|rmb|myr|ringgit|thb|baht|php|pesos?|brl|reais|mxn|sar|riyals?|shekels?|naira|€|£|\$)"
_MONEY = re.compile(
    rf"(?P<sign>{_CURRENCY}\s?)?(?<![\w.,])(?P<a>{_NUM})\s?(?P<ka>{_SCALE}\b)?(?: ?(?:-|to|or) ?(?:{_CURRENCY}\s?)?"
    rf"(?P<b>{_NUM})\s?(?P<kb>{_SCALE}\b)?)?(?:\s?(?P<unit>{_UNIT})(?![a-z]))?"
)
_PERCENT = re.compile(
    rf"(?<![\w.,$£€])(?P<sign>-|minus )?(?P<a>{_NUM})\s?%?(?:\s?(?:-|to|or|and)\s?(?P<b>{_NUM}))?\s?(?:%|percent\b|per cent\b)"
)
_FRACTIONS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        (r"\b(?:2|two)[ -]thirds?\b", 2 / 3),
        (r"\b(?:3|three)[ -]quarters?\b", 0.75),
        (
            r"\b(?:a|1|one) third\b(?! (?:party|child|kid|time|year|of the way|one|person|house|job|baby|son|daughter))",
            1 / 3,
        ),
        (r"\b(?:a|1|one) quarter\b(?! (?:million|of a million|ago))", 0.25),
        (r"\b(?:a|1|one) fifth\b", 0.2),
        (r"\b(?:a|1|one) tenth\b", 0.1),
        (
            r"(?<!and a )(?<!and )\b(?:1 |one )?half\b(?! a (?:million|year|dozen|thousand)| (?:my|the) (?:life|time|family)"
            r"| (?:decent|asleep|hour|years?|time|term))",
            0.5,
        ),
    )
)
_DURATION = re.compile(
    rf"(?<![\w.,$£€])(?P<a>{_NUM}|an?|the next|next|few|several)(?P<half> and (?:a|1) half)?\s?(?:(?:-|to|or|maybe|and)\s?"
    rf"(?P<b>{_NUM}))?\s?(?:\+|plus|odd|more|good|solid|or so|long|full)?[\s-]?(?P<unit>years?|months?|weeks?|decades?|days?)\b"
    r"(?P<tail> and (?:a|1) half)?(?!\s?old|-old| of age)"
)
_CALENDAR = re.compile(r"\b(20[2-9]\d|19[3-9]\d|20[01]\d)\b(?!\s?(?:%|dollars|pounds|k\b|shares))")
_PER_YEAR = {"year": 1.0, "month": 1 / 12, "week": 1 / 52, "day": 1 / 365, "decade": 10.0}
_RATE = re.compile(
    r"^\s?(?:(?:net|gross|after tax|before tax|take[- ]home)\s)?(?:(?:/|per|a|each|every|p\.?)\s?(?P<per>year|yr|annum|years|a\b|month|months|mo\b|m\b|week|wk|day|hour|fortnight)"
    r"|(?P<ly>yearly|annually|annual|monthly|weekly|pa\b|p\.a\.?|pm\b|pcm\b|lpa\b))"
)


@dataclass(frozen=True)
class Quantity:
    """`value`: money in units, percent as a fraction (0.2), duration in years, year as the calendar's number."""

    kind: Kind
    value: float
    start: int
    end: int
    per: Literal["year", "month", "week", "day"] | None = None
    """For money: the period that it is paid or earned over."""
    approximate: bool = False
    """Read from a range, or from words like "a few"."""
    negative: bool = False

    @property
    def yearly(self) -> float:
        """Money per year, where a period stands behind it."""
        times = {"year": 1.0, "month": 12.0, "week": 52.0, "day": 260.0}
        return self.value * times[self.per] if self.per else self.value


LARGEST = 1e13
"""Nobody owns, earns or waits more; a larger number is noise."""


def quantities(message: Message, today: date) -> tuple[Quantity, ...]:
    """Every quantity of the message in order of appearance; no two overlap. `today` turns "next year" into years."""
    found = [*_percents(message.norm), *_durations(message.norm), *_calendar(message.norm, today)]
    found += [q for q in _money(message.norm) if not _overlaps(q, found)]
    out: list[Quantity] = []
    for quantity in sorted(found, key=lambda q: (q.start, -(q.end - q.start))):
        if quantity.value <= LARGEST and not _overlaps(quantity, out):
            out.append(quantity)
    return tuple(out)


def number(text: str) -> float:
    """ "12,500" -> 12500, "2,00,000" -> 200000, "10.000" -> 10000, "1.5" -> 1.5."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", text):
        return float(text.replace(".", ""))
    return float(text.replace(",", ""))


def _overlaps(quantity: Quantity, others: list[Quantity]) -> bool:
    return any(quantity.start < other.end and other.start < quantity.end for other in others)


def _money(text: str) -> list[Quantity]:
    out = []
    for m in _MONEY.finditer(text):
        scale_b = m["kb"] or ""
        scale_a = m["ka"] or scale_b
        first = number(m["a"]) * _SCALES.get(scale_a, 1.0)
        second = number(m["b"]) * _SCALES.get(scale_b, 1.0) if m["b"] else None
        marked = bool(m["sign"] or scale_a or m["unit"])
        bare = first >= 1000 and not (1900 <= first <= 2100 and "," not in m["a"])
        if not (marked or bare) or first <= 0:
            continue
        after = text[m.end() : m.end() + 14]
        if re.match(r"\s?(?:%|percent|shares?\b|units\b|years?\b|months?\b|kids\b|stocks?\b|-?figure)", after):
            continue
        if (
            scale_a == "m"
            and not m["sign"]
            and re.match(r"\s?(?:old|yo|single|married|,)", after)
            and first <= 99e6
            and re.fullmatch(r"1[6-9]|[2-9]\d", m["a"])
        ):
            continue  # "34m, single" is a man of 34
        rate = _RATE.match(text[m.end() : m.end() + 16])
        earlier = None if rate else _PERIOD_BEFORE.search(text[max(0, m.start() - 40) : m.start()])
        if second and re.search(r"\b(?:go\w*|fall\w*|drop\w*|sink\w*|shrink\w*) from $", text[: m.start()]):
            # "from 100k down to 80k" is two sums, not a range
            out += [
                Quantity("money", first, m.start(), m.start("b") - 4),
                Quantity("money", second, m.start("b"), m.end()),
            ]
            continue
        value = (first + second) / 2 if second and second > first else first
        out.append(
            Quantity(
                "money", value, m.start(), m.end() + (rate.end() if rate else 0), _period(rate or earlier), bool(second)
            )
        )
    return out


_PERIOD_BEFORE = re.compile(r"\b(?P<ly>monthly|yearly|annual|weekly)\s(?:\w+\s)?(?:\w+\s)?(?:of|is|:)\s?$")


def _period(rate: re.Match[str] | None) -> Literal["year", "month", "week", "day"] | None:
    if rate is None:
        return None
    word = rate.groupdict().get("per") or rate["ly"]
    if word.startswith(("mo", "pm", "pcm")) or word == "m":
        return "month"
    if word.startswith(("we", "wk")):
        return "week"
    if word.startswith("day"):
        return "day"
    return "year" if not word.startswith(("hour", "fortnight")) else None


def _percents(text: str) -> list[Quantity]:
    out = []
    for m in _PERCENT.finditer(text):
        first, second = number(m["a"]), number(m["b"]) if m["b"] else None
        value = (first + second) / 2 if second is not None and second > first else first
        out.append(Quantity("percent", value / 100, m.start(), m.end(), None, second is not None, bool(m["sign"])))
    for pattern, value in _FRACTIONS:
        out += [Quantity("percent", value, m.start(), m.end()) for m in pattern.finditer(text)]
    return out


def _durations(text: str) -> list[Quantity]:
    out = []
    for m in _DURATION.finditer(text):
        unit = _PER_YEAR[m["unit"].rstrip("s")]
        word = m["a"]
        vague = word in ("few", "several", "the next")
        if word == "the next" and m["unit"].endswith("s"):
            continue
        first = {"a": 1.0, "an": 1.0, "next": 1.0, "the next": 1.0, "few": 3.0, "several": 5.0}.get(word)
        if word in ("next", "a", "an") and m["unit"].endswith("s"):
            continue
        if word == "a" and (
            re.search(r"(?:times|once|twice|%|percent|\d|k|lot|grand|return|interest|month)\s$", text[: m.start()])
            or re.search(rf"\b(?:half|quarter of|{_UNIT}) $", text[: m.start()])
            or re.match(r"\s(?:bad|good|terrible|salary)", text[m.end() :])
        ):
            continue
        value = first if first is not None else number(word)
        value += 0.5 if (m["half"] or m["tail"]) else 0.0
        second = number(m["b"]) if m["b"] else None
        if second is not None and second > value:
            value, vague = (value + second) / 2, True
        out.append(Quantity("duration", round(value * unit, 4), m.start(), m.end(), None, vague))
    out += [Quantity("duration", 0.5, m.start(), m.end()) for m in re.finditer(r"\bhalf a years?\b", text)]
    return out


def _calendar(text: str, today: date) -> list[Quantity]:
    words = r"\b(?:by|in|until|till|before|around|about|for|from|since|during|year|of|back in|early|late|mid-?|to|needed|due|horizon|date)\s?:?\s?$"
    out = []
    for m in _CALENDAR.finditer(text):
        near = re.search(words, text[max(0, m.start() - 14) : m.start()])
        if near or int(m.group()) <= today.year:
            out.append(Quantity("year", float(m.group()), m.start(), m.end()))
    return out
