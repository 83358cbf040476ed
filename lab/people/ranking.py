"""The four shares in order: by our score of what was said, and by the person after the recorded adviser."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lab.people.data import Ranking, Study, Understood
from lab.people.doubt import by_chance, kendall, mean, spearman
from lab.people.records import Difference, Part, Ranker

GOOD = 2
"""A mark from which the study calls an elicitation successful."""
ARMS: Mapping[str, str] = {
    "0": "adviser knows the profile (arm 0)",
    "1": "adviser without the profile (arm 1)",
    "2": "adviser with a personality (arm 2)",
    "3": "adviser with a personality (arm 3)",
}
"""The study's arms, the second part of a user's id."""


class Scored(NamedTuple):
    """One ranker's scores of one session's shares, in the session's order; higher is better."""

    ranking: Ranking
    scores: tuple[float, ...]


def of_person(ranking: Ranking) -> Scored:
    """The person's own order after the advisory talks, as scores."""
    return Scored(ranking, tuple(-float(rank) for rank in ranking.given))


def rhos(rows: Sequence[Scored]) -> list[float]:
    """Spearman a session; a session without any order counts as zero, which is the mean of a random one."""
    return [spearman(row.scores, row.ranking.gold) or 0.0 for row in rows]


def ranker(name: str, words: str, rows: Sequence[Scored], study: Study, *, seed: int, draws: int) -> Ranker:
    """Everything told of one way of ranking."""
    values = rhos(rows)
    marks = last_marks(study)

    def parts(keys: Sequence[str]) -> tuple[Part, ...]:
        return tuple(
            Part(
                name=key,
                figure=mean([v for v, k in zip(values, keys, strict=True) if k == key], seed=seed, draws=draws),
            )
            for key in sorted(set(keys))
        )

    chance: dict[int, list[tuple[Sequence[float], Mapping[str, int], Sequence[str]]]] = {}
    for row in rows:
        gold = dict(zip(row.ranking.shares, row.ranking.gold, strict=True))
        chance.setdefault(row.ranking.story, []).append((row.scores, gold, row.ranking.shares))
    return Ranker(
        name=name,
        words=words,
        spearman=mean(values, seed=seed, draws=draws),
        kendall=mean([kendall(row.scores, row.ranking.gold) or 0.0 for row in rows], seed=seed, draws=draws),
        by_chance=by_chance(chance, seed),
        silent=sum(len(set(row.scores)) < 2 for row in rows),
        by_story=parts([f"{row.ranking.story}: {study.stories[row.ranking.story].topic}" for row in rows]),
        by_arm=parts([arm_of(row.ranking) for row in rows]),
        by_elicitation=parts([_elicited(marks.get(row.ranking.session)) for row in rows]),
    )


def difference(
    first: str, ours: Sequence[Scored], second: str, theirs: Sequence[Scored], *, seed: int, draws: int
) -> Difference:
    """Paired, on the sessions that both rank."""
    other = {_key(row.ranking): value for row, value in zip(theirs, rhos(theirs), strict=True)}
    gaps = [
        value - other[_key(row.ranking)]
        for row, value in zip(ours, rhos(ours), strict=True)
        if _key(row.ranking) in other
    ]
    return Difference(first=first, second=second, figure=mean(gaps, seed=seed, draws=draws))


def last_marks(study: Study) -> dict[str, Understood]:
    """Session -> the last mark of it that was made before its ranking; the adviser knew that summary."""
    ranked = {row.session: row.at for row in study.rankings}
    return {one.session: one for one in study.understood if one.session in ranked and one.at <= ranked[one.session]}


def arm_of(ranking: Ranking) -> str:
    """The study's arm of a session, from its user's id (`user_<arm>_<story>_<order>`)."""
    parts = ranking.session.split("_")
    return ARMS.get(parts[1], f"arm {parts[1]}") if len(parts) > 1 else "unknown arm"


def golds(rows: Sequence[Ranking]) -> int:
    """How many different expert orders of shares there are."""
    return len({tuple(sorted(zip(row.gold, row.shares, strict=True))) for row in rows})


def _elicited(mark: Understood | None) -> str:
    if mark is None:
        return "not marked"
    return "two or three wishes understood" if mark.mark >= GOOD else "none or one understood"


def _key(ranking: Ranking) -> tuple[str, str]:
    return ranking.session, ranking.at.isoformat()
