"""Two worlds that should be decided alike, side by side: how far weights, scores and money differ."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from statistics import fmean

import numpy as np

from lab.committee.ways import BASELINE, Way
from lab.contamination.decisions import Decision, Decisions
from lab.contamination.records import LEVEL, SAME, GapRow, When
from portfolio.backtest import BacktestResult, Costs, backtest
from portfolio.market import Dates, Floats, MarketPanel
from portfolio.metrics import periods_per_year
from portfolio.records import CASH
from portfolio.statistics import Interval, block_bootstrap, paired_difference, spearman

FEWEST_DATES = 3
"""Below it there is no interval."""
FEWEST_ASSETS = 3
SAME_RETURN = 1e-11
"""Daily returns that differ by no more do so by rounding: there is no gap to draw an interval around."""
LEAST_DAYS = 60
"""Days of returns below which no gain is told."""

Account = tuple[Floats, Dates]
"""Daily net returns (L,), and the days (L,) on which they were earned."""


class Money:
    """What decisions would have earned in the true prices, with drift and costs, and cash at the bill rate where it is
    known throughout. `until` is the last price that is seen."""

    def __init__(
        self, panel: MarketPanel, until: date, *, basis_points: float, risk_aversion: float, draws: int, seed: int
    ) -> None:
        self.panel = panel.until(until)
        self.cost = basis_points / 10_000.0
        self.risk_aversion, self.draws, self.seed = risk_aversion, draws, seed

    def returns(self, decided: Mapping[date, Decision]) -> Account:
        """Daily net returns and the days (datetime64) on which they were earned, from the first decision on."""
        made = self.carried(decided)
        return made.returns, made.dates[1:]

    def carried(self, decided: Mapping[date, Decision]) -> BacktestResult:
        """The decisions through the true prices."""
        panel = self.panel
        rows = {int(np.searchsorted(panel.dates, np.datetime64(day), side="right")) - 1: day for day in decided}
        targets = {
            row: np.array([decided[day].weights.get(symbol, 0.0) for symbol in (*panel.symbols, CASH)])
            for row, day in sorted(rows.items())
        }
        rate = panel.cash_rate
        if rate is not None and not bool(np.isfinite(rate[min(rows) :]).all()):
            rate = None
        return backtest(panel.close, panel.dates, targets, costs=Costs(commission=self.cost), cash_rate=rate)

    def gain(self, first: Floats, second: Floats) -> Interval | None:
        """Certainty-equivalent return of the first less the second's, a year."""
        if len(first) < LEAST_DAYS:
            return None
        periods = periods_per_year(self.panel.dates)

        def sure(draws: Floats) -> Floats:
            return np.asarray(periods * (draws.mean(axis=1) - self.risk_aversion / 2.0 * draws.var(axis=1)))

        return paired_difference(first, second, sure, seed=self.seed, draws=self.draws, level=LEVEL)


def gap_rows(
    ways: Sequence[Way],
    days: Sequence[date],
    first: Decisions,
    second: Decisions,
    baseline: Decisions,
    money: Money,
    trained: Callable[[str], tuple[bool, date | None]],
) -> tuple[GapRow, ...]:
    """A row for each way over all days, and for one that was trained also before and after.

    `trained` says of a way's name whether anything is known of its training, and to which day it went (None: none).
    """
    out = []
    for way in ways:
        known, until = trained(way.name)
        parts: dict[When, list[date]] = {"all" if known else "unknown": list(days)}
        if known and until is not None:
            parts |= {"until": [day for day in days if day <= until], "after": [day for day in days if day > until]}
        accounts = tuple(
            money.returns({day: source[name, day] for day in days})
            for source, name in ((first, way.name), (second, way.name), (baseline, BASELINE.name))
        )
        for when, chosen in parts.items():
            if chosen:
                out.append(_row(way.name, when, chosen, days, first, second, accounts, money))
    return tuple(out)


def _row(
    way: str,
    when: When,
    chosen: Sequence[date],
    days: Sequence[date],
    first: Decisions,
    second: Decisions,
    accounts: Sequence[Account],
    money: Money,
) -> GapRow:
    pairs = [(first[way, day], second[way, day]) for day in chosen]
    apart = [_apart(one, two) for one, two in pairs]
    one, two, base = (_between(account, chosen, days) for account in accounts)
    return GapRow(
        way=way,
        when=when,
        dates=len(chosen),
        same=sum(item.max() <= SAME for item in apart),
        largest=float(max(item.max() for item in apart)),
        moved=_mean([0.5 * float(item.sum()) for item in apart], money),
        agreement=_mean([agreement(a.scores, b.scores) for a, b in pairs], money),
        model_agreement=_mean([agreement(a.model_scores, b.model_scores) for a, b in pairs], money),
        gain=money.gain(one, base),
        other_gain=money.gain(two, base),
        gap=money.gain(one, one if np.allclose(one, two, rtol=0.0, atol=SAME_RETURN) else two),
        answered=sum(a.answered and b.answered for a, b in pairs),
    )


def _apart(one: Decision, two: Decision) -> Floats:
    """(N + 1,) absolute differences of weights."""
    names = sorted({*one.weights, *two.weights})
    return np.array([abs(one.weights.get(name, 0.0) - two.weights.get(name, 0.0)) for name in names])


def agreement(one: Mapping[tuple[str, str], float], two: Mapping[tuple[str, str], float]) -> float | None:
    """Spearman correlation of two worlds' scores over the assets that both score, mean over voices; None where no
    voice scores three assets in both."""
    found = []
    for voice in sorted({name for name, _ in one} & {name for name, _ in two}):
        both = sorted({s for name, s in one if name == voice} & {s for name, s in two if name == voice})
        if len(both) < FEWEST_ASSETS:
            continue
        value = spearman(*(np.array([source[voice, symbol] for symbol in both]) for source in (one, two)))
        if value is not None:
            found.append(value)
    return fmean(found) if found else None


def _mean(values: Sequence[float | None], money: Money) -> Interval | None:
    known = np.array([value for value in values if value is not None])
    if len(known) < FEWEST_DATES:
        return None
    return block_bootstrap(known, seed=money.seed, block=1, draws=money.draws, level=LEVEL)


def _between(account: Account, chosen: Sequence[date], days: Sequence[date]) -> Floats:
    """The returns that the chosen decisions earned: each from the day after it to the next decision's day."""
    returns, earned = account
    out = np.zeros(len(returns), dtype=bool)
    for place, day in enumerate(days):
        if day in chosen:
            last = np.datetime64(days[place + 1]) if place + 1 < len(days) else earned[-1]
            out |= (earned > np.datetime64(day)) & (earned <= last)
    return returns[out]
