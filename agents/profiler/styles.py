"""Kinds of shares that people describe instead of naming: "companies that hold up in a recession", "fast-growing firms".

Contract
--------
- A description is a wish only where it is of shares or companies, not of the client ("I can weather a downturn" is
  tolerance for risk, and read elsewhere), and where the client neither asks, supposes nor negates it.
- The wish is the theme that names the kind: growth, value, dividends, cyclical or low_volatility (defensive shares).
- "Non-dividend" is here too: a name with its own negation in it.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator

from agents.profiler.claims import Claim
from agents.profiler.context import is_negated, usable
from agents.profiler.text import Message
from portfolio.profile import Preference

_OF = r"\b(?:stocks?|shares?|compan(?:y|ies)|business(?:es)?|firms?|investments?|sectors?|industr(?:y|ies)|ones|those|something|anything|things)\b[^.;!?]{0,48}?\b"
_BAD = r"(?:(?:economic|market|business|an?|the|any|in|of) )*(?:downturns?|recessions?|slumps?|crises|crisis|crash(?:es)?|shifts|shocks?|storms?|bad (?:times|years)|hard times|turbulence|uncertainty)"
_GOOD = r"(?:(?:economic|market|business|an?|the|in|of|from) )*(?:upturns?|cycles?|upswings?|booms?|expansions?|recover(?:y|ies)|economic growth|good times|growing economy)"
_KINDS: tuple[tuple[str, float, re.Pattern[str]], ...] = tuple(
    (key, weight, re.compile(pattern))
    for key, weight, pattern in (
        ("low_volatility", 0.5, rf"{_OF}(?:withstands?|weathers?|survives?|holds? up (?:in|during|through)|(?:do|does|performs?|stays?|remains?) (?:well|steady|stable|strong) (?:in|during|through)|keeps? (?:on )?\w+ing (?:in|during|through)|less affected by|not (?:much |so |too )?affected by|resilient (?:to|in|against|during)|resist(?:ant to)?|protected (?:from|against)) {_BAD}"),
        ("low_volatility", 0.5, rf"{_OF}(?:regardless of|whatever|no matter) (?:the |how |what )?(?:market|econom\w+)"),
        ("low_volatility", 0.5, r"\bless (?:affected by|sensitive to|exposed to|dependent on) (?:the |any )?(?:economic|market|business|economy)\b"),
        ("cyclical", 0.5, rf"\b(?:benefit(?:s|ing)? from|take advantage of|taking advantage of|capitali[sz](?:e|ing) on|profit(?:s|ing)? from|(?:rise|grow|go up) with) {_GOOD}"),
        ("cyclical", 0.5, rf"{_OF}(?:(?:do|does|performs?) (?:well|best|better) (?:in|during)|thrives? (?:in|during)|(?<!less )sensitive to) {_GOOD}"),
        ("growth", 0.5, r"\b(?:rapidly|fast|quickly|strongly)[\s-](?:expanding|growing) (?:\w+ )?(?:compan(?:y|ies)|business(?:es)?|firms?|stocks?|shares?|ones)\b"),
        ("growth", 0.5, rf"{_OF}(?:grow(?:s|ing)?|expand(?:s|ing)?) (?:very |really )?(?:fast|quick(?:ly)?|rapidly)\b"),
        ("growth", 0.5, r"\bhigh[\s-]growth\b(?! rates)|\bgrowth[\s-](?:oriented|focused|based)\b"),
        ("value", 0.5, r"\b(?:undervalued|underpriced|bargain) (?:\w+ )?(?:compan(?:y|ies)|business(?:es)?|firms?|stocks?|shares?|investments?|ones|names|cyclicals)\b|\bvalue[\s-](?:oriented|focused|based)\b"),
        ("dividends", 0.5, r"\b(?:regular|steady|quarterly|monthly|yearly|consistent) (?:payouts?|payments from (?:shares|stocks)|distributions?)\b"),
        ("dividends", -0.5, r"\bnon[\s-]+dividends?(?:[\s-]+(?:paying|stocks?|shares?|companies|ones?))*\b"),
        ("dividends", -0.5, r"\b(?:reinvest|plough|plow|put)(?:s|ing)?(?: back)? (?:their|its|the|all) (?:earnings|profits?)\b|\b(?:capital (?:gains?|appreciation)|growth) (?:rather than|instead of|over|and not|not) (?:\w+ )?(?:dividends?|income)\b"),
    )
)  # fmt: skip
_AGAINST = re.compile(
    r"\b(?:over|than|instead of|avoid(?:ing)?|dislike|hate|do not (?:want|like|need)|less (?:of )?|not interested in|uninterested in|worried about|concerned about)\s(?:\w+\s){0,4}$"
)


def styles(message: Message) -> Iterator[Claim]:
    """Claims on "preferences", one for each description."""
    for key, weight, pattern in _KINDS:
        for m in pattern.finditer(message.norm):
            clause = message.clause_at(m.start())
            lead = message.norm[clause.start : m.start()]
            if not usable(message, m.start()) or is_negated(message, m.start(), 40) or _AGAINST.search(lead):
                continue
            wish = Preference(kind="theme", key=key, weight=weight)
            place = (message.clause_quote(m.start(), m.end()), message.turn, m.start())
            yield Claim("preferences", wish, 0.65, *place, key=f"theme:{key}")
