"""Text to the words that BM25 counts: lower case, no stop words, plural s dropped, figures without their commas."""

import re

VERSION = "1"
"""Changes when the same text would give other words, so that postings on disk are made again."""
LONGEST = 32
"""Characters of a word; a longer run is an address or a blob."""
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "may",
        "me",
        "more",
        "most",
        "of",
        "on",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "please",
        "shall",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "under",
        "up",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
_WORD = re.compile(r"[a-z]+(?:&[a-z]+)*|\d[\d,]*(?:\.\d+)?")
_POSSESSIVE = re.compile(r"[’']s\b")


def words(text: str) -> list[str]:
    """The words of a text in order, with repeats. The plural rules are the S-stemmer's (Harman 1991)."""
    found = _WORD.findall(_POSSESSIVE.sub("", text.lower()))
    return [_stem(word)[:LONGEST] for word in found if word not in STOP_WORDS]


def _stem(word: str) -> str:
    if word[0].isdigit():
        return word.replace(",", "")
    if len(word) <= 3:
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word
