"""What the study of real people tells: how much was understood, and how well four shares were ranked."""

from lab.evaluation.records import Source, Subject
from portfolio.records import Record

LEVEL = 0.95
"""Of every interval here."""


class Figure(Record):
    """A mean over sessions with its bootstrap interval, and the two-sided p-value of its being zero."""

    value: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    n: int
    """Sessions (for a share of statements, sessions that make any)."""


class AreaScore(Record):
    """One of the four areas over all annotated conversations: counts of statements."""

    area: str
    wished: int
    """Conversations whose story has a wish here."""
    ours_right: int
    ours_opposite: int
    """Ours says another thing than the story, which may be what the person said."""
    adviser_right: int
    adviser_opposite: int
    stated: int
    """Conversations where the adviser's summary states something here that the product has a word for."""
    agrees: int
    contradicts: int
    missed: int
    ours_alone: int
    """Ours states something where the summary has nothing."""


class Understanding(Record):
    """What one way of reading the person's words understood."""

    way: str
    subject: Subject
    conversations: int
    right: Figure
    """Share of the story's three wishes that the profile holds."""
    looked_at: Figure
    held_out: Figure
    """The same on the half of the sessions whose words were read while the rules were mended, and on the other."""
    against_mark: Figure
    """`right` minus the human's mark out of three, paired."""
    coverage: Figure
    """Of what the summaries state, the share on which the profile states anything."""
    agreement: Figure
    """Of what both state, the share on which they agree."""
    weighted_agreement: Figure
    """The same, each conversation weighted by its mark."""
    areas: tuple[AreaScore, ...]
    unanswered: int = 0
    """Conversations in which a model gave no usable answer, so that the rules stand alone."""


class Marks(Record):
    """The humans' marks, and how far a rule that reads the summaries agrees with them."""

    n: int
    mean: Figure
    """Mark out of three."""
    by_rule: Figure
    """The same share by this study's reading of the summaries."""
    exact: int
    """Summaries where both count the same number of wishes right."""
    within_one: int
    beyond_words: int
    """Summaries that name an industry for which the product has no word: not ours to hold."""


class Part(Record):
    """A mean rank correlation over some of the sessions."""

    name: str
    figure: Figure


class Ranker(Record):
    """One way of ranking the four shares, against the expert's ranking."""

    name: str
    words: str
    """What it knows and does, in a sentence."""
    spearman: Figure
    kendall: Figure
    by_chance: float
    """Share of all relabellings of each story's shares that reach this mean Spearman or more."""
    silent: int
    """Sessions in which it has no order at all; they count as zero, the mean of a random order."""
    by_story: tuple[Part, ...]
    by_arm: tuple[Part, ...]
    by_elicitation: tuple[Part, ...]
    """By the human's mark: two wishes or three right, at most one right, not marked."""


class Difference(Record):
    """Mean Spearman of one ranker minus another's, on the sessions that both rank, paired."""

    first: str
    second: str
    figure: Figure


class Result(Record):
    """Everything told. Fractions, not percent."""

    command: str
    seed: int
    draws: int
    sources: tuple[Source, ...]
    sessions: int
    """With a ranking."""
    conversations: int
    """Annotated ones."""
    marks: Marks
    understanding: tuple[Understanding, ...]
    rankers: tuple[Ranker, ...]
    differences: tuple[Difference, ...]
    random_deviation: float
    """Standard deviation of the mean Spearman of as many independent random orders."""
    golds: int
    """Different expert rankings among the sessions, as orders of shares: what the figures are few in."""
