"""The committee's debate: a persona sees its peers' scores and reasons, and its model may revise its own once.

Contract
--------
- A revised view obeys the formula of the first one (`agents.personas.opinions.bounded_shift`): no argument moves a
  score further from the rules' score than the persona's bound.
- What a persona says to the others is its scores and the reasons that the house wrote; what comes back is bounded
  numbers. No text of a model or a document travels from one persona to another.
- A view after hearing its peers is of round 2, changed or not; `revised_from` holds what it was, `debate` says what
  came of it. One that did not hear them comes back as it was, with the cause.
- A persona whose file says `debates: false` never sees its peers: a contrarian that hears the crowd is one of it.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from agents.personas.opinions import ModelView, ModelViews, bounded_shift, cited_findings, trust_in
from agents.personas.spec import Persona
from portfolio.calibration import Calibration
from portfolio.views import Evidence, Finding, FirstView, View
from tools.llm import LanguageModel
from tools.prompts import load_prompt

ASSETS_A_REQUEST = 10
"""Assets in one request: with three peers some 2,700 tokens, which a small model's context holds."""


def second_round(
    persona: Persona,
    own_views: Sequence[View],
    others_views: Sequence[View],
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    as_of: date,
    model: LanguageModel | None = None,
    calibration: Calibration | None = None,
) -> tuple[View, ...]:
    """The persona's views after it heard its peers, in the order given.

    Parameters
    ----------
    own_views : its views of the first round
    others_views : its peers' views of the first round, all personas in one sequence; its own among them are ignored
    findings, evidence : what the analysts found; later than `as_of` is not shown
    model, calibration : as in the first round

    Raises ValueError when a view is another persona's or has been in a debate before. Trouble of the model never
    raises: the first views stand and carry the cause in `fallback`.
    """
    spec = persona.spec
    for view in own_views:
        if view.persona != spec.name:
            raise ValueError(f"{spec.name} cannot revise a view of {view.persona}")
        if view.debate is not None:
            raise ValueError(f"{spec.name}'s view of {view.symbol} has been in a debate already; it is held once")
    if model is None:
        return _unheard(own_views, "by rules there is nothing to debate")
    if not spec.debates:
        return _unheard(own_views, f"{spec.name} never sees its peers' views, so it does not revise its own")
    peers = [view for view in others_views if view.persona != spec.name and view.score is not None]
    heard = {view.symbol for view in peers}
    open_views = [
        view for view in own_views if view.score is not None and view.model_score is not None and view.symbol in heard
    ]
    known = {item.id: item for item in evidence if item.published <= as_of}
    revised: dict[str, View] = {}
    for start in range(0, len(open_views), ASSETS_A_REQUEST):
        batch = open_views[start : start + ASSETS_A_REQUEST]
        cited = [item for view in batch for item in cited_findings(view.symbol, findings, known, as_of)]
        opinions, cause = _ask(model, persona, batch, peers, cited, as_of)
        for view in batch:
            if cause is not None:
                revised[view.symbol] = _changed(
                    view,
                    debate="the model gave no answer in the debate; the first view stands",
                    fallback=f"debate: {cause}",
                )
            else:
                revised[view.symbol] = _revised(view, opinions.get(view.symbol), spec.model_shift_bound, calibration)
    return tuple(revised.get(view.symbol) or _left_out(view, heard) for view in own_views)


def _unheard(own_views: Sequence[View], cause: str) -> tuple[View, ...]:
    return tuple(view if view.score is None else _changed(view, debate=cause) for view in own_views)


def _left_out(view: View, heard: set[str]) -> View:
    if view.score is None:
        return view
    if view.symbol not in heard:
        return _changed(view, debate=f"no peer has a view of {view.symbol}")
    return _changed(view, debate="no model's view was there to revise")


def _revised(view: View, opinion: ModelView | None, bound: float, calibration: Calibration | None) -> View:
    """The view of round 2: moved anew from the rules' score, or standing."""
    if view.score is None or view.rules_score is None or view.model_score is None or view.model_confidence is None:
        raise ValueError(f"the view of {view.symbol} has no model's score to revise")
    before = FirstView(score=view.score, model_score=view.model_score, model_confidence=view.model_confidence)
    if opinion is None or (opinion.score, opinion.confidence) == (before.model_score, before.model_confidence):
        return _changed(view, round=2, debate="heard its peers and stands by its view")
    trust = trust_in(calibration, opinion)
    shift = bounded_shift(bound, trust, opinion, view.rules_score)
    score = min(1.0, max(-1.0, view.rules_score + shift))
    debate = (
        f"heard its peers: the model's {before.model_score:+.2f} (confidence {before.model_confidence:.2f}) became "
        f"{opinion.score:+.2f} ({opinion.confidence:.2f}), the score {before.score:+.3f} became {score:+.3f}"
    )
    return _changed(
        view,
        score=score,
        model_score=opinion.score,
        model_confidence=opinion.confidence,
        trust=trust,
        shift=shift,
        revised_from=before,
        round=2,
        debate=debate,
        reason=f"{view.reason}; after the debate {opinion.score:+.2f} at trust {trust:.2f} moves it by {shift:+.3f}",
    )


def _changed(view: View, **changes: object) -> View:
    """A checked copy: `model_copy` would skip the checks."""
    return View.model_validate({**dict(view), **changes})


def _ask(
    model: LanguageModel,
    persona: Persona,
    own: Sequence[View],
    peers: Sequence[View],
    cited: Sequence[Finding],
    as_of: date,
) -> tuple[Mapping[str, ModelView], str | None]:
    """Opinions that the model changes, by symbol, or why it gave none."""
    prompt = load_prompt("debate")
    symbols = [view.symbol for view in own]
    messages = prompt.render(
        persona=persona.spec.name,
        method=persona.spec.purpose,
        horizon_days=str(persona.spec.horizon_days),
        as_of=as_of.isoformat(),
        own="\n".join(
            f"{view.symbol}: you gave {view.model_score:+.2f}, confidence {view.model_confidence:.2f}; {view.reason}"
            for view in own
        ),
        colleagues="\n".join(
            f"{view.symbol} | {view.persona} | {view.score:+.2f} | {view.reason}"
            for symbol in symbols
            for view in peers
            if view.symbol == symbol
        ),
        findings="\n".join(
            f"{item.symbol} | {item.analyst} | {item.published} | {item.sentiment:+.2f} | {item.summary}"
            for item in cited
        )
        or "none",
    )
    answer = model.ask(
        messages,
        ModelViews,
        purpose=f"debate {persona.spec.name}",
        prompt_fingerprint=prompt.fingerprint,
        offered={"symbol": symbols},
    )
    if answer.value is None:
        return {}, answer.cause or "the model gave no answer"
    given: dict[str, ModelView] = {}
    for opinion in answer.value.views:
        given.setdefault(opinion.symbol, opinion)
    return {symbol: given[symbol] for symbol in symbols if symbol in given}, None
