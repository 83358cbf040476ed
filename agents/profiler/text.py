"""A client's message, made plain to read without losing where each word stood.

`Message` holds the words as written (`raw`) and a plain form (`norm`): lower case, straight quotes, contractions
spelled out ("I'd" -> "i would"), numbers as digits ("twenty thousand" -> "20000"), common slips of spelling
corrected. Every character of `norm` knows the stretch of `raw` it came from, so a match in `norm` gives back the
client's words verbatim. Sentences and clauses are spans of `norm`.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

import itertools
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from agents.profiler.numerals import NUMBER_WORDS, digits
from agents.profiler.spelling import CONTRACTIONS, corrected

_PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " "})
_SENTENCE_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\bmr)(?<!\bdr)(?<!\brs)(?<!\bvs)[.!?…]+[\"')]*(?=\s|$|[a-z]{2})(?!\d)"
    r"|[.!?]+(?=\s*$)|\n+|;|\s\|\s"
)
_CLAUSE_END = re.compile(
    r",(?!\d{3}\b)|\s-+\s|:\s|[()]|(?<!anything)\s(?=(?:but|however|though|although|because|whereas|while|since|except|so|yet)\s)"
    r"|\s(?=(?:and|then|plus|also)\s(?!(?:a|1)\s(?:half|quarter)))"
)
_ASKS = re.compile(
    r"\s*(?:(?:and|or|so|but|then|well|ok|hi|hello|also)\s)*(?:what|how|should|shall|is|are|am|was|can|could|would|do|does|did|will|which|where|when|who|why|may|might|suppose|if|any|has|have you|must)\b"
)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|overrule|lift|remove|disable)\b[^.!?\n]{0,40}\b(?:limits?|instructions?|"
    r"rules?|guardrails?|constraints?|prompts?|mandate|policy|polic(?:y|ies)|safeguards?|risk manager|caps?)\b"
    r"|\bsystem(?: prompt|:| message| override)|\byou are now\b|\bjailbreak|\bdeveloper mode|\bact as (?:if|an? (?!beginner))"
    r"|\bpretend (?:that |to )?(?:you|i am|there)|\bnew instructions?\b|</?(?:system|user|assistant|profile|mandate)\b"
    r"|\bset (?:the |my )?(?:volatility|cvar|risk|share|position|asset)[ _]?(?:cap|limit|aversion)"
    r"|[\"{](?:volatility_cap|risk_tolerance|share_cap|weights)\b|\bas (?:an? )?(?:admin|administrator|root|developer)\b"
)


@dataclass(frozen=True)
class Span:
    """A stretch of `Message.norm`, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True)
class Clause(Span):
    """The part of a sentence between two separators."""

    sentence: Span
    text: str
    question: bool
    """The sentence asks something."""
    injected: bool
    """The sentence speaks to the machine rather than of the client: it may not set any limit."""


_ENDLESS = re.compile(r"\S{60,}")


class Message:
    """One message of the client. `turn` counts from 0."""

    def __init__(self, raw: str, turn: int = 0) -> None:
        self.raw = raw
        self.turn = turn
        norm, self._starts, self._ends = _normalise(raw)
        # Nobody's words are this long; patterns that try every place of such a run would take minutes.
        self.norm = _ENDLESS.sub(lambda run: " " * len(run[0]), norm)

    def quote(self, start: int, end: int) -> str:
        """The client's words behind `norm[start:end]`, without loose punctuation at either end."""
        if start >= end:
            return ""
        return self.raw[self._starts[start] : self._ends[end - 1]].strip(" ,;.:!?\n\t-()")

    def raw_at(self, start: int, end: int) -> str:
        """The client's words behind a stretch, untouched."""
        return self.raw[self._starts[start] : self._ends[end - 1]]

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        out, at = [], 0
        for found in _SENTENCE_END.finditer(self.norm):
            if re.search(r"\w", self.norm[at : found.end()]):
                out.append(Span(at, found.end()))
            at = found.end()
        if re.search(r"\w", self.norm[at:]):
            out.append(Span(at, len(self.norm)))
        return tuple(out)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        out: list[Clause] = []
        for sentence in self.sentences:
            text = self.norm[sentence.start : sentence.end]
            asking = text.rstrip(" \"')").endswith("?")
            injected = _INJECTION.search(text) is not None
            cuts = [0, *(m.end() for m in _CLAUSE_END.finditer(text)), len(text)]
            pieces = [(a, b) for a, b in itertools.pairwise(cuts) if re.search(r"\w", text[a:b])]
            question = False
            for begin, stop in pieces:
                # "28, no clue, maybe a house in 4 years?" asks in its last clause; "is oil bad, or coal?" from the first
                question = asking and (question or stop == pieces[-1][1] or _ASKS.match(text[begin:stop]) is not None)
                if stop > begin:
                    start, end = sentence.start + begin, sentence.start + stop
                    out.append(Clause(start, end, sentence, self.norm[start:end], question, injected))
        return tuple(out)

    def clause_at(self, position: int) -> Clause:
        """The clause in which a position stands (the nearest before it, between clauses)."""
        index = bisect_right([clause.start for clause in self.clauses], position) - 1
        return self.clauses[max(index, 0)]

    def sentence_at(self, position: int) -> Span:
        return self.clause_at(position).sentence

    def clause_quote(self, start: int, end: int, limit: int = 140) -> str:
        """The clause around a match, or the match alone where the clause is long."""
        clause = self.clause_at(start)
        whole = Span(min(clause.start, start), max(clause.end, end))
        if whole.end - whole.start > limit:
            return self.quote(start, end)
        begin = re.match(
            r"[\s,]*(?:(?:and|but|so|then|plus|also|though|although|because)\s+)?", self.norm[whole.start : start]
        )
        return self.quote(whole.start + (begin.end() if begin else 0), whole.end)


def _normalise(raw: str) -> tuple[str, list[int], list[int]]:
    chars, starts, ends = [], [], []
    for i, char in enumerate(raw):
        low = char.translate(_PLAIN).lower()
        chars.append(low if len(low) == 1 else char)
        starts.append(i)
        ends.append(i + 1)
    text = "".join(chars)
    for pattern, replace in _STEPS:
        text, starts, ends = _substitute(text, starts, ends, pattern, replace)
    return text, starts, ends


def _substitute(
    text: str, starts: list[int], ends: list[int], pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> tuple[str, list[int], list[int]]:
    """`pattern.sub` that carries the alignment along: new characters point at the whole stretch they replace."""
    pieces, new_starts, new_ends, at = [], [], [], 0
    for found in pattern.finditer(text):
        new = replace(found)
        if new == found.group() or found.start() == found.end():
            continue
        a, b = found.span()
        pieces += [text[at:a], new]
        new_starts += starts[at:a] + [starts[a]] * len(new)
        new_ends += ends[at:a] + [ends[b - 1]] * len(new)
        at = b
    if not pieces:
        return text, starts, ends
    return "".join([*pieces, text[at:]]), new_starts + starts[at:], new_ends + ends[at:]


_STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[a-z]+"), lambda m: corrected(m.group())),
    *((re.compile(pattern), lambda m, new=new: m.expand(new)) for pattern, new in CONTRACTIONS),
    (NUMBER_WORDS, digits),
)
