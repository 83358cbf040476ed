"""Other ways to weights: the same mandate, limits, trace and arithmetic as the committee's."""

import json
from pathlib import Path

import pytest

from graph.advisor import Advisor, Method
from graph.turns import Turn
from tests.acceptance.conftest import RETIRE_AT_60, TODAY
from tools.settings import Settings

OTHERS: tuple[Method, ...] = ("scores", "ensemble", "retrieval")


def advise(home: Path, method: Method, words: str = RETIRE_AT_60) -> Turn:
    with Advisor(Settings(home=home), today=TODAY, method=method) as advisor:
        return advisor.say(advisor.open(None), words, insist=True)


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Turn]:
    home = tmp_path_factory.mktemp("methods")
    return {method: advise(home, method) for method in ("committee", *OTHERS, "direct")}


@pytest.mark.parametrize("method", OTHERS)
def test_a_method_moves_weights_within_every_limit(turns: dict[str, Turn], method: str) -> None:
    turn, committee = turns[method], turns["committee"]
    assert turn.mandate == committee.mandate
    assert turn.proposal and turn.proposal.method == method and turn.rungs["allocator"] == method
    assert turn.decision and turn.decision.weights and turn.decision.max_violation is not None
    assert turn.decision.max_violation <= 1e-8
    moved = sum(abs(turn.decision.weights[s] - w) for s, w in turn.proposal.baseline.items())
    assert moved > 0.05, "the chapter's tilt was so small that it changed nothing"


@pytest.mark.parametrize("method", OTHERS)
def test_each_weight_is_the_baseline_and_what_each_player_moved(turns: dict[str, Turn], method: str) -> None:
    turn = turns[method]
    offer = turn.recommendation
    assert offer and turn.decision and turn.decision.weights and turn.proposal
    by_player = {item.player for item in offer.contributions}
    expected = {"value", "momentum", "risk", "contrarian"} if method == "ensemble" else set()
    expected = expected or {"fundamental", "momentum", "sentiment", "risk"}
    assert by_player - {"prices"} == expected
    symbol = "KO"
    moved = sum(item.amount for item in offer.contributions if item.symbol == symbol)
    from_none = turn.decision.weights[symbol] - moved
    # The baseline obeys this client's limits already, so its projection is itself.
    assert from_none == pytest.approx(turn.proposal.baseline[symbol], abs=1e-6)


def test_scores_are_whole_in_the_views_and_sentiment_without_documents_is_unknown(turns: dict[str, Turn]) -> None:
    views = turns["scores"].views
    assert views is not None
    scored = [view for view in views.views if view.persona == "scorer" and view.scores is not None]
    assert len(scored) == len(views.symbols)
    assert any(view.scores and view.scores.sentiment is None for view in scored)
    assert all(view.scores and view.scores.momentum is not None for view in scored)


def test_direct_allocation_without_a_model_is_the_baseline_and_says_so(turns: dict[str, Turn]) -> None:
    turn = turns["direct"]
    assert turn.proposal and turn.proposal.method == "baseline"
    assert turn.decision == turns["committee"].decision
    (label,) = [item for item in turn.fallbacks if item.part == "allocator"]
    assert label.rung == "baseline" and "needs a language model" in label.cause
    assert turn.recommendation and "needs a language model" in turn.recommendation.explanation


def test_the_trace_says_which_method_it_was(turns: dict[str, Turn], tmp_path: Path) -> None:
    with Advisor(Settings(home=tmp_path), today=TODAY, method="scores") as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
        trace = json.loads(advisor.trace_json(turn.trace_id or ""))
        page = advisor.trace_html(turn.trace_id or "")
    assert "method scores" in trace["key"]["committee"]
    assert "scorer" in [step["node"] for step in trace["steps"]]
    assert "scorer" in page


def test_a_session_does_not_change_its_method_silently(tmp_path: Path) -> None:
    from tools.errors import SessionError

    settings = Settings(home=tmp_path)
    with Advisor(settings, today=TODAY, method="scores") as advisor:
        advisor.say(advisor.open("mine"), RETIRE_AT_60, insist=True)
    with Advisor(settings, today=TODAY, method="ensemble") as advisor, pytest.raises(SessionError, match="committee"):
        advisor.open("mine")


def test_an_edit_of_another_method_s_weights_is_still_within_the_limits(tmp_path: Path) -> None:
    from graph.turns import Edit

    with Advisor(Settings(home=tmp_path), today=TODAY, method="ensemble") as advisor:
        name = advisor.open(None)
        first = advisor.say(name, RETIRE_AT_60, insist=True)
        turn = advisor.review(name, Edit(weights={"KO": 0.5}))
    assert first.mandate and turn.decision and turn.decision.weights
    assert turn.decision.weights["KO"] <= first.mandate.share_cap.value + 1e-8


def test_a_least_score_leaves_out_exactly_what_scores_less(tmp_path: Path) -> None:
    with Advisor(Settings(home=tmp_path), today=TODAY, method="scores", minimum_score=6.0) as advisor:
        turn = advisor.say(advisor.open(None), RETIRE_AT_60, insist=True)
    assert turn.views and turn.decision and turn.decision.weights
    scores = {view.symbol: view.scores.combined for view in turn.views.views if view.scores}
    held = {symbol for symbol, weight in turn.decision.weights.items() if weight > 0.0 and symbol != "CASH"}
    assert held and all((scores[symbol] or 0.0) >= 6.0 for symbol in held)
    left = [symbol for symbol, score in scores.items() if score is not None and score < 6.0]
    assert left and all(turn.decision.weights[symbol] == 0.0 for symbol in left)
