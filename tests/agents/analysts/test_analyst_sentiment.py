"""Words and meaning: what sounds good and bad, and how well that agrees with people."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from agents.analysts.lexicon import filing_tally, headline_tally, headline_words, word_list
from agents.analysts.sentiment import NEUTRAL_BAND, tones
from tools.embedding import Embedder

TWEETS = Path(__file__).resolve().parents[4] / "shared" / "data" / "news" / "labelled_financial_tweets.csv.gz"


@pytest.mark.parametrize(
    "text",
    [
        "Splunk EPS beats by $0.03, beats on revenue",
        "Mednax upgraded to buy from hold, price target raised to $33 from $25",
        "Jobless claims fall more than expected",
        "$JAN (+92.2% pre) JanOne signs a license",
        "Fortune Brands shareholders booked a gain",
        "Losses shrink at the airline",
    ],
)
def test_headlines_that_sound_good(text: str) -> None:
    assert headline_tally(text).score > 0


@pytest.mark.parametrize(
    "text",
    [
        "Ship Finance EPS misses by $0.18, misses on revenue",
        "WWE stock price target cut to $58 from $92",
        "Okta -2% on valuation downgrade",
        "Costs rise at the mill",
        "The drug was not approved",
        "Bank doesn't beat estimates",
    ],
)
def test_headlines_that_sound_bad(text: str) -> None:
    assert headline_tally(text).score < 0


def test_a_negation_turns_the_sign_of_the_words_after_it_and_no_further() -> None:
    assert filing_tally("Sales did not improve.").score < 0 < filing_tally("Sales improved.").score
    assert filing_tally("It was not in any of the many plants that sales improved.").score > 0


def test_a_text_without_telling_words_scores_nothing() -> None:
    assert headline_tally("The committee met on Tuesday.").score == 0.0
    assert headline_tally("").score == 0.0


def test_a_ticker_is_not_a_word() -> None:
    assert headline_tally("$LOSS (BEAR) reports at https://t.co/crash #plunge").score == 0.0


def test_the_word_lists_are_whole_and_say_nothing_twice() -> None:
    good, bad = word_list()
    assert len(good) == 354 and 2300 < len(bad) < 2400
    words = headline_words()
    assert not words.rises & words.falls
    assert not words.rises & words.bad_things


def test_no_passages_have_no_tones() -> None:
    assert tones([], np.zeros((0, 384), dtype=np.float32), Embedder(), headlines=True) == []


@pytest.mark.skipif(not TWEETS.is_file(), reason="the labelled tweets of ../shared/data are not here")
def test_words_and_meaning_agree_with_people_better_than_the_word_list_alone() -> None:
    """Only the odd rows are looked at: the even ones chose the shares and bands."""
    with gzip.open(TWEETS) as file:
        rows = [row for row in csv.reader(io.TextIOWrapper(file, "utf-8", newline="")) if len(row) == 2]
    rows = [row for row in rows if row[1] in {"0", "1", "2"}][1::2]
    texts, truth = [text for text, _ in rows], np.array([{"0": -1, "1": 1, "2": 0}[label] for _, label in rows])
    embedder = Embedder()
    told = np.array([tone.score for tone in tones(texts, embedder.embed(texts), embedder, headlines=True)])
    ours = np.sign(told) * (np.abs(told) > NEUTRAL_BAND)
    theirs = np.sign([filing_tally(text).good - filing_tally(text).bad for text in texts])
    assert np.mean(ours == truth) > 0.68
    assert _macro_f1(ours, truth) > 0.61
    assert _macro_f1(ours, truth) > _macro_f1(theirs, truth) + 0.10
    assert np.mean(ours == truth) > np.mean(theirs == truth) + 0.07


def _macro_f1(told: "np.ndarray", truth: "np.ndarray") -> float:
    parts = []
    for label in (-1, 0, 1):
        hit = np.sum((told == label) & (truth == label))
        parts.append(2 * hit / max(1, np.sum(told == label) + np.sum(truth == label)))
    return float(np.mean(parts))
