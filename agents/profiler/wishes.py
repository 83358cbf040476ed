"""What the client will not hold, and what they would like more or less of; caps and floors are read in `bounds`."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence

from agents.profiler.bounds import bounds
from agents.profiler.claims import Claim
from agents.profiler.context import before, is_client, is_supposed
from agents.profiler.quantities import Quantity
from agents.profiler.regions import left_out
from agents.profiler.targets import BESIDE, STYLES, Target, targets
from agents.profiler.text import Message, Span
from portfolio.profile import Exclusion, Preference
from portfolio.themes import HALAL, HALAL_WORDS, VEGAN, VEGAN_WORDS
from portfolio.universe import Universe

_FINE = re.compile(
    r"\b(?:not (?:opposed|against|averse)(?: to)?|no (?:problem|issue|objections?|qualms|worries)s? (?:with|to|about|holding|owning)|do not (?:really )?mind|nothing against|not (?:bothered|fussed|worried) (?:by|about)|"
    r"(?:fine|ok|okay|cool|happy|comfortable) (?:with|to (?:hold|own|include|have))|no restrictions? (?:on|about)|do not care (?:about|if|whether)|not averse to|do not exclude|do not avoid|no need to (?:avoid|exclude)|have nothing against|would not mind|can live with)\b"
)
_BACK = re.compile(
    r"\b(?:forget (?:what i said )?(?:about)?|scrap|never mind(?: about)?|nevermind(?: about)?|changed my mind (?:about|on)|ignore (?:what i said about|the)|lift the|drop the|remove the|take back|cancel the|scratch|"
    r"you (?:can|may) (?:include|add|put back|use|buy|have)|(?:can|may|let us|please) (?:include|put back|allow|bring back|add back)|allow|bring back|put back|no longer (?:mind|against|opposed to|want to (?:avoid|exclude))|i take back)\b"
)
_BACK_AFTER = re.compile(
    r"^\s?(?:stocks?|shares?|companies|exclusion|ban|rule|thing)?\s?(?:(?:ok|okay|fine|alright)\b|(?:is|are|would be|it is) (?:actually |now |perfectly |totally |all |probably |really |quite )*(?:fine|ok|okay|alright|allowed|acceptable|good|not a problem|back in)|(?:do|does) not (?:bother|worry) me|(?:can|may) (?:stay|come back|be included))\b"
)
_SOFT = re.compile(
    r"\b(?:(?:would )?(?:prefer|rather) (?:not|less|fewer)(?: to)?|prefer (?:not to|to (?:limit|reduce))|not (?:too |very |really |that |so |particularly |super )?(?:keen on|fond of|crazy about|big on|sold on|excited (?:by|about)|interested in|into|convinced by)|not a (?:big |huge |great )?fan of|"
    r"do not (?:really |particularly |much )?(?:like|love|trust|fancy|rate)|less(?: of)?|fewer|underweight|light on|go easy on|wary of|cautious (?:about|of|on)|sceptical (?:of|about)|skeptical (?:of|about)|uninterested in|dislike|not too much|bearish on|limit my|reduce)\b"
)
_HARD = re.compile(
    r"\b(?:no(?! (?:more than|less than|idea|doubt|one|need|problem|rush|hurry|experience|kids|children|debts?|mortgage|job|pension|emergency|risk|income|i\b|interest in|clue|knowledge|longer|matter|preference|particular|other|savings|loans?|thanks|dependants|way|limit|worries|restrictions?|cash|plans?|stock market experience)\b)|"
    r"none of|nothing (?:in|to do with|from|related to|involving|with|connected (?:to|with)|that(?: \w+)?(?=\s))|nothing(?! (?:too|over|above|more|against|else|is|to lose|to fear|fancy|specific|particular|special)\b)|anything (?:but|except|connected (?:to|with)|to do with)|without(?! (?:touching|needing|selling|an?\b|any (?:risk|experience|debt)))|avoid(?:s|ing)?|exclud(?:e|es|ing)|except(?: for)?|stay(?:ing)? (?:away from|clear of|out of|off)|steer(?:ing)? clear of|"
    r"keep (?:me |us |it |my money )?(?:out of|away from|clear of|free (?:of|from))|(?:do|would|will|can|could|should|must|may) not (?:ever |really |personally |in good conscience |knowingly )?(?:want(?: to (?:hold|own|buy|invest in|support|fund|touch|be in|have|put (?:any )?money (?:in|into)))?|touch(?:ing)?|invest in|buy|own|hold|support|fund|believe in|go near|have|include|do|profit from|finance|put (?:any |my )?money (?:in|into))|"
    r"never (?:ever )?(?:touch|buy|own|invest in|hold|want|fund|support|again)|not (?:buy|own|hold|invest in|touch|use|include|go near|go into|touching|buying|holding|investing in|in|on|any|even|want)|refuse(?: to)? (?:\w+ )?(?:buy|hold|own|invest in|support|fund|touch)?|apart from|hate|detest|despise|loathe|boycott(?:ing)?|against|opposed to|object(?:ion)? to|zero(?: exposure to)?|ban|skip|leave out|rule out|ruling out|steer off|"
    r"can ?not (?:hold|own|buy|stand|invest in|touch|trade|have|abide)|not allowed to (?:hold|own|buy|trade)|minus|bar(?:ring)?(?= )|other than|screen out|(?:ethical |negative |exclusion )?screens?(?= |:)|divest(?:ed)? from|rid of|allergic to|morally opposed to|ethically opposed to|must exclude|but not|and not|ex(?=[- ])|(?:rather|prefer) not (?:to )?(?:hold|own|have|invest in|support|buy|fund|be in|touch|profit from))\b|\bexclusions?\s?(?:are|is|:|=|-)"
)
_HARD_AFTER = re.compile(
    r"^\s?(?:stocks?|shares?|compan(?:y|ies)|firms|stuff|or anything like that)?,?\s?(?:(?:is|are) (?:\w+ ){0,2}?(?:out|off(?: the table| limits)?|a no(?:-go| go)?|no[- ]go|not for me|forbidden|banned|haram|evil|against my|immoral|unethical|not allowed|excluded|a hard no|prohibited)|(?:go|goes|going) against my|-?\s?free\b|are not (?:for me|allowed|acceptable|ok)|is not (?:for me|acceptable|ok|something i)|"
    r"\? (?:no|never|not for me)|disgusts? me|makes? me sick|killed my|no thanks|no thank you|: no\b|not welcome|out please|- no\b)"
)
_MORE = re.compile(
    r"\b(?:prefer(?:ence)?(?: for)?|like(?! (?:a|to (?:avoid|exclude)))|love|favou?r|lean(?:ing)? (?:towards?|to|on)|interest(?:ed)? (?:in|is)|keen on|more (?:of )?|focus(?:ed|ing)? (?:on)?|overweight|tilt(?:ed)? (?:towards?|to)|bullish on|believe in|big believer in|fan of|want (?:some |more |to (?:invest in|buy|own|hold|back|support|be in) )?|want(?=(?: (?:only|mostly|mainly|lots of|plenty of|good|high|big|solid))?\s*$)|into|go for|invest(?:ing)? in|"
    r"would like(?: some| more)?|mostly|mainly|heavy on|excited (?:about|by)|passionate about|support|drawn to|back|explore|care more about|exposure to|load up on|try|(?:put|throw|chuck) (?:it |my money |everything |it all |all of it |the money |the lot |\d+% |[$£€]?[\d,.]+\s?(?:k|grand|thousand)? )?(?:all )?(?:in|into|at)|all in on|all(?: my money)? in(?:to)?|bet on|optimistic about|everything in(?:to)?|only|just|familiar with|stick (?:to|with)|choose|include|interest in|rather have|all|it all in)\b"
)
_ONLY_AFTER = re.compile(
    r"^(?:,? (?:and|or|&) [a-z][\w-]{2,20}(?: (?:funds?|stocks?|shares?))?)?(?:\s(?:stocks?|shares?|compan(?:y|ies)|funds?|etfs?|investments?|ones?))?\s(?:only|exclusively|and nothing else)\b(?!\s(?:an?|if|when|in|for|up|at|with|some|the|as|because|\d))"
)
""" "Index funds only": a wish of its own, whatever was ruled out before it."""
_REFUSED = re.compile(r"\b(?:not|never)\b(?:\s\w+){0,2}\s*$")
_EXCEPT = re.compile(r"except(?: for)?|apart from|other than|besides|excluding|anything (?:but|except)")
_STRONG = re.compile(
    r"\b(?:love|mostly|mainly|heav\w+|really|very|strong\w*|passionate|all in|overweight|big believer|focus\w*|only|everything|all|100%|just)\b"
)
_STOP = re.compile(
    r"[;.!?\n]|(?<!anything )\bbut\b(?! not)|\bhowever\b|\bthough\b|\bbecause\b|\bsince\b|\bso that\b|,?\s(?:and|,)?\s?(?:i|we) (?:am|have|want|would|like|love|earn|need|will|can|also|prefer|do|don't|own|hold|work|think|believe|plan|might|may|make|just|know)\b|\b(?:my|our) (?:wife|husband|goal|income|salary|age|horizon)\b|,\s(?:prefer|like|love|want|happy|fine|mostly|mainly|ideally|just|keep|put|at (?:most|least)|max|only|in \d|maybe)\b|\bplease keep\b"
)
_MORE_AFTER = re.compile(
    r"^\s?(?:stocks?|shares?|compan(?:y|ies)|sectors?|industr(?:y|ies))?\s?(?:is|are|would be|sounds?|seems?|looks?) (?:a bit |much |more |the |really |very |what i |where (?:it is at|i ))*(?:better|best|preferable|preferred|great|ideal|attractive|convenient|appealing|interesting|my (?:choice|preference|favou?rites?)|want|prefer|(?<=where )it is at|(?<=where it is )at)\b|^\s?(?:is|are) where it is at\b"
)


def wishes(message: Message, found: Sequence[Quantity], universe: Universe) -> Iterator[Claim]:
    """Claims on "exclusions" and "preferences", and withdrawals of earlier exclusions."""
    bounded = list(bounds(message, found, universe))
    yield from (claim for claim, _ in bounded)
    used = [stretch for _, stretch in bounded]
    for sentence in message.sentences:
        clause = message.clause_at(sentence.start)
        named = [
            t
            for t in targets(message, sentence.start, sentence.end, universe)
            if not any(t.start < s.end and s.start < t.end for s in used)
            and not re.search(r"\bnon[\s-]+$", message.norm[: t.start])
        ]
        if is_supposed(message, sentence.end - 1):
            continue
        yield from _faith(message, sentence, named)
        for target in named:
            yield from _verdict(message, sentence, target, clause.question, clause.injected)
    yield from _referred(message, universe)
    yield from left_out(message, universe)


_ANY = re.compile(
    r"\b(?:(?:do|would|will) not (?:want|touch|like|hold|buy|own)(?: to (?:hold|own|buy|touch|have))?|not touching|not for|avoid|stay away from|hate|no to) "
    r"(?:any(?: of (?:it|that|them|those))?|them|those|that stuff|such things)\b(?=\s*(?:[,.;!]|$))"
)


def _referred(message: Message, universe: Universe) -> Iterator[Claim]:
    """ "He loves crypto; I do not want any": the pronoun means what was named last."""
    for m in _ANY.finditer(message.norm):
        clause = message.clause_at(m.start())
        named = [
            t
            for t in targets(message, max(0, m.start() - 90), m.start(), universe)
            if not t.loose and t.kind != "asset_class"
        ]
        if named and not (clause.question or clause.injected) and is_client(message, m.start()):
            target = named[-1]
            place = (message.clause_quote(m.start(), m.end()), message.turn, m.start())
            key = f"{target.kind}:{target.key}"
            yield Claim("exclusions", Exclusion(kind=target.kind, key=target.key), 0.7, *place, key=key)


def _verdict(message: Message, sentence: Span, target: Target, question: bool, injected: bool) -> Iterator[Claim]:
    if target.loose and not _stands_alone(message, sentence, target):
        return
    cue, at = _cue(message, sentence, target)
    if cue == "" or not is_client(message, at) or _past_holding(message, target):
        return
    key = f"{target.kind}:{target.key}"
    quote = _quote(message, at, target)
    place = (quote, message.turn, target.start)
    if injected:
        if cue == "more" and not target.loose:
            yield Claim("preferences", Preference(kind=target.kind, key=target.key, weight=0.5), 0.3, *place, key=key)
        return
    if cue in ("back", "fine"):
        yield Claim("exclusions", None, 0.8, *place, op="remove", key=key)
        return
    if cue == "hard" and not question:
        if target.kind == "asset_class" and target.key == "cash":
            return
        yield Claim("exclusions", Exclusion(kind=target.kind, key=target.key), 0.92, *place, key=key)
    elif cue == "soft" and not (question or (target.loose and target.key == "cash")):
        yield Claim("preferences", Preference(kind=target.kind, key=target.key, weight=-0.5), 0.75, *place, key=key)
    elif cue == "more" and not question:
        words = message.norm[max(sentence.start, at - 12) : target.start]
        strong = (_STRONG.search(words) or _ONLY_AFTER.search(message.norm[target.end : sentence.end])) is not None
        if target.loose and not (strong and target.key != "cash"):
            return
        weight = 0.9 if strong else 0.5
        yield Claim("preferences", Preference(kind=target.kind, key=target.key, weight=weight), 0.75, *place, key=key)


def _stands_alone(message: Message, sentence: Span, target: Target) -> bool:
    """Whether an everyday word is meant by itself: "no stocks", not "no booze stocks" or "a stocks and shares account"."""
    lead = message.norm[sentence.start : target.start]
    return (
        re.search(
            r"(?:\b(?:no|any|in|into|of|the|avoid|all|own|buy|want|hold|like|love|prefer|only|just|not|out|and|or|more|to|with|for|on|some|towards?|into|100%)|,|^)\s*$",
            lead,
        )
        is not None
        and re.match(r"\s(?:account|isa|market|picking|tip)", message.norm[target.end :]) is None
    )


def _cue(message: Message, sentence: Span, target: Target) -> tuple[str, int]:  # noqa: PLR0911 - one rule a line
    """The word that judges the target: the nearest cue before it with no stop between, or one right behind it."""
    tail = message.norm[target.end : min(sentence.end + 20, target.end + 50)]
    alone = _alone(message, sentence, target) if _ONLY_AFTER.search(tail) else None
    if alone is not None:
        return alone, target.start
    if _BACK_AFTER.search(tail):
        return "back", target.start
    if _HARD_AFTER.search(tail):
        return "hard", target.start
    if re.match(r"[\s-]free\b", tail):
        return "hard", target.start
    if _MORE_AFTER.search(tail):
        return "more", target.start
    lead = message.norm[sentence.start : target.start]
    stops = [m.end() for m in _STOP.finditer(lead)]
    floor = stops[-1] if stops else 0
    # A stop may itself open with the cue ("..., prefer banks"): search from its first word on.
    begin = max((m.start() for m in _STOP.finditer(lead)), default=0)
    cues = [
        (m.start(), m.end(), name)
        for name, pattern in (("back", _BACK), ("fine", _FINE), ("soft", _SOFT), ("hard", _HARD), ("more", _MORE))
        for m in pattern.finditer(lead, begin)
        if m.end() >= floor
    ]
    # A cue inside a longer one ("want" inside "do not want") is not a cue; of the rest the nearest judges.
    cues = [c for c in cues if not any(o[0] <= c[0] and c[1] <= o[1] and (o[1] - o[0]) > (c[1] - c[0]) for o in cues)]
    if not cues:
        # "Growth stocks. I am willing to take risks": a kind of share may stand as a sentence of its own
        whole = sentence if target.key in STYLES else Span(0, len(message.norm))
        rest = message.norm[whole.start : target.start] + " " + message.norm[target.end : whole.end]
        bare = re.sub(r"[^a-z]+", " ", rest).strip()
        leftover = [w for w in bare.split() if w not in BESIDE]
        if not leftover and not target.loose:
            return "more", target.start
        return "", target.start
    at, end, name = max(cues, key=lambda c: c[1])
    between = lead[end:]
    if name == "more" and re.search(r"\b(?:not|never|do not|no longer)\s(?:\w+\s)?$", lead[max(0, at - 14) : at]):
        name = "soft"
    if name == "more" and (len(between) > 70 or re.search(r"\b(?:work\w*|job|lost|lose)\b", between)):
        return "", target.start
    if name == "hard" and _EXCEPT.fullmatch(lead[at:end]) and _excludes_before(message, sentence, lead[:at]):
        return "fine", sentence.start + at
    if name == "hard" and (_is_condition(lead, at, between) or len(between) > 110):
        return "", target.start
    return name, sentence.start + at


def _alone(message: Message, sentence: Span, target: Target) -> str | None:
    """What "only" behind a target makes of it: a wish, nothing ("I do not want shares only"), or None: its cue judges.

    Only the words since the last comma speak of it; what is a kind of asset or of share rather than a business parts
    from "no tobacco and ..." too.
    """
    parts = (
        r",|;|:|\b(?:but|so|then|and)\b" if target.kind == "asset_class" or target.key in STYLES else r",|;|:|\bbut\b"
    )
    own = re.split(parts, message.norm[sentence.start : target.start])[-1]
    if _REFUSED.search(own):
        return ""
    return None if _HARD.search(own) or _SOFT.search(own) else "more"


def _excludes_before(message: Message, sentence: Span, lead: str) -> bool:
    """ "No banks except JPMorgan", "No weapons. Well, except Boeing": an exception from what was just excluded."""
    said = (
        lead
        if re.search(r"[a-z]{4}", lead.replace("well", ""))
        else message.norm[max(0, sentence.start - 80) : sentence.start]
    )
    return any(_EXCEPT.fullmatch(m.group()) is None for m in _HARD.finditer(said))


def _is_condition(lead: str, at: int, between: str) -> bool:
    """ "Not all in tech", "not only shares", "no more than ... in", "not sure about": no exclusion."""
    cue = lead[at:]
    if re.match(
        r"(?:not|no) (?:all|only|just|sure|necessarily|too much|more|entirely|exclusively|everything|much (?:in|of))\b",
        cue,
    ):
        return True
    if re.match(
        r"(?:do|would|will|should|can|could) not (?:want )?(?:\w+ )?(?:all|only|just|too much|everything|more than)\b",
        cue,
    ):
        return True
    if re.search(r"\b(?:all|only|just|too much|everything|more than|over)\b", between[:24]) and re.search(
        r"\bnot\b", cue[:20]
    ):
        return True
    if re.search(
        r"\b(?:experience|knowledge|idea|clue|debts?|years?|pension|lose|losing|loss)\b", between
    ) and not re.search(r"\bor\b", between):
        return True
    if re.match(r"(?:do|can|could|would|should) not (?:have|own|hold|do|want)$|have", cue) and re.search(
        r"\b(?:any|a lot of|much)\s(?:money|savings|experience)", between
    ):
        return True
    return bool(re.search(r"\b(?:should|shall|do) (?:i|we)\s$", lead[:at]))


def _past_holding(message: Message, target: Target) -> bool:
    lead = before(message, target.start, 40)
    return re.search(
        r"\b(?:own|owned|hold|shares (?:of|in)|bought|sold|worth of|lost (?:\w+ ){0,3}(?:in|on)|invested in|burned by|burnt by|work (?:at|for|in)|worked (?:at|for|in)|works (?:at|for|in)|job (?:at|in)|earn\w* .{0,10}at)\s(?:\w+\s)?$",
        lead,
    ) is not None and not re.search(r"\b(?:no|not|never|avoid|without|want to|to|like)\b", lead)


def _quote(message: Message, at: int, target: Target) -> str:
    start, end = min(at, target.start), target.end
    behind = message.norm[target.end : target.end + 50]
    tail = _HARD_AFTER.match(behind) or _BACK_AFTER.match(behind) or _ONLY_AFTER.match(behind)
    return message.quote(start, end + (tail.end() if tail else 0))


def _faith(message: Message, sentence: Span, named: Sequence[Target]) -> Iterator[Claim]:
    """ "Halal only", "I'm vegan": one word that shuns several things."""
    text = message.norm[sentence.start : sentence.end]
    for words, keys in ((HALAL_WORDS, HALAL), (VEGAN_WORDS, VEGAN)):
        for word in words:
            m = re.search(rf"(?<!non[ -])(?<!not )\b{word}\b", text)
            if m is None or any(t.start == sentence.start + m.start() and words is HALAL_WORDS for t in named):
                continue
            at = sentence.start + m.start()
            clause = message.clause_at(at)
            if is_client(message, at) and not (clause.injected or clause.question):
                for key in keys:
                    quote = message.clause_quote(at, at + len(word))
                    yield Claim(
                        "exclusions", Exclusion(kind="theme", key=key), 0.8, quote, message.turn, at, key=f"theme:{key}"
                    )
                break
