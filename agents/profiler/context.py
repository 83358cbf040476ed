"""Whose fact is it, and is it a fact: attribution, negation, supposition, the past. Shared by every reader."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from functools import lru_cache

from agents.profiler.text import Clause, Message, Span

RELATIVES = (
    r"(?:wife|husband|partner|spouse|girlfriend|boyfriend|fiancee?|brother|sister|dad|daddy|father|mum|mom|mother|parents?|friends?"
    r"|mates?|buddy|uncle|aunt|auntie|cousin|neighbou?rs?|colleagues?|co-?workers?|boss|sons?|daughters?|kids?|child|children|girls|boys"
    r"|grand(?:ma|pa|mother|father|parents|dad|mum|son|daughter|kids|children)|gran|nan|in-?laws?|adviser|advisor|banker|"
    r"accountant|broker|ex|roommate|flatmate|nephew|niece|bloke|guy|people|someone|everyone|everybody|landlord|client|baby|toddler|"
    r"youngest|eldest|oldest|other half|missus|twins|folks)"
)
_VERB = (
    r"(?:is|was|are|were|could|should|might|may|pays?|gets?|feels?|has|had|have|lost|earns?|works?|worked|wants?|says?|said|made|makes?|put|bought|owns?|thinks?|told|"
    r"retired|retires|invests?|invested|likes?|hates?|would|will|can|does|did|keeps?|swears|died|panic\w*|sold|got|never|always|just|"
    r"who|that|turns?|turned|starts?|goes|went|gave|left|once|recently|also|only|smokes?|gambled?|drinks?|tells|reckons|calls|"
    r"recommends?|suggests?|\d+\b|aged?|'s \d|'s a\b|'s an\b|loves?|avoids?|trades?|needs?|\w+ed\b|and (?:his|her|their))"
)
_OTHER = re.compile(
    rf"(?<!i am )(?<!\bas )(?<!was )\b(?:my|our|his|her|the|a|an|some|most)\s+(?:\w+\s+)?{RELATIVES}(?!\s+and (?:i|me|myself)\b)(?:'s)?\s*,?\s+{_VERB}"
    rf"|(?:^|[,;]\s*){RELATIVES}\s+{_VERB}"
    rf"|\b(?:most|other|some|rich|smart|old|young) people\b|\b(?:everyone|everybody|someone|somebody)\s+{_VERB}"
    rf"|\b(?:he|she)\s+{_VERB}|\bthey\s+(?:are|were|have|had|lost|earn|want|say|said|made|put|bought|own|think|told|retired|sold)\b"
)
_CLIENT = re.compile(
    rf"\b(?:i|we)\b|\b(?:my|our)\s+(?:own\s+)?(?!(?:\w+\s+)?{RELATIVES}\b)\w+|\bmyself\b|\bme\b|(?<=,\s)(?:please |just |so )?put\b|\bmy (?:\w+ )?{RELATIVES} and (?:i|me)\b"
)
_REPORTED = re.compile(
    rf"\b(?:my|our|the|a)\s+(?:\w+\s+)?{RELATIVES}\s+(?:always |keeps? |once |often |just )?(?:says?|said|saying|thinks?|told|tells|telling|"
    r"reckons|wants|calls?|recommend(?:s|ed)?|suggest(?:s|ed)?|insists|believes)\b(?![^,.;]*\b(?:and|but) i (?:agree|do too)\b)"
    rf"|\b(?:he|she|they|everyone|people)\s+(?:says?|said|thinks?|told|tells|reckons|wants|keeps? (?:saying|telling))\b"
)
_HYPOTHETICAL = re.compile(
    r"\b(?:what if|what would happen|what happens if|if i (?:were|was|had (?!a |an )|won|inherit(?:ed)?|became)\b|suppose|supposing|imagine|hypothetical(?:ly)?|"
    r"in theory|let us say|let's say i|say i (?:had|were)|pretend|in a perfect world|if money (?:was|were) no object|"
    r"if i (?:ever )?(?:win|get|got) (?:the|a) (?:lottery|bonus)|for example,? (?:someone|a person)|in another life)\b"
)
_PAST = re.compile(
    r"\b(?:used to|when i was|years ago|back (?:in (?!\d{1,2}\b|a\b)|then|when)|in the past|formerly|at one point|previously|once (?:was|had)|"
    r"in my (?:youth|younger days)|as a (?:kid|teenager|student)|until recently|i was (?:once|a))\b"
)
_NEGATOR = re.compile(
    r"\b(?:not|no|never|without|hardly|neither|nor|non|isn't|far from|anything but|nothing|cannot|barely|rarely|rather than|instead of)\b"
)
_DOUBLE = re.compile(
    r"\bnot (?:un|opposed|against|averse|bothered|worried|afraid|scared|an issue|a problem|too (?:bothered|worried|fussed)|fussed|"
    r"without)|\bno (?:problem|issue|objection|worries|qualms)|\bnot mind|\bnothing against"
)


@lru_cache(maxsize=256)
def _markers(text: str) -> tuple[tuple[int, bool], ...]:
    """(position, is the client) of every word that says whose facts follow, inside one sentence."""
    found = [(m.start(), False) for m in _OTHER.finditer(text)]
    reported = [m.span() for m in _REPORTED.finditer(text)]
    for m in _CLIENT.finditer(text):
        inside = any(a <= m.start() and not re.search(r"[,;]|\bbut\b", text[b : m.start()]) for a, b in reported)
        hidden = any(a <= m.start() < a + 3 for a, client in found if not client)
        if not inside and not hidden:
            found.append((m.start(), True))
    found += [(a, False) for a, _ in reported]
    return tuple(sorted(found))


def is_client(message: Message, position: int) -> bool:
    """Whether a fact at this position is the client's own rather than a relative's, a friend's or people's."""
    sentence = message.sentence_at(position)
    own = True
    for at, client in _markers(message.norm[sentence.start : sentence.end]):
        if sentence.start + at > position:
            break
        own = client
    return own


def is_supposed(message: Message, position: int) -> bool:
    """Whether the sentence up to here is a supposition ("what if I had a million")."""
    sentence = message.sentence_at(position)
    return _HYPOTHETICAL.search(message.norm[sentence.start : position + 1]) is not None


def is_past(message: Message, position: int) -> bool:
    """Whether the clause speaks of how things were."""
    clause = message.clause_at(position)
    return _PAST.search(message.norm[clause.start : clause.end]) is not None


def is_negated(message: Message, position: int, reach: int = 28, start: int | None = None) -> bool:
    """Whether a negation governs the words at `position`: within `reach` characters, same clause, not doubled."""
    clause = message.clause_at(position)
    begin = max(clause.start if start is None else start, position - reach)
    window = message.norm[begin:position]
    if _DOUBLE.search(window):
        return False
    return _NEGATOR.search(window) is not None


def asks(clause: Clause) -> bool:
    """Whether the clause asks for an opinion ("should I avoid oil?") instead of stating a fact."""
    return clause.question


def usable(message: Message, position: int, *, questions: bool = False) -> bool:
    """Own fact, stated, not supposed, not spoken to the machine."""
    clause = message.clause_at(position)
    if clause.injected or (clause.question and not questions):
        return False
    return is_client(message, position) and not is_supposed(message, position)


def before(message: Message, position: int, reach: int = 40, *, clause: bool = False) -> str:
    """The words before a position, inside its sentence (or clause)."""
    span: Span = message.clause_at(position) if clause else message.sentence_at(position)
    return message.norm[max(span.start, position - reach) : position]


def after(message: Message, position: int, reach: int = 40, *, clause: bool = False) -> str:
    """The words after a position, inside its sentence (or clause)."""
    inside = max(position - 1, 0)
    span: Span = message.clause_at(inside) if clause else message.sentence_at(inside)
    return message.norm[position : min(span.end, position + reach)]
