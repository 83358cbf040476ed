"""Trust is earned from outcomes that were known, rises with confidence, and is a half where nothing is known."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from portfolio.calibration import (
    FULL_TRUST_HIT_RATE,
    ISOTONIC_POINTS,
    PLATT_POINTS,
    PRIOR_HIT_RATE,
    UNCALIBRATED_TRUST,
    Calibration,
    Judged,
    calibration_for,
    fit_calibration,
)

DAY = date(2020, 1, 1)
LATER = DAY + timedelta(days=20_000)


def judged(
    number: int = 0,
    score: float = 0.5,
    confidence: float = 0.8,
    excess: float = 0.01,
    symbol: str = "A",
    days: int = 1,
    live: bool = True,
) -> Judged:
    on = DAY + timedelta(days=number)
    return Judged(
        persona="value",
        model="m",
        scored_on=on,
        symbol=symbol,
        score=score,
        confidence=confidence,
        horizon_days=days,
        excess=excess,
        known_on=on + timedelta(days=days),
        live=live,
    )


def record(count: int, hit_rate: float, confidence: float = 0.8, seed: int = 0, up: bool = True) -> list[Judged]:
    """Opinions without overlap, of which that share was right."""
    right = np.random.default_rng(seed).permutation(count) < round(count * hit_rate)
    side = 1.0 if up else -1.0
    return [judged(i, 0.5 * side, confidence, side * (0.01 if ok else -0.01)) for i, ok in enumerate(right)]


def stating(stated: np.ndarray, right: np.ndarray) -> list[Judged]:
    """Opinions of those confidences, right or wrong as said."""
    pairs = zip(stated, right, strict=True)
    return [judged(i, 0.5, float(c), 0.01 if ok else -0.01) for i, (c, ok) in enumerate(pairs)]


def of(history: Sequence[Judged], as_of: date = LATER) -> Calibration:
    return calibration_for("value", "m", history, as_of)


def test_without_a_record_half_of_a_confidence_is_believed() -> None:
    empty = of([])
    assert (empty.up.method, empty.down.method, empty.n) == ("prior", "prior", 0)
    assert (empty.brier, empty.reliability) == (None, ())
    for score in (-1.0, -0.1, 0.0, 0.1, 1.0):
        for confidence in (0.0, 0.5, 1.0):
            assert empty.trust(score, confidence) == pytest.approx(UNCALIBRATED_TRUST)


def test_a_record_too_short_to_fit_leaves_the_default() -> None:
    short = of(record(int(PLATT_POINTS) - 1, 0.9))
    assert short.up.method == "prior" and short.up.n == PLATT_POINTS - 1
    assert short.trust(0.5, 0.8) == pytest.approx(UNCALIBRATED_TRUST)


@pytest.mark.parametrize(("count", "method"), [(int(PLATT_POINTS), "platt"), (999, "platt"), (1000, "isotonic")])
def test_the_method_follows_the_number_of_independent_outcomes(count: int, method: str) -> None:
    assert of(record(count, 0.5)).up.method == method
    assert ISOTONIC_POINTS == 1000


@pytest.mark.parametrize("count", [600, 4000])
def test_a_skilled_record_earns_more_trust_and_a_coin_loses_it(count: int) -> None:
    skilled, coin, wrong = (of(record(count, rate)).trust(0.5, 0.8) for rate in (0.6, 0.5, 0.3))
    assert skilled > UNCALIBRATED_TRUST > coin > wrong
    assert wrong == 0.0


def test_the_fit_is_drawn_to_the_prior_by_its_weight() -> None:
    history = record(1200, 0.6)
    share = np.mean([item.excess > 0 for item in history])
    assert of(history).probability(0.5, 0.8) == pytest.approx((1200 * share + 400 * PRIOR_HIT_RATE) / 1600)


def test_a_record_made_in_hindsight_may_lower_trust_and_never_raise_it() -> None:
    def hindsight(rate: float) -> list[Judged]:
        return [item.model_copy(update={"live": False}) for item in record(2000, rate)]

    assert of(hindsight(0.9)).trust(0.5, 0.8) == pytest.approx(UNCALIBRATED_TRUST)
    assert of(hindsight(0.5)).trust(0.5, 0.8) < UNCALIBRATED_TRUST
    assert not of(hindsight(0.9)).up.live


def test_once_live_opinions_suffice_hindsight_is_left_out() -> None:
    remembered = [item.model_copy(update={"live": False}) for item in record(2000, 0.99)]
    live = record(600, 0.45)
    assert of([*remembered, *live]).up.live
    assert of([*remembered, *live]).trust(0.5, 0.8) == of(live).trust(0.5, 0.8) < UNCALIBRATED_TRUST


def test_the_two_signs_are_calibrated_apart() -> None:
    both = of(record(600, 0.62) + [item.model_copy(update={"symbol": "B"}) for item in record(600, 0.4, up=False)])
    assert both.trust(0.5, 0.8) > UNCALIBRATED_TRUST > both.trust(-0.5, 0.8)
    assert both.trust(0.0, 0.8) == both.trust(-0.5, 0.8)


@pytest.mark.parametrize("count", [800, 3000])
def test_confidence_that_tells_right_from_wrong_is_believed_more_where_it_is_high(count: int) -> None:
    rng = np.random.default_rng(1)
    stated = rng.random(count)
    right = rng.random(count) < 0.45 + 0.15 * stated
    made = of(
        [judged(i, 0.5, float(c), 0.01 if ok else -0.01) for i, (c, ok) in enumerate(zip(stated, right, strict=True))]
    )
    assert made.probability(1.0, 0.95) > made.probability(1.0, 0.05) + 0.05


@pytest.mark.parametrize("count", [800, 3000])
def test_a_confidence_that_misleads_is_levelled_and_never_turned_round(count: int) -> None:
    rng = np.random.default_rng(2)
    stated = rng.random(count)
    right = rng.random(count) < 0.6 - 0.2 * stated
    made = of(
        [judged(i, 0.5, float(c), 0.01 if ok else -0.01) for i, (c, ok) in enumerate(zip(stated, right, strict=True))]
    )
    assert made.probability(1.0, 0.9) >= made.probability(1.0, 0.1)
    level = (count * float(right.mean()) + 400 * PRIOR_HIT_RATE) / (count + 400)
    for confidence in (0.1, 0.5, 0.9):
        assert made.probability(1.0, confidence) == pytest.approx(level, abs=0.005)


def test_a_few_lucky_opinions_at_full_confidence_do_not_earn_full_trust() -> None:
    plain = record(2000, 0.5, confidence=0.6)
    lucky = [judged(3000 + i, 0.5, 1.0, 0.01) for i in range(5)]
    assert of([*plain, *lucky]).trust(0.5, 1.0) == pytest.approx(of(plain).trust(0.5, 1.0), abs=0.05)


def test_overlapping_outcomes_of_one_asset_count_for_what_they_share() -> None:
    alone = of([judged(i * 20, days=20) for i in range(10)])
    crowded = of([judged(i, days=20) for i in range(10)])
    assert alone.up.independent == pytest.approx(10)
    assert crowded.up.n == 10 and 1.0 < crowded.up.independent < 2.5
    assert of([judged(0), judged(0)]).up.independent == pytest.approx(1.0)


def test_an_asset_that_did_as_the_others_counts_half_right() -> None:
    made = of([judged(excess=0.0)])
    assert made.reliability[0].right == 0.5


def test_brier_and_bins_are_what_they_are_defined_to_be() -> None:
    made = of([judged(0, 0.5, 1.0, 0.1), judged(1, -0.5, 1.0, 0.1), judged(2, 0.5, 0.2, 0.1), judged(3, 0.0, 0.5, 0.1)])
    assert made.brier == pytest.approx((0.0 + 1.0 + 0.4**2) / 3)
    assert made.n == 3  # a score of 0 takes no side
    assert [(b.low, b.high, b.n, b.stated, b.right) for b in made.reliability] == [
        (0.2, 0.4, 1, pytest.approx(0.6), 1.0),
        (0.8, 1.0, 2, 1.0, 0.5),
    ]


def test_each_persona_and_model_is_judged_by_its_own_record() -> None:
    other = [item.model_copy(update={"persona": "risk"}) for item in record(600, 0.3)]
    both = fit_calibration([*record(600, 0.65), *other], LATER)
    assert [(item.persona, item.model) for item in both] == [("risk", "m"), ("value", "m")]
    assert both[0].trust(0.5, 0.8) < UNCALIBRATED_TRUST < both[1].trust(0.5, 0.8)
    assert both[1] == of(record(600, 0.65))


def test_an_outcome_cannot_be_known_before_its_opinion() -> None:
    with pytest.raises(ValidationError, match="cannot judge"):
        Judged.model_validate({**dict(judged()), "known_on": DAY})


histories = st.lists(
    st.tuples(
        st.integers(0, 400), st.floats(-1, 1), st.sampled_from([0.0, 0.3, 0.7, 0.9, 1.0]) | st.floats(0, 1),
        st.floats(-1, 1), st.sampled_from("ABCDEFGH"), st.integers(1, 30),
    ),
    max_size=40,
)  # fmt: skip


def enough(drawn: list[tuple[int, float, float, float, str, int]]) -> list[Judged]:
    """Each drawn opinion many times over, on assets of its own, so that every method is reached."""
    return [
        judged(day, score, confidence, excess, f"{symbol}{copy}", days)
        for copy in range(60)
        for day, score, confidence, excess, symbol, days in drawn
    ]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(histories, st.floats(-1, 1), st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_trust_is_bounded_and_never_falls_as_confidence_rises(
    drawn: list[tuple[int, float, float, float, str, int]], score: float, stated: list[float]
) -> None:
    made = of(enough(drawn))
    trust = [made.trust(score, confidence) for confidence in sorted(stated)]
    assert all(0.0 <= value <= 1.0 for value in trust)
    assert trust == sorted(trust)
    assert all(0.0 <= made.probability(score, confidence) <= 1.0 for confidence in stated)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(histories, st.integers(0, 430), st.randoms(use_true_random=False))
def test_no_outcome_known_later_changes_a_calibration(
    drawn: list[tuple[int, float, float, float, str, int]], cut: int, random: object
) -> None:
    as_of = DAY + timedelta(days=cut)
    history = enough(drawn)
    scrambled = [
        item if item.known_on <= as_of else item.model_copy(update={"excess": -3.0 * item.excess + 1.0, "score": -1.0})
        for item in history
    ]
    known = [item for item in history if item.known_on <= as_of]
    assert of(history, as_of) == of(scrambled, as_of) == of(known, as_of)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_the_record_does_not_matter(
    drawn: list[tuple[int, float, float, float, str, int]], random: object
) -> None:
    history = enough(drawn)
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert of(history) == of(shuffled)


def test_full_trust_is_the_most_that_can_be_earned() -> None:
    perfect = of(record(5000, 1.0))
    assert perfect.probability(0.5, 0.8) > FULL_TRUST_HIT_RATE
    assert perfect.trust(0.5, 0.8) == 1.0
