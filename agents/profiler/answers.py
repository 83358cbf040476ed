"""A short answer ("10 years", "20%", "yes, some of it") read in the light of the question that it answers."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Collection, Sequence

from agents.profiler.claims import Claim, Value
from agents.profiler.corrections import MARKER
from agents.profiler.quantities import Quantity
from agents.profiler.text import Message
from portfolio.profile import Goal, GoalKind, Level, Objective, RiskBand

_SHORT = 48
LARGEST_BARE_LOSS = 50.0
"""Percent: a larger number without a sign is not read as a loss."""
_WORDS: dict[str, tuple[tuple[str, Value], ...]] = {
    "risk_tolerance": (
        (r"\bbuy (?:more|some more)|\bbuy\b", RiskBand.AGGRESSIVE), (r"\b(?:wait|hold|nothing|sit tight|stay)\b", RiskBand.MODERATELY_AGGRESSIVE),
        (r"\bsell (?:some|half|part|a bit)", RiskBand.MODERATE), (r"\bsell\b|\bget out\b", RiskBand.CONSERVATIVE),
        (r"\bhigh\b", RiskBand.AGGRESSIVE), (r"\b(?:medium|moderate|average)\b", RiskBand.MODERATE), (r"\blow\b", RiskBand.CONSERVATIVE),
    ),
    "capacity": (
        (r"\b(?:no(?:t really| change)?|nope|not (?:at all|much)|hardly)\b|\bbe fine\b", Level.HIGH), (r"\b(?:a (?:bit|little)|somewhat|slightly|maybe|a tad)\b", Level.MEDIUM),
        (r"\b(?:yes|yeah|yep|definitely|a lot|massively|badly|sure would)\b", Level.LOW),
    ),
    "liquidity_need": (
        (r"\b(?:some|maybe|possibly|perhaps|a bit|part|might|half)\b", Level.MEDIUM), (r"\b(?:no|nope|never|none|unlikely|not really)\b", Level.LOW),
        (r"\b(?:yes|yeah|yep|likely|probably|all)\b", Level.HIGH),
    ),
    "experience": (
        (r"\b(?:no|nope|never|none|nothing|zero)\b", Level.LOW), (r"\b(?:a (?:bit|little)|some|funds?|few)\b", Level.MEDIUM),
        (r"\b(?:lots|years|options|extensively|decades|a lot)\b", Level.HIGH), (r"\b(?:yes|yeah|yep)\b", Level.MEDIUM),
    ),
}  # fmt: skip

_GOALS: tuple[tuple[str, GoalKind], ...] = (
    (r"\b(?:retire\w*|pension|old age)\b", GoalKind.RETIREMENT), (r"\b(?:house|home|flat|apartment|deposit|property)\b", GoalKind.HOUSE),
    (r"\b(?:college|uni|university|school|education|studies)\b", GoalKind.EDUCATION), (r"\bemergenc\w+|rainy day", GoalKind.EMERGENCY),
    (r"\bincome\b", GoalKind.INCOME), (r"\b(?:car|wedding|holiday|trip|boat|travel)\b", GoalKind.PURCHASE), (r"\b(?:grow\w*|wealth)\b", GoalKind.GROWTH),
)  # fmt: skip
_OBJECTIVES: tuple[tuple[str, Objective], ...] = (
    (r"\b(?:safe\w*|keep\w*|preserv\w+|protect\w*|security)\b", Objective.CAPITAL_PRESERVATION), (r"\b(?:grow\w*|long[- ]term)\b", Objective.LONG_TERM_GAIN),
    (r"\b(?:quick|fast|short[- ]term)\b", Objective.SHORT_TERM_GAIN),
)  # fmt: skip
_REACTION = re.compile(
    r"(?:(?:well|ok|okay|then|so|i|i would|i will|would|will|probably|maybe|perhaps|just|rather|simply|most likely|prefer to|tend to|think)[\s,]+)*"
    r"(?:wait|hold|stay|sell|buy|do nothing|sit tight|sit it out|ride it out)"
    r"(?: (?:on|it out|and see|out|put|in|it|all|everything|some|half|part|a bit|more|some more|a bit more|the dip|it all))*"
    r"(?:[\s,]+(?:probably|maybe|perhaps|then|i (?:think|guess|suppose)))*[.!]*"
)
"""The whole message says what its writer would do after a fall."""
_PERCENTAGE = re.compile(
    r"(?:(?:well|ok|okay|i|i would|say|about|around|roughly|up to|at most|maybe|perhaps|probably|no more than|not more than|(?:a )?(?:loss|drop|fall) of|maximum|max|lose|the most is)[\s,]+)*"
    r"#(?:[\s,]+(?:or so|at most|at the most|max|maximum|tops|loss|a year|in a year|i (?:think|guess|suppose)|probably))*[.!]*"
)
"""The whole message is one percentage ("#"): of our questions only the one on the largest loss asks for it alone."""
_DECLINES = re.compile(
    r"^(?:(?:um+|well|er+|hm+|sorry|honestly|really|i|we)[\s,.]*)*(?:do not (?:really |actually )?(?:know|care|mind|want to say)|dunno|no idea|idk|not sure|unsure|no clue|skip|pass\b|next\b|(?:would )?(?:prefer|rather) not|can ?not (?:say|tell)|hard to say|whatever|you (?:decide|tell me|choose)|up to you|no comment|nothing (?:special|in particular)|none of your|no preference|have no idea|[?\s]+$)"
)


def declines(message: Message) -> bool:
    """Whether the message says that there is no answer to be had: "I don't know", "skip"."""
    return _DECLINES.search(message.norm.strip()) is not None


def answered(message: Message, fresh: Sequence[Claim], asked: str | None, found: Sequence[Quantity]) -> list[Claim]:
    """The message's claims, with one added on the field asked for when the message is a bare answer to it."""
    out = list(fresh)
    text = message.norm.strip()
    if (
        asked is None
        or len(text) > _SHORT
        or declines(message)
        or (
            not _REACTION.fullmatch(text)
            and MARKER.search(re.sub(r"^(?:no|nothing|wait)\b[,. ]*(?:(?:just|i would) )?(?:wait\b)?", "", text))
        )
        or text.endswith("?")
        or any(c.field == asked for c in out)
    ):
        return out
    value: Value = None
    drop: tuple[str, ...] = ()
    unit = {"loss_limit": "percent", "horizon": "duration", "amount_to_invest": "money"}.get(asked)
    numbers = [q for q in found if q.kind == unit and q.per is None]
    bare = re.fullmatch(
        r"(?:about |around |maybe |say |i am |up to |in |within |after |at most |probably |perhaps |roughly |~)*(\d{1,7}(?:\.\d+)?)(?: or so|\s?ish| years| max)?[.!]?",
        text,
    )
    if numbers:
        value, drop = numbers[0].value, ("amount_to_invest", "horizon") if asked == "loss_limit" else ()
    elif bare and asked == "loss_limit" and float(bare[1]) > LARGEST_BARE_LOSS:
        return out  # "54" is more likely an age
    elif bare and asked in ("horizon", "age", "amount_to_invest", "loss_limit"):
        value = float(bare[1]) / (100 if asked == "loss_limit" else 1)
        drop = ("age",) if asked != "age" else ()
    elif asked == "goals":
        kind = next((k for pattern, k in _GOALS if re.search(pattern, text)), None)
        if kind is not None:
            quote = message.quote(0, len(message.norm))
            out.append(Claim("goals", Goal(kind=kind), 0.8, quote, message.turn, 0, key=kind.value))
    elif asked == "objectives":
        aim = next((o for pattern, o in _OBJECTIVES if re.search(pattern, text)), None)
        if aim is not None:
            quote = message.quote(0, len(message.norm))
            out.append(Claim("objectives", aim, 0.8, quote, message.turn, 0, key=aim.value, weight=1.0))
    elif (
        asked == "liquidity_need"
        and any(q.kind in ("money", "percent") for q in found)
        and all(c.field in ("amount_to_invest", "goals") for c in out)
    ):
        value, drop = Level.MEDIUM, ("amount_to_invest",)
    elif (
        asked in _WORDS
        and _share(message, found) is None
        and all(asked == "experience" and c.field == "preferences" for c in out)
    ):
        drop = ("preferences",)
        value = next((v for pattern, v in _WORDS[asked] if re.search(pattern, text)), None)
    if value is None:
        return out
    kept = [c for c in out if c.field not in drop]
    quote = message.quote(0, len(message.norm))
    weight = {Level.LOW: -2.0, Level.HIGH: 2.0}.get(value, 0.0) if isinstance(value, Level) else 0.0
    return [*kept, Claim(asked, value, 0.8, quote, message.turn, 0, unit="none", weight=weight)]


def fitting(message: Message, found: Sequence[Quantity], unknown: Collection[str]) -> list[Claim]:
    """The claim of a message that was no answer to the question put, but by its form answers one other of ours.

    `unknown` : the fields of the other questions that have no answer yet. Only forms that fit a single question are
    read: a reaction to a fall ("I would wait") and a bare percentage ("20%"); a yes or a no could answer several.
    """
    text = message.norm.strip()
    if len(text) > _SHORT or any(clause.injected for clause in message.clauses):
        return []
    field = ""
    value: Value = None
    share = _share(message, found)
    if "risk_tolerance" in unknown and _REACTION.fullmatch(text):
        words = _WORDS["risk_tolerance"]
        field = "risk_tolerance"
        value = next((v for pattern, v in words if re.search(pattern, text)), RiskBand.MODERATELY_AGGRESSIVE)
    elif "loss_limit" in unknown and share is not None and 100 * share <= LARGEST_BARE_LOSS:
        field, value = "loss_limit", share
    if value is None:
        return []
    return [Claim(field, value, 0.7, message.quote(0, len(message.norm)), message.turn, 0, unit="none")]


def _share(message: Message, found: Sequence[Quantity]) -> float | None:
    """The percentage that is the whole message, as a fraction; None where there is more, or none."""
    if len(found) != 1 or found[0].kind != "percent":
        return None
    alone = message.norm[: found[0].start] + "#" + message.norm[found[0].end :]
    return found[0].value if _PERCENTAGE.fullmatch(alone.strip()) else None
