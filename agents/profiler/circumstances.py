"""What the client can afford: ability to bear loss, need for ready money, experience."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence
from datetime import date

from agents.profiler.claims import Claim
from agents.profiler.context import before, is_client, is_negated, is_past, is_supposed, usable
from agents.profiler.quantities import Quantity
from agents.profiler.text import Message
from portfolio.profile import Level

LOW, MEDIUM, HIGH = Level.LOW, Level.MEDIUM, Level.HIGH
_NOT = r"(?:no|not (?:got |have )?(?:an?|any|much)?|without(?: an?| any)?|do not have (?:an?|any|much)|have not got (?:an?|any)|lack(?:ing)?(?: an?)?|never had (?:an?|any)|zero)"

_CAPACITY: tuple[tuple[float, re.Pattern[str]], ...] = tuple(
    (weight, re.compile(pattern))
    for weight, pattern in (
        (-2, r"\b(?:un|self-un)employed\b|\b(?:lost|losing|might lose|may lose|about to lose) my job\b|\b(?:been |got |was )?(?:laid off|made redundant|furloughed)\b|\bout of work\b|\bbetween jobs\b|\bon (?:benefits|disability|welfare)\b|\bno (?:job|income(?! tax)|salary|other income)\b|\bbankrupt\w*"),
        (-2, r"\b(?:all (?:of )?(?:my|our|the)|(?:my|our) (?:entire |whole |only )?life) (?:life )?savings\b|\b(?:my|our) (?:only|entire|whole) (?:savings|nest egg|money|pot)\b|\b(?:it is |this is |is )(?:pretty much |basically |literally |nearly |almost )?(?:everything|all) (?:i|we) (?:have|own|got|have got)\b|\bevery(?:thing| penny| cent) (?:i|we) (?:have|own)\b|\bonly savings\b|\bnothing else (?:to fall back|saved)"),
        (-2, rf"\b{_NOT}\s?(?:real |proper |big )?(?:emergency fund|emergency savings|rainy[- ]day fund|safety net|savings|cushion|buffer|fallback)\b"),
        (-2, r"\b(?:paycheck to paycheck|pay ?check to pay ?check|hand to mouth|make ends meet|behind on (?:rent|bills|payments)|struggling (?:to pay|with bills|financially))\b|\bcan ?not afford (?:to lose|(?:a |any |much |many )?(?:big |large |heavy |major |serious |significant |great )?loss(?:es)?)\b"),
        (-1.5, r"\b(?:credit card|payday|consumer|lots? of|large|big|some|huge|heavy|student|car|personal) (?:loan |card )?debts?\b|\bin debt\b|\bi owe\b|\bdebts? (?:of|on)\b|\boverdrawn\b|\bloans? to (?:pay|repay)"),
        (-0.5, r"\b(?:student|car|personal|education) loans?\b|\bbig mortgage\b|\bhefty mortgage\b|\bmortgage (?:of|is)\b|\bstill paying (?:off )?(?:the|my|our) (?:mortgage|house|home loan)|\bhome loan|\bemi\b"),
        (-1, r"\b(?:sole|only|main) (?:earner|breadwinner|provider|income)\b|\bsingle (?:mum|mom|mother|dad|father|parent|income)\b|\b(?:[2-9]) (?:small |young |little )?(?:kids|children|dependants)\b|\b(?:kids|children|parents|family) (?:who )?(?:depend|rely) on me\b|\bsupport(?:ing)? (?:my |our |elderly )*(?:parents|family|mother|kids|children|mum|mom)\b|\b(?:baby|child) on the way\b|\bexpecting (?:a|our)\b"),
        (-1, r"\b(?:freelanc\w*|gig work\w*|self[- ]employed|contractor|irregular income|seasonal|zero[- ]hours?|commission[- ]only|unstable|unsteady|insecure|shaky|precarious)\b|\b(?:job|work|income|industry|business) (?:is|feels|seems) (?:not (?:very |that |so )?(?:secure|stable|safe)|uncertain|shaky|unstable|at risk|patchy|lumpy|up and down|struggling)|\blayoffs\b"),
        (-1, rf"\b{_NOT}\s?(?:workplace |private |company |real )?pension\b|\bill health\b|\bchronic(?:ally)? ill\w*|\bdisab(?:led|ility)\b|\b(?:only|just) (?:the )?(?:state pension|social security)\b|\bfixed income\b|\bhealth (?:problems|issues)\b"),
        (1, r"\b(?:stable|secure|safe|steady|permanent|tenured|good|solid|government|govt|public[- ]sector|well[- ]paid|well paying|high[- ]paying) (?:\w+ )?(?:job|employment|career|position|salary|paycheck|work)\b|\b(?:have|has|with|my|on|earn|got) (?:an? )?(?:very |pretty )?(?:stable|secure|steady|good|solid) income\b|\b(?:job|income|career|employment|work) (?:is|feels) (?:very |pretty |quite |really |super |rock )?(?:secure|safe|stable|solid|steady)\b|\btenured?\b|\bcivil servant\b|\bsecure (?:in my )?job\b"),
        (1, r"\b(?:have|has|got|with|plus|already|keep|separate|also|sorted|a|full|decent|solid|healthy|good)\s(?:\w+ ){0,3}?(?:emergency fund|emergency savings|rainy[- ]day fund|safety net|cash cushion|cash buffer|cushion|6 months|months? (?:of )?(?:expenses|salary|spending|living))|\bemergency (?:fund|savings) (?:is |are )?(?:sorted|in place|covered|separate|done|full\w*|of|covers)|\b(?:3|4|5|6|8|9|10|12|18|24) months'? ?(?:worth )?(?:of )?(?:my |our |living )?(?:expenses|salary|spending|outgoings|living|costs|savings|income|bills)\b|\b(?:a|1|2) years?'?s? ?(?:worth )?(?:of )?(?:expenses|salary|spending|outgoings)\b"),
        (1, rf"\bdebt[\s-]free\b|\b{_NOT}\s?(?:other |outstanding |bad )?(?:debts?|loans?|liabilities|mortgage)\b|\b(?:mortgage|house|home|flat) (?:is |has been |all )?(?:fully |completely |all )?paid (?:off|for)?\b|\bpaid[- ]off (?:house|home|mortgage)\b|\bpaid off (?:my|our|the) (?:mortgage|house|home|loans?|debts?)\b|\bown (?:my|our) (?:own )?(?:home|house|flat) outright\b|\bown (?:it |the house |my house )?outright\b|\bmortgage[\s-]free\b"),
        (0.5, r"\bno (?:kids|children|dependants|family to support|one depends)\b|\bnobody (?:depends|relies)\b|\b(?:kids|children) (?:are |have )?(?:grown|left home|moved out|independent|flown|all grown)|\bchild[- ]?free\b|\bdinks?\b"),
        (1, r"\b(?:final salary|defined benefit|db|generous|good|decent|solid|gold[- ]plated|government|teachers?'?|nhs|military|state and (?:private|company)|company|comfortable|full) pensions?\b|\bpension (?:covers|pays|is enough|more than covers|sorted)|\bpensions? (?:\w+ ){0,6}?(?:covers?|covered|enough|sufficient|suffices)\b|\b(?:day[ -]to[ -]day|living costs|bills|expenses|outgoings|everything) (?:is|are) (?:all )?(?:covered|taken care of)\b"),
        (1.5, r"\b(?:small|tiny|minor|little) (?:part|portion|fraction|slice|bit|share|percentage) of (?:my|our) (?:wealth|net worth|savings|money|assets|total)\b|\b(?:can|could) afford to lose (?:it|this|some|all|most|the)\b|\bmoney i (?:can|could) (?:afford to )?lose\b|\bplay money\b|\bfun money\b|\bwould not (?:affect|change|hurt) (?:my|our) (?:life|lifestyle|finances)\b|\bfinancially (?:secure|independent|comfortable)\b|\bwell[\s-]off\b|\bwealthy\b|\bmillionaire\b|\bspare (?:cash|money)\b|\bdisposable income\b|\b(?:dual|2|two) incomes?\b|\b(?:lots|plenty) (?:of (?:other )?|in )?(?:savings|cash|assets|reserves)|\bdo not (?:really )?need (?:this|the|it|that) money\b"),
    )
)  # fmt: skip

_LIQUIDITY: tuple[tuple[Level, float, re.Pattern[str]], ...] = tuple(
    (level, confidence, re.compile(pattern))
    for level, confidence, pattern in (
        (LOW, 0.8, r"\b(?:do|will|would|should) not (?:\w+ ){0,2}?(?:need|touch|be touching|be needing|require|use|withdraw|access|miss)(?:\s(?:to (?:touch|access|use|withdraw) )?(?:it|this|that|any of it|any of this|(?:the|this|that|my) (?:money|cash|funds?|savings|capital)|access|soon)\b(?! (?:to retire|much risk))|(?=\s*(?:[.,;!)]|$)|\s(?:for (?:\w+ ){0,2}\d|until|till|before|any ?time)))|\bno (?:immediate |urgent |short[- ]term |real |particular |plans? to |need (?:for|to|of) )+\s?(?:need|use|touch|access|withdraw|the money|it|liquidity|cash|this)\w*|\b(?:(?:lock|locked|tie|tied|stash|squirrel) (?:it |this |the money |money )?|put (?:it |this |the money |money ))(?:away|up)\b|\bset and forget\b|\bset it and forget it\b|\b(?:can|could|happy to|will|just|going to) (?:\w+ )?leave (?:it|this|the money)(?: (?:alone|there|be|in|untouched|invested|for))?\b|\buntouched\b|\bin no (?:hurry|rush)\b|\bnot (?:going to )?(?:touch|touching|needing) (?:it|this)\b|\bwithout touching\b"),
        (HIGH, 0.85, r"\b(?:might|may|could|will|would|going to|likely to|probably|possibly|I) (?:\w+ )?(?:need|have to (?:access|use|withdraw|dip into)|want) (?:to (?:access|use|withdraw|dip into|pull|get at) )?(?:it|this|the money|that|cash|money|access|most of it|my money|all of it|the cash|everything)(?: (?:out|back|all))?(?: (?:\w+ ){0,2}?(?:soon|any ?time|at short notice|early|quickly|on short notice|at any (?:time|moment|point)|within|next|before|in a hurry|suddenly|shortly|unexpectedly|in case|for (?:an )?emergenc\w+|any day|this year))|\b(?:need|want|require|must have|like) (?:easy |quick |instant |ready |immediate |full |constant )*(?:access|liquidity|availability)\b|\b(?:liquid|accessible|withdraw (?:any ?time|at any))\b|\bcash on hand\b|\bat short notice\b|\baccess (?:to )?(?:it|the money|my money|this) (?:any ?time|at any|quickly|whenever|easily|fast)|\bget (?:it|my money|the money) (?:out|back) (?:any ?time|quickly|fast|whenever|at short|when i need)|\bneed it (?:all )?(?:soon|shortly)\b|\b(?:need|want) (?:it|this|them|the money|my money) (?:\w+ )?(?:at )?any (?:moment|time|day)\b|\bliving (?:off|on) (?:my |our )?(?:savings|this)\b|\bneed (?:the|my) (?:money|cash) soon\b|\b(?:this|it) is (?:also )?my emergency fund\b|\bdip into it\b"),
        (MEDIUM, 0.75, r"\bi (?:will )?need (?:roughly |about |around |maybe )?(?:some|part|half|a third|a quarter|a bit) of (?:it|this|the money)\b|\b(?:might|may|could|probably|possibly|will) (?:\w+ )?(?:need|want|have to use|dip into) (?:some|part|a bit|a little|a portion|half|a third|a quarter|\S+ percent)\b|\bsome (?:liquidity|access|of it)\b[^.;]{0,20}\b(?:need|soon|emergenc|just in case)|\bkeep some (?:cash|money|of it) (?:handy|aside|accessible|liquid|available)|\bjust in case\b|\bmight need it\b|\bmay need it\b"),
    )
)  # fmt: skip

_EXPERIENCE: tuple[tuple[Level, Level | None, float, re.Pattern[str]], ...] = tuple(
    (level, opposite, confidence, re.compile(pattern))
    for level, opposite, confidence, pattern in (
        (LOW, None, 0.9, r"\b(?:never|have not|not|hardly|barely|have never|not ever) (?:\w+ )?(?:touched (?:shares|stocks|funds|the (?:stock )?market)|invested|bought (?:a |any )?(?:stocks?|shares?|fund)|traded|owned (?:a |any )?(?:stocks?|shares?)|done (?:this|any of this|any investing|it) before)\b|\b(?:no|not any|not have any|zero|little|not much|limited|without any|very little|minimal|hardly any|not a lot of) (?:investing |investment |real |prior |previous |market |stock market |trading )*(?:experience|knowledge|clue|idea (?:about|what|how|where|of)|understanding)\b|\b(?:know|understand) (?:nothing|very little|next to nothing|little|zilch|sod all|absolutely nothing) about\b|\bdo not (?:really )?(?:know|understand) (?:much|anything|a thing|a lot|the first thing|stocks|shares|investing|the market|finance|how (?:stocks|shares|investing|the market|this))\b|\bclueless\b|\bfirst[\s-]time(?:r)?(?: invest\w+)?\b(?! (?:buyer|home))|\b(?:only|just|always) (?:\w+ )?(?:had|have|used|kept|ever had) (?:\w+ )?(?:a |fixed |bank )*(?:savings? accounts?|bank accounts?|fds?|deposits?)\b|\bfirst (?:\w+ )?investment\b|\bfirst time (?:i am |i )?invest\w*"),
        (LOW, MEDIUM, 0.9, r"\b(?:beginner|novice|newbie|noob|rookie|newcomer|amateur|learner|greenhorn)\b|\b(?:new|quite new|very new|completely new|pretty new|brand new|fairly new|relatively new) to (?:investing|investments?|this|stocks|shares|the (?:stock )?markets?|all (?:of )?this|it all)\b|\bjust (?:starting|started) (?:out|to invest|investing|with)\b|\bstarting out\b|\bfresh(?:er)?(?= to (?:investing|this))|\b(?:inexperienced|unsophisticated)\b"),
        (HIGH, LOW, 0.9, r"\b(?:experienced|seasoned|sophisticated|professional|expert|veteran|accredited|advanced|knowledgeable)\s?(?:investor|trader|with (?:stocks|investing|markets|investments)|in (?:investing|the markets?|stocks|trading))?\b(?! (?:nurse|teacher|driver|engineer|developer|manager|footballer|athlete|help|advice|adviser|advisor))|\b(?:trade|traded|trading|used|sell|sold|write|buy|bought|dealt in|deal in) (?:\w+ )?(?:options|futures|derivatives|forex|fx|cfds|commodities|covered calls|on margin)\b|\boptions trad\w+|\bday[\s-]trad(?:e|er|ing)\b|\b(?:i am|was|worked as|work as|working as) (?:a |an )?(?:\w+ )?(?:trader|fund manager|portfolio manager|stockbroker|investment banker|quant|financial analyst|hedge fund \w+|cfa|equity analyst)\b|\b(?:work|worked) (?:in|at|for) (?:a |an )?(?:finance|investment bank\w*|asset management|hedge fund|banking|private equity|wall street|the city|financial services|trading)\b|\bcfa\b|\bknow (?:what i am doing|my way around|the markets?|stocks (?:very )?well|a lot about)\b|\b(?:lots|plenty|loads|a lot|decades|lifetime|extensive|considerable) of (?:\w+ )?(?:experience|investing)\b|\bextensive (?:\w+ )?experience\b"),
        (MEDIUM, LOW, 0.8, r"\b(?:some|a bit of|a little|moderate|reasonable|decent|average|a few|intermediate|fair(?: amount of)?) (?:investing |investment |prior |market |stock |of )*(?:experience|knowledge|level|investing)\b|\bintermediate\b|\bdabbled?\b|\b(?:own|owned|have|had|held|invest(?:ed)? in|bought|buy|hold) (?:\w+ |some ){0,3}?(?:index funds?|etfs?|mutual funds?|trackers?|unit trusts?|shares before|stocks before|a few (?:stocks|shares|funds)|some (?:stocks|shares|funds))\b|\bstocks and shares isa for\b|\bnot new to (?:this|investing|stocks|the market)|\bknow the basics\b|\bknow a bit\b|\b(?:familiar|comfortable) with (?:investing|stocks|funds|the (?:stock )?market|etfs)|\binvested (?:a (?:bit|little)|before|in the past|previously)\b|\bhave (?:\w+ )?invested (?:in|before)\b"),
    )
)  # fmt: skip
_YEARS_INVESTING = re.compile(
    r"\b(?:invest\w*|trad(?:ed|ing)|in the (?:stock )?market|stocks|shares|funds|markets?|stock picking)\b"
)


def capacity(message: Message) -> Iterator[Claim]:
    """Evidence on "capacity": claims whose `weight` adds up over the whole conversation."""
    taken: list[tuple[int, int]] = []
    for weight, pattern in _CAPACITY:
        for m in pattern.finditer(message.norm):
            if any(a < m.end() and m.start() < b for a, b in taken):
                continue
            own = is_client(message, m.start()) or re.match(r"(?:kids|children|parents|family|\d|no )", m.group())
            clause = message.clause_at(m.start())
            if (
                clause.injected
                or clause.question
                or not own
                or is_supposed(message, m.start())
                or is_past(message, m.start())
            ):
                continue
            if re.search(r"\b(?:if|unless|in case|should) (?:i|we) (?:\w+ )?$", before(message, m.start(), 16)):
                continue
            negatable = not re.match(rf"(?:{_NOT}|can ?not|do not|would not|only|just|debt|lack)\b", m.group())
            if negatable and is_negated(message, m.start(), 22):
                continue
            if (
                weight == 1
                and "emergency" in m.group()
                and re.search(
                    r"\b(?:build|need|want|create|start|save|saving)\b[^,.;]{0,16}$", before(message, m.end() - 14, 30)
                )
            ):
                continue
            taken.append(m.span())
            level = HIGH if weight > 0 else LOW
            yield Claim(
                "capacity", level, 0.7, message.clause_quote(m.start(), m.end()), message.turn, m.start(), weight=weight
            )


def liquidity(message: Message) -> Iterator[Claim]:
    """Claims on "liquidity_need"."""
    taken: list[tuple[int, int]] = []
    for level, confidence, pattern in _LIQUIDITY:
        for m in pattern.finditer(message.norm):
            if any(a < m.end() and m.start() < b for a, b in taken) or not usable(message, m.start()):
                continue
            if level is not LOW and is_negated(message, m.start(), 22):
                continue
            taken.append(m.span())
            yield Claim(
                "liquidity_need", level, confidence, message.clause_quote(m.start(), m.end()), message.turn, m.start()
            )


def experience(message: Message, found: Sequence[Quantity], today: date) -> Iterator[Claim]:
    """Claims on "experience": words, or the years that the client has been investing."""
    for level, opposite, confidence, pattern in _EXPERIENCE:
        for m in pattern.finditer(message.norm):
            if not usable(message, m.start()):
                continue
            value: Level | None = level
            negatable = not re.match(r"(?:never|have not|not|no|zero|hardly|barely|do not|without)\b", m.group())
            if negatable and is_negated(message, m.start(), 20):
                value = opposite
            if value is not None:
                yield Claim(
                    "experience",
                    value,
                    confidence if value is level or level is LOW else 0.65,
                    message.clause_quote(m.start(), m.end()),
                    message.turn,
                    m.start(),
                )
    for q in found:
        lead, tail = before(message, q.start, 45), message.norm[q.end : q.end + 40]
        clause = message.clause_at(q.start)
        if q.kind == "year":
            spoken = bool(
                re.search(r"\b(?:invest\w*|trad\w+|in the market|stocks|shares)\b[^.;]{0,14}\bsince\s$", lead)
            )
        else:
            been = re.search(
                r"\b(?:been|have|having|has|i)\b[^.;]*\bfor\s(?:about |over |more than |around |nearly |almost |the (?:last|past) |at least )?$",
                lead,
            )
            behind = re.match(
                r"\s?(?:of )?(?:(?:investing|investment|market|trading|stock market) )?experience\b|\s?(?:of )?(?:investing|trading)\b|\s?in the (?:stock )?markets?\b",
                tail,
            )
            spoken = q.kind == "duration" and bool(
                (
                    been
                    and _YEARS_INVESTING.search(message.norm[clause.start : q.start])
                    and re.search(r"\b(?:been|invested|traded|owned|held)\b", lead)
                )
                or behind
            )
        if spoken and usable(message, q.start) and not re.search(r"\b(?:want|will|plan|going|would|can)\b", lead):
            years = q.value if q.kind == "duration" else today.year - q.value
            level = LOW if years < 2 else MEDIUM if years < 10 else HIGH
            yield Claim("experience", level, 0.75, message.clause_quote(q.start, q.end), message.turn, q.start)
