"""A short answer to a question that somebody put in their own words: "the former", "regular income", "yes".

Contract
--------
- The question is a context, never a source: it says what the client chose between; the quote is the client's words.
- A choice is read only where the question offers two things, or asks for one, and the answer points to exactly one of
  them: by place ("the first"), by words that stand in that part of the question alone, or by yes and no.
- Whoever chooses the other of two things wants less of the first, where that is a kind of share; an answer that leaves
  it open is not read.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.profiler.claims import Claim
from agents.profiler.targets import STYLES, Target, targets
from agents.profiler.text import Message
from portfolio.profile import Preference
from portfolio.universe import Universe

LONGEST = 80
"""Characters of an answer; a longer one speaks for itself."""
_FIRST = re.compile(
    r"^(?:(?:i|i would|would|prefer|like|choose|go (?:for|with)|the|probably|more|rather)\s+)*(?:former|fromer|first(?: (?:one|option|type|kind))?|1st(?: one)?|option (?:a|1))\b"
)
_SECOND = re.compile(
    r"^(?:(?:i|i would|would|prefer|like|choose|go (?:for|with)|the|probably|more|rather)\s+)*(?:latter|second(?: (?:one|option|type|kind))?|2nd(?: one)?|option (?:b|2)|last (?:one|option))\b"
)
_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|definitely|absolutely|correct|right|exactly|of course|that is (?:right|correct))\b(?![^.]*\bbut\b)"
)
_NO = re.compile(r"^(?:no|nope|not really|not at all)\b(?! preference)(?!,? (?:i|but|it)\b)")
_OPEN = re.compile(
    r"\b(?:both|either|neither|no (?:strong |real |specific |particular )?preference|not (?:have )?(?:a |any )?(?:\w+ )?preference|mix|mixed|balance|do not (?:know|care|mind)|not sure|unsure|depends|whichever|any)\b|\?"
)
_NOT = re.compile(r"\b(?:not|no|never|without|less|avoid|neither|nor)\b")
_PLAIN_NOT = re.compile(r"\bnon[\s-]\w+|\bless (?:affected|sensitive|volatile|cyclical|risky)")
"""Negations that belong to a thing's name."""
_WITHIN = re.compile(
    r"^\W*(?:(?:and|so|now|next|then),?\s)*(?:within|among|of|for|with|as for|when it comes to|regarding|considering|given|since)\b[^,]*,"
)
"""What a question speaks of already, before it asks: "Within value stocks, do you prefer ..."."""
_CONFIRMS = re.compile(
    r"^\W*(?:is|was|does|do|did|would|am|have)\b[^,]{0,24}\b(?:correct|right|accurate|sound (?:right|good|correct))\b|^\W*(?:correct|right)\W*$"
)
_CONTENT = re.compile(r"[a-z]{4,}")
_STOPWORDS = frozenset(
    ["that", "this", "these", "those", "which", "with", "have", "from", "than", "they", "them", "their", "there", "then", "would", "could", "more", "most", "like", "want", "prefer", "some", "such", "into", "over", "also", "only", "just", "very", "much", "stock", "stocks", "share", "shares", "company", "companies", "invest", "investing", "investment", "investments", "interested", "looking", "focus", "focused", "tend", "your", "you're", "please", "think"]
)  # fmt: skip


@dataclass(frozen=True)
class _Offer:
    """One of the things that the question offers: what it is, and the words that stand for it."""

    target: Target | None
    liked: bool
    words: frozenset[str]


def chosen(message: Message, question: str, universe: Universe) -> list[Claim]:
    """Claims on "preferences" that a short answer makes in the light of the question; empty where it points nowhere."""
    text = message.norm.strip()
    if not text or not question.strip() or len(message.raw) > LONGEST or any(c.injected for c in message.clauses):
        return []
    offers = _offers(question, universe)
    pick = _picked(message, offers, universe)
    if pick is None:
        return []
    offer, liked, confidence = pick
    if offer.target is None:
        return []
    wish = Preference(kind=offer.target.kind, key=offer.target.key, weight=0.5 if liked == offer.liked else -0.5)
    quote = message.quote(0, len(message.norm))
    key = f"{wish.kind}:{wish.key}"
    return [Claim("preferences", wish, confidence, quote, message.turn, 0, key=key)] if quote else []


def _picked(message: Message, offers: Sequence[_Offer], universe: Universe) -> tuple[_Offer, bool, float] | None:
    """The offer that is meant, whether it is wanted, and how sure that is."""
    text = message.norm.strip()
    if not offers or _OPEN.search(text):
        return None
    if len(offers) == 1:
        return (offers[0], True, 0.7) if _YES.search(text) else (offers[0], False, 0.6) if _NO.search(text) else None
    first, second = offers
    place = 0 if _FIRST.search(text) else 1 if _SECOND.search(text) else _named(message, first, second, universe)
    if place is None:
        place = _echoed(text, first, second)
    if place is None:
        return None
    taken, left = (first, second) if place == 0 else (second, first)
    if taken.target is not None:
        return taken, True, 0.7
    # Only the other thing has a name. Taking this one is wanting less of that kind, not less of that line of business:
    # who answers "hardware" to "hardware or software?" may well like technology.
    return (left, False, 0.6) if left.target is not None and left.target.key in STYLES else None


def _named(message: Message, first: _Offer, second: _Offer, universe: Universe) -> int | None:
    """ "Growth", "maybe the value ones" after "growth or value?": the answer names one of them and not the other."""
    text = message.norm
    if _NOT.search(_PLAIN_NOT.sub("", text)):
        return None
    here = {t.key for t in targets(message, 0, len(text), universe)}
    here |= {key for key in ("growth", "value") if re.search(rf"\b{key}\b", text) and "long" not in text}
    non = re.search(r"\bnon[\s-]+dividend", text) is not None
    if non:
        here = here - {"dividends"}
    hits = [
        i
        for i, offer in enumerate((first, second))
        if offer.target is not None
        and (offer.target.key in here if offer.liked else non and offer.target.key == "dividends")
    ]
    return hits[0] if len(hits) == 1 else None


def _echoed(text: str, first: _Offer, second: _Offer) -> int | None:
    if _NOT.search(_PLAIN_NOT.sub("", text)):
        return None
    words = _words(text)
    one, other = words & (first.words - second.words), words & (second.words - first.words)
    return 0 if one and not other else 1 if other and not one else None


def _offers(question: str, universe: Universe) -> tuple[_Offer, ...]:
    """What the last question of a text offers: two things, one, or nothing that can be told apart."""
    message = Message(question)
    asking = [s for s in message.sentences if message.norm[s.start : s.end].rstrip(" \"')*").endswith("?")]
    for sentence in reversed(asking):
        norm = message.norm[sentence.start : sentence.end]
        if _CONFIRMS.search(norm):
            stated = [s for s in message.sentences if s.end <= sentence.start][-1:]
            return tuple(
                offer for s in stated if (offer := _offer(message, s.start, s.end, universe)).target is not None
            )
        skip = _WITHIN.search(norm)
        for parting in (r",\s+or\s+", r"\s+or\s+"):
            cuts = [m.span() for m in re.finditer(parting, norm)]
            if len(cuts) > 1:
                continue
            edges = [skip.end() if skip else 0, *(at for cut in cuts for at in cut), len(norm)]
            parts = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
            offers = tuple(_offer(message, sentence.start + a, sentence.start + b, universe) for a, b in parts)
            if any(offer.target is not None for offer in offers):
                return offers
    return ()


def _offer(message: Message, start: int, end: int, universe: Universe) -> _Offer:
    named = [t for t in targets(message, start, end, universe) if not t.loose]
    styles = [t for t in named if t.key in STYLES]
    refused = re.search(r"\b(?:non|not|without|no)[\s-]+(?:pay(?:ing)?\s)?dividends?", message.norm[start:end])
    keys = {(t.kind, t.key) for t in styles or named}
    target = styles[0] if styles else named[0] if len(keys) == 1 else None
    if refused is not None:
        at = start + refused.start()
        target = Target("theme", "dividends", at, start + refused.end())
    return _Offer(target, refused is None, _words(message.norm[start:end]))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in _CONTENT.findall(text) if word not in _STOPWORDS) | (
        frozenset({"non-"}) if re.search(r"\bnon[\s-]", text) else frozenset()
    )
