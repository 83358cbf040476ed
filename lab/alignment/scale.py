"""The profiler against an established psychometric scale: Grable and Lytton (1999), thirteen items, 13 to 47 points.

The items are read from the user's own file and never kept. Nobody has published answer sheets beside conversations, so
sheets are drawn from a model of people: each person has a tolerance t, standard normal, and answers an item by
t * LOADING + noise, cut where the options are equally likely (a one-factor graded response, Samejima 1969). The words
of the chosen options are then the conversation. This measures whether the reader understands such words, not people.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from agents.profiler import read
from lab.alignment.records import Figure, ScalePart, ScaleReading
from lab.evaluation.profiles import TODAY
from lab.evaluation.sources import read_bytes
from portfolio.market import Floats
from portfolio.profile import RISK_BANDS
from portfolio.statistics import spearman
from portfolio.universe import Universe
from tools.errors import DataError

FILE = "risk/grable_lytton_13.json"
LOADING = 0.52
"""Chosen for a reliability near the published 0.77; the drawn sheets' own is reported."""
DRAWS = 1000


class _Option(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    text: str
    points: int


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    text: str
    options: tuple[_Option, ...]


class _Question(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    options: tuple[str, ...]


class _Scale(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    items: tuple[_Item, ...]
    scf_item: _Question | None = None


def measure_scale(data: Path, universe: Universe, *, sheets: int, seed: int, level: float) -> ScalePart:
    """Draw the sheets, tell them two ways, and correlate. Raises DataError where the scale is not in the folder."""
    try:
        scale = _Scale.model_validate_json(read_bytes(data, FILE))
    except ValidationError as error:
        raise DataError(f"{FILE} is no scale of items with options and points", "give the file as published") from error
    items = scale.items
    statements = () if scale.scf_item is None else scale.scf_item.options
    known = [band for text in statements if (band := _band(text, universe)) is not None]
    rng = np.random.default_rng(seed)
    tolerance = rng.standard_normal(sheets)
    chosen = np.stack([_answers(len(item.options), tolerance, rng) for item in items], axis=1)
    ordered = [sorted(item.options, key=lambda option: option.points) for item in items]
    points = np.array([[ordered[i][place].points for i, place in enumerate(sheet)] for sheet in chosen.tolist()])
    total = points.sum(axis=1).astype(np.float64)
    told = {
        "answers": [" ".join(f"{ordered[i][p].text}." for i, p in enumerate(sheet)) for sheet in chosen.tolist()],
        "questions and answers": [
            " ".join(f"{items[i].text} {ordered[i][p].text}." for i, p in enumerate(sheet)) for sheet in chosen.tolist()
        ],
    }
    words = {
        "answers": "the words of the thirteen chosen options, one after another",
        "questions and answers": "each question, then the words of the chosen option",
    }
    return ScalePart(
        file=FILE,
        sheets=sheets,
        seed=seed,
        alpha=cronbach_alpha(points.astype(np.float64)),
        ceiling=spearman(total, tolerance) or 0.0,
        points_mean=float(total.mean()),
        points_deviation=float(total.std(ddof=1)),
        readings=tuple(
            _reading(name, words[name], texts, total, tolerance, universe, seed=seed, level=level)
            for name, texts in told.items()
        ),
        statements=len(statements),
        statements_read=len(known),
        statements_in_order=all(a >= b for a, b in pairwise(known)) if len(known) > 1 else None,
    )


def cronbach_alpha(points: Floats) -> float:
    """Reliability of (people, items) points: k / (k - 1) (1 - sum of item variances / variance of sums)."""
    count = points.shape[1]
    return float(count / (count - 1) * (1.0 - points.var(axis=0, ddof=1).sum() / points.sum(axis=1).var(ddof=1)))


def _answers(options: int, tolerance: Floats, rng: np.random.Generator) -> np.ndarray:
    """(people,) places of the chosen option, the most cautious 0."""
    drive = LOADING * tolerance + sqrt(1.0 - LOADING**2) * rng.standard_normal(len(tolerance))
    cuts = [NormalDist().inv_cdf(step / options) for step in range(1, options)]
    return np.asarray(np.searchsorted(cuts, drive))


def _reading(
    name: str,
    words: str,
    texts: Sequence[str],
    points: Floats,
    tolerance: Floats,
    universe: Universe,
    *,
    seed: int,
    level: float,
) -> ScaleReading:
    read_bands = [_band(text, universe) for text in texts]
    bands = np.array([np.nan if band is None else float(band) for band in read_bands])
    known = np.isfinite(bands)
    return ScaleReading(
        name=name,
        words=words,
        read=float(known.mean()),
        bands=len(np.unique(bands[known])),
        spearman=_correlated(bands[known], points[known], seed, level),
        spearman_true=_correlated(bands[known], tolerance[known], seed, level),
    )


def _band(text: str, universe: Universe) -> int | None:
    """The place of the risk band that is read in one message, the most cautious 0."""
    stated = read([text], today=TODAY, universe=universe).profile.risk_tolerance
    return None if stated is None else RISK_BANDS.index(stated.value)


def _correlated(first: Floats, second: Floats, seed: int, level: float) -> Figure:
    """Spearman with a percentile interval over resampled sheets; none where one side is all ties."""
    point = spearman(first, second)
    if point is None:
        return Figure(value=None)
    rng = np.random.default_rng(seed)
    drawn = [spearman(first[pick], second[pick]) for pick in rng.integers(0, len(first), (DRAWS, len(first)))]
    known = [value for value in drawn if value is not None]
    low, high = np.quantile(known, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Figure(value=point, low=float(low), high=float(high))
