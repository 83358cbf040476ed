"""A linear probe: what a ridge regression can read out of a branch, on days that neither of them was fitted on.

The measure of a representation (Alain and Bengio 2016): the probe is linear, so that what it finds was there.
"""

from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from portfolio.market import Floats, MarketPanel
from portfolio.records import Record
from portfolio.universe import Universe
from rl.branches.records import BranchModel, branch_on
from rl.features import ASSET_FEATURES, MARKET_FEATURES, MIN_HISTORY, YEAR, Bools, carried, daily_moves, features

Question = Literal["volatility", "return"]
QUESTIONS: tuple[Question, ...] = ("volatility", "return")
AHEAD = 21


class ProbeConfig(Record):
    """`step`: rows between samples; `ridge`: the penalty, per sample, on standardised inputs."""

    step: int = Field(default=7, ge=1)
    ridge: float = Field(default=0.01, gt=0)


class ProbeFigure(Record):
    """Out-of-sample share of variance explained (R squared; below 0: worse than the mean of the fitted days)."""

    question: Question
    branch: float
    features: float
    """The same probe on the policy's own features."""
    both: float
    samples: int


def linear_probe(
    model: BranchModel,
    panel: MarketPanel,
    universe: Universe,
    cut: date,
    config: ProbeConfig = ProbeConfig(),  # noqa: B008 - frozen
) -> tuple[ProbeFigure, ...]:
    """Fit on the days whose month ahead ends by `cut`, measure on the days after it.

    "volatility": the next month's realised volatility over the last year's, less one, at most 4. "return": the next
    month's return ahead of the assets' mean, in the year's deviations, within +-4.
    Raises ValueError when either side of the cut has no samples.
    """
    days = len(panel.dates)
    rows = np.arange(0, days - AHEAD, config.step)
    before = panel.dates[rows + AHEAD] <= np.datetime64(cut)
    after = panel.dates[rows] > np.datetime64(cut)
    branch = branch_on(model, panel, universe, rows)
    made = features(panel)
    market = np.broadcast_to(made.market[rows][:, None], (*branch.known.shape, len(MARKET_FEATURES)))
    plain = np.concatenate([made.asset[rows], market], axis=-1).astype(np.float64)
    own = branch.values.astype(np.float64)
    both = np.concatenate([plain, own], axis=-1)
    figures = []
    for question, answer in zip(QUESTIONS, _answers(panel, rows), strict=True):
        usable = branch.known & made.eligible[rows] & np.isfinite(answer)
        sides = usable & before[:, None], usable & after[:, None]
        if not all(side.any() for side in sides):
            raise ValueError(f"the probe needs days both before and after {cut}; the panel ends on {panel.last_date}")
        scores = [_explained(inputs, answer, *sides, config.ridge) for inputs in (own, plain, both)]
        figures.append(
            ProbeFigure(
                question=question, branch=scores[0], features=scores[1], both=scores[2], samples=int(sides[1].sum())
            )
        )
    return tuple(figures)


def describe_probe(figures: tuple[ProbeFigure, ...]) -> str:
    """The figures as a table in Markdown; `features` is `len(ASSET_FEATURES) + len(MARKET_FEATURES)` numbers."""
    width = len(ASSET_FEATURES) + len(MARKET_FEATURES)
    lines = [f"| month ahead | branch | {width} features | both | samples |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {f.question} | {f.branch:.3f} | {f.features:.3f} | {f.both:.3f} | {f.samples} |" for f in figures]
    return "\n".join(lines)


def _answers(panel: MarketPanel, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Both questions' answers on the rows, (R, N); NaN where a day ahead or too much of the year is missing."""
    moves = daily_moves(carried(panel.close))
    known = np.isfinite(moves)
    ahead = rows[:, None] + np.arange(1, AHEAD + 1)
    back = np.maximum(rows[:, None] - np.arange(YEAR), 0)
    count = known[back].sum(axis=1)
    past = np.sqrt(np.where(known[back], np.nan_to_num(moves[back]) ** 2, 0.0).sum(axis=1) / np.maximum(count, 1))
    whole = known[ahead].all(axis=1) & (count >= MIN_HISTORY) & (past > 0)
    scale = np.where(whole, past, 1.0)
    coming = np.nan_to_num(moves[ahead])
    volatility = np.minimum(np.sqrt((coming**2).mean(axis=1)) / scale - 1.0, 4.0)
    total = coming.sum(axis=1)
    peers = np.where(whole, total, 0.0).sum(axis=1, keepdims=True) / np.maximum(whole.sum(axis=1, keepdims=True), 1)
    lead = np.clip((total - peers) / (scale * np.sqrt(AHEAD)), -4.0, 4.0)
    return np.where(whole, volatility, np.nan), np.where(whole, lead, np.nan)


def _explained(inputs: Floats, answer: Floats, fitted: Bools, asked: Bools, ridge: float) -> float:
    x, y, new, truth = inputs[fitted], answer[fitted], inputs[asked], answer[asked]
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    x, new = (x - middle) / spread, (new - middle) / spread
    weights = np.linalg.solve(x.T @ x + ridge * len(x) * np.eye(x.shape[1]), x.T @ (y - y.mean()))
    miss = ((truth - y.mean() - new @ weights) ** 2).sum()
    return float(1.0 - miss / ((truth - y.mean()) ** 2).sum())
