"""Names, tickers and dates in texts, put behind a mask.

Replaced are: a company's name in full, without its legal form, and by the short names that people use; its ticker as a
cashtag, in brackets, after an exchange's name, and bare in capitals where it is two letters or longer; dates with their
year, which shift by the same days as everything else; bare years, which shift by the nearest whole number of years.

Not replaced: products, people, places and figures. "iPhone" gives Apple away to whoever knows it, and so does a
quarter's revenue to the cent: a masked text is harder to recognise, not impossible.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from agents.profiler.companies import NAMES
from portfolio.universe import Asset

DAYS_A_YEAR = 365.25
LEGAL_FORM = re.compile(
    r",?\s+(?:inc|corp|corporation|co|company|companies|plc|ltd|limited|llc|lp|nv|sa|se|ag|holdings?|group|the)\.?$",
    re.I,
)
SHORTEST_NAME = 3
SHORTEST_TICKER = 2
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = rf"({'|'.join(name[:3] + '(?:' + name[3:] + ')?' for name in _MONTHS)}|Sept)\.?"
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
_LONG = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)\b", re.I)
_BRITISH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+((?:19|20)\d\d)\b", re.I)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!,?\s+(?:19|20)\d\d)", re.I)
_YEAR = re.compile(r"(?<![\d.,$-])((?:19[5-9]|20[0-4])\d)(?![\d.,%-]\d|%|\d)")


def names_of(asset: Asset) -> tuple[str, ...]:
    """Every name of an asset that is looked for in texts, the longest first."""
    name = asset.name.strip()
    found = {name}
    while (shorter := LEGAL_FORM.sub("", name)) != name:
        name = shorter
        found.add(name)
    found |= {spoken for spoken, symbol in NAMES.items() if symbol == asset.symbol}
    wide = {item for item in found if len(item) >= SHORTEST_NAME and item.upper() != asset.symbol}
    return tuple(sorted(wide, key=lambda item: (-len(item), item)))


def renamer(assets: Sequence[Asset], symbols: Mapping[str, str], names: Mapping[str, str]) -> Callable[[str], str]:
    """Texts -> the same with each asset under another symbol and name, all in one pass: a new name is not renamed.

    `symbols` and `names` are by true symbol.
    """
    spoken = {name.casefold(): names[asset.symbol] for asset in assets for name in names_of(asset)}
    tickers = {asset.symbol: symbols[asset.symbol] for asset in assets}
    pattern = _pattern(sorted(spoken, key=lambda item: (-len(item), item)), tickers)

    def rename(text: str) -> str:
        return pattern.sub(lambda found: _other(found, spoken, tickers), text)

    return rename


def _pattern(spoken: Sequence[str], tickers: Mapping[str, str]) -> re.Pattern[str]:
    forms = []
    if spoken:
        forms.append(rf"(?<!\w)(?P<name>(?i:{'|'.join(map(re.escape, spoken))}))(?!\w)")
    every = "|".join(map(re.escape, sorted(tickers, key=lambda item: (-len(item), item))))
    bare = "|".join(re.escape(item) for item in sorted(tickers, key=len, reverse=True) if len(item) >= SHORTEST_TICKER)
    forms += [
        rf"\$(?P<cashtag>{every})\b",
        rf"(?<=\()(?P<listing>(?:[A-Za-z ]+:\s?)?)(?P<listed>{every})(?=\))",
        rf"\b(?P<exchange>(?:NYSE|NASDAQ|Nasdaq):\s?)(?P<traded>{every})\b",
    ]
    if bare:
        forms.append(rf"(?<![\w$&])(?P<bare>{bare})(?![\w&])")
    return re.compile("|".join(forms))


def _other(found: re.Match[str], spoken: Mapping[str, str], tickers: Mapping[str, str]) -> str:
    part = found.groupdict()
    if part.get("name"):
        return spoken[part["name"].casefold()]
    if part.get("cashtag"):
        return f"${tickers[part['cashtag']]}"
    if part.get("listed"):
        return f"{part['listing']}{tickers[part['listed']]}"
    if part.get("traded"):
        return f"{part['exchange']}{tickers[part['traded']]}"
    return tickers[part["bare"]]


def shifted(text: str, days: int, published: date) -> str:
    """The text with its dates moved by `days`; "Jan. 25" is of the year of `published`, as far as can be told."""
    move = timedelta(days=days)
    years = round(days / DAYS_A_YEAR)
    held: list[str] = []

    def keep(words: str) -> str:
        held.append(words)  # out of the way of the patterns that follow
        return f"\0{len(held) - 1}\0"

    def iso(found: re.Match[str]) -> str:
        day = _date(int(found[1]), int(found[2]), int(found[3]))
        return found[0] if day is None else keep((day + move).isoformat())

    def long(found: re.Match[str]) -> str:
        day = _date(int(found[3]), _month(found[1]), int(found[2]))
        return found[0] if day is None else keep(f"{_told(day + move)}, {(day + move).year}")

    def british(found: re.Match[str]) -> str:
        day = _date(int(found[3]), _month(found[2]), int(found[1]))
        return found[0] if day is None else keep(f"{_told(day + move)}, {(day + move).year}")

    def month_day(found: re.Match[str]) -> str:
        day = _date(published.year, _month(found[1]), int(found[2]))
        return found[0] if day is None else keep(_told(day + move))

    for pattern, change in ((_ISO, iso), (_LONG, long), (_BRITISH, british), (_MONTH_DAY, month_day)):
        text = pattern.sub(change, text)
    text = _YEAR.sub(lambda found: str(int(found[1]) + years), text)
    return re.sub(r"\0(\d+)\0", lambda found: held[int(found[1])], text)


def _told(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}"


def _month(word: str) -> int:
    return next(number for number, name in enumerate(_MONTHS, 1) if name.lower().startswith(word.lower()[:3]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
