"""Caps and floors in percent: "at most 20 % in tech", "a third in bonds", "no single stock above 5 %".

A limit on one share, fund, position or sector at a time ("in any one stock", "each position under 5 %", "no fund over
10 %") binds each of them; a limit on the kind ("at most 30 % in single shares") binds them together.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import re
from collections.abc import Iterator, Sequence

from agents.profiler.claims import Claim
from agents.profiler.context import after, before, is_client, is_supposed
from agents.profiler.quantities import Quantity
from agents.profiler.targets import Target, targets
from agents.profiler.text import Message, Span
from portfolio.matching import EACH_SECTOR, EACH_SHARE, EQUITY
from portfolio.profile import Preference
from portfolio.universe import Universe

_CAP = r"(?:at most|no more than|not more than|max(?:imum)?(?: of)?|up to|under|below|less than|not exceed(?:ing)?|never (?:more than|over|above)|not (?:over|above)|cap(?:ped)?(?: it)? (?:at|to)|limit(?:ed)?(?: it)? to|within|nothing over|tops|a maximum of|no higher than|not go over|not above)"
_FLOOR = r"(?:at least|min(?:imum)?(?: of)?|no less than|not less than|more than|over|a minimum of|never less than|not below)"
_KEEP = r"(?:keep(?:ing)?|hold(?:ing)?|leave|leaving|want|put(?:ting)?|have|allocate|with|reserve|park|like)"
_KINDS = {
    "share": r"stock|share|name|compan(?:y|ie)|firm",
    "fund": r"(?:(?:index|share|stock|mutual|tracker) )?fund|etf|tracker",
    "sector": r"sector|industry|branch",
    "any": r"position|holding|asset|investment",
}
_NOUN = f"(?:{'|'.join(_KINDS.values())})"
_ONE_OF = rf"(?:{_NOUN} (?:or|and|nor) (?:(?:in )?(?:any|a|one|each) )?)?{_NOUN}"
_SINGLE = r"(?:(?:one|1|single|individual|other)\s)"
_SAID = r"(?:\s(?:that|which|is|are|to|be|being|of|with|worth|weighing|at|a|weights?|should|must|may|can|has|have|gets?|takes?|taking|makes?|up|going|goes?|stays?|kept|held|not|never|ever)){0,4}"
_OVER = r"(?:above|over|more than|larger than|bigger than|greater than|higher than|beyond|exceed(?:s|ing)?)"
_ABOUT = r"\s(?:about |around )?$"
_EACH_BEFORE = (
    re.compile(rf"\bno {_SINGLE}?{_ONE_OF}s?{_SAID} {_OVER}{_ABOUT}"),
    re.compile(rf"\b(?:not|never|without|nor)\b(?:\s(?:want|like|have|hold|wish|to|ever|see|let|go)){{0,3}} (?:any|a|1|one)\s{_SINGLE}?{_ONE_OF}{_SAID} {_OVER}{_ABOUT}"),
    re.compile(rf"\b(?:each|every|any|a (?=single|individual)|per)\s{_SINGLE}?{_ONE_OF}{_SAID} {_CAP}{_ABOUT}"),
    re.compile(rf"\b(?:limit|cap|restrict)(?:ed|ing)?\s(?:(?:each|every|any|a|per)\s{_SINGLE}?|{_SINGLE}){_ONE_OF}s? (?:to|at|below|under){_ABOUT}"),
    re.compile(rf"\bmax(?:imum)?\s(?:{_SINGLE}{_ONE_OF}|position|holding)(?:\s(?:size|weight|stake|allocation|limit))?\s?(?:is|of|at|:|=)?\s?$"),
    re.compile(rf"\b(?:{_SINGLE}{_ONE_OF}|position|holding)(?:\s(?:size|weight))?\s(?:limit|cap|max(?:imum)?)\s?(?:is|of|at|:|=)?\s?$"),
)  # fmt: skip
"""Limits on one at a time whose words stand before the number."""
_EACH_BEHIND = re.compile(
    rf"\s?(?:max(?:imum)? |of (?:it|my money|the portfolio|the money) )?(?:in|on|into|for|to)? ?(?:(?P<said>any|a|each|every|1|one|per)\s)?{_SINGLE}?(?P<what>{_ONE_OF})\b"
)
"""The same behind the number: "5 % in any one stock", "10 % per fund"."""


def bounds(message: Message, found: Sequence[Quantity], universe: Universe) -> Iterator[tuple[Claim, Span]]:
    """Claims on "preferences" with a cap or a floor, each with the stretch of the message that is about nothing else."""
    for q in found:
        clause = message.clause_at(q.start)
        if (
            q.kind != "percent"
            or q.value > 1
            or clause.injected
            or clause.question
            or not is_client(message, q.start)
            or is_supposed(message, q.start)
        ):
            continue
        lead, tail = before(message, q.start, 60), after(message, q.end, 60)
        if (single := _on_each(lead, tail, q)) is not None:
            kinds, begin, end = single
            place = (message.clause_quote(q.start - begin, q.end + end), message.turn, q.start)
            stretch = Span(q.start - begin, q.end + end)
            for wish in (wish for kind in kinds for wish in _each(kind, q.value, universe)):
                key = f"bound:{wish.kind}:{wish.key}"
                yield Claim("preferences", wish, 0.88, *place, key=key, unit="percent"), stretch
            continue
        into = re.match(
            r"\s?(?:max(?:imum)?|min(?:imum)?|or (?:less|more|so)|tops)?\s?(?:of (?:it|my|the|this|our)?\s?(?:money|portfolio|total|pot|savings|fund)?\s?)?(?:should (?:be|go) |to be |to go |kept |held |goes |invested )?(?:in|into|on|for|to|of|as|exposure to|towards?)?\s?(?:the |my |any one |any |a )?",
            tail,
        )
        reach = q.end + (into.end() if into else 0)
        ahead = [
            t
            for t in targets(message, q.end, min(q.end + 70, message.sentence_at(q.start).end), universe)
            if t.start <= reach + 12
        ]
        behind = [
            t
            for t in targets(message, max(clause.sentence.start, q.start - 60), q.start, universe)
            if q.start - t.end < 34
        ]
        target = (
            ahead[0]
            if ahead
            and re.match(
                r"\s?(?:max\w*|min\w*|or less|or more|tops)?\s?(?:of|in|into|on|to|as|exposure|cash|bonds|stocks|shares|equit|gold|crypto|should|kept|held|max|[a-z]+\s?(?:,|\.|$|and))",
                tail,
            )
            else behind[-1]
            if behind
            else None
        )
        if target is None or re.search(r"\b(?:lost|lose|drop|fell|fall|down|return|sell)\b", lead[-30:] + tail[:12]):
            continue
        bound = _bound(lead, tail, q, target)
        ends = _range(message, q)
        if ends is not None and (bound is None or bound[0] == q.value):
            bound = ends[0], ends[1], 0.0
        elif ends is not None and bound is not None and bound[1] == q.value:
            bound = None, ends[1], 0.0
        if bound is None:
            continue
        floor, cap, weight = bound
        for each in _listed(message, target, ahead):
            wish = Preference(kind=each.kind, key=each.key, weight=weight, min_weight=floor, max_weight=cap)
            start, end = min(q.start, each.start), max(q.end, each.end)
            place = (message.clause_quote(start, end), message.turn, q.start)
            yield (
                Claim("preferences", wish, 0.88, *place, key=f"bound:{each.kind}:{each.key}", unit="percent"),
                Span(each.start, each.end),
            )


def _on_each(lead: str, tail: str, q: Quantity) -> tuple[tuple[str, ...], int, int] | None:
    """What is capped one at a time (keys of `_KINDS`), and how many characters before and behind the number say so.

    None where nothing is; no kind at all where one is named but not capped ("I had 5 % in one stock").
    """
    for pattern in _EACH_BEFORE:
        if (said := pattern.search(lead)) is not None:
            return _kinds(said.group()), len(lead) - said.start(), 0
    said = _EACH_BEHIND.match(tail)
    if said is None:
        return None
    kinds = _kinds(said["what"])
    bound = _bound(lead, tail, q, Target("asset_class", EACH_SHARE, q.start, q.end))
    if bound is not None and bound[1] is not None:
        return (
            None if kinds == ("fund",) and not said["said"] else (kinds, 0, said.end())
        )  # "10 % index funds": together
    return ((), 0, said.end()) if said["said"] and kinds == ("share",) else None


def _kinds(words: str) -> tuple[str, ...]:
    """The kinds that are named, each once: of "a fund or a stock" both; "share fund" is a fund."""
    named = [m.group() for m in re.finditer(rf"\b{_NOUN}(?=s?\b)(?! (?:fund|etf))", words)]
    return tuple(kind for kind, nouns in _KINDS.items() if any(re.fullmatch(nouns, noun) for noun in named))


def _each(what: str, cap: float, universe: Universe) -> list[Preference]:
    """The cap on every single one of them. Funds have no key of their own for this, so each is capped by its symbol;
    where the universe has none, the cap on funds together binds nothing and says so.
    """
    if what in ("share", "sector"):
        key = EACH_SHARE if what == "share" else EACH_SECTOR
        return [Preference(kind="asset_class", key=key, max_weight=cap)]
    others = [a for a in universe.assets if (a.asset_class != "share" if what == "any" else "fund" in a.asset_class)]
    each = [Preference(kind="symbol", key=asset.symbol, max_weight=cap) for asset in others]
    if what == "any":
        return [Preference(kind="asset_class", key=EACH_SHARE, max_weight=cap), *each]
    return each or [Preference(kind="asset_class", key="fund", max_weight=cap)]


def _listed(message: Message, first: Target, ahead: Sequence[Target]) -> list[Target]:
    """The target and those named with it in one breath: "in Apple and Microsoft" bounds each of the two."""
    out = [first]
    for target in ahead:
        if target.start >= out[-1].end and re.fullmatch(
            r"(?:,| and| or|,? and| &) ?", message.norm[out[-1].end : target.start]
        ):
            out.append(target)
    return out


def _range(message: Message, q: Quantity) -> tuple[float, float] | None:
    """ "Between 10 and 20 percent": both ends."""
    ends = [float(n) / 100 for n in re.findall(r"\d+(?:\.\d+)?", message.norm[q.start : q.end])]
    if not q.approximate or len(ends) != 2 or ends[1] > 1:
        return None
    return ends[0], ends[1]


def _bound(lead: str, tail: str, q: Quantity, target: Target) -> tuple[float | None, float | None, float] | None:  # noqa: PLR0911 - one rule a line
    near = lead[-46:]
    if re.search(r"\b(?:not|no|never|nothing)\b[^,.;]{0,26}\b(?:more than|over|above|exceed)\s?$", near):
        return None, q.value, 0.0
    if target.key in (EQUITY, "share") and q.value < 1 and not re.search(rf"\b{_FLOOR}\s?$", near):
        return None, q.value, 0.0
    if re.search(rf"\b{_FLOOR}\s?(?:a |about |around )?$", near) and not re.search(
        r"\b(?:not|no|never|nothing)\s(?:more than|over)\s?$", near
    ):
        return q.value, None, 0.0
    if re.search(rf"\b{_CAP}\s?(?:a |about |around )?$", near) or re.search(
        r"\b(?:not|no|never|nothing)\b[^,.;]{0,26}\b(?:more than|over|above|exceed)\s?$", near
    ):
        return None, q.value, 0.0
    if re.match(
        r"\s?(?:max\b|maximum|tops|at most|or less|or under|cap\b|limit\b|is the (?:max|limit))", tail
    ) or re.search(r"\b(?:max\w*|at most|tops)\s*$", tail[:40]):
        return None, q.value, 0.0
    if re.match(r"\s?(?:min\b|minimum|at least|or more|or over)", tail):
        return q.value, None, 0.0
    if re.search(r"\b(?:cap|limit|restrict)\b[^,.;]{0,30}$", near):
        return None, q.value, 0.0
    if re.search(rf"\b{_KEEP}\b[^.;]{{0,30}}$", near) or target.key in {"cash", "bond_fund"}:
        if q.value > 0.9:
            return None, None, 1.0
        return q.value, None, 0.0
    if target.key in (EQUITY, "share") and re.match(r"\s?(?:in )?(?:stocks|shares|equit)", tail) and q.value < 1:
        return None, q.value, 0.0
    return (None, None, 1.0) if q.value > 0.9 else None
