"""Who moved which weight: exact, and adding up for any game."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.attribution import MAX_EXACT, PRICES, coalitions, contributions, shapley


@given(st.integers(0, 5), st.integers(1, 8), st.integers(0, 2**31))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_baseline_plus_contributions_is_the_decision_to_nine_digits(personas: int, assets: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = coalitions(personas)
    values = rng.dirichlet(np.ones(assets), size=len(masks))
    baseline = rng.dirichlet(np.ones(assets))
    symbols = [f"A{i}" for i in range(assets)]
    rows = contributions(symbols, [f"p{i}" for i in range(personas)], baseline, masks, values)
    for j, symbol in enumerate(symbols):
        moved = sum(row.amount for row in rows if row.symbol == symbol)
        assert abs(baseline[j] + moved - values[-1, j]) < 1e-9


def test_a_persona_that_changes_nothing_gets_nothing_and_equals_get_equal_shares() -> None:
    masks = coalitions(3)
    values = (masks[:, 0] & masks[:, 1]).astype(float)[:, None]  # the third is idle, the first two work only together
    assert np.allclose(shapley(masks, values)[:, 0], [0.5, 0.5, 0.0])


def test_what_the_policy_does_without_any_persona_belongs_to_its_price_encoder() -> None:
    masks = coalitions(1)
    rows = contributions(["A"], ["value"], np.array([0.2]), masks, np.array([[0.5], [0.6]]))
    assert {row.player: round(row.amount, 12) for row in rows} == {PRICES: 0.3, "value": 0.1}


def test_too_many_personas_for_every_coalition_is_said_and_not_approximated() -> None:
    with pytest.raises(ValueError, match="coalitions"):
        coalitions(MAX_EXACT + 1)
