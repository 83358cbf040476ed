"""Where the client's words go."""

import pytest

from graph.routing import is_go_ahead, is_question


@pytest.mark.parametrize(
    "words", ["why so much cash?", "What did momentum say?", "which limits bind", "explain AAPL", "how risky is it?"]
)
def test_a_question_goes_to_the_explainer(words: str) -> None:
    assert is_question(words)


@pytest.mark.parametrize(
    "words",
    [
        "actually make that ten years",
        "no oil please",
        "why so much cash? I want more shares",
        "can you exclude tobacco?",
        "I'm 34 and want to retire at 60",
    ],
)
def test_a_fact_or_a_wish_goes_to_the_profiler_even_beside_a_question(words: str) -> None:
    assert not is_question(words)


@pytest.mark.parametrize("words", ["go ahead", "ok, go on", "just proceed.", "That's all"])
def test_going_on_is_understood(words: str) -> None:
    assert is_go_ahead(words)


@pytest.mark.parametrize("words", ["go for growth", "I can go without the money for ten years", "", "no"])
def test_a_wish_is_not_mistaken_for_going_on(words: str) -> None:
    assert not is_go_ahead(words)
