"""Decision days go by the calendar with its year."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from portfolio.backtest import decision_rows, every_rows, rows_of
from portfolio.backtest.calendar import Frequency


def business_days(first: str, last: str) -> np.ndarray:
    return pd.bdate_range(first, last).to_numpy().astype("datetime64[D]")


def test_weekly_decisions_go_on_after_the_first_year() -> None:
    dates = business_days("2010-01-01", "2014-12-31")
    rows = decision_rows(dates, "weekly")
    assert len(rows) == 261  # five years, and not 53 groups by week number
    assert {day.astype(object).weekday() for day in dates[rows]} == {4}


def test_a_week_across_new_year_is_one_week() -> None:
    dates = business_days("2014-12-29", "2015-01-09")  # Monday 29th to Friday 2nd is one week
    np.testing.assert_array_equal(dates[decision_rows(dates, "weekly")], [np.datetime64("2015-01-02")])
    np.testing.assert_array_equal(decision_rows(dates, "weekly", at="first"), [0, 5])


@pytest.mark.parametrize(("every", "rule"), [("weekly", "W"), ("monthly", "M"), ("quarterly", "Q"), ("yearly", "Y")])
def test_periods_are_those_of_pandas(every: Frequency, rule: str) -> None:
    rng = np.random.default_rng(0)
    span = np.arange(np.datetime64("1968-11-03"), np.datetime64("1973-02-11"))
    dates = np.sort(rng.choice(span, 900, replace=False))
    period = pd.DatetimeIndex(dates).to_period(rule)
    last = np.flatnonzero(period[1:] != period[:-1])
    np.testing.assert_array_equal(decision_rows(dates, every), last)
    np.testing.assert_array_equal(decision_rows(dates, every, at="first"), np.append(0, last + 1))


def test_the_last_row_is_no_period_end_because_the_period_may_go_on() -> None:
    dates = business_days("2020-01-01", "2020-02-14")
    assert decision_rows(dates, "monthly").tolist() == [22]


def test_daily_is_every_row_and_phases_are_every_so_many() -> None:
    dates = business_days("2020-01-01", "2020-01-10")
    assert decision_rows(dates, "daily").tolist() == list(range(len(dates)))
    assert every_rows(10, 4, 1).tolist() == [1, 5, 9]
    with pytest.raises(ValueError, match="no schedule"):
        every_rows(10, 0)


def test_a_day_without_a_row_is_refused() -> None:
    dates = business_days("2020-01-01", "2020-01-10")
    assert rows_of(dates, dates[[1, 3]]).tolist() == [1, 3]
    saturday = np.datetime64(date(2020, 1, 3) + timedelta(days=1))
    with pytest.raises(ValueError, match="2020-01-04 is not a day"):
        rows_of(dates, np.array([saturday]))
    with pytest.raises(ValueError, match="2020-02-03"):
        rows_of(dates, np.array(["2020-02-03"], dtype="datetime64[D]"))
