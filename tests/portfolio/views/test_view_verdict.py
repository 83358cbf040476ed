"""The one word that a record earns: each verdict by the rule that was written before the figures."""

import numpy as np
import pytest

from portfolio.standings import Interval, mean_interval
from portfolio.view_verdict import view_verdict


def interval(mean: float, error: float, periods: float = 100.0) -> Interval:
    return Interval(
        mean=mean, low=mean - 2 * error, high=mean + 2 * error, dates=int(periods), periods=periods, error=error
    )


def word(training: Interval | None, test: Interval | None, tries: int = 1, leaks: bool = False) -> str:
    return view_verdict(training, test, tries=tries, leaks=leaks).word


def test_skill_that_is_there_in_both_halves_has_held() -> None:
    assert word(interval(0.05, 0.01), interval(0.04, 0.015)) == "held"


def test_skill_that_is_gone_in_the_test_years_has_faded() -> None:
    made = view_verdict(interval(0.05, 0.01), interval(0.0, 0.02), tries=1, leaks=False)
    assert made.word == "faded" and "+0.000 [-0.040, +0.040] in the test years" in made.reason


def test_the_best_of_many_is_luck_once_its_rivals_are_counted() -> None:
    best = interval(0.03, 0.01)
    assert word(best, interval(0.0, 0.02)) == "faded"
    assert word(best, interval(0.0, 0.02), tries=200) == "luck"


def test_noise_is_chance_and_a_voice_that_is_surely_wrong_is_called_so() -> None:
    assert word(interval(0.005, 0.01), interval(0.0, 0.02)) == "chance"
    assert word(interval(-0.05, 0.01), interval(0.0, 0.02)) == "wrong"
    assert word(None, None) == "chance"


def test_more_than_anybody_has_is_called_too_good_and_a_leak_a_leak() -> None:
    assert word(interval(0.4, 0.02), interval(0.4, 0.03)) == "too good"
    assert word(interval(0.05, 0.01), interval(0.4, 0.03)) == "too good"
    assert word(interval(0.05, 0.01), interval(0.04, 0.01), leaks=True) == "leaks"


def test_without_training_years_nothing_can_have_held() -> None:
    assert word(None, interval(0.05, 0.01)) == "untested"
    assert word(None, interval(0.005, 0.01)) == "chance"
    short = Interval(mean=0.2, low=None, high=None, dates=3, periods=1.0)
    assert word(short, interval(0.05, 0.01)) == "untested"
    assert word(short, None) == "chance"


def test_the_p_value_is_student_s_of_the_interval_s_own_error() -> None:
    from scipy.stats import ttest_1samp

    values = np.random.default_rng(0).normal(0.2, 1.0, 50)
    from datetime import date, timedelta

    days = [date(2020, 1, 1) + timedelta(days=int(day)) for day in range(50)]
    made = mean_interval([(day, day + timedelta(days=1), float(v)) for day, v in zip(days, values, strict=True)])
    assert made is not None and made.p_value == pytest.approx(float(ttest_1samp(values, 0.0).pvalue))
    with pytest.raises(ValueError, match="at least the voice itself"):
        view_verdict(made, None, tries=0, leaks=False)
