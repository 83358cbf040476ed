"""Every figure of a strategy with its name, unit and meaning: what the second table shows, each with its interval."""

from typing import Literal, NamedTuple

from lab.report.records import Cell, Line
from lab.report.words import UNIT, number, percent, signed
from portfolio.statistics import Interval


class Shown(NamedTuple):
    """A figure: its field of `portfolio.metrics.Metrics`, what heads its column, how it is written, what it says."""

    field: str
    head: str
    unit: Literal["percent", "signed", "ratio", "days", "count"]
    digits: int
    meaning: str


RETURN = Shown("annual_return", "return a year", "percent", 1, "compound")
VOLATILITY = Shown("volatility", "volatility", "percent", 1, "yearly standard deviation of daily returns")
FALL = Shown("max_drawdown", "worst fall", "percent", 0, "deepest fall of wealth from its last peak")
SURE = Shown(
    "certainty_equivalent",
    "certainty equivalent",
    "percent",
    1,
    "the sure return a year that a client of this risk aversion would take instead",
)
MATCHED = Shown(
    "matched_return",
    "return at the same realised volatility",
    "percent",
    1,
    "had each been mixed with cash, after the fact, to the calmest one's volatility",
)

MORE: tuple[Shown, ...] = (
    Shown("total_return", "total return", "percent", 0, "over the whole window"),
    Shown("sortino", "Sortino", "ratio", 2, "return over bills per target downside deviation"),
    Shown("calmar", "Calmar", "ratio", 2, "return a year over the worst fall"),
    Shown("drawdown_days", "longest fall, days", "days", 0, "rows from a peak to its recovery"),
    Shown("value_at_risk", "VaR 95 a day", "percent", 1, "loss that one day in twenty exceeds"),
    Shown("conditional_value_at_risk", "CVaR 95 a day", "percent", 1, "mean loss of the worst day in twenty"),
    Shown("omega", "Omega", "ratio", 2, "gains over bills to shortfalls below them"),
    Shown("tail_ratio", "tail ratio", "ratio", 2, "95th percentile of days to the 5th"),
    Shown("win_rate", "days that gained", "percent", 0, "of those that moved"),
    Shown("hit_rate", "days ahead", "percent", 0, "of equal weight"),
    Shown("information_ratio", "information ratio", "ratio", 2, "active return over active risk"),
    Shown("tracking_error", "tracking error", "percent", 1, "yearly deviation from equal weight"),
    Shown("beta", "beta", "ratio", 2, "to equal weight"),
    Shown("alpha", "alpha a year", "signed", 1, "Jensen's, to equal weight"),
    Shown("turnover", "turnover a year", "percent", 0, "one way: the larger of purchases and sales"),
    Shown("cost_drag", "cost a year", "percent", 2, "return that costs took"),
    Shown("trades", "trades", "count", 0, "orders in the window"),
)
"""Beside those of the main table."""


def value(line: Line, shown: Shown) -> str:
    """The figure as it is written; a dash where it is not defined."""
    if shown.field == "matched_return":
        return written(line.doubt.intervals[shown.field].estimate, shown)
    return written(getattr(line.metrics, shown.field), shown)


def written(figure: float | None, shown: Shown) -> str:
    """One number in the figure's unit."""
    if figure is None:
        return "–"
    if shown.unit == "percent":
        return percent(figure, shown.digits)
    if shown.unit == "signed":
        return signed(figure, shown.digits)
    return f"{figure:,.0f}" if shown.unit in ("days", "count") else number(figure, shown.digits)


def between(line: Line, shown: Shown) -> str:
    """ "3.1 to 9.8", without the unit; nothing for a figure that has no interval or is not defined."""
    interval = line.doubt.intervals.get(shown.field)
    if interval is None or (shown.field != "matched_return" and getattr(line.metrics, shown.field) is None):
        return ""
    return ends(interval, shown)


def ends(interval: Interval, shown: Shown) -> str:
    """Both ends of an interval."""
    low, high = (written(value, shown).removesuffix(UNIT) for value in (interval.low, interval.high))
    return f"{low} to {high}"


def cell(item: Cell) -> str:
    """Words as they are, a number with two decimals, a dash for none."""
    return item if isinstance(item, str) else number(item)
