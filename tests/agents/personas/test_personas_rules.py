"""Built-in personas: point in time to the bit, abstaining without inputs, and quick."""

import time
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.personas import load_personas, score_history
from agents.personas.conformance import random_panel
from agents.personas.rules import FactorPersona
from agents.personas.windows import quartile_spread, rank_score, ranks, window_max, window_sum
from portfolio.market import MarketPanel

NAMES = ("value", "momentum", "risk", "contrarian")


def persona(name: str) -> FactorPersona:
    (found,) = load_personas([name])
    assert isinstance(found, FactorPersona)
    return found


def panel_of(close: np.ndarray, **signals: np.ndarray) -> MarketPanel:
    days, assets = close.shape
    symbols = tuple(f"S{j}" for j in range(assets))
    return MarketPanel(np.datetime64("2000-01-03") + np.arange(days), symbols, close, "test", signals=signals)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, derandomize=True, max_examples=12)
@given(cut=st.integers(0, 1699))
def test_the_live_row_is_the_row_of_history_to_the_bit(name: str, cut: int) -> None:
    panel, one = random_panel(), persona(name)
    whole = one.history(panel)
    known = panel.until(date(2000, 1, 3) + timedelta(days=cut))
    short, live = one.history(known), one.live(known)
    for row, last, quick in zip(whole, short, (live.score, live.confidence, live.mask), strict=True):
        assert np.array_equal(row[cut], last[-1])
        assert np.array_equal(row[cut], quick[0])


@pytest.mark.parametrize("name", NAMES)
def test_changing_every_later_price_and_signal_changes_no_earlier_score(name: str) -> None:
    panel, one, cut = random_panel(), persona(name), 1550
    close, surprise = panel.close.copy(), panel.signals["earnings_surprise"].copy()
    close[cut + 1 :] *= 7.0
    close[cut + 9 :, 4] = np.nan
    surprise[cut + 1 :] = -5.0
    later = panel_of(close, earnings_surprise=surprise, earnings_age=panel.signals["earnings_age"])
    for before, after in zip(one.history(panel), one.history(later), strict=True):
        assert np.array_equal(before[: cut + 1], after[: cut + 1])
    assert not np.array_equal(one.history(panel)[0], one.history(later)[0])


def test_each_persona_prefers_what_its_creed_says() -> None:
    days = 1500
    growth = np.array([-0.0006, 0.0, 0.0006, 0.0003])
    noise = np.random.default_rng(1).normal(0.0, 1.0, (days, 4)) * np.array([0.0, 0.002, 0.004, 0.02])
    close = 100.0 * np.exp(np.cumsum(growth + noise - noise.mean(axis=0), axis=0))
    last = {name: persona(name).history(panel_of(close))[0][-1] for name in NAMES}
    assert last["value"][0] == max(last["value"]) and last["value"][2] == min(last["value"])
    assert last["risk"][3] == min(last["risk"])
    fell = close.copy()
    fell[-10:, 1] *= 0.5
    assert persona("contrarian").history(panel_of(fell))[0][-1].argmax() == 1
    rose = close.copy()
    rose[-100:, 1] *= 3.0
    assert persona("momentum").history(panel_of(rose))[0][-1].argmax() == 1


def test_a_fresh_good_surprise_lifts_momentum_and_an_old_or_unknown_one_does_not() -> None:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, (400, 4)), axis=0))
    plain = persona("momentum").history(panel_of(close))[0][-1]
    surprise = np.full_like(close, np.nan)
    surprise[:, 0], surprise[:, 1] = 3.0, 3.0
    age = np.full_like(close, np.nan)
    age[:, 0], age[:, 1] = 0.0, 400.0
    told = persona("momentum").history(panel_of(close, earnings_surprise=surprise, earnings_age=age))[0][-1]
    assert told[0] == pytest.approx(0.75 * plain[0] + 0.25 * np.tanh(3.0))
    assert np.array_equal(told[1:], plain[1:])


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_score_is_masked_not_zero_opinion(name: str) -> None:
    panel = random_panel()
    score, confidence, mask = persona(name).history(panel)
    assert not mask[:20].any() and not mask[800, 1] and not mask[1400:, 2].any()
    assert (score[~mask] == 0).all() and (confidence[~mask] == 0).all() and mask.any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("assets", [1, 2])
def test_too_few_assets_to_compare_is_an_abstention(name: str, assets: int) -> None:
    panel = random_panel()
    assert not persona(name).history(panel.select(panel.symbols[3 : 3 + assets]))[2].any()


def test_confidence_falls_with_history_and_dispersion_and_is_no_constant() -> None:
    _, confidence, mask = persona("momentum").history(random_panel())
    assert np.unique(confidence[mask]).size > 1000
    assert confidence.max() < 1.0


def test_value_needs_five_years() -> None:
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, (1400, 5)), axis=0))
    mask = persona("value").history(panel_of(close))[2]
    first = int(np.flatnonzero(mask.any(axis=1))[0])
    assert first == 5 * 252


def test_all_personas_over_thirty_three_years_take_under_two_seconds() -> None:
    rng = np.random.default_rng(0)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.01, (8300, 25)), axis=0))
    start = time.process_time()
    history = score_history(load_personas(), panel_of(close))
    assert time.process_time() - start < 2.0
    assert history.personas == NAMES and history.score.shape == (4, 8300, 25)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(width=st.integers(1, 60), days=st.integers(1, 90), seed=st.integers(0, 99))
def test_window_sums_and_maxima_are_those_of_the_window(width: int, days: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(days, 2))
    for t in range(days):
        part = values[max(0, t - width + 1) : t + 1]
        assert window_sum(values, width)[t] == pytest.approx(part.sum(axis=0))
        assert np.array_equal(window_max(values, width)[t], part.max(axis=0))


def test_ranks_share_ties_and_skip_the_unknown() -> None:
    values = np.array([[3.0, np.nan, 1.0, 3.0], [np.nan, np.nan, np.nan, np.nan]])
    rank, count = ranks(values)
    assert rank[0, [0, 2, 3]].tolist() == [2.5, 1.0, 2.5] and np.isnan(rank[0, 1]) and count.tolist() == [3, 0]
    assert rank_score(np.array([[1.0, 2.0, 3.0, 4.0]]))[0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert quartile_spread(values)[:, 0].tolist() == [2.0, 0.0]
