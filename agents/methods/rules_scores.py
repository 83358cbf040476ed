"""The four scores by rules: each from 1 to 10, from figures of the past and from what the analysts found.

| score | by rules |
| --- | --- |
| fundamental | mean of two ranks: cheap against its own past (`agents.personas.factors.value`), and the last earnings |
|  | surprise while it is fresh; with `retrieved`, also what the filings analyst found |
| momentum | rank of the return from a year to a month before |
| sentiment | the analysts' findings, weighted by materiality; None where no dated document speaks |
| risk | rank of volatility, beta and drawdown over a year, 10 the riskiest |

Ranks are among the assets known on the day, mapped evenly into 1..10. Sentiment is no rank: it has a scale of its own,
and one asset in the news has nobody to be ranked against. What is unknown stays None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from agents.personas.factors import DRIFT_ENDS, DRIFT_HALF_LIFE, FACTORS, FEWEST, Scored
from agents.personas.opinions import cited_findings
from agents.personas.windows import rank_score
from portfolio.four_scores import PARTS, WEIGHTS, FourScores, to_points
from portfolio.market import Floats, MarketPanel
from portfolio.views import Evidence, Finding


@dataclass(frozen=True)
class _Part:
    """One source's word on one score: `unit` in [-1, 1], 1 the best; how sure; and its figure for people."""

    unit: float
    confidence: float
    said: str


@dataclass(frozen=True)
class RulesScore:
    """One asset.

    Attributes
    ----------
    scores : the four, None where unknown
    confidence : in [0, 1]: each part's confidence by its weight in the combined score, unknown parts adding nothing
    said : part -> its figures in words; unknown parts are absent
    findings : the findings on the asset that may be cited, most material first
    """

    scores: FourScores
    confidence: float
    said: Mapping[str, str]
    findings: tuple[Finding, ...]


def rules_scores(
    panel: MarketPanel, as_of: date, findings: Sequence[Finding], evidence: Sequence[Evidence], *, retrieved: bool
) -> tuple[RulesScore, ...]:
    """One an asset, in the panel's order, from nothing dated after `as_of`.

    Raises ValueError when the panel begins after `as_of`.
    """
    panel = panel.until(as_of)
    known = {item.id: item for item in evidence if item.published <= as_of}
    value, momentum, risk = (_live(name, panel) for name in ("value", "momentum", "risk"))
    gain = rank_score(momentum.figure)[0]
    surprise = _surprise(panel)
    out = []
    for column, symbol in enumerate(panel.symbols):
        cited = cited_findings(symbol, findings, known, as_of)
        filed = [item for item in cited if item.analyst == "filings"]
        fundamental = [_of_factor("value", value, column), surprise[column]]
        if retrieved:
            fundamental.append(_told(filed))
        moving = None
        if momentum.mask[0, column]:
            figure = float(momentum.figure[0, column])
            moving = _Part(float(gain[column]), float(momentum.confidence[0, column]), FACTORS["momentum"].tell(figure))
        parts = {
            "fundamental": _mean(fundamental),
            "momentum": moving,
            "sentiment": _told([item for item in cited if item not in filed] if retrieved else cited),
            "risk": _of_factor("risk", risk, column),
        }
        out.append(_score(parts, cited))
    return tuple(out)


def from_units(units: Mapping[str, float | None]) -> FourScores:
    """Part -> how good it is in [-1, 1], risk as calm, back to four scores from 1 to 10."""
    return FourScores(
        **{
            name: None if (unit := units[name]) is None else to_points(-unit if name == "risk" else unit)
            for name in PARTS
        }
    )


def _score(parts: Mapping[str, _Part | None], cited: tuple[Finding, ...]) -> RulesScore:
    known = {name: part for name, part in parts.items() if part is not None}
    return RulesScore(
        scores=from_units({name: part.unit if part is not None else None for name, part in parts.items()}),
        confidence=min(1.0, sum(weight * known[name].confidence for name, weight in WEIGHTS if name in known)),
        said={name: part.said for name, part in known.items()},
        findings=cited,
    )


def _live(name: str, panel: MarketPanel) -> Scored:
    """A factor's last row, (1, N), from as many rows as it depends on: the same bits as in its history."""
    factor, stop = FACTORS[name], len(panel.dates)
    scored = factor.compute(panel.window(max(0, stop - factor.lookback), stop))
    return Scored(scored.score[-1:], scored.confidence[-1:], scored.mask[-1:], scored.figure[-1:])


def _of_factor(name: str, scored: Scored, column: int) -> _Part | None:
    if not scored.mask[0, column]:
        return None
    figure = float(scored.figure[0, column])
    said = FACTORS[name].tell(figure) if np.isfinite(figure) else ""
    return _Part(float(scored.score[0, column]), float(scored.confidence[0, column]), said)


def _surprise(panel: MarketPanel) -> list[_Part | None]:
    """Rank of the last earnings surprise among those that are fresh; None where there is none, or too few."""
    nothing: Floats = np.full(len(panel.symbols), np.nan)
    told = panel.signals.get("earnings_surprise")
    aged = panel.signals.get("earnings_age")
    surprise, age = (nothing, nothing) if told is None or aged is None else (told[-1], aged[-1])
    fresh = np.isfinite(surprise) & (age >= 0.0) & (age <= DRIFT_ENDS)
    if fresh.sum() < FEWEST:
        return [None] * len(panel.symbols)
    rank = rank_score(np.where(fresh, surprise, np.nan)[None, :])[0]
    return [
        _Part(
            float(rank[column]),
            float(0.5 ** (age[column] / DRIFT_HALF_LIFE)),
            f"last earnings {surprise[column] * 100:+.0f} % against the estimate, {age[column]:.0f} days ago",
        )
        if fresh[column]
        else None
        for column in range(len(panel.symbols))
    ]


def _told(findings: Sequence[Finding]) -> _Part | None:
    """Mean sentiment by materiality; None where nothing material was found."""
    weight = sum(item.materiality for item in findings)
    if weight <= 0.0:
        return None
    mean = sum(item.materiality * item.sentiment for item in findings) / weight
    said = ", ".join(f"{item.analyst} {item.sentiment:+.2f} on {item.published}" for item in findings)
    return _Part(min(1.0, max(-1.0, mean)), weight / len(findings), said)


def _mean(parts: Sequence[_Part | None]) -> _Part | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None
    count = len(known)
    said = "; ".join(part.said for part in known if part.said)
    return _Part(sum(part.unit for part in known) / count, sum(part.confidence for part in known) / count, said)
