"""What each sum of money in a message is: income, net worth, the amount to invest, a loss, a debt, a price."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from agents.profiler.claims import Claim
from agents.profiler.context import after, before, is_past, usable
from agents.profiler.quantities import Quantity
from agents.profiler.text import Message

Role = Literal[
    "income", "net_worth", "amount", "weak_amount", "loss_amount", "floor_amount", "cash_amount", "goal", "goal_income", "other"
]  # fmt: skip

_LOSE = r"(?:los(?:e|ing|t)|loss|drop|fall|down|drawdown|risk(?:ing)?)"
_FILLER = r"[\s,:]*(?:only |just |about |around |roughly |maybe |approx(?:imately)?\.? |say |some |like |over |nearly |almost |up to |another |an? |circa |under |of |~|c\. )*$"


def _compiled(
    rows: Sequence[tuple[Role, str]], before: str = "", after: str = ""
) -> tuple[tuple[Role, re.Pattern[str]], ...]:
    return tuple((role, re.compile(before + pattern + after)) for role, pattern in rows)


_BEFORE = _compiled(
    (
        ("loss_amount", rf"\b(?:(?:not|never|no)\b[^.;]{{0,30}}\b{_LOSE} (?:more than|over)|max(?:imum)? (?:loss|drawdown)(?: is| of)?|most i (?:could|can|would) (?:bear to |stand to )?lose(?: is)?|(?:ok|fine|comfortable) (?:with )?losing|if i lost|if (?:it|this) (?:lost|fell|dropped)(?: by)?|afford to lose)"),
        ("other", r"\b(?:debts?|owe|owing|mortgage(?: is| balance)?|loans?|credit cards?|overdraft|student loans?|rent|bills|expenses|outgoings|spend(?:ing)?|costs? me|cost of living|emergency fund(?: of| is)?|rainy day(?: fund)?(?: of)?|budget|tax bill|premium|allowance|paid|bought (?:it |them )?(?:for|at)|priced at|per share|share price|worth of|house (?:is )?worth|home (?:is )?worth|property (?:is )?worth|debt of|paying|revenue|turnover|sales(?: of)?|pension (?:is worth|pot|of|pays)|lost|lost about|made)"),
        ("income", r"\b(?:earn(?:s|ing)?|making|make|i make|salary|income|wages?|paid|take[- ]home(?: pay)?|bring(?:ing)? (?:home|in)|on|gross(?:ing)?|package|ctc|compensation|tc|pays? me|pays)(?: is| of| comes to| comes in at|:|=)?(?: base)?"),
        ("net_worth", r"\b(?:net[\s-]?worth|nw|total (?:assets|wealth)|worth|assets (?:of|worth)|wealth)(?: is| of| about|:|=)?(?: me)?"),
        ("amount", r"\b(?:invest(?:ing)?|put(?:ting)?(?: in| away| to work)?|throw(?:ing)?|chuck(?:ing)?|plac(?:e|ing)|settlement of|holds?|reserves of|sold (?:my|our|the|a) (?:\w+ ){1,2}for|inherited|inheritance of|inheriting|lump sum(?: of)?|start(?:ing)? with|begin(?:ning)? with|deploy|allocate|amount(?: to invest)?(?: is| of)?|sum of|capital(?: is| of)?|windfall(?: of)?|portfolio(?: is| of| worth)?|pot of|nest egg(?: is| of)?|have got|sitting on|bonus of|left me|gave me|came into|gifted me|received|won|pension pot of|budget (?:is|of)|manage my|manage)(?: with)?"),
        ("goal", r"\b(?:need(?:ing|s)?|requires?|costs?|costing|target(?: is| of| price)?|deposit(?: of| is)?|down ?payment(?: of| is)?|goal (?:of|is)|aim(?:ing)? for|looking at|reach|grow (?:it |this )?to|turn (?:it|this) into|want(?: to have)?|would like(?: to have)?|save(?: up)?|saving(?: up)?|fund of|will be|around|worth|for)"),
        ("weak_amount", r"\b(?:have|has|savings|saved|saved up|cash|there is|with|out of|from (?:my|our|a|the)|income from|month from|year from|this is(?: an?)?(?: extra)?|extra|in savings|my savings are|put by|put aside|stashed|money)(?: of| is|:|=| are)?"),
    ),
    after=_FILLER,
)  # fmt: skip
_AFTER = _compiled(
    (
        ("other", r"(?:in |of |left on (?:my |the )?)?(?:credit card |student |car |card |consumer |mortgage )?(?:debts?|loans?|mortgage|overdraft|rent|bills|expenses|emergency)\b|(?:left )?on (?:my|our|the) (?:mortgage|credit cards?|house|car)|each\b|(?:a|per) share|emergency|for emergencies"),
        ("net_worth", r"(?:net[\s-]?worth|in (?:total )?assets|total wealth|all told)"),
        ("amount", r"(?:\w+ ){0,5}?(?:to invest|to put (?:away|in|to work)|to play with|to deploy|lump ?sum|to start|to get started|inheritance|windfall|available to invest|sitting (?:in|around)|to spare|surplus\b|of reserves\b|i (?:would like|want) to invest|into the market|severance|redundancy|payout|gratuity|from (?:a |an |my |our |the )?(?:provident fund|pf|epf|gratuity|lottery|inheritance|insurance|sale|estate|bonus|settlement|divorce)|invested\b(?! in \d)|to (?:grow|become|turn into)|redundancy|i can invest|from (?:my|an|the|our|selling) \w+|up ?front|initially|straight away|right now|today)\b|(?:in|into) (?:(?:a|an|my|the) )?(?:isa|ira|roth|401k|sipp|stocks and shares|brokerage|portfolio|investments?|the market)\b"),
        ("income", r"(?:salary|income|gross|before tax|pre-tax|after tax|take[- ]home|base\b|wage|job\b|ctc|package)"),
        ("weak_amount", r"(?:of |in )?(?:\w+ )?(?:savings|saved|in cash|in the bank|cash\b|put by|put away|put aside|stashed|set aside|spare)|(?:is|are) (?:really |actually |mostly |only |just )?(?:for|meant for|intended for)\b|(?:for|over) (?:about |around |the next |at least |say |maybe )?\d+\+?(?:-\d+)? (?:years|months)\b"),
        ("goal", r"(?:deposit|down ?payment)\b|(?:for |as |towards? )(?:(?:a|an|the|my|our|it|that) )?(?:\w+ )?(?:deposit|down ?payment|house|home|flat|car|wedding|college|uni|university|tuition|holiday|it\b|that\b|renovation|kitchen|school|roof|bathroom|boiler|heating|windows|extension|loft|furniture|van|repairs?\b)"),
    ),
    before=r"^[\s,]*",
)  # fmt: skip


def roles(message: Message, found: Sequence[Quantity]) -> list[tuple[Quantity, Role]]:
    """Each sum of money with its role, decided by the nearest words before it, then by those after."""
    out = [(q, _role(message, q)) for q in found if q.kind == "money"]
    have = [q for q, role in out if role in ("amount", "weak_amount") and not _alone(message, q)]
    if sum(role in ("amount", "weak_amount") for _, role in out) > 1:
        out = [(q, "income" if role == "weak_amount" and _after_job(message, q) else role) for q, role in out]
    return [
        (q, "goal" if role == "weak_amount" and have and _alone(message, q) and _after_goal(message, q) else role)
        for q, role in out
    ]


def _alone(message: Message, q: Quantity) -> bool:
    """The sum is a clause of its own: "a camper van, in two years, 25k"."""
    clause = message.clause_at(q.start)
    rest = message.norm[clause.start : q.start] + " " + message.norm[q.end : clause.end]
    return re.search(r"\b(?!about|around|roughly|maybe|only)[a-z]{3,}", rest) is None


def _among_numbers(message: Message, q: Quantity) -> bool:
    """ "29yo 14k 7yrs": the clause is figures and their units only."""
    clause = message.clause_at(q.start)
    text = message.norm[clause.start : q.start] + " " + message.norm[q.end : clause.end]
    return (
        re.search(
            r"[a-z]{3,}", re.sub(r"\b(?:years?|months?|old|male|female|age|aged)\b|\d+\s?(?:yo|y/o|years?)", " ", text)
        )
        is None
    )


def _after_job(message: Message, q: Quantity) -> bool:
    """ "dev, 95k": a sum by itself right behind an occupation is what it pays, where another sum is there to invest."""
    words = r"\b(?:dev|developer|engineer|nurse|teacher|doctor|physician|lawyer|accountant|manager|designer|consultant|analyst|electrician|plumber|programmer|pharmacist|civil servant|salaried|it|employed|banker|architect|officer)\s*[,:-]?\s*$"
    return _alone(message, q) and re.search(words, before(message, q.start, 30)) is not None


def _after_goal(message: Message, q: Quantity) -> bool:
    words = r"\b(?:wedding|house|flat|home|deposit|college|university|car|van|boat|tuition|trip|goal|holiday|retire\w*|sav(?:e|ing) for)\b"
    return re.search(words, before(message, q.start, 90)) is not None


_NOT_BELOW = re.compile(
    r"\b(?:not|never|no)\b[^.;]{0,40}\b(?:below|under|beneath|lower than|less than)\s(?:about )?$"
    r"|\bnever (?:less than|below|under)\s$|\b(?:go|goes|going|fall|falls|falling|drop|drops|dropping|sink|shrink)\w* from \S+ (?:down )?to\s$"
)
_WHOLE = r"\b(?:of|out of) (?:my|our|the|this|a)\s"
_IN_CASH = re.compile(r"^\s?(?:[^.;,]{0,30}?\b)?(?:in cash|as cash|in the bank|safe|liquid|accessible|aside)\b")
_KEPT_SAFE = re.compile(
    r"^\s?(?:[^.;,]{0,30}?\b)?(?:(?:must|should|has to|needs to|have to|need to|to) (?:be|stay|remain|be kept|be left) (?:\w+ )?(?:safe|liquid|accessible|untouched|available|ready|secure|guaranteed|in cash|as cash|in the bank))\b"
)
_WANTED_KEPT = re.compile(
    r"\b(?:need|want|would like|wish|require|prefer|must have)\s(?:to have )?(?:about |around |at least )?\S?$"
)
_KEPT = re.compile(
    r"^\s?(?:to be )?(?:kept|left|held|parked|set aside|put aside)\s(?:safe|liquid|aside|(?:safe )?(?:in|as) cash|in the bank)\b"
)


def _part(message: Message, q: Quantity) -> Role | None:
    """A sum that is a part or a floor of another: "70k of our 200k must be safe", "not below 15k", "from 100k to 80k"."""
    if q.per is not None:
        return None
    lead, tail = before(message, q.start, 60), after(message, q.end, 60)
    if _NOT_BELOW.search(lead):
        return "floor_amount"
    if re.search(rf"\d\S*\s{_WHOLE[2:]}$", lead) or (
        re.search(r"\b(?:go|fall|drop|sink|shrink)\w* from\s$", lead) and re.match(r"\s(?:down )?to\b", tail)
    ):
        return "amount"
    whole = re.match(rf"\s{_WHOLE[2:]}\S*\d\S*", tail)
    kept = re.search(r"\b(?:keep\w*|hold\w*|leave|park|reserve|set aside)\b[^.;]{0,24}$", lead)
    rest = tail[whole.end() :] if whole else tail
    wanted = _WANTED_KEPT.search(lead) and _KEPT.match(rest)
    if _KEPT_SAFE.match(rest) or wanted or (kept and _IN_CASH.match(rest)):
        return "cash_amount"
    return "other" if whole else None


def _role(message: Message, q: Quantity) -> Role:  # noqa: PLR0911, PLR0912 - one rule a line
    part = _part(message, q)
    if part is not None:
        return part
    lead, tail = before(message, q.start, 60), after(message, q.end, 60)
    lead = (
        re.split(r"(?:,|\bbut\b|\band\b) (?=[^,]*$)", lead)[-1]
        if re.search(r"(?:,|\bbut\b|\band\b) [^,]*\w", lead)
        else lead
    )
    tail = re.split(r",|\bbut\b|\band\b (?!shares)", tail)[0]
    first = next((role for role, pattern in _BEFORE if pattern.search(lead)), None)
    if first == "other" and before(message, q.start, 60).endswith(", "):
        first = None  # a comma stands between: "my ISA allowance, 20 grand"
    behind = next((role for role, pattern in _AFTER if pattern.search(tail)), None)
    clause = message.clause_at(q.start)
    if (
        first is None
        and behind is None
        and q.per is None
        and len(message.norm[clause.start : clause.end].strip(" ,.")) <= q.end - q.start + 8
    ):
        ahead = re.search(
            r"\b(?:wedding|house|flat|home|deposit|college|university|car|tuition|trip|goal)\b[^.;]*,\s*(?:roughly|about|around|maybe|costing|approx\w*)?\s*$",
            before(message, q.start, 90),
        )
        return (
            "goal"
            if ahead
            and not re.search(r"\bfor\b", tail)
            and re.search(r"(?:roughly|about|around|maybe|costing|approx\w*)\s*$", before(message, q.start, 20))
            else "weak_amount"
        )
    if first is None and behind is None and q.per is None and lead.endswith("= "):
        return "weak_amount"
    if first is None and behind is None and q.per is None and _among_numbers(message, q):
        return "weak_amount"
    if q.per is not None:
        return _periodic(message, q, first)
    if first in ("loss_amount", "net_worth"):
        return first
    if behind == "net_worth" or (behind == "other" and first != "amount"):
        return behind
    if behind == "goal" and first not in ("amount", "income", "other"):
        return "goal"
    if first == "other" and behind in ("amount",):
        return "amount"
    if (
        first == "income"
        and behind not in ("amount", "weak_amount")
        and not re.search(r"\b(?:on|make|making|paid|pays)\b[^a-z]*\w*\s*$", lead)
    ):
        return "income"
    if (
        behind == "income"
        and re.match(r"\s?(?:after|before) tax|\s?(?:gross|net)", tail)
        and re.search(r"\b(?:sold|selling|sale|inherit\w*|severance|payout|bonus)\b", before(message, q.start, 60))
    ):
        return "amount"
    if first == "income" and re.search(r"\b(?:income|salary|wages?|earnings|take[- ]home)(?: is| of|:|=)?\s*$", lead):
        return "income"
    if first == "income":
        return behind if behind in ("amount", "weak_amount", "goal") else "income"
    if behind == "amount":
        return "amount"
    if first == "weak_amount" and re.search(r"\b(?:to have|like to have|need|want)\b[^.]{0,12}$", lead):
        return "goal"
    if first == "goal" and behind == "weak_amount" and not re.search(r"\b(?:need|want|target|goal)", lead):
        return "weak_amount"
    return first or behind or "other"


def _periodic(message: Message, q: Quantity, first: Role | None) -> Role:  # noqa: PLR0911 - one rule a line
    near = before(message, q.start, 60, clause=True)
    if re.search(
        r"\b(?:live|living) (?:\w+ )?(?:off|on|from) (?:it|this|them|that|my \w+)\b[^.;]{0,14}$",
        before(message, q.start, 60),
    ):
        return "goal_income"
    whole = near + " " + after(message, q.end, 40, clause=True)
    if re.search(
        r"\b(?:invest|put away|save|saving|contribut\w*|set aside|put in|add|sip|spare|drip|top up|put aside|spend|rent|bills|expenses|mortgage|outgoings|debt|loan|repay\w*|cost\w*|fees)\b",
        whole,
    ):
        return "other"
    if re.search(
        r"\b(?:need|want|draw|withdraw|live (?:off|on)|generate|take out|passive|pay me|payout|pays? out|like|would like|target)\b[^.;]*$",
        near,
    ) or re.search(
        r"^\s*(?:of |in |as )?(?:an? )?(?:passive |extra |steady |retirement |dividend )*(?:income|dividends) (?:from|in retirement|to live)",
        after(message, q.end, 40),
    ):
        return "goal_income"
    if re.search(r"\bpension (?:of|is|pays|gives)|\bstate pension\b", near):
        return "income"
    alone = (
        q.per == "year" and len(near.strip(" ,.")) < 3 and len(after(message, q.end, 40, clause=True).strip(" ,.")) < 3
    )
    if re.search(r"lakh per annum|\b(?:net|gross|tax|take[- ]home)\b", message.norm[q.start : q.end]):
        return "income"
    cued = re.search(
        r"\b(?:earn\w*|mak(?:e|ing)|salary|income|wages?|paid|pays?|take[- ]home|bring\w*|on|gross\w*|package|ctc|compensation|get|job|gross|before tax|after tax|pa)\b",
        whole,
    )
    if first is None and not (alone or cued):
        return "other"
    if first in ("other", "loss_amount"):
        return "income" if re.search(r"\b(?:made|paid)\s*$", near) else "other"
    return "income"


def sums(message: Message, found: Sequence[Quantity]) -> Iterator[Claim]:
    """Claims on income, net_worth, amount_to_invest and "loss_amount"."""
    for q, role in roles(message, found):
        given = role == "amount" and re.search(r"\b(?:left|gave|gifted) me\s+\S*\s*$", before(message, q.start, 20))
        asked = role in ("amount", "weak_amount", "income")
        if q.value <= 0 or not (given or usable(message, q.start, questions=asked)):
            continue
        clause = message.clause_at(q.start)
        loosened = (0.15 if q.approximate else 0.0) + (0.2 if clause.question else 0.0)
        quote = message.clause_quote(q.start, q.end)
        place = (quote, message.turn, q.start)
        if role == "income" and not (
            is_past(message, q.start)
            or re.search(r"\b(?:will|could|was|used to) (?:earn|make)", before(message, q.start, 20))
        ):
            net = re.search(r"take[- ]home|after tax|net\b|bring home", message.norm[clause.start : clause.end])
            yield Claim("income", q.yearly, 0.9 - loosened - (0.2 if net else 0.0), *place, unit="money")
        elif role == "net_worth":
            yield Claim("net_worth", q.value, 0.9 - loosened, *place, unit="money")
        elif role == "loss_amount":
            yield Claim("loss_amount", q.value, 0.8 - loosened, *place, unit="money")
        elif role == "floor_amount":
            yield Claim("floor_amount", q.value, 0.8 - loosened, *place, unit="money")
        elif role == "cash_amount":
            yield Claim("cash_amount", q.value, 0.85 - loosened, *place, unit="money")
        elif role == "amount" and not is_past(message, q.start):
            yield Claim("amount_to_invest", q.value, 0.92 - loosened, *place, unit="money")
        elif role == "weak_amount" and not is_past(message, q.start):
            yield Claim("amount_to_invest", q.value, 0.65 - loosened, *place, unit="money")
        elif role == "goal" and re.search(
            r"\b(?:have|got|saved|with)\s+(?:about |around |only )?$", before(message, q.start, 24)
        ):
            # "I have 15k for a wedding": what the goal costs is also what there is.
            yield Claim("amount_to_invest", q.value, 0.6 - loosened, *place, unit="money")
