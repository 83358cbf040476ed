"""Where views, policy and limits meet: scores for the policy, who moved what, and the facts of a run."""

from typing import TYPE_CHECKING

import numpy as np

from graph.attribution import coalitions, contributions
from graph.context import Context
from graph.methods import way_of
from graph.personal import adapter_of
from graph.state import State
from portfolio.decision import Contribution
from portfolio.views import ScoreHistory, View, ViewPanel

if TYPE_CHECKING:
    from agents.explainer import Facts


def view_panel(context: Context, views: dict[str, tuple[View, ...]]) -> ViewPanel:
    """All views of the run: personas in the committee's order, then the scorer where a method has one."""
    known = tuple(item.spec.name for item in context.personas)
    names = (*known, *(name for name in sorted(views) if name not in known))
    rows = tuple(view for name in names for view in views.get(name, ()))
    return ViewPanel(as_of=context.as_of, personas=names, symbols=context.market.panel.symbols, views=rows)


def score_history(context: Context, views: dict[str, tuple[View, ...]]) -> ScoreHistory:
    """The views as the one row of scores that the policy reads; the same numbers that it was trained on."""
    panel = view_panel(context, {item.spec.name: views[item.spec.name] for item in context.personas})
    score, confidence, mask = panel.arrays()
    return ScoreHistory(
        personas=panel.personas, score=score[:, None], confidence=confidence[:, None], mask=mask[:, None]
    )


def moved_by(context: Context, state: State, current: dict[str, float] | None) -> tuple[Contribution, ...]:
    """Who moved each weight away from the baseline; all zero where the baseline itself is recommended.

    A client's own edit is no persona's doing, so then there is nothing to attribute.
    """
    from portfolio.selection import nearest_many

    proposal, decision = state["proposal"], state["decision"]
    if decision.weights is None or proposal.method == "client":
        return ()
    symbols = tuple(decision.weights)
    players = tuple(item.spec.name for item in context.personas)
    final = np.array([decision.weights[symbol] for symbol in symbols])
    baseline = np.array([proposal.baseline[symbol] for symbol in symbols])
    if proposal.method == "baseline":
        masks = coalitions(len(players))
        return contributions(symbols, players, final, masks, np.repeat(final[None], len(masks), axis=0))
    if proposal.method == "policy":
        masks = coalitions(len(players))
        targets = context.allocator.propose_coalitions(
            context.market.panel,
            context.market.universe,
            score_history(context, state["views"]),
            state["mandate"],
            masks,
            gate=False,
            adapter=adapter_of(context),
        )
    else:
        way = way_of(context, state, context.method, baseline)
        players, masks = way.players, coalitions(len(way.players))
        targets = np.vstack([way.weights(mask) for mask in masks])
    limits = context.constraints(state["mandate"], current)
    projected = nearest_many(np.vstack([baseline, targets]), limits)
    # The row in which everyone speaks is the decision; the solver's last digits are not anyone's doing.
    projected[-1] = final
    return contributions(symbols, players, projected[0], masks, projected[1:])


def facts_of(state: State) -> "Facts":
    """What the explainer may speak of."""
    from agents.explainer import Facts

    reports = state.get("reports", {})
    return Facts(
        profile=state["reading"].profile,
        mandate=state.get("mandate"),
        views=tuple(view for rows in state.get("views", {}).values() for view in rows),
        findings=tuple(finding for report in reports.values() for finding in report.findings),
        evidence=tuple(item for report in reports.values() for item in report.evidence),
        proposal=state.get("proposal"),
        decision=state.get("decision"),
        recommendation=state.get("recommendation"),
        source=state["data"].source if "data" in state else None,
        as_of=state["data"].as_of if "data" in state else None,
        rungs=state.get("rungs", {}),
    )
