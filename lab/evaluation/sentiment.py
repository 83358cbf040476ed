"""Tone of headlines: the word list, embeddings, the product's rules and a language model against people's labels.

Contract
--------
- Figures are of the odd rows alone. The even rows chose the rules' words, shares and bands
  (`agents.analysts.sentiment`), and fit the one method here that learns.
- A sample is drawn once, by seed, from the odd rows; every method that is compared on it sees the same headlines.
- A model that gives no usable answer is wrong there; nothing stands in for it.
"""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from agents.analysts.by_model import findings_by_model
from agents.analysts.lexicon import GOOD_WORD_IN_FILING, filing_tally
from agents.analysts.sentiment import NEUTRAL_BAND, nearness, tones
from lab.evaluation.classification import NONE, Labels, against, score
from lab.evaluation.endpoint import check_reached
from lab.evaluation.progress import OnStep, Step
from lab.evaluation.records import RULES, Classification, Paired, SentimentResult, Source, Subject
from lab.evaluation.sources import read_bytes, rows_of, source_of
from portfolio.records import Record
from portfolio.views import Evidence
from tools.prompts import load_prompt

if TYPE_CHECKING:
    from tools.embedding import Embedder, Vectors
    from tools.llm import LanguageModel

FILE = "news/labelled_financial_tweets.csv.gz"
_CLASS = {"0": 0, "2": 1, "1": 2}
"""The file's labels: 0 bearish, 1 bullish, 2 neutral."""
MODEL_BAND = 1.0 / 3.0
"""The analyst's score is read as neutral within the middle third of its range; fixed before any model was asked."""
_SYMBOL = "ASSET"
_UNDATED = date(2020, 1, 1)
"""The headlines have no dates; the analyst's prompt wants one."""


class HeadlineTone(Record):
    """A model's answer to one headline."""

    tone: Literal["bad", "neutral", "good"]


class Headlines(NamedTuple):
    """Texts and (n,) labels."""

    texts: tuple[str, ...]
    truth: Labels

    def part(self, rows: "Sequence[int] | Labels") -> "Headlines":
        """Only those rows."""
        return Headlines(tuple(self.texts[int(i)] for i in rows), self.truth[np.asarray(rows, dtype=np.int64)])


def read_headlines(data: Path) -> tuple[Headlines, Headlines, Source]:
    """Even rows (which the rules have seen), odd rows (held out), and where they come from. Raises DataError."""
    raw = read_bytes(data, FILE)
    rows = [row for row in rows_of(raw) if len(row) == 2 and row[1] in _CLASS]
    whole = Headlines(tuple(row[0] for row in rows), np.array([_CLASS[row[1]] for row in rows], dtype=np.int64))
    places = np.arange(len(rows))
    return whole.part(places[::2]), whole.part(places[1::2]), source_of(FILE, raw, len(rows))


def sampled(held_out: Headlines, sample: int, seed: int) -> Headlines:
    """At most `sample` of them in an order drawn by `seed`: a larger sample begins with the smaller one, so that a
    measurement that is extended asks only what is new."""
    return held_out.part(np.random.default_rng(seed).permutation(len(held_out.texts))[:sample])


def measure_rules(data: Path, embedder: "Embedder", *, seed: int, command: str) -> SentimentResult:
    """The three ways without a model, on all held-out headlines."""
    seen, held_out, source = read_headlines(data)
    vectors = embedder.embed(held_out.texts)
    methods = (
        ("word list (Loughran-McDonald) alone", by_word_list(held_out)),
        ("embeddings alone, nearest of the rules' anchors", by_anchors(vectors, embedder)),
        (
            "embeddings alone, logistic regression on the even rows",
            by_regression(embedder.embed(seen.texts), seen.truth, vectors),
        ),
        ("the product's rules (words and anchors)", by_rules(held_out, vectors, embedder)),
    )
    told = methods[-1][1]
    return SentimentResult(
        subject=RULES,
        command=command,
        seed=seed,
        sources=(source,),
        methods=tuple(score(name, held_out.truth, answers, seed=seed) for name, answers in methods),
        against_rules=tuple(against(name, held_out.truth, answers, told, seed=seed) for name, answers in methods[:-1]),
    )


def measure_model(
    data: Path,
    embedder: "Embedder",
    model: "LanguageModel",
    subject: Subject,
    *,
    sample: int,
    analyst_sample: int,
    seed: int,
    command: str,
    step: OnStep,
) -> SentimentResult:
    """A model asked for a class, and the product's news analyst asked for a finding, one headline a call."""
    _, held_out, source = read_headlines(data)
    methods: list[Classification] = []
    pairs: list[Paired] = []
    for name, n, ask in (
        ("asked for one of three classes", sample, _class_by_model),
        ("the news analyst's own prompt", analyst_sample, _class_by_analyst),
    ):
        if n < 1:
            continue
        part = sampled(held_out, n, seed)
        mine = model.listening()
        told = []
        for i, text in enumerate(part.texts):
            step(Step("sentiment", f"{subject.name}, {name}", i, len(part.texts)))
            told.append(ask(mine, text))
        answers = np.array(told, dtype=np.int64)
        tokens = [use.usage.input_tokens + use.usage.output_tokens for use in mine.uses if use.usage]
        methods.append(score(name, part.truth, answers, seed=seed, tokens=sum(tokens) if tokens else None))
        pairs.append(
            against(name, part.truth, answers, by_rules(part, embedder.embed(part.texts), embedder), seed=seed)
        )
    return SentimentResult(
        subject=subject,
        command=command,
        seed=seed,
        sources=(source,),
        methods=tuple(methods),
        against_rules=tuple(pairs),
    )


def by_word_list(headlines: Headlines) -> Labels:
    """The sign of good words less bad ones."""
    tallies = [filing_tally(text) for text in headlines.texts]
    # A headline's words count alike; the list's tally gives a good word a filing's weight.
    signs = [round(tally.good / GOOD_WORD_IN_FILING) - round(tally.bad) for tally in tallies]
    return np.array([int(np.sign(sign)) + 1 for sign in signs], dtype=np.int64)


def by_anchors(vectors: "Vectors", embedder: "Embedder") -> Labels:
    """The kind of anchor sentence whose share is the largest, for (n, 384) vectors."""
    shares = np.stack(nearness(vectors, embedder))
    return np.asarray(shares.argmax(axis=0), dtype=np.int64)


def by_regression(seen: "Vectors", truth: Labels, vectors: "Vectors") -> Labels:
    """Multinomial logistic regression, scikit-learn's defaults, fitted on `seen` with its labels `truth`."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    fitted = LogisticRegression(max_iter=1000).fit(seen, truth)
    return np.asarray(fitted.predict(vectors), dtype=np.int64)


def by_rules(headlines: Headlines, vectors: "Vectors", embedder: "Embedder") -> Labels:
    """The score of the product's rules, neutral within their band."""
    told = tones(headlines.texts, vectors, embedder, headlines=True)
    return np.array([_class_of(tone.score, NEUTRAL_BAND) for tone in told], dtype=np.int64)


def _class_of(value: float, band: float) -> int:
    return 1 if abs(value) <= band else int(np.sign(value)) + 1


def _class_by_model(model: "LanguageModel", text: str) -> int:
    prompt = load_prompt("evaluation/headline")
    messages = prompt.render(headline=text)
    answer = model.ask(messages, HeadlineTone, purpose="evaluation", prompt_fingerprint=prompt.fingerprint)
    check_reached(model)
    return NONE if answer.value is None else ("bad", "neutral", "good").index(answer.value.tone)


def _class_by_analyst(model: "LanguageModel", text: str) -> int:
    """The product's own path, its checks of citations and figures included; a dropped finding is no answer."""
    item = Evidence(
        id="news-1",
        source="headline",
        published=_UNDATED,
        symbol=_SYMBOL,
        kind="news",
        text=text,
        hash=sha256(text.encode()).hexdigest(),
    )
    findings, _ = findings_by_model("news", {_SYMBOL: [item]}, _UNDATED, model)
    check_reached(model)
    return _class_of(findings[0].sentiment, MODEL_BAND) if findings else NONE
