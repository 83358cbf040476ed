"""The allocator's step for methods that need no policy; where one has nothing to go by, the baseline, labelled."""

from typing import TYPE_CHECKING

import numpy as np

from graph.methods import SCORER, proposal_of, way_of
from graph.rungs import fallback, model_for, rung_of, uses_of
from graph.scoreboard import scorer_calibration
from portfolio.decision import Proposal
from portfolio.records import CASH

if TYPE_CHECKING:
    from graph.context import Context
    from graph.state import State
    from graph.turns import Method
    from portfolio.views import Evidence, Finding

Update = dict[str, object]


def propose(context: "Context", state: "State") -> Update:
    """What the method of the run proposes, and who answered."""
    from rl.baseline import baseline_proposal

    method, market = context.method, context.market
    reason = f"The baseline, from which the method {method} starts."
    start = baseline_proposal(market.panel, market.universe, state["mandate"], reason)
    if method == "direct":
        return _direct(context, state, start)
    update: Update = {}
    if method in ("scores", "retrieval"):
        update = _scored(context, state, method)
        views = dict(state["views"])
        views[SCORER] = update["views"][SCORER]  # type: ignore[index]
        state = {**state, "views": views}
    symbols = market.panel.symbols
    baseline = np.array([start.baseline[symbol] for symbol in (*symbols, CASH)])
    proposal = proposal_of(way_of(context, state, method, baseline), symbols, start.baseline, method)
    rungs = {"allocator": method, **update.pop("rungs", {})}  # type: ignore[dict-item]
    fallbacks = {"allocator": None, **update.pop("fallbacks", {})}  # type: ignore[dict-item]
    return {**update, "proposal": proposal, "rungs": rungs, "fallbacks": fallbacks}


def _scored(context: "Context", state: "State", method: "Method") -> Update:
    """The views that carry the four scores."""
    from agents.methods.scorer import score_views

    findings, evidence = _read(state)
    model, cause = model_for(context, "method")
    earned = scorer_calibration(context, model)
    rows = score_views(
        context.market.panel, context.as_of, findings, evidence, model, earned, retrieved=method == "retrieval"
    )
    cause = cause or next((view.fallback for view in rows if view.fallback), None)
    return {
        "views": {SCORER: rows},
        "uses": uses_of(context, SCORER, model),
        "rungs": {SCORER: rung_of(rows)},
        "fallbacks": {SCORER: fallback(SCORER, "rules", cause)},
    }


def _direct(context: "Context", state: "State", start: Proposal) -> Update:
    """The model's own weights, or the baseline and why."""
    from agents.methods.direct import allocate_directly

    findings, evidence = _read(state)
    model, cause = model_for(context, "method")
    market, mandate = context.market, state["mandate"]
    made = allocate_directly(
        market.panel, market.universe, mandate, context.as_of, findings, evidence, model, context.eligible
    )
    cause = cause or made.cause
    update: Update = {"uses": uses_of(context, "direct", model)}
    if made.weights is None:
        proposal = start.model_copy(update={"gate": f"The baseline is recommended: {cause}."})
        label = fallback("allocator", "baseline", cause)
        return {**update, "proposal": proposal, "rungs": {"allocator": "baseline"}, "fallbacks": {"allocator": label}}
    proposal = Proposal(weights=made.weights, method="direct", baseline=start.baseline)
    return {**update, "proposal": proposal, "rungs": {"allocator": "direct"}, "fallbacks": {"allocator": None}}


def _read(state: "State") -> "tuple[list[Finding], list[Evidence]]":
    reports = state.get("reports", {}).values()
    findings = [finding for report in reports for finding in report.findings]
    return findings, [item for report in reports for item in report.evidence]
