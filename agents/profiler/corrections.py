"""What a later word takes back or changes: "actually make that ten years", "no, I meant 40k", "scrap the house goal"."""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.profiler.claims import Claim
from agents.profiler.quantities import Quantity
from agents.profiler.text import Message
from portfolio.profile import Goal, GoalKind

MARKER = re.compile(
    r"\b(?:actually|i meant?|make (?:that|it)|correction|scratch that|oops|typo|wait|sorry|let us say|should (?:have been|be|say)|rather than|instead|"
    r"change (?:that|it|my|the)|changed my mind|on second thoughts?|better (?:make|say)|not \d[\w,.]* but|revise|update|amend)\b|^\W*no\b,?"
)
_BARE_NUMBER = re.compile(
    r"\b(?:make (?:that|it)|i meant?|actually|sorry|correction|should be|no,|rather|to)[\s,:]*(?:it is |i am |at |more like |say |about )?(?P<n>\d{1,3})\b(?!\s?(?:%|k\b|percent|years|months|grand|,\d|lakh))"
)
_DROP = re.compile(
    r"\b(?:scrap|forget|drop|cancel|scratch|remove|ditch|ignore|skip|never mind|nevermind|abandon|no longer (?:want|need|plan\w*|saving|interested|care)|not (?:going to|planning to|buying|saving for|doing|having)|do not (?:want|need|care about)|gave up on|given up on|changed my mind (?:about|on))\b[^.;!?]{0,30}?"
    r"\b(?P<what>house|home|flat|apartment|deposit|retire\w*|college|uni\w*|education|tuition|wedding|car|boat|trip|holiday|business|income|emergency fund)\b(?! stocks)"
)
_GOAL_WORDS = {
    "house": "house", "home": "house", "flat": "house", "apartment": "house", "deposit": "house", "college": "education", "education": "education",
    "tuition": "education", "wedding": "purchase", "car": "purchase", "boat": "purchase", "trip": "purchase", "holiday": "purchase",
    "business": "purchase", "income": "income", "emergency fund": "emergency",
}  # fmt: skip


def corrected(
    message: Message, found: Sequence[Quantity], fresh: Sequence[Claim], past: Sequence[Claim]
) -> list[Claim]:
    """The message's claims with corrections turned into claims on what they correct.

    A number in a correcting sentence that no field reader claimed for a field by name replaces the last number of its
    kind; a withdrawn goal becomes a "remove" claim.
    """
    out = list(fresh)
    for sentence in message.sentences:
        text = message.norm[sentence.start : sentence.end]
        if not MARKER.search(text):
            continue
        out = [replace(c, corrects=True) if sentence.start <= c.position < sentence.end else c for c in out]
        for q in (q for q in found if sentence.start <= q.start < sentence.end):
            if not _rejected(text, q.start - sentence.start, q.end - sentence.start):
                out = _redirect(message, q, out, past)
            else:
                out = [c for c in out if not q.start <= c.position < q.end]
        for m in _BARE_NUMBER.finditer(text):
            out = _renumber(message, sentence.start + m.start("n"), sentence.start + m.end("n"), int(m["n"]), out, past)
    for m in _DROP.finditer(message.norm):
        word = m["what"]
        kind = _GOAL_WORDS.get(word) or ("retirement" if word.startswith("retire") else "education")
        quote = message.quote(m.start(), m.end())
        inside = [
            c for c in out if not (c.field == "goals" and c.key == kind and m.start() <= c.position <= m.end() + 12)
        ]
        out = [*inside, Claim("goals", None, 0.9, quote, message.turn, m.start(), op="remove", key=kind)]
    return sorted(out, key=lambda c: c.position)


def _rejected(text: str, start: int, end: int) -> bool:
    """ "Not 40k but 60k", "60k rather than 40k": the number that no longer holds."""
    return (
        bool(re.search(r"\b(?:not|rather than|instead of)\s(?:the )?$", text[:start]))
        and "more than" not in text[:start][-14:]
        and bool(re.search(r"\d", text[:start] + text[end:]))
    )


def _earlier(past: Sequence[Claim], out: Sequence[Claim], position: int) -> list[Claim]:
    return [*past, *(c for c in out if c.position < position)]


def _redirect(message: Message, q: Quantity, out: list[Claim], past: Sequence[Claim]) -> list[Claim]:
    unit = {"money": "money", "percent": "percent", "duration": "duration", "year": "duration"}[q.kind]
    own = [c for c in out if q.start <= c.position < q.end or (c.field == "goals" and c.position == q.end - 1)]
    named = [c for c in own if c.confidence >= 0.8 or c.field in ("goals", "preferences")]
    known = {c.field for c in past}
    # These name what their number is ("30% in cash", "my income is 90k"), so it corrects no other number.
    says_what = any(c.field in ("preferences", "holdings", "income", "net_worth") for c in named)
    if named and (says_what or not past or any(c.field in known for c in named) or len(message.norm) > 60):
        return out
    quote = message.clause_quote(q.start, q.end)
    for old in reversed(_earlier(past, out, q.start)):
        new = _with_number(old, q, unit)
        if new is not None:
            kept = [c for c in out if c not in own]
            return [
                *kept,
                replace(new, quote=quote, turn=message.turn, position=q.start, confidence=0.85, corrects=True),
            ]
    return out


def _with_number(old: Claim, q: Quantity, unit: str) -> Claim | None:  # noqa: PLR0911 - one rule a line
    if old.op == "remove":
        return None
    if unit == "money" and old.unit == "money":
        return replace(old, value=q.yearly if old.field == "income" else q.value)
    if unit == "money" and isinstance(old.value, Goal) and old.value.amount is not None:
        return replace(old, value=old.value.model_copy(update={"amount": q.value}))
    if unit == "percent" and old.field == "loss_limit":
        return replace(old, value=q.value)
    if unit == "duration" and q.kind == "duration":
        if old.field == "horizon":
            return replace(old, value=q.value)
        if isinstance(old.value, Goal) and old.value.years is not None:
            return replace(old, value=old.value.model_copy(update={"years": q.value}))
        if old.field == "retire_age":
            return replace(
                old,
                field="goals",
                key="retirement",
                unit="duration",
                value=Goal(kind=GoalKind.RETIREMENT, years=q.value),
            )
    return None


def _renumber(
    message: Message, start: int, end: int, value: int, out: list[Claim], past: Sequence[Claim]
) -> list[Claim]:
    if any(start <= c.position < end or c.position == end - 1 for c in out):
        return out
    quote = message.clause_quote(start, end)
    for old in reversed(_earlier(past, out, start)):
        if old.unit == "money" and isinstance(old.value, float) and 0.2 < 1000 * value / max(old.value, 1.0) < 5:
            # "40k" ... "make it 45": thousands, as before
            fixed = replace(old, value=1000.0 * value, quote=quote, turn=message.turn, position=start, corrects=True)
            return [*out, fixed]
        if old.unit in ("age", "retire_age", "duration") and old.op == "set":
            fresh: float | Goal = float(value)
            if isinstance(old.value, Goal):
                fresh = old.value.model_copy(update={"years": float(value)})
            changed = replace(
                old, value=fresh, quote=quote, turn=message.turn, position=start, confidence=0.8, corrects=True
            )
            return [*out, changed]
    return out
