"""From the study's files to everything told: read, understand, rank, and put a doubt on each figure."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agents.profiler import Reading, read
from lab.evaluation.endpoint import check_reached
from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import RULES, Subject
from lab.people.areas import of_topic, preferences
from lab.people.data import Conversation, Ranking, Study, before, read_study
from lab.people.ranking import Scored, difference, golds, last_marks, of_person, ranker
from lab.people.records import Result
from lab.people.score import scores, weighed
from lab.people.summaries import of_summary
from lab.people.understanding import cases_of, marks_of, understanding
from portfolio.intent import objective_mix
from portfolio.profile import InvestorProfile, Objective

if TYPE_CHECKING:
    from portfolio.universe import Universe
    from tools.llm import LanguageModel

ALONE = "the words alone"
ASKED = "the words, each with its question"
PERSON = "the person, after the recorded adviser"
SUMMARY = "our score of the adviser's own summary"
TRUE = "our score of the story's own wishes"
ORDERS = 3.0
"""A random order of n things has a Spearman of variance 1 / (n - 1): 1 / 3 for four."""


def measure(
    data: Path,
    universe: "Universe",
    model: "LanguageModel | None",
    subject: Subject,
    *,
    seed: int,
    draws: int,
    command: str,
    step: OnStep,
) -> Result:
    """Measure the rules in both ways, and a model's reading where one is given. Raises DataError, ModelUnavailable."""
    study = read_study(data)
    cases = cases_of(study, universe)
    mine = None if model is None else model.listening()
    plan: list[tuple[str, Subject, bool, LanguageModel | None]] = [
        (ALONE, RULES, False, None),
        (ASKED, RULES, True, None),
    ]
    if mine is not None:
        plan.append((f"{ASKED}, and {subject.name}", subject, True, mine))
    understood = []
    heard: list[tuple[str, Mapping[tuple[str, str], Reading]]] = []
    for way, who, asked, reader in plan:
        readings = _readings(study, universe, reader, asked=asked, way=way, step=step)
        heard.append((way, readings))
        mine_of_cases = [readings[_key(case.conversation)] for case in cases]
        understood.append(
            understanding(
                way,
                who,
                cases,
                [one.profile for one in mine_of_cases],
                seed=seed,
                draws=draws,
                unanswered=sum(one.fallback is not None for one in mine_of_cases),
            )
        )
    ranked = {way: _ranked(study, readings) for way, readings in heard}
    ranked |= {
        PERSON: [of_person(row) for row in study.rankings],
        SUMMARY: _from_summaries(study, universe),
        TRUE: [Scored(row, _of_story(study, row)) for row in study.rankings],
    }
    words = {way: "our score of the profile that the profiler made of it" for way, _ in heard} | {
        PERSON: "what the study has of the adviser's ranking: the person's own order after it",
        SUMMARY: "what is lost where the adviser misunderstood; its summaries are marked sessions only",
        TRUE: "what is lost though everything is understood: what the shares' descriptors do not say",
    }
    rankers = tuple(ranker(name, words[name], rows, study, seed=seed, draws=draws) for name, rows in ranked.items())
    ours = [way for way, _ in heard]
    pairs = [(way, other) for way in ours for other in (PERSON, SUMMARY, TRUE)] + [(way, ours[0]) for way in ours[1:]]
    return Result(
        command=command,
        seed=seed,
        draws=draws,
        sources=study.sources,
        sessions=len(study.rankings),
        conversations=len(cases),
        marks=marks_of(cases, seed=seed, draws=draws),
        understanding=tuple(understood),
        rankers=rankers,
        differences=tuple(difference(a, ranked[a], b, ranked[b], seed=seed, draws=draws) for a, b in pairs),
        random_deviation=(1.0 / (ORDERS * len(study.rankings))) ** 0.5 if study.rankings else 0.0,
        golds=golds(study.rankings),
    )


def _readings(
    study: Study,
    universe: "Universe",
    model: "LanguageModel | None",
    *,
    asked: bool,
    way: str,
    step: OnStep,
) -> dict[tuple[str, str], Reading]:
    """(session, beginning) -> what the profiler made of each conversation that a mark or a ranking needs."""
    moments = [(one.session, one.at) for one in study.understood] + [(one.session, one.at) for one in study.rankings]
    needed = {
        _key(talk): talk for session, at in moments if (talk := before(study.conversations, session, at)) is not None
    }
    out: dict[tuple[str, str], Reading] = {}
    for i, (key, talk) in enumerate(sorted(needed.items())):
        step(Step("people", way, i, len(needed)))
        out[key] = read(
            talk.said,
            today=talk.began.date(),
            universe=universe,
            model=model,
            asked=talk.asked if asked else (),
        )
        if model is not None:
            check_reached(model)
    return out


def _ranked(study: Study, readings: Mapping[tuple[str, str], Reading]) -> list[Scored]:
    """Nothing said after the ranking is read; a session without a conversation before it has no wishes at all."""
    rows = []
    for row in study.rankings:
        talk = before(study.conversations, row.session, row.at)
        profile = InvestorProfile() if talk is None else readings[_key(talk)].profile
        rows.append(_scored(study, row, tuple(scores(profile, study.stories[row.story].shares))))
    return rows


def _from_summaries(study: Study, universe: "Universe") -> list[Scored]:
    marks = last_marks(study)
    return [
        _scored(
            study,
            row,
            tuple(
                weighed(
                    preferences(of_summary(marks[row.session].summary, universe)),
                    _unknown_preservation(),
                    study.stories[row.story].shares,
                )
            ),
        )
        for row in study.rankings
        if row.session in marks
    ]


def _of_story(study: Study, row: Ranking) -> tuple[float, ...]:
    story = study.stories[row.story]
    found = weighed(preferences(of_topic(story.topic)), _unknown_preservation(), story.shares)
    return _scored(study, row, tuple(found)).scores


def _scored(study: Study, row: Ranking, found: tuple[float, ...]) -> Scored:
    """Scores in the order in which the session shows the shares."""
    by_name = {share.name: float(value) for share, value in zip(study.stories[row.story].shares, found, strict=True)}
    return Scored(row, tuple(by_name[name] for name in row.shares))


def _unknown_preservation() -> float:
    """The share of capital preservation in the mix of somebody of whom nothing is known."""
    return objective_mix(InvestorProfile())[Objective.CAPITAL_PRESERVATION]


def _key(talk: Conversation) -> tuple[str, str]:
    return talk.session, talk.began.isoformat()
