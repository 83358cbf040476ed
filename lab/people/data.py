"""LLMAdvisor's four files as typed records: who said what, what was understood of it, and which shares fit.

What each column means stands in `docs/people.md`. Contract: a session is one person at one sitting, its id
`<user_id>_<uuid>`; what cannot be read is a `DataError` that names the file, never a row left out in silence.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from lab.evaluation.records import Source
from lab.evaluation.sources import read_bytes, rows_of, source_of
from portfolio.records import Record
from tools.errors import DataError

TALKS = "dialogues/llmadvisor/preference_elicitation.csv.gz"
MARKS = "dialogues/llmadvisor/user_profile_and_annotation.csv.gz"
RANKINGS = "dialogues/llmadvisor/ranking.csv.gz"
SHARES = "dialogues/llmadvisor/experiment_processed_data.jsonl"
OPENING = "Hey"
"""What the study's start button sends in the person's name: it begins a conversation and says nothing."""
MOST_RIGHT = 3
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

T = TypeVar("T", bound=Record)
_VALUE = TypeAdapter(dict[str, str])


class Turn(Record):
    """One message."""

    at: datetime
    role: Literal["user", "assistant"]
    text: str


class Conversation(Record):
    """One run of questions and answers. `said[i]` answered `asked[i]` at `when[i]`, without the start button's word."""

    session: str
    began: datetime
    said: tuple[str, ...]
    asked: tuple[str, ...]
    when: tuple[datetime, ...]


class Understood(Record):
    """What the recorded adviser wrote down of a conversation, and how many of the story's three wishes a human found
    right in it."""

    session: str
    story: int
    at: datetime
    summary: str
    mark: int


class Ranking(Record):
    """The order in which a person, after talking to the adviser about each share, would invest; and the expert's.

    Ranks stand in the order of `shares`; 1 is the best.
    """

    session: str
    story: int
    at: datetime
    shares: tuple[str, ...]
    given: tuple[int, ...]
    gold: tuple[int, ...]


class Share(Record):
    """What the study told its adviser of a share, the text of the earnings call as it stands."""

    symbol: str
    name: str
    sector: str
    industry: str
    beta: float
    monthly: tuple[float, ...]
    """Closing price of each month of 2023, January first."""
    earnings: str


class Story(Record):
    """The investor whom the person played: the wishes are the words of the topic."""

    number: int
    topic: str
    shares: tuple[Share, ...]


class Study(NamedTuple):
    """Everything read. Conversations are in order of session and time."""

    conversations: tuple[Conversation, ...]
    understood: tuple[Understood, ...]
    rankings: tuple[Ranking, ...]
    stories: Mapping[int, Story]
    sources: tuple[Source, ...]


def read_study(data: Path) -> Study:
    """Read the folder of data. Raises DataError for a file, a column or a cell that is not as described."""
    talks, source = _table(data, TALKS, ("user_id", "uuid", "timestamp", "value"))
    marks, marked = _table(data, MARKS, ("timestamp", "user_id_uuid", "narrative_id", "summary", "correct"))
    ranks, ranked = _table(
        data, RANKINGS, ("user_id", "uuid", "timestamp", "comp_order", "ranking", "narrative_id", "gold_ranking")
    )
    stories, shares = _stories(data)
    study = Study(
        conversations=conversations(talks),
        understood=tuple(sorted(map(_understood, marks), key=lambda one: (one.session, one.at))),
        rankings=tuple(sorted((_ranking(row, stories) for row in ranks), key=lambda one: (one.session, one.at))),
        stories=stories,
        sources=(source, marked, ranked, shares),
    )
    for story, what in [(one.story, MARKS) for one in study.understood] + [
        (one.story, RANKINGS) for one in study.rankings
    ]:
        if story not in stories:
            raise _fault(what, f"story {story} is not in {SHARES}")
    return study


def before(conversations: Sequence[Conversation], session: str, at: datetime) -> Conversation | None:
    """The session's last conversation that had begun by then, without what was said later; None where there is none."""
    known = [one for one in conversations if one.session == session and one.began <= at]
    if not known:
        return None
    heard = sum(moment <= at for moment in known[-1].when)
    cut = {name: getattr(known[-1], name)[:heard] for name in ("said", "asked", "when")}
    return known[-1].model_copy(update=cut)


def conversations(rows: Sequence[Mapping[str, str]]) -> tuple[Conversation, ...]:
    """Rows of the table of messages, in any order, as conversations. Raises DataError."""
    turns: dict[str, list[Turn]] = {}
    for row in rows:
        cell = _literal(TALKS, "value", row["value"], _VALUE)
        turn = _record(TALKS, Turn, {"at": row["timestamp"], "role": cell.get("role"), "text": cell.get("content")})
        turns.setdefault(_session(row), []).append(turn)
    out: list[Conversation] = []
    for session in sorted(turns):
        # A message and its answer may share a second; the file has them in order, and sorting keeps it.
        parts: list[list[Turn]] = []
        for turn in sorted(turns[session], key=lambda one: one.at):
            if turn.role == "user" and turn.text.strip() == OPENING:
                parts.append([])
            if parts:
                parts[-1].append(turn)
            else:
                parts.append([turn])
        out += [_conversation(session, part) for part in parts]
    return tuple(out)


def _conversation(session: str, turns: Sequence[Turn]) -> Conversation:
    said: list[str] = []
    asked: list[str] = []
    when: list[datetime] = []
    question = ""
    for turn in turns:
        if turn.role == "assistant":
            question = turn.text
        elif turn.text.strip() not in ("", OPENING):
            said.append(turn.text)
            asked.append(question)
            when.append(turn.at)
    return Conversation(session=session, began=turns[0].at, said=tuple(said), asked=tuple(asked), when=tuple(when))


def _understood(row: Mapping[str, str]) -> Understood:
    one = _record(
        MARKS,
        Understood,
        {
            "session": row["user_id_uuid"],
            "story": row["narrative_id"],
            "at": row["timestamp"],
            "summary": row["summary"],
            "mark": row["correct"],
        },
    )
    if not 0 <= one.mark <= MOST_RIGHT:
        raise _fault(MARKS, f"a mark of {one.mark}; 0 to {MOST_RIGHT} expected")
    return one


def _ranking(row: Mapping[str, str], stories: Mapping[int, Story]) -> Ranking:
    names = tuple(a or b for a, b in re.findall(r"'([^']*)'|\"([^\"]*)\"", row["comp_order"]))
    one = _record(
        RANKINGS,
        Ranking,
        {
            "session": _session(row),
            "story": row["narrative_id"],
            "at": row["timestamp"],
            "shares": names,
            "given": re.findall(r"\d+", row["ranking"]),
            "gold": re.findall(r"\d+", row["gold_ranking"]),
        },
    )
    places = list(range(1, len(one.shares) + 1))
    if len(places) < 2 or sorted(one.given) != places or sorted(one.gold) != places:
        raise _fault(RANKINGS, f"session {one.session}: {one.given} and {one.gold} do not rank {len(places)} shares")
    known = {share.name for share in stories[one.story].shares} if one.story in stories else set(one.shares)
    if set(one.shares) != known:
        raise _fault(RANKINGS, f"session {one.session} ranks {one.shares}, its story has {sorted(known)}")
    return one


def _stories(data: Path) -> tuple[dict[int, Story], Source]:
    raw = read_bytes(data, SHARES)
    lines = [line for line in raw.decode("utf-8").splitlines() if line.strip()]
    kept: dict[int, Story] = {}
    for number, line in enumerate(lines):
        told = _record(SHARES, _Told, line)
        shares = tuple(
            Share(
                symbol=one["ticker"],
                name=one["short_name"],
                sector=one["sector"],
                industry=one["industry"],
                beta=_number(SHARES, "beta", one["beta"]),
                monthly=_prices(one["price_data"]),
                earnings=one["earning_summary"],
            )
            for one in told.rows()
        )
        kept[number] = Story(number=number, topic=told.topic, shares=shares)
    if not kept:
        raise _fault(SHARES, "it holds no story")
    return kept, source_of(SHARES, raw, sum(len(story.shares) for story in kept.values()))


class _Told(Record):
    """One line of the file of shares, as it stands there."""

    topic: str
    data: tuple[dict[str, str | float | int], ...]

    def rows(self) -> list[dict[str, str]]:
        """Raises DataError where a share lacks a fact."""
        needed = ("ticker", "short_name", "sector", "industry", "beta", "price_data", "earning_summary")
        for one in self.data:
            lacking = [name for name in needed if name not in one]
            if lacking:
                raise _fault(SHARES, f"a share of {self.topic} has no {', '.join(lacking)}")
        return [{name: str(one[name]) for name in needed} for one in self.data]


def _prices(cell: str) -> tuple[float, ...]:
    found = dict(re.findall(r"\b([A-Z][a-z]{2}): (\d+(?:\.\d+)?)", cell))
    if set(found) != set(MONTHS):
        raise _fault(SHARES, f"price_data has months {', '.join(found) or 'none'}; all twelve expected")
    return tuple(float(found[month]) for month in MONTHS)


def _table(data: Path, name: str, needed: Sequence[str]) -> tuple[list[dict[str, str]], Source]:
    raw = read_bytes(data, name)
    try:
        head, *rows = rows_of(raw)
    except (ValueError, UnicodeDecodeError) as error:
        raise _fault(name, f"it is no table: {error}") from error
    lacking = [column for column in needed if column not in head]
    if lacking:
        raise _fault(name, f"it has no column {', '.join(lacking)}; its columns are {', '.join(head)}")
    if any(len(row) != len(head) for row in rows):
        raise _fault(name, f"a row has not the {len(head)} cells of its header")
    table = [dict(zip(head, row, strict=True)) for row in rows]
    days = sorted(row["timestamp"][:10] for row in table)
    first, last = (datetime.fromisoformat(day).date() for day in (days[0], days[-1])) if days else (None, None)
    return table, source_of(name, raw, len(table), first, last)


def _session(row: Mapping[str, str]) -> str:
    return f"{row['user_id']}_{row['uuid']}"


def _literal(name: str, column: str, cell: str, shape: TypeAdapter[dict[str, str]]) -> dict[str, str]:
    try:
        return shape.validate_python(ast.literal_eval(cell))
    except (ValueError, SyntaxError, ValidationError) as error:
        raise _fault(name, f"a cell of {column} cannot be read: {cell[:60]!r}") from error


def _number(name: str, column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise _fault(name, f"{column} holds {cell[:40]!r}, which is no number") from error


def _record(name: str, kind: type[T], cells: Mapping[str, object] | str) -> T:
    try:
        return kind.model_validate_json(cells) if isinstance(cells, str) else kind.model_validate(cells)
    except ValidationError as error:
        first = error.errors()[0]
        raise _fault(name, f"{'.'.join(map(str, first['loc'])) or 'a line'}: {first['msg']}") from error


def _fault(name: str, what: str) -> DataError:
    return DataError(f"{name}: {what}", "name with --data the folder whose `dialogues/llmadvisor` holds the study")
