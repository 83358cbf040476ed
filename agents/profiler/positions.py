"""How many positions the client wants to hold, and how small one may be: "at most 10 stocks", "nothing under 2 % each".

Stocks, shares and companies are read as positions: whoever asks for ten stocks means ten things to look after. What
somebody owns is no wish ("I own 12 stocks"), and a share of one thing is none either ("at least 5 % in gold").
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator

from agents.profiler.claims import Claim
from agents.profiler.context import is_past, usable
from agents.profiler.text import Message, Span
from portfolio.profile import Positions

_NOUN = r"(?:(?:different|individual|single|separate|distinct|other|total|open|equity)\s){0,2}(?:positions?|holdings?|names?|stocks?|shares?|companies|company|assets?|investments?|line items?|lines?|securities|tickers?)\b(?! (?:of|in) [a-z]+\b(?<! the)(?<! my))"
_NUMBER = r"(?P<n>\d{1,3})(?![\d,.]*\d|\s?%| per ?cent)"
_MOST = r"(?:at most|at the most|no more than|not more than|never more than|max(?:imum)?(?: of)?|a maximum of|up to|(?:limit(?:ed)?|restrict(?:ed)?|cap(?:ped)?|keep)(?: (?:it|me|us|the portfolio|the number|things|this|my portfolio))?(?: down)? (?:to|at)(?: (?:at most|a maximum of|max(?:imum)?|no more than|under))?|not exceed(?:ing)?|no greater than)"
_LESS = r"(?:fewer than|less than|under|below)"
_LEAST = r"(?:at least|at the least|no fewer than|no less than|not fewer than|not less than|never fewer than|min(?:imum)?(?: of)?|a minimum of)"
_PERCENT = r"(?P<p>\d{1,2}(?:\.\d+)?)\s?(?:%|per ?cent\b|percent\b)"
_EACH = r"(?:each|every|any|any one|any single|a single|1|one|per|individual|all)"

_COUNTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("between", re.compile(rf"\b(?:between|from|anywhere from) {_NUMBER} (?:and|to) (?P<m>\d{{1,3}}) {_NOUN}")),
    ("range", re.compile(rf"\b{_NUMBER}\s?(?:-|to|or)\s?(?P<m>\d{{1,3}}) {_NOUN}")),
    ("exactly", re.compile(rf"\b(?:exactly|precisely) {_NUMBER} {_NOUN}")),
    ("most", re.compile(rf"\b{_MOST} {_NUMBER} {_NOUN}")),
    ("most", re.compile(rf"\b(?:not|never|no|without)\b(?: \w+){{0,4}} (?:more than|over|above) {_NUMBER} {_NOUN}")),
    ("most", re.compile(rf"\b{_NUMBER} {_NOUN}(?: or (?:fewer|less)\b| at (?:the )?most\b| max(?:imum)?\b| tops\b)")),
    ("most", re.compile(rf"\b(?:max(?:imum)?|most|highest|greatest)(?: number of)? {_NOUN}\s?(?::|=|is|are|of|should be)?\s?{_NUMBER}")),
    ("fewer", re.compile(rf"\b{_LESS} {_NUMBER} {_NOUN}")),
    ("least", re.compile(rf"\b{_LEAST} {_NUMBER} {_NOUN}")),
    ("least", re.compile(rf"\b{_NUMBER} {_NOUN}(?: or more\b| at (?:the )?least\b| min(?:imum)?\b)")),
    ("least", re.compile(rf"\b(?:min(?:imum)?|fewest)(?: number of)? {_NOUN}\s?(?::|=|is|are|of|should be)?\s?{_NUMBER}")),
    ("more", re.compile(rf"\b(?:more than|over|upwards of) {_NUMBER} {_NOUN}")),
    ("least", re.compile(rf"\b(?:spread|diversif\w+|split|divided?)(?: \w+){{0,3}} (?:over|across|among|amongst|between|into) (?:about |around |some )?{_NUMBER} {_NOUN}")),
)  # fmt: skip
_SIZES: tuple[re.Pattern[str], ...] = (
    re.compile(rf"\b(?:no|not|never|without|nor)\b(?: \w+){{0,4}}? (?:any )?{_NOUN}(?: that (?:is|are)| of| to be| with)? (?:under|below|less than|smaller than|lower than) {_PERCENT}"),
    re.compile(rf"\b(?:none|nothing) (?:of them )?(?:under|below|less than|smaller than|lower than) {_PERCENT}(?=[^.;]*\b{_NOUN}|[^.;]*\beach\b|[^.;]*\bof the portfolio\b)"),
    re.compile(rf"\b{_NOUN}[^.;%]{{0,40}}\b(?:none|nothing|never|not) (?:of them )?(?:under|below|less than|smaller than|lower than) {_PERCENT}"),
    re.compile(rf"\b{_EACH} {_NOUN}(?: (?:should|must|has|have|needs?|ought|to|be|is|are|at|being|worth|get|gets)){{0,4}} {_LEAST} {_PERCENT}"),
    re.compile(rf"\b{_NOUN},? (?:each|every one) (?:of )?(?:\w+ ){{0,3}}?{_LEAST} {_PERCENT}"),
    re.compile(rf"\b{_LEAST} {_PERCENT}(?: of (?:the|my) (?:portfolio|money|total))?(?: (?:in|for|on|to|into|per))? {_EACH} {_NOUN}"),
    re.compile(rf"\b{_NOUN} of {_LEAST} {_PERCENT}"),
    re.compile(rf"\b(?:min(?:imum)?|smallest|least) (?:position|holding|weight|stake|allocation|{_NOUN})(?: (?:size|weight))?(?: (?:per|for each|in each|of each|of any) {_NOUN})?\s?(?::|=|is|of|should be|must be)?\s?(?:is |of )?{_PERCENT}"),
    re.compile(rf"\b(?:zero|nothing|none|0\s?%?) or {_LEAST} {_PERCENT}"),
)  # fmt: skip
_OWNED = re.compile(
    r"\b(?:i|we) (?:\w+ )?(?:own|owned|have|had|hold|held|bought|got|sold|work\w*|follow|know|watch|lost)\b[^,;.]{0,20}$"
)
_WISHED = re.compile(
    r"\b(?:want\w*|would like|like to|prefer|should|must|please|need|keep|limit|wish|rather|ideally|aim|happy|plan|going to|let us)\b"
)
MOST_EVER, SMALLEST_EVER = 500, 0.5
"""Beyond these no sentence is about positions."""


def positions(message: Message) -> Iterator[tuple[Claim, Span]]:
    """Claims on "positions", each with its stretch of the message: what stands there is about nothing else."""
    taken: list[Span] = []
    for way, pattern in _COUNTS:
        for m in pattern.finditer(message.norm):
            wish = _counted(way, int(m["n"]), int(m["m"]) if "m" in m.groupdict() else None)
            if wish is not None and not _overlaps(m, taken) and _is_wish(message, m, way):
                taken.append(Span(m.start(), m.end()))
                yield from _claims(message, m, wish, 0.85)
    for pattern in _SIZES:
        for m in pattern.finditer(message.norm):
            size = float(m["p"]) / 100.0
            if 0.0 < size <= SMALLEST_EVER and not _overlaps(m, taken, "p") and _is_wish(message, m, "size"):
                taken.append(Span(m.start("p"), m.end()))
                yield from _claims(message, m, Positions(smallest=size), 0.85)


def _counted(way: str, number: int, other: int | None) -> Positions | None:
    """The wish in numbers; None where the numbers make none."""
    least: int | None = None
    most: int | None = None
    if way in ("between", "range"):
        least, most = number, other
    elif way == "exactly":
        least = most = number
    elif way in ("most", "fewer"):
        most = number - (way == "fewer")
    else:
        least = number + (way == "more")
    if any(value is not None and not 1 <= value <= MOST_EVER for value in (least, most)):
        return None
    if least is not None and most is not None and least > most:
        return None
    return Positions(fewest=least, most=most)


def _is_wish(message: Message, m: re.Match[str], way: str) -> bool:
    """The client's own, stated, of now or to come, and no report of what they own."""
    at = m.start("p") if way == "size" else m.start("n")
    if not usable(message, at) or is_past(message, at):
        return False
    sentence = message.sentence_at(at)
    lead = message.norm[sentence.start : m.start()]
    if way in ("range", "more") and not _WISHED.search(message.norm[sentence.start : sentence.end]):
        return False
    return _OWNED.search(lead) is None or _WISHED.search(lead) is not None


def _claims(message: Message, m: re.Match[str], wish: Positions, confidence: float) -> Iterator[tuple[Claim, Span]]:
    """One claim for each number, so that a later word about one of them leaves the others."""
    place = (message.quote(m.start(), m.end()), message.turn, m.start())
    for name in ("most", "fewest", "smallest"):
        if (value := getattr(wish, name)) is not None:
            yield (
                Claim("positions", Positions.model_validate({name: value}), confidence, *place, key=name),
                Span(m.start(), m.end()),
            )


def _overlaps(m: re.Match[str], taken: list[Span], group: str | int = 0) -> bool:
    return any(m.start(group) < span.end and span.start < m.end() for span in taken)
