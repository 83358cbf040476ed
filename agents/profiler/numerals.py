"""Numbers written in words, as digits: "twenty thousand" -> "20000", "half a million" -> "500000"."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUE = (
    {word: i for i, word in enumerate(_UNITS)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)} | {"fourty": 40}
)
_SCALE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "lakh": 100_000, "crore": 10_000_000}

_SMALL = "|".join(sorted(_VALUE, key=len, reverse=True))
_BIG = "|".join(_SCALE)
_WORD = rf"(?:{_SMALL}|{_BIG})"
# "one" alone is more often a pronoun ("this one", "no one") than a number: it counts before a unit or a scale.
_UNIT_AFTER = (
    r"(?:\s|-)(?:years?|months?|weeks?|decades?|third|quarter|fifth|tenth|per ?cent|percent|grand|kids?|child|share)"
)
NUMBER_WORDS = re.compile(
    r"\b(?:half a (?:million|thousand|crore|lakh)|(?:a )?quarter of a million|(?:a )?couple (?:of )?(?:hundred )?(?:thousand|"
    r"grand|million|hundred|years?|decades?|months?|weeks?|kids?)|a dozen|a (?:hundred|thousand|million)(?: and (?:fifty|twenty"
    rf"|ten))?(?: (?:thousand|million))?|(?!one\b(?!{_UNIT_AFTER}|(?:\s|-)(?:{_BIG})))(?!zero\b(?! ?per ?cent))(?:{_SMALL})(?:(?:\s|-|\sand\s)+{_WORD})*"
    rf"(?: point (?:{_SMALL}))?)\b"
)


def digits(found: re.Match[str]) -> str:
    """The digits for a match of `NUMBER_WORDS`; the match itself where its words are no single number."""
    words = found.group()
    if words.startswith("half a "):
        return str(_SCALE[words.removeprefix("half a ")] // 2)
    if "quarter of a million" in words:
        return "250000"
    if "couple" in words:
        rest = words.split("couple", 1)[1].removeprefix(" of").strip()
        hundred = rest.startswith("hundred ")
        rest = rest.removeprefix("hundred ")
        number = 200 if hundred else 2
        if rest in _SCALE:
            return str(number * _SCALE[rest])
        return f"{number} {rest}"
    if words == "a dozen":
        return "12"
    if words.startswith("a "):
        words = "one " + words[2:]
    decimal = ""
    if " point " in words:
        words, tail = words.rsplit(" point ", 1)
        decimal = f".{_VALUE[tail]}"
    return _in_words(re.split(r"[\s-]+", words), found.group(), decimal)


def _in_words(words: list[str], original: str, decimal: str) -> str:
    total, current, last = 0, 0, 10**12
    for word in words:
        if word == "and":
            continue
        if word in _SCALE:
            scale = _SCALE[word]
            if scale == 100:
                current = max(current, 1) * 100
            else:
                total, current = total + max(current, 1) * scale, 0
            last = scale
            continue
        value = _VALUE[word]
        # "eight and ten" are two numbers; only tens + units, or hundreds + anything, make one.
        if current and not (last == 100 or (current % 100 >= 20 and current % 10 == 0 and 0 < value < 10)):
            return _several(original)
        current, last = current + value, value
    return f"{total + current}{decimal}"


def _several(original: str) -> str:
    """Two numbers side by side ("eight and ten", "five-ten") stay two: each word becomes digits on its own."""
    return re.sub(
        "|".join(rf"\b{w}\b" for w in sorted(_VALUE, key=len, reverse=True)), lambda m: str(_VALUE[m.group()]), original
    )
