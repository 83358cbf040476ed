"""What the money is for, when, and how much: goals, and the horizon where the client names one."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from agents.profiler.claims import Claim
from agents.profiler.context import RELATIVES, after, before, is_client, is_negated, is_past, is_supposed
from agents.profiler.money import roles
from agents.profiler.people import WHO
from agents.profiler.quantities import Quantity
from agents.profiler.text import Clause, Message
from portfolio.profile import Goal, GoalKind

_KINDS: tuple[tuple[GoalKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (GoalKind.RETIREMENT, r"\bretir(?:e|ement|ing)\b|\bstop(?:ping)? work(?:ing)?\b|\bfinancial(?:ly)? independen\w+|\bquit(?:ting)? (?:work|my job)\b|\bpension pot\b|\bold age\b|\bgolden years\b|\bhang up my boots\b|\bnest egg\b|\b(?:until|till|before|years? (?:to|from|off|away from)) (?:i (?:get|draw|collect|take) )?(?:my|our|the) (?:state |company |work(?:place)? )?pension\b"),
        (GoalKind.HOUSE, r"\b(?:buy(?:ing)?|purchas\w+|get(?:ting)?|for|own|deposit (?:on|for)|down ?payment (?:on|for)|towards|on the|move into|build|upgrade to)\s+(?:\w+\s){0,3}?(?:house|home|flat|apartment|condo|place of (?:my|our) own|property ladder|cottage|bungalow|plot|villa|cabin)\b|\b(?:house|home|flat|apartment|condo)(?= (?:in|within|by|deposit|purchase|fund|goal|down|next|around))|\b(?:house|home|mortgage) deposit\b|\bdown ?payment\b|\bdeposit\b(?= (?:in|for|by|within))|\bproperty ladder\b|\bfirst home\b|\bfirst (?:house|flat)\b|(?<!rent )(?<!renting )\b(?:a|an|another) (?:\w+ ){0,2}?(?:house|home|flat|apartment|condo) (?:of (?:my|our) own )?again\b|\b(?:house|home|flat|apartment|condo|place)\b[^.!?]{0,60}\bbuy(?:ing)? (?:one |something )?again\b|\b(?:house|home)\b(?= goal)"),
        (GoalKind.EDUCATION, r"\b(?:college|uni|university|tuition|school fees|private school|education|degree|mba|masters|grad school|529|medical school|law school|schooling|studies)\b(?! (?:graduate|student|debt|loan|degree already|endowment))"),
        (GoalKind.EMERGENCY, r"\b(?:build|create|start|set up|need|saving|save|grow)\w*\s(?:\w+\s){0,3}?(?:emergency fund|rainy[- ]day fund|safety net|cushion|buffer)\b"),
        (GoalKind.INCOME, r"\b(?:regular|steady|monthly|passive|extra|retirement|reliable|some|an|provid\w+ (?:an )?|generat\w+|supplement\w* (?:my |our )?|dividend|need|want|investment|quarterly|stable)\s(?:\w+\s)?(?:income|payouts?|cash ?flow)\b|\bincome (?:from (?:it|this|my (?:investments|portfolio|savings))|stream|goal|now|investor)\b|\b(?:live|living) (?:partly |mostly |partially |mainly |entirely )?(?:off|on) (?:it|this|the|my|dividends|of)\b|\bliving off\b|\bpay (?:my|the|our) bills\b|\bdraw(?:ing)? (?:down|on it|an income)\b|\bsupplement (?:my|our) pension\b|\bfor income\b"),
        (GoalKind.PURCHASE, r"\b(?:wedding|honeymoon|(?:a |new |second[- ]hand |used |first |sports |electric )(?:car|motorbike|van|boat|yacht|truck|kitchen|roof|extension)|car(?= (?:in|within|by|next))|camper ?van|motorhome|rv|renovat\w+|sabbatical|round[- ]the[- ]world|(?:big |dream |family |world )?(?:holiday|vacation|trip|cruise)|travel(?:ling|ing)?(?= (?:the world|in|for|next))|(?:start(?:ing)?|open(?:ing)?|launch(?:ing)?|fund(?:ing)?|establish(?:ing)?|set(?:ting)? up) (?:\w+ ){0,3}(?:business|company|cafe|shop|restaurant|bakery|startup|practice|salon)|hajj|ivf|surgery|adopt\w* a|gap year|boat|dowry|pilgrimage)\b|\b\d[\d.,]*\s?(?:k|thousand|grand|pounds|dollars|euros|quid)?\s(?:or so )?for (?:a |the |my |our |some )?(?:new |urgent )?(?:roof|kitchen|bathroom|boiler|heating|windows|extension|loft|furniture|car|van|repairs?)\b"),
        (GoalKind.OTHER, r"\b(?:leave (?:\w+ )?(?:to|for|behind)|legacy|inheritance for|pass(?:ing)? (?:\w+ ){0,3}(?:on )?to (?:my|our|the) (?:kids|children|grandkids|grandchildren)|charity|endowment|care home|nursing home|(?:care|look) (?:for|after) my (?:parents|mum|mom|dad)|(?:daughter|son)(?:'?s)? (?:marriage|wedding|shaadi)|pay (?:off|back) (?:my |our |the )?(?:mortgage|student debt|student loans?|debts?))\b"),
        (GoalKind.GROWTH, r"\b(?:grow(?:ing)? (?:my |our |the |this |it |that )?(?:money|wealth|savings|capital|nest egg|pot|it|this|investments?|portfolio)\b|build(?:ing)? (?:up )?(?:some |long[- ]term |my |our |real |generational )*(?:wealth|capital|a pot)|wealth building|accumulat\w+ wealth|beat(?:ing)? inflation|make (?:my|our) money (?:work|grow)|long[- ]term (?:capital )?growth|capital (?:growth|appreciation|gains)|maximi[sz]e (?:my )?(?:growth|returns?)|just (?:want )?growth|grow over time|max(?:imum)? growth)\b"),
    )
)  # fmt: skip
_WISH = re.compile(
    r"\b(?:want|need|sav(?:e|ing)|plan\w*|hop(?:e|ing)|like|goal|for|towards?|buy\w*|fund|pay|would|looking|dream|aim\w*|get|due|go(?:es|ing)?|starts?|in \d|by 20|"
    r"intend|thinking|think|will|expect\w*|wish|must|college|wedding)\b"
)
_HAVE_ALREADY = re.compile(
    r"\b(?:already (?:own|have|retired|paid)|own (?:my|our) (?:own )?(?:home|house|flat)|(?:house|home|mortgage|flat) (?:is )?(?:all )?paid|paid off|have a (?:house|home|flat|car|boat)|"
    r"i (?:am|have) (?:\w+ )?retired|we are (?:\w+ )?retired|work(?:ed|s)? (?:in|at|for)|graduated|finished (?:uni|college)|went to|rent\w* out|"
    r"(?:home|house) (?:is )?worth|scrap|forget|cancel|no longer|anymore|any more|gave up|drop the|skip the|bond fund)\b|(?<!to )(?<!will )(?<!must )\b(?:pay|paid|paying|spend|spent|spending) (?:about |around |roughly )?\S{0,2}\d"
)
_PAST_SPAN = re.compile(
    r"^\s?(?:ago|of (?:experience|investing|service|expenses|savings|salary|living|outgoings|spending|bills|history|income|cash|rent|wages|trading|losses|data)|back|'?s?'? (?:experience|worth|expenses|salary|of experience|pay)|experience|fixed|in (?:the )?(?:market|industry|job|finance|business)|young\b|younger|older|expenses|salary|old\b)"
)
_PAST_LEAD = re.compile(
    r"\b(?:for the (?:last|past)|over the (?:last|past)|the (?:last|past)|in the (?:last|past)|past|last|been (?:\w+ ){0,5}(?:for|about)?|worked (?:\w+ ){0,4}(?:for)?|spent|traded (?:\w+ )?for|(?<!be )(?<!get )(?<!it )invested (?:\w+ ){0,3}for|"
    r"married (?:for)?|experience(?: of)?:?|every|per|once|one bad|a bad|bad|any|in any|within any|fund (?:of|covers?|for|is|worth)|emergency (?:fund |savings )?(?:of |for |covering )?|covers?|covering|cover|least .{0,20}expenses|cushion of|reserve of|job (?:of|for)|aged?|how many|in (?:a|1)|in the first)\s+(?:about |around |over |more than |nearly |almost |the |at least )*$"
)
_HORIZON_LEAD = re.compile(
    r"\b(?:horizon|time ?frame|time ?line|time|term|hold\w*|invest\w*|leave\w*|lock\w*|park\w*|tie\w*|touch\w*|need|keep\w*|sit|stay|wait|stick|put\w*|available|money|cash|it|this|access|withdraw\w*|"
    r"tenure|duration|outlook|period|window|use|spare|commit\w*)\b"
)
_CHILD_AGE = re.compile(
    rf"\b(?:{RELATIVES})\b(?:'s)?(?:,? (?:\w+ )?(?:who )?(?:is|are|aged?|just turned|turned|turns|:|,|has just turned))?\s*,?\s?(?:\(|only |about |now |just |currently |both |a )*(?P<n>\d{{1,2}})\b(?!\s?(?:%|k\b|years? (?:time|from|away|until)|months|/|grand|,\d))"
    rf"|\b(?P<m>\d{{1,2}})[\s-]?(?:years?[\s-]?old|yo)\s(?:\w+ )?(?:{RELATIVES}|one)\b|\b(?:he|she|they) (?:is|are) (?:only |now |just |both )?(?P<p>\d{{1,2}})\b|(?:^|\s)(?:is|aged?) (?P<q>\d{{1,2}}) (?:now|today|years old)"
    rf"|\b(?:he|she|they) (?:starts?|goes|go|will start)\b"
)
_COLLEGE_AGE = 18
OLDEST_BARE_SPAN = 40.0
"""Years: a longer span that stands alone is more likely an age than a horizon."""


@dataclass
class _Draft:
    kind: GoalKind
    start: int
    end: int
    years: float | None = None
    amount: float | None = None
    confidence: float = 0.8
    last: int = 0


def goals(message: Message, found: Sequence[Quantity], today: date) -> Iterator[Claim]:
    """Claims on "goals" (one `Goal` each, `key` its kind) and on "horizon"."""
    drafts = [*(named := _drafts(message)), *_comings_of_age(message, named)]
    used = _attach_amounts(message, drafts, found)
    spans = [(q, _years(message, q, today)) for q in found if q.kind in ("duration", "year")]
    future = [(q, years) for q, years in spans if years is not None]
    taken = _attach_years(message, drafts, future)
    _child_ages(message, drafts)
    yield from _horizons(message, [(q, y) for q, y in future if q not in taken], bool(drafts))
    yield from _vague_horizon(message)
    for order, draft in enumerate(drafts):
        goal = Goal(kind=draft.kind, years=draft.years, amount=draft.amount, priority=min(order + 1, 9))
        quote = _quote(message, draft)
        yield Claim(
            "goals",
            goal,
            draft.confidence,
            quote,
            message.turn,
            max(draft.start, draft.last - 1),
            key=draft.kind.value,
            unit="duration" if draft.years is not None else "none",
        )
    for q, role in roles(message, found):
        if (
            role == "goal_income"
            and q not in used
            and is_client(message, q.start)
            and not is_supposed(message, q.start)
        ):
            income = Goal(kind=GoalKind.INCOME, amount=q.yearly)
            yield Claim("goals", income, 0.8, message.clause_quote(q.start, q.end), message.turn, q.start, key="income")


def _quote(message: Message, draft: _Draft) -> str:
    if draft.last > draft.end and draft.last - draft.start <= 160:
        return message.quote(min(message.clause_at(draft.start).start, draft.start), draft.last)
    return message.clause_quote(draft.start, draft.end)


def _drafts(message: Message) -> list[_Draft]:
    out: list[_Draft] = []
    for kind, pattern in _KINDS:
        for m in pattern.finditer(message.norm):
            clause = message.clause_at(m.start())
            text = message.norm[clause.start : clause.end]
            if clause.injected or is_supposed(message, m.start()) or is_past(message, m.start()):
                continue
            family = kind in (GoalKind.EDUCATION, GoalKind.OTHER, GoalKind.PURCHASE)
            if not family and not is_client(message, m.start()):
                continue
            if (
                family
                and not is_client(message, m.start())
                and re.search(r"\b(?:went|graduated|studied|is at|wants me)\b", text)
            ):
                continue
            near = message.norm[max(clause.start, m.start() - 40) : min(clause.end, m.end() + 25)]
            if _HAVE_ALREADY.search(near) or is_negated(message, m.start(), 30, clause.start):
                continue
            if (
                kind is GoalKind.RETIREMENT
                and re.search(r"\bin retirement\b|\bretirement (?:account|home|village)|retired", m.group() + text)
                and (re.search(r"\bretired\b", text) or re.search(r"retirement (?:account|home|village)", text))
            ):
                continue
            if kind is GoalKind.HOUSE and re.search(
                r"\b(?:home depot|work from home|house (?:prices|husband)|nursing home|care home)\b", near
            ):
                continue
            wished = (
                bool(_WISH.search(message.norm[message.sentence_at(m.start()).start : m.start() + 60]))
                or len(text) < 45
            )
            if not wished or any(d.start < m.end() and m.start() < d.end for d in out):
                continue
            same = next(
                (d for d in out if d.kind is kind and kind is not GoalKind.PURCHASE and not _apart(message, d, m)), None
            )
            if same is None:
                out.append(_Draft(kind, m.start(), m.end(), confidence=0.6 if clause.question else 0.85))
    return sorted(out, key=lambda d: d.start)


def _apart(message: Message, draft: _Draft, m: re.Match[str]) -> bool:
    """Two children's educations, each with an age or a date of its own, are two goals; otherwise a repetition."""
    between = message.norm[draft.end : m.start()]
    return (
        draft.kind is GoalKind.EDUCATION
        and bool(re.search(r"\d", between))
        and bool(re.search(r"\b(?:other|second|and)\b", between))
    )


def _years(message: Message, q: Quantity, today: date) -> float | None:  # noqa: PLR0911 - one rule a line
    """Years from today of a duration or date that lies ahead; None when it speaks of something else."""
    lead, tail = before(message, q.start, 45), message.norm[q.end : q.end + 25]
    if not is_client(message, q.start) and not re.search(r"\b(?:in|for|by|starts?|goes)\s(?:about )?$", lead):
        return None
    if message.clause_at(q.start).injected or is_supposed(message, q.start):
        return None
    if q.kind == "year":
        if re.search(
            r"\b(?:bought|since|born|back in|happened|crash|sold|lost|panic\w*|started|from)\b[^.]{0,24}$", lead
        ):
            return None
        return q.value - today.year if q.value > today.year else None
    if re.search(r"(?:^|[,.;\s])\d\d\s$", lead):
        return None  # "69 next month" is a birthday
    if (q.value > OLDEST_BARE_SPAN and _bare(message, q)) or re.match(WHO, tail):
        return None  # "43 yrs" by itself is an age, and so is "40 years, female"
    if re.search(r"\bi have\s$", lead) and q.value >= 20 and re.match(r"\s*(?:[,.;!]|and\b|$)", message.norm[q.end :]):
        return None  # "I have 36 years", as many languages put an age
    if re.search(r"\b(?:am|are|aged?)\s(?:about |just |only |around )?$", lead) and not re.match(
        r"\s?(?:from|away|off|until)", tail
    ):
        return None  # "I am 31 years"
    if re.search(
        r"\b(?:to|should|must|will|can|needs?|has|have to) (?:\w+ )?last (?:me |us |for )*(?:about |around |at least |another )?$",
        lead,
    ):
        return q.value  # "it should last fifteen years"
    if _PAST_SPAN.search(tail) or _PAST_LEAD.search(lead):
        return None
    if re.search(r"\b(?:return|make|gain|earn|%|percent|lose|lost|fell|drop\w*)\b[^.]{0,16}$", lead) and not re.search(
        r"\b(?:in|over|for|within)\s(?:the next )?(?:about )?$", lead
    ):
        return None
    if (
        q.value == 1.0
        and re.search(r"\b(?:in|over|within|for)\s$", lead)
        and re.search(r"\b(?:lose|lost|drop\w*|fell|fall|down|return|double|make|loss)\b", lead)
    ):
        return None
    return q.value


def _bare(message: Message, q: Quantity) -> bool:
    clause = message.clause_at(q.start)
    return message.norm[clause.start : clause.end].strip(" ,.;!") == message.norm[q.start : q.end].strip()


def _attach_years(message: Message, drafts: list[_Draft], future: Sequence[tuple[Quantity, float]]) -> list[Quantity]:
    """Give each span to the goal in whose clause it stands, else to the goal just before; returns those given."""
    taken = []
    for q, years in future:
        clause = message.clause_at(q.start)
        lead = before(message, q.start, 30)
        here = [d for d in drafts if clause.start <= d.start < clause.end]
        own = bool(
            re.search(
                r"\b(?:horizon|time ?frame|hold|not (?:need|touch)\b[^,]*|lock\w*|leave it|invest(?:ing)? (?:it |this )?for|period)\b[^,.]*$",
                lead,
            )
        )
        if not here and not own:
            earlier = [d for d in drafts if d.end <= q.start and d.years is None and _close(message, d.end, q.start)]
            later = [
                d
                for d in drafts
                if q.end <= d.start and d.years is None and _close(message, q.end, d.start) and d.start - q.end < 60
            ]
            joined = re.match(
                r"\s?(?:from now|away|time\b|out\b|down the (?:line|road))", message.norm[q.end :]
            ) or re.search(
                r"\b(?:in|within|by|about|over|around|until|next|for|of|then|time frame)\s(?:about |around |maybe |roughly |the next |approximately |say )?$",
                lead,
            )
            here = (earlier[-1:] if joined or q.kind == "year" else []) or (later[:1] if joined else [])
        open_ = sorted(
            (d for d in here if d.years is None and d.kind not in (GoalKind.GROWTH, GoalKind.INCOME)),
            key=lambda d: min(abs(q.start - d.end), abs(d.start - q.end)),
        )
        if open_ and not own:
            draft = open_[0]
            draft.years, draft.last = years, max(draft.last, q.end)
            draft.confidence = min(draft.confidence, 0.7) if q.approximate else draft.confidence
            taken.append(q)
    return taken


def _close(message: Message, a: int, b: int) -> bool:
    """Within one sentence, or at most a short sentence apart, with no other subject between."""
    return (
        b - a < 90 and not re.search(r"\n", message.norm[a:b]) and len(re.findall(r"[.!?]\s", message.norm[a:b])) <= 1
    )


def _attach_amounts(message: Message, drafts: list[_Draft], found: Sequence[Quantity]) -> list[Quantity]:
    used = []
    for q, role in roles(message, found):
        if role not in ("goal", "goal_income"):
            continue
        near = [d for d in drafts if d.amount is None and _close(message, min(d.start, q.start), max(d.start, q.start))]
        if role == "goal_income":
            near = [d for d in near if d.kind is GoalKind.INCOME]
        else:
            near = [d for d in near if d.kind not in (GoalKind.INCOME,)] or near
        if near:
            draft = min(
                near,
                key=lambda d: (
                    abs(d.start - q.start)
                    + (60 if d.start > q.end and re.search(r"[,)]", message.norm[q.end : d.start]) else 0)
                ),
            )
            draft.amount = q.yearly if role == "goal_income" else q.value
            draft.last = max(draft.last, q.end)
            used.append(q)
    return used


def _child_ages(message: Message, drafts: list[_Draft]) -> None:
    """ "College fund, child is 10": eighteen less the child's age."""
    waiting = [d for d in drafts if d.kind is GoalKind.EDUCATION and d.years is None]
    if not waiting:
        return
    for m in _CHILD_AGE.finditer(message.norm):
        child = next((int(g) for g in (m["n"], m["m"], m["p"], m["q"]) if g), None)
        if child is None or child >= _COLLEGE_AGE + 5 or not waiting:
            continue
        draft = min(waiting, key=lambda d: abs(d.start - m.start()))
        draft.years = float(max(_COLLEGE_AGE - child, 0))
        draft.last, draft.start = max(draft.last, m.end()), min(draft.start, m.start())
        draft.confidence = 0.75
        waiting.remove(draft)


_COMES_OF_AGE = re.compile(
    rf"\b(?:when|once|by the time|until|till|before)\s(?:he|she|they|(?:my|our|the) {RELATIVES})\s(?:turns?|is|are|reach(?:es)?|hits?|becomes?)\s(?P<n>\d{{1,2}})\b(?!\s?%|[.,]\d)"
)


def _comings_of_age(message: Message, drafts: Sequence[_Draft]) -> Iterator[_Draft]:
    """ "My son is 12, I want 50,000 when he turns 18": a goal in six years, where no other is dated by the child."""
    if any(d.kind in (GoalKind.EDUCATION, GoalKind.PURCHASE) for d in drafts):
        return
    for m in _COMES_OF_AGE.finditer(message.norm):
        ages = [
            child
            for c in _CHILD_AGE.finditer(message.norm, 0, m.start())
            for child in (c["n"], c["m"], c["p"])
            if child
        ]
        clause = message.clause_at(m.start())
        if (
            ages
            and int(m["n"]) > int(ages[-1])
            and not (clause.question or clause.injected or is_supposed(message, m.start()))
        ):
            yield _Draft(GoalKind.OTHER, m.start(), m.end(), years=float(int(m["n"]) - int(ages[-1])), confidence=0.75)
            return


_VAGUE = re.compile(
    r"\blong[\s-]?(?:term|run|haul|time) (?:investor|horizon|view|outlook|holder|money)\b|\b(?:invest\w*|hold\w*|leave|leaving|keep\w*|in it|money|it|this) [^.;,]{0,24}?\bfor (?:the (?:very )?long[\s-]?(?:term|run|haul)|decades|a (?:very |really )?long time|many years|years and years)\b|\b(?:horizon|time ?frame)(?: is|:)? (?:very )?long(?:[\s-]term)?\b|\blong horizon\b|(?:^|[,;.]\s*)(?:in it |here )?for (?:the )?long (?:run|term|haul)\b"
)
LONG_TERM = 10.0
"""Years: the cautious reading of "long term" without a number; the confidence says that no number was said."""


def _vague_horizon(message: Message) -> Iterator[Claim]:
    for m in _VAGUE.finditer(message.norm):
        clause = message.clause_at(m.start())
        if clause.question or clause.injected or is_supposed(message, m.start()) or not is_client(message, m.start()):
            continue
        if re.search(r"\b(?:not|no|never) (?:a |in it )?$", before(message, m.start(), 12)):
            continue
        quote = message.clause_quote(m.start(), m.end())
        yield Claim("horizon", LONG_TERM, 0.35, quote, message.turn, m.start(), unit="duration")


def _horizons(message: Message, future: Sequence[tuple[Quantity, float]], goals_known: bool) -> Iterator[Claim]:
    for q, years in future:
        clause: Clause = message.clause_at(q.start)
        text = message.norm[clause.start : clause.end]
        lead, tail = before(message, q.start, 60), after(message, q.end, 40)
        named = re.search(
            r"\b(?:horizon|time ?frame|time ?line|timescale|tenure|duration)\b|\b(?:time|period|term)\s?[:=]?\s$",
            lead[-40:],
        ) or re.search(r"\b(?:horizon|time ?frame|time ?line|timescale|tenure|duration)\b", tail[:30])
        led = _HORIZON_LEAD.search(lead) or _HORIZON_LEAD.search(tail)
        joined = re.search(r"^\s?(?:from now|away|time\b|out\b|down the (?:line|road))", tail) or re.search(
            r"\b(?:leave|hold|lock|keep|park|stash) (?:it|this|them|the money)\s$|\b(?:in|for|over|during|last|within|until|till|next|by|about|at least|minimum|than|before|after|term|say|horizon)\s(?:about |around |maybe |another |at least |roughly |the next |the |say |probably |like |a good |some )*$",
            lead,
        )
        if re.search(
            r"\b(?:loans?|mortgage|lease|contract|job)(?: \w+)? (?:for|of|over)\s$|\bfixed\s$", lead[-24:]
        ) or re.search(r"^\s?(?:fixed|contract|warranty|mortgage)", tail):
            continue
        if re.search(
            r"\b(?:trader|trading|investor|investing|worked|working|teacher|employed|living|lived|been|married|saving|saved)\b[^,.;\d]{0,12}\bfor\s(?:about |over |nearly )?$",
            lead,
        ):
            continue
        if re.search(
            r"\b(?:some|part|half|portion|third|quarter|fifth|bit|percent|%) of (?:it|this|that|the money|my money)\b",
            text,
        ):
            continue  # only a part of the money is spoken of
        joined = joined or re.match(r"next\b", message.norm[q.start :])
        if (
            named
            or (led and joined)
            or (joined and not goals_known)
            or len(text.strip()) <= len(message.norm[q.start : q.end]) + 12
        ):
            confidence = (
                (0.92 if named else 0.8 if led else 0.6)
                - (0.15 if q.approximate else 0.0)
                - (0.2 if clause.question else 0.0)
            )
            yield Claim(
                "horizon",
                years,
                confidence,
                message.clause_quote(q.start, q.end),
                message.turn,
                q.start,
                unit="duration",
            )
