"""Answers questions about a run from its record alone: every figure in an answer stands in the run's trace.

Works by rules: it finds what the question is about (an asset, cash, a limit, a persona, the data, the risk) and tells
what the record says of it. What it cannot answer it says it cannot, with what it can.
"""

import re
from collections.abc import Callable
from datetime import date

from portfolio.decision import Decision, Proposal, Recommendation
from portfolio.mandate import Limit, Mandate
from portfolio.profile import InvestorProfile
from portfolio.records import CASH, Record
from portfolio.views import Evidence, Finding, View
from portfolio.wording import limit_number, percent
from tools.wording import limit_name

CAN = (
    "I can answer from this run's record: why an asset is held or not (“why MSFT?”), why so much is in cash, which "
    "limits bind, what a persona said, how risky it is, what it would cost to relax a limit, which orders to place, "
    "and which data were read."
)


class Facts(Record):
    """What may be spoken of: the run's record, or as much of it as there is."""

    profile: InvestorProfile
    mandate: Mandate | None = None
    views: tuple[View, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    proposal: Proposal | None = None
    decision: Decision | None = None
    recommendation: Recommendation | None = None
    source: str | None = None
    as_of: date | None = None
    rungs: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it


def answer(question: str, facts: Facts) -> str:
    """The answer in plain sentences. Never raises for a question it does not understand."""
    if facts.decision is None:
        return "There is no recommendation yet to ask about. " + CAN
    text = question.lower()
    for symbol in facts.decision.weights or {}:
        named = re.search(rf"\b{re.escape(symbol.lower())}\b", text)
        if symbol != CASH and named and (len(symbol) > 2 or symbol in question):
            return _asset(symbol, facts)
    for persona in dict.fromkeys(view.persona for view in facts.views):
        if re.search(rf"\b{re.escape(persona.lower())}\b", text) and not (persona == "risk" and "risky" in text):
            if persona == "risk" and not re.search(r"persona|say|said|think|view|opinion", text):
                continue
            return _persona(persona, facts)
    for pattern, teller in _TOPICS:
        if re.search(pattern, text):
            return teller(facts)
    return CAN


def _asset(symbol: str, facts: Facts) -> str:
    weights = (facts.decision.weights if facts.decision else None) or {}
    parts = [f"{symbol} stands at {percent(weights.get(symbol, 0.0))}."]
    if facts.proposal:
        start = facts.proposal.baseline.get(symbol, 0.0)
        parts.append(f"The baseline, before any limit, had {percent(start)}.")
        if facts.proposal.method != "baseline":
            parts.append(f"The {facts.proposal.method} proposed {percent(facts.proposal.weights.get(symbol, 0.0))}.")
    if facts.mandate:
        for item in facts.mandate.exclusions:
            if symbol in item.symbols:
                parts.append(f"You excluded it: {item.note}")
    if facts.decision:
        parts += [
            f"The limit “{limit.name}” binds at {limit_number(limit.name, limit.bound)}: {limit.reason}"
            for limit in facts.decision.binding
            if symbol in limit.name.split() or limit.name.endswith(symbol)
        ]
    moved = [c for c in (facts.recommendation.contributions if facts.recommendation else ()) if c.symbol == symbol]
    if any(abs(item.amount) > 0 for item in moved):
        told = ", ".join(f"{item.player} {100 * item.amount:+.2f} points" for item in moved)
        parts.append(f"Against the baseline: {told}.")
    said = [view for view in facts.views if view.symbol == symbol]
    for view in said:
        if view.score is None:
            parts.append(f"{view.persona.capitalize()} abstains: {view.abstained}.")
        else:
            parts.append(f"{view.persona.capitalize()} says {view.score:+.2f}: {_sentence(view.reason)}")
    parts += [_sentence(finding.summary) for finding in facts.findings if finding.symbol == symbol][:2]
    if facts.proposal and facts.proposal.method == "baseline" and said:
        parts.append("These views were heard but did not move the weight, because the baseline is recommended.")
    return " ".join(parts)


def _cash(facts: Facts) -> str:
    decision, mandate = facts.decision, facts.mandate
    weights = (decision.weights if decision else None) or {}
    parts = [f"{percent(weights.get(CASH, 0.0))} is in cash."]
    if mandate:
        parts.append(
            f"The floor for cash is {percent(mandate.cash_floor.value)}: {_sentence(mandate.cash_floor.reason)}"
        )
        parts.append(f"Volatility may reach {percent(mandate.volatility_cap.value)} a year: ")
        parts[-1] += _sentence(mandate.volatility_cap.reason)
        cap = mandate.risk_asset_cap
        parts.append(f"Risky assets may make up {percent(cap.value)}: {_sentence(cap.reason)}")
    if facts.proposal:
        parts.append(f"The baseline at your risk had {percent(facts.proposal.baseline.get(CASH, 0.0))} in cash.")
    return " ".join(parts) + " " + _limits(facts)


def _limits(facts: Facts) -> str:
    decision = facts.decision
    if decision is None:
        return CAN
    if not decision.feasible:
        ways = " ".join(
            f"{item.limit}: from {limit_number(item.limit, item.current)} to {limit_number(item.limit, item.needed)}."
            for item in decision.relaxations
        )
        return f"These limits contradict each other: {', '.join(decision.conflict)}. Cheapest ways out: {ways}"
    if not decision.binding:
        return "No limit binds: the proposal stands as it was made."
    rows = sorted(decision.binding, key=lambda item: (-item.dual, item.name))
    told = " ".join(
        f"“{row.name}” at {limit_number(row.name, row.bound)} (dual price {row.dual:.4f}): {_sentence(row.reason)}"
        for row in rows[:6]
    )
    return f"The limits that bind: {told}"


def _risk(facts: Facts) -> str:
    offer = facts.recommendation
    if offer is None:
        return CAN
    told = " ".join(
        f"{item.name[0].upper()}{item.name[1:]}: "
        + (percent(item.value) if item.unit == "fraction" else f"{item.value:,.2f} {item.unit}")
        + f" ({item.basis})."
        for item in offer.figures
    )
    return f"{told} These are measured on the past; none is a forecast."


def _personas(facts: Facts) -> str:
    names = list(dict.fromkeys(view.persona for view in facts.views))
    return " ".join(_persona(name, facts) for name in names) if names else "No persona was heard. " + CAN


def _persona(name: str, facts: Facts) -> str:
    views = [view for view in facts.views if view.persona == name]
    scored = sorted((v for v in views if v.score is not None), key=lambda v: (-(v.score or 0.0), v.symbol))
    if not scored:
        return f"{name.capitalize()} abstained on everything: {views[0].abstained if views else 'it was not heard'}."
    likes = "; ".join(f"{v.symbol} {v.score:+.2f} ({v.reason})" for v in scored[:2])
    shuns = "; ".join(f"{v.symbol} {v.score:+.2f} ({v.reason})" for v in scored[-2:])
    return f"{name.capitalize()} likes best {likes}, and least {shuns}."


def _baseline(facts: Facts) -> str:
    if facts.proposal is None:
        return CAN
    if facts.proposal.gate:
        return facts.proposal.gate
    return f"The weights were proposed by the {facts.proposal.method}, a tilt of the risk-targeted baseline."


def _why(facts: Facts) -> str:
    """A bare "why?": the limits, and where the policy was kept out, all that speaks against it."""
    gate = facts.proposal.gate if facts.proposal else None
    return _limits(facts) + (f" {gate}" if gate else "")


def _orders(facts: Facts) -> str:
    rows = facts.recommendation.orders if facts.recommendation else ()
    if not rows:
        return "There is nothing to trade."
    told = "; ".join(
        f"{row.side} {row.symbol} "
        + (f"{100 * row.weight_change:+.1f} points" if row.amount is None else f"{row.amount:,.2f}")
        for row in rows
    )
    return f"Orders, at prices of {rows[0].price_date}: {told}."


def _data(facts: Facts) -> str:
    kinds = sorted({item.kind for item in facts.evidence})
    told = f" The analysts cited {', '.join(kinds)}." if kinds else " The analysts had no documents."
    return f"The run read {facts.source} and nothing dated after {facts.as_of}.{told}"


def _mandate(facts: Facts) -> str:
    if facts.mandate is None:
        return CAN
    limits = [(name, getattr(facts.mandate, name)) for name in type(facts.mandate).model_fields]
    told = " ".join(
        f"{limit_name(name)} {limit_number(name, limit.value)}: {_sentence(limit.reason)}"
        for name, limit in limits
        if isinstance(limit, Limit)
    )
    return " ".join((f"Your limits: {told}", *facts.mandate.notes))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


_TOPICS: tuple[tuple[str, Callable[[Facts], str]], ...] = (
    (r"\bcash\b|invested|in the bank", _cash),
    (r"\bbind|constraint|conflict|relax|limits? (?:is|are|bind|hold)|what.*limit", _limits),
    (r"mandate|my limits|rules", _mandate),
    (r"order|trade|buy|sell\b", _orders),
    (r"persona|committee|who (?:said|thinks)|everyone|opinion", _personas),
    (r"baseline|equal weight|policy|model|gate|clever|learn", _baseline),
    (r"data|source|document|evidence|as of|how old|up to date|news|filing", _data),
    (r"risk|volatil|lose|loss|drawdown|worst|crash|bad year|cvar|expect|return", _risk),
    (r"why|how come|explain|portfolio|recommend", _why),
)
