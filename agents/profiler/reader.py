"""From what a client wrote to who they are: `read`, a pure function of the messages.

Contract
--------
- Every field of the profile carries a value, a confidence and the client's own words, a substring of one message.
- What nobody said stays None. A language model, where one is given, may only add facts whose quote and numbers stand
  in the client's words (`agents.profiler.model`); the rules win where both speak.
- `questions[0]` is the single most useful question: a contradiction's first, then the unknown fact that matters most.
"""
# A pattern or a sentence in one line is easier to check than one in ten pieces.
# ruff: noqa: E501

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.profiler.answers import answered, declines, fitting
from agents.profiler.choices import chosen
from agents.profiler.circumstances import capacity, experience, liquidity
from agents.profiler.claims import Claim
from agents.profiler.contradictions import contradictions
from agents.profiler.corrections import corrected
from agents.profiler.estate import costs_without_shares, holdings, tax
from agents.profiler.exceptions import spared
from agents.profiler.goal_parameters import spoken_of_taxes
from agents.profiler.goals import goals
from agents.profiler.merge import profile_of
from agents.profiler.model import ModelPort, added_by_model
from agents.profiler.money import sums
from agents.profiler.people import ages
from agents.profiler.positions import positions
from agents.profiler.purposes import objectives
from agents.profiler.quantities import quantities
from agents.profiler.questions import questions
from agents.profiler.refusals import refusals
from agents.profiler.risk import losses, tolerance
from agents.profiler.styles import styles
from agents.profiler.text import Message
from agents.profiler.wishes import wishes
from portfolio.profile import Contradiction, InvestorProfile, Question, Refusal
from portfolio.records import Record
from portfolio.universe import Universe

LONGEST_ANSWER = 80
"""Characters: a longer message is read as a description, not as the answer to a question."""
MAX_CHARACTERS = 12_000
"""Of one message; what lies beyond is not read, and the reading says so."""


class Reading(Record):
    """What was understood, what does not fit together, what to ask next, and why advice is refused, if it is."""

    profile: InvestorProfile
    contradictions: tuple[Contradiction, ...] = ()
    questions: tuple[Question, ...] = ()
    """The most useful first; empty when no answer would change the mandate materially."""
    refused: tuple[Refusal, ...] = ()
    rungs: dict[str, Literal["rules", "llm"]]
    """Field -> the rung that filled it; unknown fields are absent."""
    missed: Question | None = None
    """The question that the last message came after and was not understood as an answer to, nor as anything else."""
    fallback: str | None = None
    """Why the language model's part is missing; None when none was asked for or it answered."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Read:
    claims: tuple[Claim, ...]
    messages: tuple[Message, ...]
    passed: tuple[str, ...] = ()
    """Texts of the questions that were put and got no answer; twice for one that the client declined to answer."""
    missed: Question | None = None
    """What the last message was meant to answer, where nothing in it was understood."""


def read(
    messages: Sequence[str],
    *,
    today: date,
    universe: Universe,
    model: ModelPort | None = None,
    asked: Sequence[str] = (),
) -> Reading:
    """Read a whole conversation (the client's messages, first to last), spoken on `today`.

    Parameters
    ----------
    asked : what was put to the client before each message, "" where nothing was. Needed where somebody else than this
        reader asked: a short answer is then read as the answer to that question (`agents.profiler.choices`).

    Raises ValueError when there are not as many questions as messages.
    """
    if asked and len(asked) != len(messages):
        raise ValueError(
            f"{len(messages)} messages but {len(asked)} questions; give one a message, empty where none was"
        )
    heard = _claims(messages, today, universe, asked)
    profile = profile_of(spared(heard.claims, universe), heard.messages)
    fallback = None
    if model is not None and any(message.strip() for message in messages):
        profile, fallback = added_by_model(profile, list(messages), today, model)
    refused = refusals(list(heard.messages), profile) if heard.messages else ()
    clashes = contradictions(profile, heard.claims, heard.messages, universe)
    notes = tuple(
        f"Message {i + 1} is longer than {MAX_CHARACTERS:,} characters; only its beginning was read."
        for i, message in enumerate(messages)
        if len(message) > MAX_CHARACTERS
    )
    notes += tuple(costs_without_shares(heard.claims, heard.messages))
    injected = sorted(
        {
            message.quote(c.sentence.start, c.sentence.end)
            for message in heard.messages
            for c in message.clauses
            if c.injected
        }
    )
    notes += tuple(f'"{quote[:120]}" speaks to the machine; it changes no limit.' for quote in injected)
    return Reading(
        profile=profile,
        contradictions=clashes,
        questions=() if refused else _unasked(_ask(profile, clashes, universe), heard.passed),
        refused=refused,
        rungs={name: stated.rung for name, stated in profile if stated is not None},
        missed=heard.missed,
        fallback=fallback,
        notes=notes,
    )


def _unasked(found: Sequence[Question], passed: Sequence[str]) -> tuple[Question, ...]:
    """Questions not put yet first, those that got no answer once more at the end, those declined no more."""
    fresh = tuple(q for q in found if q.text not in passed)
    return fresh + tuple(q for q in found if passed.count(q.text) == 1)


def _ask(profile: InvestorProfile, clashes: Sequence[Contradiction], universe: Universe) -> tuple[Question, ...]:
    settle = tuple(Question(field=c.fields[0], text=c.question, why=c.explanation) for c in clashes)
    if not settle and all(stated is None for _, stated in profile):
        first = Question(
            field="goals",
            text="Tell me in your own words: how old are you, what is the money for and when, and how would you take a loss?",
            why="Nothing that you wrote says who the portfolio would be for.",
        )
        return (first, *(q for q in questions(profile, universe) if q.field != "goals"))
    return (*settle, *questions(profile, universe))


def _claims(texts: Sequence[str], today: date, universe: Universe, put: Sequence[str]) -> _Read:
    """Claims turn by turn; a short answer is read as the answer to what was asked before it, or would have been."""
    claims: list[Claim] = []
    messages: list[Message] = []
    passed: list[str] = []
    missed: Question | None = None
    for turn, text in enumerate(texts):
        missed = None
        message = Message(text[:MAX_CHARACTERS], turn)
        fresh = _read_one(message, today, universe) if message.sentences else []
        if turn and message.sentences:
            before = profile_of(claims, messages)
            asked: tuple[Question, ...] = ()
            possible: tuple[Question, ...] = ()
            if len(text) < LONGEST_ANSWER:
                clashes = contradictions(before, claims, messages, universe)
                possible = _ask(before, clashes, universe)
                asked = _unasked(possible, passed)
                if put and put[turn] and (not asked or put[turn] != asked[0].text):
                    asked = ()  # another question was put, so this is no answer to ours
            found = quantities(message, today)
            fresh = answered(message, fresh, asked[0].field if asked else None, found)
            fresh = corrected(message, found, fresh, claims)
            if asked and not fresh and not declines(message):
                others = {q.field for q in possible if q.field != asked[0].field and getattr(before, q.field) is None}
                fresh = fitting(message, found, others)
                missed = None if fresh else asked[0]
            if asked and not fresh:
                passed += [asked[0].text] * (2 if declines(message) else 1)
            elif asked and not any(c.field == asked[0].field for c in fresh):
                passed.append(asked[0].text)
        elif message.sentences:
            fresh = corrected(message, quantities(message, today), fresh, claims)
        if put and not any(c.field in ("preferences", "exclusions") for c in fresh):
            fresh = [*fresh, *chosen(message, put[turn], universe)]
            missed = None if fresh else missed
        messages.append(message)
        claims += fresh
    return _Read(tuple(claims), tuple(messages), tuple(passed), missed)


def _read_one(message: Message, today: date, universe: Universe) -> list[Claim]:
    found = quantities(message, today)
    sized = list(positions(message))
    owned = list(holdings(message, found, universe, today))
    # "25,000 in MSFT" says what a position is worth: it is neither money to invest nor the price of a goal
    free = [q for q in found if q.kind != "money" or all(q.start != claim.position for claim in owned)]
    wanted = [c for c in wishes(message, found, universe) if not any(s.start <= c.position < s.end for _, s in sized)]
    return sorted(
        [
            *ages(message, today),
            *sums(message, free),
            *goals(message, free, today),
            *tolerance(message),
            *losses(message, found),
            *capacity(message),
            *liquidity(message),
            *experience(message, found, today),
            *styles(message),
            *wanted,
            *(claim for claim, _ in sized),
            *owned,
            *tax(message),
            *objectives(message),
            *spoken_of_taxes(message),
        ],
        key=lambda claim: (claim.position, claim.field, claim.key),
    )
