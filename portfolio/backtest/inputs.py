"""The one checked form in which all three engines receive a backtest, and in which they answer."""

from typing import NamedTuple

import numpy as np

from portfolio.backtest.currencies import Currencies, in_base
from portfolio.backtest.records import Costs, Ints, Rules
from portfolio.market import Dates, Floats

DECISIONS, THRESHOLD, BAND = 0, 1, 2
"""`Rebalancing.kind` as a number, for compiled code."""

SMALLEST = 1e-12
"""Share of wealth below which a difference is round-off and not an order."""

NEAR = 1e-9
"""Weights this close are the same: no quotient is taken of such differences, since round-off would decide it."""

ROUND_UP = 1e-9
"""A count of lots this close below a whole number is that number."""

_SUM_TOLERANCE = 1e-9


class Terms(NamedTuple):
    """The numbers of a backtest's costs and rules (apart from the arrays, whose references compiled code counts)."""

    order_fee: float
    minimum_trade: float
    lot: float
    initial: float
    missing_limit: int
    recovery: float
    kind: int
    width: float
    relative: bool
    gated: bool
    same_close: bool


class Problem(NamedTuple):
    """A checked backtest as plain arrays and numbers (a NamedTuple, which compiled code can read).

    Attributes
    ----------
    close : (T, N) NaN where not traded
    marks : (T, N) what a unit is worth where it has no close, or (0, N): its last close
    growth : (T,) what one unit of cash became from the row before; 1 up to the first row of the account
    dividends : (T, N) money per unit held at the close before, or (0, N) for none
    impact : (T, N) see `square_root_impact`, or (0, N) for none
    targets : (R, N + 1) weights, cash last
    decided, executed : (R,) rows; `executed` may lie at T, which never comes
    charges : (4, N) commission, half spread, slippage and exchanging as fractions of the value traded
    rates : (N,) their sum
    """

    close: Floats
    marks: Floats
    growth: Floats
    dividends: Floats
    impact: Floats
    targets: Floats
    decided: Ints
    executed: Ints
    charges: Floats
    rates: Floats
    terms: Terms

    @property
    def start(self) -> int:
        """The first row of the account: the first decision."""
        return int(self.decided[0])


class Path(NamedTuple):
    """What an engine answers, from the first decision on: daily wealth and cash, and every change of the holdings.

    wealth (S,), cash (S,), rows (K,), reasons (K,), units (K, N), traded (K, N), as in `BacktestResult`.
    """

    wealth: Floats
    cash: Floats
    rows: Ints
    reasons: Ints
    units: Floats
    traded: Floats


def checked_prices(close: Floats, dates: Dates) -> Floats:
    """The closes as contiguous floats; raises ValueError for shapes, order of dates, or a price that is none."""
    close = np.ascontiguousarray(close, dtype=np.float64)
    if close.ndim != 2 or close.shape[0] != len(dates) or 0 in close.shape:
        raise ValueError(f"close is {close.shape} for {len(dates)} dates; days x assets expected")
    if len(dates) > 1 and not bool((np.diff(dates) > np.timedelta64(0, "D")).all()):
        raise ValueError("dates must increase strictly; sort them and drop duplicates first")
    if not (close.min() > 0.0 and close.max() < np.inf) and bool((wrong := (close <= 0.0) | np.isinf(close)).any()):
        row, column = np.argwhere(wrong)[0]
        raise ValueError(f"asset {column} costs {close[row, column]} on {dates[row]}; mark missing prices as NaN")
    return close


def checked_targets(targets: Floats, assets: int) -> Floats:
    """(R, N + 1) weights as decided, or ValueError: the engine never rescales what it was told.

    Differences of 1e-9 are round-off: they go to cash.
    """
    targets = np.ascontiguousarray(targets, dtype=np.float64)
    if targets.ndim != 2 or targets.shape[1] != assets + 1:
        raise ValueError(f"targets are {targets.shape}; one row per decision with {assets} assets and cash expected")
    sums = targets.sum(axis=1)
    if not bool(np.isfinite(sums).all()):
        raise ValueError("a target weight is NaN; decide on every asset, with 0 for none")
    if targets.size and targets.min() < -_SUM_TOLERANCE:
        raise ValueError("a target weight is negative; short positions and borrowing are not dealt in")
    if bool((np.abs(sums - 1.0) > _SUM_TOLERANCE).any()):
        row = int(np.argmax(np.abs(sums - 1.0)))
        raise ValueError(f"the weights of decision {row} sum to {sums[row]:.9g}, not 1; give the rest to cash")
    weights = np.maximum(targets, 0.0)
    weights[:, -1] = np.maximum(1.0 - weights[:, :-1].sum(axis=1), 0.0)
    return weights


def cash_growth(dates: Dates, cash_rate: Floats | None) -> Floats:
    """(T,) what one unit of cash became from the row before, 1 on the first row.

    The yearly rate known on the row before, times calendar days over 365, so that weekends and mixed calendars earn
    what they should. An unknown rate (NaN) is the last known one, and zero before the first.
    """
    growth = np.ones(len(dates))
    if cash_rate is None:
        return growth
    if len(cash_rate) != len(dates):
        raise ValueError(f"{len(cash_rate)} cash rates for {len(dates)} dates; one per date expected")
    rate = cash_rate.astype(np.float64)
    rows = np.where(np.isnan(rate), 0, np.arange(len(rate)))
    known = np.nan_to_num(rate[np.maximum.accumulate(rows)])
    if bool((known <= -1.0).any()) or bool((known > 1.0).any()):
        raise ValueError("a cash rate lies outside -100 % .. 100 % a year; give fractions, 0.05 for 5 %")
    days = np.diff(dates.astype("datetime64[D]")).astype(np.float64)
    growth[1:] = 1.0 + known[:-1] * days / 365.0
    return growth


def checked_rows(decisions: Ints, days: int) -> Ints:
    """Decision rows as increasing integers inside the panel, or ValueError."""
    rows = np.asarray(decisions)
    if rows.ndim != 1 or len(rows) == 0 or not np.issubdtype(rows.dtype, np.integer):
        raise ValueError("decisions must be one or more row numbers; see decision_rows and rows_of")
    if bool((np.diff(rows) <= 0).any()) or rows[0] < 0 or rows[-1] >= days:
        raise ValueError(f"decision rows must increase and lie in 0 .. {days - 1}")
    return rows.astype(np.int64)


def problem_of(
    close: Floats,
    dates: Dates,
    targets: Floats,
    decisions: Ints,
    *,
    costs: Costs,
    cash_rate: Floats | None,
    dividends: Floats | None,
    impact: Floats | None,
    initial: float,
    rules: Rules,
    currencies: Currencies | None = None,
) -> Problem:
    """Check everything once; the engines then trust it. Raises ValueError with what to change.

    With `currencies`, prices come in each asset's own and leave in the base currency.
    """
    close = checked_prices(close, dates)
    days, assets = close.shape
    marks = none = np.zeros((0, assets))
    if currencies is not None:
        known = in_base(close, currencies, dividends, impact)
        close, marks = np.ascontiguousarray(known.close), np.ascontiguousarray(known.marks)
        dividends, impact = known.dividends, known.impact
    decided = checked_rows(decisions, days)
    if targets.shape[0] != len(decided):
        raise ValueError(f"{targets.shape[0]} rows of targets for {len(decided)} decisions; one each expected")
    if not initial > 0.0 or not np.isfinite(initial):
        raise ValueError(f"a portfolio of {initial} cannot be traded; start with money")
    charges = _charged(costs, currencies, assets)
    growth = cash_growth(dates, cash_rate)
    growth[: decided[0] + 1] = 1.0
    rebalancing = rules.rebalancing
    return Problem(
        close=close,
        marks=marks,
        growth=growth,
        dividends=none if dividends is None else _like(dividends, close, "dividends", np.ones_like(close) > 0.0),
        impact=none if impact is None else _like(impact, close, "impact", _tradable_after(close, int(decided[0]))),
        targets=checked_targets(targets, assets),
        decided=decided,
        executed=decided + (0 if rules.trade == "same_close" else 1),
        charges=charges,
        rates=charges.sum(axis=0),
        terms=Terms(
            order_fee=costs.order_fee,
            minimum_trade=rules.minimum_trade,
            lot=rules.lot,
            initial=float(initial),
            missing_limit=rules.delisting.after,
            recovery=rules.delisting.recovery,
            kind={"decisions": DECISIONS, "threshold": THRESHOLD, "band": BAND}[rebalancing.kind],
            width=rebalancing.width,
            relative=rebalancing.relative,
            gated=rebalancing.kind != "decisions" and rebalancing.check == "decisions",
            same_close=rules.trade == "same_close",
        ),
    )


def _charged(costs: Costs, currencies: Currencies | None, assets: int) -> Floats:
    """(4, assets) commission, half spread, slippage and exchanging as fractions of the value traded, or ValueError."""
    table = np.zeros((4, assets))
    table[:3] = costs.rates(assets)
    if currencies is None:
        return table
    table[3] = currencies.costs()
    if table.sum(axis=0).max() >= 1.0:
        raise ValueError("costs and exchanging together take the whole trade; lower them")
    return table


def _tradable_after(close: Floats, start: int) -> np.ndarray:
    tradable: np.ndarray = np.isfinite(close)
    tradable[:start] = False
    return tradable


def _like(values: Floats, close: Floats, name: str, needed: np.ndarray) -> Floats:
    if values.shape != close.shape:
        raise ValueError(f"{name} are {values.shape}; {close.shape} like the closes expected")
    wrong = needed & ~(np.isfinite(values) & (values >= 0.0))
    if bool(wrong.any()):
        row, column = np.argwhere(wrong)[0]
        raise ValueError(f"{name} of asset {column} on row {row} is {values[row, column]}; zero or more expected")
    return np.ascontiguousarray(values, dtype=np.float64)
