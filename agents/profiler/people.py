"""The client's age, and the age at which they want to stop working."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator
from datetime import date

from agents.profiler.claims import Claim
from agents.profiler.context import RELATIVES, before, is_client, is_past, is_supposed
from agents.profiler.text import Message

MIN_AGE, MAX_AGE = 1, 115
_N = r"(?P<n>-?\d{1,3})(?!\d|[,.]\d|\s?(?:%|k\b|percent|grand|thousand|million|lakh|lac\b|crore|hundred|shares?\b|years? (?!old|of age|young|now)"
_N += r"|months?|weeks?|days?|kids|children|times|dollars|pounds|quid|/|stocks|properties|houses|flats|mins|hours|st\b|nd\b|rd\b|th\b))"
_WHOLE = r"(?![.,]?\d)"
"""Behind a number of which no digit is cut off: "75" in "75,000" is the head of a sum."""
WHO = r",?\s*(?:a |an )?(?:single|married|divorced|widowed|retired|male|female|man|woman|[mf])\b"
"""What a person is: behind "40 years" it makes the number an age; without it, or "old", it is a stretch of time."""
_ABOUT = r"(?:only |just |currently |now |about |around |almost |nearly |turning |approximately |already |a |an |roughly |like |over |past |still |soon |both |aged |age |going on |approaching |pushing )*"
_PATTERNS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), confidence)
    for pattern, confidence in (
        (rf"\bi am {_ABOUT}{_N}(?:[\s-]?years?[\s-]?(?:old|of age|young))?(?=[\s,.;:!?)/-]|$|[mf]\b|yo\b|y/o|ish)", 0.95),
        (rf"\b(?:we|and i|and me) are {_ABOUT}{_N}(?=[\s,.;!?)]|$)", 0.7),
        (rf"(?:^|[,.;]\s*)am {_ABOUT}{_N}(?=[\s,.;!?)]|$)", 0.85),
        (rf"\bi am [a-z' ]{{3,26}} at {_N}(?=,| and |\.|$)", 0.75),
        (rf"\b(?:i am|we are) an? [a-z' -]{{3,26}} of {_N}(?=[\s,.;:!?)]|$)", 0.8),
        (r"\b(?P<n>[1-9]\d) here\b", 0.8),
        (r"\bjust retired (?:at|aged?) (?P<n>[3-9]\d)\b", 0.75),
        (r"\b(?:invest\w*|starting|begin\w*) at (?:age )?(?P<n>[2-9]\d)(?=\s*(?:[,.;?!)]|$))", 0.6),
        (r"(?:^|[.,;(]\s*)both (?:are |aged? )?(?P<n>[1-9]\d)(?=[\s,.;!?)]|$)", 0.75),
        (r"\bi have (?P<n>[2-9]\d) years?(?=\s*(?:[,.;!]|and\b|$))(?! and (?:a|my) pension)", 0.7),
        (r"(?:^|[,.;]\s+)(?P<n>4[1-9]|[5-8]\d) years?(?=\s*(?:[,;.]|$))", 0.6),
        (rf"\b(?:currently|presently|now|am) {_N}(?=[\s,.;!?)]|$)(?! (?:weeks|in))", 0.8),
        (r"(?:^|[,;.]\s+|\()(?P<n>[2-9]\d)(?=\s*(?:[,;)]|\.\s|\.?$))", 0.6),
        (rf"\bmy age(?: is|:)? {_ABOUT}{_N}", 0.95),
        (rf"(?:^|[\s(,])age[d]?\s?(?:is|:|=|-)?\s?{_N}\b", 0.9),
        (rf"\b(?:as )?an? {_N}[\s-]?years?[\s-]?old", 0.85),
        (rf"{_N}[\s-]?(?:years?[\s-]?(?:old|of age|young)|yo\b|y/o|y\.o)", 0.9),
        (r"(?:^|[\s(,])(?P<n>\d{2})\s?/?\s?[mf]\b(?!\s?/)", 0.85),
        (r"(?:^|[\s(,])[mf]\s?/?\s?(?P<n>\d{2})\b", 0.8),
        (r"\b(?:male|female|man|woman|guy|bloke|lady|teacher|nurse|engineer|retiree|student|widow(?:er)?|plumber|doctor|dr|pensioner|"
         r"single|married|divorced|me|bachelor|developer|dev|mother|father|mum|dad|here|electrician|lawyer|farmer|driver|manager|accountant)"
         rf"[,:]? (?:of )?(?:\(?){_N}(?=[\s,.;)]|$)", 0.7),
        (r"\bi (?:have )?(?:just |recently )?turned (?P<n>\d{2,3})\b", 0.9),
        (r"\b(?:just|recently) turned (?P<n>\d{2,3})\b", 0.85),
    )
)  # fmt: skip
_OPENING = re.compile(
    rf"(?:^|[.!?]\s|\n)(?:hi|hello|hey|so|ok|okay|well|me|about me)?[\s,!.:-]*(?P<n>[1-9]\d){_WHOLE}(?=\s*(?:,|\.|;|/|years?{WHO}|and (?:newly |recently |happily |still |now )?(?:single|married|divorced|widowed)|single|married|divorced|widowed|retired|male|female|\||-\s)|\s*$)"
)
_BIRTH = re.compile(
    r"\b(?:born (?:in )?|dob:? |year of birth:? )(?:\w+ )?(?P<year>19\d\d|20[01]\d)\b|\b(?P<short>'\d\d) (?:baby|born)"
)
_NEXT = re.compile(
    r"(?:^|[.,;]\s*|\bi )(?:will be |am )?(?:turning |hitting )?(?P<bare>\d{2}) next (?:year|birthday)|\bi (?:will be|turn|will turn|am turning|hit|become) (?P<n>\d{2,3}) (?:next year|in (?P<y>\d{1,2}) years?|(?:this|next) (?P<soon>month|week|spring|summer|autumn|winter|january|february|march|april|may|june|july|august|september|october|november|december))"
)
_DECADE = re.compile(
    r"\b(?:in|into) (?:my|our) (?P<part>early|mid(?:dle)?|late)?[\s-]*(?P<d>[2-9]0|twenties|thirties|forties|fifties|sixties|seventies|eighties)(?:'?s)?\b"
)
_TENS = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80}

_AT = r"(?:at|by|when i (?:am|turn|hit|reach)|around|aged?|about|before|until|till|by the time i am)"
_RETIRE_AT = re.compile(
    rf"\b(?:be retired|retir(?!ed\b)\w*|stop(?:ping)?(?: work(?:ing)?)?|quit(?:ting)? (?:work(?:ing)?|my job)|finish(?:ing)? work(?:ing)?|pack(?:ing)? (?:it )?in|financial independence|"
    rf"hang(?:ing)? up my boots|call it a day|fire)\b[^.!?;\d]{{0,24}}?\b{_AT} (?:the )?(?:age )?(?:of )?(?:about |around |maybe |roughly |i am |like )?(?P<n>[3-9]\d)\b{_WHOLE}(?!%|\s?k\b|\s?percent|\s?years? from)"
    rf"|\bretirement (?:age|date)?\s?(?:is|of|at|to|:|=)?\s?(?P<m>[3-9]\d)\b(?!k|%|,)|\b(?:work(?:ing)? (?:until|till|to)|pension (?:at|from)(?: age)?) (?:i am )?(?P<w>[3-9]\d)\b{_WHOLE}|\bretir\w* (?P<b>[4-9]\d){_WHOLE}(?=\s*(?:[,.;]|$))"
)


_UNTIL_AGE = re.compile(
    r"\b(?:until|till|for when|not before|before) (?:i am|i turn|i reach|i hit|(?:the )?age(?: of)?|at least)? ?(?P<n>[3-9]\d)\b(?!\s?(?:%|k\b|percent|years? from|,\d|\.\d|months|grand))"
)


def ages(message: Message, today: date) -> Iterator[Claim]:
    """Claims on "age" (also impossible ones: the reader reports those) and on "retire_age"."""
    for m in _RETIRE_AT.finditer(message.norm):
        if is_client(message, m.start()) and not is_supposed(message, m.start()):
            value = next(g for g in (m["n"], m["m"], m["w"], m["b"]) if g)
            quote = message.clause_quote(m.start(), m.end())
            yield Claim("retire_age", float(value), 0.9, quote, message.turn, m.end() - 1, unit="retire_age")
    for m in _UNTIL_AGE.finditer(message.norm):
        if is_client(message, m.start()) and not is_supposed(message, m.start()):
            quote = message.clause_quote(m.start(), m.end())
            yield Claim("until_age", float(m["n"]), 0.75, quote, message.turn, m.end() - 1)
    yield from _stated(message)
    for m in _BIRTH.finditer(message.norm):
        if m["year"] and _own(message, m.start()):
            yield _claim(message, m, today.year - int(m["year"]), 0.8)
    for m in _NEXT.finditer(message.norm):
        if _own(message, m.start()):
            if m["bare"]:
                yield _claim(message, m, int(m["bare"]) - 1, 0.75)
                continue
            later = 0 if m["soon"] else int(m["y"] or 1)
            yield _claim(message, m, int(m["n"]) - max(later, 0 if m["soon"] is None else 1), 0.8)
    for m in _DECADE.finditer(message.norm):
        if (
            _own(message, m.start())
            and not is_past(message, m.start())
            and "retire" not in before(message, m.start(), 30)
        ):
            tens = _TENS.get(m["d"]) or int(m["d"])
            within = {"early": 2, "mid": 5, "middle": 5, "late": 8, None: 5}[m["part"]]
            yield _claim(message, m, tens + within, 0.5 if m["part"] else 0.35)


def _stated(message: Message) -> Iterator[Claim]:
    taken: list[tuple[int, int]] = []
    opening = _OPENING.search(message.norm)
    if opening and not re.search(r"\d\s*%", opening.group()):
        taken.append(opening.span("n"))
        yield _claim(message, opening, int(opening["n"]), 0.75)
    for pattern, confidence in _PATTERNS:
        for m in pattern.finditer(message.norm):
            a, b = m.span("n")
            if any(a < end and start < b for start, end in taken):
                continue
            if re.match(r"[.,]\d", message.norm[b:]):
                continue  # "ten years, 50,000 to invest": the thousands of a sum
            taken.append((a, b))
            lead = before(message, m.start(), 34)
            if re.search(
                rf"(?<!i am )\b(?:my|our|his|her|the|a|an) (?:\w+ )?{RELATIVES}(?:'s)?(?: (?:who )?(?:is|are|was|aged?|turns?|of))?[\s,(]*(?:about |only |an? )?$",
                lead,
            ):
                continue
            if re.search(r"\b(?:when|until|till|once|by the time|before|if|retire\w* at|like) $", lead) or not _own(
                message, a
            ):
                continue
            if is_past(message, m.start()) or re.search(r"\b(?:account|company|house|car|business) (?:is )?$", lead):
                continue
            if m.group().startswith("i am") and re.match(
                r"\s?(?:years? (?:from|away|off|until)|or so years)", message.norm[b:]
            ):
                continue
            yield _claim(message, m, int(m["n"]), confidence)


def _own(message: Message, position: int) -> bool:
    return is_client(message, position) and not is_supposed(message, position)


def _claim(message: Message, m: re.Match[str], value: int, confidence: float) -> Claim:
    quote = message.quote(m.start(), m.end())
    return Claim("age", float(value), confidence, quote, message.turn, m.end() - 1, unit="age")
