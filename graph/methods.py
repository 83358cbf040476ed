"""The ways to weights other than the trained policy: what each proposes, and what it would propose were some silent.

A `Way` is a pure function of the run's views: the allocator asks it for the whole committee's weights, attribution for
those of every coalition. All start from the client's baseline and end at the client's risk; the risk manager owns the
rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from graph.turns import Method
from portfolio.decision import Proposal
from portfolio.market import Floats
from portfolio.records import CASH

if TYPE_CHECKING:
    from graph.context import Context
    from graph.state import State
    from portfolio.selection import ScoreRule
    from portfolio.views import View

SCORER = "scorer"
"""Part and persona of the views that carry the four scores."""
MODEL = "model"

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Way:
    """One method on one run.

    Attributes
    ----------
    players : (P,) who may be silent: personas, kinds of scores, or the model
    weights : from (P,) who speaks to (N + 1,) weights before limits, CASH last; nobody is the baseline
    note : what a reader should know
    """

    players: tuple[str, ...]
    weights: Callable[[Bools], Floats]
    note: str | None = None


def way_of(context: "Context", state: "State", method: Method, baseline: Floats) -> Way:
    """The method's way on the views in the state. `baseline` is (N + 1,) the client's, CASH last.

    Raises ValueError for the committee, whose way is the policy's own.
    """
    if method == "ensemble":
        return _ensemble(context, state, baseline)
    if method in ("scores", "retrieval"):
        return _scores(context, state, baseline)
    if method == "direct":
        proposed = np.array([state["proposal"].weights[symbol] for symbol in (*context.market.panel.symbols, CASH)])
        return Way((MODEL,), lambda speaks: proposed if speaks.all() else baseline)
    raise ValueError("the committee's way to weights is its trained policy")


def shipped_record(method: Method) -> str | None:
    """How the way did against the baseline where it was measured; None where it was not.

    The rules' record alone: what a model adds has a record of its own in `docs/methods.md`.
    """
    from importlib.resources import files

    from portfolio.method_evidence import MethodReport, record_of

    file = files("models").joinpath("methods/rules.json")
    if not file.is_file():
        return None
    return record_of(MethodReport.model_validate_json(file.read_bytes()), method)


def proposal_of(way: Way, symbols: tuple[str, ...], baseline: dict[str, float], method: Method) -> Proposal:
    """The proposal of everybody together."""
    weights = way.weights(np.ones(len(way.players), dtype=bool))
    named = dict(zip((*symbols, CASH), (float(weight) for weight in weights), strict=True))
    note = " ".join(part for part in (way.note, shipped_record(method)) if part) or None
    return Proposal(weights=named, method=method, baseline=baseline, note=note)


def _ensemble(context: "Context", state: "State", baseline: Floats) -> Way:
    from graph.committee import view_panel
    from portfolio.blending import ensemble_sleeve

    panel = view_panel(context, state["views"])
    names = tuple(item.spec.name for item in context.personas)
    everything = panel.arrays()
    score, confidence, mask = everything[0][: len(names)], everything[1][: len(names)], everything[2][: len(names)]
    prior = sleeve_of(baseline)
    voices, told = context.voices, None
    if voices is not None:
        confidence = confidence * (voices / voices.max())[:, None]
        shares = ", ".join(f"{name} {share:.0%}" for name, share in zip(names, voices, strict=True))
        told = f"Voices weigh by their record up to {context.as_of}: {shares.replace('%', ' %')}."

    def weights(speaks: Bools) -> Floats:
        if not speaks.any():
            return baseline
        sleeve = ensemble_sleeve(score, confidence, mask & speaks[:, None], prior)
        return _at_risk(context, state, sleeve.weights)

    notes = (told, ensemble_sleeve(score, confidence, mask, prior).note)
    return Way(names, weights, " ".join(note for note in notes if note) or None)


def _scores(context: "Context", state: "State", baseline: Floats) -> Way:
    from portfolio.blending import mean_variance_sleeve
    from portfolio.four_scores import PARTS

    views = state["views"][SCORER]
    prior = sleeve_of(baseline)

    def sleeve_with(speaks: Bools) -> "tuple[Floats, str | None]":
        score, mask = _combined(views, tuple(name for name, there in zip(PARTS, speaks, strict=True) if there))
        made = mean_variance_sleeve(score, mask, context.covariance, prior)
        return made.weights, made.note

    def weights(speaks: Bools) -> Floats:
        return _at_risk(context, state, sleeve_with(speaks)[0]) if speaks.any() else baseline

    return Way(PARTS, weights, sleeve_with(np.ones(len(PARTS), dtype=bool))[1])


def _combined(views: "tuple[View, ...]", parts: tuple[str, ...]) -> tuple[Floats, Bools]:
    """(N,) scores in [-1, 1] from these parts alone, and where there are any; the others are unknown, not neutral."""
    score, mask = np.zeros(len(views)), np.zeros(len(views), dtype=bool)
    for column, view in enumerate(views):
        if view.scores is None:
            continue
        left = view.scores.model_copy(
            update={name: None for name in type(view.scores).model_fields if name not in parts}
        )
        if left.unit is not None:
            score[column], mask[column] = left.unit, True
    return score, mask


def score_rule(context: "Context", state: "State") -> "ScoreRule | None":
    """The least score for an asset to be held, where one was asked for; without scores nothing reaches it."""
    from portfolio.selection import ScoreRule

    if context.minimum_score is None:
        return None
    scores = {view.symbol: view.scores.combined if view.scores else None for view in state["views"].get(SCORER, ())}
    return ScoreRule(context.minimum_score, scores, f"Scores of at least {context.minimum_score:g} were asked for.")


def sleeve_of(weights: Floats) -> Floats:
    """(N,) the risky part of (N + 1,) weights, summing to one; all zero where everything is cash."""
    total = float(weights[:-1].sum())
    return np.asarray(weights[:-1] / total if total > 0.0 else np.zeros(len(weights) - 1))


def _at_risk(context: "Context", state: "State", sleeve: Floats) -> Floats:
    """(N + 1,) the sleeve at the client's risk, as the baseline and the policy are brought to it."""
    from rl.baseline import largest_share, to_risk

    mandate = state["mandate"]
    share = largest_share(mandate, context.market.universe, sleeve)
    return to_risk(sleeve, context.covariance, mandate.volatility_cap.value, share)
