"""From a decision to what the client is offered: orders, expected figures, who moved what, and why in words.

Every number in the words is one of the record's figures, rounded; `tests/graph` holds the prose to it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from graph.turns import DataInfo, Fallback
from portfolio.decision import Contribution, Decision, ExpectedFigure, Order, Proposal
from portfolio.mandate import Mandate
from portfolio.market import Floats, MarketPanel
from portfolio.profile import Holding, InvestorProfile
from portfolio.records import CASH
from portfolio.suitability import CVAR_PER_VOLATILITY
from portfolio.wording import percent
from tools.wording import age_of_prices

if TYPE_CHECKING:
    from rl.card import Verdict

VOLATILITY, LOSS, LOSS_BY_RULE = (
    "volatility a year", "loss in the worst 5 % of years", "the same by the rule of your volatility limit"
)  # fmt: skip


def holdings_now(
    profile: InvestorProfile, symbols: Sequence[str]
) -> tuple[dict[str, float] | None, float | None, tuple[str, ...]]:
    """Weights held now, the whole amount, and what could not be counted.

    Weights are None when nothing is known to be held. A holding counts when it is in the universe and its value was
    said; the money to invest is cash until it is invested.
    """
    new = profile.amount_to_invest.value if profile.amount_to_invest else None
    held: tuple[Holding, ...] = profile.holdings.value if profile.holdings else ()
    notes: list[str] = []
    values: dict[str, float] = {}
    for item in held:
        if item.symbol not in symbols and item.symbol != CASH:
            notes.append(
                f"{item.symbol} is not in this universe; what you hold of it is left as it is and not counted."
            )
        elif item.value is None:
            notes.append(f"You did not say what your {item.symbol} is worth, so it is not counted among your holdings.")
        else:
            values[item.symbol] = values.get(item.symbol, 0.0) + item.value
    if not values:
        return None, new, tuple(notes)
    total = sum(values.values()) + (new or 0.0)
    if total <= 0:
        return None, new, tuple(notes)
    weights = {symbol: value / total for symbol, value in values.items()}
    weights[CASH] = weights.get(CASH, 0.0) + (new or 0.0) / total
    return weights, total, tuple(notes)


def figures(
    decision: Decision, mandate: Mandate, panel: MarketPanel, scenarios: Floats, amount: float | None
) -> tuple[ExpectedFigure, ...]:
    """What the weights would have meant on the data at hand; no forecast is made.

    A client whose named loss set the volatility limit was told of an average bad year by that limit's rule, so that
    figure stands beside the one that was measured: the limit binds by the first, and the second is often smaller.
    """
    weights = decision.weights
    if weights is None:
        return ()
    out = [
        _figure(VOLATILITY, decision.volatility, "fraction", "covariance of the last three years"),
        _figure(
            LOSS,
            decision.cvar,
            "fraction",
            "mean of the worst 5 % of 21-day losses in the last ten years, times the square root of 12",
        ),
    ]
    if decision.volatility is not None and "loss_limit" in mandate.volatility_cap.sources:
        by_rule = CVAR_PER_VOLATILITY * decision.volatility
        told = f"{CVAR_PER_VOLATILITY:.2f} times the volatility: the worst 5 % of years of a normal distribution"
        out.append(_figure(LOSS_BY_RULE, by_rule, "fraction", told))
    if len(scenarios):
        vector = np.array([weights[symbol] for symbol in panel.symbols])
        outcomes = np.where(vector > 0, scenarios, 0.0) @ vector
        out.append(
            _figure("worst 21 days", float(max(0.0, -outcomes.min())), "fraction", "same weights, last ten years")
        )
    held = {s: w for s, w in weights.items() if s != CASH and w > 0}
    out.append(_figure("cash", weights[CASH], "fraction", "of the portfolio"))
    if held:
        squares = sum((w / sum(held.values())) ** 2 for w in held.values())
        out.append(_figure("effective number of assets", 1 / squares, "assets", "inverse Herfindahl of the risky part"))
    if amount is not None and decision.cvar is not None:
        out.append(
            _figure(
                "that loss in money", decision.cvar * amount, "in your currency", f"the measured one, of {amount:,.0f}"
            )
        )
    rate = None if panel.cash_rate is None else panel.cash_rate[-1]
    if rate is not None and np.isfinite(rate):
        out.append(_figure("bill rate", float(rate), "fraction", panel.cash_rate_source or ""))
    return tuple(item for item in out if item is not None)


def _figure(name: str, value: float | None, unit: str, basis: str) -> ExpectedFigure | None:
    return None if value is None else ExpectedFigure(name=name, value=value, unit=unit, basis=basis)


def explain(
    proposal: Proposal,
    decision: Decision,
    shown: Sequence[ExpectedFigure],
    moved: Sequence[Contribution],
    data: DataInfo,
    fallbacks: Mapping[str, Fallback | None],
    verdict: "Verdict | None" = None,
) -> str:
    """The recommendation in a few plain sentences.

    `verdict` is what the trained policy's card says of it, where the policy was asked and kept out for it.
    """
    weights = decision.weights or {}
    held = sorted((s for s in weights if s != CASH and weights[s] > 0.0005), key=lambda s: (-weights[s], s))
    value = {item.name: item.value for item in shown}
    parts = []
    if held:
        top = ", ".join(f"{symbol} {percent(weights[symbol])}" for symbol in held[:3])
        parts.append(
            f"You would hold {percent(weights[CASH])} in cash and the rest in {len(held)} assets, led by {top}."
        )
    else:
        parts.append("You would hold everything in cash.")
    if held and VOLATILITY in value and LOSS in value:
        parts.append(_risk(value))
    priced = sorted((item for item in decision.binding if item.dual > 0), key=lambda item: (-item.dual, item.name))
    if priced:
        names = "; ".join(f"{item.name} at {percent(item.bound)}" for item in priced[:3])
        parts.append(f"The limits that shape it most: {names}.")
    if proposal.note is not None:
        parts.append(proposal.note)
    if proposal.gate is not None and proposal.policy_weights is not None and verdict is not None:
        parts += [kept_out(verdict)] if held else []
    elif proposal.gate is not None:
        parts.append(proposal.gate)
    elif any(abs(item.amount) > 0 for item in moved):
        total: dict[str, float] = {}
        for item in moved:
            total[item.player] = total.get(item.player, 0.0) + abs(item.amount) / 2
        told = ", ".join(f"{player} moved {percent(share)}" for player, share in total.items())
        parts.append(f"Against the baseline, {told} of the money.")
    labelled = [item for item in fallbacks.values() if item is not None]
    if labelled:
        parts.append("Answered by a lower rung than asked for: " + ", ".join(f.part for f in labelled) + ".")
    age = age_of_prices(data.price_date, data.today)
    if age is None:
        parts.append(f"Nothing dated after {data.as_of} was read.")
    else:
        parts.append(
            f"Prices end on {data.price_date}, {age} before the day you speak, and nothing dated after {data.as_of} "
            "was read."
        )
    parts.append("Past figures are no promise.")
    return " ".join(parts)


def _risk(value: Mapping[str, float]) -> str:
    """How risky it is; two figures of a bad year where the client was told of both, each with what it is."""
    swings = f"Its yearly volatility is {percent(value[VOLATILITY])}"
    if LOSS_BY_RULE not in value:
        return (
            f"{swings}, and in the worst 5 % of years it would be down {percent(value[LOSS])} on average, judged by "
            "the past."
        )
    return (
        f"{swings}. In the worst 5 % of years it would be down {percent(value[LOSS_BY_RULE])} on average by the rule "
        f"that your limit uses ({CVAR_PER_VOLATILITY:.2f} times the volatility), and {percent(value[LOSS])} by what "
        "the last ten years' worst months came to."
    )


def kept_out(verdict: "Verdict") -> str:
    """One sentence for the client on a policy that its card keeps out; the explainer tells the rest when asked."""
    side = "ahead" if verdict.test_advantage >= 0 else "behind"
    between = f"range {_signed(verdict.test_low)} to {_signed(verdict.test_high)}"
    if verdict.test_low > 0:
        judged = f" ({between}), but it failed another part of the rule that was fixed beforehand"
    elif verdict.test_high >= 0:
        judged = f", which may be chance ({between})"
    else:
        judged = f", beyond chance ({between})"
    return (
        "The trained policy did not earn its place, so the baseline is recommended: in the years kept for its test it "
        f"stood {abs(100 * verdict.test_advantage):.2f} % a year {side}, risk counted{judged}."
    )


def _signed(value: float) -> str:
    return f"{100 * value:+.2f} %".replace("-", "−")


def with_edits(weights: Mapping[str, float], edits: Mapping[str, float]) -> dict[str, float]:
    """The client's own weights for some assets; the rest keeps its proportions within what is left.

    Raises ValueError for a weight outside [0, 1], an unknown symbol or edits that sum to more than one.
    """
    unknown = [symbol for symbol in edits if symbol not in weights]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not in the universe; known are {', '.join(weights)}")
    if any(not 0.0 <= value <= 1.0 for value in edits.values()) or sum(edits.values()) > 1.0 + 1e-12:
        raise ValueError("weights must lie between 0 and 1 and sum to at most 1")
    left = 1.0 - sum(edits.values())
    rest = {symbol: value for symbol, value in weights.items() if symbol not in edits}
    total = sum(rest.values())
    out = {}
    for symbol in weights:
        if symbol in edits:
            out[symbol] = edits[symbol]
        else:
            out[symbol] = rest[symbol] * left / total if total > 0 else 0.0
    if total <= 0 and CASH not in edits:
        out[CASH] = left
    return out


def order_list(
    decision: Decision, current: Mapping[str, float] | None, amount: float | None, data: DataInfo
) -> tuple[Order, ...]:
    """Trades from what is held now, all cash where nothing is, to the decision."""
    from portfolio.orders import orders

    if decision.weights is None:
        return ()
    return orders(decision.weights, current or {CASH: 1.0}, amount, data.price_date)
