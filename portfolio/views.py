"""What the committee knows and thinks: evidence, findings, views and the panel of them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from portfolio.four_scores import FourScores
from portfolio.records import Record, SignedUnit, UnitInterval

Rung = Literal["llm", "rules"]


class Evidence(Record):
    """One cited passage or figure."""

    id: str = Field(min_length=1)
    source: str
    """Where it stands: a file's name, a feed's address, a data set."""
    published: date
    symbol: str | None = None
    kind: Literal["news", "filing", "earnings", "price"]
    text: str
    hash: str
    """SHA-256 of the text, hexadecimal."""


class Finding(Record):
    """What an analyst makes of one or more pieces of evidence on one asset."""

    analyst: Literal["news", "filings"]
    symbol: str
    sentiment: SignedUnit
    materiality: UnitInterval
    published: date
    """Of the newest evidence cited."""
    summary: str
    evidence_ids: tuple[str, ...] = Field(min_length=1)
    rung: Rung


class Abstention(Record):
    """An analyst or persona with nothing to say on an asset, and why."""

    by: str
    symbol: str | None = None
    """None: on every asset."""
    cause: str


class FirstView(Record):
    """What a view was before the debate: what the allocator would have read, and the model's own figures."""

    score: SignedUnit
    model_score: SignedUnit
    model_confidence: UnitInterval


class View(Record):
    """One persona's opinion of one asset, or an abstention with its cause.

    `score` and `confidence` are what the allocator reads: the rules' score plus a bounded `shift` from the model.
    Where the rules abstain, score and confidence are None; a model's view, if any, is shown in `model_score`.
    """

    persona: str
    symbol: str
    score: SignedUnit | None = None
    confidence: UnitInterval | None = None
    reason: str
    evidence_ids: tuple[str, ...] = ()
    rung: Rung
    rules_score: SignedUnit | None = None
    model_score: SignedUnit | None = None
    model_confidence: UnitInterval | None = None
    """As the model stated it: kept for the record that calibrates it, never read by the allocator."""
    trust: UnitInterval | None = None
    """Share of that confidence that was believed in the shift; None where no model moved the score."""
    shift: SignedUnit = 0.0
    round: Literal[1, 2] = 1
    """2: made after hearing its peers, changed or not."""
    revised_from: FirstView | None = None
    """What it was before the committee's debate changed it; None where it did not."""
    debate: str | None = None
    """What came of the debate for this view, in words; None where there was none."""
    abstained: str | None = None
    """The cause, when the persona abstains."""
    fallback: str | None = None
    """Why a lower rung than the one asked for answered; None when none was skipped."""
    scores: FourScores | None = None
    """The four scores behind `score`, whole, where the view was made by scoring; None where it was not."""
    model_scores: FourScores | None = None
    """As the model gave them: shown, and used only as far as they moved `scores` within the bound."""

    @model_validator(mode="after")
    def _a_view_scores_or_abstains(self) -> "View":
        scored = self.score is not None and self.confidence is not None
        if scored == (self.abstained is not None):
            raise ValueError("a view has a score and a confidence, or the cause of its abstention; never both")
        return self


class ViewPanel(Record):
    """All views of a run: personas x assets."""

    as_of: date
    personas: tuple[str, ...]
    symbols: tuple[str, ...]
    views: tuple[View, ...]

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Scores, confidences and mask, each (P, N). The mask is True where there is a view; elsewhere both are 0."""
        shape = (len(self.personas), len(self.symbols))
        score, confidence, mask = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
        row = {name: i for i, name in enumerate(self.personas)}
        column = {symbol: j for j, symbol in enumerate(self.symbols)}
        for view in self.views:
            if view.score is None or view.confidence is None:
                continue
            i, j = row[view.persona], column[view.symbol]
            score[i, j], confidence[i, j], mask[i, j] = view.score, view.confidence, True
        return score, confidence, mask


@dataclass(frozen=True, eq=False)
class ScoreHistory:
    """Personas' rules scores over days and assets, point in time: what the allocator trains on and serves from.

    Attributes
    ----------
    personas : P names
    score : (P, T, N) in [-1, 1]; 0 where masked out
    confidence : (P, T, N) in [0, 1]; 0 where masked out
    mask : (P, T, N) True where the persona has a view; row t uses nothing dated after day t
    """

    personas: tuple[str, ...]
    score: NDArray[np.float64]
    confidence: NDArray[np.float64]
    mask: NDArray[np.bool_]
