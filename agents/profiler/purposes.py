"""The objectives that the client names: keep it safe, grow it, beat the market, harvest losses."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator

from agents.profiler.claims import Claim
from agents.profiler.context import is_negated, usable
from agents.profiler.text import Message
from portfolio.profile import Objective

_WORDS: tuple[tuple[Objective, float, re.Pattern[str]], ...] = tuple(
    (objective, weight, re.compile(pattern))
    for objective, weight, pattern in (
        (Objective.CAPITAL_PRESERVATION, 1.0, r"\b(?:preserv\w+|protect\w*|safeguard\w*|conserv(?:e|ing)|keep(?:ing)?) (?:\w+ ){0,3}?(?:capital|money|savings|wealth|principal|nest egg|what (?:i|we) have|pot|it safe|safe)\b|\bcapital preservation\b|\bpreservation of capital\b|\bwealth preservation\b|\bkeep up with inflation\b|\bnot lose (?:my |the )?(?:capital|principal|money)\b|\bsafety (?:of|first)\b|\bcapital protection\b"),
        (Objective.TAX_LOSS_HARVESTING, 1.0, r"\bharvest\w* (?:\w+ ){0,2}?loss\w*|\btax[- ]loss(?:es)?(?: harvest\w*)?\b|\bloss[- ]harvest\w*|\boffset (?:my |our |some )?(?:capital )?gains\b|\brealis?z?e (?:some )?losses\b|\bTLH\b"),
        (Objective.LONG_TERM_GAINS_ONLY, 1.0, r"\b(?:only|just) (?:\w+ )?long[- ]term (?:capital )?gains?\b|\blong[- ]term (?:capital )?gains? only\b|\b(?:avoid|no|never|without|not (?:want|pay)) (?:\w+ ){0,3}?short[- ]term (?:capital )?gains?(?: tax)?\b|\bhold\w* (?:everything |each |all |them |it )?(?:for )?(?:at least |more than |over )(?:a|1|12|one) (?:full )?(?:year|months)\b"),
        (Objective.LONG_TERM_GAIN, 1.0, r"\b(?:long[- ]term|steady|capital|max(?:imum)?|strong|real|good|some|mostly|for|want|high(?:er)?|prioriti[sz]e|focus(?:ed)? on|growth is) (?:capital )?(?:growth|appreciation|gains?)\b(?! (?:only|tax|stocks? are))|\bgrow(?:ing)? (?:my|our|the|this|it|over|wealth|money|steadily)\b|\bbuild(?:ing)? (?:\w+ ){0,2}?wealth\b|\blong[- ]term (?:invest\w+|wealth|returns?|compounding|potential)\b|\bcompound(?:ing)?\b|\bbuy and hold\b|\baccumulat\w+ wealth\b|\bbeat(?:ing)? inflation\b|\bmaximi[sz]e (?:\w+ )?(?:returns?|growth)\b|\bfor the long (?:term|run|haul)\b|^\W*(?:growth|long[- ]term growth|capital gains?|capital appreciation)\W*$"),
        (Objective.SHORT_TERM_ALPHA, 1.0, r"\b(?:beat|outperform|crush)(?:ing)? (?:the )?(?:market|index|s&p|benchmark|nasdaq)\b|\balpha\b|\bmarket[- ]beating\b|\babove[- ]market returns?\b"),
        (Objective.SHORT_TERM_GAIN, 1.0, r"\b(?:quick|fast|short[- ]term|rapid|immediate) (?:\w+ )?(?:gains?|profits?|returns?|bucks?|wins?|money|growth)\b(?! tax)|\bmake money (?:fast|quickly)\b|\bflip(?:ping)? (?:stocks|shares)?\b|\bswing trad\w+|\bday[- ]trad\w+|\btrade actively\b|\bactive(?:ly)? trad\w+"),
        (Objective.CAPITAL_PRESERVATION, 0.5, r"\b(?:regular|steady|monthly|passive|reliable|dividend|stable|retirement|quarterly|need|want|for|some|generate|an) (?:\w+ )?income\b|\blive off\b|\bliving off\b|\bdividends? (?:to live|for income)|\bdividend income\b|\bregular payouts?\b|\bsteady payouts?\b"),
    )
)  # fmt: skip


def objectives(message: Message) -> Iterator[Claim]:
    """Claims on "objectives", one objective each; how often and how strongly they are named makes the mix."""
    for objective, weight, pattern in _WORDS:
        for m in pattern.finditer(message.norm):
            if not usable(message, m.start()):
                continue
            refusing = re.match(r"(?:avoid|no|never|without|not|only|just)\b", m.group())
            if not refusing and is_negated(message, m.start(), 24):
                continue
            if objective in (Objective.SHORT_TERM_GAIN, Objective.LONG_TERM_GAIN) and re.search(
                r"\b(?:avoid|no|only|just)\b[^,.;]*$", message.norm[max(0, m.start() - 20) : m.start()]
            ):
                continue
            quote = message.clause_quote(m.start(), m.end())
            yield Claim(
                "objectives", objective, 0.75, quote, message.turn, m.start(), key=objective.value, weight=weight
            )
            if weight < 1:
                yield Claim(
                    "objectives",
                    Objective.LONG_TERM_GAIN,
                    0.7,
                    quote,
                    message.turn,
                    m.start(),
                    key="long_term_gain",
                    weight=0.5,
                )
