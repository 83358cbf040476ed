"""The client's words to a profile: forty descriptions written for this, and real people's talks with an adviser.

Contract
--------
- `clients.jsonl` was written before the reader had read any of it (the commit that added it says so). Once its misses
  are mended the figures are of a tuned set: write a new one then.
- A field is right when its value is (numbers within 0.5 %, bands and levels the same). `free` fields, where careful
  people differ, count neither way.
- With a model, the same reading with what the model may add (`agents.profiler.model`).
"""

import ast
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter

from agents.profiler import Reading, read
from lab.evaluation.classification import wilson
from lab.evaluation.endpoint import check_reached
from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import (
    RULES,
    FieldScore,
    ProfileScore,
    ProfilesResult,
    Source,
    Subject,
    WishScore,
)
from lab.evaluation.sources import read_bytes, rows_of, source_of
from portfolio.profile import InvestorProfile
from portfolio.records import Record

if TYPE_CHECKING:
    from portfolio.universe import Universe
    from tools.llm import LanguageModel

FIELDS = (
    "age",
    "income",
    "net_worth",
    "amount_to_invest",
    "horizon",
    "risk_tolerance",
    "loss_limit",
    "capacity",
    "liquidity_need",
    "experience",
)
TODAY = date(2026, 11, 21)
"""The day on which the descriptions were written; "in 2032" is six years from then."""
TALKS = "dialogues/llmadvisor/preference_elicitation.csv.gz"
MARKS = "dialogues/llmadvisor/user_profile_and_annotation.csv.gz"
TALKED_ON = date(2024, 11, 4)

Value = int | float | str


class Client(Record):
    """One description and what a careful person reads in it."""

    text: str
    said: dict[str, Value]
    free: tuple[str, ...] = ()


class Wish(NamedTuple):
    """A wish of a story, as the product's vocabulary has it: a preference's key, liked or not."""

    words: str
    key: str
    liked: bool


STORIES: Mapping[str, tuple[Wish, ...]] = {
    "0": (
        Wish("health care", "Health Care", True),
        Wish("growth shares", "growth", True),
        Wish("no dividends", "dividends", False),
        Wish("defensive shares", "low_volatility", True),
    ),
    "1": (Wish("dividends", "dividends", True), Wish("defensive shares", "low_volatility", True)),
    "2": (
        Wish("no dividends", "dividends", False),
        Wish("value shares", "value", True),
        Wish("cyclical shares", "cyclical", True),
    ),
}
"""The three stories that people were given to play, in the order of `experiment_processed_data`. `lab.people` looks
at the same people more closely; this part is what a model's reading can be set beside."""


def read_clients() -> tuple[tuple[Client, ...], Source]:
    """The shipped descriptions."""
    raw = resources.files("lab.evaluation").joinpath("clients.jsonl").read_bytes()
    clients = tuple(Client.model_validate_json(line) for line in raw.splitlines())
    return clients, source_of("lab/evaluation/clients.jsonl", raw, len(clients), TODAY, TODAY)


def measure_profiles(
    data: Path,
    universe: "Universe",
    model: "LanguageModel | None",
    subject: Subject,
    *,
    sample: int,
    seed: int,
    command: str,
    step: OnStep,
) -> ProfilesResult:
    """The descriptions by rules, or by rules and a model on the first `sample`; by rules also the real talks."""
    clients, source = read_clients()
    if model is None:
        sessions, sources, marks = read_talks(data)
        return ProfilesResult(
            subject=RULES,
            command=command,
            seed=seed,
            sources=(source, *sources),
            scores=(_scored("rules", clients, universe, None, step),),
            wishes=wishes_read(sessions, universe),
            human_mark=sum(marks) / len(marks) if marks else None,
            marked=len(marks),
        )
    mine, part = model.listening(), clients[:sample]
    scores = (
        _scored("rules and model", part, universe, mine, step),
        _scored("rules, the same descriptions", part, universe, None, step),
    )
    return ProfilesResult(subject=subject, command=command, seed=seed, sources=(source,), scores=scores)


def _scored(
    method: str, clients: Sequence[Client], universe: "Universe", model: "LanguageModel | None", step: OnStep
) -> ProfileScore:
    readings: list[Reading] = []
    for i, client in enumerate(clients):
        step(Step("profiles", method, i, len(clients)))
        readings.append(read([client.text], today=TODAY, universe=universe, model=model))
        if model is not None:
            check_reached(model)
    return score_profiles(method, clients, readings)


def score_profiles(method: str, clients: Sequence[Client], readings: Sequence[Reading]) -> ProfileScore:
    """Counts by field and the shares over all of them."""
    tables = {field: dict.fromkeys(("said", "right", "wrong", "missed", "invented"), 0) for field in FIELDS}
    whole = 0
    for client, reading in zip(clients, readings, strict=True):
        clean = True
        for field in FIELDS:
            if field in client.free:
                continue
            verdict = judged(client.said.get(field), _value(reading.profile, field))
            clean = clean and verdict in {"right", None}
            tables[field]["said"] += field in client.said
            if verdict is not None:
                tables[field][verdict] += 1
        whole += clean
    fields = tuple(FieldScore(field=field, **counts) for field, counts in tables.items())
    right, said = sum(f.right for f in fields), sum(f.said for f in fields)
    told = right + sum(f.wrong + f.invented for f in fields)
    return ProfileScore(
        method=method,
        n=len(clients),
        whole=wilson(whole, len(clients)),
        recall=wilson(right, said),
        precision=wilson(right, max(1, told)),
        fields=fields,
        unanswered=sum(reading.fallback is not None for reading in readings),
    )


def judged(said: Value | None, told: Value | None) -> str | None:
    """What became of one field; None where nothing was said and nothing read."""
    if said is None:
        return None if told is None else "invented"
    if told is None:
        return "missed"
    if isinstance(said, str) or isinstance(told, str):
        return "right" if said == told else "wrong"
    return "right" if abs(said - told) <= 0.005 * abs(said) else "wrong"


def _value(profile: InvestorProfile, field: str) -> Value | None:
    stated = getattr(profile, field)
    if stated is None:
        return None
    plain: Value = getattr(stated.value, "value", stated.value)
    return plain


class Session(NamedTuple):
    """One person's messages to their adviser, and the story that they played."""

    story: str
    messages: tuple[str, ...]


def read_talks(data: Path) -> tuple[tuple[Session, ...], tuple[Source, ...], tuple[int, ...]]:
    """LLMAdvisor's annotated sessions, the files, and the people's marks. Raises DataError."""
    talks, marks = read_bytes(data, TALKS), read_bytes(data, MARKS)
    head, *rows = rows_of(marks)
    at = {name: place for place, name in enumerate(head)}
    story = {row[at["user_id_uuid"]]: row[at["narrative_id"]] for row in rows}
    given = tuple(int(row[at["correct"]]) for row in rows)
    head, *turns = rows_of(talks)
    place = {name: i for i, name in enumerate(head)}
    said: dict[str, list[str]] = {}
    days: list[date] = []
    for turn in turns:
        value = turn[place["value"]]
        if "'role': 'user'" in value:
            key = f"{turn[place['user_id']]}_{turn[place['uuid']]}"
            words = TypeAdapter(dict[str, str]).validate_python(ast.literal_eval(value))
            said.setdefault(key, []).append(words["content"])
            days.append(date.fromisoformat(turn[place["timestamp"]][:10]))
    sessions = tuple(Session(story[key], tuple(said[key])) for key in sorted(said) if key in story)
    first, last = min(days), max(days)
    files = (source_of(TALKS, talks, len(turns), first, last), source_of(MARKS, marks, len(rows), first, last))
    return sessions, files, given


def wishes_read(sessions: Sequence[Session], universe: "Universe") -> tuple[WishScore, ...]:
    """For each wish of the stories, in how many sessions the reader found it. It reads the person's words alone: an
    answer like "the first one" tells it nothing, where the person's adviser knew the question."""
    found: dict[str, list[int]] = {}
    for session in sessions:
        profile = read(list(session.messages), today=TALKED_ON, universe=universe).profile
        signs = _signs(profile)
        for wish in STORIES[session.story]:
            counts = found.setdefault(wish.words, [0, 0, 0])
            sign = signs.get(wish.key, 0)
            counts[0] += 1
            counts[1] += sign == (1 if wish.liked else -1)
            counts[2] += sign == (-1 if wish.liked else 1)
    return tuple(WishScore(wish=words, sessions=n, read=yes, opposite=no) for words, (n, yes, no) in found.items())


def _signs(profile: InvestorProfile) -> dict[str, int]:
    """Key -> 1 where the client wants more of it, -1 less or none."""
    out: dict[str, int] = {}
    if profile.preferences is not None:
        for item in profile.preferences.value:
            floor = item.min_weight is not None or item.weight > 0
            out[item.key] = 1 if floor else -1
    if profile.exclusions is not None:
        out |= {item.key: -1 for item in profile.exclusions.value}
    return out
