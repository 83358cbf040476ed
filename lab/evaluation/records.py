"""What a measurement is: figures with their doubt, and everything needed to make them again.

One file a part and a subject (`sentiment.rules.json`, `views.some-model.json`); `docs/quality.md` is drawn from all of
them, so runs of different days and machines add up to one table.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from portfolio.records import Record, UnitInterval

LEVEL = 0.95
"""Of every interval here."""

Share = UnitInterval


class Estimate(Record):
    """A figure with a two-sided interval of `LEVEL`."""

    value: float
    low: float
    high: float


class Subject(Record):
    """Who was measured."""

    rung: Literal["rules", "llm"]
    name: str = Field(min_length=1)
    """"rules", or the model's name at its endpoint."""
    weights_sha256: str | None = None
    """Of the file behind the endpoint, where it was named."""


RULES = Subject(rung="rules", name="rules")


class Source(Record):
    """A file that was read."""

    file: str
    """Relative to the folder of data, or the package's own."""
    sha256: str
    rows: int = Field(ge=0)
    """Usable ones."""
    first: date | None = None
    last: date | None = None
    """Dates of the data, where it has any."""


class Measured(Record):
    """Common to all parts."""

    subject: Subject
    command: str
    """That made it."""
    seed: int
    sources: tuple[Source, ...]
    note: str | None = None
    """What whoever measured wants known of it."""


class Classification(Record):
    """How one method named the tone of headlines that people had labelled."""

    method: str
    n: int
    confusion: tuple[tuple[int, int, int, int], ...]
    """(3, 4): a row for each true class (bad, neutral, good), a column for each answer and one for none."""
    accuracy: Estimate
    """Wilson interval; no answer counts as a wrong one."""
    macro_f1: Estimate
    """Bootstrap interval; no answer lowers recall."""
    tokens: int | None = None
    """Read and written, summed; None where nothing counted them."""


class Paired(Record):
    """One method against the rules on the same headlines."""

    method: str
    n: int
    accuracy: Estimate
    """Difference; positive where the method is better. Bootstrap over headlines."""
    macro_f1: Estimate


class SentimentResult(Measured):
    """Tone of headlines."""

    part: Literal["sentiment"] = "sentiment"
    methods: tuple[Classification, ...]
    against_rules: tuple[Paired, ...] = ()


class FieldScore(Record):
    """One field of the profile over all descriptions."""

    field: str
    said: int
    right: int
    wrong: int
    """Read, but with another value."""
    missed: int
    invented: int
    """Read where nothing was said."""


class ProfileScore(Record):
    """A reader over descriptions with known answers."""

    method: str
    n: int
    whole: Estimate
    """Share of descriptions with every field right and none too many; Wilson interval."""
    recall: Estimate
    """Right fields of those said; Wilson interval."""
    precision: Estimate
    """Right fields of those read; Wilson interval."""
    fields: tuple[FieldScore, ...]
    unanswered: int = 0
    """Descriptions on which the model gave no usable answer; the rules' reading stands."""


class WishScore(Record):
    """One wish of the people of LLMAdvisor, over their conversations."""

    wish: str
    sessions: int
    """Conversations of people to whom the story gave this wish."""
    read: int
    """Where the reader took it from the client's words with the right sign."""
    opposite: int
    """With the wrong sign."""


class ProfilesResult(Measured):
    """The client's words to a profile."""

    part: Literal["profiles"] = "profiles"
    scores: tuple[ProfileScore, ...]
    wishes: tuple[WishScore, ...] = ()
    human_mark: float | None = None
    """Mean of the people's marks (0 to 3) of what their own adviser, a model, had understood."""
    marked: int = 0


class Predictive(Record):
    """A day's sentiment against a later return."""

    horizon: str
    days: int = Field(ge=1)
    """Trading days of the return."""
    ticker: str | None
    """None: all together."""
    period: str
    n: int
    dates: int
    coverage: Share
    """Share of trading days with news."""
    spearman: float
    """Rank correlation; of all together, of ranks within each ticker."""
    pearson: float
    error: float
    """Standard error of `spearman`: Newey-West over dates, and clustered by date where tickers share one."""
    lags: int
    t: float
    p_value: float


class ReturnsResult(Measured):
    """Sentiment against what prices did next."""

    part: Literal["returns"] = "returns"
    rows: tuple[Predictive, ...]
    left_out: tuple[str, ...] = ()
    """Faults of the data that were left out, in words."""


class PersonaValidity(Record):
    """What became of one persona's questions to a model."""

    persona: str
    questions: int
    at_first: int
    """A valid answer from the first call."""
    after_repair: int
    """A valid answer from a later call: a repair, or a further try."""
    unknown: int
    """A valid answer kept from an earlier run whose calls nobody counted."""
    abstained: int
    """No valid answer: the rules' views stand, and say so."""
    views: int
    """Assets asked about."""
    given: int
    """Of these, with a score of the model."""
    mean_shift: float | None
    """Mean of the shift's size, in score units, over the given views."""
    largest_shift: float | None
    rank_agreement: float | None
    """Spearman correlation of the model's scores with the rules', mean over the dates; None where undefined."""
    tokens: int | None = None


class ViewsResult(Measured):
    """Personas asked through a model."""

    part: Literal["views"] = "views"
    dates: tuple[date, ...]
    personas: tuple[PersonaValidity, ...]


class RetrievalRow(Record):
    """Questions with an evidence page among the first few, by one way of searching."""

    way: str
    n: int
    hits_at_5: Estimate
    detail: str = ""


class RetrievalResult(Measured):
    """Questions on filings."""

    part: Literal["retrieval"] = "retrieval"
    rows: tuple[RetrievalRow, ...]
    notes: tuple[str, ...] = ()


Result = Annotated[
    SentimentResult | ProfilesResult | ReturnsResult | ViewsResult | RetrievalResult, Field(discriminator="part")
]
Part = Literal["sentiment", "profiles", "returns", "retrieval", "views"]
PARTS: tuple[Part, ...] = ("sentiment", "profiles", "returns", "retrieval", "views")
