"""What was understood: each conversation's profile beside the story, the adviser's summary and the human's mark."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from lab.evaluation.records import Subject
from lab.people.areas import AREAS, Area, Wishes, of_profile, of_topic
from lab.people.data import MOST_RIGHT, Conversation, Study, Understood, before
from lab.people.doubt import mean, share
from lab.people.records import AreaScore, Marks, Understanding
from lab.people.summaries import industry_is_named, of_summary
from portfolio.profile import InvestorProfile
from portfolio.universe import Universe


class Case(NamedTuple):
    """An annotated conversation: what was said, what was understood, and what the story wishes."""

    conversation: Conversation
    understood: Understood
    story: Wishes
    summary: Wishes


Reader = Callable[[Conversation], InvestorProfile]


def cases_of(study: Study, universe: Universe) -> tuple[Case, ...]:
    """Every mark with the conversation that it is about; a summary no conversation stands before has no case."""
    out = []
    for one in study.understood:
        talk = before(study.conversations, one.session, one.at)
        if talk is not None:
            story = of_topic(study.stories[one.story].topic)
            out.append(Case(talk, one, story, of_summary(one.summary, universe)))
    return tuple(out)


def was_looked_at(session: str) -> bool:
    """Whether the session is of the half whose words were read while the profiler was mended: by its id's SHA-256."""
    return int(sha256(session.encode()).hexdigest(), 16) % 2 == 1


def right(wishes: Wishes, story: Wishes) -> int:
    """How many of the story's wishes are held; an industry is held when one of its sectors is."""
    return sum(bool(set(story.at(area)) & set(wishes.at(area))) for area in AREAS)


def asked(story: Wishes) -> int:
    """How many wishes the story has."""
    return sum(bool(story.at(area)) for area in AREAS)


def marks_of(cases: Sequence[Case], *, seed: int, draws: int) -> Marks:
    """The humans' marks beside the same count by rule."""
    counted = [(case.understood.mark, right(case.summary, case.story)) for case in cases]
    return Marks(
        n=len(cases),
        mean=mean([mark / MOST_RIGHT for mark, _ in counted], seed=seed, draws=draws),
        by_rule=mean([right(c.summary, c.story) / asked(c.story) for c in cases], seed=seed, draws=draws),
        exact=sum(mark == rule for mark, rule in counted),
        within_one=sum(abs(mark - rule) <= 1 for mark, rule in counted),
        beyond_words=sum(industry_is_named(c.understood.summary) and not c.summary.industry for c in cases),
    )


def understanding(
    way: str,
    subject: Subject,
    cases: Sequence[Case],
    profiles: Sequence[InvestorProfile],
    *,
    seed: int,
    draws: int,
    unanswered: int = 0,
) -> Understanding:
    """One way of reading, scored. `profiles` stand in the order of `cases`."""
    read = [of_profile(profile) for profile in profiles]
    shares = [right(wishes, case.story) / asked(case.story) for wishes, case in zip(read, cases, strict=True)]
    halves = [was_looked_at(case.understood.session) for case in cases]
    pairs = [_compared(wishes, case.summary) for wishes, case in zip(read, cases, strict=True)]
    weights = [case.understood.mark / MOST_RIGHT for case in cases]
    return Understanding(
        way=way,
        subject=subject,
        conversations=len(cases),
        right=mean(shares, seed=seed, draws=draws),
        looked_at=mean([s for s, seen in zip(shares, halves, strict=True) if seen], seed=seed, draws=draws),
        held_out=mean([s for s, seen in zip(shares, halves, strict=True) if not seen], seed=seed, draws=draws),
        against_mark=mean([s - w for s, w in zip(shares, weights, strict=True)], seed=seed, draws=draws),
        coverage=share([(both, stated) for stated, both, _ in pairs], seed=seed, draws=draws),
        agreement=share([(agree, both) for _, both, agree in pairs], seed=seed, draws=draws),
        weighted_agreement=share(
            [(w * agree, w * both) for (_, both, agree), w in zip(pairs, weights, strict=True)], seed=seed, draws=draws
        ),
        areas=tuple(_area(area, read, cases) for area in AREAS),
        unanswered=unanswered,
    )


def _compared(ours: Wishes, theirs: Wishes) -> tuple[int, int, int]:
    """(stated by the summary, of these stated by both, of these agreeing)."""
    stated = [area for area in AREAS if theirs.at(area)]
    both = [area for area in stated if ours.at(area)]
    return len(stated), len(both), sum(_agree(ours, theirs, area) for area in both)


def _agree(ours: Wishes, theirs: Wishes, area: Area) -> bool:
    return bool(set(ours.at(area)) & set(theirs.at(area)))


def _area(area: Area, read: Sequence[Wishes], cases: Sequence[Case]) -> AreaScore:
    rows = list(zip(read, cases, strict=True))
    wished = [(ours, case) for ours, case in rows if case.story.at(area)]
    stated = [(ours, case) for ours, case in rows if case.summary.at(area)]
    both = [(ours, case) for ours, case in stated if ours.at(area)]
    agrees = sum(_agree(ours, case.summary, area) for ours, case in both)
    ours_right = sum(_agree(ours, case.story, area) for ours, case in wished)
    theirs_right = sum(_agree(case.summary, case.story, area) for _, case in wished)
    return AreaScore(
        area=area.value,
        wished=len(wished),
        ours_right=ours_right,
        ours_opposite=sum(bool(ours.at(area)) for ours, _ in wished) - ours_right,
        adviser_right=theirs_right,
        adviser_opposite=sum(bool(case.summary.at(area)) for _, case in wished) - theirs_right,
        stated=len(stated),
        agrees=agrees,
        contradicts=len(both) - agrees,
        missed=len(stated) - len(both),
        ours_alone=sum(bool(ours.at(area)) and not case.summary.at(area) for ours, case in rows),
    )
