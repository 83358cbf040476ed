"""Direct allocation: a language model is asked for the weights themselves, in percent.

What comes back is a proposal and nothing more: the risk manager owns the limits. It is used as it stands or not at
all. Weights that do not sum to 100 within rounding, or that name what is not in the universe, are refused with the
cause and the model's words; nobody scales or fills them up, since that would be a portfolio that nobody proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field, model_validator

from agents.methods.rules_scores import rules_scores
from agents.methods.scorer import figures_of, findings_of
from portfolio.mandate import Limit, Mandate
from portfolio.market import MarketPanel
from portfolio.records import CASH, Record
from portfolio.universe import Universe
from portfolio.views import Evidence, Finding
from portfolio.wording import percent
from tools.llm import LanguageModel
from tools.prompts import load_prompt

ROUNDING = 1.0
"""Percent by which the sum may miss 100: a model rounds each weight."""


class ModelWeight(Record):
    """One asset's weight in percent of the whole portfolio."""

    symbol: str
    percent: float = Field(ge=0.0, le=100.0)


class ModelWeights(Record):
    """A whole portfolio in percent, cash included under "CASH". What is not named weighs nothing."""

    weights: tuple[ModelWeight, ...] = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _is_a_portfolio(self) -> "ModelWeights":
        symbols = [item.symbol for item in self.weights]
        twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} named twice; give each asset once")
        total = sum(item.percent for item in self.weights)
        if abs(total - 100.0) > ROUNDING:
            raise ValueError(f"the percentages sum to {total:g}, not to 100; name {CASH} for what is not invested")
        return self


@dataclass(frozen=True)
class DirectAllocation:
    """What came of asking a model for weights.

    Attributes
    ----------
    weights : symbol -> weight in the universe's order, CASH last, summing to one; None when there are none to use
    cause : why there are none; None when there are
    raw : the model's words; None when it said nothing
    asked : whether a model was asked at all
    stated_total : the model's own sum as a fraction, before rounding was taken out; None without weights
    """

    weights: dict[str, float] | None
    cause: str | None
    raw: str | None
    asked: bool
    stated_total: float | None = None


def allocate_directly(
    panel: MarketPanel,
    universe: Universe,
    mandate: Mandate,
    as_of: date,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    model: LanguageModel | None = None,
    eligible: np.ndarray | None = None,
) -> DirectAllocation:
    """Weights as a model proposes them, or why there are none; nothing dated after `as_of` is shown.

    `eligible` is (N,), False where an asset may not be traded on the date: it is not offered. Neither is what the
    mandate strikes. Trouble of the model never raises. Raises ValueError when the panel begins after `as_of` or lists
    other assets than the universe.
    """
    if panel.symbols != universe.symbols:
        raise ValueError("panel and universe list different assets; select the universe's symbols from the panel first")
    if model is None:
        return DirectAllocation(None, "direct allocation needs a language model and none is configured", None, False)
    scores = rules_scores(panel, as_of, findings, evidence, retrieved=False)
    offered = {
        symbol: score
        for column, (symbol, score) in enumerate(zip(panel.symbols, scores, strict=True))
        if (eligible is None or bool(eligible[column])) and symbol not in mandate.excluded_symbols
    }
    if not offered:
        return DirectAllocation(None, "no asset of this universe may be held, so no model was asked", None, False)
    prompt = load_prompt("methods/direct")
    lines = [
        f"{figures_of(symbol, score)}; {universe.asset(symbol).asset_class.replace('_', ' ')}, "
        f"{universe.asset(symbol).group}"
        for symbol, score in offered.items()
    ]
    messages = prompt.render(
        as_of=as_of.isoformat(),
        mandate=mandate_in_words(mandate),
        figures="\n".join(lines),
        findings=findings_of(offered),
    )
    answer = model.ask(
        messages,
        ModelWeights,
        purpose="direct allocation",
        prompt_fingerprint=prompt.fingerprint,
        offered={"symbol": [*offered, CASH]},
    )
    if answer.value is None:
        return DirectAllocation(None, answer.cause or "the model gave no answer", answer.raw, True)
    given = {item.symbol: item.percent for item in answer.value.weights}
    strange = [symbol for symbol in given if symbol not in offered and symbol != CASH]
    if strange:
        cause = f"the model gives weight to {', '.join(sorted(strange))}, which it was not offered"
        return DirectAllocation(None, cause, answer.raw, True)
    total = sum(given.values())
    weights = {symbol: given.get(symbol, 0.0) / total for symbol in (*universe.symbols, CASH)}
    return DirectAllocation(weights, None, answer.raw, True, total / 100.0)


def mandate_in_words(mandate: Mandate) -> str:
    """The mandate's numbers, one a line. The client's words stay out: a model sizes nothing by their tone."""
    lines = [
        f"yearly volatility at most {percent(mandate.volatility_cap.value)}",
        f"average loss in the worst 5 % of years at most {percent(mandate.cvar_cap.value)}",
        f"cash at least {percent(mandate.cash_floor.value)}",
        f"risky assets together at most {percent(mandate.risk_asset_cap.value)}",
        f"any one share or coin at most {percent(mandate.share_cap.value)}",
        f"any one fund at most {percent(mandate.fund_cap.value)}",
        f"single shares together at most {percent(mandate.single_shares_cap.value)}",
        f"commodities and coins together at most {percent(mandate.complex_cap.value)}",
        f"shares of any one sector together at most {percent(mandate.group_cap.value)}",
    ]
    bounds = [(item.symbol, item.floor, item.cap) for item in mandate.asset_bounds]
    bounds += [(f"{item.kind.replace('_', ' ')} {item.key}", item.floor, item.cap) for item in mandate.group_bounds]
    for name, floor, cap in bounds:
        lines += [f"{name} at least {percent(floor)}"] if floor > 0.0 else []
        lines += [f"{name} at most {percent(cap)}"] if cap < 1.0 else []
    lines += _positions(mandate)
    mix = ", ".join(
        f"{name.value.replace('_', ' ')} {percent(share, 0)}" for name, share in mandate.objective_mix.items()
    )
    return "\n".join([*lines, f"objectives: {mix}"])


def _positions(mandate: Mandate) -> list[str]:
    def line(limit: Limit | None, words: str) -> list[str]:
        return [] if limit is None else [words.format(limit.value)]

    size = mandate.smallest_position
    return [
        *line(mandate.most_positions, "at most {:.0f} positions beside cash"),
        *line(mandate.fewest_positions, "at least {:.0f} positions beside cash"),
        *([] if size is None else [f"each position either nothing or at least {percent(size.value)}"]),
    ]
