"""How each way answered, in words: who proposed, who judged, what models took, and what fell to a lower rung."""

from collections import Counter
from collections.abc import Sequence

from lab.committee.batch import Batch
from lab.committee.records import Decision
from lab.committee.ways import Way
from portfolio.records import Record
from portfolio.wording import percent

LONGEST = 300
"""Characters of the client's words that a paragraph repeats."""


class Answering(Record):
    """How one way answered over all its decisions."""

    way: str
    title: str
    decisions: int
    own: int
    """Decisions that the way itself made, and not a lower rung in its place."""
    proposed: dict[str, int]
    """Rung of the allocator -> decisions."""
    judged: dict[str, int]
    """Rung of the personas and scorers -> how often, over parts and decisions."""
    causes: dict[str, int]
    """Why a lower rung made the weights -> decisions."""
    models: tuple[str, ...]
    asked: int
    answered: int
    silent: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None


def answering(way: Way, decisions: Sequence[Decision]) -> Answering:
    """Counts over a way's decisions."""
    judged = Counter(
        rung
        for item in decisions
        for part, rung in item.rungs.items()
        if part.startswith("persona") or part == "scorer"
    )
    costs = [item.cost for item in decisions if item.cost is not None]
    return Answering(
        way=way.name,
        title=way.title,
        decisions=len(decisions),
        own=sum(item.own for item in decisions),
        proposed=_counted(Counter(item.rung for item in decisions)),
        judged=_counted(judged),
        causes=_counted(Counter(item.cause for item in decisions if item.cause is not None)),
        models=tuple(sorted({item.model for item in decisions if item.model is not None})),
        asked=sum(item.asked for item in decisions),
        answered=sum(item.answered for item in decisions),
        silent=sum(item.silent for item in decisions),
        input_tokens=_total([item.input_tokens for item in decisions]),
        output_tokens=_total([item.output_tokens for item in decisions]),
        cost=sum(costs) if costs else None,
    )


def how_they_answered(client: str, ways: Sequence[Way], batch: Batch) -> str:
    """The paragraph that a report shows."""
    caps = sorted({item.volatility_cap for way in ways for item in batch.of(way.name)})
    cap = percent(caps[0]) if len(caps) == 1 else f"{percent(caps[0])} to {percent(caps[-1])}, the rules at its mean"
    said = client if len(client) <= LONGEST else f"{client[:LONGEST].rstrip()} …"
    told = [
        f"The committee's ways were asked by the graph of a live recommendation at every decision, for one client "
        f"(“{said}”), whose volatility cap of {cap} every strategy is brought to."
    ]
    rows = [answering(way, batch.of(way.name)) for way in ways]
    if all(row.own == row.decisions and not row.models and set(row.judged) <= {"rules", "abstains"} for row in rows):
        who = "; ".join(f"{row.title}: {_listed(row.proposed)}" for row in rows)
        told.append(
            f"Each answered for itself on all {rows[0].decisions} days, by rules: no language model was asked. Who "
            f"proposed the weights: {who}."
        )
        return " ".join(told)
    return " ".join([*told, *(_way(row) for row in rows)])


def _way(told: Answering) -> str:
    parts = [f"{told.title[0].upper()}{told.title[1:]}: {told.own} of {told.decisions} answers its own"]
    parts.append(f"proposed by {_listed(told.proposed)}")
    if told.judged:
        parts.append(f"judged by {_shares(told.judged)}")
    if told.models:
        tokens = (told.input_tokens or 0) + (told.output_tokens or 0)
        counted = "tokens not counted" if told.input_tokens is None else f"{tokens:,} tokens"
        money = "" if told.cost is None else f", cost {told.cost:.2f}"
        parts.append(
            f"{told.answered:,} of {told.asked:,} questions to {', '.join(told.models)} answered ({counted}{money})"
        )
    if told.silent:
        parts.append(f"{told.silent} got no answer and will be asked again")
    if told.causes:
        cause, often = max(told.causes.items(), key=lambda item: (item[1], item[0]))
        parts.append(f"most often replaced because {cause} ({often})")
    return "; ".join(parts) + "."


def _listed(counts: dict[str, int]) -> str:
    """ "policy" alone, or "policy 20, baseline 7"."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} {percent(count / total, 0)}" for name, count in counts.items())


def _counted(counts: "Counter[str]") -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
