"""How much risk the client says they like, and the loss at which they would sell."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence

from agents.profiler.claims import Claim
from agents.profiler.context import after, before, is_client, usable
from agents.profiler.quantities import Quantity
from agents.profiler.text import Message
from portfolio.profile import RISK_BANDS, RiskBand

C, MC, M, MA, A = RISK_BANDS

_BANDS: tuple[tuple[RiskBand, float, RiskBand | None, re.Pattern[str]], ...] = tuple(
    (band, confidence, negated, re.compile(pattern))
    for band, confidence, negated, pattern in (
        # what they call themselves; the third entry is the band that the opposite statement means
        (M, 0.9, None, r"\bnot (?:\w+ )?(?:aggressive|adventurous|a risk[\s-]taker)\b[^.;]{0,24}\bnot (?:\w+ )?(?:conservative|cautious|timid)\b|\bnot (?:\w+ )?(?:conservative|cautious|timid)\b[^.;]{0,24}\bnot (?:\w+ )?(?:aggressive|adventurous)\b"),
        (MC, 0.9, None, r"\b(?:moderate(?:ly)?|fairly|quite|somewhat|a bit|slightly|mildly|relatively|rather)[\s-](?:conservative|cautious|risk[- ]averse|careful)\b|\b(?:low(?:er)?[\s-](?:to|-)[\s-]?(?:medium|moderate)|(?:medium|moderate)[\s-](?:(?:to|-)[\s-]?)?low)\b|\bconservative (?:to|leaning) moderate\b"),
        (MA, 0.9, None, r"\b(?:moderate(?:ly)?|fairly|quite|somewhat|slightly|reasonably|relatively)[\s-](?:aggressive|adventurous|risk[- ]tolerant|bold)\b|\b(?:medium|moderate)[\s-](?:(?:to|-)[\s-]?)?high\b|\bmoderate to aggressive\b|\b(?:calculated|measured) risks?\b|\babove[- ]average (?:financial |investment )?risks?(?:[^.;]{0,24}\babove[- ]average)?"),
        (A, 0.9, M, r"\brisk(?: tolerance| appetite| profile| level)?\s?(?:is|:|=|-|(?<=\s))\s?(?:very |quite |pretty )?(?:high|aggressive)\b|\b(?:very |extremely |super |really |pretty )?aggressive(?:ly)?\b(?! (?:marketing|bank))|\bhigh(?:er)?[\s-]risk(?! (?:of|from|job|industry|pregnancy|driver|condition))\b|\brisk[\s-](?:lover|loving|seeking|seeker)\b|\brisk (?:appetite|tolerance)(?: is|:)? (?:very |quite |pretty )?high\b|\bhigh (?:risk )?(?:appetite|tolerance)\b|\bgo big or go home\b|\bmaximum risk\b|\byolo\b|\ball[- ]in on risk|\bhigh octane\b|\btak(?:e|ing) (?:on )?(?:substantial|considerable|(?:very )?(?:big|large)|huge|great) (?:financial |investment )?risks?\b|\bswing for the fences\b"),
        (C, 0.9, M, r"\b(?:very |extremely |ultra[- ]?|super |really |highly |pretty )?(?:conservative|risk[\s-]?averse|cautious)(?:ly)?\b|\b(?:no|zero|minimal|minimum|lowest|least|without(?: any)?|as little|0) (?:possible )?risks?\b|\brisk[\s-]?free\b|\bhate (?:risk|losing|taking risks?|volatility)\b|\bplay(?:ing)? (?:it )?(?:very )?safe\b|\bsafety first\b|\bas safe as\b|\bsafe as houses\b|\bsafe(?:st)? (?:place|option|investment|side|possible)\w*\b|\bvery low[\s-]risk\b|\b(?:can ?not|do not want to|afraid to|scared (?:of|to)) (?:take (?:any |much )?(?:risks?|chances)|los(?:e|ing) (?:any |my )?(?:money|it|anything|a (?:penny|cent|dime|rupee|single)\w*))|\bscared of (?:the )?(?:markets?|risk|stocks)|\b(?:not |un)willing to take (?:on )?(?:any |big |large )?(?:financial |investment )?risks?\b|\brisk[\s-]avoider\b|\bno loss(?:es)?\b(?=\s*(?:[,.;!)]|$|please\b|and\b|but\b))|\bwithout (?:any )?(?:loss(?:es)?|losing (?:any |my |our )?(?:money|capital|savings|anything|a (?:penny|cent|dime)))\b"),
        (MC, 0.8, None, r"\brisk(?: tolerance| appetite| profile| level)?\s?(?:is|:|=|-|(?<=\s))\s?(?:quite |pretty )?low\b|\blow(?:er)?[\s-]risk\b|\bless(?:er)? risk(?!y (?:stuff|bits))\b|\brisk (?:appetite|tolerance)(?: is|:)? (?:very |quite |pretty )?low\b|\blow (?:risk )?(?:appetite|tolerance)\b|\b(?:do not|not) (?:really |particularly |much )?(?:like|love|enjoy|keen on|fond of|a fan of|into|want|happy with|comfortable with)(?: the| taking| any| much| too much| big)* risks?\b|\bnot (?:too |super |very |that |overly |so |crazy |really )+risky|\b(?:not|never) (?:\w+ to |ever )?tak(?:e|ing) (?:on )?(?:any |too )?(?:many|much|big|large|huge|great) (?:financial |investment )?risks?\b"),
        (M, 0.9, None, r"\b(?:moderate|medium|middle[\s-]of[\s-]the[\s-]road|average|mid|balanced|middling|reasonable)[\s-](?:risks?|investor|tolerance|appetite|approach|portfolio)\b|\brisk[^.;]{0,22}\b(?:moderate|medium|balanced|average|middle|in the middle)\b|\b(?:i am|we are|i would say|call me|put(?: me| us| it)?(?: down)?(?: as| at)?|probably|say|pretty|just|somewhere in the|go for|something) (?:a )?(?:moderate|balanced|middle|medium)\b|\b(?:moderate|balanced)(?=\s*(?:[,.;]|$))|\bmoderate(?= (?:please|i (?:guess|think|suppose)))|\bsome risk\b|(?<!above )(?<!above-)(?<!below )\baverage (?:financial |investment )risks?\b|\bbit of risk\b|\bnot too risky,? not too safe\b|\bmiddle (?:ground|of the road)\b"),
        # what they would do, did, or feel
        (MA, 0.75, None, r"\b(?:can|could|would|will|do not mind|able to|happy to|prepared to|willing to) (?:easily |happily |probably |definitely |certainly )?(?:stomach|ride out|weather|handle|cope with|live with|sit through|put up with|tolerate|take|stand|stick out) (?:a |an |the |some |any |big |large |most |many |few |lots of |the odd )*(?:\w+ )?(?:bad (?:years?|patch|stretch|spell)|ups and downs|swings?|storms?|volatility|dips?|downturns?|drops?|crash(?:es)?|bumps?|corrections?|bear markets?|losses|hits?|falls?|bumpy|turbulence|risks?|rough)\w*|\bups and downs (?:do not|never|will not|would not) (?:bother|worry|scare|faze|trouble) (?:me|us)|\b(?:volatility|market swings?|drops?|dips?|crashes|downturns?|a crash|fluctuations?) (?:do(?:es)? not|never|will not|would not) (?:really )?(?:bother|worry|scare|faze|trouble|keep)|\b(?:do not mind|comfortable with|ok(?:ay)? with|fine with|not (?:afraid|scared|worried|bothered|fussed|averse)(?: of| by| about| to)?|happy with|no problem with|cool with|relaxed about) (?:a bit of |some |a lot of |the |short[- ]term |high |market |big |taking |day to day )*(?:volatility|risks?|swings|ups and downs|fluctuations?|bumps|a bumpy ride|drops?|dips|downturns|losses|red)\b|\bride it out\b|\bnot risk[\s-]?averse\b|\bhigher[\s-]than[\s-]average risk|\b(?:held on|held|hold|stayed (?:the course|put|invested)|kept (?:buying|investing|calm)|did not (?:sell|panic|flinch|touch)|bought (?:more|the dip))\b[^.;]{0,40}\b(?:crash|2008|2009|2020|covid|2022|dropped|fell|down|dot ?com|bear|tanked|when|through|pandemic)|\b(?:2008|2020|covid|2022|crash|pandemic|crisis|dropped|fell)\b[^.;]{0,40}\b(?:held on|i held|sat tight|i (?:\w+ )?sat (?:tight|it out|through)|stayed (?:the course|put|invested)|kept (?:buying|investing|calm)|did not (?:sell|panic|flinch|touch|lose sleep)|bought (?:more|the dip))\b|\bstrong stomach\b|\btake (?:some |a few |more |bigger |reasonable )?risks?\b(?= (?:for|to|if|now|while|with))|\b(?:willing|happy|prepared|ready|able|can afford|like|love|enjoy|want) to take (?:on )?(?:some |a few |more |bigger |higher )?(?:risks?|chances)"),
        (A, 0.75, None, r"\b(?:would|will|i) (?:just |probably |happily |definitely )?(?:buy|double down|add|load up|pour)\w*(?: more)?\b[^.;]{0,24}\b(?:drop\w*|dip\w*|crash\w*|fell|falls?|down|tank\w*|halved?)\b|\b(?:if|when) (?:it|the market|markets|things|stocks|prices|everything)\s(?:\w+ )?(?:drop\w*|crash\w*|fell|falls?|tank\w*|halved?|dips?)[^.;]{0,26}(?:i (?:would|will) )(?:just |probably |happily |definitely )?(?:buy|double down|add)|\bbuy the dip\b|\blove (?:risk|volatility|a gamble|the thrill)\b|\bthrill\b|\bdo not care (?:about|if) (?:risk|volatility|(?:it|they|the market) (?:drops?|crash(?:es)?|falls?|tanks?|dips?|goes down|swings?))|\bhappy to (?:lose|risk) (?:it all|everything|the lot)|\b(?:can|able to|prepared to|willing to|ready to) (?:afford to )?lose (?:it all|everything|all of it|the lot)\b|\bdaredevil\b|\ball or nothing\b|\bmoon\b"),
        (C, 0.9, None, r"\bsold (?:everything|it all|the lot|out|up|all)\b[^.;]{0,30}\b(?:crash|2008|2009|2020|covid|2022|dropped|fell|bottom|march|fear|panic|pandemic)|\b(?:2008|2009|2020|covid|2022|crash|crisis|pandemic|lost \d+\s?%|fell \d+\s?%)(?:(?!\b(?:not|never|business|house|home)\b)[^.;]){0,40}\bsold (?:everything|it all|the lot|all of it|all my|all our)\b"),
        (C, 0.8, MA, r"\b(?:panic|panicked|panicking)(?:[\s-](?:sold|sell|selling))?\b|\b(?:keeps?|kept|keep) (?:me|us) (?:up|awake)\b|\blos(?:e|ing|t) sleep\b|\bsleepless\b|\bsleep at night\b|\b(?:can ?not|could not|would not|never been able to|never could|unable to) (?:stomach|handle|bear|stand|cope with|sleep|take|deal with|tolerate) (?:\w+ ){0,3}?(?:loss(?:es)?|losing|volatility|swings|drops?|ups and downs|risk|if|when|while|any|seeing|watching|stress)\b|\bsold (?:everything|it all|the lot|out|up|all)\b[^.;]{0,30}\b(?:crash|2008|2009|2020|covid|2022|dropped|fell|bottom|march|fear|panic|pandemic)|\b(?:nervous|anxious|terrified|scared|frightened|worried) (?:\w+ )?(?:about |of |by |when |with )?(?:\w+ )?(?:loss(?:es)?|losing|risk|volatility|market|stocks|swings|investing|crash)|\bmakes? me (?:very |really |so )?(?:nervous|anxious|sick|ill|queasy)\b|\bgive me (?:palpitations|nightmares)"),
        (MC, 0.7, None, r"\b(?:not|never) (?:much of |really |exactly )?(?:a |an )?(?:big |huge |great )?(?:risk[- ]?taker|gambler|gambling man|daredevil)\b|\bsteady(?:,? (?:reliable|growth|returns?|and|eddie|away))\b|\bslow and steady\b|\bprefer (?:stability|safety|stable|safe)\w*|\bstable(?:,? (?:predictable|returns|companies|income))\b|\b(?:nothing|not? (?:\w+ )?anything) (?:too )?(?:racy|hairy|silly|risky|speculative)|nothing too (?:risky|wild|crazy|exciting|adventurous)\b|\bnot too (?:much risk|risky|adventurous|wild)|\bkeep it (?:safe|simple and safe)|\bpeace of mind\b|\b(?:safe|secure) (?:investments?|growth|returns?|and (?:steady|boring))|\bboring is (?:good|fine)|\bnothing risky|\bsleep well\b|\bwithstand economic"),
        # "careful" of oneself or of one's money, not "be careful about fees"
        (MC, 0.7, MA, r"\b(?:am|are|being|been|(?:rather|prefer to|like to|want to|need to|have to|tend to|try to|must|should) be)\s(?:a |an )?(?:(?:very|really|pretty|too|so|naturally|always|generally|usually|extremely|more) )?careful(?=\s?(?:[,.;!)]|$|and\b|but\b|because\b|(?:all|most of|my whole|our whole) (?:my |our )?li(?:fe|ves)\b|(?:now|here|by nature|investors?|persons?|people|type|sort|man|woman|\d\d)\b))|(?<=[,;(]\s)(?:very |pretty |quite a )?careful(?=\s?(?:[,.;!)]|$|and\b|but\b))|\bcareful (?:investor|person|by nature|with (?:my |our )?(?:money|savings|investments|nest egg|pension|capital))\b"),
        (MC, 0.7, MA, r"\b(?:am|are|be|being|been|very|rather|quite|fairly)\s(?:an? )?(?:very |rather |quite |always |fairly )?prudent\b(?! (?:to|that|if)\b)|(?:^|[,;(.]\s)(?:very |rather )?prudent(?=\s*(?:[,.;!)]|$|and\b|but\b))|\bprudent (?:investor|person|approach|portfolio|mix|saver|with (?:my |our )?(?:money|savings))"),
        (MC, 0.65, None, r"\b(?:am|are|get|feel|being)\s(?:(?:a (?:bit|little|touch)|quite|rather|very|pretty|somewhat|always|really|still|too) )?(?:nervous|anxious)(?=\s*(?:[,.;!)]|$|and\b|but\b|investors?\b|about (?:this|it|money)\b))|\bnervous investor"),
        (MA, 0.75, MC, r"\bgutsy\b"),
        (A, 0.7, MC, r"\b(?:big |real |natural |born )?risk[\s-]?taker\b|\badventurous\b|\bspeculat(?:ive|e|or)\b|\b(?:maximum|max|highest|explosive|huge|massive) (?:returns?|growth|gains?)\b|\bhigh[\s-]risk[,\s-]+high[\s-](?:reward|return)"),
        (MA, 0.6, None, r"\bhigh(?:er)? (?:returns?|growth)\b[^.;]{0,30}\b(?:potentially )?higher risk|\bnot (?:too |very |that |overly )?(?:conservative|cautious)\b"),
    )
)  # fmt: skip
_OF_ELSE = re.compile(
    r"\s(?:(?:about |on )?optimis\w+|drivers?|driving|riders?|skiers?|eaters?|cooks?|parents?|drinkers?|swimmers?|cyclists?|pilots?|players?|party|part(?:y|ies)|voters?|votes?|politic\w*|dress\w*|famil(?:y|ies)|church|town|values|upbringing|"
    r"estimat\w*|assum\w*|marketing|bank\w*|cancer|dogs?|treatment|disease)\b"
)
"""Behind the word: care or daring in something else than money."""
_RECALLED = re.compile(r"\b(?:have|has|had|was|were|been|made|traded|went|got|ran|did)\b[^,;]*$")
_FEARED = re.compile(
    r"\b(?:afraid|scared|worried|fear|know|understand|aware|if|hear|heard|say|says|means?)\b[^,;]{0,24}$"
)
_SOFT_NOT = re.compile(r"\b(?:not|never|isn't)\s(?:\w+\s){0,3}$")

_SELL = (
    r"(?:sell|selling|sold out|bail|get(?:ting)? out|pull(?:ing)? (?:out|my money|it out|everything)|panic\w*|cash(?:ing)? out|freak(?:ing)? out|run for|quit|jump ship|lose sleep|"
    r"exit|dump|leave|walk away|bottle it|be out|i am out|head for the (?:exit|hills|door)|take my money|could not (?:sleep|take|handle|bear|cope)|would not sleep|call it a day|abandon|stop[- ]loss)"
)
_CANNOT = (
    r"(?:(?:can|could|would|do|will|must|should) not (?:\w+ ){0,2}?(?:stand|stomach|take|handle|bear|afford|tolerate|accept|cope|deal|live|lose|want|risk|drop|fall|go|be|exceed|like|see|watch)|"
    r"(?:never|not) (?:\w+ )?(?:lose|losing|drop|more than)|no more than|not more than|max(?:imum)?|at most|the most|most i|worst|limit|biggest|up to|only|anything (?:over|above|more|beyond|worse)|more than|above|beyond|over)"
)
_BEAR = (
    r"(?:not (?:\w+ )?(?:bothered|worried|fazed|scared|fussed|afraid)|(?:would|do|does|will) not (?:really )?(?:bother|worry|scare|faze|trouble|mind|matter|hurt|kill|panic)|can|could|ok(?:ay)?|fine|comfortable|happy|prepared|willing|accept\w*|"
    r"tolera\w*|stomach|handle|live with|cope|bear|ride out|sit through|no problem|no issue|survive|stand|put up|able|acceptable|bearable)"
)
_LOSS = (
    r"(?:los(?:e|es|ing|t|s|ses)|loss(?:es)?|drop\w*|fall\w*|fell|down(?:turn|side)?|drawdowns?|dip\w*|decline\w*|crash\w*|draw down|dive|slump\w*|sank|sink|shrink|tank\w*|correction|hit|wiped?|plunge\w*|vanish\w*|disappear\w*|in the red|"
    r"decrease\w*|dent|tumble\w*|worse|fluctuation|halv\w*|cut|bad year)"
)
_NOT_LOSS = re.compile(
    r"^\s?(?:a year|per year|annual(?:ly)?|yearly|p\.?a\.?|per annum|return|returns|growth|gain|profit|interest|yield|in (?:the )?(?:tech|cash|bonds|stocks|shares|gold|crypto|health)|(?:tax|income tax|marginal) ?(?:bracket|rate)|bracket|tax|"
    r"of (?:my|our) (?:income|salary|pay|wage|money in)|cagr|apr|equity|stocks|bonds|shares|cash|off\b|deposit|down ?payment|dividend|(?:upside|fee))"
)


def tolerance(message: Message) -> Iterator[Claim]:
    """Claims on "risk_tolerance", one for each telling phrase; a negated self-label means its opposite or nothing."""
    taken: list[tuple[int, int]] = []
    yield from _scaled(message, taken)
    for band, confidence, negated, pattern in _BANDS:
        for m in pattern.finditer(message.norm):
            # "cautious" inside "moderately cautious" says nothing of its own
            if any(a <= m.start() and m.end() <= b for a, b in taken) or not usable(message, m.start()):
                continue
            taken.append(m.span())
            clause = message.clause_at(m.start())
            lead = message.norm[clause.start : m.start()]
            value: RiskBand | None = band
            sure = confidence
            if _SOFT_NOT.search(lead) and not re.match(
                r"(?:no|zero|without|not|can|do not|did not|could|would|never)\b", m.group()
            ):
                value, sure = negated, 0.55
            if value is None or re.search(r"\b(?:less|more|do you|avoid|than)\s$", lead[-10:]):
                continue
            if _OF_ELSE.match(message.norm, m.end()) or _recalled(m.group(), lead):
                continue
            if re.search(r"\b(?:over|than|instead of) (?:\w+ ){0,4}$", lead):
                continue  # what they would rather not have: "growth over more stable companies"
            quote = message.clause_quote(m.start(), m.end())
            yield Claim("risk_tolerance", value, sure, quote, message.turn, m.start())


def _recalled(words: str, lead: str) -> bool:
    """ "I traded for years without losses", "I know that I can lose it all": a report or a fear, no wish."""
    return (words.startswith(("without los", "without any los", "no los")) and _RECALLED.search(lead) is not None) or (
        re.match(r"(?:can|able).* lose ", words) is not None and _FEARED.search(lead) is not None
    )


_SCALE = re.compile(
    r"\b(?P<n>\d{1,2})(?:\s?/\s?|\s?(?:out of|of)\s)(?P<of>5|7|10)\b(?=[^.;]{0,30}\brisk)|\brisk[^.;\d]{0,30}(?P<m>\d{1,2})(?:\s?/\s?|\s?(?:out of|of)\s)(?P<mof>5|7|10)\b"
)


def _scaled(message: Message, taken: list[tuple[int, int]]) -> Iterator[Claim]:
    """ "6 out of 10 on risk": the place on a scale from one, in five steps."""
    for m in _SCALE.finditer(message.norm):
        mark, top = int(m["n"] or m["m"]), int(m["of"] or m["mof"])
        if mark <= top and usable(message, m.start()):
            band = RISK_BANDS[round((max(mark, 1) - 1) / (top - 1) * (len(RISK_BANDS) - 1))]
            taken.append(m.span())
            yield Claim("risk_tolerance", band, 0.8, message.clause_quote(m.start(), m.end()), message.turn, m.start())


_SOLD = re.compile(r"\b(?:sell|selling|sold)\s(?:off )?(?:maybe |perhaps |about |around |roughly |at least )?$")


def losses(message: Message, found: Sequence[Quantity]) -> Iterator[Claim]:
    """Claims on "loss_limit", a positive fraction: where they would sell, or the most that they say they could bear."""
    for q in found:
        if q.kind != "percent" or q.value > 1 or not is_client(message, q.start):
            continue
        clause = message.clause_at(q.start)
        if clause.injected or clause.question or _gains(message, q):
            continue
        lead, tail = before(message, q.start, 75), after(message, q.end, 75)
        if _SOLD.search(lead) and not re.match(rf"\s(?:\w+ )?{_LOSS}\b", tail):
            continue  # "sell half": how much would be sold, not at which loss
        near = lead[-42:] + " # " + tail[:34]
        loss = q.negative or re.search(rf"\b{_LOSS}\b", near)
        acts = re.search(rf"\b{_SELL}\b", lead + " # " + tail)
        limits = re.search(rf"\b{_CANNOT}\b", lead[-60:]) or re.search(
            r"\b(?:max(?:imum)?|at most|tops|is my limit|or more|would be too|is (?:too much|the most|my (?:max\w*|limit|pain|ceiling|threshold|tolerance|absolute|upper|worst))|and i (?:am|would)|would (?:hurt|kill|ruin|keep (?:me|us) (?:up|awake)|give (?:me|us) (?:nightmares|sleepless)))\b",
            tail,
        )
        bears = re.search(rf"\b{_BEAR}\b", lead + " # " + tail)
        happened = bool(
            re.search(
                r"\b(?:i|we|it|portfolio|which|crypto|market) (?:have |had )?(?:lost|fell|dropped|sold|panic\w*|went)\b",
                lead[-50:],
            )
        ) and not re.search(r"\bif\b|\bwould\b", lead)
        happened = happened or bool(
            re.search(r"\b(?:in|since|during|back in) (?:march )?(?:20[012]\d|the crash|covid)\b", tail[:30])
        )
        wins = (
            re.search(r"\b(?:return|gain|make|earn|grow|growth|profit|yield|up)\b[^,.;]{0,14}$", lead)
            and not q.negative
        )
        if happened or wins or not (loss or acts):
            continue
        if loss and not (
            acts or limits or bears or q.negative or re.search(r"\b(?:loss|drawdown)[\s-](?:limit|tolerance)", near)
        ):
            continue
        sure = 0.9 if acts or limits else 0.75
        yield Claim(
            "loss_limit",
            round(q.value, 4),
            sure - (0.15 if q.approximate else 0),
            _loss_quote(message, q),
            message.turn,
            q.start,
            unit="percent",
        )
    nothing = re.compile(
        r"\b(?:can ?not|could not|must not|do not want to|will not|never want to|not willing to|refuse to) (?:\w+ )?(?:afford to )?lose (?:any(?:thing|\b(?: of (?:it|this|that|my money|the money|the capital))?(?: money| capital)?)|a (?:single )?(?:penny|cent|dime|dollar|rupee|pound)|(?:my )?(?:principal|capital))\b|\bno loss(?:es)? (?:at all|whatsoever|allowed|acceptable)|\b(?:zero|no) loss tolerance"
    )
    for m in nothing.finditer(message.norm):
        if usable(message, m.start()) and not re.match(r"[^.;,]{0,12}(?:more than|over \d)", message.norm[m.end() :]):
            yield Claim(
                "loss_limit",
                0.0,
                0.7,
                message.clause_quote(m.start(), m.end()),
                message.turn,
                m.start(),
                unit="percent",
            )
    for m in re.finditer(
        r"\b(?:sell|bail|panic\w*|get out|could not (?:take|handle|bear)|pull out|out)\b[^.;]{0,30}\b(?:it|portfolio|value|investments?|money|they|market)\s(?:\w+ )?halv(?:ed|es)\b|\bhalv(?:ed|es|ing)\b[^.;]{0,30}\b(?:sell|bail|panic|get out|pull out)\b",
        message.norm,
    ):
        if usable(message, m.start()):
            yield Claim(
                "loss_limit",
                0.5,
                0.85,
                message.clause_quote(m.start(), m.end()),
                message.turn,
                m.start(),
                unit="percent",
            )


def _gains(message: Message, q: Quantity) -> bool:
    """Whether the words behind the number make it a return, a rate or a share of something, not a loss."""
    tail = message.norm[q.end : q.end + 24]
    yearly = re.match(r"\s?(?:a|per|each) year|\s?(?:yearly|p\.?a)", tail) and re.search(
        rf"\b{_LOSS}\b", before(message, q.start, 30)
    )
    return _NOT_LOSS.search(tail) is not None and not yearly


def _loss_quote(message: Message, q: Quantity) -> str:
    """The clause of the number, with its neighbour when the verdict stands there ("if it fell 20%, I'd sell")."""
    clause = message.clause_at(q.start)
    text = message.norm[clause.start : clause.end]
    if not re.search(rf"\b(?:{_SELL}|{_CANNOT}|{_BEAR})\b", text):
        clauses = message.clauses
        index = clauses.index(clause)
        if index + 1 < len(clauses) and clauses[index + 1].sentence == clause.sentence:
            return message.quote(clause.start, clauses[index + 1].end)
    return message.clause_quote(q.start, q.end)
