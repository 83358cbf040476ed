"""Stress windows by name, and regimes that were known the evening before."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.market import Floats
from portfolio.periods import REGIMES, STRESS_WINDOWS, regimes, within


def level_of(seed: int, days: int = 700) -> Floats:
    out: Floats = 100.0 * np.cumprod(1.0 + np.random.default_rng(seed).normal(0.0002, 0.01, days))
    return out


def test_the_eight_stress_windows_stand_in_order_and_end_after_they_begin() -> None:
    names = [window.name[:4] for window in STRESS_WINDOWS]
    assert names == ["2000", "2008", "2011", "2015", "2018", "2020", "2022", "2023"]
    assert all(window.first < window.last for window in STRESS_WINDOWS)
    assert all(one.last < two.first for one, two in pairwise(STRESS_WINDOWS))


def test_a_window_that_the_data_do_not_cover_is_none_and_not_a_part_of_it() -> None:
    days = np.arange(np.datetime64("2020-03-05"), np.datetime64("2022-12-31"))
    assert within(days, STRESS_WINDOWS[5]) is None
    rows = within(days, STRESS_WINDOWS[6])
    assert rows is not None and str(days[rows][0]) == "2022-01-03" and str(days[rows][-1]) == "2022-10-12"


@settings(deadline=None, derandomize=True, max_examples=6)
@given(seed=st.integers(0, 10_000), day=st.integers(300, 690))
def test_the_regime_of_a_day_does_not_depend_on_that_day_or_a_later_one(seed: int, day: int) -> None:
    level = level_of(seed)
    other = level.copy()
    other[day:] *= np.exp(np.random.default_rng(seed + 1).normal(0, 0.3, len(level) - day))
    assert (regimes(level)[: day + 1] == regimes(other)[: day + 1]).all()


def test_a_rising_calm_market_and_a_falling_rough_one_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    moves = np.concatenate([rng.normal(0.001, 0.005, 600), rng.normal(-0.004, 0.03, 300)])
    kinds = regimes(100.0 * np.cumprod(1.0 + moves))
    assert (kinds[:252] == -1).all(), "too little is known at first"
    assert REGIMES[int(np.bincount(kinds[300:590]).argmax())].startswith("rising")
    assert REGIMES[int(np.bincount(kinds[750:]).argmax())] == "falling and rough"


@pytest.mark.parametrize("days", [1, 100, 252])
def test_a_short_history_has_no_regime(days: int) -> None:
    assert (regimes(level_of(0, days)) == -1).all()
